//! One result of all shards: what they counted is added up, and judged as a whole.
//!
//! Nothing is averaged: ledgers are sums, histograms are added bucket by bucket, minimum, maximum and sum of each
//! distribution are exact, and the series has each interval's arrivals of all shards. So the merged result of a schedule
//! is that of the same schedule sent by one machine.

mod check;

use std::cmp::Ordering;
use std::collections::BTreeMap;

pub(super) use self::check::difference;
use self::check::{apart, contradiction};
use crate::judge::{Slo, judge};
use crate::measure::{ConnectionLog, EncodingError, Recorder, Redact, Sent};
use crate::result::{
    Backlog, ClientLoad, EndpointFacts, LatencyStats, MergedShards, PlanFacts, RunFacts, SampleRecord,
    Series, ShardRecord, ShardSummary, StepFacts, Subject, Summary, SummaryError,
};

/// The kind of the samples that are no failures.
const SLOW: &str = "slow";

/// Why results cannot be merged.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MergeError {
    #[error(
        "there is nothing to merge; give the results of all shards: rpsbench merge shard-0.json shard-1.json"
    )]
    Nothing,
    #[error(
        "`{0}` is the result of a whole schedule, not of a shard; only results of runs with --shard can be added up (for \
         results side by side: rpsbench compare)"
    )]
    NotAShard(String),
    /// A result that was told something else.
    #[error("`{first}` and `{other}` are not shards of one schedule: {difference}")]
    Differs { first: String, other: String, difference: String },
    /// Runs at different times.
    #[error(
        "`{first}` and `{other}` did not run at the same time: {apart}; merge the shards of one run only (where clocks \
         differ, --rendezvous compares them)"
    )]
    OtherTime { first: String, other: String, apart: String },
    #[error("`{0}` cannot be added up: {1}")]
    Unreadable(String, EncodingError),
    /// A result that was changed.
    #[error("`{0}` cannot be added up: {1}; the file was changed after it was written, use the original")]
    Contradiction(String, String),
    /// A result that lost lines on its way, where there is no other.
    #[error("`{0}` cannot be added up: {1}; print the result again, or save it to a file with -o")]
    Damaged(String, String),
    #[error(transparent)]
    Summary(#[from] SummaryError),
}

/// The shards added up so far. One at a time, so that a thousand of them need no more memory than one.
#[derive(Debug, Default)]
pub(crate) struct Merge {
    sum: Option<Sum>,
    notes: Vec<String>,
}

/// What does not depend on the order of the shards.
#[derive(Debug)]
struct Sum {
    /// Where the first came from, and what it was told.
    name: String,
    told: PlanFacts,
    threads: u64,
    is_cap_lowered: bool,
    /// Of a loop that ends after so many requests the longest, since it was only measured.
    duration_s: f64,
    count: u64,
    slos: Vec<String>,
    recorder: Recorder,
    connections: ConnectionLog,
    backlog: Backlog,
    client: ClientLoad,
    series: Series,
    interval_ns: u64,
    window_ns: u64,
    elapsed_ns: Option<u64>,
    interrupted: bool,
    aborted: Option<String>,
    endpoints: Vec<EndpointFacts>,
    steps: Vec<StepFacts>,
    samples: Vec<SampleRecord>,
    most_samples: usize,
    idle: Option<LatencyStats>,
    started_at: String,
    shards: BTreeMap<u64, Part>,
}

/// What is kept of one shard.
#[derive(Debug)]
struct Part {
    summary: ShardSummary,
    /// By the clock of shard 0, as far as the clocks were compared, in microseconds since 1970.
    started_us: f64,
    length_s: f64,
    name: String,
}

impl Merge {
    /// Adds the result of a shard. `name`: where it came from. Of a shard that is there already, the first result counts.
    ///
    /// # Errors
    /// [`MergeError`] for what is no shard of the same run.
    pub(crate) fn add(&mut self, name: &str, mut summary: Summary) -> Result<(), MergeError> {
        let Some(shard) = summary.shard.take() else { return Err(MergeError::NotAShard(name.to_owned())) };
        if let Some(why) = contradiction(&summary, &shard) {
            return Err(MergeError::Contradiction(name.to_owned(), why));
        }
        if self.sum.is_none() {
            self.sum = Some(Sum::of(name, &summary, &shard));
        }
        let Some(sum) = &mut self.sum else { return Ok(()) };
        sum.check(name, &summary, &shard)?;
        if let Some(earlier) = sum.shards.get(&shard.index) {
            self.notes.push(format!(
                "there are two results of shard {}: `{}` counts, `{name}` does not",
                shard.index, earlier.name
            ));
            return Ok(());
        }
        sum.add(name, summary, shard)
    }

