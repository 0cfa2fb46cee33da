mod everywhere;
mod list;
mod revoke;
mod targets;
mod undo;
