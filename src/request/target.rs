//! Where requests go: URLs, and how values are written in them.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use http::Uri;
use http::uri::PathAndQuery;
use percent_encoding::{
    AsciiSet, CONTROLS, NON_ALPHANUMERIC, PercentEncode, percent_encode, utf8_percent_encode,
};

use super::origin::{Origin, Scheme};

/// A validated URL: an origin, and a path with its query. The path may hold placeholders.
///
/// It does not implement `Display`, because hosts and query values must not reach a report by accident; what may
/// be shown is [`Target::label`].
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    /// Targets of one origin may share it: a file may hold a million of them.
    origin: Arc<Origin>,
    path: PathAndQuery,
}

/// Why a text is not a target. The text itself is not repeated where it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    #[error("the URL has no scheme; write it as http://HOST:PORT/PATH or https://HOST:PORT/PATH")]
    NoScheme,
    /// A path without a slash in front.
    #[error("a path begins with a slash, as in /search?q=1; a URL with http:// or https://")]
    NoSlash,
    /// A scheme that is not HTTP.
    #[error("`{0}://` is not supported; rpsbench speaks http:// and https://")]
    Scheme(String),
    #[error("the URL is not valid: {0}; write it as http://HOST:PORT/PATH, with spaces and the like as %20")]
    Syntax(String),
    /// A port outside 1 to 65535.
    #[error("the port is not a number from 1 to 65535")]
    Port,
    /// A placeholder in the host or port.
    #[error("a placeholder stands in the host or port; it may stand only in the path and the query")]
    Placeholder,
    /// A name and password inside the URL.
    #[error(
        "the URL holds a user name or password; send it as a header instead: -H 'Authorization: Basic ...'"
    )]
    UserInfo,
}

impl Target {
    /// Scheme, host and port.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The origin, to be shared with other targets.
    pub(super) fn shared_origin(&self) -> &Arc<Origin> {
        &self.origin
    }

    /// Shares an equal origin instead of keeping its own.
    pub(super) fn share_origin(&mut self, origin: &Arc<Origin>) {
        debug_assert!(*origin == self.origin);
        self.origin = Arc::clone(origin);
    }

    /// The host name or address, without the brackets of an IPv6 address.
    pub fn host(&self) -> &str {
        &self.origin.host
    }

    /// The port, the default one of its scheme too.
    pub fn port(&self) -> u16 {
        self.origin.port
    }

    /// The value of the `Host` header.
    pub fn authority(&self) -> &str {
        &self.origin.authority
    }

    /// Resolves a text against this target: a path (`/a?b=c`) keeps the origin, a URL stands for itself.
    ///
    /// # Errors
    /// [`TargetError`] when the text is neither.
    pub fn join(&self, text: &str) -> Result<Self, TargetError> {
        let text = text.trim();
        if text.contains("://") && !text.starts_with('/') {
            return text.parse();
        }
        Ok(Self { origin: Arc::clone(&self.origin), path: path_of(text)? })
    }

    /// Path and query, as they are sent.
    pub fn path(&self) -> &PathAndQuery {
        &self.path
    }

    /// The same with the real host: for the terminal of whoever gave it, never for a file.
    pub(crate) fn named(&self) -> String {
        self.label().replacen("host-1", self.authority(), 1)
    }

