//! `--connect-to HOST1:PORT1:HOST2:PORT2`: another place to connect to, written as curl writes it.

use std::fmt;
use std::str::FromStr;

/// A rule: connections to the first host and port go to the second. What is left empty stands for any on the left and for the
/// same on the right.
#[derive(Clone, PartialEq, Eq)]
pub struct ConnectTo {
    from: (Option<String>, Option<u16>),
    to: (Option<String>, Option<u16>),
}

/// Why a text is not such a rule. The text is not repeated: hosts may be secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConnectToError {
    #[error(
        "write it as HOST1:PORT1:HOST2:PORT2, any of them left empty for all or for the same; an IPv6 address stands in brackets"
    )]
    Syntax,
    #[error("a port is not a number from 1 to 65535; write it as HOST1:PORT1:HOST2:PORT2")]
    Port,
}

impl ConnectTo {
    /// Whether it is for this host, without the brackets of IPv6, and port.
    pub(crate) fn is_for(&self, host: &str, port: u16) -> bool {
        let (from_host, from_port) = &self.from;
        from_host.as_ref().is_none_or(|from| from.eq_ignore_ascii_case(host))
            && from_port.is_none_or(|from| from == port)
    }

    /// Where connections to this host and port go.
    pub(super) fn leads(&self, host: &str, port: u16) -> (String, u16) {
        let (to_host, to_port) = &self.to;
        (to_host.clone().unwrap_or_else(|| host.to_owned()), to_port.unwrap_or(port))
    }

    /// The host that connections go to, if it is another.
    pub(crate) fn host(&self) -> Option<&str> {
        self.to.0.as_deref()
    }
}

impl fmt::Debug for ConnectTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ConnectTo(***)")
    }
}

impl FromStr for ConnectTo {
    type Err = ConnectToError;

    fn from_str(text: &str) -> Result<Self, ConnectToError> {
        let (from_host, rest) = host(text.trim())?;
        let (from_port, rest) = rest.split_once(':').ok_or(ConnectToError::Syntax)?;
        let (to_host, to_port) = host(rest)?;
        Ok(Self { from: (from_host, port(from_port)?), to: (to_host, port(to_port)?) })
    }
}

/// The host that a text begins with, and what follows its colon.
fn host(text: &str) -> Result<(Option<String>, &str), ConnectToError> {
    let parts = match text.strip_prefix('[') {
        Some(bracketed) => bracketed.split_once("]:"),
        None => text.split_once(':'),
    };
    let (host, rest) = parts.ok_or(ConnectToError::Syntax)?;
    if host.contains(['/', '@', ' ', '[', ']']) {
        return Err(ConnectToError::Syntax);
    }
    Ok((Some(host.to_ascii_lowercase()).filter(|host| !host.is_empty()), rest))
}

fn port(text: &str) -> Result<Option<u16>, ConnectToError> {
    match text.trim() {
        "" => Ok(None),
        text => text.parse().ok().filter(|port| *port > 0).map(Some).ok_or(ConnectToError::Port),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_rule_is_written_as_curl_writes_it() {
        let leads = |rule: &str, host: &str, port| {
            let rule: ConnectTo = rule.parse().unwrap();
            rule.is_for(host, port).then(|| rule.leads(host, port))
        };
        let to = |host: &str, port| Some((host.to_owned(), port));
        assert_eq!(leads("a.example:443:B.example:8443", "A.example", 443), to("b.example", 8443));
        assert_eq!(leads("a.example:443:b.example:8443", "a.example", 80), None);
        assert_eq!(leads("a.example:443:b.example:8443", "c.example", 443), None);
        assert_eq!(leads("::b.example:", "a.example", 443), to("b.example", 443));
        assert_eq!(leads(":443::8443", "a.example", 443), to("a.example", 8443));
        assert_eq!(leads("[2001:db8::1]:80:[::1]:81", "2001:db8::1", 80), to("::1", 81));
    }

    #[test]
    fn what_is_no_rule_says_how_to_write_it_and_repeats_nothing() {
        let error = |text: &str| text.parse::<ConnectTo>().unwrap_err();
        for text in ["", "a", "a:1", "a:1:b", "[::1:80:b:1", "a b:1:c:1", "u@a:1:b:1"] {
            assert_eq!(error(text), ConnectToError::Syntax, "{text}");
        }
        for text in ["http://a:1:b:1", "a:x:b:1", "a:0:b:1", "a:1:b:65536", "a:1:b:1:2"] {
            assert_eq!(error(text), ConnectToError::Port, "{text}");
        }
        let shown = format!("{:?}", "secret.example:1:secret.example:2".parse::<ConnectTo>());
        assert_eq!(shown, "Ok(ConnectTo(***))");
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text in "[\\[\\]:a-z0-9]{0,30}|\\PC{0,20}") {
            let _ = text.parse::<ConnectTo>();
        }
    }
}
