//! One issuer as followers are told of it.

use std::time::Duration;

use minicbor::{Decode, Encode};
use quash_core::ids::Issuer;
use quash_core::position::Position;
use quash_core::revocation::decide::TimeRules;
use quash_jose::jwks::{self, KeySetError};
use quash_jose::{KeySet, Required};

use crate::feed::frame::codec;
use crate::issuer::{IssuerConfig, Mode, Relaxation};

/// An issuer: its rules and its public keys.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct IssuerDocument {
    /// Its name.
    #[cbor(n(0), with = "name")]
    pub name: Issuer,
    /// Whether it is the authority itself.
    #[n(1)]
    pub own: bool,
    /// Its tokens are for one of these.
    #[n(2)]
    pub audiences: Vec<String>,
    /// The accepted values of `typ`.
    #[n(3)]
    pub types: Vec<String>,
    /// Claims that must be there beyond the form: 1 subject, 2 client, 3 session, 4 token, 5 device, 6 `iat`,
    /// 7 `pos`; and, no claims: 8, that its session is registered; 9, that who reads this knows of the keys of subjects.
    #[n(4)]
    pub required: Vec<u8>,
    /// What is let pass, by name, and the claim where one is named.
    #[n(5)]
    pub relaxations: Vec<(String, Option<String>)>,
    /// Its public keys: a JWK set (RFC 7517 section 5).
    #[n(6)]
    pub jwks: String,
    /// Whether its key is a shared secret, which is not in here: whoever has it takes it from its own configuration,
    /// and for others the issuer's tokens are undecided.
    #[n(7)]
    pub secret: bool,
    /// Added to `exp`.
    #[cbor(n(8), with = "codec::span")]
    pub leeway: Duration,
    /// How far ahead `iat` may lie.
    #[cbor(n(9), with = "codec::span")]
    pub future_skew: Duration,
    /// The longest life of its tokens, ever.
    #[cbor(n(10), with = "codec::span")]
    pub longest_life: Duration,
    /// Whether its revocations are only counted.
    #[n(11)]
    pub observe: bool,
    /// Where only registered sessions pass, the position that they were all registered at.
    #[n(12)]
    pub listed_from: Option<u64>,
    /// The secrets in force that the keys of its subjects are derived from, by their ids: whoever has one takes it from its
    /// own configuration, and for others the tokens under it are undecided (S20). Only there beside a 9 in `required`.
    #[n(13)]
    pub user_secrets: Option<Vec<String>>,
}

/// An issuer of a trust that can not be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnsoundKeys {
    /// Its keys.
    #[error(transparent)]
    Keys(#[from] KeySetError),
    /// A rule that is unknown here: to leave it out would be to accept more, or to refuse what is good.
    #[error("a rule of the issuer is unknown here")]
    UnknownRule,
}

mod name {
    use minicbor::decode::Error as DecodeError;
    use minicbor::encode::{Error as EncodeError, Write};
    use minicbor::{Decoder, Encoder};
    use quash_core::ids::Issuer;

    pub(super) fn encode<C, W: Write>(
        value: &Issuer,
        encoder: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        encoder.str(value.as_str())?;
        Ok(())
    }

    pub(super) fn decode<C>(decoder: &mut Decoder<'_>, _: &mut C) -> Result<Issuer, DecodeError> {
        Issuer::new(decoder.str()?).map_err(|_| DecodeError::message("not an issuer"))
    }
}

impl IssuerDocument {
    /// What a follower has to know of `config`. A shared secret stays where it is.
    pub fn of(config: &IssuerConfig) -> Self {
        let TimeRules { leeway, future_skew, longest_life } = *config.rules();
        Self {
            name: config.name().clone(),
            own: config.is_own(),
            audiences: config.audiences().to_vec(),
            types: config.types().to_vec(),
            required: required(config),
            relaxations: config.relaxations().iter().map(spelt).collect(),
            jwks: jwks::publish(config.keys().iter()),
            secret: config.keys().iter().any(|key| key.algorithm().is_symmetric()),
            leeway,
            future_skew,
            longest_life,
            observe: config.mode() == Mode::Observe,
            listed_from: config.allowlist_from().map(Position::number),
            user_secrets: Some(config.user_secrets().to_vec()).filter(|ids| !ids.is_empty()),
        }
    }

