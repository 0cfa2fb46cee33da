mod list;
mod revoke;
mod targets;
