//! The answers of `/auth/check` in Envoy's words.

use axum::body::to_bytes;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use super::messages::{
    CheckResponse, DeniedHttpResponse, HeaderValue as Value, HeaderValueOption, HttpResponse, HttpStatus,
    OVERWRITE_IF_EXISTS_OR_ADD, OkHttpResponse, RpcStatus,
};
use crate::error::Failure;
use crate::settings::IdentityHeaders;

/// The codes of `google.rpc.Code`.
const OK: i32 = 0;
const PERMISSION_DENIED: i32 = 7;
const UNAVAILABLE: i32 = 14;
const UNAUTHENTICATED: i32 = 16;

/// The longest body of a refusal, in bytes: they are problems of a few hundred.
const LONGEST_BODY: usize = 16 << 10;

/// The request may pass, with the identity headers of `response`, without the headers of the names in `remove`.
pub(super) fn passed(response: &Response, names: &IdentityHeaders, remove: &[String]) -> CheckResponse {
    let names = [&names.issuer, &names.subject, &names.session, &names.scope, &names.roles];
    let headers = names.into_iter().map(|name| {
        // INVARIANT: all five are set, empty where the token says nothing, so that nothing of the client's stays.
        overwrite(name, response.headers().get(name).unwrap_or(&HeaderValue::from_static("")))
    });
    let passed = OkHttpResponse { headers: headers.collect(), headers_to_remove: remove.to_vec() };
    CheckResponse { status: Some(RpcStatus { code: OK }), http_response: Some(HttpResponse::Ok(passed)) }
}

/// The request may not pass; its client is told what it would be told over HTTP.
pub(super) async fn denied(failure: Failure) -> CheckResponse {
    let (head, body) = failure.into_response().into_parts();
    // The body is in memory and far shorter than that: there is nothing that can fail.
    let body = to_bytes(body, LONGEST_BODY).await.unwrap_or_default();
    let denied = DeniedHttpResponse {
        status: Some(HttpStatus { code: head.status.as_u16().into() }),
        headers: head.headers.iter().map(|(name, value)| overwrite(name, value)).collect(),
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    CheckResponse {
        status: Some(RpcStatus { code: code(head.status) }),
        http_response: Some(HttpResponse::Denied(denied)),
    }
}

const fn code(status: StatusCode) -> i32 {
    match status {
        StatusCode::UNAUTHORIZED => UNAUTHENTICATED,
        StatusCode::FORBIDDEN => PERMISSION_DENIED,
        _ => UNAVAILABLE,
    }
}

fn overwrite(name: &HeaderName, value: &HeaderValue) -> HeaderValueOption {
    // Visible ASCII, as every value that is made in this crate.
    let value = value.to_str().unwrap_or_default().to_owned();
    let header = Value { key: name.as_str().to_owned(), value, ..Value::default() };
    HeaderValueOption {
        header: Some(header),
        append_action: OVERWRITE_IF_EXISTS_OR_ADD,
        keep_empty_value: true,
    }
}