    /// The result of a shard is of no use, and why: it is missing in the sum, and the reason is kept.
    pub(crate) fn leave_out(&mut self, why: String) {
        self.notes.push(format!("left out: {why}"));
    }

    /// The merged result. With `allows_missing` it counts also where shards are missing.
    ///
    /// # Errors
    /// [`MergeError::Nothing`] without any; [`MergeError::Summary`] where the sums do not add up.
    pub(crate) fn finish(self, allows_missing: bool) -> Result<Summary, MergeError> {
        let sum = self.sum.ok_or(MergeError::Nothing)?;
        sum.finish(self.notes, allows_missing)
    }
}

impl Sum {
    fn of(name: &str, summary: &Summary, shard: &ShardRecord) -> Self {
        let interval_ns = ((summary.plan.series_interval_s * 1e9).round() as u64).max(1);
        Self {
            name: name.to_owned(),
            told: summary.plan.clone(),
            threads: 0,
            is_cap_lowered: false,
            duration_s: 0.0,
            count: shard.count,
            slos: slos_of(summary),
            recorder: Recorder::restored(Default::default()),
            connections: ConnectionLog::default(),
            backlog: Backlog::default(),
            client: ClientLoad::default(),
            series: Series::of_intervals(usize::MAX, interval_ns),
            interval_ns,
            window_ns: 0,
            elapsed_ns: None,
            interrupted: false,
            aborted: None,
            endpoints: Vec::new(),
            steps: Vec::new(),
            samples: Vec::new(),
            most_samples: 0,
            idle: None,
            started_at: summary.started_at.clone(),
            shards: BTreeMap::new(),
        }
    }

    /// Checks that a result is of the same run as the first.
    fn check(&self, name: &str, summary: &Summary, shard: &ShardRecord) -> Result<(), MergeError> {
        let pair = || (self.name.clone(), name.to_owned());
        let counts =
            (self.count != shard.count).then(|| format!("of {} shards, and of {}", self.count, shard.count));
        let slos = || {
            let own = slos_of(summary);
            (own != self.slos).then(|| format!("objectives {:?} and {own:?}", self.slos))
        };
        if let Some(difference) = counts.or_else(|| difference(&self.told, &summary.plan)).or_else(slos) {
            let (first, other) = pair();
            return Err(MergeError::Differs { first, other, difference });
        }
        let length_s = summary.plan.warmup_s + summary.rates.window_s;
        for part in self.shards.values() {
            if let Some(apart) = apart(part.started_us, part.length_s, started_us(shard), length_s) {
                let (first, other) = (part.name.clone(), name.to_owned());
                return Err(MergeError::OtherTime { first, other, apart });
            }
        }
        Ok(())
    }

    fn add(&mut self, name: &str, summary: Summary, shard: ShardRecord) -> Result<(), MergeError> {
        let unreadable = |error| MergeError::Unreadable(name.to_owned(), error);
        // All of it or nothing: a shard that is left out must leave nothing behind.
        let rows = summary.series.iter().map(|row| row.interval(self.interval_ns));
        let rows = rows.collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
        rows.into_iter().for_each(|row| self.series.add(row));
        let generator = summary.verdict.generator;
        let part = ShardSummary {
            index: shard.index,
            from: shard.from.clone(),
            ledger: summary.ledger,
            response: summary.latency.response.clone(),
            send_lag: summary.latency.send_lag.clone(),
            generator,
            evidence: summary.verdict.texts_on(Subject::Generator).next().unwrap_or_default().to_owned(),
            start_offset_ms: 0.0,
            clock_offset_us: shard.clock_offset_us,
            clock_error_us: shard.clock_error_us,
        };
        let started_us = started_us(&shard);
        let length_s = summary.plan.warmup_s + summary.rates.window_s;
        self.shards.insert(shard.index, Part { summary: part, started_us, length_s, name: name.to_owned() });
        let account = *shard.account;
        self.recorder.merge(Recorder::restored(account.recorder));
        self.connections.merge(account.connections);
        self.window_ns = self.window_ns.max(account.window_ns);
        self.elapsed_ns = self.elapsed_ns.max(account.elapsed_ns);
        self.backlog.in_flight_peak += summary.queueing.in_flight_peak;
        self.backlog.in_flight_end += summary.queueing.in_flight_end;
        self.backlog.queued_end += summary.queueing.queued_end;
        self.client = self.client.busier_of(summary.client.unwrap_or_default());
        self.interrupted |= summary.interrupted;
        self.aborted = self.aborted.take().or(summary.aborted);
        self.threads += summary.plan.threads;
        self.is_cap_lowered |= summary.plan.is_cap_lowered;
        self.duration_s = self.duration_s.max(summary.plan.duration_s);
        if self.steps.is_empty() {
            self.steps = account.steps;
        }
        if self.endpoints.is_empty() {
            self.endpoints = account.endpoints;
        } else {
            let pairs = self.endpoints.iter_mut().zip(&account.endpoints);
            pairs.for_each(|(sum, part)| sum.planned += part.planned);
        }
        self.most_samples = self.most_samples.max(most_of_a_kind(&summary.samples));
        self.samples.extend(summary.samples);
        // Times are compared as text: all are in one form, in UTC.
        if summary.started_at < self.started_at {
            self.started_at = summary.started_at;
        }
        if self.idle.is_none() {
            self.idle = summary.queueing.idle;
        }
        Ok(())
    }

