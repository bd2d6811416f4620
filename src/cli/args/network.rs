//! The flags that say over which connections it is asked.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args};

use super::super::values::Span;
use crate::schedule::Rate;

const CONNECTIONS: &str = "Connections";
const TLS: &str = "TLS";

/// Connections, addresses and TLS.
#[derive(Debug, Args)]
pub(crate) struct NetworkArgs {
    /// HTTP/1.1 only [default: HTTP/2 where TLS agrees on it, else HTTP/1.1]
    #[arg(
        long, env = "RPSBENCH_HTTP1", action = ArgAction::SetTrue, value_parser = BoolishValueParser::new(),
        help_heading = CONNECTIONS
    )]
    pub http1: bool,
    /// HTTP/2 only; without TLS with prior knowledge
    #[arg(
        long, env = "RPSBENCH_HTTP2", action = ArgAction::SetTrue, value_parser = BoolishValueParser::new(),
        help_heading = CONNECTIONS
    )]
    pub http2: bool,
    /// Connections to one host at most; requests beyond what they carry wait, and the wait counts as slot wait
    /// [default: as many as the cap needs]
    #[arg(long, env = "RPSBENCH_CONNECTIONS", value_name = "N", help_heading = CONNECTIONS)]
    pub connections: Option<u64>,
    /// HTTP/2: requests that a connection carries at once, if the server allows as many
    #[arg(
        long,
        env = "RPSBENCH_STREAMS",
        value_name = "N",
        default_value_t = 100,
        help_heading = CONNECTIONS
    )]
    pub streams: u64,
    /// Close a connection that nothing has used for this long; 0 = never
    #[arg(
        long,
        env = "RPSBENCH_KEEPALIVE",
        value_name = "DURATION",
        default_value = "30s",
        allow_hyphen_values = true,
        help_heading = CONNECTIONS
    )]
    pub keepalive: Span,
    /// Close each connection after its answer
    #[arg(
        long, env = "RPSBENCH_NO_KEEPALIVE", action = ArgAction::SetTrue, value_parser = BoolishValueParser::new(),
        help_heading = CONNECTIONS
    )]
    pub no_keepalive: bool,
    /// Close each connection after this many requests [default: no limit]
    #[arg(
        long,
        env = "RPSBENCH_MAX_REQUESTS_PER_CONNECTION",
        value_name = "N",
        help_heading = CONNECTIONS
    )]
    pub max_requests_per_connection: Option<u64>,
    /// New connections per second at most: 50, 600/m [default: no limit]
    #[arg(
        long,
        env = "RPSBENCH_CONNECT_RATE",
        value_name = "RATE",
        allow_hyphen_values = true,
        help_heading = CONNECTIONS
    )]
    pub connect_rate: Option<Rate>,
    /// How long addresses of a host name are used before it is looked up again, in the background; 0 = for ever
    #[arg(
        long,
        env = "RPSBENCH_DNS_TTL",
        value_name = "DURATION",
        default_value = "5m",
        allow_hyphen_values = true,
        help_heading = CONNECTIONS
    )]
    pub dns_ttl: Span,
    /// Use these addresses for a host, `HOST:PORT:ADDRESS,ADDRESS`, as curl does; repeatable (in the environment: one
    /// per line)
    #[arg(
        long,
        env = "RPSBENCH_RESOLVE",
        value_name = "HOST:PORT:ADDRESS",
        value_delimiter = '\n',
        hide_env_values = true,
        help_heading = CONNECTIONS
    )]
    pub resolve: Vec<String>,
    /// Connect through a Unix socket instead of TCP
    #[arg(long, env = "RPSBENCH_UNIX_SOCKET", value_name = "PATH", help_heading = CONNECTIONS)]
    pub unix_socket: Option<PathBuf>,
    /// Connect from this address of this machine; repeatable, in rotation, for more ports than one address has
    #[arg(
        long,
        env = "RPSBENCH_LOCAL_ADDRESS",
        value_name = "ADDRESS",
        value_delimiter = ',',
        help_heading = CONNECTIONS
    )]
    pub local_address: Vec<IpAddr>,

    /// Trust only the certificates in this PEM file [default: those that this machine trusts]
    #[arg(long, env = "RPSBENCH_CACERT", value_name = "FILE", help_heading = TLS)]
    pub cacert: Option<PathBuf>,
    /// Certificate of the client, PEM
    #[arg(long, env = "RPSBENCH_CERT", value_name = "FILE", requires = "key", help_heading = TLS)]
    pub cert: Option<PathBuf>,
    /// Private key of the client, PEM
    #[arg(long, env = "RPSBENCH_KEY", value_name = "FILE", requires = "cert", help_heading = TLS)]
    pub key: Option<PathBuf>,
    /// Accept any certificate; every report says so
    #[arg(
        short = 'k', long, env = "RPSBENCH_INSECURE", action = ArgAction::SetTrue,
        value_parser = BoolishValueParser::new(), help_heading = TLS
    )]
    pub insecure: bool,
    /// The server name that TLS asks for and checks [default: the host of the URL]
    #[arg(long, env = "RPSBENCH_SNI", value_name = "NAME", hide_env_values = true, help_heading = TLS)]
    pub sni: Option<String>,
}
