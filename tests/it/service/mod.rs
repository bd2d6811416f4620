//! The built-in service: its model, and the server that follows the model.

#[cfg(target_os = "linux")]
mod descriptors;
mod model;
mod socket;