    fn finish(self, notes: Vec<String>, is_allowed_to_miss: bool) -> Result<Summary, MergeError> {
        let starts = || self.shards.values().map(|part| part.started_us);
        let first_us = starts().fold(f64::INFINITY, f64::min);
        let last_us = starts().fold(f64::NEG_INFINITY, f64::max);
        let missing: Vec<u64> = (0..self.count).filter(|index| !self.shards.contains_key(index)).collect();
        let shards = self
            .shards
            .into_values()
            .map(|part| ShardSummary { start_offset_ms: (part.started_us - first_us) / 1e3, ..part.summary });
        let merged = MergedShards {
            count: self.count,
            missing,
            is_allowed_to_miss,
            start_spread_ms: (last_us - first_us) / 1e3,
            notes,
            shards: shards.collect(),
        };
        let mut series = self.series.finish();
        series.retain(|row| row.t_s * 1e9 < self.window_ns as f64);
        let slos = self.slos.iter().filter_map(|text| text.parse::<Slo>().ok()).collect::<Vec<_>>();
        let facts = RunFacts {
            plan: PlanFacts {
                threads: self.threads,
                is_cap_lowered: self.is_cap_lowered,
                duration_s: self.duration_s,
                ..self.told
            },
            started_at: self.started_at,
            interrupted: self.interrupted,
            aborted: self.aborted,
            window_ns: self.window_ns,
            elapsed_ns: self.elapsed_ns,
            idle: self.idle,
            backlog: self.backlog,
            client: self.client,
            connections: self.connections,
            endpoints: self.endpoints,
            steps: self.steps,
            series,
        };
        let total = self.recorder.total();
        let samples = sorted_samples(self.samples, self.most_samples);
        let summary = Summary::unjudged(facts, &self.recorder, &Redacted)?;
        let summary = Summary { samples, merged: Some(merged), ..summary };
        Ok(judge(summary, &slos, &total))
    }
}

/// What was redacted when the shard's result was made.
struct Redacted;

impl Redact for Redacted {
    fn header(&self, _sent: Sent<'_>, _name: &str, value: &[u8]) -> String {
        String::from_utf8_lossy(value).into_owned()
    }

    fn body(&self, _sent: Sent<'_>, bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).into_owned()
    }
}

fn slos_of(summary: &Summary) -> Vec<String> {
    summary.slos.iter().map(|slo| slo.slo.clone()).collect()
}

/// When a shard started, by the clock of shard 0 as far as the two were compared.
fn started_us(shard: &ShardRecord) -> f64 {
    shard.started_at_us as f64 + shard.clock_offset_us.unwrap_or(0.0)
}

/// The slowest of all shards first, then the failures kind by kind in the order of the schedule; `limit` of each kind.
fn sorted_samples(mut samples: Vec<SampleRecord>, limit: usize) -> Vec<SampleRecord> {
    let is_slow = |sample: &SampleRecord| sample.kind == SLOW;
    samples.sort_by(|a, b| {
        let kinds = (!is_slow(a), &a.kind).cmp(&(!is_slow(b), &b.kind));
        let slower = if is_slow(a) { b.response_ms.total_cmp(&a.response_ms) } else { Ordering::Equal };
        kinds.then(slower).then(a.index.cmp(&b.index))
    });
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    samples.retain(|sample| {
        let count = counts.entry(sample.kind.clone()).or_default();
        *count += 1;
        *count <= limit
    });
    samples
}

/// How many samples of a kind a shard kept at most.
fn most_of_a_kind(samples: &[SampleRecord]) -> usize {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    samples.iter().for_each(|sample| *counts.entry(sample.kind.as_str()).or_default() += 1);
    counts.into_values().max().unwrap_or(0)
}

#[cfg(test)]
mod tests;
