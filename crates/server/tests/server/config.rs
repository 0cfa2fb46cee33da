//! Design, "Configuration": one file, overruled by the environment, overruled by flags; all problems at once.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use quash_server::config::clients::{ClientType, GrantType};
use quash_server::config::issuer_keys::KeySource;
use quash_server::config::origin::Origin;
use quash_server::config::sessions::{Overflow, Per};
use quash_server::config::sources::{File, Flag, Sources};
use quash_server::config::{Config, Loaded};

/// The least that a file must say.
const LEAST: &str = "[server]\npublic_url = \"https://auth.example/\"\n";

fn sources(text: &str) -> Sources {
    let file =
        File { name: "quash.toml".to_owned(), directory: PathBuf::from("/etc/quash"), text: text.to_owned() };
    Sources { file: Some(file), ..Sources::default() }
}

fn load(text: &str) -> Loaded {
    Config::load(sources(text)).unwrap_or_else(|problems| panic!("{problems}"))
}

/// What is wrong with `text`, a line each.
fn problems(text: &str) -> Vec<String> {
    problems_of(sources(text))
}

fn problems_of(sources: Sources) -> Vec<String> {
    match Config::load(sources) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.0.iter().map(ToString::to_string).collect(),
    }
}

fn origin_of(loaded: &Loaded, path: &str) -> Origin {
    loaded.settings.iter().find(|setting| setting.path == path).expect("the setting").origin.clone()
}

fn secret_file(directory: &tempfile::TempDir, name: &str, text: &str) -> PathBuf {
    let path = directory.path().join(name);
    quash_server::config::secret_file::create(&path, text.as_bytes()).unwrap();
    path
}

#[test]
fn the_defaults_are_those_of_the_design() {
    let config = load(LEAST).config;
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:7070");
    assert_eq!(config.server.public_url, "https://auth.example");
    assert_eq!(config.tokens.issuer.as_str(), "https://auth.example");
    assert_eq!(config.tokens.algorithm.word(), "ES256");
    assert_eq!(config.tokens.lifetimes.access_token, Duration::from_secs(600));
    assert_eq!(config.tokens.lifetimes.session_idle, Duration::from_secs(14 * 86_400));
    assert_eq!(config.tokens.lifetimes.session_absolute, Duration::from_secs(90 * 86_400));
    assert_eq!(config.tokens.refresh_grace, Duration::from_secs(30));
    assert_eq!(config.tokens.leeway, Duration::ZERO);
    assert_eq!(config.tokens.future_skew, Duration::from_secs(5));
    assert_eq!(config.retention.keep_ended_sessions, Duration::from_secs(30 * 86_400));
    assert_eq!(config.retention.keep_audit, Duration::from_secs(400 * 86_400));
    assert!(config.clients.is_empty() && config.issuers.is_empty());
    assert_eq!(config.master.secrets_file, PathBuf::from("quash-data/master.secrets"));
}

#[test]
fn dev_knows_the_client_web_and_calls_itself_by_its_address() {
    let mut given = Sources { dev: true, ..Sources::default() };
    given.flags.push(Flag { name: "--listen", key: "server.listen", text: "127.0.0.1:7171".to_owned() });
    let config = Config::load(given).unwrap().config;
    assert_eq!(config.tokens.issuer.as_str(), "http://127.0.0.1:7171");
    assert_eq!(config.clients.len(), 1);
    assert_eq!(config.clients[0].id.as_str(), "web");
    assert_eq!(config.clients[0].kind, ClientType::Public);
}

#[test]
fn dev_is_for_one_machine() {
    let mut given = Sources { dev: true, ..Sources::default() };
    given.flags.push(Flag { name: "--listen", key: "server.listen", text: "0.0.0.0:7070".to_owned() });
    let found = problems_of(given);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("flag --listen: server.listen: found 0.0.0.0:7070, expected a loopback"));
}

#[test]
fn the_environment_overrules_the_file_and_flags_overrule_both() {
    let mut given =
        sources(&format!("{LEAST}[tokens]\nleeway = 7\nrefresh_grace = \"20s\"\n[log]\nlevel = \"warn\"\n"));
    given.environment = BTreeMap::from([
        ("QUASH_TOKENS_REFRESH_GRACE".to_owned(), "10s".to_owned()),
        ("QUASH_LOG_LEVEL".to_owned(), "debug".to_owned()),
    ]);
    given.flags.push(Flag { name: "--log-level", key: "log.level", text: "error".to_owned() });
    let loaded = Config::load(given).unwrap();
    assert_eq!(loaded.config.tokens.leeway, Duration::from_secs(7));
    assert_eq!(loaded.config.tokens.refresh_grace, Duration::from_secs(10));
    assert_eq!(loaded.config.log.level.word(), "error");
    assert_eq!(origin_of(&loaded, "tokens.leeway").to_string(), "quash.toml:4");
    assert_eq!(origin_of(&loaded, "tokens.refresh_grace").to_string(), "env QUASH_TOKENS_REFRESH_GRACE");
    assert_eq!(origin_of(&loaded, "log.level").to_string(), "flag --log-level");
    assert_eq!(origin_of(&loaded, "tokens.algorithm"), Origin::Default);
}

