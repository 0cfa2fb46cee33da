//! The JOSE header, read strictly (RFC 7515 section 4).

use quash_core::defect::Defect;
use quash_core::ids::check_form;

use crate::alg::Algorithm;
use crate::base64url;
use crate::json::{JsonText, Names, Scanner};

/// What a token's header says. Nothing of it is trusted: it only helps to choose among keys that are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    algorithm: Algorithm,
    key_id: Option<Box<str>>,
    typ: Option<Box<str>>,
}

/// Headers that are never honoured and must not be passed over.
///
/// Critical extensions (none is understood here), detached or unencoded payloads (RFC 7797), keys and
/// addresses of keys brought by the token itself, certificates, compression, nested tokens, and the marks
/// of an encrypted token.
const REFUSED: [&str; 11] = ["crit", "b64", "jku", "jwk", "x5u", "x5c", "zip", "cty", "enc", "epk", "p2c"];

impl Header {
    /// The header that the first part of a token spells.
    pub(crate) fn parse(segment: &str) -> Result<Self, Defect> {
        let bytes = base64url::decode(segment)?;
        let text = std::str::from_utf8(&bytes).map_err(|_| Defect::NotJson)?;
        let mut read = Partial::default();
        let mut names = Names::default();
        let mut scanner = Scanner::new(text);
        scanner.space();
        scanner.object(|scanner, name| {
            names.insert(&name)?;
            read.member(scanner, name.as_str())
        })?;
        scanner.end()?;
        read.finish()
    }

    /// `alg`. Which algorithm is used is the key's to say; a token that says another is refused.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// `kid`: 1 to 256 bytes without control characters, to be compared byte by byte.
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// `typ`, in lower case and without `application/` (RFC 7515 section 4.1.9).
    pub fn typ(&self) -> Option<&str> {
        self.typ.as_deref()
    }
}

/// The media type `typ` in the one form that types are compared in: `application/` is left out where no
/// other slash follows, letters are small.
pub(crate) fn normal_type(typ: &str) -> Box<str> {
    let typ = typ.to_ascii_lowercase();
    match typ.strip_prefix("application/") {
        Some(rest) if !rest.contains('/') => rest.into(),
        _ => typ.into(),
    }
}

#[derive(Default)]
struct Partial {
    algorithm: Option<Algorithm>,
    key_id: Option<Box<str>>,
    typ: Option<Box<str>>,
    refused: bool,
}

impl Partial {
    /// Goes past the value behind `name`, and keeps it where the name means something.
    fn member(&mut self, scanner: &mut Scanner<'_>, name: &str) -> Result<(), Defect> {
        match name {
            "alg" => {
                let text = text_or(scanner, Defect::WrongAlgorithm)?;
                self.algorithm = Algorithm::from_name(text.as_str());
            }
            "kid" => {
                let text = text_or(scanner, Defect::UnknownKey)?;
                check_form(text.as_str()).map_err(|_| Defect::UnknownKey)?;
                self.key_id = Some(text.as_str().into());
            }
            "typ" => self.typ = Some(normal_type(text_or(scanner, Defect::WrongType)?.as_str())),
            _ => {
                self.refused |= REFUSED.contains(&name);
                scanner.skip_value(1)?;
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<Header, Defect> {
        if self.refused {
            return Err(Defect::UnsupportedHeader);
        }
        let algorithm = self.algorithm.ok_or(Defect::WrongAlgorithm)?;
        Ok(Header { algorithm, key_id: self.key_id, typ: self.typ })
    }
}

/// The string ahead, or `otherwise` when something else is ahead.
fn text_or<'a>(scanner: &mut Scanner<'a>, otherwise: Defect) -> Result<JsonText<'a>, Defect> {
    if scanner.peek() == Some(b'"') { scanner.string() } else { Err(otherwise) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(header: &str) -> Result<Header, Defect> {
        Header::parse(&base64url::encode(header.as_bytes()))
    }

    #[test]
    fn a_header_says_algorithm_key_and_type() {
        let header =
            parse(r#"{"typ":"application/AT+JWT","alg":"ES256","kid":"k1","x5t":"ignored"}"#).unwrap();
        assert_eq!(header.algorithm(), Algorithm::Es256);
        assert_eq!(header.key_id(), Some("k1"));
        assert_eq!(header.typ(), Some("at+jwt"));
    }

    #[test]
    fn application_is_left_out_only_where_no_other_slash_follows() {
        // RFC 7515 section 4.1.9.
        assert_eq!(&*normal_type("JWT"), "jwt");
        assert_eq!(&*normal_type("Application/jwt"), "jwt");
        assert_eq!(&*normal_type("application/a/b"), "application/a/b");
        assert_eq!(&*normal_type("text/plain"), "text/plain");
    }

    #[test]
    fn a_missing_or_foreign_algorithm_is_refused() {
        // Attack row 1.
        for header in
            [r"{}", r#"{"alg":"none"}"#, r#"{"alg":"nOnE"}"#, r#"{"alg":null}"#, r#"{"alg":["HS256"]}"#]
        {
            assert_eq!(parse(header), Err(Defect::WrongAlgorithm), "{header}");
        }
    }

    #[test]
    fn a_header_that_may_not_be_passed_over_is_refused_whatever_its_value() {
        // Attack rows 4, 9, 10, 13 and 14.
        for name in REFUSED {
            for value in ["null", "[]", r#""JWT""#, "false", "true", r#"["exp"]"#, "{}"] {
                let header = format!(r#"{{"alg":"HS256","{name}":{value}}}"#);
                assert_eq!(parse(&header), Err(Defect::UnsupportedHeader), "{header}");
            }
        }
    }

    #[test]
    fn a_name_that_occurs_twice_is_refused_before_its_value_counts() {
        // Attack row 12, RFC 7515 section 4.
        for header in [
            r#"{"alg":"HS256","alg":"HS256"}"#,
            r#"{"alg":"HS256","\u0061lg":"none"}"#,
            r#"{"alg":"HS256","kid":"a","kid":"b"}"#,
            r#"{"alg":"HS256","x":{"y":1,"y":2}}"#,
        ] {
            assert_eq!(parse(header), Err(Defect::DuplicateMember), "{header}");
        }
    }

    #[test]
    fn a_key_id_is_bounded_and_plain() {
        // Attack row 3.
        let with = |kid: &str| parse(&format!(r#"{{"alg":"HS256","kid":{kid}}}"#));
        for kid in [r#""""#, r#""a\u0000b""#, r#""a\r\nb""#, "7", "null", r#"["k"]"#] {
            assert_eq!(with(kid), Err(Defect::UnknownKey), "{kid}");
        }
        assert_eq!(with(&format!("\"{}\"", "k".repeat(257))), Err(Defect::UnknownKey));
        assert!(with(&format!("\"{}\"", "k".repeat(256))).is_ok());
    }
}
