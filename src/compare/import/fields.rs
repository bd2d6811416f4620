//! Figures of a JSON document: missing is `None`, nonsense is an error.

use serde_json::Value;

use super::Problem;
use crate::result::{Figure, Times};

/// One object of a tool's document.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a> {
    tool: &'static str,
    object: &'a Value,
}

impl<'a> Fields<'a> {
    pub(super) fn new(tool: &'static str, object: &'a Value) -> Self {
        Self { tool, object }
    }

    /// The object in a field; one without fields where it is missing.
    pub(super) fn object(&self, field: &str) -> Self {
        Self { tool: self.tool, object: self.object.get(field).unwrap_or(&Value::Null) }
    }

    /// A number, 0 or more.
    pub(super) fn number(&self, field: &str) -> Result<Option<f64>, Problem> {
        let value = match self.object.get(field) {
            None | Some(Value::Null) => return Ok(None),
            Some(value) => value,
        };
        let number = value.as_f64().filter(|number| number.is_finite() && *number >= 0.0);
        number.map(Some).ok_or_else(|| self.nonsense(field, value, "a number of 0 or more"))
    }

    /// A number that stands in every version.
    pub(super) fn required(&self, field: &str) -> Result<f64, Problem> {
        self.number(field)?.ok_or_else(|| Problem::missing(self.tool, field))
    }

    /// A number times a factor: from the tool's larger unit to ours.
    pub(super) fn scaled(&self, field: &str, factor: f64) -> Result<Option<f64>, Problem> {
        Ok(self.number(field)?.map(|number| number * factor))
    }

    /// A number of which so many make one of ours. (A factor of 0.000,001 would not be exact.)
    pub(super) fn divided(&self, field: &str, by: f64) -> Result<Option<f64>, Problem> {
        Ok(self.number(field)?.map(|number| number / by))
    }

    /// A whole number.
    pub(super) fn count(&self, field: &str) -> Result<Option<u64>, Problem> {
        let whole = |number: f64| {
            let whole = number.fract() == 0.0 && number <= 2_f64.powi(53);
            whole
                .then_some(number as u64)
                .ok_or_else(|| Problem::value(self.tool, field, &number.to_string(), "a whole number"))
        };
        self.number(field)?.map(whole).transpose()
    }

    /// A share, 0 to 1.
    pub(super) fn share(&self, field: &str) -> Result<Option<f64>, Problem> {
        let share = self.number(field)?;
        match share.filter(|share| *share > 1.0) {
            Some(more) => Err(Problem::value(self.tool, field, &more.to_string(), "a share between 0 and 1")),
            None => Ok(share),
        }
    }

    pub(super) fn text(&self, field: &str) -> Option<&'a str> {
        self.object.get(field).and_then(Value::as_str)
    }

    /// The latencies among the fields: those whose names the vocabulary knows (`avg`, `p(99)`, `p99.9`).
    pub(super) fn latencies(&self, times: &mut Times, to_ms: fn(f64) -> f64) -> Result<(), Problem> {
        for (name, _) in self.entries() {
            if let Ok(figure) = name.parse::<Figure>() {
                times.set(figure, self.number(name)?.map(to_ms));
            }
        }
        Ok(())
    }

    /// The fields of the object with their values, where it is one.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&'a String, &'a Value)> {
        self.object.as_object().into_iter().flatten()
    }

    /// Counts by HTTP status: all of them, the errors (below 200, from 400 on), and those without a status (0 or less).
    pub(super) fn statuses(&self) -> Result<Statuses, Problem> {
        let mut statuses = Statuses::default();
        for (status, value) in self.entries() {
            let code: i64 =
                status.parse().map_err(|_| Problem::value(self.tool, "status", status, "an HTTP status"))?;
            let count = value
                .as_u64()
                .ok_or_else(|| self.nonsense(&format!("count of status {status}"), value, "a count"))?;
            statuses.add(code, count);
        }
        Ok(statuses)
    }

    fn nonsense(&self, field: &str, value: &Value, expected: &'static str) -> Problem {
        Problem::value(self.tool, field, &value.to_string(), expected)
    }
}

/// Answers by what their status says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Statuses {
    /// 200 to 399.
    pub good: u64,
    /// Any other status.
    pub errors: u64,
    /// No status: no answer.
    pub none: u64,
}

impl Statuses {
    pub(super) fn add(&mut self, status: i64, count: u64) {
        let column = match status {
            200..=399 => &mut self.good,
            i64::MIN..=0 => &mut self.none,
            _ => &mut self.errors,
        };
        *column = column.saturating_add(count);
    }

    /// Complete answers.
    pub(super) fn answered(&self) -> u64 {
        self.good.saturating_add(self.errors)
    }

    /// All of them.
    pub(super) fn all(&self) -> u64 {
        self.answered().saturating_add(self.none)
    }
}

/// A part of a whole; `None` of nothing.
pub(super) fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// A count per second; `None` of no time.
pub(super) fn per_s(count: u64, seconds: Option<f64>) -> Option<f64> {
    seconds.filter(|seconds| *seconds > 0.0).map(|seconds| count as f64 / seconds)
}
