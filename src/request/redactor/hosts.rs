//! Names in place of hosts and addresses.

use std::net::{IpAddr, Ipv6Addr};

use super::credentials::looks_secret;
use super::scan::{byte_before, is_word, rewrite, run, starts_with};

/// So many hosts are told apart; a server that answers with ever new ones must not fill the memory.
const MAX_NAMES: usize = 1000;

/// Hosts in the order of their names: the first is `host-1`.
#[derive(Default)]
pub struct Hosts {
    hosts: Vec<String>,
    /// How many of them were known from the start: only those are looked for in plain text.
    known: usize,
}

impl std::fmt::Debug for Hosts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Hosts({})", self.hosts.len())
    }
}

impl Hosts {
    pub fn new<'a>(origins: impl Iterator<Item = &'a str>) -> Self {
        let mut hosts = Self::default();
        for host in origins {
            let host = canonical(host);
            if !hosts.hosts.contains(&host) {
                hosts.hosts.push(host);
            }
        }
        hosts.known = hosts.hosts.len();
        hosts
    }

    /// The name of a host without its port: always the same for the same host. A name stays what it is, and so does
    /// what is hidden already.
    pub fn name(&mut self, host: &str) -> String {
        let host = canonical(host);
        if let Some(at) = self.hosts.iter().position(|known| *known == host) {
            return format!("host-{}", at + 1);
        }
        if is_name(&host) || host.contains("***") {
            return if is_name(&host) { host } else { "***".to_owned() };
        }
        if self.hosts.len() >= MAX_NAMES.max(self.known) {
            return "host-n".to_owned();
        }
        self.hosts.push(host);
        format!("host-{}", self.hosts.len())
    }

    /// The name of a host with or without its port.
    pub fn authority(&mut self, authority: &str) -> String {
        let host = match authority.rsplit_once(':') {
            Some((host, _)) if host.ends_with(']') || !host.contains(':') => host,
            _ => authority,
        };
        self.name(host)
    }
}

/// However an address is written, it is one host.
fn canonical(host: &str) -> String {
    let bare = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.');
    let bare = bare.split('%').next().filter(|start| start.contains(':')).unwrap_or(bare);
    bare.parse::<IpAddr>().map_or_else(|_| bare.to_lowercase(), |address| address.to_string())
}

fn is_name(host: &str) -> bool {
    host.strip_prefix("host-")
        .is_some_and(|n| n == "n" || !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

/// How long a port with its colon is: none is 0.
fn port(text: &str, at: usize) -> usize {
    if text.as_bytes().get(at) != Some(&b':') {
        return 0;
    }
    let digits = run(text, at + 1, |b| b.is_ascii_digit());
    // Two addresses with a colon between them: what follows is no port.
    let goes_on = starts_with(text, at + 1 + digits, ".")
        && text.as_bytes().get(at + 2 + digits).is_some_and(u8::is_ascii_digit);
    if digits == 0 || goes_on { 0 } else { digits + 1 }
}

/// Drops the userinfo of URLs of any scheme, and gives host and port the name that `name` has for the host, if any.
pub fn replace_urls(text: &str, name: &mut dyn FnMut(&str) -> Option<String>) -> String {
    rewrite(text, |at| {
        let rest = text[at..].strip_prefix("://")?;
        let ends =
            |c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'' | '`' | '<' | '>' | '\\');
        let authority = rest.split(ends).next().unwrap_or(rest);
        let userinfo = authority.rfind('@').map_or(0, |at| at + 1);
        let host_and_more = &authority[userinfo..];
        let host = if host_and_more.starts_with('[') {
            host_and_more.find(']').map_or(host_and_more, |end| &host_and_more[..=end])
        } else {
            let of_host = |c: char| {
                c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '~' | '%' | '*') || !c.is_ascii()
            };
            let end = host_and_more.find(|c| !of_host(c)).unwrap_or(host_and_more.len());
            host_and_more[..end].trim_end_matches('.')
        };
        let end = at + 3 + userinfo + host.len();
        // A name with a value is no host: whoever blanks the value must still find the name.
        let is_name_of_a_value = text[end..].starts_with('=') && looks_secret(host);
        if host.is_empty() || is_name_of_a_value {
            return Some((at + 3 + userinfo, "://".to_owned()));
        }
        match name(host) {
            // Also a port that is none, as in `http://host:x/`.
            Some(name) => {
                let port = text[end..].strip_prefix(':').map_or(0, |_| 1 + run(text, end + 1, is_word));
                Some((end + port, format!("://{name}")))
            }
            None => Some((end, format!("://{host}"))),
        }
    })
}

