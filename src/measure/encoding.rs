//! Histograms as text: HdrHistogram V2 with DEFLATE, in base64, the form that other HdrHistogram tools read.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer, V2DeflateSerializer};

use super::distribution::full_range;
use super::interval::interval_histogram;
use super::sizes::Sizes;

/// Longest accepted text of one histogram: ours are below 100 KiB; a file that claims more is not ours.
const MAX_TEXT_BYTES: usize = 4 << 20;

/// Why a text is not a histogram.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodingError {
    /// Not base64.
    #[error("the histogram is not base64: {0}")]
    Base64(String),
    /// Not a V2 HdrHistogram.
    #[error("the histogram is not an HdrHistogram V2 with DEFLATE: {0}")]
    Format(String),
    /// Unreasonably large.
    #[error("the histogram is larger than {MAX_TEXT_BYTES} bytes")]
    TooLarge,
}

/// Encodes the histogram of a [`super::Distribution`], with the full range whatever it holds: readers add them.
///
/// # Errors
/// [`EncodingError::Format`] for a histogram of another resolution.
pub fn encode_histogram(histogram: &Histogram<u64>) -> Result<String, EncodingError> {
    let mut whole = full_range();
    whole.add(histogram).map_err(|error| EncodingError::Format(error.to_string()))?;
    let mut bytes = Vec::new();
    V2DeflateSerializer::new()
        .serialize(&whole, &mut bytes)
        .map_err(|error| EncodingError::Format(error.to_string()))?;
    Ok(BASE64_STANDARD.encode(bytes))
}

/// Encodes a distribution of sizes; empty where there are none.
///
/// # Errors
/// [`EncodingError::Format`] when the histogram has no such form; none of sizes is so.
pub(crate) fn encode_sizes(sizes: &Sizes) -> Result<String, EncodingError> {
    let Some(whole) = sizes.full_range() else { return Ok(String::new()) };
    let mut bytes = Vec::new();
    V2DeflateSerializer::new()
        .serialize(&whole, &mut bytes)
        .map_err(|error| EncodingError::Format(error.to_string()))?;
    Ok(BASE64_STANDARD.encode(bytes))
}

/// Encodes the response times of one interval of the series, with the interval's two digits; empty where there are none.
///
/// # Errors
/// [`EncodingError::Format`] when the histogram has no such form; none that an interval holds is so.
pub(crate) fn encode_interval(histogram: &Histogram<u32>) -> Result<String, EncodingError> {
    if histogram.is_empty() {
        return Ok(String::new());
    }
    let mut bytes = Vec::new();
    V2DeflateSerializer::new()
        .serialize(histogram, &mut bytes)
        .map_err(|error| EncodingError::Format(error.to_string()))?;
    Ok(BASE64_STANDARD.encode(bytes))
}

/// Decodes what [`encode_interval`] wrote, into a histogram of an interval.
///
/// # Errors
/// [`EncodingError`] for anything else.
pub(crate) fn decode_interval(text: &str) -> Result<Histogram<u32>, EncodingError> {
    let mut own = interval_histogram();
    if text.is_empty() {
        return Ok(own);
    }
    for recorded in decode_histogram(text)?.iter_recorded() {
        let count = u32::try_from(recorded.count_at_value())
            .map_err(|_| EncodingError::Format("a count beyond 32 bits".to_owned()))?;
        own.saturating_record_n(recorded.value_iterated_to(), count);
    }
    Ok(own)
}

/// Decodes what [`encode_histogram`] or [`encode_interval`] wrote.
///
/// # Errors
/// [`EncodingError`] for anything else; never panics.
pub(crate) fn decode_histogram(text: &str) -> Result<Histogram<u64>, EncodingError> {
    if text.len() > MAX_TEXT_BYTES {
        return Err(EncodingError::TooLarge);
    }
    let bytes = BASE64_STANDARD.decode(text).map_err(|error| EncodingError::Base64(error.to_string()))?;
    Deserializer::new()
        .deserialize(&mut bytes.as_slice())
        .map_err(|error| EncodingError::Format(format!("{error:?}")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Distribution;
    use super::*;

    proptest! {
        #[test]
        fn what_is_encoded_decodes_to_the_same(values in prop::collection::vec(0_u64..4_000_000_000_000, 0..200)) {
            let mut times = Distribution::new();
            values.iter().for_each(|v| times.record(*v));
            let text = encode_histogram(times.histogram()).unwrap();
            prop_assert_eq!(times.histogram(), &decode_histogram(&text).unwrap());
        }

        #[test]
        fn saved_histograms_add_whatever_their_times(short_ns in 0_u64..1_000, long_ns in 1_000_000_u64..u64::MAX) {
            let saved = |nanos: u64| {
                let mut times = Distribution::new();
                times.record(nanos);
                decode_histogram(&encode_histogram(times.histogram()).unwrap()).unwrap()
            };
            let mut short = saved(short_ns);
            prop_assert!(short.add(saved(long_ns)).is_ok());
            prop_assert_eq!(short.len(), 2);
        }

        #[test]
        fn garbage_is_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(decode_histogram(&BASE64_STANDARD.encode(bytes)).is_err());
        }
    }
}
