//! Does the service fall behind? The one detector of the program: numbers in, a score and the signs out.
//!
//! A short run hides an overload in a queue: everything is answered in the end, and even the percentiles may still look
//! good. So it is the growth that is looked for, in what is outstanding and in the response times, and only growth that
//! the noise of a healthy queue does not explain. How often it is wrong is measured: docs/knee.md has the table.

use crate::result::{Figure, Mode, PhaseRun, Summary};

/// Share of the arrivals sent that must be completely answered, the drain included.
const ANSWERED: f64 = 0.98;
/// Share of the arrivals offered that may find the cap full.
const OVERFLOWED: f64 = 0.01;
/// Kendall's rank correlation with time from which a sequence of blocks rises. At random, 10 blocks reach it once in a
/// hundred times.
const TREND: f64 = 0.6;
/// Blocks in a row over which a backlog must have grown that is gone before the end of a run.
const RISING: usize = 3;
/// Most blocks that a run is cut into. Coarse, so that neighbours are nearly independent: seconds are not.
const BLOCKS: usize = 10;
/// Fewest intervals that show a trend.
const FEWEST_FOR_TREND: usize = 4;
/// How many times its first block the last one must be, in a backlog.
const BACKLOG_RATIO: f64 = 2.0;
/// Growth of a backlog, as a part of the square root of the arrivals offered: the backlog of a queue at exactly its
/// capacity is a random walk, whose width grows with that root; the backlog of an overload grows with the arrivals.
const BACKLOG_GROWTH: f64 = 0.3;
/// The same where there are too few intervals for a trend, so that the noise has to be excluded by its size alone.
const BACKLOG_LEVEL: f64 = 3.0;
/// Fewest requests that a backlog must grow by, whatever the square root says.
const FEWEST_REQUESTS: f64 = 5.0;
/// How many times its first block the last one must be, in the medians of the response time.
const MEDIAN_RATIO: f64 = 2.0;

/// What a run shows of its service, as plain numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// Arrivals that became due.
    pub offered: u64,
    /// Of those, not sent because the cap was full.
    pub overflow: u64,
    /// Of those, sent, without what an interrupt cut off.
    pub sent: u64,
    /// Of those, completely answered, well or not, in the drain at the latest.
    pub answered: u64,
    /// Arrivals per second.
    pub offered_per_s: f64,
    /// The fastest answer, in seconds: rate x this is in flight in any service with that delay.
    pub fastest_s: f64,
    /// What was in flight or waited for the cap at the end of each interval, in order of time.
    pub backlog: Vec<f64>,
    /// The median response time of the arrivals due in each interval, in seconds, where it is known.
    pub median_s: Vec<Option<f64>>,
    /// Whether the rate was the same all the time. With one that changes, a backlog and its times change too, and nothing is
    /// wrong: it takes both a backlog that no noise explains and times that grew with it.
    pub is_steady: bool,
    /// Arrivals per second in each interval, where the rate is not the same all the time.
    pub per_s: Vec<f64>,
}

impl Default for Observed {
    fn default() -> Self {
        Self {
            offered: 0,
            overflow: 0,
            sent: 0,
            answered: 0,
            offered_per_s: 0.0,
            fastest_s: 0.0,
            backlog: Vec::new(),
            median_s: Vec::new(),
            is_steady: true,
            per_s: Vec::new(),
        }
    }
}

/// A sign that a service falls behind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sign {
    /// The cap was full for this share of the arrivals offered.
    Overflow {
        /// Of 1.
        share: f64,
    },
    /// Only this share of what was sent was completely answered.
    Unanswered {
        /// Of 1.
        answered: f64,
    },
    /// The backlog grew by so many requests from its first to its last block.
    BacklogGrows {
        /// Requests.
        by: f64,
    },
    /// At a rate that changes, the backlog had grown to so many requests, and was worked off before the end.
    BacklogGrew {
        /// Requests.
        to: f64,
    },
    /// The median response time rose.
    ResponsesGrow {
        /// In the first block, in seconds.
        from_s: f64,
        /// In the last.
        to_s: f64,
    },
}

/// How far a service falls behind, and by which signs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Overload {
    /// The largest score of the detectors: from 1 on the service is saturated. How far beyond means little; how far below
    /// says how near it came.
    pub score: f64,
    /// The signs of all detectors that reached 1, the plainest first.
    pub signs: Vec<Sign>,
}

