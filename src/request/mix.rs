//! Which endpoint an arrival goes to.
//!
//! STAND-IN, to be replaced by the smooth weighted round robin when the branches are merged: plain rotation over the
//! endpoints, whatever their weights, behind the interface that the real one has.

use std::ops::Range;

/// The choice of an endpoint by an arrival's place in the sequence.
#[derive(Debug, Clone)]
pub struct Mix {
    endpoints: u64,
}

/// Why weights make no mix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MixError {
    /// Every weight is 0.
    #[error("every endpoint has weight 0; give at least one a weight of 1")]
    NoWeight,
}

impl Mix {
    /// A mix of endpoints with these weights.
    ///
    /// # Errors
    /// [`MixError`] where no weight is above 0.
    pub fn new(weights: &[u32]) -> Result<Self, MixError> {
        if weights.iter().all(|&weight| weight == 0) {
            return Err(MixError::NoWeight);
        }
        Ok(Self { endpoints: weights.len() as u64 })
    }

    /// The endpoint of the arrival at `sequence`.
    pub fn endpoint(&self, sequence: u64) -> u32 {
        (sequence % self.endpoints) as u32
    }

    /// How many arrivals of a part of the sequence go to each endpoint.
    pub fn planned(&self, range: Range<u64>) -> Vec<u64> {
        let until = |end: u64, place: u64| end / self.endpoints + u64::from(end % self.endpoints > place);
        let planned = |place| until(range.end.max(range.start), place) - until(range.start, place);
        (0..self.endpoints).map(planned).collect()
    }
}
