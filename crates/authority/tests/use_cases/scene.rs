//! What the tests play on: an authority in memory with three clients, and short words for what they do.

use std::ops::Deref;
use std::time::Duration;

use quash_authority::settings::Allowed;
use quash_authority::testing::InMemoryAuthority;
use quash_authority::{
    AuthenticatedClient, Caller, ClientProfile, NewCredential, Refreshed, Refusal, RevocationRequest,
    RevokeOutcome, Settings, SignIn, SignedIn, TargetRequest, TokenReply,
};
use quash_core::ids::{ClientId, Issuer, SessionId, Subject};
use quash_core::position::Position;
use quash_core::revocation::decide::Decision;
use quash_core::time::Timestamp;
use quash_core::verified::VerifiedClaims;
use quash_jose::digest::sha256;
use quash_storage::ports::Role;

pub(crate) const ISSUER: &str = "https://auth.example";
pub(crate) const API: &str = "https://api.example";
pub(crate) const SHOP_SECRET: &str = "the shop's own secret, long enough";
/// When every scene begins.
pub(crate) const START: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// `web` is public; `shop` has a secret, a list of scopes and a list of claims; `job` works for itself.
pub(crate) fn settings() -> Settings {
    let web = ClientProfile::public(client_id("web"), API);
    let shop = ClientProfile {
        scopes: Allowed::only(["read", "write"]),
        claims: Allowed::only(["role"]),
        ..ClientProfile::confidential(client_id("shop"), API, sha256(SHOP_SECRET.as_bytes()))
    };
    let job = ClientProfile {
        scopes: Allowed::only(["sweep", "report"]),
        default_scope: "sweep".into(),
        ..ClientProfile::confidential(client_id("job"), API, sha256(SHOP_SECRET.as_bytes()))
    };
    Settings { clients: vec![web, shop, job], ..Settings::new(Issuer::new(ISSUER).unwrap()) }
}

pub(crate) struct Scene(pub(crate) InMemoryAuthority);

impl Deref for Scene {
    type Target = InMemoryAuthority;

    fn deref(&self) -> &InMemoryAuthority {
        &self.0
    }
}

pub(crate) async fn scene() -> Scene {
    scene_with(settings()).await
}

pub(crate) async fn scene_with(settings: Settings) -> Scene {
    Scene(InMemoryAuthority::start(settings, START, 1).await.unwrap())
}

impl Scene {
    pub(crate) fn root(&self) -> Caller {
        self.admin().unwrap()
    }

    pub(crate) fn client(&self, id: &str) -> AuthenticatedClient {
        let secret = (id != "web").then_some(SHOP_SECRET);
        self.authority.authenticate_client(id, secret).unwrap()
    }

    /// A credential with `roles`, for one client where given.
    pub(crate) async fn caller(&self, roles: &[Role], client: Option<&str>) -> Caller {
        let new =
            NewCredential { name: "a test".into(), roles: roles.to_vec(), client: client.map(client_id) };
        let made = self.authority.create_credential(&self.root(), new).await.unwrap();
        self.authority.authenticate_credential(made.key.expose()).unwrap()
    }

    pub(crate) async fn signs_in(&self, subject: &str) -> TokenReply {
        self.sign_in(subject).await.unwrap()
    }

    pub(crate) async fn opens(&self, sign_in: SignIn) -> TokenReply {
        match self.authority.sign_in(&self.root(), sign_in).await.unwrap() {
            SignedIn::Open(reply) => *reply,
            other => panic!("not opened: {other:?}"),
        }
    }

    pub(crate) async fn renews(&self, tokens: &TokenReply) -> TokenReply {
        match self.tries_to_renew(tokens).await {
            Refreshed::Renewed(reply) => *reply,
            other => panic!("not renewed: {other:?}"),
        }
    }

    pub(crate) async fn tries_to_renew(&self, tokens: &TokenReply) -> Refreshed {
        self.authority.refresh(&self.client("web"), refresh_token(tokens), None).await.unwrap()
    }

    /// Why a renewal is refused.
    pub(crate) async fn renewal_refused(&self, tokens: &TokenReply) -> Refusal {
        match self.tries_to_renew(tokens).await {
            Refreshed::Refused(refusal) => refusal,
            other => panic!("not refused: {other:?}"),
        }
    }

    pub(crate) async fn revokes(&self, target: TargetRequest) -> Position {
        self.makes(RevocationRequest::end(target)).await.unwrap()
    }

    /// The position of a revocation; none for a dry run.
    pub(crate) async fn makes(&self, request: RevocationRequest) -> Option<Position> {
        match self.authority.revoke(&self.root(), request).await.unwrap() {
            RevokeOutcome::Revoked(revoked) => revoked.position,
            other => panic!("not revoked: {other:?}"),
        }
    }

    pub(crate) fn accepts(&self, tokens: &TokenReply) -> bool {
        self.judge(tokens.access_token.expose()) == Decision::Accept
    }

    /// The reason that the access token is refused for.
    pub(crate) fn refuses(&self, tokens: &TokenReply) -> String {
        match self.judge(tokens.access_token.expose()) {
            Decision::Accept => panic!("accepted"),
            Decision::Reject(rejection) => rejection.reason().to_owned(),
        }
    }

    pub(crate) fn claims(&self, tokens: &TokenReply) -> VerifiedClaims {
        self.verifier.verify(tokens.access_token.expose()).unwrap()
    }

    pub(crate) fn passes(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    pub(crate) async fn head(&self) -> Position {
        self.authority.head().await.unwrap().position
    }
}

pub(crate) fn refresh_token(tokens: &TokenReply) -> &str {
    tokens.refresh_token.as_ref().unwrap().expose()
}

pub(crate) fn session_id(tokens: &TokenReply) -> SessionId {
    tokens.session_id.clone().unwrap()
}

pub(crate) fn client_id(id: &str) -> ClientId {
    ClientId::new(id).unwrap()
}

pub(crate) fn subject(id: &str) -> Subject {
    Subject::new(id).unwrap()
}

/// A sign-in of `who` through `web`.
pub(crate) fn sign_in(who: &str) -> SignIn {
    SignIn::new(subject(who), client_id("web"))
}
