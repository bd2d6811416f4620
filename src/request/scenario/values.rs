//! The values of a scenario: what each key takes.

use bytes::Bytes;
use http::Method;
use http::header::{HeaderName, HeaderValue};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::ScenarioProblem as Problem;
use super::{Parsed, Value, fault};
use crate::request::secret::Secret;
use crate::request::target::Target;

/// The entries as they stand in the file, so that headers are sent in the order they are written.
pub(super) fn in_order<'a, 't>(
    table: &'a DeTable<'t>,
) -> Vec<(&'a Spanned<toml::de::DeString<'t>>, &'a Value<'t>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

pub(super) fn string<'a>(value: &'a Value<'_>, key: &'static str) -> Parsed<&'a str> {
    value.get_ref().as_str().map_or_else(|| fault(value.span(), Problem::Text { key }), Ok)
}

pub(super) fn name(value: &Value<'_>) -> Parsed<String> {
    let name = string(value, "name")?.trim();
    if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
        return fault(value.span(), Problem::BadName);
    }
    Ok(name.to_owned())
}

pub(super) fn number<T: TryFrom<i64>>(value: &Value<'_>) -> Option<T> {
    let integer = value.get_ref().as_integer()?;
    T::try_from(i64::from_str_radix(integer.as_str(), integer.radix()).ok()?).ok()
}

pub(super) fn weight(value: &Value<'_>) -> Parsed<u32> {
    number(value).map_or_else(|| fault(value.span(), Problem::Weight), Ok)
}

pub(super) fn method(value: &Value<'_>) -> Parsed<Method> {
    let text = string(value, "method")?;
    Method::from_bytes(text.as_bytes()).or_else(|_| fault(value.span(), Problem::Method))
}

pub(super) fn url(value: &Value<'_>) -> Parsed<Target> {
    string(value, "url")?.parse().or_else(|error| fault(value.span(), Problem::Target(error)))
}

pub(super) fn statuses(value: &Value<'_>) -> Parsed<Vec<u16>> {
    let one = |value: &Value<'_>| {
        let status = number(value).filter(|status| (100..=599).contains(status));
        status.map_or_else(|| fault(value.span(), Problem::Status), Ok)
    };
    match value.get_ref() {
        DeValue::Array(list) if !list.is_empty() => list.iter().map(one).collect(),
        _ => Ok(vec![one(value)?]),
    }
}

pub(super) fn expect_body(value: &Value<'_>) -> Parsed<Bytes> {
    let text = string(value, "expect_body")?;
    if text.is_empty() {
        return fault(value.span(), Problem::ExpectBody);
    }
    Ok(Bytes::copy_from_slice(text.as_bytes()))
}

pub(super) fn headers(value: &Value<'_>) -> Parsed<Vec<(HeaderName, Secret<String>)>> {
    let DeValue::Table(table) = value.get_ref() else { return fault(value.span(), Problem::Headers) };
    let mut headers = Vec::new();
    for (key, value) in in_order(table) {
        let Ok(name) = HeaderName::from_bytes(key.get_ref().as_bytes()) else {
            return fault(key.span(), Problem::HeaderName);
        };
        let mut add = |value: &Value<'_>| {
            let Some(text) = value.get_ref().as_str() else { return fault(value.span(), Problem::Headers) };
            if HeaderValue::from_str(text.trim()).is_err() {
                return fault(value.span(), Problem::HeaderValue(name.clone()));
            }
            headers.push((name.clone(), Secret::new(text.trim().to_owned())));
            Ok(())
        };
        match value.get_ref() {
            DeValue::Array(list) => list.iter().try_for_each(&mut add)?,
            _ => add(value)?,
        }
    }
    Ok(headers)
}

pub(super) fn truth(value: &Value<'_>, key: &'static str) -> Parsed<bool> {
    value.get_ref().as_bool().map_or_else(|| fault(value.span(), Problem::Truth { key }), Ok)
}
