//! The configuration: one TOML file, overruled by the environment, overruled by flags.
//!
//! Every problem is reported, not only the first. Unknown keys are problems. Secrets come from files (or from
//! `QUASH_ADMIN_KEY`), never from a key.

pub mod activity;
pub mod admin;
pub mod clients;
pub mod document;
pub mod edge;
pub mod edge_node;
pub mod events;
pub mod forward_auth;
pub mod issuer_keys;
pub mod issuers;
pub mod limits;
pub mod log;
pub mod master;
pub mod names;
pub mod one_time;
pub mod origin;
pub mod problem;
pub mod reader;
pub mod retention;
pub mod revocations;
pub mod schema;
pub mod secret_file;
pub mod section;
pub mod server;
pub mod sessions;
pub mod size;
pub mod sources;
pub mod span;
pub mod suggest;
pub mod tls;
pub mod tokens;
mod unknown;
pub mod user_keys;
pub mod value;
mod words;

use std::collections::HashSet;

use activity::ActivityConfig;
use admin::AdminConfig;
use clients::{ClientConfig, ClientType};
use edge::FollowConfig;
use events::EventConfig;
use forward_auth::ForwardAuthConfig;
use issuers::IssuerConfig;
use limits::LimitsConfig;
use log::LogConfig;
use master::MasterConfig;
use one_time::OneTimeConfig;
use origin::Setting;
use problem::Problems;
use quash_verify::feed::MOST_TRUSTED;
use reader::{Described, Reader};
use retention::RetentionConfig;
use revocations::RevocationsConfig;
use section::Section;
use server::ServerConfig;
use sessions::SessionsConfig;
use sources::Sources;
use tokens::TokensConfig;
use user_keys::UserKeysConfig;

/// A configuration without any problem.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// Whether this is `--dev`.
    pub dev: bool,
    /// `[server]`.
    pub server: ServerConfig,
    /// `[limits]`.
    pub limits: LimitsConfig,
    /// `[tokens]`.
    pub tokens: TokensConfig,
    /// `[sessions]`.
    pub sessions: Option<SessionsConfig>,
    /// `[[client]]`.
    pub clients: Vec<ClientConfig>,
    /// `[[issuer]]`.
    pub issuers: Vec<IssuerConfig>,
    /// `[admin]`.
    pub admin: AdminConfig,
    /// `[master]`.
    pub master: MasterConfig,
    /// `[user_keys]`.
    pub user_keys: UserKeysConfig,
    /// `[forward_auth]`.
    pub forward_auth: ForwardAuthConfig,
    /// `[log]`.
    pub log: LogConfig,
    /// `[retention]`.
    pub retention: RetentionConfig,
    /// `[revocations]`.
    pub revocations: RevocationsConfig,
    /// `[[event]]`.
    pub events: Vec<EventConfig>,
    /// `[one_time]`.
    pub one_time: OneTimeConfig,
    /// `[activity]`.
    pub activity: ActivityConfig,
}

/// A configuration and where it came from.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What holds.
    pub config: Config,
    /// Each setting with its origin, in the order of the sections.
    pub settings: Vec<Setting>,
    /// What the operator should know, and did allow.
    pub warnings: Vec<String>,
}

