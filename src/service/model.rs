//! What the service is: its parameters, checked once.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// More workers than this is a slip of the keyboard, and each costs memory while it is busy.
const MAX_WORKERS: u32 = 1_000_000;

/// A longer mean service time cannot be told from a service that hangs.
const MAX_SERVICE_TIME_NS: u64 = 3_600_000_000_000;

/// At sigma 5 the mean is 268,000 times the median already: beyond it a run sees nothing but the outliers it
/// happened to draw.
const MAX_SIGMA: f64 = 5.0;

/// The parameters of the built-in service: a first-in, first-out queue in front of `workers` equal workers, with
/// independent log-normal service times (G/G/c in Kendall's notation).
///
/// The default is the service of the study that rpsbench starts from: 22 workers of 74 ms give a capacity of
/// 297 requests per second.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServiceModel {
    /// Requests that are worked on at the same time.
    pub workers: u32,
    /// Mean service time, in nanoseconds. Zero answers at once: the workers then limit nothing.
    pub service_time_ns: u64,
    /// Standard deviation of the logarithm of the service time; 0 makes every service time the mean.
    pub sigma: f64,
    /// Seed of the service times: the same seed and the same arrivals give the same departures.
    pub seed: u64,
    /// How many requests may wait for a worker; the next one is answered with 503. `None`: any number.
    pub queue_max: Option<u64>,
    /// One standstill of the whole service.
    pub freeze: Option<Freeze>,
}

/// One standstill of the whole service, as a garbage collection or a failover causes it: nothing starts, nothing
/// proceeds and nothing leaves until it is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Freeze {
    /// When it begins, in nanoseconds after the first request.
    pub at_ns: u64,
    /// How long it lasts, in nanoseconds.
    pub for_ns: u64,
}

/// Why a [`ServiceModel`] cannot be run.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ModelError {
    /// Nobody to do the work.
    #[error("a service without workers answers nothing; give it at least 1 worker")]
    NoWorkers,
    /// Above the highest number of workers.
    #[error("{0} workers are too many; the most is {MAX_WORKERS} (for no limit, set the service time to 0)")]
    TooManyWorkers(u32),
    /// Above the longest mean service time.
    #[error("a mean service time of {} s is too long; the longest is one hour", .0 / 1_000_000_000)]
    ServiceTimeTooLong(u64),
    /// Negative, too wide or not a number.
    #[error("sigma {0} is out of range; choose 0 (constant service time) to {MAX_SIGMA}; 0.62 is typical")]
    Sigma(f64),
    /// It has no length.
    #[error("a freeze of 0 s changes nothing; give it a length, or leave it out")]
    EmptyFreeze,
}

impl Default for ServiceModel {
    fn default() -> Self {
        Self { workers: 22, service_time_ns: 74_000_000, sigma: 0.62, seed: 1, queue_max: None, freeze: None }
    }
}

impl ServiceModel {
    /// A service that answers at once: what is left of a measured latency is the path and the client.
    pub fn immediate() -> Self {
        Self { service_time_ns: 0, ..Self::default() }
    }

    /// A service that takes `delay_ns` for every request and is not saturated below a million at a time: every
    /// service time is known beforehand.
    pub fn fixed_delay(delay_ns: u64) -> Self {
        Self { workers: MAX_WORKERS, service_time_ns: delay_ns, sigma: 0.0, ..Self::default() }
    }

    /// Requests per second that the workers can keep up with: workers / mean service time. `None` when the
    /// service answers at once, and so has no capacity of its own.
    pub fn capacity_per_s(&self) -> Option<f64> {
        (self.service_time_ns > 0).then(|| f64::from(self.workers) * 1e9 / self.service_time_ns as f64)
    }

    /// Checks every parameter.
    ///
    /// # Errors
    /// The first parameter that is out of range.
    pub fn validate(&self) -> Result<(), ModelError> {
        match self {
            Self { workers: 0, .. } => Err(ModelError::NoWorkers),
            Self { workers, .. } if *workers > MAX_WORKERS => Err(ModelError::TooManyWorkers(*workers)),
            Self { service_time_ns, .. } if *service_time_ns > MAX_SERVICE_TIME_NS => {
                Err(ModelError::ServiceTimeTooLong(*service_time_ns))
            }
            // `contains` is false for NaN.
            Self { sigma, .. } if !(0.0..=MAX_SIGMA).contains(sigma) => Err(ModelError::Sigma(*sigma)),
            Self { freeze: Some(Freeze { for_ns: 0, .. }), .. } => Err(ModelError::EmptyFreeze),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for ServiceModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = |nanos: u64| Duration::from_nanos(nanos);
        match self.capacity_per_s() {
            None => write!(f, "answers at once")?,
            Some(capacity_per_s) => {
                let spread = if self.sigma > 0.0 { format!(", sigma {}", self.sigma) } else { String::new() };
                let mean = time(self.service_time_ns);
                write!(f, "{} workers of {mean:?}{spread}: capacity {capacity_per_s:.1}/s", self.workers)?;
            }
        }
        if let Some(most) = self.queue_max {
            write!(f, "; at most {most} waiting")?;
        }
        if let Some(freeze) = self.freeze {
            write!(f, "; frozen for {:?} after {:?}", time(freeze.for_ns), time(freeze.at_ns))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(change: impl FnOnce(&mut ServiceModel)) -> ModelError {
        let mut model = ServiceModel::default();
        change(&mut model);
        model.validate().unwrap_err()
    }

    #[test]
    fn the_default_is_the_service_of_the_study() {
        let capacity = ServiceModel::default().capacity_per_s().unwrap();
        assert!((capacity - 297.297).abs() < 0.001, "{capacity}");
        assert_eq!(ServiceModel::default().validate(), Ok(()));
    }

    #[test]
    fn a_service_that_answers_at_once_has_no_capacity_of_its_own() {
        assert_eq!(ServiceModel::immediate().capacity_per_s(), None);
        assert_eq!(ServiceModel::immediate().validate(), Ok(()));
        assert_eq!(ServiceModel::fixed_delay(1).validate(), Ok(()));
    }

    #[test]
    fn parameters_out_of_range_are_refused_by_name() {
        assert_eq!(refused(|m| m.workers = 0), ModelError::NoWorkers);
        assert_eq!(refused(|m| m.workers = 1_000_001), ModelError::TooManyWorkers(1_000_001));
        let hour = 3_600_000_000_001;
        assert_eq!(refused(|m| m.service_time_ns = hour), ModelError::ServiceTimeTooLong(hour));
        for sigma in [-0.1, 5.1, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(refused(|m| m.sigma = sigma), ModelError::Sigma(sigma));
        }
        assert!(matches!(refused(|m| m.sigma = f64::NAN), ModelError::Sigma(_)));
        let empty = Some(Freeze { at_ns: 1, for_ns: 0 });
        assert_eq!(refused(|m| m.freeze = empty), ModelError::EmptyFreeze);
    }

    #[test]
    fn errors_name_the_remedy() {
        let text = ModelError::TooManyWorkers(2_000_000).to_string();
        assert!(text.contains("2000000") && text.contains("the most is 1000000"), "{text}");
        assert!(ModelError::Sigma(f64::NAN).to_string().contains("sigma NaN"));
        assert!(ModelError::ServiceTimeTooLong(7_200_000_000_000).to_string().contains("7200 s"));
    }
}
