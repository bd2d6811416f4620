//! The cookies of one session (RFC 6265): what the answers set, and which of it a request carries.

use std::net::IpAddr;

use bytes::Bytes;
use cookie::Cookie;
use http::header::{COOKIE, HeaderMap, HeaderValue, SET_COOKIE};

use crate::request::origin::{Origin, Scheme};

/// Most cookies that a session keeps, and most bytes of name and value of each (RFC 6265, 6.1).
const MOST_COOKIES: usize = 50;
const MOST_BYTES: usize = 4_096;

/// What one session has been told to keep. A cookie that is still valid when it comes is kept until the session ends, which
/// takes seconds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Jar(Vec<Kept>);

#[derive(Debug, Clone)]
struct Kept {
    name: String,
    value: String,
    /// The host that set it, or the domain that it is for.
    domain: String,
    /// Whether it goes to that host alone.
    host_only: bool,
    path: String,
    secure: bool,
}

impl Jar {
    /// Takes the cookies of an answer to a request for `path` at `origin`; it is `unix_s` now.
    pub(crate) fn store(&mut self, origin: &Origin, path: &str, headers: &HeaderMap, unix_s: i64) {
        for header in headers.get_all(SET_COOKIE) {
            // Nobody says in which encoding; browsers keep such cookies too.
            let line = String::from_utf8_lossy(header.as_bytes());
            let Ok(cookie) = Cookie::parse(line.as_ref()) else { continue };
            let Some(kept) = Kept::of(&cookie, origin, path) else { continue };
            self.0
                .retain(|old| (&old.name, &old.domain, &old.path) != (&kept.name, &kept.domain, &kept.path));
            if !is_over(&cookie, unix_s) && self.0.len() < MOST_COOKIES {
                self.0.push(kept);
            }
        }
    }

    /// Adds the cookies for a request for `path` at `origin` behind those that it has: longer paths first (RFC 6265, 5.4).
    pub(crate) fn add_to(&self, headers: &mut HeaderMap, origin: &Origin, path: &str) {
        let mut sent: Vec<&Kept> = self.0.iter().filter(|kept| kept.is_for(origin, path)).collect();
        if sent.is_empty() {
            return;
        }
        sent.sort_by_key(|kept| std::cmp::Reverse(kept.path.len()));
        let mut line = headers.get(COOKIE).map(|given| given.as_bytes().to_vec()).unwrap_or_default();
        for kept in sent {
            if !line.is_empty() {
                line.extend_from_slice(b"; ");
            }
            line.extend_from_slice(kept.name.as_bytes());
            line.push(b'=');
            line.extend_from_slice(kept.value.as_bytes());
        }
        if let Ok(mut value) = HeaderValue::from_maybe_shared(Bytes::from(line)) {
            value.set_sensitive(true);
            headers.insert(COOKIE, value);
        }
    }

    /// The values in it, none of which may be shown.
    pub(crate) fn values(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|kept| kept.value.as_str())
    }
}

impl Kept {
    /// `None` for one that this host may not set, or that is too long.
    fn of(cookie: &Cookie<'_>, origin: &Origin, path: &str) -> Option<Self> {
        let (name, value) = cookie.name_value();
        if name.is_empty() || name.len() + value.len() > MOST_BYTES {
            return None;
        }
        let host = origin.host();
        let domain = cookie.domain().map(|domain| domain.trim_start_matches('.').to_ascii_lowercase());
        let (domain, host_only) = match domain.filter(|domain| !domain.is_empty()) {
            None => (host.to_owned(), true),
            Some(domain) if domain == host => (domain, host.parse::<IpAddr>().is_ok()),
            // A name without a dot is nobody's domain.
            Some(domain) if domain.contains('.') && is_within(host, &domain) => (domain, false),
            Some(_) => return None,
        };
        let given = cookie.path().filter(|path| path.starts_with('/'));
        Some(Self {
            name: name.to_owned(),
            value: value.to_owned(),
            domain,
            host_only,
            path: given.unwrap_or_else(|| default_path(path)).to_owned(),
            secure: cookie.secure().unwrap_or(false),
        })
    }

    fn is_for(&self, origin: &Origin, path: &str) -> bool {
        let host = origin.host();
        let is_host = if self.host_only { self.domain == host } else { is_within(host, &self.domain) };
        // As curl and browsers do: nobody listens in between on the machine itself.
        let is_safe = origin.scheme() == Scheme::Https || is_loopback(host);
        is_host && is_on(path, &self.path) && (!self.secure || is_safe)
    }
}

/// Whether a cookie is to be forgotten when it comes.
fn is_over(cookie: &Cookie<'_>, unix_s: i64) -> bool {
    match (cookie.max_age(), cookie.expires_datetime()) {
        (Some(age), _) => !age.is_positive(),
        (None, Some(at)) => at.unix_timestamp() <= unix_s,
        (None, None) => false,
    }
}

/// RFC 6265, 5.1.3.
fn is_within(host: &str, domain: &str) -> bool {
    let before = host.strip_suffix(domain);
    host == domain || (before.is_some_and(|before| before.ends_with('.')) && host.parse::<IpAddr>().is_err())
}

/// RFC 6265, 5.1.4.
fn is_on(path: &str, cookie: &str) -> bool {
    let rest = path.strip_prefix(cookie);
    rest.is_some_and(|rest| rest.is_empty() || cookie.ends_with('/') || rest.starts_with('/'))
}

