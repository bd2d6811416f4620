//! Why there is no result.

use crate::measure::{EncodingError, Imbalance};

/// Why there is no summary.
#[derive(Debug, thiserror::Error)]
pub enum SummaryError {
    /// The ledger does not add up.
    #[error(transparent)]
    Imbalance(#[from] Imbalance),
    /// A histogram could not be written.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
}
