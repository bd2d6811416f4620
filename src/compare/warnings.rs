//! What may not be compared as it stands, in words.

use crate::result::{Loop, Reading, TimedFrom, letter};

/// Rates asked for that differ by less than this are the same.
const SAME_RATE: f64 = 0.02;

/// Why the other readings do not measure the same as the first, one sentence each.
pub(crate) fn warnings(readings: &[Reading]) -> Vec<String> {
    let Some((first, others)) = readings.split_first() else { return Vec::new() };
    let pairs = others.iter().enumerate();
    let between = pairs.flat_map(|(i, other)| between(first, other, &letter(i + 1)));
    let alone = readings.iter().enumerate().flat_map(|(i, reading)| alone(reading, &letter(i)));
    between.chain(alone).collect()
}

fn between(first: &Reading, other: &Reading, name: &str) -> Vec<String> {
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

fn clocks(first: &Reading, other: &Reading, name: &str) -> Option<String> {
    let measures = format!("A measures {}, {name} {}", first.clock_words, other.clock_words);
    match (first.clock, other.clock) {
        (TimedFrom::IntendedTime, TimedFrom::Send) => {
            Some(format!("{measures}: a slow server hides in {name}"))
        }
        (TimedFrom::Send, TimedFrom::IntendedTime) => Some(format!("{measures}: a slow server hides in A")),
        (TimedFrom::Unknown, _) | (_, TimedFrom::Unknown) if first.clock_words != other.clock_words => {
            Some(format!("{measures}: whether that is the same time, the files do not say"))
        }
        _ => None,
    }
}

fn modes(first: &Reading, other: &Reading, name: &str) -> Option<String> {
    let word = |mode| match mode {
        Loop::Open => "an open loop",
        Loop::Closed => "a closed loop",
        Loop::Unknown => "a loop of unknown kind",
    };
    let differ = first.mode != other.mode;
    differ.then(|| {
        let (a, b) = (word(first.mode), word(other.mode));
        let why = match (first.mode, other.mode) {
            (Loop::Unknown, _) | (_, Loop::Unknown) => "whether both met the same load, the files do not say",
            _ => "a closed loop sends less when the server is slow, an open loop does not",
        };
        format!("A is {a}, {name} {b}: {why}")
    })
}

fn targets(first: &Reading, other: &Reading, name: &str) -> Option<String> {
    let (a, b) = (first.target.as_deref()?, other.target.as_deref()?);
    (path(a) != path(b))
        .then(|| format!("A asked for {}, {name} for {}: not the same target", path(a), path(b)))
}

fn loads(first: &Reading, other: &Reading, name: &str) -> Option<String> {
    if let (Some(a), Some(b)) = (first.asked_per_s, other.asked_per_s) {
        let differ = (a - b).abs() > SAME_RATE * a.max(b);
        return differ.then(|| format!("A was asked for {a} requests/s, {name} for {b}: not the same load"));
    }
    let (a, b) = (first.concurrency?, other.concurrency?);
    let closed = first.mode != Loop::Open && other.mode != Loop::Open;
    (closed && a != b).then(|| format!("A had {a} users, {name} {b}: not the same load"))
}

/// What is doubtful about one reading.
fn alone(reading: &Reading, name: &str) -> Vec<String> {
    let mut found: Vec<String> = reading.notes.iter().map(|note| format!("{name}: {note}")).collect();
    let failed = reading.failure_rate.filter(|rate| *rate > 0.0 && reading.tool != env!("CARGO_PKG_NAME"));
    if let Some(rate) = failed {
        found.push(format!(
            "{name}: {:.3} % of its requests got no answer; {} leaves them out of its latencies or counts them as they \
             ended, so its percentiles look better than what users saw",
            rate * 100.0,
            reading.tool
        ));
    }
    found
}

/// A target without its scheme and host: other tools' files hold a host that is not shown, and ours a name for it.
fn path(target: &str) -> &str {
    let rest = target.split_once("://").map_or(target, |(_, rest)| rest);
    rest.find('/').map_or("/", |slash| &rest[slash..])
}

#[cfg(test)]
mod tests {
    use super::*;

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
