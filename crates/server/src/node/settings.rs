//! From the configuration to the authority's settings.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use quash_authority::Settings;
use quash_authority::settings::{
    Allowed, ClientKind, ClientProfile, EventReach, EventRule, EventTable, GrantType, Lifetimes,
    OneTimeSettings, ReusePolicy, SessionLimits, TokenType, usual_events,
};
use quash_core::revocation::decide::TimeRules;
use quash_core::session::policy::{Overflow, Per, SessionPolicy};
use quash_jose::Algorithm;
use quash_jose::digest::sha256;

use crate::config::Config;
use crate::config::clients::{ClientConfig, GrantType as ConfiguredGrant};
use crate::config::events::{EventConfig, Reach as ConfiguredReach};
use crate::config::issuers::IssuerConfig;
use crate::config::sessions::{Overflow as ConfiguredOverflow, Per as ConfiguredPer, SessionsConfig};
use crate::config::tokens::{
    Lifetimes as ConfiguredLifetimes, ReusePolicy as ConfiguredReuse, SigningAlgorithm,
    TokenType as ConfiguredType, TokensConfig,
};
use crate::secret::Secret;

/// What the authority is told. `admin_key` is the administrator's first key.
pub fn authority_settings(config: &Config, admin_key: &Secret) -> Settings {
    let tokens = &config.tokens;
    Settings {
        lifetimes: lifetimes(tokens.lifetimes),
        refresh_grace: tokens.refresh_grace,
        leeway: tokens.leeway,
        future_skew: tokens.future_skew,
        allowlist: tokens.allowlist,
        algorithm: algorithm(tokens.algorithm),
        rotate_keys_every: tokens.key_rotation,
        keep_ended: config.retention.keep_ended_sessions,
        keep_audit: config.retention.keep_audit,
        reuse: match tokens.refresh_reuse {
            ConfiguredReuse::End => ReusePolicy::EndSession,
            ConfiguredReuse::Refuse => ReusePolicy::RefuseOnly,
        },
        // A limit beyond the address space is no limit.
        claims_budget_bytes: usize::try_from(tokens.claims_limit.0).unwrap_or(usize::MAX),
        undo_window: config.revocations.undo_window,
        one_time: OneTimeSettings {
            longest: config.one_time.longest_life,
            most: config.one_time.most_remembered.into(),
        },
        sessions: config.sessions.and_then(session_policy),
        events: events(&config.events),
        clients: config.clients.iter().map(|client| profile(client, tokens)).collect(),
        foreign_issuers: foreign(&config.issuers),
        admin_key_digests: vec![sha256(admin_key.expose())],
        ..Settings::new(tokens.issuer.clone())
    }
}

/// The built-in table, with the rows that are configured in the place of theirs.
fn events(configured: &[EventConfig]) -> EventTable {
    let mut table = usual_events();
    for row in configured {
        let reach = match row.reach {
            ConfiguredReach::All => EventReach::All,
            ConfiguredReach::Others => EventReach::Others,
            ConfiguredReach::Renew => EventReach::Renew,
            ConfiguredReach::None => EventReach::None,
        };
        table.insert(row.kind.clone(), EventRule { reach, reason: row.reason.clone() });
    }
    table
}

fn algorithm(algorithm: SigningAlgorithm) -> Algorithm {
    match algorithm {
        SigningAlgorithm::Es256 => Algorithm::Es256,
        SigningAlgorithm::Es384 => Algorithm::Es384,
        SigningAlgorithm::EdDsa => Algorithm::EdDsa,
        SigningAlgorithm::Rs256 => Algorithm::Rs256,
        SigningAlgorithm::Ps256 => Algorithm::Ps256,
    }
}

fn lifetimes(configured: ConfiguredLifetimes) -> Lifetimes {
    Lifetimes {
        access: configured.access_token,
        idle: configured.session_idle,
        absolute: configured.session_absolute,
    }
}

fn profile(client: &ClientConfig, tokens: &TokensConfig) -> ClientProfile {
    let own = lifetimes(client.lifetimes);
    let longest = SessionLimits {
        idle: client.longest_idle.unwrap_or(own.idle),
        absolute: client.longest_absolute.unwrap_or(own.absolute),
    };
    ClientProfile {
        kind: match &client.secret {
            Some(secret) => ClientKind::Confidential { secret_digest: sha256(secret.expose()) },
            None => ClientKind::Public,
        },
        audiences: audiences(client, tokens),
        scopes: allowed(client.scopes.as_deref()),
        default_scope: client.default_scope.as_deref().unwrap_or_default().into(),
        grant_types: client.grant_types.iter().copied().map(grant_type).collect::<BTreeSet<_>>(),
        lifetimes: Some(own),
        longest: Some(longest),
        sessions: client.sessions.and_then(session_policy),
        sliding: client.sliding_access_token,
        token_type: match client.token_type {
            ConfiguredType::AccessToken => TokenType::AtJwt,
            ConfiguredType::Plain => TokenType::Jwt,
        },
        claims: allowed(client.claims.as_deref()),
        ..ClientProfile::public(client.id.clone(), tokens.issuer.as_str())
    }
}

/// None for no session at all, which the configuration refuses.
fn session_policy(configured: SessionsConfig) -> Option<SessionPolicy> {
    Some(SessionPolicy {
        max: NonZeroU32::new(configured.max)?,
        per: match configured.per {
            ConfiguredPer::Subject => Per::Subject,
            ConfiguredPer::DeviceType => Per::DeviceType,
        },
        overflow: match configured.overflow {
            ConfiguredOverflow::ReplaceOldest => Overflow::ReplaceOldest,
            ConfiguredOverflow::ReplaceIdleFirst => Overflow::ReplaceIdleFirst,
            ConfiguredOverflow::Refuse => Overflow::Refuse,
            ConfiguredOverflow::Share => Overflow::Share,
        },
    })
}

/// A client without audiences gets tokens for the issuer itself.
fn audiences(client: &ClientConfig, tokens: &TokensConfig) -> Vec<Box<str>> {
    if client.audience.is_empty() {
        vec![tokens.issuer.as_str().into()]
    } else {
        client.audience.iter().map(|audience| audience.as_str().into()).collect()
    }
}

fn allowed(names: Option<&[String]>) -> Allowed {
    names.map_or(Allowed::Any, |names| Allowed::only(names.iter().map(String::as_str)))
}

fn grant_type(configured: ConfiguredGrant) -> GrantType {
    match configured {
        ConfiguredGrant::RefreshToken => GrantType::RefreshToken,
        ConfiguredGrant::ClientCredentials => GrantType::ClientCredentials,
    }
}

fn foreign(issuers: &[IssuerConfig]) -> BTreeMap<quash_core::ids::Issuer, TimeRules> {
    issuers.iter().map(|issuer| (issuer.name.clone(), time_rules(issuer))).collect()
}

/// The rules of time of a foreign issuer's tokens.
pub fn time_rules(issuer: &IssuerConfig) -> TimeRules {
    TimeRules { future_skew: issuer.future_skew, longest_life: issuer.longest_life, ..TimeRules::default() }
}