impl Overload {
    /// Judges a run. A closed loop, which slows down with the service, and a run that offered nothing show no sign; of a run whose
    /// rate changes the phase counts that shows most.
    pub(crate) fn of(summary: &Summary) -> Self {
        if summary.plan.mode == Mode::Closed {
            return Self::default();
        }
        if summary.plan.phases.is_empty() {
            return Self::detect(&Observed::of(summary));
        }
        let phases = PhaseRun::all(summary).iter().map(Self::of_phase).collect::<Vec<_>>();
        phases.into_iter().max_by(|a, b| a.score.total_cmp(&b.score)).unwrap_or_default()
    }

    /// Judges one phase of a run whose rate changes.
    pub(super) fn of_phase(run: &PhaseRun) -> Self {
        Self::detect(&Observed { is_steady: run.plan.is_steady(), ..Observed::of(&run.summary) })
    }

    /// Judges plain numbers.
    pub fn detect(observed: &Observed) -> Self {
        let growth = if observed.is_steady {
            [backlog_grows(observed), responses_grow(observed)]
        } else {
            let none = Sign::ResponsesGrow { from_s: 0.0, to_s: 0.0 };
            [both_grow(observed), (0.0, none)]
        };
        let scores = [overflow(observed), unanswered(observed), growth[0], growth[1]];
        Self {
            score: scores.iter().map(|(score, _)| *score).fold(0.0, f64::max),
            signs: scores.into_iter().filter(|(score, _)| *score >= 1.0).map(|(_, sign)| sign).collect(),
        }
    }

    /// Whether any detector reached 1.
    pub fn is_overloaded(&self) -> bool {
        self.score >= 1.0
    }
}

impl Observed {
    pub(super) fn of(summary: &Summary) -> Self {
        let ledger = &summary.ledger;
        // What an interrupt cut off says nothing about the service.
        let cut_off = if summary.interrupted && ledger.completed() > 0 { ledger.unfinished } else { 0 };
        Self {
            offered: ledger.offered(),
            overflow: ledger.overflow,
            sent: ledger.sent.saturating_sub(cut_off),
            answered: ledger.completed(),
            offered_per_s: summary.rates.offered_per_s,
            fastest_s: summary.latency.service.exact(Figure::Min).unwrap_or(0.0) / 1e3,
            backlog: summary
                .series
                .iter()
                .map(|row| row.in_flight.saturating_add(row.queued) as f64)
                .collect(),
            median_s: summary.series.iter().map(|row| row.response_p50_ms.map(|ms| ms / 1e3)).collect(),
            is_steady: true,
            per_s: summary
                .series
                .iter()
                .map(|row| row.offered as f64 / summary.plan.series_interval_s.max(f64::MIN_POSITIVE))
                .collect(),
        }
    }
}

fn overflow(observed: &Observed) -> (f64, Sign) {
    let share = share(observed.overflow, observed.offered);
    (beyond(share, OVERFLOWED), Sign::Overflow { share })
}

fn unanswered(observed: &Observed) -> (f64, Sign) {
    let answered = if observed.sent == 0 { 1.0 } else { share(observed.answered, observed.sent) };
    (beyond(1.0 - answered, 1.0 - ANSWERED), Sign::Unanswered { answered })
}

/// Whether the backlog grows with time, beyond what the fastest answer explains and beyond a queue's noise.
fn backlog_grows(observed: &Observed) -> (f64, Sign) {
    let explained = observed.offered_per_s * observed.fastest_s;
    let backlog: Vec<f64> = observed.backlog.iter().map(|level| (level - explained).max(0.0)).collect();
    let noise = (observed.offered as f64).sqrt();
    let none = (0.0, Sign::BacklogGrows { by: 0.0 });
    let Some(level) = backlog.last() else { return none };
    if backlog.len() < FEWEST_FOR_TREND {
        let score = beyond(*level, (BACKLOG_LEVEL * noise).max(FEWEST_REQUESTS));
        return (score, Sign::BacklogGrows { by: *level });
    }
    let blocks = block_medians(&backlog, BLOCKS);
    let (first, last) = (blocks[0], blocks[blocks.len() - 1]);
    let by = last - first;
    let score = (kendall_tau(&blocks) / TREND)
        .min(ratio(last, BACKLOG_RATIO * first))
        .min(by / (BACKLOG_GROWTH * noise).max(FEWEST_REQUESTS));
    (score, Sign::BacklogGrows { by })
}

