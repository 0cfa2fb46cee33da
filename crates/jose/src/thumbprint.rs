//! A name for a public key that follows from the key itself (RFC 7638).

use crate::base64url;
use crate::digest::sha256;
use crate::key::{PublicMaterial, VerificationKey};

impl VerificationKey {
    /// SHA-256 of the required members in their fixed order, as base64url (RFC 7638 section 3, RFC 8037
    /// section 2); none for a shared secret.
    pub fn thumbprint(&self) -> Option<String> {
        // Base64url and curve names need no escapes in JSON.
        let members = match self.material()? {
            PublicMaterial::Rsa { n, e } => {
                format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, base64url::encode(e), base64url::encode(n))
            }
            PublicMaterial::Ec { curve, x, y } => {
                let (x, y) = (base64url::encode(x), base64url::encode(y));
                format!(r#"{{"crv":"{}","kty":"EC","x":"{x}","y":"{y}"}}"#, curve.name())
            }
            PublicMaterial::Ed25519 { x } => {
                format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, base64url::encode(x))
            }
        };
        Some(base64url::encode(&sha256(members.as_bytes())))
    }
}
