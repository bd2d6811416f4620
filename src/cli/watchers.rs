//! Who watches a run from outside: `--prometheus`, `--otlp`, `--label`.

use std::net::{Ipv4Addr, SocketAddr};
use std::str::FromStr;

use http::Uri;

/// Who watches, and how what they see is labelled.
#[derive(Debug, Clone, Default)]
pub(crate) struct Watchers {
    /// Where Prometheus asks.
    pub prometheus: Option<SocketAddr>,
    /// Which collector is told.
    pub otlp: Option<Uri>,
    /// Names and values, on all that they see.
    pub labels: Vec<(String, String)>,
}

/// `--prometheus`: `HOST:PORT` as an address, or a port of this machine's own loopback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Listen(pub SocketAddr);

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim().trim_start_matches(':');
        let own = || text.parse().ok().map(|port: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        let named = || text.strip_prefix("localhost:").and_then(|port| port.parse().ok());
        let address = text.parse().ok().or_else(own);
        let address =
            address.or_else(|| named().map(|port: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, port))));
        address.map(Self).ok_or_else(|| "write where to listen as 127.0.0.1:9464, or as a port".to_owned())
    }
}

/// `--otlp`: the URL of a collector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Collector(pub Uri);

impl FromStr for Collector {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            "write the collector as http://HOST:4318; its path is /v1/metrics where none is given".to_owned()
        };
        let uri: Uri = text.trim().parse().map_err(|_| wrong())?;
        match uri.scheme_str() {
            Some("http") if uri.host().is_some() => Ok(Self(uri)),
            Some("https") => {
                Err("a collector is told over http:// only; give the address of an agent on this machine"
                    .to_owned())
            }
            _ => Err(wrong()),
        }
    }
}

/// `--label`: a name and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Label(pub String, pub String);

impl FromStr for Label {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const OURS: [&str; 9] =
            ["phase", "code", "kind", "reason", "method", "target", "name", "version", "le"];
        let (name, value) = text.split_once('=').ok_or("write a label as NAME=VALUE")?;
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if name.is_empty()
            || !name.bytes().all(is_plain)
            || name.starts_with(|first: char| first.is_ascii_digit())
            || name.starts_with("__")
        {
            return Err("the name of a label has letters, digits and _, and begins with no digit".to_owned());
        }
        if OURS.contains(&name) {
            return Err(format!("the label `{name}` is there already; choose another name"));
        }
        Ok(Self(name.to_owned(), value.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn watchers_are_read_and_what_is_none_says_how_it_is_written() {
        let listen = |text: &str| text.parse::<Listen>().map(|listen| listen.0.to_string());
        assert_eq!(listen("9464").as_deref(), Ok("127.0.0.1:9464"));
        assert_eq!(listen(":9464").as_deref(), Ok("127.0.0.1:9464"));
        assert_eq!(listen("localhost:9464").as_deref(), Ok("127.0.0.1:9464"));
        assert_eq!(listen("0.0.0.0:9464").as_deref(), Ok("0.0.0.0:9464"));
        assert!(listen("prometheus").is_err() && listen("").is_err() && listen("99999").is_err());
        assert!("http://127.0.0.1:4318".parse::<Collector>().is_ok());
        for text in ["https://x:4318", "127.0.0.1:4318", "x"] {
            assert!(text.parse::<Collector>().is_err(), "{text}");
        }
        assert_eq!("team=a=b".parse(), Ok(Label("team".to_owned(), "a=b".to_owned())));
        for text in ["team", "=a", "1a=b", "__a=b", "phase=x", "a-b=c"] {
            assert!(text.parse::<Label>().is_err(), "{text}");
        }
    }
}
