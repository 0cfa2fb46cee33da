//! Sessions and grants in plain words, and the rules of what ends and renews them.

use std::time::Duration;

use quash_core::ids::{GrantId, NotAnId, SessionId};
use quash_core::position::Position;
use quash_core::revocation::entry::{Effect, Exception};
use quash_core::revocation::target::Target;
use quash_core::time::Timestamp;

use super::entry::Said;

/// A sign-in that was acknowledged.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) id: SessionId,
    pub(crate) subject: String,
    pub(crate) device: String,
    pub(crate) roles: Vec<String>,
    pub(crate) opened_position: Position,
    pub(crate) authenticated_at: Timestamp,
    pub(crate) last_used_at: Timestamp,
    pub(crate) idle_limit: Duration,
    pub(crate) absolute_end: Timestamp,
    /// Whether its limits were over when what lives was registered: it is not on the list, unless it was before.
    pub(crate) is_left_out: bool,
}

impl Session {
    /// When it is over if nobody uses it.
    pub(crate) fn idle_end(&self) -> Timestamp {
        self.last_used_at.plus(self.idle_limit)
    }
}

/// One client's share of a session.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) id: GrantId,
    /// Its session, by its place in the oracle.
    pub(crate) session: usize,
    pub(crate) client: String,
    pub(crate) opened_position: Position,
    /// Its refresh tokens by generation; `None` where the reply that carried one was lost.
    pub(crate) tokens: Vec<Option<String>>,
    /// When each but the last was rotated away.
    pub(crate) rotated_at: Vec<Timestamp>,
    /// A use whose outcome is unknown: it may have rotated the current token away at this instant.
    pub(crate) doubt: Option<Timestamp>,
}

/// What a use of a refresh token must come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// The generation after it.
    Rotates,
    /// The current generation again.
    Repeats,
    /// The end of the session.
    IsReuse,
}

impl Grant {
    /// What a grant of `client` would have been, had it been opened with its session: what a join is judged by.
    pub(crate) fn as_signed_in(place: usize, session: &Session, client: &str) -> Result<Self, NotAnId> {
        Ok(Self {
            id: GrantId::new("a grant to be")?,
            session: place,
            client: client.to_owned(),
            opened_position: session.opened_position,
            tokens: Vec::new(),
            rotated_at: Vec::new(),
            doubt: None,
        })
    }

    /// The live generation.
    pub(crate) fn current(&self) -> usize {
        self.rotated_at.len()
    }

    /// What it comes to that `generation` is used at `now`, if the session lives.
    pub(crate) fn judge(&self, generation: usize, now: Timestamp, grace: Duration) -> Use {
        const REMEMBERED: usize = 32;
        let Some(rotated_at) = self.rotated_at.get(generation) else { return Use::Rotates };
        let is_remembered = self.current() - generation <= REMEMBERED;
        if is_remembered && now < rotated_at.plus(grace) { Use::Repeats } else { Use::IsReuse }
    }

    /// The newest token at or before `generation` whose reply arrived, with its generation.
    pub(crate) fn known_at_or_before(&self, generation: usize) -> Option<(usize, String)> {
        let mut held = self.tokens.iter().enumerate().take(generation + 1).rev();
        held.find_map(|(generation, token)| Some((generation, token.clone()?)))
    }

    /// Takes in what the live token is, after the reply that carried it first was lost.
    pub(crate) fn learn_live(&mut self, token: String) {
        if let Some(live) = self.tokens.last_mut() {
            live.get_or_insert(token);
        }
    }

    /// Takes in that the live generation was rotated away at `now`, with the successor if it is known.
    pub(crate) fn rotate(&mut self, now: Timestamp, successor: Option<String>) {
        self.rotated_at.push(now);
        self.tokens.push(successor);
    }

    /// Whether `target` names this grant of `session`.
    pub(crate) fn is_named_by(&self, session: &Session, target: &Target) -> bool {
        match target {
            Target::Session(id) => *id == session.id,
            Target::Subject(id) => id.as_str() == session.subject,
            Target::Device { subject, device } => {
                subject.as_str() == session.subject && device.as_str() == session.device
            }
            Target::Client(id) => id.as_str() == self.client,
            Target::Claim { name, value } => {
                &**name == "roles" && session.roles.iter().any(|role| **role == **value)
            }
            Target::Issuer => true,
            // A token or a key is no part of a session.
            _ => false,
        }
    }

    /// Whether what was said at `position` ends this grant of `session`: the rule of the design, word by word.
    pub(crate) fn is_ended_by(&self, session: &Session, said: &Said, position: Position) -> bool {
        let named = said.revokes() && self.is_named_by(session, &said.target);
        let before = said.is_identity() || self.opened_position < position;
        let second = session.authenticated_at.seconds();
        let in_window =
            said.is_identity() || said.window.is_none_or(|(from, to)| from <= second && second <= to);
        let spared = matches!(&said.exception, Some(Exception::Session(id)) if *id == session.id);
        said.effect == Effect::End && named && before && in_window && !spared
    }
}

/// The grant that a refresh token names. The form is the authority's: version, master, client tag, grant,
/// generation, MAC.
pub(crate) fn grant_of(refresh_token: &str) -> Option<GrantId> {
    let text = refresh_token.strip_prefix("qrt_")?;
    let bytes = base64_simd::URL_SAFE_NO_PAD.decode_to_vec(text).ok()?;
    let (_, rest) = bytes.split_first_chunk::<13>()?;
    let (grant, _) = rest.split_last_chunk::<40>()?;
    GrantId::new(std::str::from_utf8(grant).ok()?).ok()
}
