//! Refresh tokens: opaque to clients, never stored, the same text every time.
//!
//! ```text
//! qrt_ + base64url( version 1 | master 4 | client tag 8 | grant id | generation 8 | HMAC-SHA256 32 )
//! ```
//!
//! Numbers are big-endian. The MAC covers everything before it, under a key derived from the master secret.
//! There is no randomness in it: the successor of generation g is always the same text, so that lost replies
//! and parallel requests converge, and nothing secret has to be kept.

use base64_simd::URL_SAFE_NO_PAD;
use quash_core::ids::{ClientId, GrantId};
use quash_core::session::grant::{Generation, Grant, MasterId};
use quash_jose::digest::sha256;

use crate::error::Error;
use crate::masters::{self, Masters};
use crate::plain_token::PlainToken;

/// What every refresh token starts with, so that secret scanners know it.
pub const PREFIX: &str = "qrt_";

const VERSION: u8 = 1;
const MAC_BYTES: usize = quash_jose::mac::TAG_LENGTH;
const TAG_BYTES: usize = 8;
/// Longer than any refresh token: nothing beyond is decoded.
const LONGEST_TEXT: usize = 1024;

/// A refresh token whose MAC was found good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RefreshToken {
    pub(crate) grant: GrantId,
    pub(crate) generation: Generation,
    master: MasterId,
    client_tag: [u8; TAG_BYTES],
}

impl RefreshToken {
    /// The token of `grant`'s current generation.
    pub(crate) fn of(grant: &Grant) -> Self {
        Self {
            grant: grant.id.clone(),
            generation: grant.generation,
            master: grant.master,
            client_tag: client_tag(&grant.client),
        }
    }

    /// Whether it was made for `client`: found out without a look at the store, so that another client's
    /// request touches nothing (RFC 6749 section 10.4).
    pub(crate) fn is_for(&self, client: &ClientId) -> bool {
        self.client_tag == client_tag(client)
    }

    /// The token as it is handed out.
    pub(crate) fn seal(&self, masters: &Masters) -> Result<PlainToken, Error> {
        let key = masters.refresh_mac(self.master).ok_or_else(|| masters::missing(self.master))?;
        let mut bytes = vec![VERSION];
        bytes.extend(self.master.0.to_be_bytes());
        bytes.extend(self.client_tag);
        bytes.extend(self.grant.as_str().as_bytes());
        bytes.extend(self.generation.0.to_be_bytes());
        let mac = key.tag(&bytes);
        bytes.extend(mac);
        let mut text = String::with_capacity(PREFIX.len() + bytes.len() * 4 / 3 + 2);
        text.push_str(PREFIX);
        URL_SAFE_NO_PAD.encode_append(&bytes, &mut text);
        Ok(PlainToken::new(text))
    }

    /// The token that `text` spells, if it was made here. Compares the MAC in constant time, before anything is
    /// looked up.
    pub(crate) fn open(text: &str, masters: &Masters) -> Option<Self> {
        if text.len() > LONGEST_TEXT {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode_to_vec(text.strip_prefix(PREFIX)?).ok()?;
        let (signed, mac) = bytes.split_last_chunk::<MAC_BYTES>()?;
        let (version, rest) = signed.split_first()?;
        let (master, _) = rest.split_first_chunk::<4>()?;
        let master = MasterId(u32::from_be_bytes(*master));
        let key = masters.refresh_mac(master)?;
        let good = key.verifies(signed, mac);
        (good && *version == VERSION).then(|| Self::read(master, rest)).flatten()
    }

    /// The fields after the version.
    fn read(master: MasterId, rest: &[u8]) -> Option<Self> {
        let (_, rest) = rest.split_first_chunk::<4>()?;
        let (client_tag, rest) = rest.split_first_chunk::<TAG_BYTES>()?;
        let (grant, generation) = rest.split_last_chunk::<8>()?;
        Some(Self {
            grant: GrantId::new(std::str::from_utf8(grant).ok()?).ok()?,
            generation: Generation(u64::from_be_bytes(*generation)),
            master,
            client_tag: *client_tag,
        })
    }
}

fn client_tag(client: &ClientId) -> [u8; TAG_BYTES] {
    let digest = sha256(client.as_str().as_bytes());
    let mut tag = [0; TAG_BYTES];
    tag.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    tag
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::masters::Master;
    use quash_core::ids::SessionId;
    use quash_core::position::Position;
    use quash_core::time::Timestamp;

    fn masters() -> Masters {
        let master = |byte| Master::from_random([byte; 32]);
        Masters::new(MasterId(2), [(MasterId(1), master(7)), (MasterId(2), master(8))]).unwrap()
    }

    fn token(master: u32, generation: u64) -> RefreshToken {
        RefreshToken::of(&Grant {
            id: GrantId::new("gra_1").unwrap(),
            session: SessionId::new("ses_1").unwrap(),
            client: ClientId::new("web").unwrap(),
            scope: "".into(),
            master: MasterId(master),
            opened_at: Timestamp::EPOCH,
            opened_position: Position::ZERO,
            generation: Generation(generation),
            rotations: Vec::new(),
            sign_in: None,
        })
    }

    #[test]
    fn the_text_of_a_token_never_changes() {
        // I4: the successor of a generation is always the same string, in every version of this program.
        // Computed apart from this code.
        let expected = "qrt_AQAAAAFLXlf26y9CuWdyYV8xAAAAAAAAAAP0_dBdkcTy-v9VRqm2TCY9D9f7bgobAm843nZIQZ6hPw";
        assert_eq!(token(1, 3).seal(&masters()).unwrap().expose(), expected);
        assert_eq!(RefreshToken::open(expected, &masters()), Some(token(1, 3)));
    }

    #[test]
    fn a_grant_keeps_its_master_when_another_becomes_current() {
        // Design section 5: masters rotate without breaking anybody.
        let sealed = token(1, 0).seal(&masters()).unwrap();
        assert_eq!(RefreshToken::open(sealed.expose(), &masters()), Some(token(1, 0)));
        let without = Masters::new(MasterId(2), [(MasterId(2), Master::from_random([8; 32]))]).unwrap();
        assert_eq!(RefreshToken::open(sealed.expose(), &without), None);
        assert!(token(1, 0).seal(&without).is_err());
    }

    #[test]
    fn no_byte_of_a_token_can_be_changed() {
        let sealed = token(2, 7).seal(&masters()).unwrap();
        let bytes = URL_SAFE_NO_PAD.decode_to_vec(sealed.expose().strip_prefix(PREFIX).unwrap()).unwrap();
        for place in 0..bytes.len() {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[place] ^= 1 << bit;
                let text = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode_to_string(changed));
                assert_eq!(RefreshToken::open(&text, &masters()), None, "byte {place}, bit {bit}");
            }
        }
        for length in 0..bytes.len() {
            let text = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode_to_string(&bytes[..length]));
            assert_eq!(RefreshToken::open(&text, &masters()), None, "{length} bytes");
        }
    }

    #[test]
    fn a_token_knows_its_client_without_the_store() {
        let client = |id| ClientId::new(id).unwrap();
        assert!(token(1, 0).is_for(&client("web")));
        assert!(!token(1, 0).is_for(&client("shop")));
    }
}
