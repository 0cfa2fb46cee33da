//! `POST /v1/logout`: a user ends the sign-in that their token belongs to (S08).

use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use utoipa::ToSchema;

use crate::access::{Access, User};
use crate::error::Failure;
use crate::extract::OptionalJsonBody;
use crate::openapi::Description;
use crate::reply;
use crate::request::bad_input::BadInput;
use crate::request::fields::{Body, Fields};
use crate::route::{Route, RouteInfo, RouteMethod};
use crate::state::AppState;
use crate::v1::views::EndedView;
use crate::wait::{self, Wait};

/// How far the logout must have come before it is answered.
#[derive(ToSchema)]
struct LogoutBody {
    /// `durable`: it is in the log and the server that answers enforces it. `everywhere` is not available yet.
    #[schema(value_type = Option<String>)]
    wait: Wait,
    /// For how long `everywhere` is waited for, at most.
    #[schema(value_type = Option<u64>)]
    #[expect(dead_code, reason = "shown in the OpenAPI document; nothing waits that long yet")]
    timeout_ms: (),
}

impl Body for LogoutBody {
    const NAMES: &'static [&'static str] = &[wait::NAME, wait::TIMEOUT];

    fn read(fields: &mut Fields) -> Result<Self, BadInput> {
        Ok(Self { wait: Wait::read(fields)?, timeout_ms: () })
    }
}

pub(super) fn routes() -> Vec<Route> {
    let description =
        Description::new("End the sign-in that the token belongs to: its access and refresh tokens")
            .may_take::<LogoutBody>()
            .gives::<EndedView>();
    let info = RouteInfo::public(RouteMethod::Post, "/v1/logout", Access::User);
    vec![Route::new(info, post(log_out), description)]
}

async fn log_out(
    State(state): State<AppState>,
    User(token): User,
    OptionalJsonBody(body): OptionalJsonBody<LogoutBody>,
) -> Result<Response, Failure> {
    body.map_or(Wait::default(), |body| body.wait).check()?;
    let ended = state.done(state.authority().log_out(&token).await)?;
    Ok(reply::json(&EndedView::from(ended)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::fields::assert_described;

    #[test]
    fn what_is_read_is_what_the_document_shows() {
        assert_described::<LogoutBody>();
    }
}
