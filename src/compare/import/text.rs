//! Figures of a printed report.

use super::Problem;

/// A number, 0 or more, with digits and a point only.
pub(super) fn number(text: &str) -> Option<f64> {
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    plain.then(|| text.parse().ok()).flatten()
}

/// A time with its unit, in milliseconds: `10.09ms`, `848.00us`, `293.959µs`, `1.2s`, `1m30.5s`, `12 secs`. A number alone is
/// none: nobody knows its unit.
pub(super) fn millis(text: &str) -> Option<f64> {
    let mut rest = text.trim();
    let mut sum = None;
    while !rest.is_empty() {
        let unit_at = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let value = number(&rest[..unit_at])?;
        let behind = rest[unit_at..].trim_start();
        let unit_ends = behind.find(|c: char| c.is_ascii_digit()).unwrap_or(behind.len());
        let factor = match behind[..unit_ends].trim() {
            "ns" => 1e-6,
            // The two signs for micro that tools print.
            "us" | "\u{b5}s" | "\u{3bc}s" => 1e-3,
            "ms" => 1.0,
            "s" | "sec" | "secs" => 1e3,
            "m" => 60e3,
            "h" => 3_600e3,
            _ => return None,
        };
        sum = Some(sum.unwrap_or(0.0) + value * factor);
        rest = &behind[unit_ends..];
    }
    sum.filter(|millis: &f64| millis.is_finite())
}

/// The figures of one tool's printed report.
#[derive(Clone, Copy)]
pub(super) struct Report<'a> {
    pub tool: &'static str,
    pub text: &'a str,
}

impl<'a> Report<'a> {
    /// What stands behind the first line's beginning with these words, blanks at its start aside.
    pub(super) fn behind(&self, words: &str) -> Option<&'a str> {
        self.text.lines().find_map(|line| line.trim_start().strip_prefix(words)).map(str::trim)
    }

    /// The same for a line that is in every version.
    pub(super) fn required(&self, words: &str) -> Result<&'a str, Problem> {
        self.behind(words).ok_or_else(|| Problem::missing(self.tool, &format!("line `{words}`")))
    }

    /// A number, 0 or more.
    pub(super) fn number(&self, what: &str, text: &str) -> Result<f64, Problem> {
        number(text).ok_or_else(|| Problem::value(self.tool, what, text, "a number of 0 or more"))
    }

    /// A whole number.
    pub(super) fn count(&self, what: &str, text: &str) -> Result<u64, Problem> {
        text.parse().map_err(|_| Problem::value(self.tool, what, text, "a whole number"))
    }

    /// A time with its unit, in milliseconds.
    pub(super) fn millis(&self, what: &str, text: &str) -> Result<f64, Problem> {
        millis(text).ok_or_else(|| Problem::value(self.tool, what, text, "a time with its unit (us, ms, s)"))
    }

    /// The word at a place of a line.
    pub(super) fn word(&self, what: &str, line: &'a str, place: usize) -> Result<&'a str, Problem> {
        line.split_whitespace().nth(place).ok_or_else(|| Problem::missing(self.tool, what))
    }

    /// The counts of a line such as `requests: 1200 total, 1200 done`: that of the word `name`.
    pub(super) fn counted(&self, line: &'a str, name: &str) -> Result<Option<u64>, Problem> {
        let part = line.split(',').map(str::trim).find_map(|part| part.strip_suffix(name));
        part.map(|count| self.count(name, count.trim())).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_their_unit_only() {
        for (text, ms) in [
            ("10.09ms", 10.09),
            ("848.00us", 0.848),
            ("293.959\u{b5}s", 0.293_959),
            ("1.036s", 1_036.0),
            ("1m0s", 60_000.0),
            ("1m30.5s", 90_500.0),
            ("0.0275 secs", 27.5),
            ("15ns", 0.000_015),
            ("1h", 3_600_000.0),
        ] {
            let got = millis(text).unwrap();
            assert!((got - ms).abs() < 1e-9, "{text}: {got}");
        }
        for text in ["", "10.09", "ms", "-1ms", "1.2.3ms", "10parsec", "NaNms", "1e3ms", "1ms2", "\u{b5}s"] {
            assert_eq!(millis(text), None, "{text}");
        }
    }
}
