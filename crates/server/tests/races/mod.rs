//! Races by brute force, over the HTTP API of a real server process: real clients on real threads, again and again. Every
//! order of the same pairs is tried in `simulation` (`interleaved`); here is what nobody thought of.

mod refresh;
mod sign_in;

use std::sync::Barrier;
use std::thread;

/// Runs all of `racing` on threads of their own that begin at once, and gives what each said, in order.
fn at_once<T: Send>(racing: Vec<Box<dyn FnOnce() -> T + Send + '_>>) -> Vec<T> {
    let begin = Barrier::new(racing.len());
    thread::scope(|scope| {
        let threads = racing.into_iter().map(|one| {
            let begin = &begin;
            scope.spawn(move || {
                begin.wait();
                one()
            })
        });
        let threads: Vec<_> = threads.collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}
