//! What figures are counted in, and how people write that.

use serde::{Deserialize, Serialize};

/// What a figure is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Milliseconds.
    Ms,
    /// Per second.
    PerS,
    /// A share of 1.
    Share,
}

impl Unit {
    /// A number of `suffix` in this unit: `us`, `ms`, `s`, `m` or `min` in milliseconds, `%` as a share of 1, `/s` per
    /// second; without a suffix it is in this unit already. `None`: it cannot be counted in that.
    pub(crate) fn convert(self, number: f64, suffix: &str) -> Option<f64> {
        match (self, suffix) {
            (_, "") | (Self::Ms, "ms") | (Self::PerS, "/s") => Some(number),
            (Self::Ms, "us") => Some(number / 1e3),
            (Self::Ms, "s") => Some(number * 1e3),
            (Self::Ms, "m" | "min") => Some(number * 60e3),
            (Self::Share, "%") => Some(number / 100.0),
            _ => None,
        }
    }
}

/// A number of 0 or more with digits and a point only, and the unit behind it: `250ms` is 250 and `ms`.
pub(crate) fn quantity(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let number_ends = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(number_ends);
    number.parse().ok().map(|number| (number, unit.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_is_a_number_and_what_it_counts() {
        for (text, unit, expected) in [
            ("250", Unit::Ms, Some(250.0)),
            ("250ms", Unit::Ms, Some(250.0)),
            (" 0.25 s", Unit::Ms, Some(250.0)),
            ("900us", Unit::Ms, Some(0.9)),
            ("2min", Unit::Ms, Some(120_000.0)),
            ("1 %", Unit::Share, Some(0.01)),
            ("0.01", Unit::Share, Some(0.01)),
            ("300/s", Unit::PerS, Some(300.0)),
            ("1%", Unit::Ms, None),
            ("1ms", Unit::Share, None),
            ("1e3ms", Unit::Ms, None),
        ] {
            let (number, suffix) = quantity(text).unwrap();
            assert_eq!(unit.convert(number, suffix), expected, "{text}");
        }
        for text in ["", "ms", "-1ms", "1.2.3", "NaN", ".", "+1"] {
            assert_eq!(quantity(text), None, "{text}");
        }
    }
}
