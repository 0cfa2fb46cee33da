//! What can happen in one step.

use quash_core::revocation::entry::Effect;

/// A number that picks one of the things that exist when the step runs: plans are made before anything does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pick(pub u64);

impl Pick {
    /// The picked index into `length` things, mostly one of the latest; `None` when there is nothing.
    pub fn index(self, length: usize) -> Option<usize> {
        const LATEST: u64 = 6;
        let length = u64::try_from(length).ok().filter(|length| *length > 0)?;
        let span = if self.0.is_multiple_of(4) { length } else { length.min(LATEST) };
        usize::try_from(length - 1 - (self.0 / 4) % span).ok()
    }

    /// The picked one of `items`.
    pub fn of<T>(self, items: &[T]) -> Option<&T> {
        items.get(self.index(items.len())?)
    }
}

/// Which of a grant's refresh tokens is presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The live one.
    Current,
    /// One that was rotated away so many generations ago.
    Older(u8),
}

/// What a revocation is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aim {
    /// A token by its `jti`; with its `exp` or without.
    Token(Pick, bool),
    /// A token by its text.
    TokenText(Pick),
    /// A session.
    Session(Pick),
    /// A subject.
    Subject(u8),
    /// A device of a subject.
    Device(u8, u8),
    /// A client.
    Client(u8),
    /// A value of the claim `roles`.
    Role(u8),
    /// A signing key that signs no more.
    Key(Pick),
    /// The whole issuer.
    Issuer,
}

/// What a cutoff spares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spare {
    /// Nothing.
    Nothing,
    /// One session.
    Session(Pick),
    /// One token.
    Token(Pick),
}

/// An instant at which something changes by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// `exp` of a token.
    TokenEnd,
    /// The end of the grace of a grant's latest rotation.
    GraceEnd,
    /// The idle limit of a session.
    IdleEnd,
    /// The absolute end of a session.
    AbsoluteEnd,
}

/// What happens in one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// A subject signs in on a device through a client.
    SignIn {
        /// Who.
        subject: u8,
        /// Where.
        device: u8,
        /// Through what.
        client: u8,
        /// With which role.
        role: u8,
        /// For minutes only, instead of hours.
        brief: bool,
        /// How many positions before the head the backend had read it; none when `None`.
        as_of_before: Option<u8>,
    },
    /// A second client joins a session.
    Join {
        /// Which session.
        session: Pick,
        /// Which client.
        client: u8,
    },
    /// A refresh token is used, by so many at once.
    Refresh {
        /// Whose.
        grant: Pick,
        /// Which of its tokens.
        which: Which,
        /// How many uses at once.
        copies: u8,
    },
    /// A user's client refreshes while the user signs out.
    RefreshWhileLoggingOut {
        /// With which access token the user signs out.
        token: Pick,
        /// Which of the two is sent first.
        logout_first: bool,
    },
    /// A trusted caller revokes.
    Revoke {
        /// What.
        aim: Aim,
        /// How.
        effect: Effect,
        /// But not this.
        spare: Spare,
        /// Only what was signed in (or issued) in the window that begins and ends so many seconds ago.
        window: Option<(u32, u32)>,
    },
    /// A trusted caller takes one of the entries back.
    Undo(Pick),
    /// A client revokes its own refresh token (RFC 7009).
    RevokeRefreshToken(Pick),
    /// A client revokes its own access token (RFC 7009).
    RevokeAccessToken(Pick),
    /// A user signs out.
    LogOut(Pick),
    /// A user ends all sessions but the present one.
    EndOthers(Pick),
    /// An administrator ends a session.
    EndSession(Pick),
    /// A refresh token is looked at.
    Introspect(Pick),
    /// Time passes, in milliseconds.
    Advance(u64),
    /// Time passes until so many milliseconds from an edge.
    MoveTo {
        /// Of what.
        pick: Pick,
        /// Which edge.
        edge: Edge,
        /// Before it (negative), at it, or after it.
        offset: i64,
    },
    /// The clock goes back by so many milliseconds.
    JumpBack(u64),
    /// Store and verifier forget what is over.
    Purge,
    /// A new key signs.
    RotateKeys,
    /// The server stops and starts in good order.
    Restart,
    /// The same, and an allowlist is kept from then on, or kept no more.
    SwitchAllowlist,
}

impl Op {
    /// The name that steps of this kind are counted under.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::SignIn { .. } => "sign_in",
            Self::Join { .. } => "join",
            Self::Refresh { which: Which::Current, copies: 1, .. } => "refresh current",
            Self::Refresh { which: Which::Older(_), .. } => "refresh older",
            Self::Refresh { .. } => "refresh in parallel",
            Self::RefreshWhileLoggingOut { .. } => "refresh while logging out",
            Self::Revoke { aim, .. } => aim.name(),
            Self::Undo(_) => "undo",
            Self::RevokeRefreshToken(_) => "client revokes refresh token",
            Self::RevokeAccessToken(_) => "client revokes access token",
            Self::LogOut(_) => "log_out",
            Self::EndOthers(_) => "end other sessions",
            Self::EndSession(_) => "end session",
            Self::Introspect(_) => "introspect",
            Self::Advance(_) => "advance the clock",
            Self::MoveTo { .. } => "move to an edge",
            Self::JumpBack(_) => "clock goes back",
            Self::Purge => "purge",
            Self::RotateKeys => "rotate keys",
            Self::Restart => "restart",
            Self::SwitchAllowlist => "switch the allowlist",
        }
    }
}

impl Aim {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Token(..) => "revoke token",
            Self::TokenText(_) => "revoke token by its text",
            Self::Session(_) => "revoke session",
            Self::Subject(_) => "revoke subject",
            Self::Device(..) => "revoke device",
            Self::Client(_) => "revoke client",
            Self::Role(_) => "revoke claim",
            Self::Key(_) => "revoke key",
            Self::Issuer => "revoke issuer",
        }
    }
}
