//! `GET /metrics`

use std::time::Duration;

use quash_authority::testing::WhenToFail;
use quash_core::revocation::freshness::{Freshness, StalePolicy};
use serde_json::json;

use crate::house::{House, text};

async fn page(house: &House) -> String {
    let reply = house.get("/metrics").admin().send().await;
    assert_eq!(reply.status, 200);
    assert!(reply.header("content-type").starts_with("application/openmetrics-text; version=1.0.0"));
    reply.text().to_owned()
}

fn assert_line(page: &str, line: &str) {
    assert!(page.lines().any(|held| held == line), "`{line}` is not in:\n{page}");
}

#[tokio::test]
async fn what_happened_is_counted() {
    let house = House::new().await;
    let tokens = house.sign_in("alice").await;
    let token = text(&tokens["access_token"]);
    for _ in 0..3 {
        house.check(&token).await;
    }
    house.get("/auth/check?scope=admin").bearer(&token).send().await;
    house.get("/auth/check").send().await;
    house.check("nonsense").await;
    let stale = Freshness::Stale { age: Duration::from_secs(11), policy: StalePolicy::Allow };
    let before = std::mem::replace(&mut *house.freshness.lock().unwrap(), stale);
    house.check(&token).await;
    *house.freshness.lock().unwrap() = before;
    house.revoke(json!({ "target": { "type": "subject", "id": "alice" }, "reason": "banned" })).await;
    house.check(&token).await;
    let refresh = text(&tokens["refresh_token"]);
    let form = [("grant_type", "refresh_token"), ("client_id", "web"), ("refresh_token", refresh.as_str())];
    house.post("/oauth/token").form(&form).send().await;
    house.store.fail(WhenToFail::Always);
    house.get("/v1/head").admin().send().await;

    let page = page(&house).await;
    for line in [
        r#"quash_auth_checks_total{outcome="accepted"} 4"#,
        r#"quash_auth_checks_total{outcome="insufficient_scope"} 1"#,
        r#"quash_auth_checks_total{outcome="no_token"} 1"#,
        r#"quash_auth_checks_total{outcome="rejected"} 2"#,
        r#"quash_verifier_checks_total{way="first"} 1"#,
        r#"quash_verifier_checks_total{way="shortcut"} 4"#,
        "quash_verifier_allowed_stale_total 1",
        r#"quash_verifier_rejections_total{reason="banned"} 1"#,
        r#"quash_verifier_rejections_total{reason="not_compact"} 1"#,
        r#"quash_refreshes_total{outcome="refused"} 1"#,
        "quash_sessions_opened_total 1",
        "quash_revocations_total 1",
        "quash_store_errors_total 1",
        "quash_verifier_live_entries 1.0",
        "quash_verifier_cached_tokens 1.0",
        "# EOF",
    ] {
        assert_line(&page, line);
    }
    let mut families: Vec<&str> = page.lines().filter(|line| line.starts_with("# TYPE ")).collect();
    let told = families.len();
    families.sort_unstable();
    families.dedup();
    assert_eq!(families.len(), told, "OpenMetrics: a metric family is told of once:\n{page}");
    assert_line(
        &page,
        &format!("quash_verifier_watermark {:.1}", house.verifier.watermark().number() as f64),
    );
}
