//! Why there is no network to run on: found before the first request.

use super::tls::TlsSetupError;

/// The target does not answer. The address is left out: it may be secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot reach the target: {cause}; {remedy}")]
pub struct Unreachable {
    cause: String,
    remedy: &'static str,
}

impl Unreachable {
    pub(super) fn new(cause: String, remedy: &'static str) -> Self {
        Self { cause, remedy }
    }
}

/// Why there is no network to run on. Nothing has been requested.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// A name without an address, or an address without a service.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
    /// Certificates and keys.
    #[error(transparent)]
    Tls(#[from] TlsSetupError),
    /// The service answers, but not as it should: the failure names cause and remedy.
    #[error("cannot talk to the target: {0}")]
    Handshake(String),
    /// A local address that this machine does not have.
    #[error(
        "--local-address number {0} cannot be used: {1}; give addresses of this machine, as `ip address` shows them"
    )]
    LocalAddress(usize, std::io::Error),
    /// No local address can reach any of the target's addresses.
    #[error(
        "the target has no address of the same family (IPv4 or IPv6) as a --local-address; give one of the other family"
    )]
    LocalFamily,
}
