//! What happened: pure accounting, no clock and no network.
//!
//! Each arrival ends as one [`Sample`]. A [`Recorder`] (one for each worker, nothing shared) counts it in the
//! [`Account`] of its endpoint: in the [`Ledger`] and in one [`Distribution`] for each part of its time. Recorders merge
//! when the run is over, and the accounts of the endpoints add up to the total. [`Exemplars`] are the few arrivals that
//! are kept whole.
//! `Summary` is what the merged recorder amounts to, with its `Verdict`: the result document
//! `rpsbench.result/1`, and all that a reporter sees.

mod account;
mod censored;
mod connections;
mod counted_by;
mod distribution;
mod encoding;
mod exemplar;
mod exemplars;
mod interval;
mod ledger;
mod measured;
mod not_followed;
mod quantile;
mod recorder;
mod sample;
mod saved;
mod server_timing;
mod sizes;
mod walked;

#[cfg(test)]
mod test_samples;

pub(crate) use account::Account;
pub(crate) use censored::{Censored, Unanswered};
pub use connections::{ConnectionLog, Protocol};
pub(crate) use connections::{Opened, TlsFacts, TlsOpened};
pub(crate) use counted_by::CountedBy;
pub use distribution::Distribution;
pub(crate) use distribution::{HIGHEST_NS, LOWEST_NS, full_range};
pub use encoding::encode_histogram;
pub(crate) use encoding::{EncodingError, decode_histogram, decode_interval, encode_interval, encode_sizes};
pub use exemplar::Withhold;
pub(crate) use exemplar::{Detail, MAX_KEPT_BYTES, Redact, Sent};
pub(crate) use exemplars::{Exemplar, Exemplars};
pub(crate) use interval::Interval;
pub use interval::IntervalLog;
pub(crate) use ledger::{Imbalance, Ledger};
pub(crate) use measured::Measured;
pub(crate) use not_followed::NotFollowed;
pub(crate) use quantile::Quantile;
pub use recorder::{Accounting, Recorder};
pub(crate) use sample::HttpFault;
pub use sample::{ErrorKind, Outcome, Sample, Timeline};
pub(crate) use saved::SavedRecorder;
pub(crate) use server_timing::ServerTimings;
pub(crate) use sizes::Sizes;
pub(crate) use walked::{Redirects, Walked};

/// Nanoseconds as milliseconds, for results; exact to the nanosecond.
pub(crate) fn millis(nanos: u64) -> f64 {
    nanos as f64 / 1e6
}
