//! The feed, over real sockets on loopback.

mod before_reading;
mod client;
mod counted;
mod flood;
mod follow;
mod leaving;
mod lost;
mod relay;
mod stuck;
mod too_much_trusted;
mod watch;
