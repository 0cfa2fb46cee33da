//! What judging tokens takes, at a server as at an edge.

use std::sync::Arc;

use quash_core::revocation::freshness::FreshnessSource;
use quash_verify::Verifier;

use crate::metrics::Metrics;
use crate::request_id::{RequestId, RequestIds};
use crate::settings::HttpSettings;

/// Who tells how well the verifier's state is known to be up to date. Asked at every accept.
pub type SharedFreshness = dyn FreshnessSource + Send + Sync;

/// What judging tokens takes: the verifier, what is known of its freshness, and what is counted and said.
pub(crate) struct Checks {
    verifier: Arc<Verifier>,
    freshness: Box<SharedFreshness>,
    settings: HttpSettings,
    metrics: Metrics,
    request_ids: RequestIds,
}

impl Checks {
    /// Everything of one node.
    pub(crate) fn new(
        verifier: Arc<Verifier>,
        freshness: Box<SharedFreshness>,
        settings: HttpSettings,
        metrics: Metrics,
    ) -> Self {
        let request_ids = RequestIds::new(settings.instance);
        Self { verifier, freshness, settings, metrics, request_ids }
    }

    pub(crate) fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    pub(crate) const fn shared_verifier(&self) -> &Arc<Verifier> {
        &self.verifier
    }

    pub(crate) fn freshness(&self) -> &SharedFreshness {
        &*self.freshness
    }

    pub(crate) fn settings(&self) -> &HttpSettings {
        &self.settings
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    pub(crate) fn next_request_id(&self) -> RequestId {
        self.request_ids.next()
    }
}
