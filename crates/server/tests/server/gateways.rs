//! The real gateways with the configurations of `deploy/`, in front of a service and asking a real quash (design
//! section 9, attack rows 30 and 36).

mod answerer;
mod client;
mod gateway;
mod house;
mod http1;
mod kind;
mod methods;
mod outage;
mod spoofing;
mod stranger;
mod tokens;
mod upstream;
mod websocket;

/// The tests of one gateway that asks one answerer.
macro_rules! gateway {
    ($name:ident, $kind:ident, $answerer:path) => {
        mod $name {
            use super::super::*;

            fn house() -> house::House {
                house::House::new(&kind::$kind, $answerer())
            }

            #[test]
            fn a_good_token_passes_with_its_identity_and_any_other_is_told_why_not() {
                tokens::pass_by_what_quash_says(&house());
            }

            #[test]
            fn nothing_that_a_client_says_of_itself_reaches_the_service() {
                spoofing::reaches_nobody(&house());
            }

            #[test]
            fn every_method_is_asked_about_and_passes_with_its_body() {
                methods::pass_with_their_bodies(&house());
            }

            #[test]
            fn a_websocket_is_opened_by_a_good_token_alone() {
                websocket::opens_by_a_good_token_alone(&house());
            }
        }
    };
}

/// What a gateway does alone: nobody is there to ask.
macro_rules! outage {
    ($($name:ident: $kind:ident;)+) => {
        mod nobody_passes_while_quash_does_not_answer {
            use super::{answerer, house, kind, outage};
            $(
                #[test]
                fn $name() {
                    outage::lets_nobody_in(house::House::new(&kind::$kind, answerer::Answerer::authority()));
                }
            )+
        }
    };
}

/// Every gateway, asking each of these.
macro_rules! every_gateway_asks {
    ($($answerer:ident: $start:path;)+) => {
        $(
            mod $answerer {
                gateway!(nginx, NGINX, $start);
                gateway!(caddy, CADDY, $start);
                gateway!(traefik, TRAEFIK, $start);
                gateway!(haproxy, HAPROXY, $start);
                gateway!(envoy_over_http, ENVOY_HTTP, $start);
                gateway!(envoy_over_grpc, ENVOY_GRPC, $start);
            }
        )+
    };
}

every_gateway_asks! {
    the_authority: answerer::Answerer::authority;
    an_edge: answerer::Answerer::edge;
}

outage! {
    nginx: NGINX;
    caddy: CADDY;
    traefik: TRAEFIK;
    haproxy: HAPROXY;
    envoy_over_http: ENVOY_HTTP;
    envoy_over_grpc: ENVOY_GRPC;
}
