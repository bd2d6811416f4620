//! The result document `rpsbench.result/1`: written for programs, and read back.
//!
//! The schema is `docs/result.schema.json`. Reading is strict where a mistake would end up in a report as a
//! figure (a missing field, a ledger that does not add up) and lenient where it would not (fields that this
//! version does not know are ignored, since later versions may add some).

use serde_json::Value;
use serde_json::error::Category;

use crate::measure::{Ledger, SCHEMA, Summary};

/// Schemas of this family differ in the number behind this.
const FAMILY: &str = "rpsbench.result/";

/// Why a file is not a result that this version can print. Each says what to do.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ReadError {
    /// Nothing in it.
    #[error("the file is empty: the run that was to write it did not finish; run it again")]
    Empty,
    /// It ends in the middle of the document.
    #[error("the JSON ends too early, at line {line}, column {column}: the file was cut off; copy it again")]
    Truncated {
        /// Line of the end, from 1.
        line: usize,
        /// Column of the end, from 1.
        column: usize,
    },
    /// Not JSON at all.
    #[error(
        "not JSON (line {line}, column {column}: {cause}); a result is what `rpsbench --format json` writes"
    )]
    NotJson {
        /// Line of the mistake, from 1.
        line: usize,
        /// Column of the mistake, from 1.
        column: usize,
        /// What the parser says.
        cause: String,
    },
    /// JSON without a text in `schema`.
    #[error(
        "the JSON has no `schema` field, so it is not a result of rpsbench; a result is what \
         `rpsbench --format json` writes"
    )]
    NoSchema,
    /// A later version of the document.
    #[error("the result is a `{0}`, written by a newer rpsbench; upgrade rpsbench to read it")]
    Newer(String),
    /// Another kind of document.
    #[error("the document is a `{0}`, not the result of one run (`{SCHEMA}`); give a file of one run")]
    OtherSchema(String),
    /// A field is missing.
    #[error(
        "the result has no field `{field}` (line {line}, column {column}): the file was changed after it was \
         written; use the original"
    )]
    MissingField {
        /// Name of the field.
        field: String,
        /// Line where the object ends that should have it, from 1.
        line: usize,
        /// Column of that.
        column: usize,
    },
    /// A field holds what it cannot hold.
    #[error(
        "line {line}, column {column} of the result: {cause}; the file was changed after it was written; use \
         the original"
    )]
    WrongValue {
        /// Line of the value, from 1.
        line: usize,
        /// Column of the value, from 1.
        column: usize,
        /// What is wrong with it.
        cause: String,
    },
    /// The counts contradict each other, so none of them can be trusted.
    #[error(
        "the ledger of the result does not add up, so no figure in it can be trusted: the file was changed after \
         it was written; use the original ({0:?})"
    )]
    Imbalance(Box<Ledger>),
}

/// Writes the document: pretty-printed, one newline at the end.
pub fn render(summary: &Summary) -> String {
    let mut text = serde_json::to_string_pretty(summary)
        .expect("a summary has only text as map keys, and nothing else in it can fail to be JSON");
    text.push('\n');
    text
}

/// Reads a document that [`render`] wrote, with or without a byte order mark.
///
/// # Errors
/// [`ReadError`] for anything else; never panics.
pub fn read(bytes: &[u8]) -> Result<Summary, ReadError> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    if bytes.trim_ascii().is_empty() {
        return Err(ReadError::Empty);
    }
    // The schema first: a document of another schema is told by its name, not by the first field that differs.
    let document: Value = serde_json::from_slice(bytes).map_err(|error| ReadError::of(&error))?;
    let schema = document.get("schema").and_then(Value::as_str).ok_or(ReadError::NoSchema)?;
    if schema != SCHEMA {
        return Err(ReadError::of_schema(schema));
    }
    // From the text again, not from the parsed value: only the text has lines to point at.
    let summary: Summary = serde_json::from_slice(bytes).map_err(|error| ReadError::of(&error))?;
    let warmup = summary.warmup.iter().map(|warmup| warmup.ledger);
    let endpoints = summary.endpoints.iter().map(|endpoint| endpoint.ledger);
    let mut ledgers = std::iter::once(summary.ledger).chain(warmup).chain(endpoints);
    if let Some(ledger) = ledgers.find(|ledger| ledger.check().is_err()) {
        return Err(ReadError::Imbalance(Box::new(ledger)));
    }
    Ok(summary)
}

