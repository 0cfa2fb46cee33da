mod clients;
mod limits;
mod list;
mod one;
mod open;
