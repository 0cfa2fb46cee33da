//! Any header and any claims under a good signature: what a careless or hostile issuer could sign. Rules of form must
//! hold when the signature no longer stands in the way.
//!
//! An input is a header, a zero byte, and claims.

use std::sync::LazyLock;

use base64_simd::URL_SAFE_NO_PAD;
use quash_core::ids::Issuer;
use quash_core::position::Position;
use quash_core::revocation::target_key::LogKey;
use quash_core::time::Timestamp;
use quash_jose::mac::MacKey;
use quash_verify::{IssuerConfig, Moment, Relaxation, Verifier};
use serde_json::Value;

use crate::token::assert_one_spelling;
use crate::vectors;

const NOW: Timestamp = Timestamp::from_seconds(1_700_000_100);

static SIGNER: LazyLock<MacKey> = LazyLock::new(|| MacKey::new(&vectors::SECRET));
static VERIFIER: LazyLock<Verifier> = LazyLock::new(|| {
    let issuer = Issuer::new("https://quash.example").expect("an issuer");
    let tutorial = Issuer::new("https://tutorial.example").expect("an issuer");
    let lax = IssuerConfig::foreign(tutorial, Vec::new(), vectors::keys())
        .relax(Relaxation::MissingIssuer)
        .relax(Relaxation::AnyAudience)
        .relax(Relaxation::AnyType)
        .relax(Relaxation::MissingIssuedAt)
        .relax(Relaxation::SubjectClaim("id".to_owned()))
        .relax(Relaxation::DeviceClaim("deviceId".to_owned()));
    Verifier::builder()
        .issuer(IssuerConfig::own(issuer, vec!["https://api.example".to_owned()], vectors::keys()))
        .issuer(lax)
        .cached_tokens(64)
        .build(LogKey::from_random([1; 16]), Position::ZERO)
        .expect("the issuers stand beside each other")
});

/// Signs the two halves of `data` and has the token judged, twice.
pub fn run(data: &[u8]) {
    let Some(place) = data.iter().position(|byte| *byte == 0) else { return };
    let (header, claims) = (&data[..place], &data[place + 1..]);
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode_to_string(bytes);
    let input = format!("{}.{}", encode(header), encode(claims));
    let token = format!("{input}.{}", encode(&SIGNER.tag(input.as_bytes())));
    let first = VERIFIER.check(&token, Moment::fresh(NOW));
    let again = VERIFIER.check(&token, Moment::fresh(NOW));
    let (Ok(first), Ok(again)) = (first, again) else { return };
    assert_eq!(first.accepted().is_some(), again.accepted().is_some(), "the cache changed the answer");
    if let Some(accepted) = first.accepted() {
        assert_one_spelling(&token);
        assert_well_formed(header, claims);
        assert!(accepted.expires_at() > NOW.seconds(), "a token that is over was accepted");
    }
}

/// What was accepted is JSON with an `exp`, and says nothing twice (attack rows 12, 13, 14 and 16).
fn assert_well_formed(header: &[u8], claims: &[u8]) {
    let header: Value = serde_json::from_slice(header).expect("an accepted header is JSON");
    let claims: Value = serde_json::from_slice(claims).expect("accepted claims are JSON");
    for refused in ["crit", "b64", "jku", "jwk", "x5u"] {
        assert!(header.get(refused).is_none(), "`{refused}` was accepted");
    }
    assert_eq!(header["alg"], "HS256", "another algorithm than the key's was accepted");
    assert!(claims["exp"].is_number(), "`exp` is no number");
}

/// Headers and claims of the vectors, taken apart.
pub fn seeds() -> Vec<Vec<u8>> {
    let parts = |token: Vec<u8>| {
        let text = String::from_utf8(token).ok()?;
        let mut segments = text.split('.').map(|segment| URL_SAFE_NO_PAD.decode_to_vec(segment).ok());
        let (header, claims) = (segments.next()??, segments.next()??);
        let named = String::from_utf8_lossy(&header).replace("hs256", "fuzz");
        Some([named.as_bytes(), b"\0", &claims].concat())
    };
    vectors::tokens().into_iter().filter_map(parts).collect()
}
