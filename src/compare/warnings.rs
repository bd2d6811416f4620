//! What may not be compared as it stands.

use std::fmt;

use strum::{IntoStaticStr, VariantNames};

use crate::result::{Loop, Reading, Remark, TimedFrom, letter};

/// Rates asked for that differ by less than this are the same.
const SAME_RATE: f64 = 0.02;

/// Why another reading does not measure the same as the first, which is A, or is doubtful by itself. `name` is the letter
/// of the reading that it is about. docs/reference.md lists the codes.
#[derive(Debug, Clone, PartialEq, IntoStaticStr, VariantNames)]
pub(crate) enum Warning {
    /// The latencies count from other moments, or may do.
    #[strum(serialize = "compare.other_clock")]
    OtherClock { first: (TimedFrom, String), other: (TimedFrom, String), name: String },
    /// One is an open loop and the other is not, or may not be.
    #[strum(serialize = "compare.other_loop")]
    OtherLoop { first: Loop, other: Loop, name: String },
    /// The requests went to different paths.
    #[strum(serialize = "compare.other_target")]
    OtherTarget { first: String, other: String, name: String },
    /// Different rates were asked for, in requests per second.
    #[strum(serialize = "compare.other_rate")]
    OtherRate { first_per_s: f64, other_per_s: f64, name: String },
    /// The closed loops had different numbers of users.
    #[strum(serialize = "compare.other_users")]
    OtherUsers { first: u64, other: u64, name: String },
    /// The tool's latencies leave out, or embellish, requests that got no answer.
    #[strum(serialize = "compare.failures_hidden")]
    FailuresHidden { rate: f64, tool: String, name: String },
    /// What the reading of the file says about itself.
    #[strum(serialize = "compare.note")]
    Note { text: String, name: String },
}

/// All that is to be said before the figures of these readings are compared.
pub(crate) fn warnings(readings: &[Reading]) -> Vec<Warning> {
    let Some((first, others)) = readings.split_first() else { return Vec::new() };
    let pairs = others.iter().enumerate();
    let between = pairs.flat_map(|(i, other)| between(first, other, &letter(i + 1)));
    let alone = readings.iter().enumerate().flat_map(|(i, reading)| alone(reading, &letter(i)));
    between.chain(alone).collect()
}

fn between(first: &Reading, other: &Reading, name: &str) -> Vec<Warning> {
    [
        clocks(first, other, name),
        modes(first, other, name),
        targets(first, other, name),
        loads(first, other, name),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn clocks(first: &Reading, other: &Reading, name: &str) -> Option<Warning> {
    let differ = match (first.clock, other.clock) {
        (TimedFrom::Unknown, _) | (_, TimedFrom::Unknown) => first.clock_words != other.clock_words,
        (first, other) => first != other,
    };
    let clock = |reading: &Reading| (reading.clock, reading.clock_words.clone());
    differ.then(|| Warning::OtherClock { first: clock(first), other: clock(other), name: name.to_owned() })
}

fn modes(first: &Reading, other: &Reading, name: &str) -> Option<Warning> {
    (first.mode != other.mode).then(|| Warning::OtherLoop {
        first: first.mode,
        other: other.mode,
        name: name.to_owned(),
    })
}

fn targets(first: &Reading, other: &Reading, name: &str) -> Option<Warning> {
    let (first, other) = (path(first.target.as_deref()?), path(other.target.as_deref()?));
    (first != other).then(|| Warning::OtherTarget {
        first: first.to_owned(),
        other: other.to_owned(),
        name: name.to_owned(),
    })
}

fn loads(first: &Reading, other: &Reading, name: &str) -> Option<Warning> {
    let name = name.to_owned();
    if let (Some(first_per_s), Some(other_per_s)) = (first.asked_per_s, other.asked_per_s) {
        let differ = (first_per_s - other_per_s).abs() > SAME_RATE * first_per_s.max(other_per_s);
        return differ.then_some(Warning::OtherRate { first_per_s, other_per_s, name });
    }
    let closed = first.mode != Loop::Open && other.mode != Loop::Open;
    let (first, other) = (first.concurrency?, other.concurrency?);
    (closed && first != other).then_some(Warning::OtherUsers { first, other, name })
}

/// What is doubtful about one reading.
fn alone(reading: &Reading, name: &str) -> Vec<Warning> {
    let name = || name.to_owned();
    let notes = reading.notes.iter().map(|text| Warning::Note { text: text.clone(), name: name() });
    let failed = reading.failure_rate.filter(|rate| *rate > 0.0 && reading.tool != env!("CARGO_PKG_NAME"));
    let hidden =
        failed.map(|rate| Warning::FailuresHidden { rate, tool: reading.tool.clone(), name: name() });
    notes.chain(hidden).collect()
}

/// A target without its scheme and host: other tools' files hold a host that is not shown, and ours a name for it.
fn path(target: &str) -> &str {
    let rest = target.split_once("://").map_or(target, |(_, rest)| rest);
    rest.find('/').map_or("/", |slash| &rest[slash..])
}

impl Warning {
    /// Its stable name.
    pub(crate) fn code(&self) -> &'static str {
        self.into()
    }
}

impl From<Warning> for Remark {
    fn from(warning: Warning) -> Self {
        Self { code: warning.code().to_owned(), text: warning.to_string() }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherClock { first: (first, first_words), other: (other, other_words), name } => {
                write!(f, "A measures {first_words}, {name} {other_words}: ")?;
                match (first, other) {
                    (TimedFrom::Unknown, _) | (_, TimedFrom::Unknown) => {
                        f.write_str("whether that is the same time, the files do not say")
                    }
                    (TimedFrom::Send, _) => f.write_str("a slow server hides in A"),
                    (TimedFrom::IntendedTime, _) => write!(f, "a slow server hides in {name}"),
                }
            }
            Self::OtherLoop { first, other, name } => {
                let why = if [first, other].contains(&&Loop::Unknown) {
                    "whether both met the same load, the files do not say"
                } else {
                    "a closed loop sends less when the server is slow, an open loop does not"
                };
                write!(f, "A is {}, {name} {}: {why}", kind(*first), kind(*other))
            }
            Self::OtherTarget { first, other, name } => {
                write!(f, "A asked for {first}, {name} for {other}: not the same target")
            }
            Self::OtherRate { first_per_s: first, other_per_s: other, name } => {
                write!(f, "A was asked for {first} requests/s, {name} for {other}: not the same load")
            }
            Self::OtherUsers { first, other, name } => {
                write!(f, "A had {first} users, {name} {other}: not the same load")
            }
            Self::FailuresHidden { rate, tool, name } => write!(
                f,
                "{name}: {:.3} % of its requests got no answer; {tool} leaves them out of its latencies or counts them as \
                 they ended, so its percentiles look better than what users saw",
                rate * 100.0
            ),
            Self::Note { text, name } => write!(f, "{name}: {text}"),
        }
    }
}

