//! Whom followers are told to trust: what the authority says, and what the verifier beside it knows of issuers.

use std::time::Duration;

use quash_authority::Trust;
use quash_verify::feed::{ConfidentialClient, IntrospectionCredential, IssuerDocument, TrustDocument};
use quash_verify::{IssuerConfig, Verifier};

/// The document that says `trust` and the issuers of `verifier`.
pub(crate) fn trust_document(verifier: &Verifier, trust: &Trust, horizon: Duration) -> TrustDocument {
    let issuer = |config: IssuerConfig| {
        let own = config.is_own();
        let listed = own && config.keeps_allowlist();
        let config = if listed { config.with_allowlist_from(trust.listed_from) } else { config };
        let document = IssuerDocument::of(&config);
        // The authority's own keys change in one step with the version.
        if own { IssuerDocument { jwks: trust.own_keys.to_string(), ..document } } else { document }
    };
    let credentials = trust.credentials.iter().map(|credential| IntrospectionCredential {
        digest: credential.digest,
        client: credential.client.as_ref().map(|client| client.as_str().into()),
    });
    let clients = trust.clients.iter().map(|client| ConfidentialClient {
        id: client.id.as_str().into(),
        secret_digest: client.secret_digest,
    });
    TrustDocument {
        issuers: verifier.issuers().into_iter().map(issuer).collect(),
        introspection: credentials.collect(),
        clients: clients.collect(),
        horizon,
    }
}
