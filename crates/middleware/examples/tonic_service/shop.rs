//! A small gRPC service: who asks? What `tonic-prost-build` makes of
//!
//! ```proto
//! service Shop {
//!   rpc Who(google.protobuf.Empty) returns (Customer);
//! }
//! ```
//!
//! written out by hand, so that the example needs no compiler of protocol buffers.

use std::convert::Infallible;
use std::future::{Future, ready};
use std::pin::Pin;
use std::task::{Context, Poll};

use http::uri::PathAndQuery;
use quash_middleware::tonic::authenticated;
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::transport::Channel;
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;
use tower::{Service, service_fn};

const WHO: &str = "/quash.example.Shop/Who";

/// `message Customer { string name = 1; }`
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Customer {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
}

/// The service itself.
#[derive(Clone)]
pub(crate) struct Shop;

impl Shop {
    fn who(request: &Request<()>) -> Result<Response<Customer>, Status> {
        let user = authenticated(request)?;
        Ok(Response::new(Customer { name: user.subject().unwrap_or("nobody").to_owned() }))
    }
}

impl NamedService for Shop {
    const NAME: &'static str = "quash.example.Shop";
}

impl Service<http::Request<Body>> for Shop {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        Box::pin(async move {
            let mut grpc = tonic::server::Grpc::new(ProstCodec::<Customer, ()>::default());
            Ok(match request.uri().path() {
                WHO => grpc.unary(service_fn(|request| ready(Self::who(&request))), request).await,
                _ => Status::unimplemented("no such method").into_http(),
            })
        })
    }
}

/// A client of it.
pub(crate) struct ShopClient(tonic::client::Grpc<Channel>);

impl ShopClient {
    pub(crate) fn new(channel: Channel) -> Self {
        Self(tonic::client::Grpc::new(channel))
    }

    pub(crate) async fn who(&mut self, request: Request<()>) -> Result<Response<Customer>, Status> {
        self.0.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
        let codec = ProstCodec::<(), Customer>::default();
        self.0.unary(request, PathAndQuery::from_static(WHO), codec).await
    }
}