#[test]
fn all_problems_are_reported_at_once_with_key_line_and_what_is_expected() {
    let found = problems(
        "[server]\nlisten = \"nowhere\"\n[tokens]\nleeway = \"2m\"\nalgorithm = \"HS256\"\nacces_token_lifetime = 5\n\
         [limits]\nmax_connections = -1\n[[client]]\ntype = \"secret\"\n",
    );
    let expect = [
        "quash.toml:2: server.listen: found \"nowhere\", expected an address and a port such as `127.0.0.1:7070`",
        "server.public_url: is missing, expected an http or https URL without user and password",
        "quash.toml:8: limits.max_connections: found -1, expected a whole number",
        "quash.toml:5: tokens.algorithm: found \"HS256\", expected one of `ES256`, `ES384`, `EdDSA`, `RS256`, `PS256`",
        "quash.toml:4: tokens.leeway: found \"2m\", expected 0s to 1m",
        "client[0].id: is missing, expected an id: 1 to 256 bytes without control characters",
        "quash.toml:10: client[0].type: found \"secret\", expected `public` or `confidential`",
        "quash.toml:6: tokens.acces_token_lifetime: unknown key, did you mean `access_token_lifetime`?",
    ];
    assert_eq!(found, expect);
}

#[test]
fn an_unknown_key_is_refused_with_the_nearest_known_one() {
    let of = |text: &str| problems(&format!("{LEAST}{text}"));
    assert_eq!(of("[token]\nx = 1\n"), ["quash.toml:3: token: unknown key, did you mean `tokens`?"]);
    assert_eq!(of("lisetn = 1\n"), ["quash.toml:3: server.lisetn: unknown key, did you mean `listen`?"]);
    assert_eq!(
        of("leeway = 1\n"),
        ["quash.toml:3: server.leeway: unknown key, did you mean `tokens.leeway`?"]
    );
    assert_eq!(of("colour = 1\n"), ["quash.toml:3: server.colour: unknown key"]);
    assert_eq!(
        of("[[clients]]\nid = \"a\"\n"),
        ["quash.toml:3: clients: unknown key, did you mean `client`?"]
    );
}

#[test]
fn an_unknown_variable_is_refused_but_not_what_an_orchestrator_puts_there() {
    let mut given = sources(LEAST);
    for (name, value) in [
        ("QUASH_TOKENS_LEWAY", "5"),
        ("QUASH_URL", "http://127.0.0.1:7070"),
        ("QUASH_SERVICE_HOST", "10.0.0.1"),
        ("QUASH_SERVICE_PORT_HTTP", "7070"),
        ("QUASH_PORT", "tcp://10.0.0.1:7070"),
        ("QUASH_EDGE_PORT_7071_TCP_ADDR", "10.0.0.1"),
    ] {
        given.environment.insert(name.to_owned(), value.to_owned());
    }
    assert_eq!(
        problems_of(given),
        ["env QUASH_TOKENS_LEWAY: unknown variable, did you mean `QUASH_TOKENS_LEEWAY`?"]
    );
}

#[test]
fn plain_http_off_loopback_is_refused_unless_tls_ends_in_front() {
    let off = format!("{LEAST}listen = \"0.0.0.0:7070\"\n");
    let found = problems(&off);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].starts_with("quash.toml:3: server.listen: found 0.0.0.0:7070, expected TLS off loopback")
    );
    assert!(problems(&format!("{off}tls_terminated_in_front = true\n")).is_empty());
    let metrics = problems(&format!("{LEAST}metrics_listen = \"192.168.0.1:9\"\n"));
    assert!(metrics[0].contains("server.metrics_listen"), "{metrics:?}");
    let ipv6 = format!("{LEAST}listen = \"[::1]:7070\"\n");
    assert!(problems(&ipv6).is_empty());
}

#[test]
fn tls_needs_both_files() {
    let found = problems(&format!("{LEAST}[server.tls]\ncert_file = \"/dev/null\"\n"));
    assert_eq!(found, ["server.tls.key_file: is missing: `cert_file` is given, and TLS needs both"]);
}

#[test]
fn a_text_that_is_not_toml_is_reported_with_its_line() {
    let found = problems("[server]\npublic_url = \n");
    assert!(found[0].starts_with("quash.toml:2: "), "{found:?}");
}

