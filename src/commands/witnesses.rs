//! Those who see a measurement while it goes on, and are neither the user nor the report: a stream of seconds, a log of requests,
//! metrics, and the file of what there is so far. None of them is waited for.

use std::rc::Rc;

use super::console;
use super::metrics::Metrics;
use super::partial::Partial;
use super::request_log::RequestLog;
use super::start::Start;
use super::stream::Stream;
use crate::load::{Progress, RunLog};

/// All of them.
pub(super) struct Witnesses {
    /// Where a line is written each second.
    stream: Option<Stream>,
    /// Where a record of each request goes.
    log: Option<RequestLog>,
    /// Those who watch from outside.
    metrics: Option<Metrics>,
    /// Where what there is so far is kept.
    pub partial: Option<Rc<Partial>>,
    /// Measurements so far.
    measured: u64,
}

impl Witnesses {
    pub(super) fn new(stream: Option<Stream>, log: Option<RequestLog>, metrics: Option<Metrics>) -> Self {
        Self { stream, log, metrics, partial: None, measured: 0 }
    }

    /// Another measurement begins. Where its requests are logged.
    pub(super) fn begin(&mut self, start: Start, warmup_ns: u64) -> Option<RunLog> {
        self.measured += 1;
        let feed = self.log.as_ref().map(RequestLog::feed)?;
        Some(RunLog { feed, run: start.stamp(self.measured, warmup_ns) })
    }

    /// A second has passed.
    pub(super) fn second(&mut self, progress: &Progress) {
        if let Some(metrics) = &self.metrics {
            metrics.second(progress);
        }
        if let Some(stream) = &mut self.stream {
            stream.second(progress);
        }
    }

    /// There will be no other measurement. Says what was lost: quiet or not, as a file that is not whole must not be taken for one.
    /// Who leaves waits for nothing more.
    pub(super) fn close(&mut self, is_leaving: bool) {
        let (metrics, log) = (self.metrics.take(), self.log.take());
        let said = [
            self.stream.take().and_then(Stream::close),
            metrics.filter(|_| !is_leaving).and_then(Metrics::close),
            log.filter(|_| !is_leaving).and_then(RequestLog::close),
        ];
        said.into_iter().flatten().for_each(|said| console::tell(format_args!("warning: {said}")));
    }
}