/// Names the known hosts wherever they stand, with their ports. A name with a dot is replaced within a word too; one
/// without, such as `api`, only as a word of its own.
pub fn replace_known(text: &str, hosts: &Hosts) -> String {
    let mut names: Vec<(usize, &str)> =
        hosts.hosts[..hosts.known].iter().map(String::as_str).enumerate().collect();
    // Addresses are found as such. Longer ones first, for a host below another.
    names.retain(|(_, host)| host.parse::<IpAddr>().is_err() && !host.is_empty());
    names.sort_by_key(|(_, host)| std::cmp::Reverse(host.len()));
    let boundary = |byte: Option<u8>| byte.is_none_or(|b| !is_word(b));
    rewrite(text, |at| {
        // What stands for a host stays, even if a host is called `host`.
        if starts_with(text, at, "host-") && boundary(byte_before(text, at)) {
            let digits = run(text, at + 5, |b| b.is_ascii_digit());
            if digits > 0 && !names.iter().any(|(_, host)| starts_with(text, at, host) && host.len() > 5) {
                return Some((at + 5 + digits, text[at..at + 5 + digits].to_owned()));
            }
        }
        let found = names.iter().find(|(_, host)| {
            let end = at + host.len();
            let whole = || boundary(byte_before(text, at)) && boundary(text.as_bytes().get(end).copied());
            starts_with(text, at, host) && text.is_char_boundary(end) && (host.contains('.') || whole())
        });
        let (number, host) = found?;
        let end = at + host.len();
        Some((end + port(text, end), format!("host-{}", number + 1)))
    })
}

/// Names addresses, with their brackets and ports.
pub fn replace_addresses(text: &str, hosts: &mut Hosts) -> String {
    let text = rewrite(text, |at| {
        let of_address = |b: u8| b.is_ascii_hexdigit() || b == b':' || b == b'.';
        let bracket = usize::from(text.as_bytes()[at] == b'[');
        let start = at + bracket;
        let length = run(text, start, of_address);
        if length == 0 {
            return None;
        }
        let before = byte_before(text, start).is_some_and(is_word);
        let after = text.as_bytes().get(start + length).copied().is_some_and(is_word);
        let address = text[start..start + length].trim_end_matches('.');
        // `key: ::1`: a single colon at the end belongs to the sentence.
        let address = address.strip_suffix(':').filter(|less| !less.ends_with(':')).unwrap_or(address);
        if !is_six(address, before || after) {
            return Some((start + length, text[at..start + length].to_owned()));
        }
        let mut end = start + address.len();
        if text.as_bytes().get(end) == Some(&b'%') {
            end += 1 + run(text, end + 1, |b| b.is_ascii_alphanumeric());
        }
        if bracket == 1 && text.as_bytes().get(end) == Some(&b']') {
            end += 1;
            end += port(text, end);
        }
        Some((end, hosts.name(address)))
    });
    rewrite(&text, |at| {
        let length = run(&text, at, |b| b.is_ascii_digit() || b == b'.');
        if length == 0 {
            return None;
        }
        let whole = &text[at..at + length];
        let address = whole.trim_end_matches('.');
        let mut groups = 0;
        let is_four = address.split('.').any(|group| {
            groups = if group.is_empty() { 0 } else { groups + 1 };
            groups == 4
        });
        if !is_four {
            return Some((at + length, whole.to_owned()));
        }
        let end = at + address.len();
        Some((end + port(&text, end), hosts.name(address.trim_start_matches('.'))))
    })
}

/// Whether a run of hexadecimal digits, colons and dots holds an IPv6 address. A time (12:34:56) has too few colons, a
/// path of a program (`std::fmt`) has letters at its sides and no digit.
fn is_six(run: &str, within_word: bool) -> bool {
    let colons = run.bytes().filter(|&b| b == b':').count();
    if colons < 2 {
        return false;
    }
    let digit = run.bytes().any(|b| b.is_ascii_digit());
    colons >= 5
        || run.contains("::") && digit
        || !within_word && run.len() > 2 && run.parse::<Ipv6Addr>().is_ok()
}
