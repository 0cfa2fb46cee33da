//! What an entry is about.

use crate::ids::{ClientId, DeviceId, KeyId, SessionId, Subject, TokenId};
use crate::verified::TokenDigest;

/// What an entry hits, within one issuer.
///
/// *Identity targets* name one thing and hit it whatever its age. *Cutoff targets* name a group and hit the
/// tokens that were issued before the entry.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Target {
    /// Identity: the token with this `jti`.
    Token(TokenId),
    /// Identity: the token with this signing input, for tokens without `jti`.
    TokenDigest(TokenDigest),
    /// Identity: every token of the session with this `sid`.
    Session(SessionId),
    /// Identity: every token signed with the key of this `kid`.
    Key(KeyId),
    /// Cutoff: every token of this `sub`.
    Subject(Subject),
    /// Cutoff: every token of one device of one subject.
    Device {
        /// Whose device.
        subject: Subject,
        /// Which device.
        device: DeviceId,
    },
    /// Cutoff: every token of this `client_id`.
    Client(ClientId),
    /// Cutoff: every token that carries this value in this claim, alone or in an array (role, group, tenant …).
    Claim {
        /// The claim's name.
        name: Box<str>,
        /// The value, a string.
        value: Box<str>,
    },
    /// Cutoff: every token of the issuer.
    Issuer,
    /// Hits nothing: it registers a session, which an issuer with an allowlist then lets pass (S12).
    Registration {
        /// Which session.
        session: SessionId,
        /// Whose: a token of this session with another `sub` is of no registered session.
        subject: Subject,
    },
    /// Cutoff: every token of this `sub`. It also rotates the key that the subject's own tokens are signed with (S20).
    UserKey(Subject),
    /// Cutoff: every token of the issuer. It also rotates the keys of all its subjects (S20).
    UserKeys,
}

/// Which of the twelve kinds a target is. The numbers are part of the digest of a target and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
#[repr(u8)]
pub enum TargetKind {
    /// [`Target::Token`].
    Token = 1,
    /// [`Target::TokenDigest`].
    TokenDigest = 2,
    /// [`Target::Session`].
    Session = 3,
    /// [`Target::Key`].
    Key = 4,
    /// [`Target::Subject`].
    Subject = 5,
    /// [`Target::Device`].
    Device = 6,
    /// [`Target::Client`].
    Client = 7,
    /// [`Target::Claim`].
    Claim = 8,
    /// [`Target::Issuer`].
    Issuer = 9,
    /// [`Target::Registration`].
    Registration = 10,
    /// [`Target::UserKey`].
    UserKey = 11,
    /// [`Target::UserKeys`].
    UserKeys = 12,
}

impl TargetKind {
    /// Its number, from 1 to 12.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The kind of this [`number`](Self::number).
    pub const fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::Token,
            2 => Self::TokenDigest,
            3 => Self::Session,
            4 => Self::Key,
            5 => Self::Subject,
            6 => Self::Device,
            7 => Self::Client,
            8 => Self::Claim,
            9 => Self::Issuer,
            10 => Self::Registration,
            11 => Self::UserKey,
            12 => Self::UserKeys,
            _ => return None,
        })
    }

    /// Whether such an entry hits a token whatever the token's position or `iat`.
    pub const fn is_identity(self) -> bool {
        matches!(self, Self::Token | Self::TokenDigest | Self::Session | Self::Key)
    }

    /// Whether such an entry is looked up through the mark of its whole issuer instead of a bucket.
    pub const fn is_wide(self) -> bool {
        matches!(self, Self::Client | Self::Claim | Self::Issuer | Self::Key | Self::UserKeys)
    }

    /// Whether such an entry rotates the key of a subject, or of all of them.
    pub const fn rotates(self) -> bool {
        matches!(self, Self::UserKey | Self::UserKeys)
    }

    /// The name in the API: `token`, `session`, `subject` …
    pub const fn name(self) -> &'static str {
        match self {
            Self::Token | Self::TokenDigest => "token",
            Self::Session => "session",
            Self::Key => "key",
            Self::Subject => "subject",
            Self::Device => "device",
            Self::Client => "client",
            Self::Claim => "claim",
            Self::Issuer => "issuer",
            Self::Registration => "registration",
            Self::UserKey => "user_key",
            Self::UserKeys => "user_keys",
        }
    }
}

impl Target {
    /// The name of the claim that it is about, if it is about one.
    pub fn claim(&self) -> Option<&str> {
        match self {
            Self::Claim { name, .. } => Some(name),
            _ => None,
        }
    }

    /// Which kind of target this is.
    pub const fn kind(&self) -> TargetKind {
        match self {
            Self::Token(_) => TargetKind::Token,
            Self::TokenDigest(_) => TargetKind::TokenDigest,
            Self::Session(_) => TargetKind::Session,
            Self::Key(_) => TargetKind::Key,
            Self::Subject(_) => TargetKind::Subject,
            Self::Device { .. } => TargetKind::Device,
            Self::Client(_) => TargetKind::Client,
            Self::Claim { .. } => TargetKind::Claim,
            Self::Issuer => TargetKind::Issuer,
            Self::Registration { .. } => TargetKind::Registration,
            Self::UserKey(_) => TargetKind::UserKey,
            Self::UserKeys => TargetKind::UserKeys,
        }
    }
}