    /// What a report may show: the host is `host-1`, query values are `***`.
    pub fn label(&self) -> String {
        let query = self.path.query().map_or(String::new(), |query| {
            // A piece without a name may be a bare token.
            let shown =
                |pair: &str| pair.split_once('=').map_or("***".to_owned(), |(name, _)| format!("{name}=***"));
            let names: Vec<String> = query.split('&').map(shown).collect();
            format!("?{}", names.join("&"))
        });
        format!("{}://host-1{}{query}", self.origin.scheme, self.path.path())
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({})", self.label())
    }
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let text = text.trim();
        let with_scheme = is_host_and_port(text).then(|| format!("http://{text}"));
        let text = with_scheme.as_deref().unwrap_or(text);
        let Some((scheme, rest)) = text.split_once("://") else { return Err(TargetError::NoScheme) };
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            // Anything else may be a host, in front of a URL in its query.
            other if other.len() <= 12 && other.bytes().all(|b| b.is_ascii_alphabetic()) => {
                return Err(TargetError::Scheme(other.to_owned()));
            }
            _ => return Err(TargetError::NoScheme),
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
        if authority.contains(['{', '}']) {
            return Err(TargetError::Placeholder);
        }
        if authority.contains('@') {
            return Err(TargetError::UserInfo);
        }
        if authority.matches(':').count() > 1 && !authority.starts_with('[') {
            return Err(TargetError::Syntax(
                "an IPv6 address stands in brackets, as in http://[::1]:8080/".to_owned(),
            ));
        }
        let port = match authority.rsplit_once(':') {
            Some((before, port)) if !before.contains('[') || before.ends_with(']') => {
                Some(port.parse().ok().filter(|p| *p > 0_u16).ok_or(TargetError::Port)?)
            }
            _ => None,
        };
        let browsable = browsable(text, authority.len());
        let uri: Uri = browsable.parse().map_err(|error: http::uri::InvalidUri| syntax(&error))?;
        let host = uri.host().filter(|host| !host.is_empty());
        let host = host.ok_or_else(|| TargetError::Syntax("it has no host".to_owned()))?;
        let origin = Origin {
            scheme,
            host: host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase(),
            port: port.unwrap_or(scheme.default_port()),
            authority: authority.to_owned(),
        };
        let path = uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        Ok(Self { origin: Arc::new(origin), path })
    }
}

/// A path with its query, percent-encoded where it must be and without a fragment, which is not sent.
///
/// # Errors
/// [`TargetError`] where the text does not begin with a slash, or is no path.
pub(super) fn path_of(text: &str) -> Result<PathAndQuery, TargetError> {
    if !text.starts_with('/') {
        return Err(TargetError::NoSlash);
    }
    let path = text.split('#').next().unwrap_or(text);
    let path = utf8_percent_encode(path, NOT_IN_A_URL).to_string();
    path.parse().map_err(|error: http::uri::InvalidUri| syntax(&error))
}

/// What a URL may not hold as it stands (RFC 3986, 2), and people copy all the same; the braces are placeholders here, and a
/// percent sign is left as it is, as browsers do.
const NOT_IN_A_URL: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'\\').add(b'^').add(b'`').add(b'|');

/// A URL with its path and query percent-encoded where they must be. Not the fragment, which is not sent.
fn browsable(text: &str, authority: usize) -> Cow<'_, str> {
    let path_at = text.find("://").map_or(0, |at| at + 3) + authority;
    let (origin, path) = text.split_at(path_at.min(text.len()));
    let path = utf8_percent_encode(path, NOT_IN_A_URL);
    match Cow::from(path) {
        Cow::Borrowed(_) => Cow::Borrowed(text),
        Cow::Owned(path) => Cow::Owned(format!("{origin}{path}")),
    }
}

/// `localhost:8080/path`: what stands before the first slash is a host with a port, which no scheme and no word is.
fn is_host_and_port(text: &str) -> bool {
    let authority = text.split(['/', '?', '#']).next().unwrap_or("");
    let port = authority.rsplit_once(':').filter(|(host, _)| !host.is_empty() && !host.contains('@'));
    port.is_some_and(|(_, port)| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()))
}

/// All but the unreserved characters of RFC 3986, 2.3.
pub(super) const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Bytes written so that they stand for themselves anywhere in a URL, as %XX where they must be.
pub(super) fn encoded(bytes: &[u8]) -> PercentEncode<'_> {
    percent_encode(bytes, RESERVED)
}

