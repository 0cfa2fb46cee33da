//! Search for sessions (S31), against a model that looks at every session there is.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use quash_core::ids::{ClientId, DeviceId, SessionId, TokenId};
use quash_core::revocation::target::Target;
use quash_core::session::session::Session;
use quash_core::time::Timestamp;

use super::sample::{IDLE, about, act, append, at, entry, grant, open, renewed, sign_in, signed_in, subject};
use crate::ports::{Cursor, Filter, Join, Listed, NewSession, PageRequest, StateFilter, Store};

/// Numbers that look random and follow from a seed.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn one_of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        let place = self.below(words.len() as u64);
        words[usize::try_from(place).unwrap()]
    }
}

const SUBJECTS: [&str; 4] = ["alice", "bob", "carol", "a"];
const DEVICES: [&str; 4] = ["phone", "phone2", "tv", "car"];
const CLIENTS: [&str; 3] = ["web", "app", "ap"];
const PLACES: [&str; 4] = ["Vienna, AT", "vienna, at", "Wien", "ÅRHUS"];
const ADDRESSES: [&str; 7] = [
    "192.0.2.1",
    "192.0.2.255",
    "192.0.3.0",
    "::ffff:192.0.2.1",
    "2001:db8::1",
    "2001:db8:1::",
    "no address",
];
const RANGES: [&str; 6] =
    ["192.0.2.1", "192.0.2.0/24", "192.0.2.0/23", "2001:db8::/48", "0.0.0.0/0", "198.51.100.0/24"];

fn any_session(numbers: &mut Numbers, now: Timestamp) -> NewSession {
    let mut new = sign_in(numbers.one_of(&SUBJECTS), now);
    new.session.device.id = DeviceId::new(numbers.one_of(&DEVICES)).unwrap();
    new.grant.client = ClientId::new(numbers.one_of(&CLIENTS)).unwrap();
    new.session.ip = (numbers.below(4) > 0).then(|| numbers.one_of(&ADDRESSES).into());
    new.session.place = (numbers.below(3) > 0).then(|| numbers.one_of(&PLACES).into());
    new.session.idle_limit = Duration::from_secs(9_000);
    new
}

fn any_filter(numbers: &mut Numbers, tokens: &[TokenId]) -> Filter {
    let mut chosen = |one_in: u64| numbers.below(one_in) == 0;
    let said: Vec<bool> = [12, 3, 3, 3, 3, 3, 4, 4].map(&mut chosen).to_vec();
    let mut time = || at(numbers.below(20_000));
    let (from, before) = (time(), time());
    let state = [StateFilter::Any, StateFilter::Active, StateFilter::Ended]
        [usize::try_from(numbers.below(3)).unwrap()];
    Filter {
        token: said[0].then(|| tokens[usize::try_from(numbers.below(tokens.len() as u64)).unwrap()].clone()),
        subject: said[1].then(|| subject(numbers.one_of(&SUBJECTS))),
        device: said[2].then(|| DeviceId::new(numbers.one_of(&DEVICES)).unwrap()),
        ip: said[3].then(|| numbers.one_of(&RANGES).parse().unwrap()),
        place: said[4].then(|| numbers.one_of(&["VIENNA, AT", "wien", "århus", "Vienna"]).into()),
        client: said[5].then(|| ClientId::new(numbers.one_of(&CLIENTS)).unwrap()),
        last_used_from: said[6].then_some(from),
        last_used_before: said[7].then_some(before),
        state,
    }
}