impl Config {
    /// Reads all layers of `sources`.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn load(sources: Sources) -> Result<Loaded, Problems> {
        let (table, syntax) = match &sources.file {
            Some(file) => document::parse(&file.name, &file.text),
            None => Default::default(),
        };
        let mut reader = Reader::new(sources);
        reader.problems = syntax;
        let config = reader.root(table, Self::read);
        unknown::report(&mut reader);
        match config {
            Some(config) if reader.problems.is_empty() => {
                let warnings = config.warnings();
                Ok(Loaded { config, settings: reader.settings, warnings })
            }
            _ => Err(Problems(reader.problems)),
        }
    }

    /// Every section and key that there is.
    pub fn described() -> Vec<Described> {
        let mut reader = Reader::new(Sources::default());
        reader.root(document::Table::new(), Self::read);
        reader.described
    }

    fn read(root: &mut Section<'_>) -> Option<Self> {
        let dev = root.dev();
        let server = root.section("server", "where it listens and what it is called", ServerConfig::read);
        let limits = root.section("limits", "what one client may take up", LimitsConfig::read);
        let tokens = root.section("tokens", "what is issued, and for how long", |section| {
            TokensConfig::read(section, &server.public_url)
        });
        let sessions = root.section("sessions", "how many sessions a subject may have at once", |section| {
            SessionsConfig::read(section, sessions::GENERAL)
        });
        let general = tokens.as_ref().map_or_else(tokens::Lifetimes::default, |tokens| tokens.lifetimes);
        let clients =
            root.tables("client", "who gets tokens", |section| ClientConfig::read(section, general));
        let events =
            root.tables("event", "what happens to subjects, and what that revokes", EventConfig::read);
        let issuers = root.tables("issuer", "whose tokens are judged besides our own", IssuerConfig::read);
        let admin = root.section("admin", "the first admin key", AdminConfig::read);
        let master = root.section("master", "where the master secrets lie", |section| {
            MasterConfig::read(section, &server.data)
        });
        let user_keys = root.section(
            "user_keys",
            "whether tokens are signed with keys of their subjects; the same for `quash edge`",
            UserKeysConfig::read,
        );
        let forward_auth =
            root.section("forward_auth", "what `/auth/check` tells the gateway", ForwardAuthConfig::read);
        let log = root.section("log", "what is said on standard error", LogConfig::read);
        let retention = root.section("retention", "how long what is over is kept", RetentionConfig::read);
        let revocations =
            root.section("revocations", "entries of the log that are made here", RevocationsConfig::read);
        let one_time = root.section("one_time", "tokens that may be used once", OneTimeConfig::read);
        let activity =
            root.section("activity", "how it becomes known which sessions are used", ActivityConfig::read);
        root.beside("edge", "whom an edge follows; read by `quash edge` alone", FollowConfig::read);

        let mut clients: Vec<ClientConfig> = clients.into_iter().flatten().collect();
        let issuers: Vec<IssuerConfig> = issuers.into_iter().flatten().collect();
        let events: Vec<EventConfig> = events.into_iter().flatten().collect();
        refuse_twice(root, "event", "type", events.iter().map(|event| event.kind.as_str()));
        refuse_twice(root, "client", "id", clients.iter().map(|client| client.id.as_str()));
        refuse_twice(root, "issuer", "name", issuers.iter().map(|issuer| issuer.name.as_str()));
        let confidential = clients.iter().filter(|client| client.kind == ClientType::Confidential).count();
        refuse_too_many(root, "client", "confidential clients", confidential, MOST_TRUSTED);
        // Our own is one more.
        refuse_too_many(root, "issuer", "issuers", issuers.len(), MOST_TRUSTED - 1);
        let tokens = tokens?;
        if issuers.iter().any(|issuer| issuer.name == tokens.issuer) {
            root.problem("issuer", format!("`{}` is our own issuer, expected another name", tokens.issuer));
        }
        if dev && !clients.iter().any(|client| client.id.as_str() == "web") {
            clients.extend(ClientConfig::web(tokens.lifetimes));
        }
        Some(Self {
            dev,
            server,
            limits,
            tokens,
            sessions,
            clients,
            issuers,
            admin,
            master,
            user_keys,
            forward_auth,
            log,
            retention,
            revocations,
            events,
            one_time,
            activity,
        })
    }

    fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.admin.key.is_none() && !self.dev {
            warnings.push(
                "no admin key is configured: `serve` refuses to start without `QUASH_ADMIN_KEY` or `admin.key_file`"
                    .to_owned(),
            );
        }
        let idle_limits = self.clients.iter().map(|client| client.lifetimes.session_idle);
        let shortest = idle_limits.chain([self.tokens.lifetimes.session_idle]).min();
        if shortest.is_some_and(|idle| self.activity.is_too_slow_for(idle)) {
            warnings.push(
                "`activity.interval` is more than half of an idle limit: sessions may be over although they are used"
                    .to_owned(),
            );
        }
        warnings
    }
}

fn refuse_twice<'a>(root: &mut Section<'_>, list: &str, key: &str, names: impl Iterator<Item = &'a str>) {
    let mut seen = HashSet::new();
    for name in names {
        if !seen.insert(name) {
            root.problem(list, format!("`{name}` occurs twice, expected each `{key}` once"));
        }
    }
}

/// Edges are told of all of them in one message of the feed.
fn refuse_too_many(root: &mut Section<'_>, list: &str, what: &str, found: usize, most: usize) {
    if found > most {
        root.problem(list, format!("found {found} {what}, expected at most {most}: edges are told of each"));
    }
}
