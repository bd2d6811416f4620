//! Checks of an answer beyond its status and one text: headers, size, a pattern, a value in JSON.

use std::fmt;
use std::str::FromStr;

use http::HeaderMap;
use http::header::HeaderName;
use regex::bytes::Regex;
use serde_json::Value;

/// One check; an answer is good when it passes all.
#[derive(Debug, Clone)]
pub enum Check {
    /// A header is there, with this value if one is given.
    Header(HeaderCheck),
    /// The body, as it came, has so many bytes.
    Size(SizeCheck),
    /// A pattern is found in the body.
    Pattern(PatternCheck),
    /// A value in the JSON of the body.
    Json(JsonCheck),
}

/// Checks are equal when they are written alike.
impl PartialEq for Check {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Header(one), Self::Header(other)) => one == other,
            (Self::Size(one), Self::Size(other)) => one == other,
            (Self::Pattern(one), Self::Pattern(other)) => one.0.as_str() == other.0.as_str(),
            (Self::Json(one), Self::Json(other)) => one == other,
            _ => false,
        }
    }
}

impl Eq for Check {}

impl Check {
    /// Whether it looks into the body, which must be held for it.
    pub(super) fn wants_body(&self) -> bool {
        matches!(self, Self::Pattern(_) | Self::Json(_))
    }

    /// Whether the headers of an answer pass; true for what is no check of headers.
    pub(super) fn passes_head(&self, headers: &HeaderMap) -> bool {
        match self {
            Self::Header(check) => check.passes(headers),
            _ => true,
        }
    }

    /// Whether the body of an answer passes: `size` bytes as it came, and, decoded, `body`.
    pub(super) fn passes_body(&self, size: u64, body: &[u8]) -> bool {
        match self {
            Self::Header(_) => true,
            Self::Size(check) => (check.least..=check.most).contains(&size),
            Self::Pattern(check) => check.0.is_match(body),
            Self::Json(check) => serde_json::from_slice(body).is_ok_and(|body| check.passes(&body)),
        }
    }
}

/// `--expect-header`: `NAME` or `NAME: VALUE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderCheck {
    name: HeaderName,
    value: Option<String>,
}

impl HeaderCheck {
    fn passes(&self, headers: &HeaderMap) -> bool {
        let mut values = headers.get_all(&self.name).iter();
        match &self.value {
            None => values.next().is_some(),
            Some(wanted) => values.any(|value| value.as_bytes().trim_ascii() == wanted.as_bytes()),
        }
    }
}

impl FromStr for HeaderCheck {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = text.split_once(':').map_or((text, None), |(name, value)| (name, Some(value)));
        let name = name.trim().parse().map_err(|_| {
            "write the name of a header, or its name and value: 'X-Cache' or 'X-Cache: HIT'".to_owned()
        })?;
        Ok(Self { name, value: value.map(|value| value.trim().to_owned()) })
    }
}

/// `--expect-size`: `512`, `100..2000`, `1..`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SizeCheck {
    least: u64,
    most: u64,
}

impl FromStr for SizeCheck {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let hint =
            || "write a size in bytes as 512, or a range of sizes as 100..2000, 1.. or ..2000".to_owned();
        let number = |text: &str, none: u64| match text.trim() {
            "" => Ok(none),
            digits => digits.parse().map_err(|_| hint()),
        };
        let (least, most) = match text.split_once("..") {
            Some((least, most)) => (number(least, 0)?, number(most, u64::MAX)?),
            None => {
                let size = text.trim().parse().map_err(|_| hint())?;
                (size, size)
            }
        };
        if least > most { Err(hint()) } else { Ok(Self { least, most }) }
    }
}

/// `--expect-regex`: in the syntax of the regex crate, over bytes, which takes time in proportion to the body whatever the
/// pattern is.
#[derive(Debug, Clone)]
pub struct PatternCheck(Regex);

impl FromStr for PatternCheck {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // Its first line says what is wrong, the others draw where.
        let why = |error: regex::Error| match error {
            regex::Error::CompiledTooBig(_) => "it is too large".to_owned(),
            error => {
                error.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
            }
        };
        Regex::new(text).map(Self).map_err(|error| format!("not a regular expression: {}", why(error)))
    }
}

/// How a value in JSON is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equal,
    Unequal,
    Below,
    AtMost,
    Above,
    AtLeast,
}

/// `--expect-json`: `POINTER`, or `POINTER OPERATOR VALUE`, such as `/items/0/id == 7` (RFC 6901).
#[derive(Debug, Clone, PartialEq)]
pub struct JsonCheck {
    pointer: String,
    /// Without one, the value must only be there.
    wanted: Option<(Comparison, Value)>,
}

impl JsonCheck {
    fn passes(&self, body: &Value) -> bool {
        let Some(found) = body.pointer(&self.pointer) else { return false };
        let Some((comparison, wanted)) = &self.wanted else { return true };
        let numbers = || found.as_f64().zip(wanted.as_f64());
        let ordered =
            |holds: fn(f64, f64) -> bool| numbers().is_some_and(|(found, wanted)| holds(found, wanted));
        // 7 and 7.0 are one number.
        let equal = || numbers().map_or(found == wanted, |(found, wanted)| found == wanted);
        match comparison {
            Comparison::Equal => equal(),
            Comparison::Unequal => !equal(),
            Comparison::Below => ordered(|found, wanted| found < wanted),
            Comparison::AtMost => ordered(|found, wanted| found <= wanted),
            Comparison::Above => ordered(|found, wanted| found > wanted),
            Comparison::AtLeast => ordered(|found, wanted| found >= wanted),
        }
    }
}

