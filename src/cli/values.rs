//! Values as people type them. The words for choices that other rooms define stand here too: those rooms need not know
//! clap, and the command line no second enum.

use std::fmt;
use std::str::FromStr;

use clap::ValueEnum;
use clap::builder::PossibleValue;
use jiff::{SignedDuration, Timestamp};

use crate::ladder::Order;
use crate::plan::Auto;
use crate::report::Format;
use crate::request::{BodyCoding, DataOrder, RecordingFormat};
use crate::result::Conclusion;
use crate::schedule::Arrivals;
use crate::shard::Spot;
use crate::transport::Timestamps;

/// A duration in nanoseconds: `60s`, `1m30s`, `250ms`; a bare number is seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span(pub u64);

/// `all` or a number above 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LimitOrAll {
    /// Without limit.
    All,
    /// This many.
    Number(u32),
}

/// Stages of a closed loop: `20x400,50x1250` (users x requests) or `20x30s,50x1m` (users x duration).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stages(pub Vec<(u64, StageEnd)>);

/// When a stage is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StageEnd {
    /// After so many requests.
    Requests(u64),
    /// After so long.
    Duration(Span),
}

impl FromStr for Stages {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let stage = |stage: &str| {
            let (users, length) = stage.trim().split_once(['x', 'X'])?;
            let users = positive(users.trim())?;
            let length = length.trim();
            let end = match length.parse() {
                Ok(requests) => StageEnd::Requests(requests),
                // A bare number with a point would be neither.
                Err(_) if length.ends_with(|c: char| c.is_ascii_digit()) => return None,
                Err(_) => StageEnd::Duration(length.parse().ok()?),
            };
            let is_empty = matches!(end, StageEnd::Requests(0) | StageEnd::Duration(Span(0)));
            (!is_empty).then_some((users, end))
        };
        let stages = text.split(',').map(stage).collect::<Option<Vec<_>>>();
        let hint = "write stages as users x requests, 20x400,50x1250, or as users x duration, 20x30s,50x30s";
        stages.map(Self).ok_or_else(|| hint.to_owned())
    }
}

/// `--shard`: `2/4`, `2`, `auto` or `auto/4`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ShardArg {
    /// Which, from 0; `None`: as the engine says.
    pub index: Option<u64>,
    /// Of how many, where that is said.
    pub count: Option<u64>,
}

impl FromStr for ShardArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let hint = || "write a shard as 0/4 (the first of four), or auto".to_owned();
        let number = |text: &str| text.trim().parse::<u64>().map_err(|_| hint());
        let (index, count) = text.split_once('/').map_or((text, None), |(index, count)| (index, Some(count)));
        let index = if index.trim() == "auto" { None } else { Some(number(index)?) };
        Ok(Self { index, count: count.map(number).transpose()? })
    }
}

/// `--rendezvous`: `http://HOST:PORT` or `dir:PATH`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MeetAt(pub Spot);

impl FromStr for MeetAt {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let hint = || {
            "write the place to meet as http://HOST:PORT, where shard 0 can listen, or as dir:PATH, a folder that all shards see"
                .to_owned()
        };
        let text = text.trim();
        if let Some(path) = text.strip_prefix("dir:") {
            return match path {
                "" => Err(hint()),
                path if path.starts_with('~') => {
                    Err("no shell replaces the ~ after dir:; write the whole path, such as dir:$HOME/meet"
                        .to_owned())
                }
                path => Ok(Self(Spot::Folder(path.into()))),
            };
        }
        let text = text.strip_prefix("http://").ok_or_else(hint)?.trim_end_matches('/');
        let (host, port) = text.rsplit_once(':').ok_or_else(hint)?;
        let has_port = port.parse::<u16>().is_ok_and(|port| port > 0);
        let is_host = !host.is_empty() && !host.contains(['/', '@', '?', '#', ' ']);
        if has_port && is_host { Ok(Self(Spot::Address(text.to_owned()))) } else { Err(hint()) }
    }
}

/// `--start-at`: a moment, or how long from now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StartAt {
    At(Timestamp),
    In(Span),
}