/// Whether the medians of the response time rise. A queue that grows delays every arrival after it, so that the median
/// of a whole second says more than the backlog at its end, which is one point of a random walk.
fn responses_grow(observed: &Observed) -> (f64, Sign) {
    let known: Option<Vec<f64>> = observed.median_s.iter().copied().collect();
    let (mut from_s, mut to_s, mut score) = (0.0, 0.0, 0.0);
    if let Some(medians) = known.filter(|medians| medians.len() >= FEWEST_FOR_TREND) {
        let blocks = block_medians(&medians, BLOCKS);
        (from_s, to_s) = (blocks[0], blocks[blocks.len() - 1]);
        // A rise that is small against the noise of the backlog, told as time (Little's law), is noise too.
        let noise_s =
            BACKLOG_GROWTH * (observed.offered as f64).sqrt() / observed.offered_per_s.max(f64::MIN_POSITIVE);
        score = (kendall_tau(&blocks) / TREND)
            .min(ratio(to_s, MEDIAN_RATIO * from_s))
            .min(ratio(to_s - from_s, noise_s));
    }
    (score, Sign::ResponsesGrow { from_s, to_s })
}

/// Whether, at a rate that changes, the backlog is beyond noise, and the response times grew with it: at the end, or before, where
/// it had grown for [`RISING`] blocks in a row. What was worked off before the end was a backlog all the same; a service that only
/// stood still for a while has it at once.
fn both_grow(observed: &Observed) -> (f64, Sign) {
    let levels: Vec<f64> = observed
        .backlog
        .iter()
        .enumerate()
        .map(|(place, level)| {
            let per_s = observed.per_s.get(place).copied().unwrap_or(observed.offered_per_s);
            (level - per_s * observed.fastest_s).max(0.0)
        })
        .collect();
    let known: Vec<f64> = observed.median_s.iter().map(|median| median.unwrap_or(f64::MAX)).collect();
    let medians = block_medians(&known, BLOCKS);
    let first_s = medians.first().copied();
    let grown = |median: Option<&f64>| match (first_s, median) {
        (Some(first_s), Some(median)) if medians.len() > 1 => ratio(*median, MEDIAN_RATIO * first_s),
        _ => f64::MAX,
    };
    let score = |level: f64, offered: f64, median: Option<&f64>| {
        beyond(level, (BACKLOG_LEVEL * offered.sqrt()).max(FEWEST_REQUESTS)).min(grown(median))
    };
    let offered = observed.offered as f64;
    let at_end = levels.last().map_or(0.0, |level| score(*level, offered, medians.last()));
    if at_end >= 1.0 {
        return (at_end, Sign::BacklogGrows { by: levels.last().copied().unwrap_or(0.0) });
    }
    // Of the middle of the run, whole blocks: one interval may be a standstill.
    let blocks = block_medians(&levels, BLOCKS);
    let all_per_s: f64 = observed.per_s.iter().sum();
    let rising = blocks.windows(RISING).enumerate().filter(|(_, window)| window.is_sorted_by(|a, b| a < b));
    let before = rising.filter_map(|(first, window)| {
        let (level, block) = (*window.last()?, first + RISING - 1);
        let until = (block + 1) * levels.len() / blocks.len();
        let share = observed.per_s.iter().take(until).sum::<f64>() / all_per_s.max(f64::MIN_POSITIVE);
        Some((score(level, offered * share, medians.get(block)), level))
    });
    let worst = before.max_by(|(a, _), (b, _)| a.total_cmp(b));
    let (before, to) = worst.unwrap_or((0.0, 0.0));
    (before.max(at_end), Sign::BacklogGrew { to })
}

/// A figure against the limit that it must exceed: above 1 exactly when it does.
fn beyond(figure: f64, limit: f64) -> f64 {
    let score = figure / limit;
    // At the limit itself there is no sign yet.
    if figure > limit { score.max(1.0) } else { score.min(1.0 - f64::EPSILON) }
}

/// A figure against the limit that it must reach; a limit of 0 is reached by anything above it.
fn ratio(figure: f64, limit: f64) -> f64 {
    if limit > 0.0 {
        figure / limit
    } else if figure > 0.0 {
        f64::MAX
    } else {
        0.0
    }
}

/// The medians of consecutive blocks, at most `blocks` of them.
fn block_medians(values: &[f64], blocks: usize) -> Vec<f64> {
    let blocks = blocks.min(values.len());
    (0..blocks)
        .map(|i| {
            let mut block = values[i * values.len() / blocks..(i + 1) * values.len() / blocks].to_vec();
            block.sort_by(f64::total_cmp);
            block[block.len() / 2]
        })
        .collect()
}

