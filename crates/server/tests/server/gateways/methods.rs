//! Whatever the method is: asked about, and handed on with its body as it was.

use super::client::Request;
use super::house::House;

/// TRACE is left out: nginx refuses it always. So is CONNECT, which is for proxies.
const REGISTERED: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"];

/// Longer than any buffer on the way, every byte in it, line ends included.
fn body() -> Vec<u8> {
    (0..=u8::MAX).cycle().take(300_000).collect()
}

pub(super) fn pass_with_their_bodies(house: &House) {
    let token = house.answerer.good_token();
    let own = house.kind.own_methods.then_some("X-OWN");
    for method in REGISTERED.into_iter().chain(own) {
        let seen = house.passed(Request::new(method, "/orders").bearer(&token));
        assert_eq!((seen.method.as_str(), seen.body.len()), (method, 0));
        assert_eq!(house.refused(Request::new(method, "/orders")).status, 401, "{method}");
    }
    let body = body();
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        let seen = house.passed(Request::new(method, "/orders").bearer(&token).body(&body));
        assert_eq!(seen.method, method);
        assert!(seen.body == body, "{method}: {} of {} bytes", seen.body.len(), body.len());
        assert_eq!(house.refused(Request::new(method, "/orders").body(b"{}")).status, 401, "{method}");
    }
    let seen = house.passed(Request::new("POST", "/orders").bearer(&token).chunked(&body, &[]));
    assert!(seen.body == body, "chunked: {} of {} bytes", seen.body.len(), body.len());
}
