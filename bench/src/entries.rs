//! Live entries that hit none of the measured tokens.

use quash_core::ids::Issuer;
use quash_core::position::Position;
use quash_core::revocation::entry::Effect;
use quash_core::revocation::marks::BUCKETS;
use quash_core::revocation::reason::Reason;
use quash_core::revocation::record::Record;
use quash_core::revocation::state::RevocationState;
use quash_core::revocation::target::TargetKind;
use quash_core::revocation::target_key::{IssuerKey, LogKey, TargetKey};
use quash_core::time::Timestamp;

use crate::tokens::{ISSUER, Names, id};

/// The key of the log that all states here belong to.
pub const LOG_KEY: LogKey = LogKey::from_random([0x5A; 16]);

/// The position that the log starts at. Tokens issued at it are older than every entry.
pub const ORIGIN: u64 = 1_800_000_000 << 20;

/// Makes records in the order of the log, about things that no token here names.
pub struct Records {
    issuer: IssuerKey,
    position: u64,
    recorded_at: Timestamp,
    retain_until: Timestamp,
    reason: Reason,
    random: fastrand::Rng,
}

impl Records {
    /// Records from the start of the log on, recorded at `recorded_at`.
    pub fn new(recorded_at: Timestamp) -> anyhow::Result<Self> {
        Ok(Self {
            issuer: LOG_KEY.issuer_key(&Issuer::new(ISSUER)?),
            position: ORIGIN,
            recorded_at,
            retain_until: recorded_at.plus(std::time::Duration::from_secs(100_000)),
            reason: Reason::known(Reason::LOGGED_OUT),
            random: fastrand::Rng::with_seed(7),
        })
    }

    /// The next record: half of them about sessions, a quarter about subjects, the rest about tokens and devices.
    pub fn next(&mut self) -> anyhow::Result<Record> {
        let random = &mut self.random;
        let (kind, key) = match random.u8(..8) {
            0..4 => (TargetKind::Session, self.issuer.of_id(TargetKind::Session, &id("ses_", random))),
            4..6 => {
                let subject = format!("usr_{:016x}", random.u64(..));
                (TargetKind::Subject, self.issuer.of_id(TargetKind::Subject, &subject))
            }
            6 => (TargetKind::Token, self.issuer.of_id(TargetKind::Token, &id("tok_", random))),
            _ => {
                let names = Names::random(random);
                (TargetKind::Device, self.issuer.of_device(&names.subject, &names.device))
            }
        };
        self.record(kind, key)
    }

    /// The next record, about a session that a token names.
    pub fn about_session(&mut self, session: &str) -> anyhow::Result<Record> {
        self.record(TargetKind::Session, self.issuer.of_id(TargetKind::Session, session))
    }

    /// The next record: it registers the session of a token.
    pub fn registering(&mut self, names: &Names) -> anyhow::Result<Record> {
        self.record(TargetKind::Registration, self.issuer.of_registration(&names.session, &names.subject))
    }

    /// The next record, about a claim that no token here carries.
    pub fn about_claim(&mut self) -> anyhow::Result<Record> {
        self.record(TargetKind::Claim, self.issuer.of_claim("tenant", "elsewhere"))
    }

    fn record(&mut self, kind: TargetKind, key: TargetKey) -> anyhow::Result<Record> {
        self.position += 1;
        Ok(Record {
            position: Position::new(self.position)?,
            recorded_at: self.recorded_at,
            retain_until: self.retain_until,
            issuer: self.issuer,
            kind,
            key,
            effect: Effect::End,
            spread: None,
            window: None,
            exception: None,
            undoes: None,
            reason: self.reason.clone(),
        })
    }
}

/// A state with entries, and which buckets they fall into.
pub struct Population {
    /// The state.
    pub state: RevocationState,
    /// Makes the entries that follow.
    pub records: Records,
    issuer: IssuerKey,
    touched: Vec<bool>,
}

impl Population {
    /// A state with `live` entries.
    pub fn new(live: usize, recorded_at: Timestamp) -> anyhow::Result<Self> {
        let state = RevocationState::new(LOG_KEY, Position::new(ORIGIN)?);
        let records = Records::new(recorded_at)?;
        let issuer = records.issuer;
        let mut population = Self { state, records, issuer, touched: vec![false; BUCKETS] };
        population.grow(live)?;
        Ok(population)
    }

    /// Applies `live` more entries.
    pub fn grow(&mut self, live: usize) -> anyhow::Result<()> {
        for _ in 0..live {
            let record = self.records.next()?;
            self.state.apply(&record)?;
            self.touched[usize::from(record.key.bucket())] = true;
        }
        Ok(())
    }

    /// Names whose buckets all hold an entry, so that no look-up of a token issued at [`ORIGIN`] is skipped.
    pub fn names(&self, random: &mut fastrand::Rng) -> Names {
        let mut names = Names::random(random);
        while !self.touches(self.issuer.of_id(TargetKind::Subject, &names.subject)) {
            names.subject = Names::random(random).subject;
        }
        while !self.touches(self.issuer.of_id(TargetKind::Session, &names.session)) {
            names.session = Names::random(random).session;
        }
        while !self.touches(self.issuer.of_id(TargetKind::Token, &names.token)) {
            names.token = Names::random(random).token;
        }
        while !self.touches(self.issuer.of_device(&names.subject, &names.device)) {
            names.device = Names::random(random).device;
        }
        names
    }

    fn touches(&self, key: TargetKey) -> bool {
        self.touched[usize::from(key.bucket())]
    }
}
