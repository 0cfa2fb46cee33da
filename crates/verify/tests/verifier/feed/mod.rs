//! The feed: both sides against each other, and each against a peer that does not behave (design sections 3 and 4).

mod damage;
mod following;
mod forgotten;
mod golden;
mod learning;
mod messages;
mod pair;
mod registering;
mod relaying;
mod rotating;
mod serving;
mod undoing;