/// The rules, written a second time: over the whole list, and without any index.
fn fits(filter: &Filter, listed: &Listed, now: Timestamp) -> bool {
    let session = &listed.session;
    let ended = session.over(now).is_some() || listed.cut_by.is_some();
    let address = session.ip.as_ref().and_then(|ip| ip.parse::<IpAddr>().ok()).map(|ip| ip.to_canonical());
    let token = |token: &TokenId| token.as_str().get(14..30) == session.id.as_str().get(4..20);
    filter.token.as_ref().is_none_or(token)
        && filter.subject.as_ref().is_none_or(|subject| *subject == session.subject)
        && filter.device.as_ref().is_none_or(|device| *device == session.device.id)
        && filter.client.as_ref().is_none_or(|client| listed.clients.contains(client))
        && filter.ip.is_none_or(|range| address.is_some_and(|address| range.contains(address)))
        && filter.place.as_ref().is_none_or(|place| {
            session.place.as_ref().is_some_and(|own| own.to_lowercase() == place.to_lowercase())
        })
        && filter.last_used_from.is_none_or(|from| session.last_used_at >= from)
        && filter.last_used_before.is_none_or(|before| session.last_used_at < before)
        && match filter.state {
            StateFilter::Any => true,
            StateFilter::Active => !ended,
            StateFilter::Ended => ended,
        }
}

/// Every page, with what `between` does between them.
async fn pages(
    store: &Arc<dyn Store>,
    filter: &Filter,
    limit: usize,
    now: Timestamp,
    mut between: impl AsyncFnMut(),
) -> Vec<Listed> {
    let (mut found, mut after): (Vec<Listed>, Option<Cursor>) = (Vec::new(), None);
    loop {
        let page = store.sessions(filter, &PageRequest { after, limit, now }).await.unwrap();
        assert!(page.items.len() <= limit);
        found.extend(page.items);
        after = page.next;
        if after.is_none() {
            return found;
        }
        between().await;
    }
}

async fn found(store: &Arc<dyn Store>, filter: &Filter, limit: usize, now: Timestamp) -> Vec<SessionId> {
    pages(store, filter, limit, now, async || ()).await.into_iter().map(|listed| listed.session.id).collect()
}

/// Sessions of every kind: used at different times, joined by other clients, ended, cut off, run out.
async fn fill(store: &Arc<dyn Store>, numbers: &mut Numbers, count: u64) -> Vec<Session> {
    let mut sessions = Vec::new();
    for second in 0..count {
        let (session, own) = open(store, any_session(numbers, at(second * 20))).await;
        if numbers.below(3) == 0 {
            renewed(store, &own, 0, at(second * 20 + numbers.below(8_000))).await;
        }
        if numbers.below(5) == 0 {
            let joins = grant(&session.id, numbers.one_of(&CLIENTS), at(second * 20));
            store.join(Join { grant: joins, limit: None, act: act(at(second * 20)) }).await.unwrap();
        }
        if numbers.below(6) == 0 {
            append(store, entry(Target::Session(session.id.clone()), at(second * 20))).await;
        }
        if second == count / 3 {
            append(store, about("bob", at(second * 20))).await;
        }
        sessions.push(session);
    }
    sessions
}

/// S31: whatever is searched for, the pages are what a look at every session finds, in order, each once.
pub async fn every_search_finds_what_a_look_at_all_sessions_finds(store: Arc<dyn Store>) {
    let mut numbers = Numbers(31);
    let sessions = fill(&store, &mut numbers, 160).await;
    let tokens: Vec<TokenId> =
        sessions.iter().map(|session| TokenId::mint_in(&session.id, at(1), [7; 16])).collect();
    let now = at(8_000);
    let all = pages(&store, &Filter::default(), 50, now, async || ()).await;
    assert_eq!(all.len(), sessions.len());
    let mut hits = 0;
    for _ in 0..300 {
        let filter = any_filter(&mut numbers, &tokens);
        let limit = [1, 3, 50, 200][usize::try_from(numbers.below(4)).unwrap()];
        let expected: Vec<SessionId> = all
            .iter()
            .filter(|listed| fits(&filter, listed, now))
            .map(|listed| listed.session.id.clone())
            .collect();
        let mut found = found(&store, &filter, limit, now).await;
        let by_time = filter.last_used_from.is_some() || filter.last_used_before.is_some();
        let unordered = filter.ip.is_some() || by_time;
        if unordered {
            found.sort_unstable_by(|one, other| other.cmp(one));
        }
        hits += expected.len();
        assert_eq!(found, expected, "{filter:?}");
    }
    assert!(hits > 500, "{hits}: searches that find nothing prove nothing");
}