/// RFC 6265, 5.1.4: up to the last slash.
fn default_path(path: &str) -> &str {
    match path.rfind('/') {
        Some(at) if at > 0 => &path[..at],
        _ => "/",
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Target;

    const NOW: i64 = 1_700_000_000;

    fn origin(url: &str) -> Origin {
        url.parse::<Target>().unwrap().origin().clone()
    }

    fn headers(lines: &[&'static str]) -> HeaderMap {
        lines.iter().map(|line| (SET_COOKIE, HeaderValue::from_static(line))).collect()
    }

    fn jar(url: &str, path: &str, lines: &[&'static str]) -> Jar {
        let mut jar = Jar::default();
        jar.store(&origin(url), path, &headers(lines), NOW);
        jar
    }

    fn sent(jar: &Jar, url: &str, path: &str) -> String {
        let mut headers = HeaderMap::new();
        jar.add_to(&mut headers, &origin(url), path);
        headers.get(COOKIE).map_or(String::new(), |line| line.to_str().unwrap().to_owned())
    }

    #[test]
    fn a_cookie_goes_back_to_where_it_came_from() {
        let all = jar("http://a.example/", "/shop/login", &["sid=1", "b=2; Path=/", "c=3; Path=/shop/x"]);
        assert_eq!(sent(&all, "http://a.example/", "/shop/cart"), "sid=1; b=2");
        assert_eq!(sent(&all, "http://a.example/", "/shop/x/1"), "c=3; sid=1; b=2");
        assert_eq!(sent(&all, "http://a.example:81/", "/"), "b=2", "cookies know no ports");
        assert_eq!(sent(&all, "http://a.example/", "/shopping"), "b=2");
        assert_eq!(sent(&all, "http://b.a.example/", "/"), "");
    }

    #[test]
    fn domains_reach_down_and_never_up_or_aside() {
        let wide = jar(
            "http://www.a.example/",
            "/",
            &["w=1; Domain=.A.example", "x=2; Domain=b.example", "y=3; Domain=example"],
        );
        assert_eq!(sent(&wide, "http://a.example/", "/"), "w=1");
        assert_eq!(sent(&wide, "http://x.y.a.example/", "/"), "w=1");
        assert_eq!(sent(&wide, "http://nota.example/", "/"), "");
        let address = jar("http://127.0.0.1/", "/", &["a=1; Domain=127.0.0.1", "b=2; Domain=0.0.1"]);
        assert_eq!(sent(&address, "http://127.0.0.1:9/", "/"), "a=1");
    }

    #[test]
    fn secure_ones_are_not_sent_in_the_clear_but_to_the_machine_itself() {
        let safe = jar("https://a.example/", "/", &["s=1; Secure"]);
        assert_eq!(
            (sent(&safe, "https://a.example/", "/"), sent(&safe, "http://a.example/", "/")),
            ("s=1".to_owned(), String::new())
        );
        for url in ["http://127.0.0.1/", "http://[::1]/", "http://localhost/"] {
            assert_eq!(sent(&jar(url, "/", &["s=1; Secure"]), url, "/"), "s=1", "{url}");
        }
    }

    #[test]
    fn a_later_one_replaces_and_an_expired_one_removes() {
        let mut all = jar("http://a.example/", "/", &["a=1", "b=2", "a=3"]);
        assert_eq!(sent(&all, "http://a.example/", "/"), "b=2; a=3");
        let over = ["a=; Max-Age=0", "b=; Expires=Tue, 14 Nov 2023 22:13:20 GMT"];
        all.store(&origin("http://a.example/"), "/", &headers(&over), NOW);
        assert_eq!(sent(&all, "http://a.example/", "/"), "");
        let later = ["a=5; Max-Age=1", "b=6; Expires=Tue, 14 Nov 2023 22:13:21 GMT"];
        all.store(&origin("http://a.example/"), "/", &headers(&later), NOW);
        assert_eq!(sent(&all, "http://a.example/", "/"), "a=5; b=6");
    }

    #[test]
    fn cookies_beyond_ascii_are_kept() {
        let mut all = Jar::default();
        let line = HeaderValue::from_bytes(b"name=caf\xC3\xA9; Path=/").unwrap();
        all.store(&origin("http://a.example/"), "/", &[(SET_COOKIE, line)].into_iter().collect(), NOW);
        let mut headers = HeaderMap::new();
        all.add_to(&mut headers, &origin("http://a.example/"), "/");
        assert_eq!(headers[COOKIE].as_bytes(), b"name=caf\xC3\xA9");
    }

    #[test]
    fn typed_cookies_stay_and_a_flood_is_bounded() {
        let mut given: HeaderMap = [(COOKIE, HeaderValue::from_static("theme=dark"))].into_iter().collect();
        let all = jar("http://a.example/", "/", &["sid=1"]);
        all.add_to(&mut given, &origin("http://a.example/"), "/");
        assert_eq!(given[COOKIE], "theme=dark; sid=1");
        let mut flooded = Jar::default();
        for number in 0..1_000 {
            let line = HeaderValue::from_str(&format!("c{number}={}", "x".repeat(3_000))).unwrap();
            let headers = [(SET_COOKIE, line)].into_iter().collect();
            flooded.store(&origin("http://a.example/"), "/", &headers, NOW);
        }
        assert_eq!(flooded.values().count(), MOST_COOKIES);
    }
}