#[test]
fn a_confidential_client_needs_a_secret_that_only_its_owner_can_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = secret_file(&directory, "api", "0123456789abcdef0123456789abcdef\n");
    let text = format!(
        "{LEAST}[[client]]\nid = \"api\"\ntype = \"confidential\"\nsecret_file = {path:?}\n\
         grant_types = [\"client_credentials\"]\naccess_token_lifetime = \"5m\"\n"
    );
    let loaded = load(&text);
    let client = &loaded.config.clients[0];
    assert_eq!(client.secret.as_ref().unwrap().as_key().unwrap().len(), 32);
    assert_eq!(client.grant_types, [GrantType::ClientCredentials]);
    assert_eq!(client.lifetimes.access_token, Duration::from_secs(300));
    assert_eq!(client.lifetimes.session_idle, Duration::from_secs(14 * 86_400));

    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(
        problems(&text),
        [
            "quash.toml:6: client[0].secret_file: found permissions 0640, expected 0600 or 0400: `chmod 600` it"
        ]
    );
    let without = problems(&format!("{LEAST}[[client]]\nid = \"api\"\ntype = \"confidential\"\n"));
    assert_eq!(without, ["client[0].secret_file: is missing: a confidential client has a secret"]);
    let public =
        problems(&format!("{LEAST}[[client]]\nid = \"a\"\ngrant_types = [\"client_credentials\"]\n"));
    assert!(public[0].contains("only a confidential client"), "{public:?}");
}

#[test]
fn two_clients_of_one_id_and_an_issuer_called_like_us_are_refused() {
    let found = problems(&format!(
        "{LEAST}[[client]]\nid = \"a\"\n[[client]]\nid = \"a\"\n\
         [[issuer]]\nname = \"https://auth.example\"\njwks_url = \"https://x.example\"\naudience = [\"a\"]\n"
    ));
    assert_eq!(
        found,
        [
            "client: `a` occurs twice, expected each `id` once",
            "issuer: `https://auth.example` is our own issuer, expected another name"
        ]
    );
}

#[test]
fn more_clients_or_issuers_than_edges_can_be_told_of_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let secret = secret_file(&directory, "api", "0123456789abcdef0123456789abcdef\n");
    let client = |number| {
        format!("[[client]]\nid = \"c{number}\"\ntype = \"confidential\"\nsecret_file = {secret:?}\n")
    };
    let clients = |count| (0..count).map(client).collect::<String>();
    assert_eq!(problems(&format!("{LEAST}{}[[client]]\nid = \"public\"\n", clients(4_096))), [""; 0]);
    let found = problems(&format!("{LEAST}{}", clients(4_097)));
    let expected = "client: found 4097 confidential clients, expected at most 4096: edges are told of each";
    assert_eq!(found, [expected]);

    let issuer = |number| {
        format!("[[issuer]]\nname = \"i{number}\"\njwks_url = \"https://x.example\"\naudience = [\"a\"]\n")
    };
    let issuers = |count| (0..count).map(issuer).collect::<String>();
    assert_eq!(problems(&format!("{LEAST}{}", issuers(4_095))), [""; 0]);
    let found = problems(&format!("{LEAST}{}", issuers(4_096)));
    assert_eq!(found, ["issuer: found 4096 issuers, expected at most 4095: edges are told of each"]);
}

#[test]
fn the_tokens_of_a_tutorial_can_be_allowed_by_name() {
    // Design, "Verifier": HS256, `{id, username, jti, deviceId}`, no `iss`.
    let directory = tempfile::tempdir().unwrap();
    let path = secret_file(&directory, "shared", "secret");
    let issuer = format!(
        "[[issuer]]\nname = \"tutorial\"\nsecret_file = {path:?}\nsubject_claim = \"id\"\n\
         device_claim = \"deviceId\"\n"
    );
    let strict = problems(&format!("{LEAST}{issuer}"));
    assert_eq!(strict.len(), 2, "{strict:?}");
    assert!(strict[0].contains("found 6 bytes, expected at least 32 for `HS256`"), "{strict:?}");
    assert!(strict[1].contains("issuer[0].audience: is empty"), "{strict:?}");

    let allow = "allow = [\"missing_issuer\", \"missing_audience\", \"any_type\", \"short_secret\"]\n";
    let loaded = load(&format!("{LEAST}{issuer}{allow}"));
    assert_eq!(loaded.config.issuers[0].subject_claim.as_deref(), Some("id"));
    assert!(matches!(loaded.config.issuers[0].keys, KeySource::Secret { .. }));
    assert_eq!(loaded.config.issuers[0].allow.len(), 4);
}

#[test]
fn an_issuer_has_exactly_one_source_of_keys_and_https() {
    let of = |keys: &str| problems(&format!("{LEAST}[[issuer]]\nname = \"x\"\naudience = [\"a\"]\n{keys}"));
    assert!(of("")[0].contains("expected exactly one of `jwks_file`, `jwks_url`, `secret_file`"));
    assert!(of("jwks_url = \"http://x.example/\"\n")[0].contains("expected https"));
    assert!(of("jwks_url = \"http://127.0.0.1:1/\"\nallow_private_addresses = true\n").is_empty());
    assert!(of("jwks_url = \"https://x.example/\"\n").is_empty());
}

