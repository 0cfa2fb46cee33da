//! A server whose every part can be looked at on the way of one revocation: the real router, use case, store, feed and
//! verifiers, over a disk that can lose its power.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, header};
use quash_authority::testing::{ManualClock, ManualUptime, SeededEntropy};
use quash_authority::{
    Authority, ClientProfile, Enforcement, Foundations, KeySet, Master, Masters, NewCredential, Role,
    Settings,
};
use quash_core::ids::{ClientId, Issuer, SessionId, Subject};
use quash_core::position::Position;
use quash_core::revocation::decide::TimeRules;
use quash_core::revocation::entry::Entry;
use quash_core::revocation::record::Record;
use quash_core::revocation::rejection::Hit;
use quash_core::time::Timestamp;
use quash_core::verified::VerifiedClaims;
use quash_http::{AppState, HttpSettings, VerifierEnforcement, router};
use quash_jose::digest::sha256;
use quash_middleware::system_clock;
use quash_storage::crash::Disk;
use quash_storage::embedded::{EmbeddedStore, OpenOptions};
use quash_storage::ports::{LogIdentity, RevocationLog as _};
use quash_verify::{Checked, IssuerConfig, Moment, Verifier};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

use crate::elsewhere::{Port, Service};

pub(crate) const ISSUER: &str = "https://login.example";
const AUDIENCE: &str = "https://api.example";
pub(crate) const ADMIN_KEY: &str = "the key of the administrator of this journey";

/// All that a revocation passes, with what was seen of it so far.
pub(crate) struct Journey {
    pub(crate) runtime: Runtime,
    pub(crate) router: Router,
    pub(crate) authority: Arc<Authority>,
    pub(crate) verifier: Arc<Verifier>,
    pub(crate) log: LogIdentity,
    pub(crate) disk: Disk,
    pub(crate) now: Timestamp,
    /// Where the server is reached from elsewhere, and the service there that follows its feed.
    pub(crate) port: Port,
    pub(crate) service: Service,
    /// The key of a service that may follow the feed, and ask.
    pub(crate) verifier_key: String,
    /// The key of a service that may open sessions, and nothing else.
    pub(crate) issuer_key: String,
    /// The victim's access token and session.
    pub(crate) token: String,
    pub(crate) session: String,
    /// What the answer to the revocation said.
    pub(crate) answered_position: Option<Position>,
    sightings: Arc<Mutex<Vec<Sighting>>>,
}

/// The system at the instant between durability and enforcement.
pub(crate) struct Sighting {
    /// What is about to be enforced.
    pub(crate) entries: Vec<Entry>,
    /// The disk as a power loss at that instant would leave it.
    pub(crate) crash_image: Disk,
    pub(crate) watermark_before: Position,
    pub(crate) watermark_after: Position,
}

/// Looks on where the authority hands entries to the verifier.
struct Onlooker {
    inner: VerifierEnforcement,
    disk: Disk,
    sightings: Arc<Mutex<Vec<Sighting>>>,
}

impl Enforcement for Onlooker {
    fn watermark(&self) -> Position {
        self.inner.watermark()
    }

    fn apply(&self, entries: &[Entry]) {
        let crash_image = self.disk.after_power_loss(0);
        let watermark_before = self.inner.watermark();
        self.inner.apply(entries);
        let watermark_after = self.inner.watermark();
        let entries = entries.to_vec();
        let sighting = Sighting { entries, crash_image, watermark_before, watermark_after };
        self.sightings.lock().unwrap().push(sighting);
    }

    /// Only what a start catches up with comes this way, and it is of before the journey.
    fn apply_records(&self, records: &[Record]) {
        self.inner.apply_records(records);
    }

    fn advance(&self, position: Position) {
        self.inner.advance(position);
    }

    fn install_own_keys(&self, keys: KeySet) {
        self.inner.install_own_keys(keys);
    }

    fn hit(&self, token: &VerifiedClaims, rules: &TimeRules) -> Option<Hit> {
        self.inner.hit(token, rules)
    }

    fn is_registered(&self, session: &SessionId, subject: &Subject, now: Timestamp) -> bool {
        self.inner.is_registered(session, subject, now)
    }

    fn registered_sessions(&self) -> usize {
        self.inner.registered_sessions()
    }

    fn purge(&self, now: Timestamp) -> usize {
        self.inner.purge(now)
    }
}

