//! What takes the room that is left: the runs so far, and the distribution of response times.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::{Look, Page, faint, heading};
use crate::commands::live::model::{Model, Run};
use crate::measure::Distribution;
use crate::report::sweep;
use crate::report::text::numbers::{count, ms};

/// Fewest rows of a histogram that are worth their heading.
const LEAST: u16 = 3;

/// How many rows the table of runs gets, its head included, of so many that are left: all it needs, or what a small
/// histogram leaves.
pub(super) fn rows_of_table(model: &Model, left: u16) -> u16 {
    if model.rows.is_empty() {
        return 0;
    }
    let wanted = u16::try_from(model.rows.len()).unwrap_or(u16::MAX).saturating_add(1);
    // A histogram under a table has a blank line above it.
    let beside_histogram = left.saturating_sub(LEAST + 2);
    if beside_histogram >= wanted.min(4) { wanted.min(beside_histogram) } else { wanted.min(left) }
}

/// The runs that are over, the newest of them at the bottom.
pub(super) fn table(model: &Model, rows: u16, page: &mut Page<'_>) {
    if rows == 0 {
        return;
    }
    page.line(&Line::styled(sweep::short_header(), heading()));
    let first = model.rows.len().saturating_sub(usize::from(rows) - 1);
    model.rows.iter().skip(first).for_each(|row| page.line(&Line::raw(row.clone())));
    page.gap(LEAST + 1);
}

/// How long the good answers of the run took.
pub(super) fn histogram(run: &Run, look: Look, page: &mut Page<'_>) {
    if page.free.height < LEAST + 1 {
        return;
    }
    let buckets = buckets(&run.tally.times, usize::from(page.free.height) - 1);
    let Some(largest) = buckets.iter().map(|bucket| bucket.count).max() else { return };
    page.line(&Line::from(vec![
        Span::styled("response times", heading()),
        Span::styled(" of the good answers, whole run", faint()),
    ]));
    let room = usize::from(page.free.width).saturating_sub(34);
    for Bucket { from_ns, to_ns, count: number } in buckets {
        let length = (number as f64 / largest as f64 * room as f64).round() as usize;
        // A bucket that holds anything is seen to.
        let length = length.max(usize::from(number > 0 && room > 0));
        let edge = |nanos: u64| ms(nanos as f64 / 1e6);
        page.line(&Line::from(vec![
            Span::raw(format!("{:>7} - {:>6} ms {:>12}  ", edge(from_ns), edge(to_ns), count(number))),
            Span::styled(look.signs.bar.repeat(length), Style::new()),
        ]));
    }
}

/// A range of times and how many lie in it.
#[derive(Debug, PartialEq)]
struct Bucket {
    from_ns: u64,
    to_ns: u64,
    count: u64,
}

/// The range of all times in at most so many buckets, whose edges are 1, 2 and 5 times powers of ten, or some of them.
fn buckets(times: &Distribution, most: usize) -> Vec<Bucket> {
    let (Some(min_ns), Some(max_ns)) = (times.min_ns(), times.max_ns()) else { return Vec::new() };
    let steps = |from: u64| [from, 2 * from, 5 * from];
    let mut edges: Vec<u64> = (3..13).flat_map(|power| steps(10_u64.pow(power))).collect();
    edges.insert(0, 0);
    let first = edges.partition_point(|edge| *edge <= min_ns).saturating_sub(1);
    let last = edges.partition_point(|edge| *edge <= max_ns).min(edges.len() - 1);
    let mut edges = edges.get(first..=last).unwrap_or_default().to_vec();
    // Every second edge goes until they fit; the ends stay.
    while edges.len() > most.max(1) + 1 {
        let end = edges.len() - 1;
        let kept = edges.iter().enumerate().filter(|(i, _)| i.is_multiple_of(2) || *i == end);
        edges = kept.map(|(_, edge)| *edge).collect();
    }
    let bucket = |pair: &[u64]| Bucket {
        from_ns: pair[0],
        to_ns: pair[1],
        count: times.longer_than(pair[0].saturating_sub(1)) - times.longer_than(pair[1].saturating_sub(1)),
    };
    let mut buckets: Vec<Bucket> = edges.windows(2).map(bucket).collect();
    // The edges of the histogram's own buckets are not these: what lies astride the first one belongs to it.
    let counted: u64 = buckets.iter().map(|bucket| bucket.count).sum();
    if let Some(first) = buckets.first_mut() {
        first.count += times.count() - counted;
    }
    buckets
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(millis: &[u64]) -> Distribution {
        let mut times = Distribution::new();
        millis.iter().for_each(|millis| times.record(millis * 1_000_000));
        times
    }

    #[test]
    fn every_time_lies_in_one_bucket() {
        for most in 1..20 {
            let buckets = buckets(&of(&[0, 1, 3, 3, 3, 40, 7_000, 7_000_000]), most);
            assert!(buckets.len() <= most && !buckets.is_empty(), "{most}: {buckets:?}");
            assert_eq!(buckets.iter().map(|bucket| bucket.count).sum::<u64>(), 8, "{most}: {buckets:?}");
        }
        assert_eq!(buckets(&Distribution::new(), 5), []);
        let two = buckets(&of(&[3, 4, 7]), 5);
        let [from_2, from_5] = two.as_slice() else { panic!("{two:?}") };
        assert_eq!((from_2.from_ns, from_2.to_ns, from_2.count), (2_000_000, 5_000_000, 2));
        assert_eq!((from_5.from_ns, from_5.to_ns, from_5.count), (5_000_000, 10_000_000, 1));
    }
}
