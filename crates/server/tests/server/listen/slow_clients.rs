//! A client that is slow, on purpose or not, does not keep its connection.

use super::*;

const LIMIT: Duration = Duration::from_millis(300);

#[tokio::test]
async fn a_client_that_sends_nothing_is_cut() {
    let served = serve(Limits { first_byte_timeout: LIMIT, ..unlimited() }, None).await;
    let since = Instant::now();
    let mut stream = served.connect().await;
    assert_eq!(closed_after(&mut stream, since, LIMIT).await, "");
}

#[tokio::test]
async fn a_client_that_sends_one_byte_is_cut() {
    let limits = Limits { first_byte_timeout: NEVER, header_timeout: LIMIT, ..unlimited() };
    let served = serve(limits, None).await;
    let since = Instant::now();
    let mut stream = served.connect().await;
    stream.write_all(b"G").await.unwrap();
    closed_after(&mut stream, since, LIMIT).await;
}

#[tokio::test]
async fn a_client_that_trickles_half_a_header_is_cut_however_often_it_sends() {
    let served = serve(Limits { header_timeout: LIMIT, ..unlimited() }, None).await;
    let since = Instant::now();
    let (mut reader, mut writer) = served.connect().await.into_split();
    let trickle = tokio::spawn(async move {
        let _ = writer.write_all(b"GET / HTTP/1.1\r\nhost: quash\r\nx: ").await;
        while writer.write_all(b"a").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let mut bytes = Vec::new();
    let read = timeout(LIMIT + SLACK, reader.read_to_end(&mut bytes)).await;
    assert!(read.is_ok(), "the connection is cut in time");
    assert!(since.elapsed() >= LIMIT);
    trickle.abort();
}

#[tokio::test]
async fn a_connection_without_a_next_request_is_closed_and_one_with_is_not() {
    let served = serve(Limits { idle_timeout: LIMIT, ..unlimited() }, None).await;
    let mut stream = served.connect().await;
    for _ in 0..4 {
        exchange(&mut stream).await;
        tokio::time::sleep(LIMIT / 3).await;
    }
    let since = Instant::now();
    exchange(&mut stream).await;
    closed_after(&mut stream, since, LIMIT).await;
}

#[tokio::test]
async fn a_second_request_must_complete_its_header_in_time_too() {
    let served = serve(Limits { header_timeout: LIMIT, ..unlimited() }, None).await;
    let mut stream = served.connect().await;
    exchange(&mut stream).await;
    let since = Instant::now();
    stream.write_all(b"GET / HT").await.unwrap();
    closed_after(&mut stream, since, LIMIT).await;
}

#[tokio::test]
async fn a_request_that_is_not_answered_in_time_ends_its_connection() {
    let served = serve(Limits { request_timeout: LIMIT, ..unlimited() }, None).await;
    let mut stream = served.connect().await;
    let since = Instant::now();
    stream.write_all(b"GET /held HTTP/1.1\r\nhost: quash\r\n\r\n").await.unwrap();
    closed_after(&mut stream, since, LIMIT).await;
}

#[tokio::test]
async fn a_client_that_takes_nothing_of_its_answer_is_cut() {
    let served = serve(Limits { write_timeout: LIMIT, max_connections: 1, ..unlimited() }, None).await;
    let mut stream = served.connect().await;
    stream.write_all(b"GET /large HTTP/1.1\r\nhost: quash\r\n\r\n").await.unwrap();
    // The only place becomes free although the first client neither reads nor closes.
    let mut second = served.connect().await;
    let answered = timeout(LIMIT + SLACK, exchange(&mut second)).await;
    assert!(answered.is_ok(), "the stalled client is cut in time");
    drop(stream);
}

#[tokio::test]
async fn an_http2_client_that_sends_only_its_preface_is_cut() {
    let served = serve(Limits { header_timeout: LIMIT, ..unlimited() }, None).await;
    let since = Instant::now();
    let mut stream = served.connect().await;
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    closed_after(&mut stream, since, LIMIT).await;
}

#[tokio::test]
async fn an_idle_http2_connection_is_closed_after_its_last_answer() {
    let served = serve(Limits { idle_timeout: LIMIT, ..unlimited() }, None).await;
    let io = hyper_util::rt::TokioIo::new(served.connect().await);
    let executor = hyper_util::rt::TokioExecutor::new();
    let (mut sender, connection) = hyper::client::conn::http2::handshake(executor, io).await.unwrap();
    let connection = tokio::spawn(connection);
    for _ in 0..3 {
        let request = http::Request::get("http://quash/").body(String::new()).unwrap();
        assert!(sender.send_request(request).await.unwrap().status().is_success());
    }
    let closed = timeout(LIMIT + SLACK, connection).await;
    assert!(closed.is_ok(), "the connection is closed in time");
}
