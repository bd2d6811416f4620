//! What one result says, in common terms.

use serde::{Deserialize, Serialize};

use super::figure::Figure;
use super::seconds::Seconds;
use super::times::Times;
use crate::measure::Measured;
use crate::request::{Redactor, Target};

/// Where the requests came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub(crate) enum Loop {
    /// From a schedule, whatever the answers did.
    Open,
    /// From users or connections, each waiting for its last answer.
    Closed,
    /// The result does not say.
    Unknown,
}

/// From when the latency of a result counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum TimedFrom {
    /// From the time that the request was due: waiting for a slow server counts.
    IntendedTime,
    /// From the actual send: what a request waited before it is not in the figures.
    Send,
    /// The result does not say.
    Unknown,
}

/// One result in common terms. What the tool's file does not say is null.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Reading {
    /// Name of the file, without its folder; of several readings in one file each has its own.
    pub name: String,
    /// The tool that measured.
    pub tool: String,
    /// Its version.
    pub version: Option<String>,
    /// Open or closed loop.
    pub mode: Loop,
    /// From when its latency counts.
    pub clock: TimedFrom,
    /// The same in the words that fit this tool.
    pub clock_words: String,
    /// Users or connections.
    pub concurrency: Option<u64>,
    /// Requests per second that were asked for.
    pub asked_per_s: Option<f64>,
    /// Complete answers per second, good or not.
    pub completed_per_s: Option<f64>,
    /// Requests: of an open loop of ours those offered, else those that the tool counts.
    pub requests: Option<u64>,
    /// Good answers.
    pub ok: Option<u64>,
    /// HTTP errors / requests, 0 to 1.
    pub error_rate: Option<f64>,
    /// Requests without a complete answer / requests, 0 to 1.
    pub failure_rate: Option<f64>,
    /// Latencies.
    pub latency: Times,
    /// Length of the measurement, seconds.
    pub duration_s: Option<f64>,
    /// Where the requests went, without host and query values.
    pub target: Option<String>,
    /// What one should know before one believes the figures.
    #[serde(default)]
    pub notes: Vec<String>,
    /// The response times second by second. Not part of a document: what is drawn from them is.
    #[serde(skip)]
    pub seconds: Option<Seconds>,
}

impl Reading {
    /// A reading without figures, whose latency counts from the send.
    pub(crate) fn of(tool: &str, mode: Loop) -> Self {
        Self {
            name: String::new(),
            tool: tool.to_owned(),
            version: None,
            mode,
            clock: TimedFrom::Send,
            clock_words: "from the send".to_owned(),
            concurrency: None,
            asked_per_s: None,
            completed_per_s: None,
            requests: None,
            ok: None,
            error_rate: None,
            failure_rate: None,
            latency: Times::default(),
            duration_s: None,
            target: None,
            notes: Vec::new(),
            seconds: None,
        }
    }

    /// A figure, in its unit.
    pub(crate) fn figure(&self, figure: Figure) -> Measured {
        match figure {
            Figure::CompletedPerS => self.completed_per_s.into(),
            Figure::ErrorRate => self.error_rate.into(),
            Figure::FailureRate => self.failure_rate.into(),
            _ => self.latency.figure(figure),
        }
    }

    /// Two figures that cannot both be right: a percentile above a higher one, say. `None` when all agree, to 1 % and the
    /// last digit that tools print.
    pub(crate) fn disorder(&self) -> Option<(Figure, Figure)> {
        // Bounds too: the least that one can be is above the least of a lower one.
        let least = |figure: Figure| self.figure(figure).least().map(|value| (figure, value));
        let rising: Vec<(Figure, f64)> = Figure::RISING.into_iter().filter_map(least).collect();
        let above = |low: &(Figure, f64), high: &(Figure, f64)| low.1 > high.1 * 1.01 + 0.1;
        let ends = rising.first().zip(rising.last()).zip(least(Figure::Mean));
        let around_mean = ends.into_iter().flat_map(|((first, last), mean)| {
            let low = (first.0 == Figure::Min).then_some((*first, mean));
            let high = (last.0 == Figure::Max).then_some((mean, *last));
            [low, high].into_iter().flatten()
        });
        let pairs = rising.windows(2).map(|pair| (pair[0], pair[1]));
        let wrong = pairs.chain(around_mean).find(|(low, high)| above(low, high));
        wrong.map(|(low, high)| (low.0, high.0))
    }
}

/// What may be shown of a target: its path and the names in its query, never its host.
pub(crate) fn target_label(url: &str) -> String {
    match url.parse::<Target>() {
        Ok(target) => Redactor::new(std::slice::from_ref(target.origin()), &[], false).target(&target),
        Err(_) => Redactor::new(&[], &[], false).text(url),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_shows_no_host() {
        for (url, shown) in [
            ("http://127.0.0.1:8080/orders?q=secret", "http://host-1/orders?q=***"),
            ("https://shop.example/", "https://host-1/"),
            ("http://host-1/orders", "http://host-1/orders"),
            ("/orders", "/orders"),
        ] {
            assert_eq!(target_label(url), shown);
        }
    }

    #[test]
    fn percentiles_that_fall_are_found() {
        let times = |p50, p99, mean, max| {
            let mut times = Times::default();
            let figures = [(Figure::P50, p50), (Figure::P99, p99), (Figure::Mean, mean), (Figure::Max, max)];
            figures.into_iter().for_each(|(figure, ms)| times.set(figure, Some(ms)));
            times
        };
        let disorder = |latency| Reading { latency, ..Reading::of("wrk", Loop::Closed) }.disorder();
        assert_eq!(disorder(times(1.0, 20.0, 2.0, 30.0)), None);
        assert_eq!(disorder(times(10.0, 10.05, 2.0, 10.0)), None, "rounding is no contradiction");
        // p99 in seconds beside a median in milliseconds.
        assert_eq!(disorder(times(9.5, 0.019, 10.0, 30.0)), Some((Figure::P50, Figure::P99)));
        assert_eq!(disorder(times(1.0, 2.0, 300.0, 3.0)), Some((Figure::Mean, Figure::Max)));
        assert_eq!(disorder(Times::default()), None);
    }
}
