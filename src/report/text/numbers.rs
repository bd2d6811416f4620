//! Figures as people read them: three significant digits or so, always with a unit or a column that names it.

use crate::measure::Measured;

/// Stands where a percentile falls among arrivals without a good answer.
pub(crate) const FAILED: &str = "failed";

/// Milliseconds, for a column that names the unit: 0.042, 1.23, 74.1, 1239.
pub(crate) fn ms(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        v if v < 0.9995 => format!("{value:.3}"),
        v if v < 9.995 => format!("{value:.2}"),
        v if v < 99.95 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

/// A figure in a cell: `-` where it is unknown, `>` in front of what it is at least.
pub(crate) fn figure(value: Measured, format: impl FnOnce(f64) -> String) -> String {
    value.written(format).unwrap_or_else(dash)
}

/// The same in milliseconds, for a column that names the unit.
pub(crate) fn time(value: Measured) -> String {
    figure(value, ms)
}

/// A percentile or a maximum in milliseconds: `failed` where it falls among arrivals without a good answer, which have no
/// time.
pub(crate) fn percentile(value: Measured) -> String {
    if value.is_bound() { FAILED.to_owned() } else { time(value) }
}

/// The same for what is never a bound.
pub(crate) fn or_dash(value: Option<f64>, format: impl FnOnce(f64) -> String) -> String {
    figure(value.into(), format)
}

fn dash() -> String {
    "-".to_owned()
}

/// A count with its thousands apart: 18,000.
pub(crate) fn count(value: u64) -> String {
    group(&value.to_string())
}

/// A rate that was asked for, as exactly as it was asked for: 0.5/s, 300/s, 16,666.7/s.
pub(crate) fn asked_rate(value: f64) -> String {
    format!("{}/s", trimmed(value, 4))
}

/// A rate that was measured: 0.50/s, 299.7/s, 16,667/s.
pub(crate) fn rate(value: f64) -> String {
    let decimals = match value.abs() {
        v if v < 9.995 => 2,
        v if v < 9999.5 => 1,
        _ => 0,
    };
    format!("{}/s", group(&format!("{value:.decimals$}")))
}

/// A figure whose unit stands beside it, to four significant digits and no zeros behind the point.
pub(crate) fn plain(value: f64) -> String {
    let decimals = match value.abs() {
        v if v < 9.9995 => 3,
        v if v < 99.995 => 2,
        v if v < 999.95 => 1,
        _ => 0,
    };
    trimmed(value, decimals)
}

/// A share of 1 in percent. One that is not nothing never reads as nothing, nor one that is not all as all.
pub(crate) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    match percent.abs() {
        0.0 => "0 %".to_owned(),
        p if p < 0.005 => "<0.01 %".to_owned(),
        p if p < 9.995 => format!("{percent:.2} %"),
        p if p < 99.0 => format!("{percent:.1} %"),
        p if p < 99.995 => format!("{percent:.2} %"),
        p if p < 100.0 => ">99.99 %".to_owned(),
        _ => format!("{percent:.0} %"),
    }
}

/// A part of a whole in percent.
pub(crate) fn percent_of(part: u64, whole: u64) -> String {
    if whole == 0 { dash() } else { percent(part as f64 / whole as f64) }
}

/// A length of time that was asked for: 60 s, 0.25 s.
pub(crate) fn seconds(value: f64) -> String {
    format!("{} s", trimmed(value, 3))
}

/// How many times as much: x1.0, x3.4, x120.
pub(crate) fn factor(value: f64) -> String {
    if value < 9.95 { format!("x{value:.1}") } else { format!("x{value:.0}") }
}

/// A size in decimal units: 512 B, 1.5 MB.
pub(crate) fn bytes(value: u64) -> String {
    let (mut scaled, mut unit) = (value as f64, "B");
    for larger in ["kB", "MB", "GB", "TB"] {
        if scaled < 999.5 {
            break;
        }
        (scaled, unit) = (scaled / 1_000.0, larger);
    }
    let number = if unit == "B" || scaled >= 99.95 { format!("{scaled:.0}") } else { format!("{scaled:.1}") };
    format!("{number} {unit}")
}

/// One or many: "1 thread", "2 threads".
pub(crate) fn counted(value: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(value), if value == 1 { "" } else { "s" })
}

/// At most this many decimals, without zeros at the end, thousands apart.
fn trimmed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    group(text)
}

/// Commas between the thousands of the whole part.
fn group(number: &str) -> String {
    let whole_end = number.find('.').unwrap_or(number.len());
    let (whole, fraction) = number.split_at(whole_end);
    let mut text = String::with_capacity(number.len() + number.len() / 3);
    for (i, digit) in whole.char_indices() {
        let after_digit = text.ends_with(|c: char| c.is_ascii_digit());
        if after_digit && (whole.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text.push_str(fraction);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_have_about_three_significant_digits() {
        for (value, text) in [
            (0.0, "0"),
            (0.042, "0.042"),
            (0.99951, "1.00"),
            (1.234, "1.23"),
            (9.996, "10.0"),
            (74.07, "74.1"),
            (99.96, "100"),
            (1239.4, "1239"),
        ] {
            assert_eq!(ms(value), text);
        }
    }

    #[test]
    fn counts_rates_and_sizes_are_readable() {
        assert_eq!(
            [count(0), count(999), count(18_000), count(1_234_567)],
            ["0", "999", "18,000", "1,234,567"]
        );
        assert_eq!(
            [asked_rate(0.5), asked_rate(300.0), asked_rate(16_666.7)],
            ["0.5/s", "300/s", "16,666.7/s"]
        );
        assert_eq!(
            [rate(0.5), rate(299.66), rate(1_000.0), rate(16_666.7)],
            ["0.50/s", "299.7/s", "1,000.0/s", "16,667/s"]
        );
        assert_eq!([bytes(512), bytes(1_536_000), bytes(999_999)], ["512 B", "1.5 MB", "1.0 MB"]);
        assert_eq!(
            [seconds(60.0), seconds(0.25), factor(3.42), factor(120.3)],
            ["60 s", "0.25 s", "x3.4", "x120"]
        );
        assert_eq!([counted(1, "thread"), counted(2, "thread")], ["1 thread", "2 threads"]);
        assert_eq!(asked_rate(-1234.5), "-1,234.5/s");
    }

    #[test]
    fn a_figure_says_whether_it_was_measured() {
        let figures = [Measured::Exact(1.234), Measured::AtLeast(2_000.0), Measured::Unknown];
        assert_eq!(figures.map(time), ["1.23", ">2000", "-"]);
        assert_eq!([figure(figures[1], factor), or_dash(None, percent)], [">x2000", "-"]);
    }

    #[test]
    fn a_small_share_is_not_zero() {
        assert_eq!(
            [percent(0.0), percent(1e-6), percent(0.0123), percent(0.5)],
            ["0 %", "<0.01 %", "1.23 %", "50.0 %"]
        );
        assert_eq!([percent(0.9996), percent(0.999_999), percent(1.0)], ["99.96 %", ">99.99 %", "100 %"]);
        assert_eq!(percent_of(1, 0), "-");
    }
}