/// Kendall's tau of a sequence against its order: 1 for always rising, -1 for always falling (Kendall, 1938).
fn kendall_tau(values: &[f64]) -> f64 {
    let mut balance = 0_i64;
    let mut pairs = 0_i64;
    for (i, later) in values.iter().enumerate() {
        for earlier in &values[..i] {
            balance += i64::from(later > earlier) - i64::from(later < earlier);
            pairs += 1;
        }
    }
    if pairs == 0 { 0.0 } else { balance as f64 / pairs as f64 }
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 100 arrivals a second, all answered, with this backlog and these medians in each second.
    fn observed(backlog: &[f64], median_s: &[f64]) -> Observed {
        let offered = 100 * backlog.len() as u64;
        Observed {
            offered,
            sent: offered,
            answered: offered,
            offered_per_s: 100.0,
            backlog: backlog.to_vec(),
            median_s: median_s.iter().copied().map(Some).collect(),
            ..Observed::default()
        }
    }

    fn signs(observed: &Observed) -> Vec<Sign> {
        let overload = Overload::detect(observed);
        assert_eq!(overload.is_overloaded(), !overload.signs.is_empty());
        overload.signs
    }

    #[test]
    fn a_steady_backlog_is_no_overload_and_a_growing_one_is() {
        let steady: Vec<f64> = (0..20).map(|i| f64::from(20 + i * 7 % 5)).collect();
        let growing: Vec<f64> = (0..20).map(|i| f64::from(10 * i)).collect();
        let even = vec![0.05; 20];
        assert_eq!(signs(&observed(&steady, &even)), []);
        assert!(matches!(signs(&observed(&growing, &even))[..], [Sign::BacklogGrows { by }] if by > 100.0));
    }

    #[test]
    fn growth_within_the_noise_of_a_queue_is_no_overload() {
        // It only ever rises, twentyfold, but by less than 0.3 sqrt(2,000 arrivals) = 13 requests.
        let rising: Vec<f64> = (0..20).map(|i| 0.65 * f64::from(i)).collect();
        assert_eq!(signs(&observed(&rising, &[0.05; 20])), []);
    }

    #[test]
    fn what_the_fastest_answer_explains_is_no_backlog() {
        // Answers take 10 s: the first of them ends what looks like growth.
        let filling: Vec<f64> = (1..=20).map(|i| f64::from(100 * i.min(10))).collect();
        let slow = Observed { fastest_s: 10.0, ..observed(&filling, &[10.0; 20]) };
        assert_eq!(signs(&slow), []);
        assert!(!signs(&Observed { fastest_s: 0.0, ..slow }).is_empty());
    }

    #[test]
    fn answers_that_become_slower_all_the_time_are_a_sign_of_their_own() {
        let rising: Vec<f64> = (1..=20).map(|i| 0.02 * f64::from(i)).collect();
        let flat = vec![5.0; 20];
        assert!(matches!(signs(&observed(&flat, &rising))[..], [Sign::ResponsesGrow { .. }]));
        // Rising by 1 % is a warm machine, not a queue; and where a second is unknown, nothing is said.
        let hardly: Vec<f64> = (1..=20).map(|i| 0.05 + 0.000_01 * f64::from(i)).collect();
        assert_eq!(signs(&observed(&flat, &hardly)), []);
        let mut unknown = observed(&flat, &rising);
        unknown.median_s[7] = None;
        assert_eq!(signs(&unknown), []);
    }

    #[test]
    fn arrivals_that_were_not_answered_or_not_sent_are_signs_beyond_their_limits_only() {
        let base = observed(&[5.0; 20], &[0.05; 20]);
        let answered = |answered| Observed { answered, ..base.clone() };
        assert_eq!(signs(&answered(1_960)), [], "98 % is enough");
        assert_eq!(signs(&answered(1_959)), [Sign::Unanswered { answered: 0.9795 }]);
        let overflow = |overflow| Observed { overflow, ..base.clone() };
        assert_eq!(signs(&overflow(20)), [], "1 % is allowed");
        assert_eq!(signs(&overflow(21)), [Sign::Overflow { share: 0.0105 }]);
        let none_sent = Observed { sent: 0, answered: 0, overflow: 2_000, ..base.clone() };
        assert_eq!(signs(&none_sent), [Sign::Overflow { share: 1.0 }]);
    }

    #[test]
    fn the_score_says_how_near_it_came() {
        let base = observed(&[5.0; 20], &[0.05; 20]);
        let score = |answered| Overload::detect(&Observed { answered, ..base.clone() }).score;
        assert!((score(1_980) - 0.5).abs() < 1e-9 && score(1_960) < 1.0 && score(1_900) > 2.0);
        assert_eq!(Overload::detect(&Observed::default()).score, 0.0);
    }

    #[test]
    fn short_runs_have_no_trend_and_need_a_large_backlog() {
        assert_eq!(signs(&observed(&[0.0, 20.0, 40.0], &[0.1, 0.2, 0.4])), []);
        assert_eq!(signs(&observed(&[0.0, 50.0, 100.0], &[0.1, 0.5, 1.0])).len(), 1);
    }
}
