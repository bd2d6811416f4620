//! CONNECT: what an HTTP proxy is asked, and what its answer says (RFC 9110, 9.3.6). Without input and output.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use httparse::{EMPTY_HEADER, Error, Header, Response, Status};

use super::destination::Destination;
use super::fault::ProxyFault;
use super::options::Credentials;

/// Largest head of an answer, in bytes, those of interim answers (1xx) with it.
const MOST_BYTES: usize = 16 << 10;
/// Most fields of a head.
const MOST_FIELDS: usize = 100;

/// The request for a tunnel. Its target is host and port, and so is its Host field.
pub(super) fn request(destination: &Destination, credentials: Option<&Credentials>) -> Vec<u8> {
    let version = env!("CARGO_PKG_VERSION");
    let mut head = format!(
        "CONNECT {destination} HTTP/1.1\r\nHost: {destination}\r\nUser-Agent: rpsbench/{version}\r\n"
    );
    if let Some(Credentials { user, password }) = credentials {
        let pair = [user.as_slice(), b":", password].concat();
        head += &format!("Proxy-Authorization: Basic {}\r\n", BASE64_STANDARD.encode(pair));
    }
    (head + "\r\n").into_bytes()
}

/// The answer to it, as it comes.
#[derive(Debug)]
pub(super) struct Answer {
    /// Of the head that has not ended yet.
    head: Vec<u8>,
    /// Bytes so far.
    seen: usize,
    /// Whether credentials were given.
    is_known: bool,
}

/// What a part of the answer was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// All of it belongs to the head, and more is to come.
    All,
    /// The head ends after so many bytes of it, and the tunnel is open: what follows is the target's.
    Open(usize),
}

impl Answer {
    pub(super) fn new(is_known: bool) -> Self {
        Self { head: Vec::new(), seen: 0, is_known }
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// A [`ProxyFault`] when the answer is not 2xx, not HTTP, or has no end within 16 KiB.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<Taken, ProxyFault> {
        self.head.extend_from_slice(bytes);
        self.seen += bytes.len();
        loop {
            let mut fields = [EMPTY_HEADER; MOST_FIELDS];
            let mut response = Response::new(&mut fields);
            let length = match response.parse(&self.head) {
                Ok(Status::Complete(length)) => length,
                Ok(Status::Partial) if self.seen > MOST_BYTES => return Err(ProxyFault::LargeHead),
                Ok(Status::Partial) => return Ok(Taken::All),
                Err(Error::TooManyHeaders) => return Err(ProxyFault::LargeHead),
                Err(_) => return Err(ProxyFault::NotHttp),
            };
            match response.code.unwrap_or_default() {
                // What any client has to expect before the answer (RFC 9110, 15.2); 101 is one that nobody asked for.
                100 | 102..=199 => {
                    self.head.drain(..length);
                }
                200..=299 => {
                    let behind = self.head.len() - length;
                    return Ok(Taken::Open(bytes.len() - behind.min(bytes.len())));
                }
                407 if !takes_basic(response.headers) => return Err(ProxyFault::NotBasic),
                // What tinyproxy answers to a wrong password. No target has spoken yet, so it is the proxy's.
                401 | 407 if self.is_known => return Err(ProxyFault::OtherCredentials),
                401 | 407 => return Err(ProxyFault::NoCredentials),
                status => return Err(ProxyFault::Status(status)),
            }
        }
    }
}

