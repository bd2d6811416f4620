//! `--proxy [SCHEME://][USER:PASSWORD@]HOST[:PORT]`, written as curl writes it.

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

use percent_encoding::percent_decode_str;

use crate::request::Secret;

/// The port of a proxy that names none; curl's.
const DEFAULT_PORT: u16 = 1080;
/// Longest user name and longest password of SOCKS5, in bytes (RFC 1929, 2).
const SOCKS_TEXT: usize = 255;

/// What a proxy speaks, and who resolves the target's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProxyScheme {
    /// CONNECT. The proxy resolves the name.
    Http,
    /// SOCKS5, and the name is resolved here.
    Socks5,
    /// SOCKS5, and the proxy resolves the name.
    Socks5h,
}

/// User and password, as bytes: a URL can hold any.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Credentials {
    pub user: Vec<u8>,
    pub password: Vec<u8>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A proxy that connections go through. Its `Debug` shows neither host nor credentials.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    pub(super) scheme: ProxyScheme,
    host: String,
    port: u16,
    pub(super) credentials: Option<Secret<Credentials>>,
}

/// Why a text is not a proxy. The text is not repeated: it may hold a password, and hosts may be secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProxyError {
    #[error(
        "a proxy of this scheme is not supported; write http://HOST:PORT (CONNECT), socks5://HOST:PORT or socks5h://HOST:PORT \
         (the proxy resolves the target's name)"
    )]
    Scheme,
    #[error(
        "write it as http://USER:PASSWORD@HOST:PORT, without a path; special characters of the user and the password stand as \
         %XX, and an IPv6 address in brackets"
    )]
    Syntax,
    #[error("the port is not a number from 1 to 65535")]
    Port,
    #[error("the user name holds a colon, which Basic authentication cannot carry (RFC 7617)")]
    UserColon,
    #[error("SOCKS5 carries a user name of 1 to 255 bytes and a password of at most 255 (RFC 1929)")]
    Length,
}

impl Proxy {
    /// The host name or address, without the brackets of an IPv6 address.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What is spoken with it: `http`, `socks5` or `socks5h`.
    pub fn scheme(&self) -> &'static str {
        match self.scheme {
            ProxyScheme::Http => "http",
            ProxyScheme::Socks5 => "socks5",
            ProxyScheme::Socks5h => "socks5h",
        }
    }

    /// Whether the target's name is resolved by the proxy, and never here.
    pub fn resolves_names(&self) -> bool {
        self.scheme != ProxyScheme::Socks5
    }

    /// User and password, each as text, for whoever has to hide them.
    pub(crate) fn secrets(&self) -> Vec<Secret<String>> {
        let Some(credentials) = &self.credentials else { return Vec::new() };
        let Credentials { user, password } = credentials.expose();
        let texts = [user, password].map(|text| String::from_utf8_lossy(text).into_owned());
        texts.into_iter().filter(|text| !text.is_empty()).map(Secret::new).collect()
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({}://***)", self.scheme())
    }
}

impl FromStr for Proxy {
    type Err = ProxyError;

    fn from_str(text: &str) -> Result<Self, ProxyError> {
        let text = text.trim();
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "http" => ProxyScheme::Http,
            "socks5" => ProxyScheme::Socks5,
            "socks5h" => ProxyScheme::Socks5h,
            _ => return Err(ProxyError::Scheme),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        // As with curl the last @ counts, so that one in a password need not be encoded.
        let (user_info, authority) =
            rest.rsplit_once('@').map_or((None, rest), |(user, host)| (Some(user), host));
        let credentials = user_info.filter(|text| !text.is_empty()).map(credentials_of);
        if let Some(Credentials { user, password }) = &credentials {
            match scheme {
                ProxyScheme::Http if user.contains(&b':') => return Err(ProxyError::UserColon),
                ProxyScheme::Http => {}
                _ if user.is_empty() || user.len().max(password.len()) > SOCKS_TEXT => {
                    return Err(ProxyError::Length);
                }
                _ => {}
            }
        }
        let (host, port) = host_and_port(authority)?;
        Ok(Self { scheme, host, port, credentials: credentials.map(Secret::new) })
    }
}

fn credentials_of(text: &str) -> Credentials {
    let (user, password) = text.split_once(':').unwrap_or((text, ""));
    let [user, password] = [user, password].map(|text| percent_decode_str(text).collect());
    Credentials { user, password }
}

