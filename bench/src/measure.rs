//! Time, round by round: every contestant takes its turn in every round, so that whatever else the machine does
//! hits all of them alike.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::tokens::Token;

/// One contestant: takes one turn and returns its figure for it.
pub type Turn<'a> = Box<dyn FnMut() -> f64 + 'a>;

/// Lets every contestant take one unmeasured turn, then `rounds` measured ones. Each round begins with another
/// contestant. Returns the figures by contestant.
pub fn interleave(rounds: usize, mut contestants: Vec<Turn<'_>>) -> Vec<Vec<f64>> {
    for turn in &mut contestants {
        turn();
    }
    let count = contestants.len();
    let mut figures = vec![Vec::with_capacity(rounds); count];
    for round in 0..rounds {
        for place in 0..count {
            let who = (round + place) % count;
            let figure = contestants[who]();
            figures[who].push(figure);
        }
    }
    figures
}

/// Nanoseconds that `work` takes for one of `items`.
pub fn nanoseconds_each<T, R>(items: &[T], mut work: impl FnMut(&T) -> R) -> f64 {
    let started = Instant::now();
    for item in items {
        black_box(work(black_box(item)));
    }
    started.elapsed().as_nanos() as f64 / items.len() as f64
}

/// How many copies lie ready at once: few enough for the processor's innermost cache.
const COPIES: usize = 32;

/// As [`nanoseconds_each`] for tokens whose bytes have just been read from a socket: each is copied before, outside
/// the measured time, and `work` gets the copy. Whatever else it reads is as far away as its last use left it.
pub fn nanoseconds_each_arrived<R>(tokens: &[&Token], mut work: impl FnMut(&str, &Token) -> R) -> f64 {
    let mut copies = vec![String::new(); COPIES];
    let mut spent = Duration::ZERO;
    for arrived in tokens.chunks(COPIES) {
        for (copy, token) in copies.iter_mut().zip(arrived) {
            copy.clear();
            copy.push_str(&token.text);
        }
        let started = Instant::now();
        for (copy, token) in copies.iter().zip(arrived) {
            black_box(work(black_box(copy), token));
        }
        spent += started.elapsed();
    }
    spent.as_nanos() as f64 / tokens.len() as f64
}
