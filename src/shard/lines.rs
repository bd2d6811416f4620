//! Results that came as lines among others, as the format `lines` writes them.

use std::collections::BTreeMap;
use std::io::Read;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use flate2::read::GzDecoder;

use crate::result::{PART_MARK, part_checksum};

/// The most lines of a result, and the most bytes of its document: far above any of ours.
const MOST_LINES: usize = 1 << 20;
const MOST_BYTES: u64 = 256 << 20;

/// The documents that stand in a text, each with whose it is. One of which lines are missing is there as what is missing.
pub(crate) fn documents(text: &str) -> Vec<(String, Result<Vec<u8>, String>)> {
    let mut found: BTreeMap<&str, Pieces<'_>> = BTreeMap::new();
    // Whatever an engine writes in front of a line, be it the end of another.
    let parts = text.lines().flat_map(|line| line.split(PART_MARK).skip(1));
    for (whose, number, count, piece) in parts.filter_map(part) {
        let pieces = found.entry(whose).or_default();
        pieces.count = count;
        pieces.texts.insert(number, piece);
    }
    found.into_iter().map(|(whose, pieces)| (whose.to_owned(), pieces.document())).collect()
}

/// Whose part it is, which of how many, and the piece. A line that was cut, or mixed with another, is none; it comes twice.
fn part(text: &str) -> Option<(&str, usize, usize, &str)> {
    let mut words = text.split_whitespace();
    let (whose, place, sum, piece) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let (number, count) = place.split_once('/')?;
    let (number, count): (usize, usize) = (number.parse().ok()?, count.parse().ok()?);
    let is_whole = u32::from_str_radix(sum, 16) == Ok(part_checksum(piece));
    (is_whole && (1..=count.min(MOST_LINES)).contains(&number)).then_some((whose, number, count, piece))
}

#[derive(Debug, Default)]
struct Pieces<'a> {
    count: usize,
    texts: BTreeMap<usize, &'a str>,
}

impl Pieces<'_> {
    fn document(&self) -> Result<Vec<u8>, String> {
        if self.texts.len() != self.count {
            return Err(format!(
                "{} of its {} lines are missing",
                self.count.abs_diff(self.texts.len()),
                self.count
            ));
        }
        let text: String = self.texts.values().copied().collect();
        let packed = BASE64_STANDARD.decode(text).map_err(|_| "a line was cut or changed".to_owned())?;
        let mut document = Vec::new();
        GzDecoder::new(packed.as_slice())
            .take(MOST_BYTES)
            .read_to_end(&mut document)
            .map_err(|_| "a line was cut or changed".to_owned())?;
        Ok(document)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fixture;
    use crate::report::{Format, Style, render};
    use crate::result::read_result;
    use crate::schedule::Shard;

    fn lines(index: u64) -> String {
        let shard = fixture::shard(Shard::new(index, 3).unwrap());
        render(&shard, Format::Lines, &Style::default()).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]

        /// However lines are mixed, and whatever stands between them and in front of them.
        #[test]
        fn results_come_through_mixed_logs(order in Just((0..3).flat_map(|index| lines(index).lines().map(str::to_owned).collect::<Vec<_>>()).collect::<Vec<_>>()).prop_shuffle()) {
            let log: String = order.iter().enumerate().map(|(i, line)| format!("[1,{}]<stdout>: {line}\n2026-01-01 INFO other words\n", i % 4)).collect();
            prop_assert!(order.iter().all(|line| line.len() == 511));
            let found = documents(&log);
            prop_assert_eq!(found.len(), 3);
            for (index, (_, document)) in (0..).zip(found) {
                let read = read_result(&document.unwrap()).unwrap();
                prop_assert_eq!(read, fixture::shard(Shard::new(index, 3).unwrap()));
            }
        }

        #[test]
        fn any_text_is_survived(text in "(rpsbench-part|\\PC{0,5}| |[0-9]+/[0-9]+|AAAA|\n){0,40}") {
            let _ = documents(&text);
        }
    }

    #[test]
    fn a_lost_line_and_a_changed_one_are_told() {
        let text = lines(0);
        let all: Vec<&str> = text.lines().collect();
        let without_the_first = |lines: &[&str]| documents(&lines.join("\n"));
        let [(_, Err(why))] = &without_the_first(&all[1..all.len() - 1])[..] else { panic!("it is whole") };
        assert!(why.starts_with("1 of its "), "{why}");
        // One of the two copies is enough; one that was changed is none.
        assert!(matches!(&without_the_first(&all[1..])[..], [(_, Ok(_))]));
        // In the copy that is read last, and in the middle of the document: the first bytes of gzip do not matter.
        let line = all[all.len() - 2].trim_end();
        let place = line.len() - 10;
        let other = if line.as_bytes()[place] == b'A' { 'B' } else { 'A' };
        let wrong = format!("{}{other}{}", &line[..place], &line[place + 1..]);
        let changed = [&all[..all.len() - 2], &[wrong.as_str(), all[all.len() - 1]]].concat().join("\n");
        assert!(matches!(&documents(&changed)[..], [(_, Ok(_))]));
        assert!(matches!(&documents(&text.replace("AAA", "AAB"))[..], [(_, Err(_))]));
    }
}
