//! A refresh against what ends its session.

use async_trait::async_trait;
use quash_authority::TargetRequest;
use quash_core::session::ban::Service;

use super::super::act::{Act, Said, alice};
use super::super::scene::{Pair, Scene};
use super::super::{Race, is_dead_once_done, nothing_lives};
use crate::violation::Violation;
use crate::world::{client, device};

/// What ends sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Its user signs out (S08).
    LogOut,
    /// The password was changed (S26).
    PasswordChanged,
    /// Every session of the subject is ended (S14).
    Subject,
    /// Every session on the device is (S32).
    Device,
    /// The subject is banned everywhere (S27).
    Ban,
    /// The subject is banned at the client.
    BanAtTheClient,
    /// The subject gets another id (S22).
    Alias,
}

impl Ending {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::LogOut,
        Self::PasswordChanged,
        Self::Subject,
        Self::Device,
        Self::Ban,
        Self::BanAtTheClient,
        Self::Alias,
    ];

    /// The use case that ends the session of `pair`, on device 0.
    pub(super) fn act(self, scene: &Scene, pair: &Pair) -> Result<Act, Violation> {
        let subject = alice()?;
        let at = client(0).map_err(Violation::stuck)?;
        let device = device(0).map_err(Violation::stuck)?;
        Ok(match self {
            Self::LogOut => {
                let claims = scene.server()?.accepted(&pair.access);
                Act::LogOut(Box::new(claims.ok_or_else(|| Violation::stuck("a token is not accepted"))?))
            }
            Self::PasswordChanged => Act::PasswordChanged,
            Self::Subject => Act::Revoke(TargetRequest::Subject(subject)),
            Self::Device => Act::Revoke(TargetRequest::Device { subject, device }),
            Self::Ban => Act::Ban(Service::Everywhere),
            Self::BanAtTheClient => Act::Ban(Service::Client(at)),
            Self::Alias => Act::Alias,
        })
    }
}

/// A refresh against what ends its session: whatever the order, nothing of it lives on.
#[derive(Clone, Copy, Debug)]
pub struct RefreshAgainst(pub Ending);

#[async_trait]
impl Race for RefreshAgainst {
    async fn prepare(&self, scene: &mut Scene) -> Result<[Act; 2], Violation> {
        let pair = scene.signs_in(0).await?;
        let ending = self.0.act(scene, &pair)?;
        Ok([Act::Refresh(Box::new(pair)), ending])
    }

    fn after_a_turn(&self, scene: &Scene, [refreshed, ended]: &[Option<Said>; 2]) -> Result<(), Violation> {
        is_dead_once_done(scene, refreshed.as_ref(), ended.as_ref())
    }

    async fn judge(&self, _: &Scene, _: &[Said; 2], living: &[bool]) -> Result<(), Violation> {
        nothing_lives(living)
    }
}
