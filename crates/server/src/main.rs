//! The binary `quash`.

fn main() {}
