//! Connections through a proxy: each is a tunnel, and carries exactly what would go without the proxy.
//!
//! HTTP proxies are asked for a tunnel with CONNECT (RFC 9110, 9.3.6), for plain targets as for those with TLS; SOCKS5 is that
//! of RFC 1928, with the user and password of RFC 1929. What is written and read is made and judged in pure files
//! ([`connect`], [`socks5`]); [`tunnel`] moves the bytes. The crates for it read and write the stream themselves and tell a
//! refusal only in their own words, but a report has to say who refused what.

mod connect;
mod destination;
mod fault;
mod options;
mod socks5;
mod tunnel;

pub(super) use destination::Destination;
pub(super) use fault::ProxyFault;
pub use options::Proxy;
pub(crate) use options::ProxyError;
