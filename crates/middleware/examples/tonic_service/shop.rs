//! A small gRPC service: who asks, and the orders as they come in. What `tonic-prost-build` makes of
//!
//! ```proto
//! service Shop {
//!   rpc Who(google.protobuf.Empty) returns (Customer);
//!   rpc Orders(google.protobuf.Empty) returns (stream Order);
//! }
//! ```
//!
//! written out by hand, so that the example needs no compiler of protocol buffers.

use std::convert::Infallible;
use std::future::{Future, ready};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::Stream;
use futures_util::stream;
use http::uri::PathAndQuery;
use quash_middleware::Gate;
use quash_middleware::tonic::{authenticated, until_revoked};
use tonic::body::Body;
use tonic::server::{Grpc, NamedService};
use tonic::transport::Channel;
use tonic::{Request, Response, Status, Streaming};
use tonic_prost::ProstCodec;
use tower::{Service, service_fn};

const WHO: &str = "/quash.example.Shop/Who";
const ORDERS: &str = "/quash.example.Shop/Orders";

/// `message Customer { string name = 1; }`
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Customer {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
}

/// `message Order { uint64 number = 1; }`
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Order {
    #[prost(uint64, tag = "1")]
    pub(crate) number: u64,
}

type Orders = Pin<Box<dyn Stream<Item = Result<Order, Status>> + Send>>;

/// The service itself.
#[derive(Clone)]
pub(crate) struct Shop {
    gate: Gate,
}

impl Shop {
    /// A shop that watches its customers' sessions through `gate`.
    pub(crate) fn new(gate: Gate) -> Self {
        Self { gate }
    }

    fn who(request: &Request<()>) -> Result<Response<Customer>, Status> {
        let user = authenticated(request)?;
        Ok(Response::new(Customer { name: user.subject().unwrap_or("nobody").to_owned() }))
    }

    /// A stream without an end of its own: it ends with the session, by `UNAUTHENTICATED`.
    fn orders(&self, request: &Request<()>) -> Result<Response<Orders>, Status> {
        let user = authenticated(request)?;
        let orders = stream::unfold(1, async |number| {
            tokio::time::sleep(Duration::from_millis(20)).await;
            Some((Ok(Order { number }), number + 1))
        });
        Ok(Response::new(Box::pin(until_revoked(self.gate.watch(&user), orders))))
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
        let shop = self.clone();
        Box::pin(async move {
            Ok(match request.uri().path() {
                WHO => {
                    let who = service_fn(|request| ready(Self::who(&request)));
                    Grpc::new(ProstCodec::<Customer, ()>::default()).unary(who, request).await
                }
                ORDERS => {
                    let orders = service_fn(|request| ready(shop.orders(&request)));
                    Grpc::new(ProstCodec::<Order, ()>::default()).server_streaming(orders, request).await
                }
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
        self.ready().await?;
        let codec = ProstCodec::<(), Customer>::default();
        self.0.unary(request, PathAndQuery::from_static(WHO), codec).await
    }

    pub(crate) async fn orders(
        &mut self,
        request: Request<()>,
    ) -> Result<Response<Streaming<Order>>, Status> {
        self.ready().await?;
        let codec = ProstCodec::<(), Order>::default();
        self.0.server_streaming(request, PathAndQuery::from_static(ORDERS), codec).await
    }

    async fn ready(&mut self) -> Result<(), Status> {
        self.0.ready().await.map_err(|error| Status::unavailable(error.to_string()))
    }
}
