//! A page of a list.

/// A page of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// What is on it. There may be less on it than asked for, and more to follow.
    pub items: Vec<T>,
    /// What the next page is asked for with, to be handed back unread; `None` when this is the last.
    pub next_cursor: Option<String>,
}
