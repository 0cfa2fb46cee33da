//! An edge follows over TLS whom it trusts to be the authority, and nobody else.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio_rustls::TlsAcceptor;

use super::authority::Authority;
use super::node::Plan;
use super::until::until_is;

/// Where TLS ends, in front of an authority. Gone when dropped.
struct Front {
    url: String,
    _runtime: Runtime,
}

impl Front {
    /// In front of `behind`, with a new certificate for `localhost`, which is written to `certificate`.
    fn of(behind: SocketAddr, certificate: &Path) -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(certificate, made.cert.pem()).unwrap();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let port = listener.local_addr().unwrap().port();
        runtime.spawn(pass_on(listener, TlsAcceptor::from(Arc::new(config)), behind));
        Self { url: format!("https://localhost:{port}"), _runtime: runtime }
    }
}

async fn pass_on(listener: TcpListener, acceptor: TlsAcceptor, behind: SocketAddr) {
    while let Ok((stream, _)) = listener.accept().await {
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            // Whoever does not trust the certificate goes away here.
            let Ok(mut outside) = acceptor.accept(stream).await else { return };
            let Ok(mut inside) = TcpStream::connect(behind).await else { return };
            let _ = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
        });
    }
}

#[test]
fn an_edge_follows_over_tls_whom_it_trusts_and_nobody_else() {
    let authority = Authority::start();
    let directory = tempfile::tempdir().unwrap();
    let certificate = directory.path().join("ca.pem");
    let front = Front::of(authority.address, &certificate);
    let over_tls = |name| Plan { authority: vec![front.url.clone()], ..Plan::of(name, &authority) };
    let token = authority.token("alice");

    let trusting = over_tls("trusting").more(&format!("ca_file = \"{}\"\n", certificate.display())).start();
    trusting.assert_accepts(&token);
    let wary = over_tls("wary").launch();
    until_is("it tried, and did not trust", true, || wary.log().contains("can not be followed"));
    assert_eq!((wary.check(&token), wary.ready()), (503, 503));
    authority.revoke_everywhere("alice", 30_000);
    trusting.assert_refuses(&token);
}
