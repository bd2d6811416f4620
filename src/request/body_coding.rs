//! Content codings of request bodies (RFC 9110, 8.4.1): what is sent compressed.

use std::cell::RefCell;
use std::io::{self, Write};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::HeaderValue;

/// How request bodies are compressed, at the level that its library has by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyCoding {
    /// gzip (RFC 1952), level 6.
    Gzip,
    /// Zstandard (RFC 8878), level 3.
    Zstd,
}

thread_local! {
    /// Its tables are large, so each thread keeps them.
    static ZSTD: RefCell<Option<zstd::bulk::Compressor<'static>>> = const { RefCell::new(None) };
}

impl BodyCoding {
    /// Its name in `Content-Encoding`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    /// The value of `Content-Encoding`.
    pub(super) fn header(self) -> HeaderValue {
        HeaderValue::from_static(self.name())
    }

    /// A body as it is sent. The same body gives the same bytes, so that runs can be repeated.
    ///
    /// # Errors
    /// Where there is no memory for it.
    pub(super) fn encode(self, body: &[u8]) -> io::Result<Bytes> {
        match self {
            Self::Gzip => {
                let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
                encoder.write_all(body)?;
                encoder.finish().map(Bytes::from)
            }
            Self::Zstd => ZSTD.with_borrow_mut(|kept| {
                let compressor = match kept {
                    Some(compressor) => compressor,
                    None => kept.insert(zstd::bulk::Compressor::new(zstd::DEFAULT_COMPRESSION_LEVEL)?),
                };
                compressor.compress(body).map(Bytes::from)
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use proptest::prelude::*;

    use super::*;

    fn decoded(coding: BodyCoding, body: &[u8]) -> Vec<u8> {
        let mut plain = Vec::new();
        match coding {
            BodyCoding::Gzip => flate2::read::GzDecoder::new(body).read_to_end(&mut plain).map(drop).unwrap(),
            BodyCoding::Zstd => plain = zstd::decode_all(body).unwrap(),
        }
        plain
    }

    proptest! {
        #[test]
        fn what_is_compressed_comes_out_as_it_was_and_always_the_same(body in prop::collection::vec(any::<u8>(), 0..3_000)) {
            for coding in [BodyCoding::Gzip, BodyCoding::Zstd] {
                let sent = coding.encode(&body).unwrap();
                prop_assert_eq!(&decoded(coding, &sent), &body);
                prop_assert_eq!(coding.encode(&body).unwrap(), sent);
            }
        }
    }
}
