//! The shards that a result was merged from, side by side: one bad client is seen here, whatever the sum says.

use super::layout::{table, wrapped};
use super::numbers::{count, counted, figure, ms};
use crate::result::{Figure, GeneratorVerdict, MergedShards, Summary};

/// Most rows of the table: what is beyond is left to the document. Those that did not do their part come first.
const MOST_ROWS: usize = 40;

/// What the headline says of shards: `shard 2 of 4`, or `merged from 4 shards`.
pub(crate) fn words(summary: &Summary) -> Option<String> {
    if let Some(shard) = &summary.shard {
        return Some(format!("shard {} of {} by {}", shard.index, shard.count, shard.from));
    }
    let merged = summary.merged.as_ref()?;
    let all = match merged.missing.len() {
        0 => counted(merged.count, "shard"),
        _ => format!("{} of {}", merged.shards.len(), counted(merged.count, "shard")),
    };
    // By the clocks, and by how much these may be wrong; nobody knows how far clocks are apart that were not compared.
    Some(match clock_error_ms(merged) {
        Some(error_ms) => {
            format!("merged from {all}, which started within {} ms", ms(merged.start_spread_ms + error_ms))
        }
        None => {
            let spread = ms(merged.start_spread_ms);
            format!("merged from {all}, which started within {spread} ms by their own clocks")
        }
    })
}

/// The columns of the table.
pub(crate) const COLUMNS: [&str; 9] =
    ["Shard", "planned", "sent", "ok", "p50 ms", "p99 ms", "lag p99 ms", "start ms", "generator"];

/// The table.
pub(super) fn shards(summary: &Summary) -> String {
    let Some(merged) = &summary.merged else { return String::new() };
    let mut shown = vec![COLUMNS.map(str::to_owned).to_vec()];
    shown.extend(rows(merged).take(MOST_ROWS));
    table(&shown) + &remarks(merged)
}

/// A row for each shard; those that did not do their part come first.
pub(crate) fn rows(merged: &MergedShards) -> impl Iterator<Item = Vec<String>> {
    let mut shards: Vec<_> = merged.shards.iter().collect();
    shards.sort_by_key(|shard| (shard.generator == GeneratorVerdict::Valid, shard.index));
    shards.into_iter().map(|shard| {
        let generator = match shard.generator {
            GeneratorVerdict::Valid => "valid",
            GeneratorVerdict::Suspect => "suspect",
            GeneratorVerdict::Invalid => "invalid",
        };
        vec![
            shard.index.to_string(),
            count(shard.ledger.planned),
            count(shard.ledger.sent),
            count(shard.ledger.ok),
            figure(shard.response.figure(Figure::P50), ms),
            figure(shard.response.figure(Figure::P99), ms),
            figure(shard.send_lag.figure(Figure::P99), ms),
            format!("+{}", ms(shard.start_offset_ms)),
            generator.to_owned(),
        ]
    })
}

/// By how much the clock of any shard may be wrong, where they were compared.
fn clock_error_ms(merged: &MergedShards) -> Option<f64> {
    let errors = merged.shards.iter().filter_map(|shard| shard.clock_error_us);
    errors.reduce(f64::max).map(|error_us| error_us / 1e3)
}

fn remarks(merged: &MergedShards) -> String {
    let (mut lines, rows) = (String::new(), merged.shards.len());
    if rows > MOST_ROWS {
        lines += &wrapped(
            "",
            &format!("and {} more, in the document", counted((rows - MOST_ROWS) as u64, "shard")),
        );
    }
    if !merged.missing.is_empty() {
        let missing: Vec<String> = merged.missing.iter().take(MOST_ROWS).map(u64::to_string).collect();
        lines += &wrapped("", &format!("missing: {}", missing.join(", ")));
    }
    lines += &match clock_error_ms(merged) {
        Some(error_ms) => {
            wrapped("", &format!("starts by clocks that were compared, to within {} ms", ms(error_ms)))
        }
        None if merged.shards.len() > 1 => wrapped("", "starts by each machine's own clock"),
        None => String::new(),
    };
    lines += &merged.notes.iter().map(|note| wrapped("- ", note)).collect::<String>();
    lines
}