/// S31: sessions that are opened, ended and forgotten between two pages move nobody else.
pub async fn who_is_there_all_the_time_is_on_exactly_one_page(store: Arc<dyn Store>) {
    let filters = [
        Filter::default(),
        Filter { subject: Some(subject("alice")), ..Filter::default() },
        Filter { device: Some(DeviceId::new("phone").unwrap()), ..Filter::default() },
        Filter { client: Some(ClientId::new("web").unwrap()), ..Filter::default() },
        Filter { ip: Some("192.0.2.0/24".parse().unwrap()), ..Filter::default() },
        Filter { place: Some("Vienna, AT".into()), ..Filter::default() },
        Filter { last_used_from: Some(at(0)), ..Filter::default() },
    ];
    let of = |place: u64, life: u64, now| {
        let mut new = sign_in("alice", now);
        new.session.ip = Some(format!("192.0.2.{}", place % 5).into());
        new.session.place = Some("Vienna, AT".into());
        new.session.idle_limit = Duration::from_secs(life);
        new.session.absolute_end = now.plus(Duration::from_secs(life));
        new
    };
    let mut now = 0;
    for filter in filters {
        let (mut stay, mut go) = (BTreeSet::new(), 0);
        for place in 0..24 {
            now += 500;
            let life = if place % 3 == 0 { 10 } else { 10_000_000 };
            let (session, _) = open(&store, of(place, life, at(now))).await;
            if life > 10 {
                stay.insert(session.id);
            } else {
                go += 1;
            }
        }
        let (turns, started) = (std::cell::Cell::new(0), now);
        let listed = pages(&store, &filter, 4, at(started), async || {
            turns.set(turns.get() + 1);
            let turn = turns.get();
            open(&store, of(turn, 10_000_000, at(started + turn))).await;
            if turn == 2 {
                // All that were to go are gone.
                store.purge(at(started + 10), Duration::ZERO).await.unwrap();
            }
        })
        .await;
        now = started + 400;
        assert!(turns.get() > 2 && go > 0, "{filter:?}");
        let mut seen: BTreeMap<SessionId, usize> = BTreeMap::new();
        for listed in listed {
            *seen.entry(listed.session.id).or_default() += 1;
        }
        assert!(stay.iter().all(|id| seen.get(id) == Some(&1)), "{filter:?}");
        assert!(seen.values().all(|times| *times == 1), "{filter:?}");
    }
}

/// S31: by last use alone, those unused for longest come first, by the hour; one that is used meanwhile is not skipped.
pub async fn a_search_by_last_use_starts_with_those_unused_for_longest(store: Arc<dyn Store>) {
    let hour = 3_600;
    let mut opened = Vec::new();
    for hours in [5, 1, 3, 0] {
        let mut new = sign_in("alice", at(hours * hour));
        new.session.idle_limit = Duration::from_secs(1_000_000);
        new.session.absolute_end = at(1_000_000);
        opened.push(open(&store, new).await);
    }
    let [fifth, first, third, none] = [0, 1, 2, 3].map(|place: usize| opened[place].0.id.clone());
    let now = at(6 * hour);
    let all = Filter { last_used_from: Some(at(0)), ..Filter::default() };
    assert_eq!(
        found(&store, &all, 2, now).await,
        [none.clone(), first.clone(), third.clone(), fifth.clone()]
    );
    // Both bounds: the first belongs to it, the second does not, to the millisecond.
    let within = |from: u64, before: u64| Filter {
        last_used_from: Some(Timestamp::from_milliseconds(from)),
        last_used_before: Some(Timestamp::from_milliseconds(before)),
        ..Filter::default()
    };
    let used = at(hour).milliseconds();
    assert_eq!(found(&store, &within(used, used + 1), 9, now).await, std::slice::from_ref(&first));
    assert_eq!(found(&store, &within(used + 1, used + 2), 9, now).await, []);
    assert_eq!(found(&store, &within(used - 1, used), 9, now).await, []);
    // The one used first is used again between two pages: it moves to the end.
    let (store_, grant) = (Arc::clone(&store), opened[1].1.clone());
    let used = std::cell::Cell::new(false);
    let listed = pages(&store, &all, 1, now, async || {
        if !used.replace(true) {
            renewed(&store_, &grant, 0, at(6 * hour)).await;
        }
    })
    .await;
    let ids: Vec<SessionId> = listed.into_iter().map(|listed| listed.session.id).collect();
    assert_eq!(ids, [none, third, fifth, first]);
}