    /// The issuer as a verifier is told of it; without any key where they are secret.
    ///
    /// # Errors
    /// [`UnsoundKeys`].
    pub fn config(&self) -> Result<IssuerConfig, UnsoundKeys> {
        let config =
            self.required.iter().try_fold(self.plain(self.keys()?), |config, number| match number {
                &REGISTERED => Ok(config.with_allowlist_from(self.listed_from()?)),
                &USER_KEYS => Ok(config.with_user_secrets(self.user_secrets.clone().unwrap_or_default())),
                number => claim(*number).map(|claim| config.require(claim)).ok_or(UnsoundKeys::UnknownRule),
            })?;
        self.relaxations.iter().try_fold(config, |config, (name, claim)| {
            let relaxation = relaxation(name, claim.as_deref()).ok_or(UnsoundKeys::UnknownRule)?;
            Ok(config.relax(relaxation))
        })
    }

    fn listed_from(&self) -> Result<Position, UnsoundKeys> {
        self.listed_from
            .map_or(Ok(Position::ZERO), |from| Position::new(from).map_err(|_| UnsoundKeys::UnknownRule))
    }

    /// The issuer by as much of its rules as is known here, and without a key: nothing of its tokens is decided.
    pub fn undecided(&self) -> IssuerConfig {
        let known = self.relaxations.iter().filter_map(|(name, claim)| relaxation(name, claim.as_deref()));
        known.fold(self.plain(KeySet::default()), IssuerConfig::relax)
    }

    /// Without what is required more or less than usually.
    fn plain(&self, keys: KeySet) -> IssuerConfig {
        let (name, audiences) = (self.name.clone(), self.audiences.clone());
        let config = if self.own {
            IssuerConfig::own(name, audiences, keys)
        } else {
            IssuerConfig::foreign(name, audiences, keys)
        };
        let Self { leeway, future_skew, longest_life, .. } = *self;
        config
            .with_types(self.types.clone())
            .with_rules(TimeRules { leeway, future_skew, longest_life })
            .with_mode(if self.observe { Mode::Observe } else { Mode::Enforce })
    }

    fn keys(&self) -> Result<KeySet, KeySetError> {
        match KeySet::from_jwks(&self.jwks) {
            Ok(read) => Ok(read.keys),
            // None were published yet, or none are public.
            Err(KeySetError::Empty) => Ok(KeySet::default()),
            Err(error) => Err(error),
        }
    }

    /// Whether its tokens may name no issuer.
    pub(in crate::feed) fn takes_nameless(&self) -> bool {
        self.relaxations.iter().any(|(name, _)| name == Relaxation::MissingIssuer.name())
    }

    /// Whether `other` is the same issuer with other keys.
    pub(in crate::feed) fn differs_in_keys_alone(&self, other: &Self) -> bool {
        self.jwks != other.jwks && Self { jwks: other.jwks.clone(), ..self.clone() } == *other
    }
}

/// Every claim that can be required, by its number.
const CLAIMS: [(u8, Required); 7] = [
    (1, Required::Subject),
    (2, Required::Client),
    (3, Required::Session),
    (4, Required::Token),
    (5, Required::Device),
    (6, Required::IssuedAt),
    (7, Required::Position),
];

/// Stands among the required claims, so that a reader who does not know it decides nothing of the issuer's tokens: see
/// [`UnsoundKeys::UnknownRule`].
const REGISTERED: u8 = 8;

/// The same for those who do not know that tokens may be signed with the keys of their subjects.
const USER_KEYS: u8 = 9;

fn required(config: &IssuerConfig) -> Vec<u8> {
    let claims = config.required().iter().filter_map(|claim| number(*claim));
    let claims = claims.chain(config.keeps_allowlist().then_some(REGISTERED));
    claims.chain((!config.user_secrets().is_empty()).then_some(USER_KEYS)).collect()
}

fn number(claim: Required) -> Option<u8> {
    CLAIMS.iter().find(|(_, held)| *held == claim).map(|(number, _)| *number)
}

fn claim(number: u8) -> Option<Required> {
    CLAIMS.iter().find(|(held, _)| *held == number).map(|(_, claim)| *claim)
}

fn spelt(relaxation: &Relaxation) -> (String, Option<String>) {
    let claim = match relaxation {
        Relaxation::SubjectClaim(claim) | Relaxation::DeviceClaim(claim) | Relaxation::ClientClaim(claim) => {
            Some(claim.clone())
        }
        _ => None,
    };
    (relaxation.name().to_owned(), claim)
}

fn relaxation(name: &str, claim: Option<&str>) -> Option<Relaxation> {
    match (name, claim) {
        ("subject_claim", Some(claim)) => Some(Relaxation::SubjectClaim(claim.to_owned())),
        ("device_claim", Some(claim)) => Some(Relaxation::DeviceClaim(claim.to_owned())),
        ("client_claim", Some(claim)) => Some(Relaxation::ClientClaim(claim.to_owned())),
        (_, Some(_)) => None,
        (name, None) => Relaxation::from_name(name),
    }
}
