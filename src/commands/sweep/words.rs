//! What a search found, as a document has it and in words.

use crate::result::{LoadVotes, SearchReport};
use crate::search::{Bound, History, SearchResult, Vote};

/// The answer as a document has it.
pub(super) fn report_of(answer: &SearchResult, history: &History) -> SearchReport {
    let mut loads: Vec<LoadVotes> = Vec::new();
    for trial in history.trials() {
        let place = loads.iter().position(|load| load.rate_per_s == trial.rate_per_s).unwrap_or_else(|| {
            loads.push(LoadVotes { rate_per_s: trial.rate_per_s, good: 0, bad: 0, void: 0 });
            loads.len() - 1
        });
        match trial.vote {
            Vote::Good => loads[place].good += 1,
            Vote::Bad => loads[place].bad += 1,
            Vote::Void => loads[place].void += 1,
        }
    }
    loads.sort_by(|a, b| a.rate_per_s.total_cmp(&b.rate_per_s));
    SearchReport {
        lower_per_s: answer.lower.map(|bound| bound.rate_per_s),
        upper_per_s: answer.upper.map(|bound| bound.rate_per_s),
        trials: u64::from(answer.trials),
        void_trials: u64::from(answer.void_trials),
        time_s: answer.time_s,
        code: answer.reason.code().to_owned(),
        reason: answer.reason.to_string(),
        words: words_of(answer),
        loads,
    }
}

/// "holds 285/s (3 of 3 trials good), fails 295/s (2 of 3 bad)", and what that claims.
fn words_of(answer: &SearchResult) -> String {
    let evidence = |bound: &Bound, good: bool| {
        let (good_trials, bad_trials) = (bound.good + bound.short_good, bound.bad + bound.short_bad);
        let (part, word) = if good { (good_trials, "good") } else { (bad_trials, "bad") };
        let undecided = if bound.decided { "" } else { ", not yet decided" };
        format!("{}/s ({part} of {} trials {word}{undecided})", bound.rate_per_s, good_trials + bad_trials)
    };
    let mut parts = Vec::new();
    parts.extend(answer.lower.as_ref().map(|bound| format!("holds {}", evidence(bound, true))));
    parts.extend(answer.upper.as_ref().map(|bound| format!("fails {}", evidence(bound, false))));
    let mut words = if parts.is_empty() { "no bound was found".to_owned() } else { parts.join(", ") };
    if answer.confirmed {
        words += "; confirmed by a longer trial";
    }
    if let Some(chance) = answer.lower.as_ref().and_then(Bound::worst_chance_of_a_bad_trial) {
        words += &format!(
            "; that excludes, with 95 % confidence, only that more than {:.0} % of such trials would be bad",
            chance * 100.0
        );
    }
    words
}