/// S31: the time of a call does not grow with what it does not find.
pub async fn a_search_that_finds_little_is_cut_short_and_goes_on(store: Arc<dyn Store>) {
    const SESSIONS: usize = 4_100;
    let mut opening = tokio::task::JoinSet::new();
    for place in 0..SESSIONS {
        let mut new = sign_in("alice", at(place as u64));
        new.session.idle_limit = Duration::from_secs(1_000_000);
        new.session.absolute_end = at(1_000_000);
        // The oldest alone is at this address.
        new.session.ip = Some(if place == 0 { "192.0.2.9" } else { "192.0.2.1" }.into());
        let store = Arc::clone(&store);
        opening.spawn(async move { open(&store, new).await.0 });
    }
    let sessions = opening.join_all().await;
    assert_eq!(sessions.len(), SESSIONS);
    let filter = Filter {
        subject: Some(subject("alice")),
        ip: Some("192.0.2.9".parse().unwrap()),
        ..Filter::default()
    };
    let (mut after, mut lengths) = (None, Vec::new());
    loop {
        let page = store.sessions(&filter, &PageRequest { after, limit: 10, now: at(1) }).await.unwrap();
        lengths.push(page.items.len());
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(lengths, [0, 0, 1], "2,000 rows a call");
}

/// S31: a place that belongs to another search shows nothing that this one does not look for.
pub async fn a_cursor_from_elsewhere_shows_nobody_else(store: Arc<dyn Store>) {
    for who in ["alice", "bob", "carol"] {
        signed_in(&store, who, at(0)).await;
    }
    let bob = Filter { subject: Some(subject("bob")), ..Filter::default() };
    let old = Filter { last_used_from: Some(at(0)), ..Filter::default() };
    for bytes in [&b"\x00"[..], b"carol\0ses_zzz", b"alice\0ses_zzz", b"ses_zzz", b"\xff\xff", b"\x05"] {
        for filter in [&bob, &old] {
            let request = PageRequest { after: Some(Cursor::new(bytes)), limit: 10, now: at(1) };
            let page = store.sessions(filter, &request).await.unwrap();
            assert!(page.items.iter().all(|listed| fits(filter, listed, at(1))), "{bytes:?}");
        }
    }
}

/// S31: gone is gone, by whatever it was searched.
pub async fn what_is_purged_is_found_by_nothing(store: Arc<dyn Store>) {
    let mut numbers = Numbers(7);
    let sessions = fill(&store, &mut numbers, 40).await;
    let token = TokenId::mint_in(&sessions[0].id, at(1), [7; 16]);
    let end = at(100_000).plus(IDLE);
    while store.purge(end, Duration::ZERO).await.unwrap().sessions > 0 {}
    for _ in 0..100 {
        let filter = any_filter(&mut numbers, std::slice::from_ref(&token));
        assert_eq!(found(&store, &filter, 10, end).await, [], "{filter:?}");
    }
}
