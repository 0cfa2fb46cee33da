//! Races in every order: two use cases at once, whose calls to the store come in every order that there is.
//!
//! ```text
//!                 ┌ stand ┐            ┌ stand ┐
//!   a: clock ─────┤       ├── store ───┤       ├─ enforce, answer
//!   b:   ─────────┤       ├── store ───┤       ├─ …
//! ```
//!
//! A use case stands before each call to the store, when the clock was read and the call decided on, and after it, when
//! nothing has been made of the answer: so before what is handed to the verifier, too. Between two stands it touches what
//! it shares with the other once. What is handed to the verifier is there at once: nobody sees half of it.

mod act;
mod orders;
mod races;
mod scene;

use std::collections::BTreeMap;
use std::pin::Pin;

use async_trait::async_trait;
use quash_authority::testing::{Pace, Turn};

use self::act::{Act, Actor, Said};
use self::orders::{Orders, Side};
pub use self::races::{
    Ending, FiringAgainst, JoinAgainst, RefreshAgainst, ReportAgainst, SameToken, SecondThought,
    SignInAgainst, TwoSignIns, UndoAgainst,
};
use self::scene::Scene;
use crate::invariants::{i1_revoked_is_refused_at_once as i1, i6_no_resurrection as i6};
use crate::planted::Planted;
use crate::violation::Violation;
use crate::world::Tuning;

/// Two use cases that race, and what must hold in the end.
#[async_trait]
trait Race: Sync {
    fn tuning(&self) -> Tuning {
        Tuning::default()
    }

    /// Everything that happens before.
    async fn prepare(&self, scene: &mut Scene) -> Result<[Act; 2], Violation>;

    /// What must hold after every turn.
    fn after_a_turn(&self, _scene: &Scene, _said: &[Option<Said>; 2]) -> Result<(), Violation> {
        Ok(())
    }

    /// What must hold when both have answered: of the pairs of the scene, those are `living`.
    async fn judge(&self, scene: &Scene, said: &[Said; 2], living: &[bool]) -> Result<(), Violation>;
}

/// Once the end is acknowledged, nothing that was handed out is accepted; `new` neither, where it was answered already.
fn is_dead_once_done(scene: &Scene, new: Option<&Said>, ended: Option<&Said>) -> Result<(), Violation> {
    if ended.is_none() {
        return Ok(());
    }
    for pair in scene.pairs.iter().chain(new.and_then(Said::tokens)) {
        if scene.accepts(pair)? {
            return Err(Violation::of(
                i1::RULE,
                format!("{pair:?} is accepted after the end was acknowledged"),
            ));
        }
    }
    Ok(())
}

/// Nothing lives on.
fn nothing_lives(living: &[bool]) -> Result<(), Violation> {
    if living.contains(&true) {
        return Err(i6::renewed_again(&["it was ended, and all is quiet"]));
    }
    Ok(())
}

/// What the orders of a race came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many orders there are.
    pub orders: usize,
    /// How often each pair of answers was seen.
    pub answers: BTreeMap<[&'static str; 2], usize>,
}

/// Runs `race` in every order.
///
/// # Errors
/// The first rule that was seen broken, and the order in which.
async fn in_every_order(race: &impl Race, planted: Option<Planted>) -> Result<Tally, Violation> {
    let (mut orders, mut tally) = (Orders::default(), Tally::default());
    loop {
        let answers = run(race, &mut orders, planted).await;
        let answers = answers.map_err(|violation| Violation {
            seen: format!("in the order {}: {}", orders.spelt(), violation.seen),
            ..violation
        })?;
        if let Some(answers) = answers {
            tally.orders += 1;
            *tally.answers.entry(answers).or_default() += 1;
        }
        if !orders.advance() {
            return Ok(tally);
        }
    }
}

/// Runs `race` in one order. `None` where that order is another one's: somebody was given a turn and could not use it.
async fn run(
    race: &impl Race,
    orders: &mut Orders,
    planted: Option<Planted>,
) -> Result<Option<[&'static str; 2]>, Violation> {
    let mut scene = Scene::begin(race.tuning(), planted).await?;
    let acts = race.prepare(&mut scene).await?;
    let Some(said) = take_turns(race, orders, &scene, acts).await? else { return Ok(None) };
    scene.pairs.extend(said.iter().filter_map(Said::tokens).cloned());
    let living = scene.living().await?;
    race.judge(&scene, &said, &living).await?;
    scene.nothing_comes_back(&living).await?;
    Ok(Some(said.map(|said| said.word())))
}

async fn take_turns(
    race: &impl Race,
    orders: &mut Orders,
    scene: &Scene,
    acts: [Act; 2],
) -> Result<Option<[Said; 2]>, Violation> {
    let server = scene.server()?;
    let [mut first, mut second] = acts.map(|act| act.begin(server));
    let mut said = [None, None];
    loop {
        let side = match &said {
            [Some(_), Some(_)] => break,
            [None, None] => orders.choose(),
            [None, Some(_)] => Side::First,
            [Some(_), None] => Side::Second,
        };
        let actor = if side == Side::First { &mut first } else { &mut second };
        let [one, other] = &mut said;
        let (own, others) = if side == Side::First { (one, other) } else { (other, one) };
        match turn(&scene.pace, actor).await {
            Turn::Done(answer) => *own = Some(answer?),
            Turn::Stands => {}
            _ if others.is_none() => return Ok(None),
            _ => return Err(Violation::stuck("one of the two waits, and the other one is done")),
        }
        race.after_a_turn(scene, &said)?;
    }
    let [first, second] = said;
    Ok(first.zip(second).map(|(first, second)| [first, second]))
}

/// One turn of `actor`; once it has no stands left, all that is left of it.
async fn turn(pace: &Pace, actor: &mut Actor) -> Turn<Result<Said, Violation>> {
    loop {
        let turn = pace.turn(Pin::as_mut(&mut actor.future)).await;
        match (&turn, actor.stands.checked_sub(1)) {
            (Turn::Stands, None) => {}
            (Turn::Stands, Some(left)) => {
                actor.stands = left;
                return turn;
            }
            _ => return turn,
        }
    }
}
