//! Who may do what: one table, role by verb. What it does not say is refused.

use quash_storage::ports::Role;

use crate::caller::Caller;
use crate::error::Error;

/// What a service credential can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Verb {
    /// Read the head of the log.
    ReadHead,
    /// Open a session, or add a client to one.
    OpenSession,
    /// Append an entry to the log.
    Revoke,
    /// Take an entry of the log back.
    Undo,
    /// Look at the revocations that are made later.
    ReadSchedules,
    /// Have revocations made later, or not any more.
    ChangeSchedules,
    /// Read the log.
    ReadRevocations,
    /// Look at sessions.
    ReadSessions,
    /// End one session.
    EndSession,
    /// Ask whether a token is good: introspection and forward-auth.
    Introspect,
    /// Follow the feed.
    FollowFeed,
    /// Watch the feed as JSON.
    WatchFeed,
    /// See who follows the feed.
    ReadVerifiers,
    /// Read the metrics.
    ReadMetrics,
    /// Look at the signing keys.
    ReadKeys,
    /// Change the signing keys.
    RotateKeys,
    /// Look at the service credentials and the clients.
    ReadCredentials,
    /// Make and remove service credentials.
    ChangeCredentials,
    /// Make one-time tokens.
    IssueOneTimeTokens,
    /// Use one-time tokens.
    SpendOneTimeTokens,
    /// Put and lift bans.
    Ban,
    /// Look at the state of a subject.
    ReadSubjects,
    /// Report what happened to a subject.
    ReportEvents,
    /// Change the id of a subject.
    ChangeAlias,
    /// Report which sessions were used.
    ReportActivity,
    /// Read the audit log.
    ReadAudit,
}

impl Verb {
    /// Every verb.
    pub const ALL: [Self; 26] = [
        Self::ReadHead,
        Self::OpenSession,
        Self::Revoke,
        Self::Undo,
        Self::ReadSchedules,
        Self::ChangeSchedules,
        Self::ReadRevocations,
        Self::ReadSessions,
        Self::EndSession,
        Self::Introspect,
        Self::FollowFeed,
        Self::WatchFeed,
        Self::ReadVerifiers,
        Self::ReadMetrics,
        Self::ReadKeys,
        Self::RotateKeys,
        Self::ReadCredentials,
        Self::ChangeCredentials,
        Self::IssueOneTimeTokens,
        Self::SpendOneTimeTokens,
        Self::Ban,
        Self::ReadSubjects,
        Self::ReportEvents,
        Self::ChangeAlias,
        Self::ReportActivity,
        Self::ReadAudit,
    ];

    /// The verb as it stands in a sentence: "may not `open sessions`".
    pub const fn phrase(self) -> &'static str {
        match self {
            Self::ReadHead => "read the head",
            Self::OpenSession => "open sessions",
            Self::Revoke => "revoke",
            Self::Undo => "undo revocations",
            Self::ReadSchedules => "read schedules",
            Self::ChangeSchedules => "change schedules",
            Self::ReadRevocations => "read revocations",
            Self::ReadSessions => "read sessions",
            Self::EndSession => "end sessions",
            Self::Introspect => "introspect",
            Self::FollowFeed => "follow the feed",
            Self::WatchFeed => "watch the feed",
            Self::ReadVerifiers => "read verifiers",
            Self::ReadMetrics => "read metrics",
            Self::ReadKeys => "read keys",
            Self::RotateKeys => "rotate keys",
            Self::ReadCredentials => "read credentials",
            Self::ChangeCredentials => "change credentials",
            Self::IssueOneTimeTokens => "make one-time tokens",
            Self::SpendOneTimeTokens => "spend one-time tokens",
            Self::Ban => "ban subjects",
            Self::ReadSubjects => "read subjects",
            Self::ReportEvents => "report events",
            Self::ChangeAlias => "change ids",
            Self::ReportActivity => "report activity",
            Self::ReadAudit => "read the audit log",
        }
    }
}

/// What `role` may do beside nothing. An administrator may do everything.
const fn verbs_of(role: Role) -> &'static [Verb] {
    match role {
        Role::Admin => &Verb::ALL,
        Role::Issuer => {
            &[Verb::ReadHead, Verb::OpenSession, Verb::IssueOneTimeTokens, Verb::SpendOneTimeTokens]
        }
        Role::Revoker => &[
            Verb::ReadHead,
            Verb::Revoke,
            Verb::Undo,
            Verb::ReadSchedules,
            Verb::ChangeSchedules,
            Verb::ReadRevocations,
            Verb::Ban,
            Verb::ReadSubjects,
            Verb::ReportEvents,
            Verb::ChangeAlias,
        ],
        Role::Support => &[Verb::ReadHead, Verb::ReadSessions, Verb::EndSession, Verb::ReadSubjects],
        Role::Verifier => &[
            Verb::ReadHead,
            Verb::Introspect,
            Verb::FollowFeed,
            Verb::WatchFeed,
            Verb::SpendOneTimeTokens,
            Verb::ReportActivity,
        ],
        Role::Auditor => &[
            Verb::ReadHead,
            Verb::ReadRevocations,
            Verb::ReadSchedules,
            Verb::WatchFeed,
            Verb::ReadVerifiers,
            Verb::ReadMetrics,
            Verb::ReadKeys,
            Verb::ReadSessions,
            Verb::ReadSubjects,
            Verb::ReadAudit,
        ],
        // A role that this version does not know may do nothing.
        _ => &[],
    }
}

/// Whether a holder of `role` may `verb`.
pub fn allows(role: Role, verb: Verb) -> bool {
    verbs_of(role).contains(&verb)
}

/// Whether `verb` can be kept to the affairs of one client. Every other verb tells or changes something about all of
/// them: a credential for one client that could make credentials or rotate keys would reach everything.
pub const fn is_of_one_client(verb: Verb) -> bool {
    matches!(
        verb,
        Verb::ReadHead
            | Verb::OpenSession
            | Verb::Revoke
            | Verb::ReadSessions
            | Verb::EndSession
            | Verb::Introspect
            | Verb::Ban
            | Verb::ReadSubjects
    )
}

/// Whether `caller` may `verb`. A credential for one client still has to keep to that client: that is its use case's
/// business.
///
/// # Errors
/// [`Error::Forbidden`] when none of its roles allows it, or when it is for one client and `verb` is not.
pub fn authorize(caller: &Caller, verb: Verb) -> Result<(), Error> {
    let by_role = caller.roles().iter().any(|role| allows(*role, verb));
    let by_reach = caller.client().is_none() || is_of_one_client(verb);
    if by_role && by_reach { Ok(()) } else { Err(Error::Forbidden(verb)) }
}
