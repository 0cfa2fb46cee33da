//! An entry of the log.

use quash_core::position::Position;
use quash_core::revocation::entry::{Effect, Entry, Exception};
use quash_core::revocation::spread::Spread;
use quash_core::revocation::target::Target;
use quash_core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::rfc3339;

/// An entry of the log.
#[derive(Serialize, ToSchema)]
pub(in crate::v1) struct RevocationView {
    /// Its place.
    position: u64,
    /// When it was decided.
    recorded_at: Option<String>,
    /// Whose tokens it is about.
    issuer: String,
    /// What it hits.
    target: TargetView,
    /// `end` or `refresh`.
    effect: &'static str,
    /// Over how many seconds it comes to its tokens; null: at once.
    spread_s: Option<u64>,
    /// What it spares.
    except: Option<ExceptView>,
    /// Narrows it to sign-ins between two instants.
    window: Option<WindowView>,
    /// The entry that it takes back; then it hits nothing itself.
    undoes: Option<u64>,
    /// The entry that took it back, where that is known: the list knows, an event of the feed is older than that.
    undone_by: Option<u64>,
    /// Until when verifiers hold it; null: for ever.
    retain_until: Option<String>,
    /// Until when it refuses renewals; null: for ever.
    enforce_until: Option<String>,
    /// Why, in one word of `[a-z0-9_]`.
    reason: String,
    /// Who: the id of a service credential, a client or a subject.
    actor: String,
    /// What it was caused by: a request id.
    cause: String,
}

/// What an entry hits, as it is asked for.
#[derive(Serialize, ToSchema)]
pub(super) struct TargetView {
    /// `token`, `session`, `subject`, `device`, `client`, `claim`, `key` or `issuer`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// Its id. Not for `claim`, nor for a token that is known by its digest.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// Whose device.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    /// Which claim.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Which value of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
}

/// What an entry spares: one of the two.
#[derive(Serialize, ToSchema)]
pub(super) struct ExceptView {
    /// A session.
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<String>,
    /// A token.
    #[serde(skip_serializing_if = "Option::is_none")]
    jti: Option<String>,
}

/// A time span, both ends included.
#[derive(Serialize, ToSchema)]
struct WindowView {
    /// Its first second.
    from: Option<String>,
    /// Its last second.
    to: Option<String>,
}

impl From<Entry> for RevocationView {
    fn from(entry: Entry) -> Self {
        let fact = entry.fact;
        let second = |second| rfc3339::format(Timestamp::from_seconds(second));
        Self {
            position: entry.position.number(),
            recorded_at: rfc3339::format(fact.recorded_at),
            target: TargetView::of(&fact.target, fact.issuer.as_str()),
            issuer: fact.issuer.into(),
            effect: effect_word(fact.effect),
            spread_s: fact.spread.map(Spread::seconds),
            except: fact.exception.and_then(ExceptView::of),
            window: fact
                .window
                .map(|window| WindowView { from: second(window.from()), to: second(window.to()) }),
            undoes: fact.undoes.map(Position::number),
            undone_by: None,
            retain_until: rfc3339::format(fact.retain_until),
            enforce_until: rfc3339::format(fact.enforce_until),
            reason: fact.reason.as_str().into(),
            actor: fact.actor.into(),
            cause: fact.cause.into(),
        }
    }
}

impl RevocationView {
    /// The entry, and what took it back.
    pub(in crate::v1) fn undone_by(entry: Entry, by: Option<Position>) -> Self {
        Self { undone_by: by.map(Position::number), ..Self::from(entry) }
    }
}

pub(super) const fn effect_word(effect: Effect) -> &'static str {
    match effect {
        Effect::Refresh => "refresh",
        // An effect that this version does not know is at least an end.
        _ => "end",
    }
}

impl TargetView {
    pub(super) fn of(target: &Target, issuer: &str) -> Self {
        let kind = target.kind().name();
        let none = Self { kind, id: None, subject: None, name: None, value: None };
        let id = |id: &str| Some(id.to_owned());
        match target {
            Target::Token(token) => Self { id: id(token.as_str()), ..none },
            Target::Session(session) => Self { id: id(session.as_str()), ..none },
            Target::Key(key) => Self { id: id(key.as_str()), ..none },
            Target::Subject(subject) | Target::UserKey(subject) => Self { id: id(subject.as_str()), ..none },
            Target::Client(client) => Self { id: id(client.as_str()), ..none },
            Target::Device { subject, device } => {
                Self { id: id(device.as_str()), subject: id(subject.as_str()), ..none }
            }
            Target::Claim { name, value } => Self { name: id(name), value: id(value), ..none },
            Target::Issuer | Target::UserKeys => Self { id: id(issuer), ..none },
            // The digest of a token says nothing to anybody.
            _ => none,
        }
    }
}

impl ExceptView {
    pub(super) fn of(exception: Exception) -> Option<Self> {
        match exception {
            Exception::Session(id) => Some(Self { sid: Some(id.into()), jti: None }),
            Exception::Token(id) => Some(Self { sid: None, jti: Some(id.into()) }),
            _ => None,
        }
    }
}
