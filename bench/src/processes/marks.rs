//! Processes that note when something reached them, and what they noted.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, ensure};

use super::alone;
use crate::clock;
use crate::reference::process::Running;
use crate::resident::resident_bytes;

/// What one process noted.
pub struct Marks {
    /// What it occupied in memory before anything reached it, bytes.
    pub resident_before: f64,
    /// And afterwards.
    pub resident_after: f64,
    /// When each thing reached it, nanoseconds of [`clock`]; zero: never.
    pub reached_at: Vec<u64>,
}

const READY: &str = "ready";
const NOTED: &str = "noted";

/// How long nothing may come before what is missing counts as lost.
const PATIENCE: Duration = Duration::from_secs(15);

/// Several processes that note the same things.
pub struct Witnesses(Vec<(Running, PathBuf)>);

impl Witnesses {
    /// Starts `count` processes of this program that do `name` with `words` and a folder of their own, and waits until
    /// all of them are ready.
    pub fn start(count: usize, name: &str, words: &[String], folder: &Path) -> anyhow::Result<Self> {
        let mut started = Vec::new();
        for number in 0..count {
            let folder = folder.join(format!("{name}-{number}"));
            fs::create_dir_all(&folder)?;
            let mut command = alone(name)?;
            command.arg(&folder).args(words);
            started.push((Running::start_talking(&mut command)?, folder));
        }
        for (process, folder) in &mut started {
            let file = folder.join(READY);
            process.wait_until(Duration::from_secs(300), || file.exists()).context(name.to_owned())?;
        }
        Ok(Self(started))
    }

    /// What they noted, once they are through or nothing came for a while.
    pub fn collect(self) -> anyhow::Result<Vec<Marks>> {
        let collect = |(mut process, folder): (Running, PathBuf)| {
            let file = folder.join(NOTED);
            process.wait_until(Duration::from_secs(120), || file.exists())?;
            Marks::read(&fs::read(file)?)
        };
        self.0.into_iter().map(collect).collect()
    }
}

impl Marks {
    fn read(bytes: &[u8]) -> anyhow::Result<Self> {
        let mut numbers = bytes
            .chunks_exact(8)
            .map(|eight| eight.iter().rev().fold(0_u64, |number, &byte| number << 8 | u64::from(byte)));
        let mut next = || numbers.next().context("too little was noted");
        let (before, after) = (next()? as f64, next()? as f64);
        Ok(Self { resident_before: before, resident_after: after, reached_at: numbers.collect() })
    }
}

/// Where a process notes.
pub(super) struct Notes {
    folder: PathBuf,
    resident_before: f64,
    reached_at: Vec<AtomicU64>,
}

impl Notes {
    /// Room for `count` things. Whoever started the process may begin now.
    pub(super) fn begin(folder: &Path, count: usize) -> anyhow::Result<Self> {
        let reached_at = std::iter::repeat_with(AtomicU64::default).take(count).collect();
        let notes = Self { folder: folder.to_owned(), resident_before: resident_bytes("self")?, reached_at };
        fs::write(folder.join(READY), "")?;
        Ok(notes)
    }

    /// The thing `number` is here now.
    pub(super) fn reached(&self, number: usize) {
        if let Some(at) = self.reached_at.get(number) {
            at.store(clock::nanoseconds(), Ordering::Release);
        }
    }

    fn missing(&self) -> usize {
        self.reached_at.iter().filter(|at| at.load(Ordering::Acquire) == 0).count()
    }

    /// Waits until everything is here, or nothing came for a while since the first; then writes it down and stays.
    pub(super) fn finish(&self) -> anyhow::Result<()> {
        let (mut missing, mut waited) = (self.reached_at.len(), Duration::ZERO);
        let pause = Duration::from_millis(200);
        while missing > 0 && (waited < PATIENCE || missing == self.reached_at.len()) {
            std::thread::sleep(pause);
            let now = self.missing();
            waited = if now < missing { Duration::ZERO } else { waited + pause };
            missing = now;
        }
        self.write_down()?;
        loop {
            std::thread::park();
        }
    }

    fn write_down(&self) -> anyhow::Result<()> {
        let resident = [self.resident_before, resident_bytes("self")?];
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole bytes")]
        let resident = resident.map(|bytes| bytes as u64);
        let reached = self.reached_at.iter().map(|at| at.load(Ordering::Acquire));
        let bytes: Vec<u8> = resident.into_iter().chain(reached).flat_map(u64::to_le_bytes).collect();
        let unfinished = self.folder.join("unfinished");
        fs::write(&unfinished, bytes)?;
        fs::rename(unfinished, self.folder.join(NOTED))?;
        Ok(())
    }
}

/// The words that a process was given after its folder.
pub(super) fn words<const N: usize>(words: &[String]) -> anyhow::Result<(PathBuf, [&str; N])> {
    let (folder, rest) = words.split_first().context("a folder is missing")?;
    ensure!(rest.len() == N, "expected {N} words after the folder");
    let mut rest = rest.iter().map(String::as_str);
    Ok((folder.into(), std::array::from_fn(|_| rest.next().unwrap_or_default())))
}
