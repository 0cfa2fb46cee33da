//! What the verifier and the authority count, read when somebody asks for it.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use quash_authority::Authority;
use quash_verify::Verifier;

/// Reads the figures of a verifier and an authority.
pub(super) struct Figures {
    authority: Arc<Authority>,
    verifier: Arc<Verifier>,
}

impl Figures {
    pub(super) fn new(authority: Arc<Authority>, verifier: Arc<Verifier>) -> Self {
        Self { authority, verifier }
    }
}

impl fmt::Debug for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Figures").finish_non_exhaustive()
    }
}

impl Collector for Figures {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut page = Page(encoder);
        self.verifier_figures(&mut page)?;
        self.authority_figures(&mut page)
    }
}

impl Figures {
    fn verifier_figures(&self, page: &mut Page<'_>) -> fmt::Result {
        let verifier = &self.verifier;
        let counts = verifier.counts();
        let ways = [
            ("shortcut", counts.shortcuts),
            ("repeated", counts.repeated),
            ("first", counts.first),
            ("unverified", counts.unverified),
        ];
        page.counters("verifier_checks", "Token checks by how they were answered", "way", &ways)?;
        page.counters("verifier_rejections", "Refused tokens by reason", "reason", &counts.rejected)?;
        let observed = "Tokens of observed issuers that would have been refused, by reason";
        page.counters("verifier_would_refuse", observed, "reason", &counts.would_refuse)?;
        page.counter("verifier_undecided", "Checks without an answer", counts.undecided)?;
        page.gauge("verifier_shortcut_share", "Share of checks without a look-up", counts.shortcut_share())?;
        page.gauge("verifier_live_entries", "Revocation entries in memory", verifier.live_entries() as f64)?;
        page.gauge("verifier_cached_tokens", "Tokens in the cache", verifier.cached_tokens() as f64)?;
        page.gauge("verifier_watermark", "Position that all is enforced up to", {
            verifier.watermark().number() as f64
        })
    }

    fn authority_figures(&self, page: &mut Page<'_>) -> fmt::Result {
        let counts = self.authority.counts();
        page.counter("sessions_opened", "Sessions opened", counts.sessions_opened)?;
        page.counter("revocations", "Entries appended to the log", counts.revocations)?;
        let refreshes = [
            ("renewed", counts.refreshes),
            ("repeated", counts.refresh_repeats),
            ("refused", counts.refresh_refusals),
            ("reuse", counts.refresh_reuses),
            ("ahead", counts.refresh_ahead),
        ];
        page.counters("refreshes", "Uses of refresh tokens by outcome", "outcome", &refreshes)?;
        page.counter("private_claims", "Claims that look like personal data", counts.private_claims)
    }
}

struct Page<'a>(DescriptorEncoder<'a>);

impl Page<'_> {
    fn counter(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        ConstCounter::new(value).encode(self.0.encode_descriptor(name, help, None, MetricType::Counter)?)
    }

    fn gauge(&mut self, name: &str, help: &str, value: f64) -> fmt::Result {
        ConstGauge::new(value).encode(self.0.encode_descriptor(name, help, None, MetricType::Gauge)?)
    }

    fn counters<N: AsRef<str>>(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        values: &[(N, u64)],
    ) -> fmt::Result {
        let mut family = self.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        for (value, count) in values {
            ConstCounter::new(*count).encode(family.encode_family(&[(label, value.as_ref())])?)?;
        }
        Ok(())
    }
}
