//! An edge (design section 9): the endpoints that judge tokens, without an authority.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use quash_authority::Clock;
use quash_authority::testing::ManualClock;
use quash_core::position::Position;
use quash_core::revocation::freshness::StalePolicy;
use quash_core::revocation::state::RevocationState;
use quash_core::time::Uptime;
use quash_http::{EdgeParts, EdgeState, FeedProgress, HttpSettings, Learned, NoAnswer, edge_router};
use quash_jose::digest::sha256;
use quash_storage::ports::RevocationLog as _;
use quash_verify::feed::{ConfidentialClient, IntrospectionCredential, IssuerDocument, TrustDocument};
use quash_verify::{Gauge, IssuerConfig, Verifier};
use serde_json::{Value, json};

use crate::house::{API, Call, House, ISSUER, START, text};

const OPERATOR: &str = "the key that the edge itself follows with";
const SERVICE: &str = "the key of a service that may introspect";
const KEPT: &str = "the key of a service that is kept to a shop";
const MAX_STALENESS: Duration = Duration::from_secs(10);

/// An edge beside a server: whoever follows the feed for it is played by the test.
struct Edge {
    house: House,
    verifier: Arc<Verifier>,
    gauge: Arc<Gauge>,
    learned: Learned,
    uptime: Arc<AtomicU64>,
    answer: Arc<Mutex<Result<bool, NoAnswer>>>,
    progress: Arc<Mutex<FeedProgress>>,
    router: axum::Router,
}

impl Edge {
    async fn new(policy: StalePolicy) -> Self {
        let house = House::new().await;
        let verifier = Arc::new(Verifier::builder().build_cold().unwrap());
        let gauge = Arc::new(Gauge::new(MAX_STALENESS).policy(policy));
        let learned = Learned::new();
        let uptime = Arc::new(AtomicU64::new(1));
        let answer = Arc::new(Mutex::new(Err(NoAnswer)));
        let progress = Arc::<Mutex<FeedProgress>>::default();
        let followed = Arc::clone(&progress);
        let (reading, said) = (Arc::clone(&uptime), Arc::clone(&answer));
        let state = EdgeState::new(EdgeParts {
            verifier: Arc::clone(&verifier),
            gauge: Arc::clone(&gauge),
            uptime: Arc::new(move || Uptime::from_nanoseconds(reading.load(Ordering::SeqCst))),
            clock: Arc::new(ManualClock::at(START)) as Arc<dyn Clock>,
            progress: Box::new(move || *followed.lock().unwrap()),
            learned: learned.clone(),
            operator: IntrospectionCredential::of_key(OPERATOR),
            ask: Box::new(move |_| {
                let answer = *said.lock().unwrap();
                Box::pin(async move { answer })
            }),
            relay: None,
            settings: HttpSettings::default(),
        });
        Self { house, verifier, gauge, learned, uptime, answer, progress, router: edge_router(state) }
    }

    /// One that knows everything.
    async fn fresh(policy: StalePolicy) -> Self {
        let edge = Self::new(policy).await;
        let log = edge.house.store.identity().await.unwrap();
        edge.verifier.install(RevocationState::new(log.key, log.origin)).unwrap();
        edge.learn();
        edge.gauge.complete();
        edge.gauge.renew(Uptime::from_nanoseconds(1), MAX_STALENESS);
        edge
    }

    fn learn(&self) {
        let own = self.house.verifier.issuers().into_iter().find(IssuerConfig::is_own).unwrap();
        self.verifier.set_issuer(&own).unwrap();
        let kept =
            IntrospectionCredential { client: Some("shop".into()), ..IntrospectionCredential::of_key(KEPT) };
        self.learned.learn(Arc::new(TrustDocument {
            issuers: vec![IssuerDocument::of(&own)],
            introspection: vec![IntrospectionCredential::of_key(SERVICE), kept],
            clients: vec![ConfidentialClient { id: "shop".into(), secret_digest: sha256(b"secret") }],
            horizon: Duration::from_secs(600),
        }));
    }

