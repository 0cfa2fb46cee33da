//! Writes what every target starts from: `seeds FOLDER` makes `FOLDER/TARGET/NUMBER`.

use std::path::PathBuf;

// What is built to be led by coverage calls functions of the engine.
#[cfg(feature = "engine")]
use libfuzzer_sys as _;

fn main() -> std::io::Result<()> {
    let folder = PathBuf::from(std::env::args_os().nth(1).unwrap_or_else(|| "corpus".into()));
    for target in quash_fuzz::TARGETS {
        let folder = folder.join(target.name);
        std::fs::create_dir_all(&folder)?;
        for (number, seed) in (target.seeds)().iter().enumerate() {
            std::fs::write(folder.join(format!("seed-{number:03}")), seed)?;
        }
    }
    Ok(())
}