impl FromStr for JsonCheck {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let hint = |why: &str| {
            format!(
                "{why}; write a JSON pointer, or one that is compared: '/user/id', '/items/0/id == 7', '/state != \"down\"'"
            )
        };
        let text = text.trim();
        let operators = [
            ("==", Comparison::Equal),
            ("!=", Comparison::Unequal),
            ("<=", Comparison::AtMost),
            (">=", Comparison::AtLeast),
            ("<", Comparison::Below),
            (">", Comparison::Above),
        ];
        // The first operator in the text: a value may hold others.
        let found = operators
            .iter()
            .enumerate()
            .filter_map(|(order, (sign, comparison))| Some((text.find(sign)?, order, *sign, *comparison)))
            .min_by_key(|(place, order, ..)| (*place, *order));
        let (pointer, wanted) = match found {
            None => (text, None),
            Some((place, _, sign, comparison)) => {
                let value = text[place + sign.len()..].trim();
                // What is no JSON is meant as a text: /state == up
                let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
                let is_ordered = !matches!(comparison, Comparison::Equal | Comparison::Unequal);
                if is_ordered && !value.is_number() {
                    return Err(hint("only numbers are larger or smaller"));
                }
                (text[..place].trim(), Some((comparison, value)))
            }
        };
        if !pointer.is_empty() && !pointer.starts_with('/') {
            return Err(hint("a JSON pointer begins with /"));
        }
        Ok(Self { pointer: pointer.to_owned(), wanted })
    }
}

/// What they are about, never what they hold: a value may be a secret.
impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header(_) => "a header",
            Self::Size(_) => "the size",
            Self::Pattern(_) => "a pattern in the body",
            Self::Json(_) => "a value in the body's JSON",
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn json(check: &str, body: &str) -> bool {
        Check::Json(check.parse().unwrap()).passes_body(body.len() as u64, body.as_bytes())
    }

    #[test]
    fn values_in_json_are_found_and_compared() {
        let body =
            r#"{"items": [{"id": 7, "name": "a == b"}], "state": "up", "n": 2.5, "none": null, "a/b": true}"#;
        for check in [
            "/items/0/id == 7",
            "/items/0/id == 7.0",
            "/items/0/id>=7",
            "/n < 3",
            "/state == up",
            "/state == \"up\"",
            "/state != down",
            "/items/0/name == a == b",
            "/none",
            "/none == null",
            "/a~1b == true",
            "",
        ] {
            assert!(json(check, body), "{check}");
        }
        for check in [
            "/items/1",
            "/items/0/id != 7",
            "/n > 2.5",
            "/state == upp",
            "/state > 3",
            "/missing != 1",
            "/none == 0",
        ] {
            assert!(!json(check, body), "{check}");
        }
        assert!(!json("/a", "not JSON") && !json("", ""));
    }

    #[test]
    fn headers_sizes_and_patterns_are_checked() {
        let headers: HeaderMap = [("x-cache", "HIT"), ("x-cache", " STALE ")]
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .into_iter()
            .collect();
        let head = |text: &str| Check::Header(text.parse().unwrap()).passes_head(&headers);
        assert!(head("X-Cache") && head("x-cache: HIT") && head("x-cache:STALE"));
        assert!(!head("x-cache: MISS") && !head("x-other"));
        let size = |text: &str, size| Check::Size(text.parse().unwrap()).passes_body(size, b"");
        assert!(size("512", 512) && size("1..", 9) && size("..9", 0) && size("3..4", 4));
        assert!(!size("512", 511) && !size("1..", 0) && !size("3..4", 5));
        let pattern = |text: &str, body: &[u8]| Check::Pattern(text.parse().unwrap()).passes_body(0, body);
        assert!(pattern("^ord-[0-9]+$", b"ord-12") && pattern(r"(?-u)b\xff", b"ab\xff"));
        assert!(!pattern("^ord-[0-9]+$", b"ord-"));
    }

    #[test]
    fn what_is_no_check_says_how_it_is_written() {
        assert!("a b: c".parse::<HeaderCheck>().unwrap_err().contains("X-Cache: HIT"));
        for text in ["", "a", "9..3", "1..b", "-1"] {
            assert!(text.parse::<SizeCheck>().is_err() || text.is_empty(), "{text}");
        }
        assert!("(".parse::<PatternCheck>().unwrap_err().contains("unclosed group"));
        assert!("items/0".parse::<JsonCheck>().unwrap_err().contains("begins with /"));
        assert!("/n > many".parse::<JsonCheck>().unwrap_err().contains("only numbers"));
    }

    proptest! {
        #[test]
        fn parsing_and_checking_never_panic(text in "\\PC{0,20}", body in prop::collection::vec(any::<u8>(), 0..60)) {
            let checks = [
                text.parse().map(Check::Json).ok(),
                text.parse().map(Check::Pattern).ok(),
                text.parse().map(Check::Size).ok(),
                text.parse().map(Check::Header).ok(),
            ];
            for check in checks.into_iter().flatten() {
                check.passes_body(body.len() as u64, &body);
                check.passes_head(&HeaderMap::new());
            }
        }
    }
}
