//! Connections against servers in the same process: where they go, and what is spoken on them.

mod addresses;
mod http2;
mod tls;
