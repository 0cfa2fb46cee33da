//! As many connections as configured; a stop that breaks no running request.

use super::*;

#[tokio::test]
async fn a_handler_can_ask_for_the_peers_address() {
    let served = serve(unlimited(), None).await;
    let mut stream = served.connect().await;
    let own = stream.local_addr().unwrap().to_string();
    stream.write_all(b"GET /peer HTTP/1.1\r\nhost: quash\r\nconnection: close\r\n\r\n").await.unwrap();
    assert!(read_to_end(&mut stream).await.ends_with(&own));
}

#[tokio::test]
async fn connections_above_the_cap_wait_until_one_is_closed() {
    let served = serve(Limits { max_connections: 2, ..unlimited() }, None).await;
    let mut first = served.connect().await;
    let mut second = served.connect().await;
    exchange(&mut first).await;
    exchange(&mut second).await;

    let mut third = served.connect().await;
    third.write_all(GET).await.unwrap();
    let answered = timeout(Duration::from_millis(300), third.readable()).await;
    assert!(answered.is_err(), "nothing is answered while the cap is reached");
    exchange(&mut first).await;

    drop(second);
    let answer = timeout(SLACK, read_until(&mut third, "hello")).await.expect("a place is free");
    assert!(answer.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_drain_finishes_the_running_request_and_refuses_new_ones() {
    let served = serve(unlimited(), None).await;
    let mut running = served.connect().await;
    let mut idle = served.connect().await;
    let mut fresh = served.connect().await;
    exchange(&mut idle).await;
    running.write_all(b"GET /held HTTP/1.1\r\nhost: quash\r\n\r\n").await.unwrap();
    served.asked.notified().await;

    served.stop.stop();
    for stream in [&mut idle, &mut fresh] {
        timeout(SLACK, read_to_end(stream)).await.expect("a connection without a request is closed at once");
    }
    assert!(TcpStream::connect(served.address).await.is_err(), "the system refuses");
    assert!(!served.end.is_finished());

    served.release.notify_one();
    let answer = read_to_end(&mut running).await;
    assert!(answer.ends_with("released"), "{answer}");
    assert_eq!(served.end.await.unwrap(), Drained { abandoned: 0 });
}

#[tokio::test]
async fn who_waits_in_the_systems_queue_at_the_stop_is_answered_before_the_end() {
    let served = serve(unlimited(), None).await;
    exchange(&mut served.connect().await).await;
    // Without waiting: the listener, on this same thread, can not accept them before it hears of the stop.
    let waiting: Vec<_> = (0..5)
        .map(|_| {
            let mut stream = std::net::TcpStream::connect(served.address).unwrap();
            std::io::Write::write_all(&mut stream, GET).unwrap();
            stream
        })
        .collect();
    served.stop.stop();
    for stream in waiting {
        stream.set_nonblocking(true).unwrap();
        let mut stream = TcpStream::from_std(stream).unwrap();
        let answer = timeout(SLACK, read_to_end(&mut stream)).await.expect("answered, then closed");
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("hello"), "{answer:?}");
    }
    assert_eq!(served.end.await.unwrap(), Drained { abandoned: 0 });
    assert!(TcpStream::connect(served.address).await.is_err(), "the system refuses");
}

#[tokio::test]
async fn who_waits_in_the_queue_and_says_nothing_holds_no_stop_up() {
    let served = serve(unlimited(), None).await;
    exchange(&mut served.connect().await).await;
    let silent = std::net::TcpStream::connect(served.address).unwrap();
    served.stop.stop();
    let end = timeout(SLACK, served.end).await.expect("it is closed without a request");
    assert_eq!(end.unwrap(), Drained { abandoned: 0 });
    drop(silent);
}

#[tokio::test]
async fn a_request_that_outlasts_the_drain_is_cut_at_its_deadline() {
    let limit = Duration::from_millis(300);
    let served = serve(Limits { drain_timeout: limit, ..unlimited() }, None).await;
    let mut running = served.connect().await;
    running.write_all(b"GET /held HTTP/1.1\r\nhost: quash\r\n\r\n").await.unwrap();
    served.asked.notified().await;
    let since = Instant::now();
    served.stop.stop();
    assert_eq!(served.end.await.unwrap(), Drained { abandoned: 1 });
    closed_after(&mut running, since, limit).await;
}
