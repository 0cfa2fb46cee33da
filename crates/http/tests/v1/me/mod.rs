mod devices;
mod sessions;
