//! The language-neutral files under `vectors/tokens`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use quash_core::claims::Claims;
use quash_core::ids::{Issuer, KeyId};
use quash_core::position::Position;
use quash_core::verified::VerifiedClaims;
use quash_jose::{
    Algorithm, AudienceRule, IssuerRule, KeySet, Limits, Required, ShortSecret, TokenProfile, TypeRule,
    UnverifiedToken, VerificationKey,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::support::{base64url, from_base64url};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors")
}

fn read<T: DeserializeOwned>(path: &Path) -> T {
    let text = std::fs::read_to_string(path).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Key {
    Public {
        jwk: Value,
    },
    Shared {
        alg: String,
        kid: Option<String>,
        secret: String,
        #[serde(default)]
        short_secret: bool,
    },
}

impl Key {
    fn load(&self) -> VerificationKey {
        match self {
            Self::Public { jwk } => VerificationKey::from_jwk(&jwk.to_string()).unwrap(),
            Self::Shared { alg, kid, secret, short_secret } => {
                let short = if *short_secret { ShortSecret::Allow } else { ShortSecret::Refuse };
                let kid = kid.as_deref().map(|kid| KeyId::new(kid).unwrap());
                let algorithm = Algorithm::from_name(alg).unwrap();
                VerificationKey::from_secret(algorithm, &from_base64url(secret), kid, short).unwrap()
            }
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Profile {
    kind: String,
    issuer: String,
    issuer_may_be_missing: bool,
    types: Option<Vec<String>>,
    type_may_be_missing: bool,
    audiences: Option<Vec<String>>,
    audience_may_be_missing: bool,
    subject_claim: String,
    device_claim: String,
    client_claim: String,
    required: Vec<String>,
}

impl Profile {
    fn load(self) -> TokenProfile {
        let issuer = Issuer::new(self.issuer).unwrap();
        let profile = match self.kind.as_str() {
            "own" => TokenProfile::own(issuer, Vec::new()),
            _ => TokenProfile::foreign(issuer, Vec::new()),
        };
        let issuer_rule =
            if self.issuer_may_be_missing { IssuerRule::MayBeMissing } else { IssuerRule::Required };
        let types = match self.types {
            None => TypeRule::Any,
            Some(types) if self.type_may_be_missing => TypeRule::OneOfOrMissing(types),
            Some(types) => TypeRule::OneOf(types),
        };
        let audience = match self.audiences {
            None => AudienceRule::Any,
            Some(audiences) if self.audience_may_be_missing => AudienceRule::OneOfOrMissing(audiences),
            Some(audiences) => AudienceRule::OneOf(audiences),
        };
        profile
            .with_issuer_rule(issuer_rule)
            .with_types(types)
            .with_audience(audience)
            .with_subject_claim(&self.subject_claim)
            .with_device_claim(&self.device_claim)
            .with_client_claim(&self.client_claim)
            .with_required(self.required.iter().map(|claim| required(claim)).collect())
    }
}

fn required(claim: &str) -> Required {
    match claim {
        "sub" => Required::Subject,
        "client_id" => Required::Client,
        "sid" => Required::Session,
        "jti" => Required::Token,
        "device_id" => Required::Device,
        "iat" => Required::IssuedAt,
        "pos" => Required::Position,
        _ => panic!("unknown claim `{claim}`"),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    name: String,
    #[expect(dead_code, reason = "for readers")]
    rule: String,
    profile: String,
    keys: Option<Vec<String>>,
    token: String,
    expected: Value,
}

/// The claims in the form of the files.
fn claims(read: &Claims) -> Value {
    let mut claims = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            claims.insert(name.to_owned(), value);
        }
    };
    put("iss", read.issuer().map(Value::from));
    put("sub", read.subject().map(Value::from));
    put("aud", Some(read.audiences().collect()));
    put("client_id", read.client().map(Value::from));
    put("sid", read.session().map(Value::from));
    put("jti", read.token().map(Value::from));
    put("device_id", read.device().map(Value::from));
    put("scope", read.scope().map(Value::from));
    put("exp", Some(read.expires_at().into()));
    put("iat", read.issued_at().map(Value::from));
    put("nbf", read.not_before().map(Value::from));
    put("auth_time", read.authenticated_at().map(Value::from));
    put("pos", read.position().map(Position::number).map(Value::from));
    claims.into()
}

/// What was read, in the form of the files.
fn outcome(verified: &VerifiedClaims) -> Value {
    let mut outcome = json!({"claims": claims(verified), "key": verified.key().map(KeyId::as_str)});
    if let Some(digest) = verified.digest() {
        outcome["digest"] = base64url(&digest.0).into();
    }
    outcome
}

#[test]
fn every_token_vector_is_taken_or_refused_as_it_says() {
    let folder = folder();
    let keys: BTreeMap<String, Key> = read(&folder.join("keys.json"));
    let profiles: BTreeMap<String, Profile> = read(&folder.join("profiles.json"));
    let profiles: BTreeMap<_, _> =
        profiles.into_iter().map(|(name, profile)| (name, profile.load())).collect();
    let keys: BTreeMap<_, _> = keys.iter().map(|(name, key)| (name.as_str(), key.load())).collect();
    let mut met = BTreeSet::new();
    for file in std::fs::read_dir(folder.join("tokens")).unwrap() {
        let path = file.unwrap().path();
        for vector in read::<Vec<Vector>>(&path) {
            let set = match &vector.keys {
                Some(names) => names.iter().map(|name| keys[name.as_str()].clone()).collect(),
                None => keys.values().filter(|key| key.key_id().is_some()).cloned().collect::<Vec<_>>(),
            };
            let set = KeySet::new(set).unwrap();
            let verified = UnverifiedToken::parse(&vector.token, Limits::default())
                .and_then(|token| token.verify(&set, &profiles[&vector.profile]));
            let found =
                verified.map_or_else(|defect| json!({"defect": defect.name()}), |read| outcome(&read));
            assert_eq!(found, vector.expected, "{}: {}", path.display(), vector.name);
            met.insert(found["defect"].as_str().unwrap_or("accepted").to_owned());
        }
    }
    // Fourteen defects, and tokens that are taken.
    assert_eq!(met.len(), 15, "not every outcome has a vector: {met:?}");
}
