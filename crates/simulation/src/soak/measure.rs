//! What there is: rows, entries, tokens, bytes.

use std::fmt;

use crate::invariants::i8_memory_is_bounded as i8;
use crate::violation::Violation;
use crate::world::World;

/// The figures of one cycle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// How many calls were made.
    pub calls: u64,
    /// The most rows that the store had.
    pub most_rows: u64,
    /// The most entries that the verifier held.
    pub most_entries: usize,
    /// The most tokens that it remembered.
    pub most_tokens: usize,
    /// The most bytes that the file had.
    pub most_bytes: usize,
    /// How many it had when all was over.
    pub bytes: usize,
    /// How many it had when the store was closed and opened again.
    pub bytes_reopened: usize,
}

/// What is kept for good, or for as long as somebody wants it kept.
const LASTING: [&str; 4] = ["meta", "credentials", "verifiers", "aliases"];

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} calls; at most {} rows, {} entries and {} tokens in memory, {} KiB; when all is over {} KiB, \
             opened again {} KiB",
            self.calls,
            self.most_rows,
            self.most_entries,
            self.most_tokens,
            self.most_bytes / 1024,
            self.bytes / 1024,
            self.bytes_reopened / 1024,
        )
    }
}

fn rows(world: &World) -> Result<Vec<(&'static str, u64)>, Violation> {
    let file = world.server()?.file.as_ref();
    file.ok_or_else(|| Violation::stuck("no file"))?.rows().map_err(Violation::stuck)
}

impl Figures {
    pub(super) fn at_its_height(&mut self, world: &World) -> Result<(), Violation> {
        let verifier = &world.server()?.verifier;
        self.most_rows = self.most_rows.max(rows(world)?.iter().map(|(_, rows)| rows).sum());
        self.most_entries = self.most_entries.max(verifier.live_entries());
        self.most_tokens = self.most_tokens.max(verifier.cached_tokens());
        self.most_bytes = self.most_bytes.max(world.disk.length());
        Ok(())
    }

    /// I8: what ends is gone, from the memory and from the file, before a restart and after it.
    pub(super) async fn when_all_is_over(
        &mut self,
        world: &mut World,
        aliases: usize,
    ) -> Result<(), Violation> {
        is_empty(world, aliases).await?;
        self.bytes = world.disk.length();
        world.restart().await?;
        is_empty(world, aliases).await?;
        self.bytes_reopened = world.disk.length();
        Ok(())
    }
}

async fn is_empty(world: &World, aliases: usize) -> Result<(), Violation> {
    let server = world.server()?;
    let verifier = &server.verifier;
    let held = [verifier.live_entries(), verifier.cached_tokens(), verifier.registered_sessions()];
    if held != [0; 3] {
        return Err(Violation::of(i8::RULE, format!("entries, tokens, registrations held: {held:?}")));
    }
    for (table, rows) in rows(world)? {
        let expected = match table {
            "aliases" => u64::try_from(aliases).ok(),
            lasting if LASTING.contains(&lasting) => None,
            _ => Some(0),
        };
        if expected.is_some_and(|expected| rows != expected) {
            return Err(Violation::of(
                i8::RULE,
                format!("{rows} rows of `{table}` are left when all is over"),
            ));
        }
    }
    let file = server.file.as_ref().ok_or_else(|| Violation::stuck("no file"))?;
    file.check().await.map(drop).map_err(Violation::stuck)
}
