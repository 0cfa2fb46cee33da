//! How often each thing happens in a cluster.

use std::time::Duration;

use quash_core::revocation::entry::Effect;

use super::{Action, Fault, FileFate, Freezing, Shape, Trouble};
use crate::cluster::node::NodeId;
use crate::plan::{Aim, CLIENTS, DEVICES, Pick, ROLES, SUBJECTS, Spare};
use crate::rng::Rng;

/// How long after one step the next one comes.
pub(super) fn pause(rng: &mut Rng) -> Duration {
    milliseconds(match rng.below(8) {
        0..4 => rng.below(60),
        4..7 => rng.between(60, 500),
        _ => rng.between(500, 1_500),
    })
}

pub(super) fn action(rng: &mut Rng, shape: &Shape) -> Action {
    match rng.below(100) {
        0..24 => sign_in(rng),
        24..30 => Action::Refresh(pick(rng)),
        30..54 => revoke(rng),
        54..56 => Action::Undo(pick(rng)),
        56 => Action::LogOut(pick(rng)),
        57..60 => Action::RotateKeys,
        60 => Action::Leap(milliseconds(rng.between(2_000, 60_000))),
        61..63 => Action::Purge,
        63..66 => Action::PurgeVerifier(follower(rng, shape)),
        66..74 => check(rng, shape),
        74..80 => Action::Watch { node: verifier(rng, shape), token: pick(rng) },
        _ => Action::Break(fault(rng, shape)),
    }
}

fn milliseconds(count: u64) -> Duration {
    Duration::from_millis(count)
}

fn pick(rng: &mut Rng) -> Pick {
    Pick(rng.next())
}

fn small(rng: &mut Rng, bound: u64) -> u8 {
    u8::try_from(rng.below(bound)).unwrap_or(0)
}

fn node_of(rng: &mut Rng, nodes: impl Iterator<Item = NodeId>) -> NodeId {
    let nodes: Vec<NodeId> = nodes.collect();
    let place = usize::try_from(rng.below(nodes.len() as u64)).unwrap_or(0);
    nodes.get(place).copied().unwrap_or(NodeId::AUTHORITY)
}

fn verifier(rng: &mut Rng, shape: &Shape) -> NodeId {
    node_of(rng, shape.verifiers())
}

fn follower(rng: &mut Rng, shape: &Shape) -> NodeId {
    node_of(rng, shape.followers())
}

fn anybody(rng: &mut Rng, shape: &Shape) -> NodeId {
    if rng.one_in(4) { NodeId::AUTHORITY } else { follower(rng, shape) }
}

fn sign_in(rng: &mut Rng) -> Action {
    Action::SignIn {
        subject: small(rng, SUBJECTS),
        device: small(rng, DEVICES),
        client: small(rng, CLIENTS),
        role: small(rng, ROLES),
    }
}

fn revoke(rng: &mut Rng) -> Action {
    let effect = if rng.one_in(3) { Effect::Refresh } else { Effect::End };
    let spare = match rng.below(8) {
        0 => Spare::Session(pick(rng)),
        1 => Spare::Token(pick(rng)),
        _ => Spare::Nothing,
    };
    let wait = rng.one_in(2).then(|| milliseconds(rng.between(20, 6_000)));
    Action::Revoke { aim: aim(rng), effect, spare, wait }
}

fn aim(rng: &mut Rng) -> Aim {
    match rng.below(50) {
        0..10 => Aim::Token(pick(rng), rng.one_in(2)),
        10..15 => Aim::TokenText(pick(rng)),
        15..25 => Aim::Session(pick(rng)),
        25..33 => Aim::Subject(small(rng, SUBJECTS)),
        33..41 => Aim::Device(small(rng, SUBJECTS), small(rng, DEVICES)),
        41..44 => Aim::Role(small(rng, ROLES)),
        44..46 => Aim::Client(small(rng, CLIENTS)),
        46..49 => Aim::Key(pick(rng)),
        _ => Aim::Issuer,
    }
}

fn check(rng: &mut Rng, shape: &Shape) -> Action {
    let span = milliseconds(if rng.one_in(3) { rng.below(400) } else { rng.between(400, 6_000) });
    let freezing = Freezing { span, others_first: rng.one_in(2) };
    Action::Check { node: verifier(rng, shape), token: pick(rng), freezing }
}

/// Mostly short, so that nothing is noticed; else so long that leases run out.
fn span(rng: &mut Rng) -> Duration {
    milliseconds(match rng.below(3) {
        0 => rng.between(20, 300),
        1 => rng.between(300, 1_500),
        _ => rng.between(1_500, 6_000),
    })
}

fn file(rng: &mut Rng) -> FileFate {
    match rng.below(4) {
        0 => FileFate::Lost,
        1 | 2 => FileFate::Torn(small(rng, 256)),
        _ => FileFate::Synced,
    }
}

fn fault(rng: &mut Rng, shape: &Shape) -> Fault {
    let below = follower(rng, shape);
    let above = shape.place(below).map_or(NodeId::AUTHORITY, |place| place.upstream);
    let between = (below, above);
    match rng.below(40) {
        0..5 => Fault::Partition { between, span: span(rng) },
        5..10 => {
            let (from, to) = if rng.one_in(2) { (below, above) } else { (above, below) };
            Fault::OneWay { from, to, span: span(rng) }
        }
        10..12 => Fault::Delay { between, extra: milliseconds(rng.between(20, 700)), span: span(rng) },
        12..14 => Fault::Slow { node: below, each: milliseconds(rng.between(20, 300)), span: span(rng) },
        14 => Fault::Reset { node: anybody(rng, shape) },
        15..17 => Fault::Skip { node: below },
        17 => Fault::Reorder { node: below },
        18..20 => Fault::Duplicate { node: below },
        20..26 => Fault::Freeze { node: anybody(rng, shape), span: span(rng) },
        26..31 => Fault::Restart { node: below, file: file(rng), down: span(rng) },
        31..33 => Fault::Restart { node: NodeId::AUTHORITY, file: FileFate::Synced, down: span(rng) },
        33..35 => {
            let after = u32::from(small(rng, 20));
            Fault::PowerLoss { after, kept: rng.next(), down: span(rng) }
        }
        35..37 => disk(rng),
        _ => jump(rng, shape),
    }
}

fn disk(rng: &mut Rng) -> Fault {
    let how = match rng.below(3) {
        0 => Trouble::Full,
        1 => Trouble::OneWrite,
        _ => Trouble::OneSync,
    };
    Fault::Disk { after: u32::from(small(rng, 12)), how, span: span(rng) }
}

/// The clocks of those who forget for others stay within what is kept longer than needed; those of verifiers go where
/// they like.
fn jump(rng: &mut Rng, shape: &Shape) -> Fault {
    let node = anybody(rng, shape);
    let forgets_for_others = shape.place(node).is_none_or(|place| place.relay);
    let most = if forgets_for_others { 25_000 } else { 1_500_000 };
    let sign = if rng.one_in(2) { -1 } else { 1 };
    let most = if rng.one_in(3) { most } else { most.min(25_000) };
    Fault::Jump { node, ahead: sign * i64::try_from(rng.below(most)).unwrap_or(0) }
}
