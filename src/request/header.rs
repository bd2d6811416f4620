//! Headers as the user types them.

use http::header::HeaderName;

use super::secret::Secret;

/// Why a text is not a header. The value is not repeated: it may be a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HeaderError {
    #[error("a header needs a colon; write it as 'Name: value'")]
    NoColon,
    #[error("`{0}` is not a header name; names are letters, digits and -")]
    Name(String),
    #[error("the value of the header `{0}` holds characters that HTTP does not allow")]
    Value(String),
}

/// Reads `Name: value`, as curl writes it, into the form that an [`EndpointSpec`](super::EndpointSpec) takes. An empty
/// value is allowed. Placeholders consist of characters that HTTP allows, so the value is checked with them in it.
///
/// # Errors
/// [`HeaderError`], which never repeats the value.
pub(crate) fn parse_header_text(text: &str) -> Result<(HeaderName, Secret<String>), HeaderError> {
    let (name, value) = text.split_once(':').ok_or(HeaderError::NoColon)?;
    let (name, value) = (name.trim(), value.trim());
    let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| HeaderError::Name(name.to_owned()))?;
    if !is_header_text(value.as_bytes()) {
        return Err(HeaderError::Value(name.to_owned()));
    }
    Ok((parsed, Secret::new(value.to_owned())))
}

/// Whether a header's value may hold these bytes.
pub(super) fn is_header_text(bytes: &[u8]) -> bool {
    bytes.iter().all(|&byte| byte == b'\t' || (byte >= b' ' && byte != 0x7F))
}

/// Whether the values of a header may be shown. Any other may be a credential or name a host: those cannot be listed,
/// because every service has its own.
pub(super) fn is_public(name: &HeaderName) -> bool {
    use http::header as h;
    const PUBLIC: [HeaderName; 13] = [
        h::ACCEPT,
        h::ACCEPT_CHARSET,
        h::ACCEPT_ENCODING,
        h::ACCEPT_LANGUAGE,
        h::CACHE_CONTROL,
        h::CONNECTION,
        h::CONTENT_ENCODING,
        h::CONTENT_LANGUAGE,
        h::CONTENT_LENGTH,
        h::CONTENT_TYPE,
        h::PRAGMA,
        h::RANGE,
        h::USER_AGENT,
    ];
    PUBLIC.contains(name)
}

#[cfg(test)]
mod tests {
    use http::header::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_header_error_never_repeats_the_value() {
        assert_eq!(parse_header_text("Authorization secret").unwrap_err(), HeaderError::NoColon);
        for text in ["Authorization: sec\u{1}ret", "Auth orization: secret", ": secret"] {
            let error = parse_header_text(text).unwrap_err().to_string();
            assert!(!error.contains("secret") && !error.contains("sec\u{1}"), "{error}");
        }
        assert!(parse_header_text("Empty:").unwrap().1.expose().is_empty());
    }

    #[test]
    fn a_header_keeps_its_placeholders_and_is_not_shown() {
        let (name, value) = parse_header_text("X-Id:  a {id} ").unwrap();
        assert_eq!((name.as_str(), value.expose().as_str()), ("x-id", "a {id}"));
        assert_eq!(format!("{value:?}"), "***");
        assert!(matches!(parse_header_text("X-Id: {id}\r\nX-More: 1"), Err(HeaderError::Value(_))));
    }

    proptest! {
        #[test]
        fn header_text_is_what_a_header_value_takes(bytes in prop::collection::vec(any::<u8>(), 0..8)) {
            prop_assert_eq!(is_header_text(&bytes), HeaderValue::from_bytes(&bytes).is_ok());
        }
    }
}
