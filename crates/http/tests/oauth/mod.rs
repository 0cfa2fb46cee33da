mod clients;
mod introspect;
mod revoke;
mod token;
