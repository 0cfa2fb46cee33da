//! What comes in, read strictly.

pub(crate) mod authorization;
pub(crate) mod bad_input;
pub(crate) mod body;
pub(crate) mod field_types;
pub(crate) mod fields;
pub(crate) mod form_decode;
pub(crate) mod idempotency_key;
pub(crate) mod paging;
pub(crate) mod params;
pub(crate) mod tree;
