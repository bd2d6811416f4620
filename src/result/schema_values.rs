//! What the schemas say of single fields beyond their types. The documents name these functions, and know nothing of the schemas.

use serde_json::{Value, json};

use super::figure::Figure;
use crate::measure::ErrorKind;

/// The keys of a map by HTTP status.
pub(super) fn statuses() -> Value {
    json!({ "pattern": "^[1-9][0-9]{2}$" })
}

/// The names of the figures that results are compared by.
pub(super) fn compared() -> Value {
    json!(Figure::COMPARED)
}

/// The names of the percentiles that a baseline knee may compare.
pub(super) fn baselines() -> Value {
    json!([Figure::P99.to_string(), Figure::P50.to_string(), null])
}

/// What a plan has in an open loop, and what in a closed one.
pub(super) fn by_mode() -> Value {
    let open = json!({ "properties": { "mode": { "const": "open" } } });
    json!([{
        "if": open,
        "then": { "required": ["rate_per_s", "arrivals"] },
        "else": { "required": ["concurrency"] },
    }])
}

/// The kinds of samples, as a pattern.
pub(super) fn kinds_of_samples() -> String {
    let mut pattern = "^(slow|throttled|unexpected_body|http_[1-9][0-9]{2}".to_owned();
    for kind in ErrorKind::ALL {
        pattern += "|";
        pattern += json!(kind).as_str().unwrap();
    }
    pattern + ")$"
}