    /// Everything that the log holds now is known here.
    async fn follow(&self) {
        let after = self.verifier.watermark();
        let records = self.house.store.live_records_after(after, START, 100).await.unwrap();
        self.verifier.apply_records(&records);
    }

    /// `age` goes by since the state was fresh.
    fn age(&self, age: Duration) {
        self.uptime.store(1 + u64::try_from(age.as_nanos()).unwrap(), Ordering::SeqCst);
    }

    fn call(&self, method: &str, uri: &str) -> Call {
        Call::new(self.router.clone(), method, uri)
    }

    async fn token(&self) -> String {
        text(&self.house.sign_in("alice").await["access_token"])
    }

    async fn check(&self, token: &str) -> u16 {
        self.call("GET", "/auth/check").bearer(token).send().await.status
    }

    async fn introspect(&self, key: &str, token: &str) -> (u16, Value) {
        let call = self.call("POST", "/oauth/introspect").bearer(key).form(&[("token", token)]);
        let reply = call.send().await;
        (reply.status, reply.json())
    }
}

#[tokio::test]
async fn a_cold_edge_answers_nothing() {
    // S18
    let edge = Edge::new(StalePolicy::Allow).await;
    let token = edge.token().await;
    let reply = edge.call("GET", "/auth/check").bearer(&token).send().await;
    assert_eq!((reply.status, reply.header("retry-after")), (503, "1"));
    assert_eq!(edge.introspect(SERVICE, &token).await.0, 503);
    // Not even what needs no state.
    assert_eq!(edge.check("nonsense").await, 503);
    assert_eq!(edge.call("GET", "/auth/check").send().await.status, 503);
    // Nor once callers are known, and the log is not.
    edge.learn();
    assert_eq!(edge.introspect(SERVICE, "nonsense").await.0, 503);
    assert_eq!(edge.check(&token).await, 503);
    edge.learned.learn(Arc::default());
    for path in ["/readyz", "/.well-known/jwks.json"] {
        assert_eq!(edge.call("GET", path).send().await.status, 503, "{path}");
    }
    assert_eq!(edge.call("GET", "/healthz").send().await.status, 200);
}

#[tokio::test]
async fn a_fresh_edge_answers_as_its_authority_does_with_every_method() {
    let edge = Edge::fresh(StalePolicy::Deny).await;
    let token = edge.token().await;
    for method in ["GET", "POST", "DELETE", "OPTIONS", "PURGE"] {
        let reply = edge.call(method, "/auth/check").bearer(&token).send().await;
        assert_eq!((reply.status, reply.header("x-auth-subject")), (200, "alice"), "{method}");
    }
    assert_eq!(edge.call("GET", "/readyz").send().await.status, 200);
    let keys = edge.call("GET", "/.well-known/jwks.json").send().await;
    let own = edge.house.get("/.well-known/jwks.json").send().await;
    assert_eq!(keys.json(), own.json());
}

#[tokio::test]
async fn exactly_at_the_largest_age_nothing_is_accepted_any_more_and_what_was_refused_stays_refused() {
    // Design section 3
    let edge = Edge::fresh(StalePolicy::Deny).await;
    let (good, bad) = (edge.token().await, edge.token().await);
    let session = text(&edge.introspect(SERVICE, &bad).await.1["sid"]);
    edge.house.revoke(json!({ "target": { "type": "session", "id": session } })).await;
    edge.follow().await;
    edge.age(MAX_STALENESS.saturating_sub(Duration::from_nanos(1)));
    assert_eq!((edge.check(&good).await, edge.check(&bad).await), (200, 401));
    edge.age(MAX_STALENESS);
    assert_eq!((edge.check(&good).await, edge.check(&bad).await), (503, 401));
    assert_eq!(edge.introspect(SERVICE, &good).await.0, 503);
    assert_eq!(edge.introspect(SERVICE, &bad).await, (200, json!({ "active": false })));
    assert_eq!(edge.call("GET", "/readyz").send().await.status, 503);
}

