//! What a handler asks for when it wants to know who asks. The frameworks' own words for it are in `axum` and `actix`.

use std::ops::Deref;

use crate::verified::Verified;

/// Whoever sent the request, proven by their token. For handlers behind [`RequireToken`](crate::RequireToken).
///
/// As an `Option` it is `None` for a request without a token, where the layer lets such requests in.
#[derive(Clone, Debug)]
pub struct Authenticated(pub Verified);

impl Deref for Authenticated {
    type Target = Verified;

    fn deref(&self) -> &Verified {
        &self.0
    }
}

/// The claims of the token that let the request in, as a type of the handler's own; a token that does not fit it
/// gets 403. For handlers behind [`RequireToken`](crate::RequireToken).
///
/// ```
/// use quash_middleware::Claims;
/// use serde::Deserialize;
///
/// #[derive(Deserialize)]
/// struct Tenant {
///     tenant: String,
/// }
///
/// async fn name(Claims(tenant): Claims<Tenant>) -> String {
///     tenant.tenant
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Claims<T>(pub T);
