//! Through proxies: tunnels to the target, and proxies that open none.

mod real;
mod refusals;
mod wire;
