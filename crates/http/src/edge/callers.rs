//! Who may ask at an edge: whomever its authority told it of.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use axum::http::HeaderMap;
use quash_authority::Verb;
use quash_core::ids::ClientId;
use quash_core::revocation::freshness::Undecided;
use quash_verify::feed::{IntrospectionCredential, TrustDocument};

use crate::error::{Failure, OAuthFailure};
use crate::oauth::client::{self, Presented};
use crate::request::authorization::Authorization;
use crate::request::params::Params;

/// What an edge learnt from its authority, replaced as a whole. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Learned(Arc<ArcSwapOption<TrustDocument>>);

impl Learned {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Everything anew.
    pub fn learn(&self, document: Arc<TrustDocument>) {
        self.0.store(Some(document));
    }

    /// What was learnt last.
    pub(super) fn document(&self) -> Result<Arc<TrustDocument>, Failure> {
        self.0.load_full().ok_or(Failure::Undecided(Undecided::Incomplete))
    }
}

/// A service credential that was let in, and may do what it was let in for.
#[derive(Clone)]
pub(super) struct Admitted(IntrospectionCredential);

impl Admitted {
    /// Whether the authority still knows the credential as it was.
    pub(super) fn is_known(&self, learned: &Learned) -> bool {
        learned.document().is_ok_and(|document| document.introspection.contains(&self.0))
    }
}

/// Who may ask.
pub(super) struct Callers {
    learned: Learned,
    /// Whoever runs the edge: by the key that it follows with.
    operator: TrustDocument,
}

impl Callers {
    pub(super) fn new(learned: Learned, operator: IntrospectionCredential) -> Self {
        let operator = TrustDocument { introspection: vec![operator], ..TrustDocument::default() };
        Self { learned, operator }
    }

    pub(super) fn document(&self) -> Result<Arc<TrustDocument>, Failure> {
        self.learned.document()
    }

    pub(super) fn learned(&self) -> &Learned {
        &self.learned
    }

    /// Who holds the service key in `headers`, if that may do `verb`.
    ///
    /// The credentials that an edge knows are those that may introspect, and whoever may introspect about everybody
    /// may follow the feed and report activity, too (`quash_authority::allows`). Numbers are for whoever runs the edge.
    pub(super) fn admit(&self, headers: &HeaderMap, verb: Verb) -> Result<Admitted, Failure> {
        let authorization = Authorization::of(headers);
        let Authorization::Bearer(key) = authorization else { return Err(Failure::Unauthenticated) };
        if verb == Verb::ReadMetrics
            && let Some(operator) = self.operator.credential(key)
        {
            return Ok(Admitted(operator.clone()));
        }
        let document = self.document()?;
        let credential = document.credential(key).ok_or(Failure::Unauthenticated)?;
        match verb {
            Verb::Introspect => Ok(Admitted(credential.clone())),
            Verb::FollowFeed | Verb::ReportActivity if credential.client.is_none() => {
                Ok(Admitted(credential.clone()))
            }
            verb => Err(Failure::Forbidden { phrase: verb.phrase() }),
        }
    }

    /// Who may ask what a token says, and the only client whose tokens it may ask about.
    pub(super) fn introspector(
        &self,
        headers: &HeaderMap,
        params: &Params,
    ) -> Result<Option<ClientId>, OAuthFailure> {
        let document = self.document()?;
        let authorization = Authorization::of(headers);
        if let Authorization::Bearer(key) = authorization {
            let credential = document.credential(key).ok_or(Failure::Unauthenticated)?;
            // A client that could not be named could not be kept to: to nobody's tokens, then.
            let only = credential.client.as_deref().map(ClientId::new).transpose();
            return only.map_err(|_| Failure::Unauthenticated.into());
        }
        let Presented { id, secret, basic } = client::present(&authorization, params)?;
        let proven = secret.and_then(|secret| document.client(id, secret));
        proven.map(|_| None).ok_or(OAuthFailure::InvalidClient { basic })
    }
}
