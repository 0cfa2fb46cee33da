//! How clients prove themselves (RFC 6749 section 2.3), the same at every OAuth endpoint.

use crate::house::{House, SHOP_SECRET};

const GRANT: (&str, &str) = ("grant_type", "client_credentials");

#[tokio::test]
async fn a_secret_is_taken_from_the_header_or_from_the_body() {
    let house = House::new().await;
    assert_eq!(house.post("/oauth/token").shop().form(&[GRANT]).send().await.status, 200);
    let posted = [GRANT, ("client_id", "shop"), ("client_secret", SHOP_SECRET)];
    assert_eq!(house.post("/oauth/token").form(&posted).send().await.status, 200);
    let named = [GRANT, ("client_id", "shop")];
    assert_eq!(
        house.post("/oauth/token").shop().form(&named).send().await.status,
        200,
        "the same name twice"
    );
}

#[tokio::test]
async fn two_ways_at_once_are_refused() {
    // RFC 6749 section 2.3
    let house = House::new().await;
    let both = [GRANT, ("client_id", "shop"), ("client_secret", SHOP_SECRET)];
    for form in [&both[..], &[GRANT, ("client_secret", SHOP_SECRET)], &[GRANT, ("client_id", "web")]] {
        let reply = house.post("/oauth/token").shop().form(form).send().await;
        assert_eq!((reply.status, reply.oauth_error().as_str()), (400, "invalid_request"), "{form:?}");
    }
}

#[tokio::test]
async fn whoever_does_not_prove_itself_is_refused_alike_everywhere() {
    let house = House::new().await;
    let posts: [&[(&str, &str)]; 5] = [
        &[GRANT],
        &[GRANT, ("client_id", "nobody")],
        &[GRANT, ("client_id", "shop")],
        &[GRANT, ("client_id", "shop"), ("client_secret", "wrong")],
        &[GRANT, ("client_id", "web"), ("client_secret", SHOP_SECRET)],
    ];
    for path in ["/oauth/token", "/oauth/revoke", "/oauth/introspect"] {
        let mut texts = Vec::new();
        for form in posts {
            let reply = house.post(path).form(form).send().await;
            assert_eq!(
                (reply.status, reply.oauth_error().as_str()),
                (401, "invalid_client"),
                "{path} {form:?}"
            );
            assert_eq!(reply.header("www-authenticate"), "", "only whoever came by the header is challenged");
            texts.push(reply.text().to_owned());
        }
        for (id, secret) in [("shop", "wrong"), ("nobody", "x"), ("web", "x")] {
            let reply = house.post(path).basic(id, secret).form(&[GRANT]).send().await;
            assert_eq!((reply.status, reply.oauth_error().as_str()), (401, "invalid_client"), "{path} {id}");
            assert_eq!(reply.header("www-authenticate"), r#"Basic realm="quash", charset="UTF-8""#);
            texts.push(reply.text().to_owned());
        }
        texts.dedup();
        assert_eq!(texts.len(), 1, "an unknown client and a wrong secret look alike");
    }
}
