//! Distributions as the result keeps them, so that saved results stay mergeable.

use serde::{Deserialize, Serialize};

use crate::measure::{Account, Distribution, EncodingError, HIGHEST_NS, encode_histogram, encode_sizes};

/// The distributions: HdrHistogram V2 with DEFLATE in base64, values in nanoseconds where nothing else is said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Histograms {
    /// Response times of all arrivals due; those without a good answer stand at the highest value, one hour.
    pub response: String,
    /// Response times of good answers.
    pub response_ok: String,
    /// Service times of good answers, from the actual send.
    pub service: String,
    /// Send lags of sent arrivals.
    pub send_lag: String,
    /// Slot waits of sent arrivals.
    pub slot_wait: String,
    /// Waits for a new connection.
    pub connect: String,
    /// Times to the head of good answers, from the actual send.
    pub first_byte: String,
    /// From the kernel's receive stamp of the last byte to our reading of it, over good answers that have a stamp; in no
    /// other figure. Empty in results of earlier versions.
    #[serde(default)]
    pub receive_lag: String,
    /// Body bytes of good answers as they came; values in bytes. Empty where there was none, and in results of earlier versions.
    #[serde(default)]
    pub wire_size: String,
    /// Of those that were decompressed to be checked, what came out; values in bytes.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub decoded_size: String,
}

/// The distributions of one endpoint, in the same form.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct EndpointHistograms {
    /// Response times of all arrivals due; those without a good answer stand at the highest value, one hour.
    pub response: String,
    /// Response times of good answers.
    pub response_ok: String,
    /// Service times of good answers, from the actual send.
    pub service: String,
}

impl Histograms {
    /// The distributions of an account whose ledger holds what was planned.
    pub(super) fn new(account: &Account) -> Result<Self, EncodingError> {
        let EndpointHistograms { response, response_ok, service } = EndpointHistograms::new(account)?;
        Ok(Self {
            response,
            response_ok,
            service,
            send_lag: text(&account.send_lag)?,
            slot_wait: text(&account.slot_wait)?,
            connect: text(&account.connect)?,
            first_byte: text(&account.first_byte)?,
            receive_lag: text(&account.receive_lag)?,
            wire_size: encode_sizes(&account.sizes)?,
            decoded_size: encode_sizes(&account.decoded_sizes)?,
        })
    }
}

impl EndpointHistograms {
    /// The distributions of an account whose ledger holds what was planned.
    pub(super) fn new(account: &Account) -> Result<Self, EncodingError> {
        let mut response = account.response_ok.histogram().clone();
        response
            .record_n(HIGHEST_NS, account.ledger.bad())
            .map_err(|error| EncodingError::Format(error.to_string()))?;
        Ok(Self {
            response: encode_histogram(&response)?,
            response_ok: text(&account.response_ok)?,
            service: text(&account.service)?,
        })
    }
}

fn text(times: &Distribution) -> Result<String, EncodingError> {
    encode_histogram(times.histogram())
}
