//! Settings that can not work.

use std::time::Duration;

use quash_authority::Settings;
use quash_authority::settings::{Allowed, ClientProfile, GrantType, Lifetimes, SessionLimits};
use quash_core::revocation::decide::TimeRules;
use quash_jose::Algorithm;

use crate::scene::{client_id, settings};

fn fields(change: impl FnOnce(&mut Settings)) -> Vec<String> {
    let mut settings = settings();
    change(&mut settings);
    settings.problems().into_iter().map(|problem| problem.field).collect()
}

#[test]
fn every_problem_is_named_by_its_field() {
    let lifetimes = |access, idle, absolute| Lifetimes {
        access: Duration::from_millis(access),
        idle: Duration::from_secs(idle),
        absolute: Duration::from_secs(absolute),
    };
    let day = 86_400;
    assert_eq!(fields(|s| s.algorithm = Algorithm::Hs256), ["algorithm"]);
    assert_eq!(fields(|s| s.refresh_grace = Duration::from_secs(14 * day)), ["refresh_grace"]);
    assert_eq!(
        fields(|s| s.clients[0].lifetimes = Some(lifetimes(1_500, 10, 10))),
        ["clients.web.lifetimes.access"]
    );
    assert_eq!(
        fields(|s| s.clients[0].lifetimes = Some(lifetimes(0, 10, 10))),
        ["clients.web.lifetimes.access"]
    );
    let long = lifetimes((day + 1) * 1_000, 10, 10);
    assert_eq!(fields(|s| s.clients[0].lifetimes = Some(long)), ["clients.web.lifetimes.access"]);
    let crossed = lifetimes(1_000, 11, 10);
    assert_eq!(fields(|s| s.clients[0].lifetimes = Some(crossed)), ["clients.web.lifetimes.absolute"]);
    let narrow = SessionLimits { idle: Duration::from_secs(1), absolute: Duration::from_secs(90 * day) };
    assert_eq!(fields(|s| s.clients[0].longest = Some(narrow)), ["clients.web.longest"]);
    let twice = ClientProfile::public(client_id("web"), "a");
    assert_eq!(fields(|s| s.clients.push(twice)), ["clients.web"]);
    let machine = GrantType::ClientCredentials;
    assert_eq!(fields(|s| s.clients[0].grant_types.extend([machine])), ["clients.web.grant_types"]);
    assert_eq!(fields(|s| s.clients[2].scopes = Allowed::NONE), ["clients.job.default_scope"]);
    let own = settings().issuer;
    assert_eq!(fields(|s| s.foreign_issuers.extend([(own, TimeRules::default())])), ["foreign_issuers"]);
}

#[test]
fn the_horizons_cover_every_client_and_every_sign_in_that_may_ask_for_more() {
    let mut settings = settings();
    let hour = Duration::from_secs(3600);
    let year = Duration::from_secs(366 * 86_400);
    settings.clients[0].lifetimes = Some(Lifetimes { access: hour, ..Lifetimes::default() });
    settings.clients[1].longest = Some(SessionLimits { idle: year, absolute: year });
    let horizons = settings.horizons();
    assert_eq!((horizons.access_token, horizons.session), (hour, year));
    assert_eq!(settings.own_time_rules(horizons).longest_life, hour);
}