/// Whether a 407 offers Basic, or does not say what it takes (RFC 9110, 11.7.1).
fn takes_basic(fields: &[Header<'_>]) -> bool {
    let mut offers =
        fields.iter().filter(|field| field.name.eq_ignore_ascii_case("proxy-authenticate")).peekable();
    let offers_basic = |field: &Header<'_>| {
        let value = String::from_utf8_lossy(field.value).to_ascii_lowercase();
        value.split(',').any(|challenge| challenge.split_whitespace().next() == Some("basic"))
    };
    offers.peek().is_none() || offers.any(offers_basic)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn judged(answer: &str, is_known: bool) -> Result<Taken, ProxyFault> {
        Answer::new(is_known).take(answer.as_bytes())
    }

    #[test]
    fn a_tunnel_is_asked_for_by_host_and_port() {
        let asked = |host: &str, credentials: Option<&Credentials>| {
            String::from_utf8(request(&Destination::new(host, 443), credentials)).unwrap()
        };
        let plain = asked("a.example", None);
        assert!(plain.starts_with("CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n"), "{plain}");
        assert!(plain.ends_with("\r\n\r\n") && !plain.contains("Authorization"), "{plain}");
        assert!(asked("::1", None).starts_with("CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\n"));
        // The example of RFC 7617, 2.
        let credentials = Credentials { user: b"Aladdin".to_vec(), password: b"open sesame".to_vec() };
        let known = asked("a", Some(&credentials));
        assert!(
            known.contains("\r\nProxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n"),
            "{known}"
        );
    }

    #[test]
    fn any_2xx_opens_the_tunnel_and_what_follows_its_head_is_not_of_it() {
        let head = "HTTP/1.0 200 Connection established\r\nProxy-Agent: x\r\n\r\n";
        assert_eq!(judged(head, false), Ok(Taken::Open(head.len())));
        assert_eq!(judged(&format!("{head}more"), false), Ok(Taken::Open(head.len())));
        // A length means nothing here (RFC 9110, 9.3.6).
        let odd = "HTTP/1.1 299 x\r\nContent-Length: 5\r\n\r\n";
        assert_eq!(judged(odd, false), Ok(Taken::Open(odd.len())));
        let interim = "HTTP/1.1 100 Continue\r\n\r\n";
        assert_eq!(judged(&format!("{interim}{head}"), false), Ok(Taken::Open(interim.len() + head.len())));
        let mut in_parts = Answer::new(false);
        assert_eq!(in_parts.take(b"HTTP/1.1 200 OK\r\n\r"), Ok(Taken::All));
        assert_eq!(in_parts.take(b"\nabc"), Ok(Taken::Open(1)));
    }

    #[test]
    fn whatever_else_is_answered_has_its_name() {
        let wants = |challenge: &str| format!("HTTP/1.1 407 x\r\n{challenge}Content-Length: 0\r\n\r\n");
        let basic = wants("Proxy-Authenticate: Digest realm=\"a\", Basic realm=\"b\"\r\n");
        assert_eq!(judged(&basic, false), Err(ProxyFault::NoCredentials));
        assert_eq!(judged(&basic, true), Err(ProxyFault::OtherCredentials));
        assert_eq!(judged(&wants(""), true), Err(ProxyFault::OtherCredentials));
        assert_eq!(judged("HTTP/1.1 401 Unauthorized\r\n\r\n", true), Err(ProxyFault::OtherCredentials));
        let negotiate = wants("proxy-authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\n");
        assert_eq!(judged(&negotiate, true), Err(ProxyFault::NotBasic));
        for status in [101, 301, 400, 403, 502, 600] {
            assert_eq!(
                judged(&format!("HTTP/1.1 {status} x\r\n\r\n"), true),
                Err(ProxyFault::Status(status))
            );
        }
        for garbage in ["\u{5}\u{0}", "SSH-2.0-x\r\n", "<html>", "HTTP/2 200\r\n\r\n"] {
            assert_eq!(judged(garbage, false), Err(ProxyFault::NotHttp), "{garbage:?}");
        }
    }

    #[test]
    fn a_head_without_an_end_is_bounded() {
        let mut answer = Answer::new(false);
        assert_eq!(answer.take(b"HTTP/1.1 200 OK\r\nx: "), Ok(Taken::All));
        let ended = (0..20).map(|_| answer.take(&[b'a'; 1_000])).find(|taken| *taken != Ok(Taken::All));
        assert_eq!(ended, Some(Err(ProxyFault::LargeHead)));
        let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(101));
        assert_eq!(judged(&many, false), Err(ProxyFault::LargeHead));
        let interims = "HTTP/1.1 100 Continue\r\n\r\n".repeat(1_000);
        assert_eq!(judged(&interims, false), Err(ProxyFault::LargeHead));
    }

    proptest! {
        #[test]
        fn an_answer_is_judged_alike_however_it_is_cut(
            answer in "HTTP/1\\.1 (100 a\r\n\r\nHTTP/1\\.1 )?(200|204|403|407) [a-z]{0,5}\r\n(x: y\r\n){0,3}\r\n[a-z]{0,5}",
            size in 1_usize..20,
        ) {
            let whole = judged(&answer, true);
            let (mut answered, mut at) = (Answer::new(true), 0);
            let in_parts = answer.as_bytes().chunks(size).find_map(|part| match answered.take(part) {
                Ok(Taken::All) => { at += part.len(); None }
                Ok(Taken::Open(length)) => Some(Ok(Taken::Open(at + length))),
                Err(fault) => Some(Err(fault)),
            });
            prop_assert_eq!(in_parts, Some(whole));
        }

        #[test]
        fn no_answer_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), size in 1_usize..50) {
            let mut answer = Answer::new(false);
            for part in bytes.chunks(size) {
                if !matches!(answer.take(part), Ok(Taken::All)) {
                    break;
                }
            }
        }
    }
}