fn host_and_port(authority: &str) -> Result<(String, u16), ProxyError> {
    if authority.contains(['/', '?', '#']) {
        return Err(ProxyError::Syntax);
    }
    let (host, port) = match authority.strip_prefix('[') {
        Some(bracketed) => {
            let (host, port) = bracketed.split_once(']').ok_or(ProxyError::Syntax)?;
            host.parse::<Ipv6Addr>().map_err(|_| ProxyError::Syntax)?;
            match port {
                "" => (host, None),
                port => (host, Some(port.strip_prefix(':').ok_or(ProxyError::Syntax)?)),
            }
        }
        None => authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
    };
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':');
    if host.is_empty() || !host.bytes().all(is_name) {
        return Err(ProxyError::Syntax);
    }
    let port = match port {
        None => DEFAULT_PORT,
        // More colons: an IPv6 address without its brackets.
        Some(port) if port.contains(':') => return Err(ProxyError::Syntax),
        Some(port) => port.parse().ok().filter(|port| *port > 0_u16).ok_or(ProxyError::Port)?,
    };
    Ok((host.to_ascii_lowercase(), port))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parts(text: &str) -> (&'static str, String, u16, Option<(String, String)>) {
        let proxy: Proxy = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
        let credentials = proxy.credentials.as_ref().map(|credentials| {
            let Credentials { user, password } = credentials.expose().clone();
            (String::from_utf8(user).unwrap(), String::from_utf8(password).unwrap())
        });
        (proxy.scheme(), proxy.host().to_owned(), proxy.port(), credentials)
    }

    #[test]
    fn a_proxy_is_written_as_curl_writes_it() {
        let pair = |user: &str, password: &str| Some((user.to_owned(), password.to_owned()));
        for (text, scheme, host, port, credentials) in [
            ("proxy.example:3128", "http", "proxy.example", 3128, None),
            ("http://Proxy.example", "http", "proxy.example", 1080, None),
            ("HTTP://127.0.0.1:8888/", "http", "127.0.0.1", 8888, None),
            ("u:p@h:1", "http", "h", 1, pair("u", "p")),
            ("http://u%40x:p%3Aq%2F%25@h:1", "http", "h", 1, pair("u@x", "p:q/%")),
            ("http://u:p@q:r@h:1", "http", "h", 1, pair("u", "p@q:r")),
            ("http://u@h:1", "http", "h", 1, pair("u", "")),
            ("http://@h:1", "http", "h", 1, None),
            ("socks5://[::1]:1", "socks5", "::1", 1, None),
            ("socks5h://u:@[2001:db8::1]", "socks5h", "2001:db8::1", 1080, pair("u", "")),
        ] {
            assert_eq!(parts(text), (scheme, host.to_owned(), port, credentials), "{text}");
        }
        let resolves = |text: &str| text.parse::<Proxy>().unwrap().resolves_names();
        assert_eq!(["http://a", "socks5://a", "socks5h://a"].map(resolves), [true, false, true]);
    }

    #[test]
    fn what_is_no_proxy_says_how_to_write_it_and_repeats_nothing() {
        let error = |text: &str| text.parse::<Proxy>().unwrap_err();
        for scheme in ["https", "socks4", "socks4a", "socks", "ftp", "u:p"] {
            assert_eq!(error(&format!("{scheme}://h:1")), ProxyError::Scheme);
        }
        for text in [
            "",
            "http://",
            "http://u:p@",
            "h:1/path",
            "h?x",
            "::1",
            "::1:80",
            "[::1",
            "[h]:1",
            "[::1]x",
            "a b:1",
        ] {
            assert_eq!(error(text), ProxyError::Syntax, "{text}");
        }
        for text in ["h:", "h:0", "h:65536", "h:http", "[::1]:"] {
            assert_eq!(error(text), ProxyError::Port, "{text}");
        }
        assert_eq!(error("http://a%3Ab:p@h:1"), ProxyError::UserColon);
        assert_eq!(error("socks5://:p@h:1"), ProxyError::Length);
        assert_eq!(error(&format!("socks5://u:{}@h:1", "p".repeat(256))), ProxyError::Length);
        let shown = format!("{:?}", "http://user:hunter2@secret.example:1".parse::<Proxy>());
        assert_eq!(shown, "Ok(Proxy(http://***))");
    }

    #[test]
    fn what_is_to_be_hidden_is_decoded() {
        let proxy: Proxy = "http://user:hunter%20two@h:1".parse().unwrap();
        let secrets: Vec<String> = proxy.secrets().iter().map(|secret| secret.expose().clone()).collect();
        assert_eq!(secrets, ["user", "hunter two"]);
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text in "(http://|socks5h?://)?\\PC{0,40}") {
            let _ = text.parse::<Proxy>();
        }

        #[test]
        fn whatever_a_user_and_a_password_hold_can_be_written(user in "[^:]{1,20}", password in "\\PC{0,20}") {
            let encoded = |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
            let text = format!("socks5://{}:{}@h:1", encoded(&user), encoded(&password));
            prop_assert_eq!(parts(&text).3, Some((user, password)));
        }
    }
}
