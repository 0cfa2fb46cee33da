//! How much header a request may have: a gateway passes all of its client's to `/auth/check`.

use super::*;

/// What a request with `count` fields, `host` and `connection` among them, is answered.
async fn answer(count: usize, value: &str) -> String {
    let served = serve(unlimited(), None).await;
    let mut stream = served.connect().await;
    let fields: Vec<_> = (2..count).map(|number| format!("x-{number}: {value}\r\n")).collect();
    let fields = fields.concat();
    let request = format!("GET / HTTP/1.1\r\nhost: quash\r\nconnection: close\r\n{fields}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    timeout(SLACK, read_to_end(&mut stream)).await.expect("it is answered and closed")
}

#[tokio::test]
async fn as_many_fields_as_a_gateway_may_pass_on_are_taken_and_not_one_more() {
    assert!(answer(128, "a").await.starts_with("HTTP/1.1 200"));
    assert!(answer(129, "a").await.starts_with("HTTP/1.1 431"));
}

#[tokio::test]
async fn few_fields_that_are_large_together_are_refused_all_the_same() {
    // 32 fields of 512 bytes are within 32 KiB, 100 of them are not.
    assert!(answer(32, &"a".repeat(512)).await.starts_with("HTTP/1.1 200"));
    assert!(!answer(100, &"a".repeat(512)).await.starts_with("HTTP/1.1 200"));
}
