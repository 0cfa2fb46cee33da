//! attack rows 28 and 29: a URL in the configuration is no way into our own network.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::Redirect;
use axum::routing::get;
use futures_util::stream;
use quash_server::config::names::HttpUrl;
use quash_server::config::tls::TlsConfig;
use quash_server::config::value::Value;
use quash_server::fetch::addresses::Reach;
use quash_server::fetch::error::FetchError;
use quash_server::fetch::{Addresses, Fetcher, LARGEST, Resolve};
use quash_server::listen::accept::Listener;
use quash_server::listen::limits::Limits;
use quash_server::listen::stop::{StopHandle, stop};
use quash_server::listen::tls::Tls;

const SHORT: Duration = Duration::from_millis(300);
const LONG: Duration = Duration::from_secs(60);

/// Somebody else's server, and how often it was asked.
struct Other {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
    _stop: StopHandle,
}

async fn other(tls: Option<Arc<Tls>>) -> Other {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let endless = || Body::from_stream(stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b'x'; 1024])));
    let stuck = || Body::from_stream(stream::pending::<Result<Vec<u8>, std::io::Error>>());
    let router = Router::new()
        .route("/jwks", get(|| async { "the document" }))
        .route("/moved", get(|| async { Redirect::temporary("/jwks") }))
        .route("/largest", get(|| async { vec![b'x'; LARGEST] }))
        .route("/larger", get(|| async { vec![b'x'; LARGEST + 1] }))
        .route("/endless", get(move || async move { endless() }))
        .route("/stuck", get(move || async move { stuck() }))
        .layer(axum::middleware::map_request(move |request: axum::extract::Request| {
            count.fetch_add(1, Ordering::SeqCst);
            std::future::ready(request)
        }));
    let limits = Limits {
        max_connections: 10,
        first_byte_timeout: LONG,
        header_timeout: LONG,
        idle_timeout: LONG,
        request_timeout: LONG,
        write_timeout: LONG,
        drain_timeout: LONG,
    };
    let listener = Listener::bind(([127, 0, 0, 1], 0).into(), tls, limits).await.unwrap();
    let address = listener.address().unwrap();
    let (handle, wish) = stop();
    tokio::spawn(listener.serve(router, wish));
    Other { address, asked, _stop: handle }
}