#[tokio::test]
async fn callers_are_known_by_what_the_authority_told_of_them() {
    let edge = Edge::fresh(StalePolicy::Deny).await;
    let token = edge.token().await;
    let (status, said) = edge.introspect(SERVICE, &token).await;
    assert_eq!(
        (status, &said["active"], &said["iss"], &said["aud"]),
        (200, &json!(true), &json!(ISSUER), &json!(API))
    );
    // Kept to another client than the token's.
    assert_eq!(edge.introspect(KEPT, &token).await, (200, json!({ "active": false })));
    for key in [crate::house::ADMIN_KEY, OPERATOR] {
        assert_eq!(edge.introspect(key, &token).await.0, 401);
    }
    let as_client = async |secret| {
        let call = edge.call("POST", "/oauth/introspect").basic("shop", secret).form(&[("token", &token)]);
        call.send().await.status
    };
    assert_eq!((as_client("secret").await, as_client("guess").await), (200, 401));
    let nobody = edge.call("POST", "/oauth/introspect").form(&[("token", &token), ("client_id", "web")]);
    assert_eq!(nobody.send().await.status, 401);
}

#[tokio::test]
async fn a_refresh_token_is_more_than_an_edge_can_know() {
    // RFC 7009 section 2.2.1
    let edge = Edge::fresh(StalePolicy::Deny).await;
    let refresh = text(&edge.house.sign_in("alice").await["refresh_token"]);
    let (status, said) = edge.introspect(SERVICE, &refresh).await;
    assert_eq!((status, &said["error"]), (400, &json!("unsupported_token_type")));
}

#[tokio::test]
async fn the_numbers_are_for_whoever_runs_the_edge() {
    let edge = Edge::fresh(StalePolicy::Deny).await;
    let metrics = async |key| edge.call("GET", "/metrics").bearer(key).send().await;
    assert_eq!(metrics(SERVICE).await.status, 403);
    assert_eq!(metrics(crate::house::ADMIN_KEY).await.status, 401);
    edge.age(Duration::from_secs(2));
    let page = metrics(OPERATOR).await;
    assert_eq!(page.status, 200);
    for line in ["quash_edge_complete 1.0", "quash_edge_state_age_seconds 2.0"] {
        assert!(page.text().contains(line), "{}", page.text());
    }
}

#[tokio::test]
async fn how_far_an_edge_is_with_the_feed_is_counted() {
    let edge = Edge::new(StalePolicy::Deny).await;
    let families = [
        "edge_activity_failures counter",
        "edge_activity_reported counter",
        "edge_asks counter",
        "edge_complete gauge",
        "edge_connections counter",
        "edge_lag gauge",
        "edge_max_staleness_seconds gauge",
        "edge_position gauge",
        "edge_state_age_seconds gauge",
    ];
    let figures = async || {
        let page = edge.call("GET", "/metrics").bearer(OPERATOR).send().await.text().to_owned();
        assert!(!page.contains("quash_feed_"), "nobody can follow it: {page}");
        let told = page.lines().filter_map(|line| line.strip_prefix("# TYPE quash_"));
        let told: Vec<&str> = told.filter(|line| line.starts_with("edge_")).collect();
        for family in &told {
            assert!(families.contains(family) && told.iter().filter(|other| *other == family).count() == 1);
        }
        let named = |name: &str| {
            let line = page.lines().find_map(|line| line.strip_prefix(&format!("quash_edge_{name} ")));
            line.map(str::to_owned)
        };
        let shown = ["complete", "state_age_seconds", "position", "lag", "connections_total"].map(named);
        (told.len(), shown.map(Option::unwrap_or_default))
    };
    // How old a state is that never was complete nobody can say; and nobody was asked.
    let cold = ["0.0", "", "0.0", "0.0", "0"].map(str::to_owned);
    assert_eq!(figures().await, (families.len() - 2, cold));

    let position = |number| Position::new(number).ok();
    let tell = |progress| *edge.progress.lock().unwrap() = progress;
    tell(FeedProgress {
        position: position(40),
        head: position(47),
        connections: 2,
        ..FeedProgress::default()
    });
    edge.gauge.complete();
    edge.gauge.renew(Uptime::from_nanoseconds(1), MAX_STALENESS);
    edge.age(Duration::from_secs(3));
    let behind = ["1.0", "3.0", "40.0", "7.0", "2"].map(str::to_owned);
    assert_eq!(figures().await, (families.len() - 1, behind));
    // A head that was heard of before an entry came is none behind.
    tell(FeedProgress {
        position: position(48),
        head: position(47),
        connections: 3,
        ..FeedProgress::default()
    });
    assert_eq!(figures().await.1[2..], ["48.0", "0.0", "3"]);
}

