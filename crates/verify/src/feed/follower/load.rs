//! Starting from the local file.

use quash_core::position::Position;
use quash_core::revocation::state::RevocationState;
use quash_core::time::Timestamp;

use super::{Follower, Place};
use crate::feed::batch;
use crate::feed::record_log::{Ordered, Relayed};
use crate::feed::state_file::{
    self, LogPiece, PartPiece, Pieces, PlacePiece, RecordsPiece, StateDamaged, StatePiece,
};

/// What was found in a local file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// How many bytes of it count. Cut the file off there before anything is appended to it.
    pub whole: usize,
    /// Whether more than that was there: a write that was torn, or damage.
    pub torn: bool,
    /// Up to where its log is held; `None` when it holds no complete one.
    pub position: Option<Position>,
    /// How many records were read.
    pub records: usize,
}

/// A log as it is read.
struct Reading {
    is: LogPiece,
    /// The state in the making, where the key is not the one in force.
    state: Option<RevocationState>,
    /// For a relay: the records that came with it.
    kept: Ordered,
}

/// What was read so far.
#[derive(Default)]
struct Progress {
    reading: Option<Reading>,
    kept: Ordered,
    records: usize,
    ratchet: u64,
}

impl Progress {
    /// Makes room for the log that was begun.
    fn make_room(&self, pieces: &Pieces<'_>) {
        if let Some(Reading { state: Some(state), .. }) = &self.reading {
            state.reserve(pieces.announced());
        }
    }
}

impl Follower {
    /// Takes in the local file of an earlier run: what it knew is enforced when this returns. How old it is nobody
    /// knows, so the state is complete then, and stale. Before the first connection.
    ///
    /// # Errors
    /// [`StateDamaged`] when it is another kind of file or of another version; nothing is taken then. What is torn at
    /// its end is no error: see [`Loaded`].
    pub fn load(&mut self, file: &[u8]) -> Result<Loaded, StateDamaged> {
        let mut pieces = state_file::pieces(file)?;
        let mut whole = file.len().min(state_file::beginning_with(&[]).len());
        let mut progress = Progress::default();
        let mut sound = true;
        while let Some((piece, read)) = pieces.next_piece() {
            let begins = matches!(piece, StatePiece::Log(_));
            sound = self.take_piece(piece, &mut progress);
            if !sound {
                break;
            }
            if begins {
                progress.make_room(&pieces);
            }
            whole = read;
        }
        let torn = !sound || !pieces.is_at_end();
        self.finish_loading(progress.ratchet, std::mem::take(&mut progress.kept));
        self.file.dangling = progress.reading.is_some();
        Ok(Loaded { whole, torn, position: self.position(), records: progress.records })
    }

    fn finish_loading(&mut self, ratchet: u64, kept: Ordered) {
        self.file.begun = true;
        if ratchet > 0 {
            // Records that were over then are missing from the file: no earlier instant may be judged.
            self.file.ratchet = Timestamp::from_milliseconds(ratchet);
            self.holding.verifier.purge(self.file.ratchet);
        }
        let Some(Place { log, key, origin, position, checksum }) = self.place else { return };
        if let Some(relay) = &self.relay {
            relay.forgotten(self.file.ratchet);
            relay.replace(Relayed { log, key, origin, head: position, checksum, generation: 0 }, kept);
        }
        self.acknowledgements.read(Some(position));
        self.complete_if_known();
    }

    /// Whether `piece` makes sense where it stands.
    fn take_piece(&mut self, piece: StatePiece<'_>, progress: &mut Progress) -> bool {
        match piece {
            StatePiece::Log(is) => {
                let same = self.holding.key() == Some(is.key);
                let state = (!same).then(|| RevocationState::new(is.key, is.origin));
                progress.reading = Some(Reading { is, state, kept: Ordered::default() });
                true
            }
            StatePiece::Trust(trust) => {
                self.learn(trust.version, trust.document);
                true
            }
            StatePiece::Ratchet(milliseconds) => {
                progress.ratchet = progress.ratchet.max(milliseconds);
                true
            }
            StatePiece::Part(PartPiece { batch }) => {
                progress.reading.is_some() && self.take_records(batch, progress)
            }
            StatePiece::Place(place) => self.take_place(place, progress),
            StatePiece::Records(records) => self.take_following(&records, progress),
        }
    }

    fn take_records(&mut self, bytes: &[u8], progress: &mut Progress) -> bool {
        let Ok(records) = batch::decode(bytes) else { return false };
        // Records of the key that is in force take effect at once, others only when their log is complete.
        let kept = if let Some(Reading { state: Some(state), kept, .. }) = &mut progress.reading {
            state.apply_all(&records);
            kept
        } else {
            self.holding.enforce(&records);
            &mut progress.kept
        };
        progress.records += records.len();
        self.file.tally.note_all(&records);
        if self.relay.is_some() {
            kept.add(&records, bytes);
        }
        true
    }

    fn take_place(&mut self, PlacePiece { through, checksum }: PlacePiece, progress: &mut Progress) -> bool {
        let Some(Reading { is, state, kept }) = progress.reading.take() else { return false };
        match state {
            Some(state) => {
                state.advance(through);
                if self.holding.install(state).is_err() {
                    return false;
                }
                progress.kept = kept;
            }
            None => self.holding.advance(through),
        }
        let LogPiece { log, key, origin } = is;
        self.place = Some(Place { log, key, origin, position: through, checksum });
        true
    }

    fn take_following(&mut self, records: &RecordsPiece<'_>, progress: &mut Progress) -> bool {
        let Some(place) = self.place.filter(|_| progress.reading.is_none()) else { return false };
        if records.from != place.position || !self.take_records(records.batch, progress) {
            return false;
        }
        self.holding.advance(records.through);
        self.place = Some(Place { position: records.through, checksum: records.checksum, ..place });
        true
    }
}
