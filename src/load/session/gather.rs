//! Merges what the workers of a run tell, while it runs and when it is over.

use std::collections::VecDeque;

use crate::load::worker::WorkerResult;
use crate::load::worker::progress::{Progress, Report};
use crate::measure::{ConnectionLog, Recorder};
use crate::plan::Plan;
use crate::result::{Backlog, ClientLoad, Series, SeriesRow};

/// A run that is over.
#[derive(Debug)]
pub(crate) struct Finished {
    /// The merged account.
    pub recorder: Recorder,
    /// The connections of all workers.
    pub connections: ConnectionLog,
    /// Requests outstanding, over all workers.
    pub backlog: Backlog,
    /// The run over time.
    pub series: Vec<SeriesRow>,
    /// Length of the measured window in nanoseconds.
    pub window_ns: u64,
    /// From the start of the measurement to the last answer, in nanoseconds; to the end of the window where none came.
    pub elapsed_ns: u64,
    /// How busy the busiest worker was.
    pub client: ClientLoad,
    /// Whether the run was interrupted.
    pub interrupted: bool,
}

/// What the workers have told so far.
pub(crate) struct Gathered {
    series: Series,
    /// Each worker's reports that are not yet part of a merged one.
    pending: Vec<VecDeque<Progress>>,
    /// What each worker had counted when it last told.
    so_far: Vec<Option<Box<Recorder>>>,
}

impl Gathered {
    pub(crate) fn new(plan: &Plan, workers: usize) -> Self {
        let series = Series::new(workers, plan.source.horizon_ns()).keeping_send_lags(plan.shard.is_some());
        Self { series, pending: vec![VecDeque::new(); workers], so_far: (0..workers).map(|_| None).collect() }
    }

    /// Takes in a report. Once every worker has reported a second, it is merged and returned.
    pub(crate) fn add(&mut self, report: Report) -> Option<Progress> {
        for interval in report.intervals {
            self.series.add(interval);
        }
        if let Some(so_far) = report.so_far
            && let Some(place) = self.so_far.get_mut(report.worker as usize)
        {
            *place = Some(so_far);
        }
        self.pending.get_mut(report.worker as usize)?.push_back(report.progress);
        if self.pending.iter().any(VecDeque::is_empty) {
            return None;
        }
        let mut merged = Progress::default();
        self.pending.iter_mut().filter_map(VecDeque::pop_front).for_each(|progress| merged.merge(&progress));
        Some(merged)
    }

    /// The run as far as all workers have told of it, as if it were cut off here; once for each time that they did. `measured_ns`:
    /// how long the measurement has gone on.
    pub(crate) fn take_so_far(&mut self, measured_ns: u64) -> Option<Finished> {
        if self.so_far.is_empty() || self.so_far.iter().any(Option::is_none) {
            return None;
        }
        let told: Vec<Box<Recorder>> = self.so_far.iter_mut().filter_map(Option::take).collect();
        let merged = told.into_iter().map(|recorder| *recorder).reduce(|mut merged, recorder| {
            merged.merge(recorder);
            merged
        });
        let mut recorder = merged?;
        recorder.end_window();
        let series = self.series.so_far();
        let backlog = series.last().map_or_else(Backlog::default, |last| Backlog {
            in_flight_peak: series.iter().map(|row| row.in_flight).max().unwrap_or(0),
            in_flight_end: last.in_flight,
            queued_end: last.queued,
        });
        Some(Finished {
            recorder,
            connections: ConnectionLog::default(),
            backlog,
            series,
            window_ns: measured_ns,
            elapsed_ns: measured_ns,
            client: ClientLoad::default(),
            interrupted: true,
        })
    }

    /// Merges the workers' accounts. `None` without workers.
    pub(crate) fn finish(mut self, results: Vec<WorkerResult>, measured_from_ns: u64) -> Option<Finished> {
        let mut merged: Option<Recorder> = None;
        let mut connections = ConnectionLog::default();
        let mut backlog = Backlog::default();
        let mut window_ns = 0;
        let mut elapsed_ns = 0;
        let mut interrupted = false;
        let mut client = ClientLoad::default();
        for mut result in results {
            for interval in result.recorder.intervals.close_all(0, 0) {
                self.series.add(interval);
            }
            connections.merge(result.connections);
            backlog.in_flight_peak += result.in_flight_peak;
            backlog.in_flight_end += result.in_flight_end;
            backlog.queued_end += result.queued_end;
            window_ns = window_ns.max(result.window_end_ns.saturating_sub(measured_from_ns));
            elapsed_ns = elapsed_ns.max(result.last_end_ns.saturating_sub(measured_from_ns));
            interrupted |= result.interrupted;
            client = client.busier_of(result.load.shares());
            match &mut merged {
                None => merged = Some(result.recorder),
                Some(merged) => merged.merge(result.recorder),
            }
        }
        let mut series = self.series.finish();
        // An interrupted run has no rows beyond its end.
        series.retain(|row| row.t_s * 1e9 < window_ns as f64);
        Some(Finished {
            recorder: merged?,
            connections,
            backlog,
            series,
            window_ns,
            elapsed_ns,
            client,
            interrupted,
        })
    }
}
