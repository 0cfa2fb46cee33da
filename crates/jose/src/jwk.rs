//! One public key as JSON (RFC 7517, RFC 7518 section 6, RFC 8037 section 2).

use quash_core::ids::KeyId;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::alg::Algorithm;
use crate::base64url;
use crate::json;
use crate::key::{Curve, KeyError, PublicMaterial, VerificationKey};

/// Longer than an 8,192-bit RSA key with a long name.
const LONGEST: usize = 16 * 1024;

/// Reads one public key.
pub(crate) fn read(text: &str) -> Result<VerificationKey, KeyError> {
    if text.len() > LONGEST {
        return Err(KeyError::Malformed);
    }
    json::check_object(text).map_err(|_| KeyError::Malformed)?;
    let members: Members = serde_json::from_str(text).map_err(|_| KeyError::Malformed)?;
    members.read()
}

/// The members that mean something here; others are passed over (RFC 7517 section 4).
#[derive(Deserialize)]
struct Members {
    kty: String,
    #[serde(rename = "use")]
    purpose: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    kid: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
    #[serde(flatten)]
    private: PrivateMembers,
}

/// Members of private and secret keys; their values are not even looked at.
#[derive(Deserialize)]
struct PrivateMembers {
    d: Option<IgnoredAny>,
    p: Option<IgnoredAny>,
    q: Option<IgnoredAny>,
    dp: Option<IgnoredAny>,
    dq: Option<IgnoredAny>,
    qi: Option<IgnoredAny>,
    oth: Option<IgnoredAny>,
    k: Option<IgnoredAny>,
}

impl PrivateMembers {
    fn any(&self) -> bool {
        [&self.d, &self.p, &self.q, &self.dp, &self.dq, &self.qi, &self.oth, &self.k]
            .iter()
            .any(|member| member.is_some())
    }
}

impl Members {
    fn read(self) -> Result<VerificationKey, KeyError> {
        if self.private.any() || self.kty == "oct" {
            return Err(KeyError::Private);
        }
        self.check_purpose()?;
        let material = self.material()?;
        let algorithm = self.algorithm(&material)?;
        let key_id = self.kid.map(KeyId::new).transpose().map_err(|_| KeyError::BadKeyId)?;
        VerificationKey::from_material(algorithm, material, key_id)
    }

    /// That the key is meant for verifying, and says so once (RFC 7517 sections 4.2 and 4.3).
    fn check_purpose(&self) -> Result<(), KeyError> {
        let verifies = |operations: &Vec<String>| operations.iter().any(|operation| operation == "verify");
        let by_operations = self.key_ops.as_ref().map(verifies);
        let by_use = self.purpose.as_deref().map(|purpose| purpose == "sig");
        let repeated = self.key_ops.as_ref().is_some_and(|operations| has_twice(operations));
        match (by_use, by_operations) {
            _ if repeated => Err(KeyError::Contradiction),
            (Some(by_use), Some(by_operations)) if by_use != by_operations => Err(KeyError::Contradiction),
            (Some(false), _) | (_, Some(false)) => Err(KeyError::Unsupported),
            _ => Ok(()),
        }
    }

    fn material(&self) -> Result<PublicMaterial, KeyError> {
        match self.kty.as_str() {
            "RSA" => Ok(PublicMaterial::Rsa { n: number(self.n.as_ref())?, e: number(self.e.as_ref())? }),
            "EC" => {
                let curve = self.crv.as_ref().ok_or(KeyError::Malformed)?;
                let curve = Curve::from_name(curve).ok_or(KeyError::Unsupported)?;
                Ok(PublicMaterial::Ec { curve, x: number(self.x.as_ref())?, y: number(self.y.as_ref())? })
            }
            "OKP" if self.crv.as_deref() == Some("Ed25519") => {
                let x = number(self.x.as_ref())?.try_into().map_err(|_| KeyError::Malformed)?;
                Ok(PublicMaterial::Ed25519 { x })
            }
            _ => Err(KeyError::Unsupported),
        }
    }

    /// What `alg` says, else what the key is mostly used for.
    fn algorithm(&self, material: &PublicMaterial) -> Result<Algorithm, KeyError> {
        match (&self.alg, material) {
            (Some(name), _) => Algorithm::from_name(name).ok_or(KeyError::Unsupported),
            (None, PublicMaterial::Rsa { .. }) => Ok(Algorithm::Rs256),
            (None, PublicMaterial::Ec { curve, .. }) => Ok(curve.algorithm()),
            (None, PublicMaterial::Ed25519 { .. }) => Ok(Algorithm::EdDsa),
        }
    }
}

fn has_twice(operations: &[String]) -> bool {
    let mut sorted: Vec<_> = operations.iter().collect();
    sorted.sort();
    sorted.windows(2).any(|pair| matches!(pair, [left, right] if left == right))
}

fn number(text: Option<&String>) -> Result<Vec<u8>, KeyError> {
    base64url::decode(text.ok_or(KeyError::Malformed)?).map_err(|_| KeyError::Malformed)
}

/// A public key as it is published.
#[derive(Serialize)]
pub(crate) struct PublicJwk<'k> {
    kty: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    crv: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    e: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    x: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<String>,
    alg: &'static str,
    #[serde(rename = "use")]
    purpose: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'k str>,
}

impl<'k> PublicJwk<'k> {
    /// `key` as it is published; none for a shared secret, which never is.
    pub(crate) fn of(key: &'k VerificationKey) -> Option<Self> {
        let bare = Self {
            kty: "",
            crv: None,
            n: None,
            e: None,
            x: None,
            y: None,
            alg: key.algorithm().name(),
            purpose: "sig",
            kid: key.key_id().map(KeyId::as_str),
        };
        let text = |bytes: &[u8]| Some(base64url::encode(bytes));
        Some(match key.material()? {
            PublicMaterial::Rsa { n, e } => Self { kty: "RSA", n: text(n), e: text(e), ..bare },
            PublicMaterial::Ec { curve, x, y } => {
                Self { kty: "EC", crv: Some(curve.name()), x: text(x), y: text(y), ..bare }
            }
            PublicMaterial::Ed25519 { x } => Self { kty: "OKP", crv: Some("Ed25519"), x: text(x), ..bare },
        })
    }
}