fn kind(mode: Loop) -> &'static str {
    match mode {
        Loop::Open => "an open loop",
        Loop::Closed => "a closed loop",
        Loop::Unknown => "a loop of unknown kind",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warnings(readings: &[Reading]) -> Vec<String> {
        super::warnings(readings).iter().map(Warning::to_string).collect()
    }

    fn open() -> Reading {
        Reading {
            clock: TimedFrom::IntendedTime,
            clock_words: "from the intended time".to_owned(),
            asked_per_s: Some(300.0),
            target: Some("/orders".to_owned()),
            ..Reading::of("rpsbench", Loop::Open)
        }
    }

    fn closed() -> Reading {
        let target = Some("http://host-1/orders".to_owned());
        Reading { concurrency: Some(150), target, ..Reading::of("wrk", Loop::Closed) }
    }

    #[test]
    fn the_same_kind_of_run_is_compared_without_a_word() {
        assert_eq!(warnings(&[open(), open()]), Vec::<String>::new());
        assert_eq!(warnings(&[closed(), closed()]), Vec::<String>::new());
        let nearly = Reading { asked_per_s: Some(301.0), ..open() };
        assert_eq!(warnings(&[open(), nearly]), Vec::<String>::new());
    }

    #[test]
    fn clocks_modes_and_targets_are_told_apart() {
        let said = warnings(&[open(), closed()]).join("\n");
        let words = "A measures from the intended time, B from the send: a slow server hides in B";
        assert!(said.contains(words) && said.contains("A is an open loop, B a closed loop"), "{said}");
        assert!(!said.contains("target"), "the same path: {said}");
        assert!(warnings(&[closed(), open()]).join("\n").contains("hides in A"));
        let other = Reading { target: Some("https://host-1/other".to_owned()), ..open() };
        assert_eq!(warnings(&[open(), other]), ["A asked for /orders, B for /other: not the same target"]);
    }

    #[test]
    fn other_loads_are_no_like_for_like() {
        let faster = Reading { asked_per_s: Some(310.0), ..open() };
        assert!(warnings(&[open(), faster])[0].contains("300 requests/s, B for 310"));
        let more = Reading { concurrency: Some(200), ..closed() };
        assert_eq!(warnings(&[closed(), more]), ["A had 150 users, B 200: not the same load"]);
    }

    #[test]
    fn doubts_about_one_reading_name_it() {
        let failing = Reading { failure_rate: Some(0.01), ..closed() };
        assert!(warnings(&[closed(), failing])[0].starts_with("B: 1.000 % of its requests got no answer"));
        let noted = Reading { notes: vec!["it was interrupted".to_owned()], ..open() };
        assert_eq!(warnings(&[noted, open()]), ["A: it was interrupted"]);
    }
}
