//! Any bytes as a message of the feed, as a batch and as a trust document (attack row 40): nothing panics, and what is
//! taken says the same when it is written again.

use quash_core::revocation::target_key::LogKey;
use quash_verify::feed::frame::{ToFollower, ToServer};
use quash_verify::feed::{TrustDocument, batch};

/// The key of the log that the messages are about.
pub(crate) const KEY: LogKey = LogKey::from_random([0x4b; 16]);

/// Reads `data` as everything that it could be.
pub fn run(data: &[u8]) {
    if let Ok(message) = ToFollower::decode(data, Some(&KEY)) {
        let again = message.encode(&KEY);
        assert_eq!(ToFollower::decode(&again, Some(&KEY)).as_ref(), Ok(&message));
    }
    if let Ok(message) = ToServer::decode(data, Some(&KEY)) {
        let again = message.encode(&KEY);
        assert_eq!(ToServer::decode(&again, Some(&KEY)).as_ref(), Ok(&message));
    }
    if let Ok(records) = batch::decode(data) {
        assert_eq!(batch::decode(&batch::encode(&records)).as_ref(), Ok(&records));
    }
    if let Ok(document) = TrustDocument::decode(data) {
        // Whatever keys are in it, looking at them is no danger.
        for issuer in &document.issuers {
            let _unsound = issuer.config();
        }
    }
}

/// Messages of every type, as the golden file has them, and what is inside of them.
pub fn seeds() -> Vec<Vec<u8>> {
    let golden: serde_json::Value =
        serde_json::from_str(include_str!("../../vectors/feed/messages-1.json")).expect("a vector file is JSON");
    let mut texts = Vec::new();
    collect(&golden, &mut texts);
    let messages: Vec<Vec<u8>> = texts.iter().filter_map(|text| from_hex(text)).collect();
    let inner = messages.iter().flat_map(|message| inside(message));
    inner.chain(messages.iter().cloned()).collect()
}

/// The batches and documents inside of a message.
fn inside(message: &[u8]) -> Vec<Vec<u8>> {
    match ToFollower::decode(message, Some(&KEY)) {
        Ok(ToFollower::Entries(entries)) => vec![entries.batch.to_vec()],
        Ok(ToFollower::SnapshotChunk(chunk)) => vec![chunk.batch.to_vec()],
        Ok(ToFollower::Trust(trust)) => vec![trust.document.to_vec()],
        _ => Vec::new(),
    }
}

fn collect<'v>(value: &'v serde_json::Value, texts: &mut Vec<&'v str>) {
    match value {
        serde_json::Value::String(text) => texts.push(text),
        serde_json::Value::Array(items) => items.iter().for_each(|item| collect(item, texts)),
        serde_json::Value::Object(members) => members.values().for_each(|member| collect(member, texts)),
        _ => {}
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    if text.len() < 4 || text.len() % 2 != 0 {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    text.as_bytes().chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}
