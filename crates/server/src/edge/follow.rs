//! Starting to follow.

use std::sync::Arc;

use quash_core::revocation::freshness::StalePolicy;
use quash_middleware::feed::{Feed, PlainHttp, ServiceKey};
use quash_verify::{Builder, Verifier};

use super::relay::RelayBeginnings;
use crate::config::edge::{FollowConfig, StalePolicy as Configured};
use crate::config::edge_node::EdgeConfig;
use crate::exit::Failure;
use crate::node::{issuers, user_secrets};
use crate::outgoing_tls;
use crate::paths::DataDirectory;

/// Follows what `config` names, with the state of an earlier run in `data`.
pub(super) fn start(
    config: &EdgeConfig,
    data: &DataDirectory,
    relay: Option<&RelayBeginnings>,
) -> Result<Feed, Failure> {
    let follow = &config.follow;
    let refused = |error: &dyn std::fmt::Display| Failure::because("the feed", error);
    let key = ServiceKey::new(follow.key.as_key().unwrap_or_default()).map_err(|error| refused(&error))?;
    let (first, others) =
        follow.authority.split_first().ok_or_else(|| Failure::local("no authority is named"))?;
    let tls = outgoing_tls::trusting(follow.ca_file.as_deref());
    let tls = tls.map_err(|error| Failure::because("`edge.ca_file`", error))?;
    let builder = Feed::builder(&first.trimmed(), key)
        .name(&name(config))
        .plain_http(if follow.plain_http { PlainHttp::Anywhere } else { PlainHttp::LoopbackOnly })
        .max_staleness(follow.max_staleness)
        .stale_policy(policy(follow))
        .report_activity(config.activity.interval)
        .state_directory(data.path())
        .tls(Arc::new(tls))
        .verifier(verifier(config)?);
    let builder = others.iter().fold(builder, |builder, url| builder.or(&url.trimmed()));
    let builder = match relay {
        Some(relay) => builder.relaying(Arc::clone(&relay.log), relay.subtree()),
        None => builder,
    };
    builder.start().map_err(|error| refused(&error))
}

/// A verifier that knows the issuers whose secret never travels, and the secrets of the keys of subjects. All others are learnt.
fn verifier(config: &EdgeConfig) -> Result<Builder, Failure> {
    let builder = Verifier::builder().user_secrets(user_secrets::open(&config.user_keys)?);
    config.issuers.iter().try_fold(builder, |builder, issuer| {
        let trusted = issuers::foreign(issuer)
            .map_err(|error| Failure::because(&format!("issuer `{}`", issuer.name), error))?;
        for warning in trusted.warnings() {
            tracing::warn!("{warning}");
        }
        Ok(builder.issuer(trusted))
    })
}

fn policy(follow: &FollowConfig) -> StalePolicy {
    match follow.stale_policy {
        Configured::Deny => StalePolicy::Deny,
        Configured::Ask => StalePolicy::Ask,
        Configured::Allow => StalePolicy::Allow,
    }
}

/// What the authority calls this edge: the machine's name and the port, unless the operator gave it another.
fn name(config: &EdgeConfig) -> String {
    if let Some(name) = &config.follow.name {
        return name.clone();
    }
    let uname = rustix::system::uname();
    let machine = uname.nodename().to_string_lossy();
    format!("{machine}:{}", config.server.listen.port())
}
