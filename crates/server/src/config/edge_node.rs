//! The configuration of an edge: the same file, environment and flags as a server's, of which it reads what concerns
//! it and leaves the rest alone.

use super::activity::ActivityConfig;
use super::document;
use super::edge::{FollowConfig, StalePolicy};
use super::forward_auth::ForwardAuthConfig;
use super::issuer_keys::KeySource;
use super::issuers::IssuerConfig;
use super::limits::LimitsConfig;
use super::log::LogConfig;
use super::origin::Setting;
use super::problem::Problems;
use super::reader::Reader;
use super::section::Section;
use super::server::ServerConfig;
use super::sources::Sources;
use super::user_keys::UserKeysConfig;
use super::{Config, refuse_twice, unknown};

/// The sections that only a server reads.
const OF_A_SERVER: [&str; 9] =
    ["tokens", "sessions", "client", "admin", "master", "retention", "one_time", "revocations", "event"];

/// A configuration of an edge without any problem.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EdgeConfig {
    /// `[server]`: where it listens and where its state lies.
    pub server: ServerConfig,
    /// `[limits]`.
    pub limits: LimitsConfig,
    /// `[edge]`.
    pub follow: FollowConfig,
    /// `[[issuer]]`: those with a shared secret, which never travels; of the others the authority tells.
    pub issuers: Vec<IssuerConfig>,
    /// `[user_keys]`: the secrets of the keys that the authority's subjects sign with, which never travel.
    pub user_keys: UserKeysConfig,
    /// `[forward_auth]`.
    pub forward_auth: ForwardAuthConfig,
    /// `[log]`.
    pub log: LogConfig,
    /// `[activity]`.
    pub activity: ActivityConfig,
}

/// A configuration of an edge and where it came from.
#[derive(Clone, Debug)]
pub struct LoadedEdge {
    /// What holds.
    pub config: EdgeConfig,
    /// Each setting with its origin, in the order of the sections.
    pub settings: Vec<Setting>,
    /// What the operator should know, and did allow.
    pub warnings: Vec<String>,
}

impl EdgeConfig {
    /// Reads all layers of `sources`.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn load(sources: Sources) -> Result<LoadedEdge, Problems> {
        let (table, syntax) = match &sources.file {
            Some(file) => document::parse(&file.name, &file.text),
            None => Default::default(),
        };
        let mut reader = Reader::new(sources);
        reader.problems = syntax;
        let config = reader.root(table, Self::read);
        // What a server knows is no mistake here, in a file or an environment that both are given.
        for known in Config::described() {
            reader.describe(known);
        }
        unknown::report(&mut reader);
        match config {
            Some(config) if reader.problems.is_empty() => {
                let warnings = config.warnings();
                Ok(LoadedEdge { config, settings: reader.settings, warnings })
            }
            _ => Err(Problems(reader.problems)),
        }
    }

    fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.follow.stale_policy == StalePolicy::Allow {
            warnings.push(
                "`edge.stale_policy` is `allow`: revoked tokens pass while the authority can not be reached; the edge \
                 is reported as unfenced"
                    .to_owned(),
            );
        }
        if self.follow.plain_http {
            warnings.push("`edge.plain_http`: the service key travels over plain HTTP".to_owned());
        }
        warnings
    }

    fn read(root: &mut Section<'_>) -> Option<Self> {
        let server =
            root.section("server", "where it listens and where its state lies", ServerConfig::read_for_edge);
        let limits = root.section("limits", "what one client may take up", LimitsConfig::read);
        let follow = root.section("edge", "whom an edge follows", FollowConfig::read);
        let issuers =
            root.tables("issuer", "whose tokens are judged besides the authority's own", IssuerConfig::read);
        let user_keys = root.section(
            "user_keys",
            "the secrets of the keys that tokens of single subjects are signed with",
            UserKeysConfig::read,
        );
        let forward_auth =
            root.section("forward_auth", "what `/auth/check` tells the gateway", ForwardAuthConfig::read);
        let log = root.section("log", "what is said on standard error", LogConfig::read);
        let activity =
            root.section("activity", "how it becomes known which sessions are used", ActivityConfig::read);
        for name in OF_A_SERVER {
            root.leave(name);
        }
        let issuers: Vec<IssuerConfig> = issuers.into_iter().flatten().collect();
        refuse_twice(root, "issuer", "name", issuers.iter().map(|issuer| issuer.name.as_str()));
        let secret = |issuer: &IssuerConfig| matches!(issuer.keys, KeySource::Secret { .. });
        let issuers = issuers.into_iter().filter(secret).collect();
        Some(Self { server, limits, follow: follow?, issuers, user_keys, forward_auth, log, activity })
    }
}
