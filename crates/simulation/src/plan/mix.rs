//! How often each thing happens. Names are few, so that steps meet.

use quash_core::revocation::entry::Effect;

use super::{Aim, Edge, Fault, Kept, Op, Pick, Spare, Step, Trouble, Which};
use crate::rng::Rng;

/// How many subjects there are.
pub(crate) const SUBJECTS: u64 = 4;
/// How many devices a subject has.
pub(crate) const DEVICES: u64 = 3;
/// How many clients there are.
pub(crate) const CLIENTS: u64 = 2;
/// How many roles there are.
pub(crate) const ROLES: u64 = 3;

pub(super) fn step(rng: &mut Rng) -> Step {
    Step { op: op(rng), fault: rng.one_in(12).then(|| fault(rng)), retry: rng.one_in(2) }
}

fn fault(rng: &mut Rng) -> Fault {
    let after = small(rng, 20).into();
    match rng.below(8) {
        0 => Fault::DiskFails { after, how: Trouble::Full },
        1 => Fault::DiskFails { after, how: Trouble::OneWrite },
        2 => Fault::DiskFails { after, how: Trouble::OneSync },
        3 | 4 => Fault::PowerLoss { after, kept: Kept::All },
        _ => Fault::PowerLoss { after, kept: Kept::Some(rng.next()) },
    }
}

fn op(rng: &mut Rng) -> Op {
    match rng.below(100) {
        0..22 => sign_in(rng),
        22..25 => Op::Join { session: pick(rng), client: small(rng, CLIENTS) },
        25..39 => refresh(rng, Which::Current, 1),
        39..44 => {
            let copies = small(rng, 7) + 2;
            refresh(rng, Which::Current, copies)
        }
        44..51 => {
            let age = small(rng, 2) + 1;
            refresh(rng, Which::Older(age), 1)
        }
        51..54 => Op::RefreshWhileLoggingOut { token: pick(rng), logout_first: rng.one_in(2) },
        54..67 => revoke(rng),
        67..70 => Op::Undo(pick(rng)),
        70..71 => Op::RevokeRefreshToken(pick(rng)),
        71..73 => Op::RevokeAccessToken(pick(rng)),
        73..75 => Op::LogOut(pick(rng)),
        75..77 => Op::EndOthers(pick(rng)),
        77..79 => Op::EndSession(pick(rng)),
        79..80 => Op::Introspect(pick(rng)),
        80..88 => Op::Advance(span(rng)),
        88..93 => move_to(rng),
        93..95 => {
            Op::JumpBack(if rng.one_in(2) { rng.between(1, 60_000) } else { rng.between(60_000, 7_200_000) })
        }
        95..97 => Op::Purge,
        97 => Op::RotateKeys,
        98 => Op::SwitchAllowlist,
        _ => Op::Restart,
    }
}

fn pick(rng: &mut Rng) -> Pick {
    Pick(rng.next())
}

fn small(rng: &mut Rng, bound: u64) -> u8 {
    u8::try_from(rng.below(bound)).unwrap_or(0)
}

fn sign_in(rng: &mut Rng) -> Op {
    Op::SignIn {
        subject: small(rng, SUBJECTS),
        device: small(rng, DEVICES),
        client: small(rng, CLIENTS),
        role: small(rng, ROLES),
        brief: rng.one_in(4),
        as_of_before: rng.one_in(4).then(|| small(rng, 4)),
    }
}

fn refresh(rng: &mut Rng, which: Which, copies: u8) -> Op {
    Op::Refresh { grant: pick(rng), which, copies }
}

fn revoke(rng: &mut Rng) -> Op {
    let aim = aim(rng);
    let effect = if rng.one_in(4) { Effect::Refresh } else { Effect::End };
    let spare = match rng.below(6) {
        0 => Spare::Session(pick(rng)),
        1 => Spare::Token(pick(rng)),
        _ => Spare::Nothing,
    };
    let window = rng.one_in(4).then(|| {
        let to = second(rng, 300);
        (to + second(rng, 1200), to)
    });
    Op::Revoke { aim, effect, spare, window }
}

fn second(rng: &mut Rng, bound: u64) -> u32 {
    u32::try_from(rng.below(bound)).unwrap_or(0)
}

fn aim(rng: &mut Rng) -> Aim {
    match rng.below(50) {
        0..9 => Aim::Token(pick(rng), rng.one_in(2)),
        9..15 => Aim::TokenText(pick(rng)),
        15..23 => Aim::Session(pick(rng)),
        23..31 => Aim::Subject(small(rng, SUBJECTS)),
        31..41 => Aim::Device(small(rng, SUBJECTS), small(rng, DEVICES)),
        41..44 => Aim::Role(small(rng, ROLES)),
        44..46 => Aim::Client(small(rng, CLIENTS)),
        46..49 => Aim::Key(pick(rng)),
        _ => Aim::Issuer,
    }
}

fn span(rng: &mut Rng) -> u64 {
    match rng.below(40) {
        0..16 => rng.below(2_000),
        16..28 => rng.between(10_000, 40_000),
        28..38 => rng.between(60_000, 400_000),
        38 => rng.between(400_000, 4_000_000),
        _ => rng.between(4_000_000, 40_000_000),
    }
}

fn move_to(rng: &mut Rng) -> Op {
    let edge = match rng.below(16) {
        0..6 => Edge::TokenEnd,
        6..14 => Edge::GraceEnd,
        14 => Edge::IdleEnd,
        _ => Edge::AbsoluteEnd,
    };
    let offset = match rng.below(3) {
        0 => -1,
        1 => 0,
        _ => 1,
    };
    Op::MoveTo { pick: pick(rng), edge, offset }
}
