//! Times as recordings and access logs write them, in nanoseconds since 1970 or since the recording began.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// From this number of seconds on, it is milliseconds that are meant: the year 5138.
const MILLISECONDS_FROM: i64 = 100_000_000_000;

pub(super) const NS_PER_MS: i64 = 1_000_000;
pub(super) const NS_PER_S: i64 = 1_000_000_000;

/// A decimal number of a unit that has so many nanoseconds. It is read digit by digit: a double does not hold the nanoseconds of
/// this century. What is finer than a nanosecond is left out.
pub(super) fn decimal(text: &str, unit_ns: i64) -> Option<i64> {
    let text = text.trim();
    if text.contains(['e', 'E']) {
        // As some programs write what is small: 1e-05.
        let ns = text.parse::<f64>().ok()? * unit_ns as f64;
        return (ns.abs() < 9e18).then_some(ns.round() as i64);
    }
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(decimals) {
        return None;
    }
    let mut ns = whole.parse::<i64>().ok()?.checked_mul(unit_ns)?;
    let mut place_ns = unit_ns;
    for digit in decimals.bytes() {
        place_ns /= 10;
        ns = ns.checked_add(i64::from(digit - b'0') * place_ns)?;
    }
    Some(if is_negative { -ns } else { ns })
}

/// A time in whatever form: a number of seconds, or of milliseconds where it is larger than any date; RFC 3339, where no offset
/// means UTC; or as in access logs.
pub(super) fn moment(text: &str) -> Option<i64> {
    let text = text.trim().trim_start_matches('[').trim_end_matches(']');
    let whole = text.split('.').next()?.parse::<i64>();
    match whole {
        Ok(whole) if whole.abs() >= MILLISECONDS_FROM => decimal(text, NS_PER_MS),
        Ok(_) => decimal(text, NS_PER_S),
        Err(_) if text.contains('/') => of_access_log(text),
        Err(_) => of_rfc_3339(text).or_else(|| decimal(text, NS_PER_S)),
    }
}

fn of_rfc_3339(text: &str) -> Option<i64> {
    let timestamp = text
        .parse::<Timestamp>()
        .or_else(|_| text.parse::<DateTime>().and_then(|local| Offset::UTC.to_timestamp(local)))
        .ok()?;
    i64::try_from(timestamp.as_nanosecond()).ok()
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `10/Oct/2000:13:55:36 -0700`, perhaps with a fraction behind the seconds.
pub(super) fn of_access_log(text: &str) -> Option<i64> {
    let (local, offset) = text.trim().split_once(' ')?;
    let mut parts = local.splitn(3, '/');
    let (day, month, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let month = MONTHS.iter().position(|name| name.eq_ignore_ascii_case(month))? as i8 + 1;
    let mut parts = rest.splitn(4, ':');
    let (year, hour, minute, second) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let second_ns = decimal(second, NS_PER_S).filter(|ns| (0..61 * NS_PER_S).contains(ns))?;
    // A leap second is the end of the one before it, as RFC 3339 readers have it.
    let second_ns = second_ns.min(60 * NS_PER_S - 1);
    let local = DateTime::new(
        number(year)?,
        month,
        number(day)?,
        number(hour)?,
        number(minute)?,
        (second_ns / NS_PER_S) as i8,
        (second_ns % NS_PER_S) as i32,
    )
    .ok()?;
    let (sign, digits) = match offset.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = digits.split_at_checked(2)?;
    let offset_s = sign * (number::<i32>(hours)? * 3_600 + number::<i32>(minutes)? * 60);
    let timestamp = Offset::from_seconds(offset_s).ok()?.to_timestamp(local).ok()?;
    i64::try_from(timestamp.as_nanosecond()).ok()
}

/// A number of digits alone.
fn number<N: std::str::FromStr>(digits: &str) -> Option<N> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn decimals_keep_their_nanoseconds() {
        assert_eq!(decimal("1700000000.123456789", NS_PER_S), Some(1_700_000_000_123_456_789));
        assert_eq!(decimal("0.0000000019", NS_PER_S), Some(1), "finer than a nanosecond");
        assert_eq!(decimal("12.5", NS_PER_MS), Some(12_500_000));
        assert_eq!(
            (decimal("-1.5", NS_PER_S), decimal("1e-05", NS_PER_S)),
            (Some(-1_500_000_000), Some(10_000))
        );
        for text in ["", ".", "-", "1.x", "x", "1 2", "+1", "1e400", "99999999999999999999", "9999999999.0"] {
            assert_eq!(decimal(text, NS_PER_S), None, "{text}");
        }
    }

    #[test]
    fn a_moment_is_read_in_any_of_its_forms() {
        let at = 971_211_336 * NS_PER_S;
        for text in [
            "971211336",
            "971211336.000",
            "971211336000",
            "2000-10-10T20:55:36Z",
            "2000-10-10T13:55:36-07:00",
            "2000-10-10 20:55:36",
            "10/Oct/2000:13:55:36 -0700",
            "[10/oct/2000:20:55:36 +0000]",
        ] {
            assert_eq!(moment(text), Some(at), "{text}");
        }
        assert_eq!(moment("10/Oct/2000:13:55:36.25 -0700"), Some(at + NS_PER_S / 4));
        assert_eq!(moment("31/Dec/2016:23:59:60 +0000"), Some(1_483_228_800 * NS_PER_S - 1));
        for text in [
            "",
            "noon",
            "10/Oct/2000:13:55:36",
            "10/Okt/2000:13:55:36 -0700",
            "32/Oct/2000:13:55:36 -0700",
            "2000-13-01",
        ] {
            assert_eq!(moment(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[0-9/:.+ TZ\\-A-Za-zé]{0,32}") {
            let _ = (moment(&text), of_access_log(&text), decimal(&text, NS_PER_MS));
        }

        #[test]
        fn a_time_is_what_was_written(ns in 0_i64..4_000_000_000_000_000_000) {
            let text = format!("{}.{:09}", ns / NS_PER_S, ns % NS_PER_S);
            prop_assert_eq!(decimal(&text, NS_PER_S), Some(ns));
            prop_assert_eq!(moment(&text), Some(ns));
            let stamp = Timestamp::from_nanosecond(ns.into()).unwrap();
            prop_assert_eq!(moment(&stamp.to_string()), Some(ns));
            let log = stamp.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string();
            prop_assert_eq!(of_access_log(&log), Some(ns / NS_PER_S * NS_PER_S));
        }
    }
}
