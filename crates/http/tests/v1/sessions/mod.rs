mod clients;
mod list;
mod one;
mod open;
