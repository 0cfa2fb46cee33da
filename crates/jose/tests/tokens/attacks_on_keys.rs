//! Attack rows 2 and 8: a weak or contradictory key is refused when it is loaded.

use quash_jose::{Algorithm, KeyError, ShortSecret, SigningKey, VerificationKey, jwks};

use crate::support::{base64url, key_id, signing_key};

fn jwk(members: &str) -> Result<VerificationKey, KeyError> {
    VerificationKey::from_jwk(&format!("{{{members}}}"))
}

fn rsa(n: &[u8], e: &[u8]) -> Result<VerificationKey, KeyError> {
    jwk(&format!(r#""kty":"RSA","n":"{}","e":"{}""#, base64url(n), base64url(e)))
}

/// The published form of a key, without the braces.
fn published(algorithm: Algorithm) -> String {
    let set = jwks::publish([&signing_key(algorithm).verification_key().unwrap()]);
    set.strip_prefix(r#"{"keys":[{"#).and_then(|rest| rest.strip_suffix("}]}")).unwrap().to_owned()
}

#[test]
fn an_rsa_key_is_neither_small_nor_large_nor_has_a_weak_exponent() {
    // Row 8, RFC 7518 section 3.3.
    let modulus = |bytes: usize| {
        let mut n = vec![0xA5; bytes];
        n[bytes - 1] = 0xA7;
        n
    };
    for bytes in [64, 128, 255] {
        assert_eq!(rsa(&modulus(bytes), &[1, 0, 1]).err(), Some(KeyError::RsaModulus), "{bytes}");
    }
    assert_eq!(rsa(&modulus(1025), &[1, 0, 1]).err(), Some(KeyError::RsaModulus));
    let mut even = modulus(256);
    even[255] = 0xA6;
    assert_eq!(rsa(&even, &[1, 0, 1]).err(), Some(KeyError::RsaModulus));
    let padded = [&[0][..], &modulus(256)].concat();
    assert_eq!(rsa(&padded, &[1, 0, 1]).err(), Some(KeyError::RsaModulus));
    for e in [&[1][..], &[2], &[], &[0, 1, 0, 1], &[1, 0, 0], &[1; 5]] {
        assert_eq!(rsa(&modulus(256), e).err(), Some(KeyError::RsaExponent), "{e:?}");
    }
    assert!(rsa(&modulus(256), &[3]).is_ok());
    assert!(rsa(&modulus(1024), &[1, 0, 1]).is_ok());
}

#[test]
fn an_rsa_key_of_the_broken_generator_is_refused() {
    // Row 8, CVE-2017-15361. This modulus is k M + 65537^5 mod M, with M the product of the primes 2 to 167.
    let modulus = include_str!("fixtures/roca_modulus.txt").trim();
    let key = format!(r#""kty":"RSA","n":"{modulus}","e":"AQAB""#);
    assert_eq!(jwk(&key).err(), Some(KeyError::Roca));
}

#[test]
fn a_point_that_is_not_on_its_curve_is_refused() {
    // Row 8; CVE-2016-9121.
    for (algorithm, curve, length) in [(Algorithm::Es256, "P-256", 32), (Algorithm::Es384, "P-384", 48)] {
        let point = |x: &[u8], y: &[u8]| {
            jwk(&format!(r#""kty":"EC","crv":"{curve}","x":"{}","y":"{}""#, base64url(x), base64url(y)))
        };
        assert_eq!(point(&vec![1; length], &vec![1; length]).err(), Some(KeyError::Point));
        assert_eq!(point(&vec![0; length], &vec![0; length]).err(), Some(KeyError::Point));
        assert_eq!(point(&vec![0xFF; length], &vec![0xFF; length]).err(), Some(KeyError::Point));
        assert_eq!(point(&vec![1; length - 1], &vec![1; length]).err(), Some(KeyError::Malformed));
        assert_eq!(point(&vec![1; length + 1], &vec![1; length]).err(), Some(KeyError::Malformed));
        assert!(jwk(&published(algorithm)).is_ok());
    }
}

#[test]
fn an_ed25519_key_is_a_point_of_large_order() {
    // Row 8, RFC 8032 section 5.1.3.
    let key = |x: &[u8]| jwk(&format!(r#""kty":"OKP","crv":"Ed25519","x":"{}""#, base64url(x)));
    let mut small = [0; 32];
    for (first, error) in
        [(0, Some(KeyError::Point)), (1, Some(KeyError::Point)), (2, Some(KeyError::Point)), (3, None)]
    {
        small[0] = first;
        assert_eq!(key(&small).err(), error, "{first}");
    }
    assert_eq!(key(&[3; 31]).err(), Some(KeyError::Malformed));
    assert_eq!(key(&[0xFF; 32]).err(), Some(KeyError::Point));
}

#[test]
fn a_key_of_one_curve_is_not_taken_for_another() {
    // Row 8: the wrong curve, by name and by algorithm.
    let p256 = published(Algorithm::Es256);
    assert_eq!(jwk(&p256.replace("P-256", "P-384")).err(), Some(KeyError::Malformed));
    assert_eq!(
        jwk(&p256.replace(r#""alg":"ES256""#, r#""alg":"ES384""#)).err(),
        Some(KeyError::Contradiction)
    );
    assert_eq!(
        jwk(&p256.replace(r#""alg":"ES256""#, r#""alg":"RS256""#)).err(),
        Some(KeyError::Contradiction)
    );
    assert_eq!(jwk(&p256.replace("P-256", "secp256k1")).err(), Some(KeyError::Unsupported));
    for hmac in ["HS256", "HS384", "HS512"] {
        for algorithm in [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa] {
            let confused = published(algorithm)
                .replace(&format!(r#""alg":"{algorithm}""#), &format!(r#""alg":"{hmac}""#));
            assert_eq!(jwk(&confused).err(), Some(KeyError::Contradiction), "{confused}");
        }
    }
}

#[test]
fn use_and_key_ops_must_agree_that_the_key_verifies() {
    // RFC 7517 sections 4.2 and 4.3.
    let bare = published(Algorithm::Es256).replace(r#","use":"sig""#, "");
    for (more, error) in [
        ("", None),
        (r#","use":"sig""#, None),
        (r#","key_ops":["verify"]"#, None),
        (r#","use":"sig","key_ops":["verify","sign"]"#, None),
        (r#","use":"enc""#, Some(KeyError::Unsupported)),
        (r#","key_ops":["deriveKey"]"#, Some(KeyError::Unsupported)),
        (r#","key_ops":[]"#, Some(KeyError::Unsupported)),
        (r#","use":"enc","key_ops":["verify"]"#, Some(KeyError::Contradiction)),
        (r#","use":"sig","key_ops":["encrypt"]"#, Some(KeyError::Contradiction)),
        (r#","key_ops":["verify","verify"]"#, Some(KeyError::Contradiction)),
    ] {
        assert_eq!(jwk(&format!("{bare}{more}")).err(), error, "{more}");
    }
}

#[test]
fn private_and_secret_keys_are_refused_where_public_ones_are_read() {
    for member in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
        let key = format!(r#"{},"{member}":"AAAA""#, published(Algorithm::Es256));
        assert_eq!(jwk(&key).err(), Some(KeyError::Private), "{member}");
    }
    assert_eq!(jwk(r#""kty":"oct","k":"AAAA""#).err(), Some(KeyError::Private));
    assert_eq!(jwk(r#""kty":"oct""#).err(), Some(KeyError::Private));
}

#[test]
fn a_key_that_is_not_well_formed_is_refused() {
    let es256 = published(Algorithm::Es256);
    for (what, key) in [
        ("a duplicate member", format!(r#"{es256},"kty":"EC""#)),
        ("no kind", r#""alg":"ES256""#.to_owned()),
        ("an unknown member twice", format!(r#"{es256},"note":1,"note":1"#)),
        ("a member of a member twice", format!(r#"{es256},"note":{{"x":1,"x":1}}"#)),
        ("a number for a text", es256.replace(r#""kty":"EC""#, r#""kty":1"#)),
        ("padding", es256.replace(r#"","y":"#, r#"=","y":"#)),
        ("no coordinate", r#""kty":"EC","crv":"P-256","x":"AAAA""#.to_owned()),
        ("too much", format!(r#"{es256},"note":"{}""#, "x".repeat(20_000))),
    ] {
        assert_eq!(jwk(&key).err(), Some(KeyError::Malformed), "{what}");
    }
    assert_eq!(VerificationKey::from_jwk("[]").err(), Some(KeyError::Malformed));
    let long = es256.replace(r#""kid":"ES256""#, &format!(r#""kid":"{}""#, "k".repeat(257)));
    assert_eq!(jwk(&long).err(), Some(KeyError::BadKeyId));
    assert_eq!(jwk(&es256.replace(r#""kid":"ES256""#, r#""kid":"""#)).err(), Some(KeyError::BadKeyId));
}

#[test]
fn a_secret_is_as_long_as_the_hash_unless_the_operator_says_otherwise() {
    // Row 8, RFC 7518 section 3.2; CVE-2019-20933: a blank secret is refused even then.
    for (algorithm, least) in [(Algorithm::Hs256, 32), (Algorithm::Hs384, 48), (Algorithm::Hs512, 64)] {
        let with = |length: usize, short| {
            VerificationKey::from_secret(algorithm, &vec![7; length], None, short).err()
        };
        assert_eq!(with(least, ShortSecret::Refuse), None);
        assert_eq!(with(least - 1, ShortSecret::Refuse), Some(KeyError::ShortSecret));
        assert_eq!(with(1, ShortSecret::Allow), None);
        assert_eq!(with(0, ShortSecret::Allow), Some(KeyError::EmptySecret));
        assert_eq!(with(0, ShortSecret::Refuse), Some(KeyError::EmptySecret));
        let short = SigningKey::from_private_bytes(algorithm, &vec![7; least - 1], None).err();
        assert_eq!(short, Some(KeyError::ShortSecret));
    }
    let asymmetric = VerificationKey::from_secret(Algorithm::Es256, &[7; 64], None, ShortSecret::Allow);
    assert_eq!(asymmetric.err(), Some(KeyError::Contradiction));
}

#[test]
fn the_text_of_a_public_key_is_no_secret() {
    // Row 2; CVE-2022-29217: PEM, with white space before it, JWK and OpenSSH forms.
    let pem = include_str!("fixtures/rs256_public.pem");
    for secret in [
        pem.to_owned(),
        format!("\n \t{pem}"),
        format!("x{pem}"),
        format!("{{{}}}", published(Algorithm::Es256)),
        format!(" \n{{ {}}}", published(Algorithm::Rs256)),
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned(),
        "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABB".to_owned(),
        "-----BEGIN CERTIFICATE-----\nMIIBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned(),
    ] {
        for short in [ShortSecret::Refuse, ShortSecret::Allow] {
            let key = VerificationKey::from_secret(Algorithm::Hs256, secret.as_bytes(), None, short);
            assert_eq!(key.err(), Some(KeyError::NotASecret), "{secret}");
        }
    }
}

#[test]
fn a_pem_key_is_read_for_the_algorithm_it_fits() {
    // RFC 7468 section 13. The files were written by OpenSSL.
    let files = [
        (Algorithm::Rs256, include_str!("fixtures/rs256_public.pem")),
        (Algorithm::Ps256, include_str!("fixtures/rs256_public.pem")),
        (Algorithm::Es256, include_str!("fixtures/es256_public.pem")),
        (Algorithm::Es384, include_str!("fixtures/es384_public.pem")),
        (Algorithm::EdDsa, include_str!("fixtures/ed25519_public.pem")),
    ];
    for (algorithm, pem) in files {
        let key = VerificationKey::from_pem(pem, algorithm, Some(key_id("k"))).unwrap();
        assert_eq!((key.algorithm(), key.key_id().unwrap().as_str()), (algorithm, "k"));
        assert!(VerificationKey::from_pem(&pem.replace('\n', "\r\n"), algorithm, None).is_ok());
        for other in Algorithm::ALL {
            let fits = VerificationKey::from_pem(pem, other, None).is_ok();
            let expected = files.iter().any(|(algorithm, file)| *algorithm == other && *file == pem);
            assert_eq!(fits, expected, "{algorithm} as {other}");
        }
        for broken in [
            pem.replace("PUBLIC KEY", "CERTIFICATE"),
            pem.replace("-----END PUBLIC KEY-----", ""),
            format!("{pem}{pem}"),
            pem.replacen("MI", "M*", 1)
                .replacen("MC", "M*", 1)
                .replacen("MF", "M*", 1)
                .replacen("MH", "M*", 1),
        ] {
            assert!(VerificationKey::from_pem(&broken, algorithm, None).is_err(), "{broken}");
        }
    }
    let private = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----";
    assert_eq!(VerificationKey::from_pem(private, Algorithm::Es256, None).err(), Some(KeyError::Private));
}

#[test]
fn a_thumbprint_is_the_published_one() {
    // RFC 7638 section 3.1 and RFC 8037 appendix A.3.
    let rsa = include_str!("fixtures/rfc7638_key.json");
    let key = VerificationKey::from_jwk(rsa).unwrap();
    assert_eq!(key.thumbprint().as_deref(), Some("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"));
    let okp = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    let key = VerificationKey::from_jwk(okp).unwrap();
    assert_eq!(key.thumbprint().as_deref(), Some("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"));
    let secret = VerificationKey::from_secret(Algorithm::Hs256, &[7; 32], None, ShortSecret::Refuse).unwrap();
    assert_eq!(secret.thumbprint(), None);
}
