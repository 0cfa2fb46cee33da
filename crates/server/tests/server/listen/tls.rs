//! TLS by configuration.

use std::path::Path;

use quash_server::config::secret_file;
use quash_server::config::tls::TlsConfig;
use quash_server::listen::tls::TlsError;
use rustls::pki_types::ServerName;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::*;

/// Writes a new certificate for `localhost` and its key into `directory`; returns the certificate.
fn write_certificate(directory: &Path) -> String {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let _ = std::fs::remove_file(directory.join("key.pem"));
    secret_file::create(&directory.join("key.pem"), made.signing_key.serialize_pem().as_bytes()).unwrap();
    std::fs::write(directory.join("cert.pem"), made.cert.pem()).unwrap();
    made.cert.pem()
}

fn load(directory: &Path) -> Result<Tls, TlsError> {
    Tls::load(TlsConfig::new(directory.join("cert.pem"), directory.join("key.pem")))
}

/// A client that trusts `certificate` alone.
async fn connect(served: &Served, certificate: &str, alpn: &[u8]) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(rustls::pki_types::CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![alpn.to_vec()];
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, served.connect().await).await
}

async fn ask(stream: &mut TlsStream<TcpStream>) -> String {
    stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn a_client_that_trusts_the_certificate_is_answered_over_tls() {
    let directory = tempfile::tempdir().unwrap();
    let certificate = write_certificate(directory.path());
    let served = serve(unlimited(), Some(Arc::new(load(directory.path()).unwrap()))).await;
    let mut stream = connect(&served, &certificate, b"http/1.1").await.unwrap();
    assert!(ask(&mut stream).await.ends_with("hello"));
    let stream = connect(&served, &certificate, b"h2").await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
}

#[tokio::test]
async fn a_new_certificate_is_used_after_a_reload_and_a_broken_one_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let old = write_certificate(directory.path());
    let tls = Arc::new(load(directory.path()).unwrap());
    let served = serve(unlimited(), Some(Arc::clone(&tls))).await;

    let new = write_certificate(directory.path());
    tls.reload().unwrap();
    assert!(connect(&served, &old, b"http/1.1").await.is_err());
    assert!(connect(&served, &new, b"http/1.1").await.is_ok());

    std::fs::write(directory.path().join("cert.pem"), "no certificate").unwrap();
    assert!(matches!(tls.reload(), Err(TlsError::NoCertificate(_))));
    assert!(connect(&served, &new, b"http/1.1").await.is_ok());
}

#[tokio::test]
async fn plain_http_to_a_tls_port_does_not_hang() {
    let directory = tempfile::tempdir().unwrap();
    write_certificate(directory.path());
    let served = serve(unlimited(), Some(Arc::new(load(directory.path()).unwrap()))).await;
    let mut stream = served.connect().await;
    stream.write_all(GET).await.unwrap();
    let answer = timeout(SLACK, read_to_end(&mut stream)).await.expect("the connection is closed");
    assert!(!answer.contains("hello"));
}

#[tokio::test]
async fn a_client_that_does_not_finish_the_handshake_is_cut() {
    let directory = tempfile::tempdir().unwrap();
    write_certificate(directory.path());
    let limit = Duration::from_millis(300);
    let limits = Limits { first_byte_timeout: limit, ..unlimited() };
    let served = serve(limits, Some(Arc::new(load(directory.path()).unwrap()))).await;
    let since = Instant::now();
    let mut stream = served.connect().await;
    stream.write_all(&[22, 3, 1, 1, 0]).await.unwrap();
    closed_after(&mut stream, since, limit).await;
}

#[tokio::test]
async fn a_drain_does_not_wait_for_a_handshake() {
    let directory = tempfile::tempdir().unwrap();
    write_certificate(directory.path());
    let served = serve(unlimited(), Some(Arc::new(load(directory.path()).unwrap()))).await;
    let mut stream = served.connect().await;
    stream.write_all(&[22, 3, 1, 1, 0]).await.unwrap();
    served.stop.stop();
    let drained = timeout(SLACK, served.end).await.expect("the drain ends").unwrap();
    assert_eq!(drained, Drained { abandoned: 0 });
}

#[test]
fn a_key_that_others_may_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    write_certificate(directory.path());
    let key = directory.path().join("key.pem");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(load(directory.path()), Err(TlsError::KeyFile(..))));
}