#[test]
fn no_secret_is_repeated_in_settings_problems_or_debug_output() {
    // I13, attack row 36.
    let canary = "canary-5f0c2b7e9d1a4e63-canary-0000";
    let directory = tempfile::tempdir().unwrap();
    let path = secret_file(&directory, "shared", canary);
    let mut given = sources(&format!(
        "{LEAST}[[issuer]]\nname = \"x\"\nsecret_file = {path:?}\naudience = [\"a\"]\n\
         [[client]]\nid = \"c\"\ntype = \"confidential\"\nsecret_file = {path:?}\n"
    ));
    given.environment.insert("QUASH_ADMIN_KEY".to_owned(), canary.to_owned());
    let loaded = Config::load(given.clone()).unwrap();
    assert!(!format!("{loaded:?}").contains("canary"));
    assert_eq!(origin_of(&loaded, "admin.key").to_string(), "env QUASH_ADMIN_KEY");

    given.environment.insert("QUASH_ADMIN_KEY".to_owned(), "canary".to_owned());
    if let Some(file) = &mut given.file {
        file.text.push_str("secret = \"canary\"\n[[issuer]]\njwks_url = \"https://u:canary@x.example/\"\n");
    }
    let found = problems_of(given);
    assert!(found.len() >= 4, "{found:?}");
    assert!(!found.concat().contains("canary"), "{found:?}");
}

#[test]
fn relative_paths_of_the_file_start_at_its_directory() {
    let config = load(&format!("{LEAST}data = \"state\"\n")).config;
    assert_eq!(config.server.data, PathBuf::from("/etc/quash/state"));
    let mut given = sources(LEAST);
    given.flags.push(Flag { name: "--data", key: "server.data", text: "here".to_owned() });
    assert_eq!(Config::load(given).unwrap().config.server.data, PathBuf::from("here"));
}

#[test]
fn limits_on_sessions_are_general_or_of_a_client() {
    // S23, S24
    let text = "[sessions]\nmax = 1\n[[client]]\nid = \"web\"\n[[client]]\nid = \"tv\"\n[client.sessions]\nmax = 1000\n\
                per = \"device_type\"\noverflow = \"refuse\"\n";
    let loaded = load(&format!("{LEAST}{text}"));
    let general = loaded.config.sessions.unwrap();
    assert_eq!((general.max, general.per, general.overflow), (1, Per::Subject, Overflow::ReplaceOldest));
    assert_eq!(loaded.config.clients[0].sessions, None);
    let own = loaded.config.clients[1].sessions.unwrap();
    assert_eq!((own.max, own.per, own.overflow), (1_000, Per::DeviceType, Overflow::Refuse));
    let file = |line| Origin::File { file: "quash.toml".to_owned(), line };
    assert_eq!(origin_of(&loaded, "sessions.max"), file(4));
    assert_eq!(origin_of(&loaded, "client[1].sessions.overflow"), file(12));
    assert_eq!(origin_of(&loaded, "sessions.overflow"), Origin::Default);
    assert_eq!(load(LEAST).config.sessions, None);
}

#[test]
fn limits_on_sessions_that_make_no_sense_are_reported_each() {
    let text = "[sessions]\nmax = 0\nper = \"user\"\noverflow = \"drop\"\n[[client]]\nid = \"tv\"\n[client.sessions]\n\
                overflow = \"refuse\"\n[[client]]\nid = \"app\"\n[client.sessions]\nmax = 1001\nmost = 2\n\
                [[client]]\nid = \"shared\"\n[client.sessions]\nmax = 2\noverflow = \"share\"\n";
    let found = problems(&format!("{LEAST}{text}"));
    let expected = [
        "quash.toml:4: sessions.max: found 0, expected 1 to 1000",
        "quash.toml:5: sessions.per: found \"user\", expected `subject` or `device_type`",
        "quash.toml:6: sessions.overflow: found \"drop\", expected one of `replace_oldest`, `replace_idle_first`, `refuse`, `share`",
        "quash.toml:10: client[0].sessions.overflow: is given without `max`, which sets the limit",
        "quash.toml:14: client[1].sessions.max: found 1001, expected 1 to 1000",
        "quash.toml:20: client[2].sessions.overflow: found \"share\", which needs a `max` of 1: all share one session",
    ];
    assert_eq!(found[..6], expected, "{found:#?}");
    assert!(found[6].contains("client[1].sessions.most"), "{found:#?}");
    assert_eq!(found.len(), 7, "{found:#?}");
}
