//! How large good answers were, where the words are those of all reports.

use super::layout;
use super::numbers::{count, or_dash};
use crate::result::{SizeStats, Summary};

/// The columns.
pub(crate) const HEAD: [&str; 8] = {
    let [min, mean, p50, p90, p99, max] = SizeStats::COLUMNS;
    ["in bytes", "count", min, mean, p50, p90, p99, max]
};

/// A row for each kind of size, and one for each endpoint where there are several; `name` words the name of a row.
pub(crate) fn rows(summary: &Summary, name: impl Fn(&str) -> String) -> Vec<Vec<String>> {
    let all = summary.sizes.named().map(|(kind, sizes)| row(name(kind), sizes));
    let of_endpoints = summary.endpoints.iter().flat_map(|endpoint| {
        let named = endpoint.sizes.named();
        let of = |(place, (kind, sizes)): (usize, (&str, _))| match place {
            0 => row(name(&endpoint.name), sizes),
            _ => row(name(&format!("{} {kind}", endpoint.name)), sizes),
        };
        named.enumerate().map(of).collect::<Vec<_>>()
    });
    all.chain(of_endpoints).collect()
}

fn row(name: String, sizes: &SizeStats) -> Vec<String> {
    let figures = sizes.figures().map(|bytes| or_dash(bytes, |bytes| count(bytes.round() as u64)));
    [name, count(sizes.count)].into_iter().chain(figures).collect()
}

/// The sizes of good answers; nothing where there is none, or all are empty.
pub(super) fn table(summary: &Summary) -> String {
    if summary.sizes.wire.max_bytes.is_none_or(|most| most == 0) {
        return String::new();
    }
    let mut table = vec![HEAD.map(str::to_owned).to_vec()];
    table[0][0] = "Sizes in bytes".to_owned();
    table.extend(rows(summary, |name| format!("  {}", layout::shortened(name, 28))));
    layout::table(&table)
        + "  bodies of good answers as they came over the connection, compressed where they were\n"
}
