//! Through which proxy, and that those in the environment are not used.

use std::net::IpAddr;
use std::path::PathBuf;

use super::super::args::NetworkArgs;
use super::super::invocation::Typed;
use super::{Requests, TargetChoice, UsageError};
use crate::request::Origin;
use crate::transport::{Proxy, WireOptions};

/// What other programs take their proxy from.
const VARIABLES: [&str; 6] =
    ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];

/// The Unix socket and the proxy: one of them at most. What was typed beats the environment.
pub(super) fn proxy_of(
    args: &NetworkArgs,
    typed: &Typed,
) -> Result<(Option<PathBuf>, Option<Proxy>), UsageError> {
    let socket = args.unix_socket.clone();
    // As with curl, an empty text is no proxy: so the flag can undo the variable.
    let proxy = args.proxy.as_deref().filter(|text| !text.trim().is_empty());
    let Some(proxy) = proxy.map(str::parse).transpose()? else { return Ok((socket, None)) };
    if socket.is_none() {
        return Ok((None, Some(proxy)));
    }
    match (typed.has("unix_socket"), typed.has("proxy")) {
        (true, false) => Ok((socket, None)),
        (false, true) => Ok((None, Some(proxy))),
        (true, true) => Err(UsageError::Exclusive("--unix-socket", "--proxy")),
        (false, false) => Err(UsageError::Exclusive("RPSBENCH_UNIX_SOCKET", "RPSBENCH_PROXY")),
    }
}

/// That a proxy of the environment is not used, which other programs would go through to this target. Its exceptions
/// (`no_proxy`) make no difference, for none is used at all.
pub(super) fn unused_proxy(wire: &WireOptions, target: &TargetChoice, requests: &Requests) -> Option<String> {
    if wire.proxy.is_some() || wire.unix_socket.is_some() {
        return None;
    }
    let is_away = match target {
        TargetChoice::Url(target) => !is_loopback(target.origin()),
        TargetChoice::BuiltIn(_) => false,
        TargetChoice::FromFile => requests.origins().any(|origin| !is_loopback(origin)),
    };
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let variable = VARIABLES.into_iter().find(|name| is_set(name)).filter(|_| is_away)?;
    Some(format!(
        "{variable} is set, but not used: connections go straight to the target, unless --proxy is given"
    ))
}

/// Whether it is this machine, as its address or its name says (RFC 6761, 6.3).
fn is_loopback(origin: &Origin) -> bool {
    let host = origin.host().trim_end_matches('.');
    let is_name = || host == "localhost" || host.ends_with(".localhost");
    host.parse::<IpAddr>().map_or_else(|_| is_name(), |address| address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Target;

    #[test]
    fn this_machine_has_many_names() {
        let is_here = |host: &str| is_loopback(format!("http://{host}/").parse::<Target>().unwrap().origin());
        for host in [
            "localhost",
            "LOCALHOST:80",
            "a.localhost",
            "127.0.0.1",
            "127.9.9.9",
            "[::1]",
            "[::ffff:127.0.0.1]",
        ] {
            assert!(is_here(host), "{host}");
        }
        for host in ["localhost.example", "128.0.0.1", "[::2]", "notlocalhost"] {
            assert!(!is_here(host), "{host}");
        }
    }
}