#[tokio::test]
async fn the_feed_is_for_those_who_may_ask_about_everybody() {
    let edge = Edge::fresh(StalePolicy::Deny).await;
    let follow = async |key| edge.call("GET", "/v1/feed/ws").bearer(key).send().await.status;
    assert_eq!(follow(crate::house::ADMIN_KEY).await, 401);
    assert_eq!(follow(KEPT).await, 403);
    // Let in, and asked to switch.
    assert_eq!(follow(SERVICE).await, 426);
}

#[tokio::test]
async fn reports_of_activity_are_for_edges_that_pass_the_feed_on() {
    // S05: what it saw itself, whoever follows the feed for it reports.
    let edge = Edge::fresh(StalePolicy::Deny).await;
    let report = async |key| {
        let call = edge.call("POST", "/v1/activity").bearer(key).json(&json!({ "sessions": [] }));
        call.send().await.status
    };
    assert_eq!(report(crate::house::ADMIN_KEY).await, 401);
    assert_eq!(report(KEPT).await, 403);
    assert_eq!(report(SERVICE).await, 404, "this one passes nothing on");
}

#[tokio::test]
async fn what_needs_an_authority_is_not_there() {
    let edge = Edge::fresh(StalePolicy::Deny).await;
    for path in ["/v1/sessions", "/v1/revocations", "/oauth/token", "/oauth/revoke", "/v1/credentials"] {
        let reply = edge.call("POST", path).bearer(SERVICE).send().await;
        assert_eq!(reply.status, 404, "{path}");
    }
}

#[tokio::test]
async fn an_edge_that_asks_answers_what_it_hears_and_nothing_when_it_hears_nothing() {
    // Design section 3: `ask`
    let edge = Edge::fresh(StalePolicy::Ask).await;
    let token = edge.token().await;
    edge.age(MAX_STALENESS);
    let says = |answer| *edge.answer.lock().unwrap() = answer;
    assert_eq!(edge.check(&token).await, 503);
    says(Ok(true));
    assert_eq!(edge.check(&token).await, 200);
    assert_eq!(edge.introspect(SERVICE, &token).await.1["active"], json!(true));
    says(Ok(false));
    let refused = edge.call("GET", "/auth/check").bearer(&token).send().await;
    assert_eq!(refused.status, 401);
    assert!(refused.header("www-authenticate").contains("reason=\"inactive\""));
    assert_eq!(edge.introspect(SERVICE, &token).await, (200, json!({ "active": false })));
    // What this edge refuses itself, nobody is asked about.
    says(Ok(true));
    assert_eq!(edge.check("nonsense").await, 401);
    let page = edge.call("GET", "/metrics").bearer(OPERATOR).send().await;
    assert!(page.text().contains("quash_edge_asks_total{answer=\"active\"} 2"), "{}", page.text());
}

#[tokio::test]
async fn a_key_that_an_old_state_does_not_know_is_undecided_even_if_the_authority_knows_it() {
    // I9
    let edge = Edge::fresh(StalePolicy::Ask).await;
    edge.house.post("/v1/keys/rotate").admin().send().await;
    edge.house.post("/v1/keys/rotate").admin().send().await;
    let token = edge.token().await;
    edge.age(MAX_STALENESS);
    *edge.answer.lock().unwrap() = Ok(true);
    assert_eq!(edge.check(&token).await, 503);
}
