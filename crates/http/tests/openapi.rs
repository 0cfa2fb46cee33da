//! `GET /openapi.json`, and the copy of it in the documents.

use std::collections::BTreeSet;

use quash_http::{RouteMethod, openapi_document, routes};
use serde_json::Value;

use crate::house::House;

/// With `QUASH_UPDATE_DOCS=1` the copy is written instead of compared.
#[test]
fn the_copy_in_the_documents_is_not_stale() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    if std::env::var_os("QUASH_UPDATE_DOCS").is_some() {
        std::fs::write(path, openapi_document()).unwrap();
    }
    let held = std::fs::read_to_string(path).unwrap_or_default();
    assert!(held == openapi_document(), "docs/openapi.json is stale: run this test with QUASH_UPDATE_DOCS=1");
}

#[tokio::test]
async fn the_document_is_served_to_everybody() {
    let house = House::new().await;
    let reply = house.get("/openapi.json").send().await;
    assert_eq!((reply.status, reply.header("content-type")), (200, "application/json"));
    assert_eq!(reply.text(), openapi_document());
}

#[test]
fn every_route_is_described() {
    let document: Value = serde_json::from_str(&openapi_document()).unwrap();
    for route in routes() {
        let method = match route.method {
            RouteMethod::Post => "post",
            RouteMethod::Put => "put",
            RouteMethod::Delete => "delete",
            _ => "get",
        };
        let operation = &document["paths"][route.path.replace("{*", "{")][method];
        assert!(operation["summary"].is_string(), "{method} {}", route.path);
    }
}

#[test]
fn every_schema_that_is_named_is_there() {
    let document: Value = serde_json::from_str(&openapi_document()).unwrap();
    let held: BTreeSet<&String> = document["components"]["schemas"].as_object().unwrap().keys().collect();
    let text = openapi_document();
    let named: BTreeSet<String> = text
        .split("\"#/components/schemas/")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect();
    let missing: Vec<_> = named.iter().filter(|name| !held.contains(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
