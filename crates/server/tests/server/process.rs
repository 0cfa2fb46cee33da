//! The binary as a process, over real HTTP, with a client and with tokens made by others.

pub(crate) mod answer;
mod audit;
mod backup;
mod demo;
mod durability;
pub(crate) mod feed;
mod full_disk;
mod key_file;
mod key_url;
pub(crate) mod other_library;
pub(crate) mod overlay;
mod readme;
mod restart;
pub(crate) mod running;
mod secrecy;
mod tail;
