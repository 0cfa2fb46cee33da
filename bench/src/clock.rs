//! One clock for all processes of a run.

pub use quash_middleware::system_uptime;

/// Nanoseconds since the machine started: instants of several processes can be compared.
pub fn nanoseconds() -> u64 {
    system_uptime().nanoseconds()
}