impl FromStr for StartAt {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        match text.strip_prefix('+') {
            Some(span) => span.parse().map(Self::In),
            None => text.parse().map(Self::At).map_err(|_| {
                "write a moment in UTC or with its offset, 2026-01-31T12:00:00Z, or how long from now, +30s".to_owned()
            }),
        }
    }
}

/// A share of 1: `5%` or `0.05`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Share(pub f64);

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (number, divisor) =
            text.strip_suffix('%').map_or((text, 1.0), |number| (number.trim_end(), 100.0));
        let value: Option<f64> = number.parse().ok().filter(|value: &f64| value.is_finite() && *value > 0.0);
        value.map(|value| Self(value / divisor)).ok_or_else(|| "write a share as 5% or 0.05".to_owned())
    }
}

/// Statuses apart by commas: `200` or `200,404`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Statuses(pub Vec<u16>);

impl FromStr for Statuses {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let status = |text: &str| text.trim().parse().ok().filter(|status| (100..=599).contains(status));
        let statuses = text.split(',').map(status).collect::<Option<Vec<u16>>>();
        statuses.map(Self).ok_or_else(|| "write statuses from 100 to 599 as 200 or 200,404".to_owned())
    }
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let bare = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        let with_unit = if bare { format!("{text}s") } else { text.to_owned() };
        let hint = "write a duration as 60s, 1m30s, 250ms or 0.5 (seconds)";
        let duration: SignedDuration = with_unit.parse().map_err(|_| format!("not a duration; {hint}"))?;
        let nanos = u64::try_from(duration.as_nanos()).map_err(|_| {
            if duration.is_negative() { format!("negative; {hint}") } else { format!("too long; {hint}") }
        })?;
        Ok(Self(nanos))
    }
}

impl Span {
    /// Longest wait that a bare number stands for, in seconds: what is above is meant in milliseconds more often.
    const LONGEST_BARE_WAIT_S: f64 = 60.0;

    /// A wait, such as a time-out: a bare number is seconds, where nobody can mean milliseconds.
    ///
    /// # Errors
    /// What is wrong with it, and how it is written.
    pub(crate) fn of_a_wait(text: &str) -> Result<Self, String> {
        match text.trim().parse::<f64>() {
            Ok(number) if number > Self::LONGEST_BARE_WAIT_S => {
                Err(format!("{number} of what? write {number}ms or {number}s"))
            }
            _ => text.parse(),
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (value, unit) = match self.0 {
            n if n % 1_000_000_000 == 0 => (n / 1_000_000_000, "s"),
            n if n % 1_000_000 == 0 => (n / 1_000_000, "ms"),
            n if n % 1_000 == 0 => (n / 1_000, "us"),
            n => (n, "ns"),
        };
        write!(f, "{value}{unit}")
    }
}

/// `auto` or a number above 0.
impl FromStr for Auto<u64> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            _ => positive(text).map(Self::Given).ok_or_else(|| "write auto or a number above 0".to_owned()),
        }
    }
}

impl FromStr for LimitOrAll {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = || positive(text).and_then(|n| u32::try_from(n).ok());
        match text {
            "all" => Ok(Self::All),
            _ => number()
                .map(Self::Number)
                .ok_or_else(|| "write all or a number from 1 to 4294967295".to_owned()),
        }
    }
}

fn positive(text: &str) -> Option<u64> {
    text.parse().ok().filter(|n| *n > 0)
}

/// `--format`: the formats describe themselves.
impl ValueEnum for Format {
    fn value_variants<'a>() -> &'a [Self] {
        Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()).help(self.help()))
    }
}

macro_rules! choices {
    ($choice:ty { $($variant:ident: $word:literal, $help:literal;)+ }) => {
        impl ValueEnum for $choice {
            fn value_variants<'a>() -> &'a [Self] {
                &[$(Self::$variant),+]
            }

            fn to_possible_value(&self) -> Option<PossibleValue> {
                Some(match self {
                    $(Self::$variant => PossibleValue::new($word).help($help),)+
                })
            }
        }
    };
}

/// `--arrivals`: recorded ones come with their file.
impl ValueEnum for Arrivals {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Constant, Self::Poisson]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let (word, help) = match self {
            Self::Constant => ("constant", "Evenly spaced"),
            Self::Poisson => ("poisson", "Exponential gaps, as independent users come"),
            Self::Replay => return None,
        };
        Some(PossibleValue::new(word).help(help))
    }
}

