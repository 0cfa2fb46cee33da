mod clients;
mod credentials;
mod head;
mod keys;
mod logout;
mod me;
mod revocations;
mod sessions;
