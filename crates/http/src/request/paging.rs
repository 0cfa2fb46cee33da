//! Which page of a list: `cursor` and `limit`.

use super::bad_input::BadInput;
use super::params::Params;

/// How many items a page has when nobody says.
pub(crate) const USUAL_LIMIT: usize = 50;
/// The most that a page can have.
pub(crate) const LARGEST_LIMIT: usize = 200;

/// Where a page starts and how long it is. `C` is what the list is ordered by: an item's cursor is that, spelt out,
/// and callers hand it back unread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Paging<C> {
    /// Continue after this item.
    pub(crate) cursor: Option<C>,
    /// At most so many items.
    pub(crate) limit: usize,
}

impl<C> Paging<C> {
    /// Reads `cursor` and `limit`.
    ///
    /// # Errors
    /// A limit outside 1 to 200, or a cursor that no page ever named.
    pub(crate) fn read(params: &Params, cursor: impl Fn(&str) -> Option<C>) -> Result<Self, BadInput> {
        let start = params.text("cursor").map(|text| {
            cursor(text).ok_or_else(|| BadInput::invalid("cursor", "the `next_cursor` of the page before"))
        });
        Ok(Self { cursor: start.transpose()?, limit: limit(params)? })
    }
}

fn limit(params: &Params) -> Result<usize, BadInput> {
    let Some(text) = params.text("limit") else {
        return Ok(USUAL_LIMIT);
    };
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let limit = text.parse().ok().filter(|limit| plain && (1..=LARGEST_LIMIT).contains(limit));
    limit.ok_or_else(|| BadInput::invalid("limit", "a whole number from 1 to 200"))
}

#[cfg(test)]
mod tests {
    use quash_core::ids::SessionId;

    use super::*;

    fn read(query: &str) -> Result<Paging<SessionId>, BadInput> {
        Paging::read(&Params::parse(query).unwrap(), |text| SessionId::new(text).ok())
    }

    #[test]
    fn a_page_has_1_to_200_items() {
        assert_eq!(read("").unwrap(), Paging { cursor: None, limit: 50 });
        assert_eq!(read("limit=200").unwrap().limit, 200);
        for bad in ["limit=0", "limit=201", "limit=", "limit=-1", "limit=%2B5", "limit=1e1", "cursor="] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
