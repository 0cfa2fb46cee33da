//! Which scopes the gateway asks for.

use quash_core::claims::Claims;

use crate::error::Failure;
use crate::request::form_decode;

/// The names of the scopes that a token must hold, all of them.
pub(super) struct RequiredScope(Option<Vec<String>>);

impl RequiredScope {
    /// Every `scope` of the query, taken together. One that does not decode asks for what nobody has.
    pub(super) fn of(query: Option<&str>) -> Self {
        let named = |piece: &&str| {
            let name = piece.split_once('=').map_or(*piece, |(name, _)| name);
            form_decode::decode(name).as_deref() == Some("scope")
        };
        let pieces = query.unwrap_or_default().split('&').filter(named);
        let values =
            pieces.map(|piece| form_decode::decode(piece.split_once('=').map_or("", |(_, value)| value)));
        Self(values.collect())
    }

    /// The names in `text`, divided by spaces.
    #[cfg(feature = "ext-authz")]
    pub(super) fn named(text: &str) -> Self {
        Self(Some(vec![text.to_owned()]))
    }

    /// Whether the token holds them all.
    ///
    /// # Errors
    /// [`Failure::InsufficientScope`].
    pub(super) fn check(&self, token: &Claims) -> Result<(), Failure> {
        let values = self.0.as_ref().ok_or(Failure::InsufficientScope)?;
        let mut names = values.iter().flat_map(|value| value.split(' ')).filter(|name| !name.is_empty());
        if names.all(|name| token.has_scope(name)) { Ok(()) } else { Err(Failure::InsufficientScope) }
    }
}

#[cfg(test)]
mod tests {
    use quash_core::claims::{Registered, Text};

    use super::*;

    fn passes(query: &str) -> bool {
        let registered = Registered { scope: Some(Text::decoded("read write")), ..Registered::default() };
        RequiredScope::of(Some(query)).check(&Claims::new("{}", registered)).is_ok()
    }

    #[test]
    fn every_scope_of_the_query_has_to_be_held() {
        assert!(passes(""));
        assert!(passes("scope=read"));
        assert!(passes("scope=read+write&page=2"));
        assert!(passes("scope=read%20write&scope=read"));
        assert!(!passes("scope=read%20admin"));
    }

    #[test]
    fn a_client_that_adds_to_the_query_can_only_ask_for_more() {
        // A gateway may append its client's query to the URL that it asks with.
        assert!(!passes("scope=admin&scope=read"));
        assert!(!passes("scope=admin&scope="));
        assert!(!passes("%73cope=admin"));
        assert!(!passes("scope=%FF"));
        assert!(passes("%FF=1&scope=read"));
    }
}
