//! What the endpoints that judge tokens ask of the node they run in: a server with its authority, or an edge that
//! follows one. One handler serves both, and which of the two it serves is known when it is compiled.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{Extensions, HeaderMap};
use quash_authority::{Noted, PlainToken, RefreshState};
use quash_core::ids::ClientId;
use quash_core::revocation::freshness::Undecided;
use quash_core::session::last_use::LastUse;
use quash_core::time::Timestamp;
use quash_verify::{Checked, Moment, TokenRef};

use crate::access::Access;
use crate::ahead::known_soon;
use crate::checks::{Checks, SharedFreshness};
use crate::error::{Failure, OAuthFailure};
use crate::feed::{FeedDoor, FeedSource};
use crate::request::params::Params;
use crate::token_refusal::TokenRefusal;

/// A node that serves the feed.
pub(crate) trait ServesFeed: Node {
    /// What one follower is served from.
    type Source: FeedSource + 'static;

    /// Where followers come in.
    fn door(&self) -> &FeedDoor;

    /// The feed for the follower that [`admit`](Node::admit) let in, and left its name in `extensions`.
    ///
    /// # Errors
    /// Nobody was let in, or there is nothing to serve here.
    fn source_for(&self, extensions: &Extensions) -> Result<Self::Source, Failure>;
}

/// A node that takes reports of which sessions were used.
pub(crate) trait TakesActivity: Node {
    /// Takes a report of the credential that [`admit`](Node::admit) let in, and left its name in `extensions`.
    ///
    /// # Errors
    /// Nobody was let in, there is nobody to pass it on to, or it can not be taken now.
    fn take_report(
        &self,
        extensions: &Extensions,
        uses: Vec<LastUse>,
    ) -> impl Future<Output = Result<Noted, Failure>> + Send;
}

/// What a token's holder is told: judged here, or by whoever was asked.
pub(crate) enum Answer<'p> {
    /// The token may be used.
    Accepted(TokenRef<'p>),
    /// It may not.
    Refused(TokenRefusal),
}

impl<'p> Answer<'p> {
    /// The token, if it may be used.
    pub(crate) fn accepted(&self) -> Option<&TokenRef<'p>> {
        match self {
            Self::Accepted(token) => Some(token),
            Self::Refused(_) => None,
        }
    }
}

impl<'p> From<Checked<'p>> for Answer<'p> {
    fn from(checked: Checked<'p>) -> Self {
        match checked {
            Checked::Accepted(token) => Self::Accepted(token),
            Checked::Rejected(refusal) => Self::Refused(refusal.rejection().into()),
        }
    }
}

/// A node that judges tokens. Cheap to clone.
pub(crate) trait Node: Clone + Send + Sync + 'static {
    /// What judging tokens takes.
    fn checks(&self) -> &Checks;

    /// The clock.
    fn now(&self) -> Timestamp;

    /// Lets a request through to a route with this access, or not. From memory.
    ///
    /// # Errors
    /// Who asks did not prove itself, or may not do this.
    fn admit(&self, access: Access, request: &mut Request<Body>) -> Result<(), Failure>;

    /// Who may ask what a token says: a service credential that may introspect, or a client with a secret. Whoever
    /// proves nothing learns nothing (RFC 7662 section 2.1). Returns the only client whose tokens it may ask about;
    /// `None` for all.
    ///
    /// # Errors
    /// Who asks did not prove itself, or may not introspect.
    fn introspector(&self, headers: &HeaderMap, params: &Params) -> Result<Option<ClientId>, OAuthFailure>;

    /// The state of a refresh token; `None` when it could not be used now.
    ///
    /// # Errors
    /// The node can not know.
    fn introspect_refresh(
        &self,
        token: &str,
    ) -> impl Future<Output = Result<Option<RefreshState>, OAuthFailure>> + Send;

    /// The public keys of our own issuer, as a JWK set (RFC 7517 section 5).
    ///
    /// # Errors
    /// They are not known yet.
    fn published_keys(&self) -> Result<String, Failure>;

    /// Judges `token` by somebody who knows more: this node's state is too old and its operator wants that asked, or the
    /// token is newer than it.
    ///
    /// # Errors
    /// Nobody answered.
    fn ask(&self, token: &str) -> impl Future<Output = Result<Answer<'static>, Failure>> + Send;

    /// Whether anything can be answered at all: a node whose state was never complete answers nothing, not even what
    /// is refused whatever the state (S18).
    ///
    /// # Errors
    /// [`Undecided::Incomplete`].
    fn is_complete(&self) -> Result<(), Undecided> {
        Ok(())
    }

    /// Whether a token that is about to end can be answered with a new one (S04): only where keys to sign with are.
    fn slides(&self) -> bool {
        false
    }

    /// A new access token in the place of `token`, where that is about to end and its client is configured so.
    fn slide(&self, _token: &str) -> impl Future<Output = Option<PlainToken>> + Send {
        async { None }
    }

    /// Now, by whoever knows how fresh the state is.
    fn moment(&self) -> Moment<&SharedFreshness> {
        Moment::new(self.now(), self.checks().freshness())
    }

    /// Judges `token` now, from memory.
    ///
    /// # Errors
    /// [`Failure::Undecided`].
    fn check(&self, token: &str) -> Result<Checked<'static>, Failure> {
        self.is_complete()?;
        Ok(self.checks().verifier().check(token, self.moment())?)
    }

    /// Judges `token` now; asks where memory is too old and the operator wants that, or where its session may have been
    /// registered since (S12).
    ///
    /// # Errors
    /// [`Failure::Undecided`].
    fn check_or_ask(&self, token: &str) -> impl Future<Output = Result<Answer<'static>, Failure>> + Send {
        async {
            let checked = match self.check(token) {
                Err(failure) if failure.is_ahead() => known_soon(|| self.check(token)).await,
                checked => checked,
            };
            match checked {
                Err(failure) if failure.asks() => self.ask(token).await,
                checked => checked.map(Answer::from),
            }
        }
    }
}
