//! Documents without control characters, which could repaint a reader's terminal or forge lines of a report.
//!
//! What a server answered, and whatever a saved file holds, stands in many fields of a document and in many places of its
//! reports. So no reporter has to think of it: it is given a document that is clean already.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A text in which a replacement character stands for each control character.
pub(crate) fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// The same for a text of several lines.
pub(super) fn without_controls(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}

/// A copy of the document with clean texts; `None` where they are clean already.
///
/// # Errors
/// Where a figure of the document is none that JSON has, so that no copy can be made of it.
pub(super) fn cleaned<T: Serialize + DeserializeOwned>(document: &T) -> Result<Option<T>, serde_json::Error> {
    let mut value = serde_json::to_value(document)?;
    if clean_texts(&mut value) { serde_json::from_value(value).map(Some) } else { Ok(None) }
}

/// Cleans every text below; says whether there was something to clean.
fn clean_texts(value: &mut Value) -> bool {
    match value {
        Value::String(text) => {
            let dirty = text.contains(char::is_control);
            if dirty {
                *text = clean(text);
            }
            dirty
        }
        // No short cut: all of them are to be cleaned.
        Value::Array(items) => items.iter_mut().fold(false, |dirty, item| clean_texts(item) | dirty),
        Value::Object(map) => {
            let mut dirty = map.values_mut().fold(false, |dirty, value| clean_texts(value) | dirty);
            let names: Vec<String> =
                map.keys().filter(|name| name.contains(char::is_control)).cloned().collect();
            for name in names {
                dirty = true;
                if let Some(value) = map.remove(&name) {
                    map.insert(clean(&name), value);
                }
            }
            dirty
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::compare::{compare, reading_of};
    use crate::fixture;
    use crate::ladder::sweep_of;
    use crate::report::{Format, Style, render};
    use crate::result::{
        Document, DocumentRef, LoadVotes, Recovery, Rung, Runs, SearchReport, SpikeRecovery, Summary, Sweep,
        letter,
    };

    const HOSTILE: &str = "a\u{1b}[2J\u{9b}31m\r\nFORGED\u{7}\u{7f}";

    fn rung(result: Summary) -> Rung {
        Rung {
            rate_per_s: 300.0,
            repeat: 2,
            recovery: Some(Recovery { recovered: false, waited_s: 3.0 }),
            result,
        }
    }

    fn sweep() -> Sweep {
        let search = SearchReport {
            knee: None,
            confirmed: false,
            lower_per_s: Some(285.0),
            upper_per_s: None,
            trials: 12,
            void_trials: 1,
            time_s: 300.4,
            code: "search.found".to_owned(),
            reason: "found".to_owned(),
            words: "holds 285/s".to_owned(),
            loads: vec![LoadVotes { rate_per_s: 285.0, good: 5, bad: 0, void: 1 }],
        };
        let spike = SpikeRecovery {
            before_ms: 250.0,
            worst_ms: None,
            recovered_after_s: Some(7.0),
            watched_s: 15.0,
            window_s: 2.0,
            figure: "p99".to_owned(),
        };
        Sweep {
            search: Some(search),
            spike: Some(spike),
            ..sweep_of(vec![rung(fixture::overload()), rung(fixture::mixed())], 3.0, false)
        }
    }

    /// One document of each kind, and two comparisons: of saved results, and a live one.
    fn documents() -> Vec<Value> {
        let runs = Runs::new(vec![fixture::mixed(), fixture::mixed(), fixture::overload()], true);
        let readings = || {
            let results = [fixture::freeze(), fixture::overload(), fixture::mixed()];
            results.iter().enumerate().map(|(i, result)| reading_of(&letter(i), result)).collect()
        };
        let conditions = ["p99>+10%".parse().unwrap()];
        let saved = compare(readings(), &conditions).unwrap();
        let live = crate::result::Comparison {
            runs: runs.runs.clone(),
            findings: vec!["it hid something".to_owned()],
            ..compare(readings(), &conditions).unwrap()
        };
        vec![
            json!(fixture::mixed()),
            json!(fixture::overload()),
            json!(runs),
            json!(sweep()),
            json!(saved),
            json!(live),
        ]
    }

    /// Where the texts of a document are.
    fn texts(value: &Value, at: &str, found: &mut Vec<String>) {
        match value {
            Value::String(_) => found.push(at.to_owned()),
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(i, item)| texts(item, &format!("{at}/{i}"), found));
            }
            Value::Object(map) => {
                map.iter().for_each(|(name, value)| texts(value, &format!("{at}/{name}"), found));
            }
            _ => {}
        }
    }

    fn shorten_series(value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(shorten_series),
            Value::Object(map) => {
                if let Some(Value::Array(seconds)) = map.get_mut("series") {
                    seconds.truncate(1);
                }
                map.values_mut().for_each(shorten_series);
            }
            _ => {}
        }
    }

    /// A document with something hostile in each text that takes it.
    fn poisoned(mut document: Value) -> (Document, usize) {
        // Seconds have no texts but histograms; one is enough, and the document is read once for each text.
        shorten_series(&mut document);
        let mut places = Vec::new();
        texts(&document, "", &mut places);
        places.retain(|at| !at.contains("/series/") && !at.contains("/histograms/"));
        let mut count = 0;
        // What a field takes it takes in every item of a list.
        let mut taken: BTreeMap<String, bool> = BTreeMap::new();
        for at in places {
            let before = document.pointer(&at).cloned().unwrap();
            *document.pointer_mut(&at).unwrap() = json!(HOSTILE);
            let field = at.replace(|c: char| c.is_ascii_digit(), "");
            let reads = || Document::read(document.to_string().as_bytes()).is_ok();
            if *taken.entry(field).or_insert_with(reads) {
                count += 1;
            } else {
                *document.pointer_mut(&at).unwrap() = before;
            }
        }
        if let Some(codes) = document.pointer_mut("/status_codes") {
            codes[HOSTILE] = json!(1);
        }
        (Document::read(document.to_string().as_bytes()).unwrap(), count)
    }

    #[test]
    fn nothing_hostile_in_a_saved_document_reaches_a_report() {
        for document in documents() {
            let schema = document["schema"].clone();
            let (document, count) = poisoned(document);
            assert!(count >= 10, "{schema}: only {count} texts");
            for format in Format::able(DocumentRef::from(&document).kind()) {
                let report = render(&document, format, &Style::default()).unwrap();
                let bad = |c: char| c.is_control() && c != '\n';
                let at =
                    report.find(bad).map(|at| report[..at].lines().last().unwrap_or_default().to_owned());
                assert_eq!(at, None, "{schema} as {format}");
                assert!(
                    report.lines().all(|line| !line.starts_with("FORGED")),
                    "{schema} as {format}: {report}"
                );
            }
        }
    }

    #[test]
    fn a_clean_document_is_left_alone() {
        assert!(matches!(cleaned(&fixture::few()), Ok(None)));
        assert_eq!(clean("a\u{1b}[2J\nb"), "a\u{fffd}[2J\u{fffd}b");
        assert_eq!(without_controls("a\u{1b}[2J\nb"), "a\u{fffd}[2J\nb");
    }
}
