//! Listeners: accept, TLS, time-outs for slow clients, a cap on connections, a drain with a deadline.
//!
//! ```text
//! accept ── permit ── TLS handshake ── hyper (HTTP/1, HTTP/2) ── router
//!    │                     └────────────── watchdog ──────┘
//!    └── stop: no new connection, running requests finish, the rest is cut at the deadline
//! ```
//!
//! Knows nothing of what is served.

pub mod accept;
mod connection;
mod connections;
pub mod file_limit;
mod in_flight;
pub mod limits;
mod progress;
pub mod signals;
pub mod stop;
mod timed_io;
pub mod tls;
mod watchdog;
