//! `--resolve HOST:PORT:ADDR[,ADDR]`: addresses in place of a lookup, written as curl writes them.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

/// Addresses that stand in place of a lookup.
#[derive(Clone, PartialEq, Eq)]
pub struct ResolveOverride {
    host: String,
    port: u16,
    addresses: Vec<IpAddr>,
}

/// Why a text is not such an entry. The text is not repeated: hosts and addresses may be secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    #[error("write it as HOST:PORT:ADDRESS[,ADDRESS]; an IPv6 host stands in brackets")]
    Syntax,
    #[error("the port is not a number from 1 to 65535; write it as HOST:PORT:ADDRESS[,ADDRESS]")]
    Port,
    #[error("address {0} is neither IPv4 nor IPv6; write it as HOST:PORT:ADDRESS[,ADDRESS], without names")]
    Address(usize),
}

impl ResolveOverride {
    /// Whether it is for this host, with or without the brackets of IPv6, and port.
    pub fn is_for(&self, host: &str, port: u16) -> bool {
        self.port == port && self.host.eq_ignore_ascii_case(host.trim_matches(['[', ']']))
    }

    /// Where connections go.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.addresses.iter().map(|address| SocketAddr::new(*address, self.port)).collect()
    }
}

impl std::fmt::Debug for ResolveOverride {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ResolveOverride({} addresses)", self.addresses.len())
    }
}

impl FromStr for ResolveOverride {
    type Err = ResolveError;

    fn from_str(text: &str) -> Result<Self, ResolveError> {
        let text = text.trim();
        let (host, rest) = match text.strip_prefix('[') {
            Some(bracketed) => bracketed.split_once("]:").ok_or(ResolveError::Syntax)?,
            None => text.split_once(':').ok_or(ResolveError::Syntax)?,
        };
        let (port, addresses) = rest.split_once(':').ok_or(ResolveError::Syntax)?;
        if host.is_empty() || addresses.trim().is_empty() {
            return Err(ResolveError::Syntax);
        }
        let port = port.trim().parse().ok().filter(|port| *port > 0_u16).ok_or(ResolveError::Port)?;
        let address = |(place, text): (usize, &str)| {
            text.trim().trim_matches(['[', ']']).parse().map_err(|_| ResolveError::Address(place + 1))
        };
        let addresses = addresses.split(',').enumerate().map(address).collect::<Result<_, _>>()?;
        Ok(Self { host: host.to_owned(), port, addresses })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_written_as_curl_writes_it() {
        let entry: ResolveOverride = "Example.org:443:127.0.0.1,[::1],::2".parse().unwrap();
        assert!(entry.is_for("example.ORG", 443) && !entry.is_for("example.org", 80));
        let expected = ["127.0.0.1:443", "[::1]:443", "[::2]:443"].map(|text| text.parse().unwrap());
        assert_eq!(entry.addresses(), expected);
        let six: ResolveOverride = "[2001:db8::1]:80:[::1]".parse().unwrap();
        assert!(six.is_for("2001:db8::1", 80) && six.is_for("[2001:db8::1]", 80));
    }

    #[test]
    fn what_is_not_an_entry_says_how_to_write_it_and_repeats_nothing() {
        let error = |text: &str| text.parse::<ResolveOverride>().unwrap_err();
        for text in [
            "",
            "secret.example",
            "secret.example:443",
            "secret.example:443:",
            ":443:127.0.0.1",
            "[::1:80:::1",
        ] {
            assert_eq!(error(text), ResolveError::Syntax, "{text}");
        }
        assert_eq!(error("secret.example:0:127.0.0.1"), ResolveError::Port);
        assert_eq!(error("secret.example:https:127.0.0.1"), ResolveError::Port);
        assert_eq!(error("secret.example:443:127.0.0.1,secret"), ResolveError::Address(2));
        assert!(
            !format!("{:?}", "secret.example:443:127.0.0.1".parse::<ResolveOverride>()).contains("secret")
        );
    }
}