impl ReadError {
    fn of(error: &serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        let text = error.to_string();
        // The parser repeats the position behind its own words.
        let cause = text.split(" at line ").next().unwrap_or_default().to_owned();
        match error.classify() {
            Category::Eof => Self::Truncated { line, column },
            Category::Syntax | Category::Io => Self::NotJson { line, column, cause },
            Category::Data => match cause.strip_prefix("missing field `").and_then(|c| c.strip_suffix('`')) {
                Some(field) => Self::MissingField { field: field.to_owned(), line, column },
                None => Self::WrongValue { line, column, cause },
            },
        }
    }

    fn of_schema(schema: &str) -> Self {
        let version = |schema: &str| schema.strip_prefix(FAMILY).and_then(|n| n.parse::<u64>().ok());
        // Only as much of a stranger's text as a message can hold.
        let name = schema.chars().filter(|c| !c.is_control()).take(60).collect();
        if version(schema) > version(SCHEMA) { Self::Newer(name) } else { Self::OtherSchema(name) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::fixture;
    use super::super::{Format, Style};
    use super::*;

    fn document() -> Value {
        serde_json::to_value(fixture::freeze()).unwrap()
    }

    fn read_changed(change: impl FnOnce(&mut Value)) -> ReadError {
        let mut document = document();
        change(&mut document);
        read(document.to_string().as_bytes()).unwrap_err()
    }

    #[test]
    fn what_is_not_a_result_says_why_and_what_to_do() {
        let text = render(&fixture::freeze());
        for (bytes, words) in [
            ("", "empty"),
            (" \n", "empty"),
            (&text[..text.len() / 2], "cut off"),
            ("<html>", "not JSON (line 1, column 1"),
            ("{} {}", "not JSON"),
            ("[]", "no `schema` field"),
            ("{\"schema\": 1}", "no `schema` field"),
            ("{\"schema\": \"rpsbench.result/2\"}", "written by a newer rpsbench; upgrade"),
            ("{\"schema\": \"rpsbench.sweep/1\"}", "not the result of one run"),
            ("{\"schema\": \"rpsbench.result/1\"}", "no field `tool` (line 1, column 31)"),
        ] {
            let error = read(bytes.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
        assert!(matches!(read(b"\xff\xfe"), Err(ReadError::NotJson { .. })));
    }

    #[test]
    fn a_changed_result_is_refused() {
        let error = read_changed(|d| {
            d["ledger"].as_object_mut().unwrap().remove("overflow");
        });
        assert!(matches!(&error, ReadError::MissingField { field, .. } if field == "overflow"), "{error}");
        let error = read_changed(|d| d["ledger"]["ok"] = json!(1));
        assert!(matches!(error, ReadError::Imbalance(ledger) if ledger.ok == 1));
        let error = read_changed(|d| d["ledger"]["overflow"] = json!(u64::MAX));
        assert!(matches!(error, ReadError::Imbalance(_)));
        let error = read_changed(|d| d["plan"]["mode"] = json!("ajar"));
        assert!(
            matches!(error, ReadError::WrongValue { .. }) && error.to_string().contains("ajar"),
            "{error}"
        );
    }

    #[test]
    fn a_result_of_a_version_without_endpoints_and_samples_still_reads() {
        let mut document = serde_json::to_value(fixture::mixed()).unwrap();
        let mut remove = |at: &str, fields: &[&str]| {
            let object = document.pointer_mut(at).unwrap().as_object_mut().unwrap();
            fields.iter().for_each(|field| assert!(object.remove(*field).is_some(), "{field}"));
        };
        remove("", &["endpoints", "samples"]);
        remove("/ledger", &["throttled", "unexpected_body"]);
        remove(
            "/plan",
            &[
                "keepalive_idle_s",
                "max_requests_per_connection",
                "connections",
                "streams",
                "tls_verification",
                "addresses",
                "tokens",
                "data_rows",
            ],
        );
        remove(
            "/connections",
            &[
                "idle_closed",
                "used_up",
                "reuses",
                "reuse_rate",
                "tcp_handshake",
                "tls_handshake",
                "tls_resumed",
                "kinds",
            ],
        );
        let old = read(document.to_string().as_bytes()).unwrap();
        assert_eq!(old.ledger.http_error, fixture::mixed().ledger.http_error);
        assert!(old.endpoints.is_empty() && old.samples.is_empty());
        for format in Format::ALL {
            assert!(!super::super::render(&old, format, &Style::default()).is_empty());
        }
    }

    #[test]
    fn the_ledger_of_an_endpoint_is_checked_too() {
        let mut document = serde_json::to_value(fixture::mixed()).unwrap();
        document["endpoints"][1]["ledger"]["ok"] = json!(1);
        let error = read(document.to_string().as_bytes()).unwrap_err();
        assert!(matches!(error, ReadError::Imbalance(ledger) if ledger.ok == 1));
    }

    #[test]
    fn fields_of_later_versions_are_ignored() {
        let mut document = document();
        document["colour"] = json!("blue");
        document["plan"]["moon"] = json!({ "phase": 0.5 });
        assert_eq!(read(document.to_string().as_bytes()), Ok(fixture::freeze()));
    }

    #[test]
    fn a_byte_order_mark_does_no_harm() {
        let text = format!("\u{feff}{}", render(&fixture::freeze()));
        assert_eq!(read(text.as_bytes()), Ok(fixture::freeze()));
    }

    /// Values that a damaged or hostile document may hold anywhere.
    fn odd_value() -> impl Strategy<Value = Value> {
        prop::sample::select(vec![
            json!(null),
            json!(true),
            json!(0),
            json!(-1),
            json!(u64::MAX),
            json!(1e308),
            json!(-1e-308),
            json!(""),
            json!("\u{1b}[2J\n"),
            json!([]),
            json!({}),
        ])
    }

    /// Puts a value in the place that the picks lead to.
    fn replace(document: &mut Value, picks: &[prop::sample::Index], value: Value) {
        let mut place = document;
        for pick in picks {
            let size = place.as_object().map(|map| map.len()).or(place.as_array().map(Vec::len)).unwrap_or(0);
            if size == 0 {
                break;
            }
            let at = pick.index(size);
            place = match place {
                Value::Object(map) => map.values_mut().nth(at).unwrap(),
                Value::Array(items) => &mut items[at],
                _ => unreachable!("only objects and arrays have a size"),
            };
        }
        *place = value;
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]

        #[test]
        fn damaged_bytes_never_panic(
            cut in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), byte in any::<u8>(),
        ) {
            let mut bytes = render(&fixture::freeze()).into_bytes();
            let place = at.index(bytes.len());
            bytes[place] = byte;
            let _ = read(&bytes);
            let cut = cut.index(bytes.len() - 1);
            prop_assert!(read(&bytes[..cut]).is_err());
        }

        #[test]
        fn odd_figures_are_refused_or_printed_but_never_panic(
            changes in prop::collection::vec(
                (prop::collection::vec(any::<prop::sample::Index>(), 1..5), odd_value()), 1..4,
            ),
        ) {
            let mut document = serde_json::to_value(fixture::mixed()).unwrap();
            for (picks, value) in changes {
                replace(&mut document, &picks, value);
            }
            if let Ok(summary) = read(document.to_string().as_bytes()) {
                for format in Format::ALL {
                    let report = super::super::render(&summary, format, &Style::default());
                    prop_assert!(!report.contains('\u{1b}'), "{}", report);
                }
            }
        }

        #[test]
        fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(read(&bytes).is_err());
        }
    }
}