choices!(BodyCoding {
    Gzip: "gzip", "RFC 1952, level 6";
    Zstd: "zstd", "RFC 8878, level 3";
});

choices!(RecordingFormat {
    Auto: "auto", "Told by the first line";
    Csv: "csv", "A header with t_s, t_ms or time, and method, path or url, body, header:NAME";
    Ndjson: "ndjson", "An object a line: t_s, t_ms or time, and method, path or url, headers, body";
    Combined: "combined", "The access log of Apache, nginx and others";
    Common: "common", "The same without referrer and user agent";
    JsonLog: "json-log", "An access log of JSON objects, by the common names of their fields";
});

/// `--fail-on`: what is worth a failure to some, and to others just what they wanted to know.
impl ValueEnum for Conclusion {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::TooMuch, Self::Failing, Self::AtTheLimit]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let (word, help) = match self {
            Self::TooMuch => ("too_much", "The service falls behind"),
            Self::Failing => ("failing", "A share of the answers is not good"),
            Self::AtTheLimit => {
                ("at_the_limit", "The run is too short to tell whether the service falls behind")
            }
            _ => return None,
        };
        Some(PossibleValue::new(word).help(help))
    }
}

choices!(Timestamps {
    Auto: "auto", "When the kernel received it where the kernel tells (Linux, TCP), else when it was read";
    Kernel: "kernel", "When the kernel received it; refused where it does not tell";
    User: "user", "When this program read it: a late client makes the service look slow";
});

choices!(DataOrder {
    Rotate: "rotate", "From the first to the last, and again";
    Random: "random", "Any, drawn with --seed";
});

choices!(Order {
    Up: "up", "From the lowest to the highest";
    Down: "down", "From the highest to the lowest";
    UpDown: "updown", "Up, and down again";
    Random: "random", "Any, drawn with --seed";
});

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        for (text, nanos) in [
            ("60s", 60_000_000_000),
            ("60", 60_000_000_000),
            ("0.5", 500_000_000),
            ("1m30s", 90_000_000_000),
            ("1.5s", 1_500_000_000),
            ("250ms", 250_000_000),
            ("60us", 60_000),
            ("2h", 7_200_000_000_000),
            ("0", 0),
        ] {
            assert_eq!(text.parse(), Ok(Span(nanos)), "{text}");
        }
    }

    #[test]
    fn statuses_are_apart_by_commas() {
        assert_eq!("200, 404".parse(), Ok(Statuses(vec![200, 404])));
        for text in ["", "200,", "99", "600", "2xx", "-200"] {
            assert!(text.parse::<Statuses>().is_err(), "{text}");
        }
    }

    #[test]
    fn stages_are_users_times_requests_or_a_duration() {
        let requests = |users, n| (users, StageEnd::Requests(n));
        assert_eq!("20x400, 50x1250".parse(), Ok(Stages(vec![requests(20, 400), requests(50, 1_250)])));
        let seconds = |n: u64| StageEnd::Duration(Span(n * 1_000_000_000));
        assert_eq!("20x30s,50X1m".parse(), Ok(Stages(vec![(20, seconds(30)), (50, seconds(60))])));
        for text in [
            "", "20", "x400", "20x", "20x0", "0x400", "20x400,", "20x1.5", "20 400", "-1x5", "20x-5s",
            "20x5q",
        ] {
            assert!(text.parse::<Stages>().unwrap_err().contains("20x400"), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_duration_says_how_it_is_written() {
        for text in
            ["", "abc", "60 parsecs", "-5s", "-1", "s", "1e3", "NaN", ".", "1..2", "99999999999999999999s"]
        {
            let error = text.parse::<Span>().unwrap_err();
            assert!(error.contains("1m30s"), "{text}: {error}");
        }
    }

    #[test]
    fn durations_are_shown_in_their_largest_whole_unit() {
        let shown: Vec<String> =
            [60_000_000_000, 1_500_000_000, 60_000, 7].map(|n| Span(n).to_string()).to_vec();
        assert_eq!(shown, ["60s", "1500ms", "60us", "7ns"]);
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text in "\\PC{0,20}") {
            let _ = text.parse::<Span>();
        }
    }
}
