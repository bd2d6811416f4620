//! What is checked once, for all rows, so that making a request cannot fail.

use bytes::Bytes;
use http::Uri;
use http::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, EXPECT, HOST, HeaderName, TRANSFER_ENCODING,
};
use http::uri::PathAndQuery;

use super::error::{MAX_URL, TemplateProblem};
use super::text::{Field, Text};
use crate::request::data::DataTable;
use crate::request::header::is_header_text;
use crate::request::spec::EndpointSpec;
use crate::request::target::Target;

/// Path and query: those of the target where they never change. No row may make them too long; apart from that, no
/// encoded value can make a URL invalid.
pub(super) fn uri(
    text: &Text,
    target: &Target,
    data: Option<&DataTable>,
) -> Result<Field<Uri>, TemplateProblem> {
    if let Some(literal) = text.literal() {
        let path = match literal == target.path().as_str().as_bytes() {
            true => target.path().clone(),
            false => PathAndQuery::try_from(literal).map_err(|_| TemplateProblem::Url)?,
        };
        return Ok(Field::Fixed(Uri::from(path)));
    }
    if text.taken_count() > 0 && text.fixed_length() > MAX_URL {
        return Err(TemplateProblem::ManyTaken);
    }
    if let Some(data) = data {
        let long = (0..data.row_count()).find(|&row| text.encoded_length(data, row) > MAX_URL);
        if let Some(row) = long {
            return Err(TemplateProblem::LongUrl { file: data.file().to_owned(), line: data.line_of(row) });
        }
    }
    Ok(Field::Made(text.clone()))
}

/// The URL of one request, its values encoded.
pub(super) fn made_uri(text: Vec<u8>) -> Uri {
    let path = PathAndQuery::from_maybe_shared(Bytes::from(text));
    debug_assert!(path.is_ok(), "compiled templates make valid URLs");
    path.map_or_else(|_| Uri::default(), Uri::from)
}

/// Whether the client would keep to a header that frames the request: those it writes itself, from what it sends. `length`: of
/// the body, where it is always the same.
pub(super) fn framing(
    spec: &EndpointSpec,
    length: Option<usize>,
) -> Result<(), (HeaderName, TemplateProblem)> {
    for (name, value) in &spec.headers {
        let problem = if *name == HOST && spec.headers.iter().filter(|(other, _)| other == name).count() > 1 {
            TemplateProblem::TwoHosts
        } else if [TRANSFER_ENCODING, EXPECT].contains(name) {
            TemplateProblem::NotSent
        } else if *name == CONTENT_LENGTH {
            match value.expose().trim().parse::<usize>() {
                Ok(given) if Some(given) == length => continue,
                _ => TemplateProblem::Length(length),
            }
        } else {
            continue;
        };
        return Err((name.clone(), problem));
    }
    Ok(())
}

/// Whether the user says how a body is coded that is to be compressed.
pub(super) fn coding(spec: &EndpointSpec, is_coded: bool) -> Result<(), (HeaderName, TemplateProblem)> {
    match is_coded && spec.headers.iter().any(|(name, _)| *name == CONTENT_ENCODING) {
        true => Err((CONTENT_ENCODING, TemplateProblem::Coded)),
        false => Ok(()),
    }
}

/// Whether the request has a header of its own where its signature belongs.
pub(super) fn signing(spec: &EndpointSpec, is_signed: bool) -> Result<(), (HeaderName, TemplateProblem)> {
    match is_signed && spec.headers.iter().any(|(name, _)| *name == AUTHORIZATION) {
        true => Err((AUTHORIZATION, TemplateProblem::Signed)),
        false => Ok(()),
    }
}

/// Whether every row makes a valid header. `typed` is the value as it was typed: placeholders consist of characters
/// that a header may hold.
pub(super) fn header(text: &Text, typed: &str, data: Option<&DataTable>) -> Result<(), TemplateProblem> {
    if !is_header_text(typed.as_bytes()) {
        return Err(TemplateProblem::HeaderCharacters);
    }
    let Some(data) = data else { return Ok(()) };
    for column in text.columns() {
        if let Some(row) = (0..data.row_count()).find(|&row| !is_header_text(data.cell(row, column))) {
            return Err(TemplateProblem::HeaderCell {
                column: data.columns()[column].clone(),
                file: data.file().to_owned(),
                line: data.line_of(row),
            });
        }
    }
    Ok(())
}
