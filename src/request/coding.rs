//! Content codings (RFC 9110, 8.4.1): what a server compresses is searched as it was before.

use std::io::Read;

use flate2::read::{MultiGzDecoder, ZlibDecoder};
use http::HeaderMap;
use http::header::CONTENT_ENCODING;

use super::text_search::TextSearch;

/// Most bytes of a compressed body that are held to be searched, and most that come out of them.
const MOST_HELD: usize = 4 << 20;
const MOST_DECODED: usize = 32 << 20;

/// How a body is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Gzip,
    Deflate,
}

impl Coding {
    /// Of the headers of an answer; `None` where the body is as it is, or compressed in a way that is not known.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        match headers.get(CONTENT_ENCODING)?.to_str().ok()?.trim().to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => Some(Self::Gzip),
            "deflate" => Some(Self::Deflate),
            _ => None,
        }
    }

    fn decoder<'a>(self, body: &'a [u8]) -> Box<dyn Read + 'a> {
        match self {
            Self::Gzip => Box::new(MultiGzDecoder::new(body)),
            Self::Deflate => Box::new(ZlibDecoder::new(body)),
        }
    }
}

/// A compressed body, held until the answer has ended: to take it apart takes time that is not the server's.
#[derive(Debug)]
pub(super) struct Held {
    coding: Coding,
    body: Vec<u8>,
    /// Whether the end of it did not fit.
    is_cut: bool,
}

impl Held {
    pub(super) fn new(coding: Coding) -> Self {
        Self { coding, body: Vec::new(), is_cut: false }
    }

    pub(super) fn part(&mut self, part: &[u8]) {
        let room = MOST_HELD - self.body.len();
        self.is_cut |= part.len() > room;
        self.body.extend_from_slice(&part[..part.len().min(room)]);
    }

    /// The body before it was compressed, as far as it could be read, and whether that is all of it.
    pub(super) fn decoded(&self) -> (Vec<u8>, bool) {
        let mut decoded = Vec::new();
        // What is damaged ends there.
        let read = self.coding.decoder(&self.body).take(MOST_DECODED as u64).read_to_end(&mut decoded);
        let is_whole = read.is_ok() && !self.is_cut && decoded.len() < MOST_DECODED;
        (decoded, is_whole)
    }

    /// Searches it for a text, and counts its bytes where it could be read to its end. What is damaged, or too long to be
    /// held, is searched as far as it could be read.
    pub(super) fn search(&self, search: &mut TextSearch) -> Option<u64> {
        let mut decoder = self.coding.decoder(&self.body);
        let mut buffer = vec![0; 64 << 10];
        let mut decoded = 0;
        while decoded < MOST_DECODED {
            match decoder.read(&mut buffer) {
                Ok(0) => return (!self.is_cut).then_some(decoded as u64),
                Err(_) => return None,
                Ok(length) => {
                    if !search.has_found() {
                        search.part(&buffer[..length]);
                    }
                    decoded += length;
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use bytes::Bytes;
    use flate2::Compression;
    use flate2::write::{GzEncoder, ZlibEncoder};

    use super::*;
    use crate::request::{BodyWatch, Expectation};

    fn headers(coding: &'static str) -> HeaderMap {
        [(CONTENT_ENCODING, coding.parse().unwrap())].into_iter().collect()
    }

    /// Searches a body as a connection does: the head, then the body in parts.
    fn finds(coding: &'static str, body: &[u8], wanted: &'static str) -> bool {
        let mut watch = BodyWatch::new(0);
        let wanted = Some(Bytes::from_static(wanted.as_bytes()));
        watch.begin(&Expectation { body: wanted, ..Expectation::default() }, false);
        watch.head_has_come(&headers(coding));
        body.chunks(7).for_each(|part| watch.part(part));
        watch.is_good()
    }

    #[test]
    fn a_text_is_found_in_what_was_compressed() {
        let text = "no ".repeat(50_000) + "needle";
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(text.as_bytes()).unwrap();
        let gzip = gzip.finish().unwrap();
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(text.as_bytes()).unwrap();
        let zlib = zlib.finish().unwrap();
        assert!(finds("gzip", &gzip, "needle") && finds("X-GZIP", &gzip, "no needle"));
        assert!(finds("deflate", &zlib, "needle"));
        assert!(
            !finds("gzip", &gzip, "hay") && !finds("gzip", &zlib, "needle") && !finds("gzip", &[], "needle")
        );
        assert!(finds("identity", text.as_bytes(), "needle") && !finds("br", &gzip, "needle"));
        // Cut short, it is searched as far as it goes.
        assert!(!finds("gzip", &gzip[..gzip.len() / 2], "needle"));
    }

    #[test]
    fn what_is_decompressed_to_its_end_says_how_much_it_was() {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(&[b'x'; 100_000]).unwrap();
        let gzip = gzip.finish().unwrap();
        let size = |coding, body: &[u8], wanted: Option<&'static str>| {
            let mut watch = BodyWatch::new(0);
            let body_text = wanted.map(|text| Bytes::from_static(text.as_bytes()));
            watch.begin(&Expectation { body: body_text, ..Expectation::default() }, false);
            watch.head_has_come(&headers(coding));
            watch.part(body);
            watch.is_good();
            watch.decoded_size()
        };
        // Also where the text is found in the first piece.
        assert_eq!(size("gzip", &gzip, Some("x")), Some(100_000));
        assert_eq!(size("gzip", &gzip, Some("y")), Some(100_000));
        assert_eq!(size("gzip", &gzip, None), None, "nobody looks into it");
        assert_eq!(size("identity", &gzip, Some("x")), None);
        assert_eq!(size("gzip", &gzip[..gzip.len() - 20], Some("x")), None, "its end is missing");
    }

    #[test]
    fn a_bomb_takes_no_memory_and_an_end() {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        let zeros = vec![0; 1 << 20];
        (0..300).for_each(|_| gzip.write_all(&zeros).unwrap());
        assert!(!finds("gzip", &gzip.finish().unwrap(), "needle"));
    }
}
