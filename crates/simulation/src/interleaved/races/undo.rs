//! Taking an entry back, against what else happens to it and to its subject.

use std::time::Duration;

use async_trait::async_trait;
use quash_authority::TargetRequest;

use super::super::Race;
use super::super::act::{self, Act, Said, alice};
use super::super::scene::Scene;
use crate::invariants::i6_no_resurrection as i6;
use crate::violation::Violation;
use crate::world::{Tuning, device};

/// What an undo races with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecondThought {
    /// A purge at the same instant, so long after the entry was made: of its sessions nothing lives that an older entry
    /// ended, and what lives is what the undo's answer says.
    Purge {
        /// How long.
        after: Duration,
    },
    /// A purge that the clock has moved on for: the undo has read the clock inside of its window, and the purge is at its
    /// end.
    PurgeAtTheEnd,
    /// Another entry about the same session, device or subject.
    Revocation,
    /// The same undo.
    Undo,
}

/// What the entries are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    Session,
    Device,
    Subject,
}

/// An undo of the second of two entries against something else: it takes back that entry and no other.
#[derive(Clone, Copy, Debug)]
pub struct UndoAgainst {
    second: SecondThought,
    about: About,
}

/// For how long an entry can be taken back here: longer than verifiers hold it.
const WINDOW: Duration = Duration::from_secs(3_000);

impl UndoAgainst {
    /// Every such race with `second`.
    pub fn each(second: SecondThought) -> [Self; 3] {
        [About::Session, About::Device, About::Subject].map(|about| Self { second, about })
    }

    fn target(self, pair: &super::super::scene::Pair) -> Result<TargetRequest, Violation> {
        let device = device(0).map_err(Violation::stuck)?;
        Ok(match self.about {
            About::Session => TargetRequest::Session(pair.session.clone()),
            About::Device => TargetRequest::Device { subject: alice()?, device },
            About::Subject => TargetRequest::Subject(alice()?),
        })
    }
}

#[async_trait]
impl Race for UndoAgainst {
    fn tuning(&self) -> Tuning {
        // Access tokens that outlive the window, so that verifiers can be asked in the end, unless the entry is to be
        // beyond them.
        Tuning { undo_window: Some(WINDOW), access: Some(2 * WINDOW), ..Tuning::default() }
    }

    async fn prepare(&self, scene: &mut Scene) -> Result<[Act; 2], Violation> {
        let older = scene.signs_in(0).await?;
        act::revoke(scene.server()?, self.target(&older)?).await?;
        let newer = scene.signs_in(0).await?;
        let made = act::revoke(scene.server()?, self.target(&newer)?).await?;
        let position = made.position().ok_or_else(|| Violation::stuck("an entry without a position"))?;
        let undo = Act::Undo(position);
        let at = scene.now()?;
        Ok(match self.second {
            SecondThought::Purge { after } => {
                scene.advance(after);
                [undo, scene.purge_at(at.plus(after))]
            }
            SecondThought::PurgeAtTheEnd => {
                scene.advance(WINDOW.saturating_sub(Duration::from_millis(1)));
                [undo, scene.purge_at(at.plus(WINDOW))]
            }
            SecondThought::Revocation => [undo, Act::Revoke(self.target(&newer)?)],
            SecondThought::Undo => [undo.clone(), undo],
        })
    }

    async fn judge(&self, _: &Scene, said: &[Said; 2], living: &[bool]) -> Result<(), Violation> {
        let undone = said.iter().filter(|said| said.position().is_some()).count();
        let lives = match self.second {
            SecondThought::Revocation => false,
            SecondThought::Undo if undone != 1 => {
                return Err(Violation::of(i6::RULE, format!("one entry was taken back {undone} times")));
            }
            _ => undone == 1,
        };
        if living == [false, lives] {
            return Ok(());
        }
        Err(Violation::of(i6::RULE, format!("{said:?} was said, and those live: {living:?}")))
    }
}
