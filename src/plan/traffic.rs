//! What a plan does not decide.

/// What is asked, and over which connections: known once files are read and the first connections made, and the same for
/// every run of a command.
#[derive(Debug, Clone, Default)]
pub struct Traffic {
    /// The method of all requests, or `mixed`.
    pub method: String,
    /// The target's label, without host and query values, or how many endpoints there are.
    pub target: String,
    /// Tokens in rotation; 0: none.
    pub tokens: u64,
    /// Rows of data that requests are made from; 0: none.
    pub data_rows: u64,
    /// Addresses that connections go to, over all origins.
    pub addresses: u64,
    /// Whether certificates are checked; `None` without TLS.
    pub tls_verification: Option<bool>,
    /// Requests that a connection to each origin has room for at once.
    pub streams: Vec<u64>,
    /// Whether any origin is spoken to over connections that carry several requests at once.
    pub is_multiplexed: bool,
}
