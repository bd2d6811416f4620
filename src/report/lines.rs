//! A result in short lines of text, for where only lines come through: the logs of `srun`, `mpirun` and `kubectl`, which mix the
//! output of several processes and cut lines of more than a kilobyte.
//!
//! ```text
//! rpsbench-part 2of4-1767323045000000 7/31 5f3759df H4sIAAAA...
//! ```
//!
//! The mark, whose result it is, which line of how many, a checksum, and a piece of the document (gzip, base64); all of it twice.
//! `rpsbench merge -` finds them among other lines, whatever stands in front of them.

use std::io::Write;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::reporter::Reporter;
use crate::result::{PART_MARK, Summary, part_checksum};

/// Bytes of every line, with the line break. Engines forward what they read from a pipe, 1 or 4 kB at a time, and put the output
/// of another process, or a tag, between two such portions: lines of an even part of that are never cut.
const LINE: usize = 512;
/// Characters of the document in a line.
const PIECE: usize = 400;

/// One run.
pub(super) const REPORTER: Reporter = Reporter {
    name: "lines",
    extension: "lines",
    help: "The result in short lines that come through mixed logs, for rpsbench merge -",
    escapes_controls: true,
    result: Some(|summary, _| render(summary)),
    runs: None,
    sweep: None,
    comparison: None,
};

fn render(summary: &Summary) -> String {
    let document = serde_json::to_vec(summary).unwrap_or_default();
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(&document).expect("memory takes everything");
    let text = BASE64_STANDARD.encode(packed.finish().expect("memory takes everything"));
    let whose = summary.shard.as_ref().map_or_else(
        || "whole".to_owned(),
        |shard| format!("{}of{}-{}", shard.index, shard.count, shard.started_at_us),
    );
    let pieces: Vec<&str> =
        (0..text.len()).step_by(PIECE).map(|at| &text[at..text.len().min(at + PIECE)]).collect();
    let count = pieces.len();
    let line = |(piece, number)| {
        let line = format!("{PART_MARK}{whose} {number}/{count} {:08x} {piece}", part_checksum(piece));
        format!("{line:width$}\n", width = LINE - 1)
    };
    let lines: Vec<String> = pieces.into_iter().zip(1..).map(line).collect();
    // Twice, and the second time from the end: what is cut in one copy is seldom cut in the other.
    lines.iter().chain(lines.iter().rev()).map(String::as_str).collect()
}
