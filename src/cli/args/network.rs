//! The flags that say over which connections it is asked.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args;

use super::super::values::Span;
use crate::schedule::Rate;
use crate::transport::Timestamps;

const TLS: &str = "TLS";

/// Connections, addresses and TLS.
#[derive(Debug, Args)]
#[command(next_help_heading = "Connections")]
pub(crate) struct NetworkArgs {
    /// HTTP/1.1 only [default: HTTP/2 where TLS agrees on it, else HTTP/1.1]
    ///
    /// Without it TLS agrees on HTTP/2 or HTTP/1.1 (ALPN), and plain TCP speaks HTTP/1.1.
    #[arg(long, alias = "http1.1")]
    pub http1: bool,
    /// HTTP/2 only; without TLS with prior knowledge
    ///
    /// Not together with --http1.
    #[arg(long, alias = "http2-prior-knowledge")]
    pub http2: bool,
    /// Connections to one host at most; requests beyond what they carry wait, and the wait counts as slot wait
    /// [default: as many as the cap needs]
    ///
    /// The number is the total over all threads.
    #[arg(long)]
    pub connections: Option<u64>,
    /// HTTP/2: requests that a connection carries at once, if the server allows as many
    ///
    /// At most 10,000.
    #[arg(long, default_value_t = 100)]
    pub streams: u64,
    /// Close a connection that nothing has used for this long; 0 = never
    #[arg(long, default_value = "30s")]
    pub keepalive: Span,
    /// Close each connection after its answer
    #[arg(long)]
    pub no_keepalive: bool,
    /// Close each connection after this many requests [default: no limit]
    #[arg(long)]
    pub max_requests_per_connection: Option<u64>,
    /// New connections per second at most: 50, 600/m [default: no limit]
    ///
    /// They are spaced evenly.
    #[arg(long)]
    pub connect_rate: Option<Rate>,
    /// What the end of an answer is
    #[arg(long, default_value = "auto")]
    pub timestamps: Timestamps,
    /// How long addresses of a host name are used before it is looked up again, in the background; 0 = for ever
    ///
    /// All addresses that accept a connection before the run are used in rotation.
    #[arg(long, default_value = "5m")]
    pub dns_ttl: Span,
    /// Use these addresses for a host, `HOST:PORT:ADDRESS,ADDRESS`, as curl does; repeatable (in the environment: one
    /// per line)
    #[arg(long, value_name = "HOST:PORT:ADDRESS", value_delimiter = '\n', hide_env_values = true)]
    pub resolve: Vec<String>,
    /// Connect to another host and port, `HOST1:PORT1:HOST2:PORT2`, as curl does; repeatable (in the environment: one per
    /// line)
    ///
    /// Connections to HOST1 and PORT1 go to HOST2 and PORT2; the Host header and the name for TLS stay those of the URL. HOST1
    /// or PORT1 left empty stand for any, HOST2 or PORT2 for the same. The first that fits counts.
    #[arg(long, value_name = "HOST1:PORT1:HOST2:PORT2", value_delimiter = '\n', hide_env_values = true)]
    pub connect_to: Vec<String>,
    /// Connect through a Unix socket instead of TCP
    #[arg(long, value_name = "PATH")]
    pub unix_socket: Option<PathBuf>,
    /// Connect through a proxy: http://, socks5:// or socks5h://, with USER:PASSWORD@ before the host where it asks for them
    ///
    /// An http:// proxy is asked for a tunnel (CONNECT) to plain targets too, as by curl with --proxytunnel, so that requests
    /// are those that go without a proxy; HOST:PORT alone is http://. With http:// and socks5h:// the proxy resolves the
    /// target's name, with socks5:// this machine does. The port is 1080 unless it is given. The variables http_proxy,
    /// https_proxy and all_proxy are not used.
    #[arg(short = 'x', long, value_name = "URL", hide_env_values = true)]
    pub proxy: Option<String>,
    /// Connect from this address of this machine; repeatable, in rotation, for more ports than one address has
    #[arg(long, value_name = "ADDRESS", value_delimiter = ',')]
    pub local_address: Vec<IpAddr>,

    /// Trust only the certificates in this PEM file [default: those that this machine trusts]
    #[arg(long, help_heading = TLS)]
    pub cacert: Option<PathBuf>,
    /// Certificate of the client, PEM
    ///
    /// Together with --key.
    #[arg(long, requires = "key", help_heading = TLS)]
    pub cert: Option<PathBuf>,
    /// Private key of the client, PEM
    ///
    /// Together with --cert.
    #[arg(long, requires = "cert", help_heading = TLS)]
    pub key: Option<PathBuf>,
    /// Accept any certificate; every report says so
    #[arg(short = 'k', long, help_heading = TLS)]
    pub insecure: bool,
    /// The server name that TLS asks for and checks [default: the host of the URL]
    #[arg(long, value_name = "NAME", hide_env_values = true, help_heading = TLS)]
    pub sni: Option<String>,
}