impl Journey {
    pub(crate) fn begin() -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let disk = Disk::new();
        let sightings = Arc::default();
        let mut journey = runtime.block_on(found(disk, sightings))(runtime);
        let sign_in = json!({ "subject": "alice", "client_id": "web" });
        let (status, reply) = journey.send(post("/v1/sessions", &journey.issuer_key, &sign_in));
        assert_eq!(status, 201, "{reply}");
        reply["access_token"].as_str().unwrap().clone_into(&mut journey.token);
        reply["session_id"].as_str().unwrap().clone_into(&mut journey.session);
        journey
    }

    /// What was seen where entries are handed to the verifier.
    pub(crate) fn sightings(&self) -> std::sync::MutexGuard<'_, Vec<Sighting>> {
        self.sightings.lock().unwrap()
    }

    /// Sends one request; its status and its body.
    pub(crate) fn send(&self, request: Request<Body>) -> (u16, Value) {
        self.runtime.block_on(async {
            let response: Response<Body> = self.router.clone().oneshot(request).await.unwrap();
            let status = response.status().as_u16();
            let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
            (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
        })
    }

    pub(crate) fn post_revocation(&self, key: &str, body: &Value) -> (u16, Value) {
        self.send(post("/v1/revocations", key, body))
    }

    /// The gateway's question.
    pub(crate) fn auth_check(&self) -> (u16, Value) {
        let bearer = format!("Bearer {}", self.token);
        let request = Request::get("/auth/check").header(header::AUTHORIZATION, bearer);
        self.send(request.body(Body::empty()).unwrap())
    }

    pub(crate) fn is_accepted(&self) -> bool {
        matches!(self.verifier.check(&self.token, Moment::fresh(self.now)), Ok(Checked::Accepted(_)))
    }

    pub(crate) fn head(&self) -> Position {
        self.runtime.block_on(self.authority.head()).unwrap().position
    }

    /// The log on a disk that came back from a power loss.
    pub(crate) fn log_on(&self, image: &Disk) -> Vec<Entry> {
        let store = open(image, self.now);
        self.runtime.block_on(store.entries_before(None, 100)).unwrap()
    }
}

fn post(uri: &str, key: &str, body: &Value) -> Request<Body> {
    let request = Request::post(uri).header(header::CONTENT_TYPE, "application/json");
    let request = request.header(header::AUTHORIZATION, format!("Bearer {key}"));
    request.body(Body::from(body.to_string())).unwrap()
}

fn issuer() -> Issuer {
    Issuer::new(ISSUER).unwrap()
}

fn open(disk: &Disk, now: Timestamp) -> EmbeddedStore {
    OpenOptions::backend(disk.backend(), issuer()).open(now, [9; 36]).unwrap()
}

/// Founds the system on an empty disk.
async fn found(disk: Disk, sightings: Arc<Mutex<Vec<Sighting>>>) -> impl FnOnce(Runtime) -> Journey {
    // The service elsewhere looks at the system's clock, so this is the time here, too.
    let now = system_clock();
    let store = Arc::new(open(&disk, now));
    let log = store.identity().await.unwrap();
    let own = IssuerConfig::own(issuer(), vec![AUDIENCE.to_owned()], KeySet::default());
    let verifier = Arc::new(Verifier::builder().issuer(own).build(log.key, log.origin).unwrap());
    let inner = VerifierEnforcement::new(Arc::clone(&verifier), issuer()).unwrap();
    let enforcement = Onlooker { inner, disk: disk.clone(), sightings: Arc::clone(&sightings) };
    let authority = Authority::start(Foundations {
        store,
        enforcement: Arc::new(enforcement),
        clock: Arc::new(ManualClock::at(now)),
        uptime: Arc::new(ManualUptime::default()),
        entropy: Arc::new(SeededEntropy::new(1)),
        masters: Masters::single(Master::from_random([7; 32])).unwrap(),
        settings: settings(),
    });
    let authority = Arc::new(authority.await.unwrap());
    let issuer_key = key_for(&authority, Role::Issuer).await;
    let verifier_key = key_for(&authority, Role::Verifier).await;
    let router =
        router(AppState::new(Arc::clone(&authority), Arc::clone(&verifier), HttpSettings::default()));
    let port = Port::open(router.clone()).await;
    let service = Service::follow(&port, &verifier_key).await;
    move |runtime| Journey {
        runtime,
        router,
        authority,
        verifier,
        log,
        disk,
        now,
        port,
        service,
        verifier_key,
        issuer_key,
        token: String::new(),
        session: String::new(),
        answered_position: None,
        sightings,
    }
}

fn settings() -> Settings {
    Settings {
        clients: vec![ClientProfile::public(ClientId::new("web").unwrap(), AUDIENCE)],
        admin_key_digests: vec![sha256(ADMIN_KEY.as_bytes())],
        ..Settings::new(issuer())
    }
}

/// The key of a service with this role, and no other.
async fn key_for(authority: &Authority, role: Role) -> String {
    let admin = authority.authenticate_credential(ADMIN_KEY).unwrap();
    let service = NewCredential { name: "a service".into(), roles: vec![role], client: None };
    authority.create_credential(&admin, service).await.unwrap().key.expose().to_owned()
}
