//! Finds the ends of requests in a stream of bytes.

/// The only header that moves the end of a request.
const CONTENT_LENGTH: &[u8] = b"content-length:";
/// Marks a line that is not a Content-Length.
const OTHER: usize = usize::MAX;

/// Counts complete requests, however they are cut into reads. It knows as much of HTTP/1.1 as load generators
/// send: a head up to its empty line and a body of Content-Length bytes.
#[derive(Debug, Default)]
pub struct Heads {
    /// Bytes of the current line so far, without CR.
    line: usize,
    /// How much of the line is `content-length:`, or [`OTHER`].
    matched: usize,
    /// Whether the head has any line yet: empty lines before a request are to be ignored (RFC 9112, 2.2).
    started: bool,
    length: usize,
    body_left: usize,
}

impl Heads {
    /// Reads on; returns how many requests ended within `bytes`.
    pub fn feed(&mut self, bytes: &[u8]) -> usize {
        let mut ended = 0;
        let mut at = 0;
        while at < bytes.len() {
            if self.body_left > 0 {
                let take = self.body_left.min(bytes.len() - at);
                self.body_left -= take;
                at += take;
                ended += usize::from(self.body_left == 0);
                continue;
            }
            ended += usize::from(self.head_byte(bytes[at]));
            at += 1;
        }
        ended
    }

    /// Whether a request without a body ended with this byte.
    fn head_byte(&mut self, byte: u8) -> bool {
        match byte {
            b'\r' => false,
            b'\n' if self.line > 0 => {
                (self.line, self.matched, self.started) = (0, 0, true);
                false
            }
            b'\n' => {
                let started = self.started;
                self.body_left = std::mem::take(&mut self.length);
                self.started = false;
                started && self.body_left == 0
            }
            _ => {
                self.line += 1;
                if self.matched == CONTENT_LENGTH.len() {
                    if byte.is_ascii_digit() {
                        self.length = self.length.saturating_mul(10).saturating_add(usize::from(byte - b'0'));
                    }
                } else if self.matched != OTHER {
                    let same = byte.to_ascii_lowercase() == CONTENT_LENGTH[self.matched];
                    self.matched = if same { self.matched + 1 } else { OTHER };
                }
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    const POST: &[u8] =
        b"POST / HTTP/1.1\r\ncontent-Length: 11\r\nContent-Lengthy: 7\r\n\r\n{\r\n\r\n \r\n\r\n}";

    #[test]
    fn counts_the_same_requests_at_every_cut() {
        let stream = [GET, POST, b"\r\n", POST, GET, GET].concat();
        for size in 1..=stream.len() {
            let mut heads = Heads::default();
            let ended: usize = stream.chunks(size).map(|chunk| heads.feed(chunk)).sum();
            assert_eq!(ended, 5, "cut every {size} bytes");
        }
    }

    #[test]
    fn a_request_ends_with_its_last_byte() {
        for request in [GET, POST] {
            let mut heads = Heads::default();
            assert_eq!(heads.feed(&request[..request.len() - 1]), 0);
            assert_eq!(heads.feed(&request[request.len() - 1..]), 1);
        }
    }
}
