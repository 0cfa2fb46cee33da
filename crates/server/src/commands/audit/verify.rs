//! `quash audit verify`: the chain of hashes, recomputed here, entry by entry.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use quash_storage::embedded::AuditFile;
use quash_storage::ports::{AuditPage, AuditPoint, AuditQuery, ChainHash};
use serde_json::json;

use super::page;
use crate::client::Client;
use crate::client::error::ClientError;
use crate::exit::{Exit, Failure};
use crate::output::Output;

#[derive(Args, Debug)]
pub(in crate::commands) struct VerifyOptions {
    /// A backup, or the store of a server that is down, instead of a running server
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// A head that was noted earlier: only so is it seen that the log was shortened, or written anew as a whole
    #[arg(long, value_name = "SEQUENCE:HASH")]
    expect: Option<Expected>,
}

/// A point that the chain has to lead through.
#[derive(Clone, Copy, Debug)]
struct Expected(AuditPoint);

impl FromStr for Expected {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (sequence, hash) = text.split_once(':').unwrap_or_default();
        let point = sequence.parse().ok().zip(ChainHash::from_hex(hash));
        let point = point.map(|(sequence, hash)| Self(AuditPoint { sequence, hash }));
        point.ok_or("a sequence number, a colon and 64 hexadecimal digits")
    }
}

/// Where the log is read from.
enum Source {
    Server(Box<Client>),
    File(Box<AuditFile>),
}

/// So many entries are asked for at once.
const PAGE: usize = 200;

impl Source {
    async fn page(&self, after: u64) -> Result<AuditPage, Failure> {
        match self {
            Self::Server(client) => {
                let path = format!("/v1/audit?cursor={after}&limit={PAGE}");
                let answer = client.get(&path).await.map_err(broken_or_refused)?;
                page::read(&answer).ok_or_else(|| Failure::local("the answer is no page of an audit log"))
            }
            Self::File(file) => file
                .audit(&AuditQuery::after(after, PAGE))
                .map_err(|error| Failure::because("the audit log is broken", error)),
        }
    }
}

pub(super) async fn run(
    options: &VerifyOptions,
    client: impl FnOnce() -> Result<Client, Failure>,
    output: Output,
) -> Result<Exit, Failure> {
    let source = match &options.file {
        None => Source::Server(Box::new(client()?)),
        Some(path) => {
            let opened = AuditFile::open(path);
            Source::File(Box::new(
                opened.map_err(|error| Failure::because(&path.display().to_string(), error))?,
            ))
        }
    };
    let walk = Walk::through(&source, options.expect.map(|expected| expected.0)).await?;
    output.object(&json!({
        "entries": walk.last.sequence - walk.anchor.sequence,
        "first": walk.anchor.sequence + 1,
        "last": walk.last.sequence,
        "head": format!("{}:{}", walk.last.sequence, walk.last.hash),
        "as_expected": options.expect.map(|_| true),
    }));
    Ok(Exit::Ok)
}

/// How far the chain was followed.
struct Walk {
    anchor: AuditPoint,
    last: AuditPoint,
    expected: Option<AuditPoint>,
}

impl Walk {
    /// From the anchor to the head of the moment at which the walk began.
    async fn through(source: &Source, expected: Option<AuditPoint>) -> Result<Self, Failure> {
        let first = source.page(0).await?;
        let (anchor, head) = (first.anchor, first.head);
        let mut walk = Self { anchor, last: anchor, expected };
        walk.compare()?;
        let mut page = first;
        while walk.last.sequence < head.sequence {
            walk.follow(&page)?;
            page = source.page(walk.last.sequence).await?;
        }
        // What was added meanwhile is not the end's business.
        if walk.last.sequence == head.sequence && walk.last.hash != head.hash {
            return Err(broken(format!("entry {} is not the one that the log ends with", head.sequence)));
        }
        match walk.expected {
            None => Ok(walk),
            Some(point) => Err(broken(not_met(point, anchor))),
        }
    }

    /// The entries of one page.
    fn follow(&mut self, page: &AuditPage) -> Result<(), Failure> {
        if page.anchor.sequence > self.last.sequence {
            // They were forgotten while this was under way: what follows begins there.
            self.last = page.anchor;
            self.compare()?;
        }
        let next = self.last.sequence + 1;
        if page.entries.is_empty() && page.head.sequence >= next {
            return Err(broken(format!("entry {next} of the audit log is missing")));
        }
        for entry in &page.entries {
            self.last = self.last.follow(entry).map_err(|error| broken(error.to_string()))?;
            self.compare()?;
        }
        Ok(())
    }

    /// Compares with the point that is expected, once it is reached.
    fn compare(&mut self) -> Result<(), Failure> {
        match self.expected {
            Some(point) if point == self.last => self.expected = None,
            Some(point) if point.sequence == self.last.sequence => {
                return Err(broken(format!("entry {} is not the one that was noted", point.sequence)));
            }
            _ => {}
        }
        Ok(())
    }
}

/// A server that finds the log broken says where.
fn broken_or_refused(error: ClientError) -> Failure {
    match error {
        ClientError::Refused { status: 409, message } => broken(message),
        other => other.into(),
    }
}

fn broken(what: String) -> Failure {
    Failure::because("the audit log is broken", what)
}

fn not_met(point: AuditPoint, anchor: AuditPoint) -> String {
    if point.sequence < anchor.sequence {
        format!("entry {} was forgotten, so that nothing can be compared with it", point.sequence)
    } else {
        format!("it ends before entry {}, which was noted", point.sequence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_reads_as_it_is_shown() {
        let shown = format!("7:{}", ChainHash([0xAB; 32]));
        let point = shown.parse::<Expected>().unwrap().0;
        assert_eq!(point, AuditPoint { sequence: 7, hash: ChainHash([0xAB; 32]) });
        for bad in [
            "",
            "7",
            "7:",
            "7:ab",
            shown.trim_start_matches('7'),
            &format!("{shown}0"),
            &shown.replace("ab", "+b"),
        ] {
            assert!(bad.parse::<Expected>().is_err(), "{bad}");
        }
    }
}