impl Other {
    fn url(&self, path: &str) -> HttpUrl {
        url(&format!("http://{}{path}", self.address))
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn url(text: &str) -> HttpUrl {
    HttpUrl::from_text(text).unwrap()
}

fn fetcher(reach: Reach) -> Fetcher {
    Fetcher::new(reach, None).unwrap()
}

/// Every name has these addresses; counts how often somebody asks.
fn names(addresses: Vec<SocketAddr>) -> (Box<Resolve>, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let resolve = Box::new(move |_: String, _: u16| {
        count.fetch_add(1, Ordering::SeqCst);
        let found: Addresses = Ok(addresses.clone());
        Box::pin(async { found }) as _
    });
    (resolve, asked)
}

#[tokio::test]
async fn a_document_is_fetched_from_an_allowed_address() {
    let other = other(None).await;
    let fetched = fetcher(Reach::Private).fetch(&other.url("/jwks")).await.unwrap();
    assert_eq!(fetched, "the document");
}

#[tokio::test]
async fn a_private_address_is_refused_before_anything_is_sent() {
    let other = other(None).await;
    let port = other.address.port();
    let public = fetcher(Reach::Public);
    for host in ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "10.0.0.1", "169.254.169.254", "0.0.0.0"] {
        let refused = public.fetch(&url(&format!("https://{host}:{port}/jwks"))).await;
        assert!(matches!(refused, Err(FetchError::Forbidden(_))), "{host}: {refused:?}");
    }
    // Short spellings of 127.0.0.1 that the system's resolver understands.
    for host in ["127.1", "2130706433", "0x7f.1", "localhost"] {
        let refused = public.fetch(&url(&format!("https://{host}:{port}/jwks"))).await;
        assert!(
            matches!(refused, Err(FetchError::Forbidden(_) | FetchError::NoAddress(_))),
            "{host}: {refused:?}"
        );
    }
    assert_eq!(other.asked(), 0);
}

#[tokio::test]
async fn a_name_with_one_private_address_among_public_ones_is_refused() {
    let addresses = vec!["8.8.8.8:443".parse().unwrap(), "10.0.0.1:443".parse().unwrap()];
    let (resolve, _) = names(addresses);
    let refused = fetcher(Reach::Public).resolving(resolve).fetch(&url("https://keys.example/")).await;
    assert!(matches!(refused, Err(FetchError::Forbidden(address)) if address.to_string() == "10.0.0.1"));
}

#[tokio::test]
async fn a_name_is_resolved_once_so_that_it_can_not_change_between_check_and_connection() {
    let other = other(None).await;
    let (resolve, asked) = names(vec![other.address]);
    let fetcher = fetcher(Reach::Private).resolving(resolve);
    fetcher.fetch(&url("http://keys.example/jwks")).await.unwrap();
    assert_eq!((asked.load(Ordering::SeqCst), other.asked()), (1, 1));
}

#[tokio::test]
async fn plain_http_is_spoken_with_loopback_only_and_only_when_allowed() {
    let (resolve, _) = names(vec!["8.8.8.8:80".parse().unwrap()]);
    let public = fetcher(Reach::Public).resolving(resolve);
    assert!(matches!(public.fetch(&url("http://keys.example/")).await, Err(FetchError::PlainHttp)));
    let (resolve, _) = names(vec!["10.0.0.1:80".parse().unwrap()]);
    let private = fetcher(Reach::Private).resolving(resolve);
    assert!(matches!(private.fetch(&url("http://keys.example/")).await, Err(FetchError::PlainHttp)));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let other = other(None).await;
    let refused = fetcher(Reach::Private).fetch(&other.url("/moved")).await;
    assert!(matches!(refused, Err(FetchError::Status(307))), "{refused:?}");
    let missing = fetcher(Reach::Private).fetch(&other.url("/nothing")).await;
    assert!(matches!(missing, Err(FetchError::Status(404))), "{missing:?}");
    assert_eq!(other.asked(), 2);
}

#[tokio::test]
async fn a_document_is_taken_up_to_the_limit_and_not_beyond() {
    let other = other(None).await;
    let fetcher = fetcher(Reach::Private);
    assert_eq!(fetcher.fetch(&other.url("/largest")).await.unwrap().len(), LARGEST);
    for path in ["/larger", "/endless"] {
        let refused = fetcher.fetch(&other.url(path)).await;
        assert!(matches!(refused, Err(FetchError::TooLarge)), "{path}: {refused:?}");
    }
}

#[tokio::test]
async fn an_answer_that_does_not_end_is_given_up() {
    let other = other(None).await;
    let fetcher = fetcher(Reach::Private).within(SHORT);
    assert!(matches!(fetcher.fetch(&other.url("/stuck")).await, Err(FetchError::TooSlow)));
    // Nobody answers at all: the connection waits in the system's queue.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap();
    let refused = fetcher.fetch(&url(&format!("http://{address}/"))).await;
    assert!(matches!(refused, Err(FetchError::TooSlow)), "{refused:?}");
}

#[tokio::test]
async fn https_needs_a_certificate_of_a_trusted_authority_for_that_very_name() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| -> PathBuf { directory.path().join(name) };
    let made = rcgen::generate_simple_self_signed(["keys.example".to_owned()]).unwrap();
    std::fs::write(path("cert.pem"), made.cert.pem()).unwrap();
    quash_server::config::secret_file::create(&path("key.pem"), made.signing_key.serialize_pem().as_bytes())
        .unwrap();
    let tls = Tls::load(TlsConfig::new(path("cert.pem"), path("key.pem"))).unwrap();
    let other = other(Some(Arc::new(tls))).await;

    let trusting = |ca: Option<&PathBuf>| {
        let fetcher = Fetcher::new(Reach::Private, ca.map(PathBuf::as_path)).unwrap();
        fetcher.resolving(names(vec![other.address]).0)
    };
    let ca = path("cert.pem");
    let good = trusting(Some(&ca)).fetch(&url("https://keys.example/jwks")).await.unwrap();
    assert_eq!(good, "the document");
    for (ca, host) in [(None, "keys.example"), (Some(&ca), "other.example")] {
        let refused = trusting(ca).fetch(&url(&format!("https://{host}/jwks"))).await;
        assert!(matches!(refused, Err(FetchError::NoConnection(_))), "{host}: {refused:?}");
    }
    assert_eq!(other.asked(), 1);
}
