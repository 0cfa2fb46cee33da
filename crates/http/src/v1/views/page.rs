//! A page of a list.

use serde::Serialize;

/// A page of a list. `Description::gives_page` shows it in the OpenAPI document.
#[derive(Serialize)]
pub(in crate::v1) struct PageView<T> {
    /// What is on it, in the order of the list.
    pub(in crate::v1) items: Vec<T>,
    /// What the next page is asked for with, as `cursor`; null when this is the last. To be handed back unread.
    pub(in crate::v1) next_cursor: Option<String>,
}

impl<T> PageView<T> {
    /// A list that has one page only.
    pub(in crate::v1) fn whole(items: Vec<T>) -> Self {
        Self { items, next_cursor: None }
    }
}
