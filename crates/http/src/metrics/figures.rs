//! What the verifier and the authority count, read when somebody asks for it.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use quash_authority::Authority;
use quash_verify::Verifier;

use super::page::Page;

/// Reads the figures of a verifier.
pub(super) struct VerifierFigures(pub(super) Arc<Verifier>);

/// Reads the figures of an authority.
pub(super) struct AuthorityFigures(pub(super) Arc<Authority>);

impl fmt::Debug for VerifierFigures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifierFigures").finish_non_exhaustive()
    }
}

impl fmt::Debug for AuthorityFigures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorityFigures").finish_non_exhaustive()
    }
}

impl Collector for VerifierFigures {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut page = Page(encoder);
        let verifier = &self.0;
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
        let allowed = "Accepts on a stale state, which the operator allows";
        page.counter("verifier_allowed_stale", allowed, counts.allowed_stale)?;
        let dropped = "Uses of sessions that could not be kept until they were reported";
        page.counter("verifier_activity_dropped", dropped, counts.uses_dropped)?;
        page.counter("verifier_undecided", "Checks without an answer", counts.undecided)?;
        page.gauge("verifier_shortcut_share", "Share of checks without a look-up", counts.shortcut_share())?;
        page.gauge("verifier_live_entries", "Revocation entries in memory", verifier.live_entries() as f64)?;
        let registered = "Sessions in memory that an allowlist lets pass";
        page.gauge("verifier_registered_sessions", registered, verifier.registered_sessions() as f64)?;
        page.gauge("verifier_cached_tokens", "Tokens in the cache", verifier.cached_tokens() as f64)?;
        page.gauge("verifier_watermark", "Position that all is enforced up to", {
            verifier.watermark().number() as f64
        })
    }
}

impl Collector for AuthorityFigures {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut page = Page(encoder);
        let counts = self.0.counts();
        page.counter("sessions_opened", "Sessions opened", counts.sessions_opened)?;
        page.counter(
            "sessions_replaced",
            "Sessions whose place another sign-in took",
            counts.sessions_replaced,
        )?;
        page.counter(
            "sign_ins_over_limit",
            "Sign-ins that a limit on sessions left no room for",
            counts.sign_ins_over_limit,
        )?;
        page.counter(
            "tokens_slid",
            "Access tokens answered with a new one before they ended",
            counts.tokens_slid,
        )?;
        page.counter("sign_ins_banned", "Sign-ins that a ban refused", counts.sign_ins_banned)?;
        page.counter("revocations", "Entries appended to the log", counts.revocations)?;
        let refreshes = [
            ("renewed", counts.refreshes),
            ("repeated", counts.refresh_repeats),
            ("refused", counts.refresh_refusals),
            ("reuse", counts.refresh_reuses),
            ("ahead", counts.refresh_ahead),
        ];
        page.counters("refreshes", "Uses of refresh tokens by outcome", "outcome", &refreshes)?;
        page.counter("private_claims", "Claims that look like personal data", counts.private_claims)?;
        page.counter("verifier_hellos", "Connections of verifiers", counts.leases_opened)?;
        page.counter("verifiers_gone", "Verifiers that went and whose lease ran out", counts.leases_over)?;
        let waits = [("complete", counts.everywhere_complete), ("incomplete", counts.everywhere_incomplete)];
        page.counters("everywhere_waits", "Waits for everywhere by outcome", "outcome", &waits)?;
        let one_time = [
            ("issued", counts.one_time_issued),
            ("spent", counts.one_time_spent),
            ("refused", counts.one_time_refused),
        ];
        page.counters("one_time_tokens", "One-time tokens by what became of them", "outcome", &one_time)?;
        let activity = [("noted", counts.uses_noted), ("ignored", counts.uses_ignored)];
        page.counters("activity_reported", "Reported uses of sessions by outcome", "outcome", &activity)?;
        page.gauge("verifiers_connected", "Verifiers with a connection", {
            self.0.connected_verifiers() as f64
        })
    }
}