/// http's words for what is wrong; they never hold the text itself.
fn syntax(error: &http::uri::InvalidUri) -> TargetError {
    TargetError::Syntax(error.to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_url_is_taken_apart() {
        let target: Target = "http://127.0.0.1:8080/a/b?x=1&token=secret#part".parse().unwrap();
        assert_eq!((target.host(), target.port(), target.authority()), ("127.0.0.1", 8080, "127.0.0.1:8080"));
        assert_eq!(target.path().as_str(), "/a/b?x=1&token=secret");
        let plain: Target = "HTTP://example.org".parse().unwrap();
        assert_eq!((plain.host(), plain.port(), plain.path().as_str()), ("example.org", 80, "/"));
        let six: Target = "http://[::1]:81/".parse().unwrap();
        assert_eq!((six.host(), six.port(), six.authority()), ("::1", 81, "[::1]:81"));
        assert_eq!("http://[::1]/".parse::<Target>().unwrap().port(), 80);
    }

    #[test]
    fn a_path_stands_beside_a_target() {
        let base: Target = "https://a.example/x".parse().unwrap();
        assert_eq!((base.port(), base.origin().scheme()), (443, Scheme::Https));
        let joined = base.join("/y?z={id}").unwrap();
        assert_eq!((joined.origin(), joined.path().as_str()), (base.origin(), "/y?z={id}"));
        assert_eq!(base.join("http://B.example:81/").unwrap().host(), "b.example");
        assert_eq!(base.join("y"), Err(TargetError::NoSlash));
        assert_eq!(base.join("/a b").unwrap().path().as_str(), "/a%20b");
        assert_eq!(
            "http://A.example/".parse::<Target>().unwrap().origin(),
            "http://a.example:80/x".parse::<Target>().unwrap().origin()
        );
    }

    #[test]
    fn urls_as_people_copy_them_are_encoded_as_a_browser_does() {
        for (typed, sent) in [
            ("http://x/ü", "/%C3%BC"),
            ("http://x/a|b", "/a%7Cb"),
            ("http://x/\"q\"?a=<b>", "/%22q%22?a=%3Cb%3E"),
            ("http://x/a b?c=d e", "/a%20b?c=d%20e"),
            (
                "http://x/{id}/%zz/%20/[1]?q={word}&r=a+b~!$'()*,;:@",
                "/{id}/%zz/%20/[1]?q={word}&r=a+b~!$'()*,;:@",
            ),
        ] {
            assert_eq!(typed.parse::<Target>().unwrap().path().as_str(), sent);
        }
    }

    #[test]
    fn a_host_with_a_port_needs_no_scheme() {
        for (typed, host, port, path) in [
            ("localhost:8080", "localhost", 8080, "/"),
            ("127.0.0.1:80/x?to=http://y/", "127.0.0.1", 80, "/x?to=http://y/"),
            ("[::1]:81/", "::1", 81, "/"),
        ] {
            let target: Target = typed.parse().unwrap();
            assert_eq!((target.host(), target.port(), target.path().as_str()), (host, port, path));
            assert_eq!(target.origin().scheme(), Scheme::Http);
        }
    }

    #[test]
    fn neither_host_nor_query_value_is_shown() {
        let target: Target = "http://internal.example:8080/a?token=secret&id=7&flag".parse().unwrap();
        assert_eq!(target.label(), "http://host-1/a?token=***&id=***&***");
        assert_eq!(format!("{target:?}"), "Target(http://host-1/a?token=***&id=***&***)");
    }

    #[test]
    fn what_is_not_a_target_says_why() {
        let error = |text: &str| text.parse::<Target>().unwrap_err();
        assert_eq!(error(""), TargetError::NoScheme);
        assert_eq!(error("ftp://x/"), TargetError::Scheme("ftp".to_owned()));
        assert_eq!(error("word"), TargetError::NoScheme);
        assert_eq!(error("http://x:99999/"), TargetError::Port);
        assert_eq!(error("http://x:0/"), TargetError::Port);
        assert_eq!(error("http://x:/"), TargetError::Port);
        assert_eq!(error("http://x:http/"), TargetError::Port);
        assert_eq!(error("http://user:pass@x/"), TargetError::UserInfo);
        assert_eq!(error("http://{host}/"), TargetError::Placeholder);
        for text in ["http://", "http:///path", "http://a b/"] {
            assert!(matches!(error(text), TargetError::Syntax(_)), "{text}: {:?}", error(text));
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text in "(http://)?\\PC{0,60}") {
            let _ = text.parse::<Target>();
        }
    }
}
