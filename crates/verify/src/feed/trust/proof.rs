//! Whose word counts: service credentials and clients, proven by digests.

use quash_jose::digest::{constant_time_equal, sha256};

use super::{ConfidentialClient, IntrospectionCredential, TrustDocument};

impl IntrospectionCredential {
    /// The credential whose key is `key`, kept to no client.
    pub fn of_key(key: &str) -> Self {
        Self { digest: sha256(key.as_bytes()), client: None }
    }
}

impl TrustDocument {
    /// The service credential whose key is `key`. One SHA-256, and a comparison with every credential, each in
    /// constant time.
    pub fn credential(&self, key: &str) -> Option<&IntrospectionCredential> {
        let digest = sha256(key.as_bytes());
        let same = |held: &&IntrospectionCredential| constant_time_equal(&held.digest, &digest);
        // All of them are compared, wherever the first that fits stands.
        self.introspection.iter().map(|held| Some(held).filter(same)).fold(None, Option::or)
    }

    /// The confidential client `id`, if `secret` is its secret. Takes the same time for an unknown client as for a
    /// wrong secret.
    pub fn client(&self, id: &str, secret: &str) -> Option<&ConfidentialClient> {
        let client = self.clients.iter().find(|client| *client.id == *id);
        let expected = client.map_or([0; 32], |client| client.secret_digest);
        let fits = constant_time_equal(&expected, &sha256(secret.as_bytes()));
        client.filter(|_| fits)
    }

    /// The public keys of the authority itself, as a JWK set (RFC 7517 section 5).
    pub fn own_keys(&self) -> Option<&str> {
        self.issuers.iter().find(|issuer| issuer.own).map(|issuer| issuer.jwks.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> TrustDocument {
        let kept = |key| IntrospectionCredential {
            client: Some("shop".into()),
            ..IntrospectionCredential::of_key(key)
        };
        let client = |id: &str, secret: &str| ConfidentialClient {
            id: id.into(),
            secret_digest: sha256(secret.as_bytes()),
        };
        TrustDocument {
            introspection: vec![IntrospectionCredential::of_key("first"), kept("second")],
            clients: vec![client("shop", "secret"), client("bank", "other")],
            ..TrustDocument::default()
        }
    }

    #[test]
    fn a_credential_is_found_by_its_key_alone() {
        let document = document();
        assert_eq!(document.credential("first").unwrap().client, None);
        assert_eq!(document.credential("second").unwrap().client.as_deref(), Some("shop"));
        assert_eq!(document.credential("third"), None);
    }

    #[test]
    fn a_client_needs_its_own_secret() {
        let document = document();
        assert!(document.client("shop", "secret").is_some());
        for (id, secret) in [("shop", "other"), ("nobody", "secret"), ("shop", "")] {
            assert!(document.client(id, secret).is_none(), "{id} {secret}");
        }
    }
}
