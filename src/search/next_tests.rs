//! Every way in which a search ends, and what holds for all of them.

use proptest::prelude::*;

use super::*;

fn settings() -> Settings {
    Settings {
        method: Method::Votes,
        objective: Objective { allowed: 0.01, slack_s: Some(0.4) },
        baseline_per_s: 1.0,
        lowest_per_s: 10.0,
        highest_per_s: None,
        ceiling_per_s: 10_000.0,
        guess_per_s: Some(400.0),
        width: 0.05,
        trial_s: 30.0,
        votes: 3,
        budget_s: 3_600.0,
        overhead_s: 4.0,
        warmup_s: 1.0,
        confirm_s: None,
    }
}

/// Searches a service that votes as the function says, by trial; the time is what the trials and their overhead take.
fn search(settings: &Settings, mut judge: impl FnMut(&Trial) -> Vote) -> (SearchResult, History) {
    settings.validate().unwrap();
    let mut history = History::default();
    let mut elapsed_s = 0.0;
    loop {
        match next(settings, &history) {
            Action::Done(answer) => return (answer, history),
            Action::Measure { rate_per_s, duration_s, purpose } => {
                let (vote, severity, note) = (Vote::Void, None, String::new());
                let mut trial = Trial { rate_per_s, duration_s, purpose, vote, severity, note };
                trial.vote = judge(&trial);
                elapsed_s += duration_s + settings.overhead_s;
                history.push(Event::Trial(trial), elapsed_s);
            }
        }
    }
}

fn good_up_to(most_per_s: f64) -> impl FnMut(&Trial) -> Vote {
    move |trial| if trial.rate_per_s <= most_per_s { Vote::Good } else { Vote::Bad }
}

#[test]
fn a_plain_search_brackets_refines_and_votes_on_two_loads_the_lower_first() {
    let (answer, history) = search(&settings(), good_up_to(300.0));
    let steps: Vec<(Purpose, f64, f64)> =
        history.trials().map(|trial| (trial.purpose, trial.rate_per_s, trial.duration_s)).collect();
    assert_eq!(
        steps,
        [
            (Purpose::Baseline, 1.0, 7.5),
            (Purpose::Bracket, 200.0, 7.5),
            (Purpose::Bracket, 400.0, 7.5),
            (Purpose::Refine, 282.8, 7.5),
            (Purpose::Refine, 336.3, 7.5),
            (Purpose::Refine, 308.4, 15.0),
            (Purpose::Refine, 295.3, 30.0),
            (Purpose::Refine, 301.8, 30.0),
            (Purpose::Vote, 291.1, 30.0),
            (Purpose::Vote, 291.1, 30.0),
            (Purpose::Vote, 306.1, 30.0),
            (Purpose::Vote, 306.1, 30.0),
        ]
    );
    assert_eq!(answer.reason, Reason::Found);
    let (lower, upper) = (answer.lower.unwrap(), answer.upper.unwrap());
    assert_eq!((lower.rate_per_s, lower.good, lower.bad, lower.decided), (291.1, 2, 0, true));
    assert_eq!((upper.rate_per_s, upper.good, upper.bad, upper.decided), (306.1, 0, 2, true));
    assert_eq!((answer.trials, answer.void_trials, answer.confirmed), (12, 0, false));
}

#[test]
fn a_knee_outside_of_the_range_is_said_to_be_there() {
    assert_eq!(search(&settings(), good_up_to(5.0)).0.reason, Reason::NotBelowLowest);
    assert_eq!(search(&settings(), good_up_to(0.5)).0.reason, Reason::ImpossibleIdle);
    let capped = Settings { highest_per_s: Some(350.0), ..settings() };
    let (answer, _) = search(&capped, good_up_to(1e9));
    assert_eq!(answer.reason, Reason::NotAboveHighest);
    assert_eq!(answer.lower.map(|bound| (bound.rate_per_s, bound.decided)), Some((350.0, true)));
    let weak = Settings { ceiling_per_s: 350.0, ..settings() };
    assert_eq!(search(&weak, good_up_to(1e9)).0.reason, Reason::LimitedByGenerator { at_per_s: 350.0 });
}

#[test]
fn one_bad_baseline_has_a_second_chance() {
    let mut first = true;
    let (answer, _) = search(&settings(), |trial| {
        let woke_up = std::mem::take(&mut first);
        if woke_up || trial.rate_per_s > 300.0 { Vote::Bad } else { Vote::Good }
    });
    assert_eq!(answer.reason, Reason::Found);
}

#[test]
fn a_void_trial_is_repeated_and_three_at_one_load_end_the_search() {
    let mut times = 0;
    let (answer, history) = search(&settings(), |trial| {
        times += u32::from(trial.rate_per_s == 200.0);
        if trial.rate_per_s == 200.0 && times <= 2 { Vote::Void } else { good_up_to(300.0)(trial) }
    });
    assert_eq!((answer.reason, answer.void_trials), (Reason::Found, 2));
    assert_eq!(history.trials().filter(|trial| trial.rate_per_s == 200.0).count(), 3);
    let (answer, _) =
        search(&settings(), |trial| if trial.rate_per_s > 150.0 { Vote::Void } else { Vote::Good });
    assert_eq!(answer.reason, Reason::LimitedByGenerator { at_per_s: 200.0 });
}

#[test]
fn a_confirmation_that_fails_makes_the_bound_bad_and_the_search_goes_on() {
    let settings = Settings { confirm_s: Some(120.0), ..settings() };
    let (answer, history) = search(&settings, |trial| match trial.purpose {
        Purpose::Confirm => good_up_to(285.0)(trial),
        _ => good_up_to(300.0)(trial),
    });
    assert_eq!((answer.reason, answer.confirmed), (Reason::Found, true));
    let (lower, upper) = (answer.lower.unwrap().rate_per_s, answer.upper.unwrap().rate_per_s);
    assert!(lower <= 285.0 && upper == 291.1, "{answer:?}");
    assert_eq!(
        answer.upper.map(|bound| (bound.good, bound.bad)),
        Some((2, 1)),
        "votes and failed confirmation"
    );
    let confirmed: Vec<Vote> =
        history.trials().filter(|trial| trial.purpose == Purpose::Confirm).map(|trial| trial.vote).collect();
    assert_eq!(confirmed, [Vote::Bad, Vote::Good]);
}

#[test]
fn the_bounds_so_far_are_printed_when_the_time_is_over_or_the_user_wants_no_more() {
    let short = Settings { budget_s: 100.0, ..settings() };
    let (answer, mut history) = search(&short, good_up_to(300.0));
    assert_eq!(answer.reason, Reason::BudgetSpent);
    assert!(answer.time_s <= 100.0);
    let at = |bound: Option<Bound>| bound.map(|bound| (bound.rate_per_s, bound.decided));
    assert_eq!((at(answer.lower), at(answer.upper)), (Some((282.8, false)), Some((308.4, false))));
    history.push(Event::Interrupted, 100.0);
    let Action::Done(answer) = next(&short, &history) else { panic!("goes on") };
    assert_eq!((answer.reason, at(answer.lower)), (Reason::Interrupted, Some((282.8, false))));
}

#[test]
fn without_a_guess_it_starts_at_the_lowest_rate() {
    let settings = Settings { guess_per_s: None, ..settings() };
    let (answer, history) = search(&settings, good_up_to(300.0));
    let rates: Vec<f64> = history.trials().map(|trial| trial.rate_per_s).take(4).collect();
    assert_eq!(rates, [1.0, 10.0, 20.0, 40.0]);
    assert_eq!(answer.reason, Reason::Found);
}

#[test]
fn settings_that_cannot_be_searched_with_are_refused_by_name() {
    let refused = |change: fn(&mut Settings)| {
        let mut settings = settings();
        change(&mut settings);
        settings.validate().unwrap_err().to_string()
    };
    assert!(refused(|s| s.budget_s = 33.0).contains("shorter than one trial"));
    assert!(refused(|s| s.lowest_per_s = 0.0).contains("lowest rate must be above 0"));
    assert!(refused(|s| s.highest_per_s = Some(10.0)).contains("not above the lowest"));
    assert!(refused(|s| s.ceiling_per_s = 5.0).contains("not above the lowest"));
    assert!(refused(|s| s.width = 0.0).contains("width"));
    assert!(refused(|s| s.votes = 0).contains("votes"));
    assert!(refused(|s| s.guess_per_s = Some(f64::NAN)).contains("guess"));
    assert!(refused(|s| s.baseline_per_s = 11.0).contains("baseline"));
}

prop_compose! {
    fn any_settings()(
        lowest_per_s in 1.0..500.0_f64, span in 1.5..1_000.0_f64, ceiling in 1.5..2_000.0_f64, has_highest in any::<bool>(),
        guess in prop::option::of(0.01..1e6_f64), width in 0.002..0.5_f64, votes in 1_u32..8,
        trials in 1.2..60.0_f64, confirm in prop::option::of(0.5..4.0_f64),
    ) -> Settings {
        let trial_s = 30.0;
        Settings {
            method: Method::Votes,
            objective: Objective { allowed: 0.01, slack_s: Some(0.4) },
            warmup_s: 0.5,
            baseline_per_s: lowest_per_s,
            lowest_per_s,
            highest_per_s: has_highest.then_some(lowest_per_s * span),
            ceiling_per_s: lowest_per_s * ceiling,
            guess_per_s: guess,
            width,
            trial_s,
            votes,
            budget_s: trials * trial_s,
            overhead_s: 3.0,
            confirm_s: confirm.map(|lengths| lengths * trial_s),
        }
    }
}

/// No load is asked for more often than it takes to decide on it: the votes, a second one for every one that is taken
/// back by short trials or an even split, the baseline, the confirmation, and void trials, of which the third is the last.
fn assert_none_is_asked_too_often(settings: &Settings, history: &History) -> Result<(), TestCaseError> {
    for trial in history.trials() {
        let asked = history.trials().filter(|other| other.rate_per_s == trial.rate_per_s).count();
        prop_assert!(asked <= settings.votes as usize + 6, "{} times {}/s", asked, trial.rate_per_s);
    }
    Ok(())
}

proptest! {
    /// Whatever the votes are, random or with a sense in them.
    #[test]
    fn every_search_ends_in_time_within_its_limits_and_with_bounds_in_order(
        settings in any_settings(), knee in 0.5..2_000.0_f64, noise in 0.0..1.0_f64, voids in 0.0..0.3_f64,
        dice in prop::collection::vec((0.0..1.0_f64, 0.0..1.0_f64, any::<bool>()), 1..50),
    ) {
        let mut thrown = dice.iter().cycle();
        let (answer, history) = search(&settings, |trial| {
            let (a, b, coin) = *thrown.next().unwrap();
            let good = if a < noise { coin } else { trial.rate_per_s <= knee };
            if b < voids { Vote::Void } else if good { Vote::Good } else { Vote::Bad }
        });
        let range = settings.lowest_per_s..=settings.limit_per_s();
        prop_assert!(history.trials().all(|trial| range.contains(&trial.rate_per_s)));
        prop_assert!(answer.time_s <= settings.budget_s, "{:?}", answer);
        prop_assert_eq!(answer.trials + answer.void_trials, history.trials().count() as u32);
        if let (Some(lower), Some(upper)) = (answer.lower, answer.upper) {
            prop_assert!(lower.rate_per_s < upper.rate_per_s, "{:?}", answer);
            let distance = (upper.rate_per_s - lower.rate_per_s) / upper.rate_per_s;
            prop_assert!(answer.reason != Reason::Found || distance <= settings.width, "{:?}", answer);
        }
        let decided = |bound: Option<Bound>| bound.is_some_and(|bound| bound.decided);
        prop_assert!(answer.reason != Reason::Found || (decided(answer.lower) && decided(answer.upper)));
        assert_none_is_asked_too_often(&settings, &history)?;
    }

    /// Without noise the knee is always held, and no load is asked for more often than it takes to decide on it.
    #[test]
    fn a_service_without_noise_is_always_searched_right(
        settings in any_settings(), at in 0.0..1.0_f64,
    ) {
        let settings = Settings { budget_s: 1e6, width: settings.width.max(0.01), ..settings };
        let knee = settings.lowest_per_s * (settings.limit_per_s() / settings.lowest_per_s).powf(at);
        let (answer, history) = search(&settings, good_up_to(knee));
        let inside = (1.0..1e9).contains(&at) || answer.reason == Reason::Found;
        let beyond = matches!(answer.reason, Reason::NotAboveHighest | Reason::LimitedByGenerator { .. });
        prop_assert!(inside || (beyond && knee >= settings.limit_per_s() * 0.999), "{:?} knee {}", answer, knee);
        if let (Some(lower), Some(upper)) = (answer.lower, answer.upper) {
            prop_assert!((lower.rate_per_s..upper.rate_per_s).contains(&knee), "{:?} knee {}", answer, knee);
        }
        assert_none_is_asked_too_often(&settings, &history)?;
        prop_assert!(history.trials().count() < 60);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    /// By the posterior: whatever the votes are, the search ends in time, within its limits, with its interval in order.
    #[test]
    fn every_search_by_the_posterior_ends_in_time_within_its_limits(
        settings in any_settings(), knee in 0.5..2_000.0_f64, noise in 0.0..1.0_f64, voids in 0.0..0.3_f64,
        dice in prop::collection::vec((0.0..1.0_f64, 0.0..1.0_f64, any::<bool>()), 1..50),
    ) {
        let budget_s = settings.budget_s.min(600.0);
        let settings = Settings { method: Method::Posterior, budget_s, ..settings };
        let mut thrown = dice.iter().cycle();
        let (answer, history) = search(&settings, |trial| {
            let (a, b, coin) = *thrown.next().unwrap();
            let good = if a < noise { coin } else { trial.rate_per_s <= knee };
            if b < voids { Vote::Void } else if good { Vote::Good } else { Vote::Bad }
        });
        let range = settings.lowest_per_s..=settings.limit_per_s();
        prop_assert!(history.trials().all(|trial| range.contains(&trial.rate_per_s)));
        prop_assert!(answer.time_s <= settings.budget_s, "{:?}", answer);
        if let Some(KneeInterval { low_per_s, likely_per_s, high_per_s }) = answer.knee {
            prop_assert!(0.0 < low_per_s && low_per_s <= likely_per_s && likely_per_s <= high_per_s, "{:?}", answer);
        }
        let narrow = answer.knee.is_some_and(|knee| knee.width() <= settings.width);
        prop_assert!(answer.reason != Reason::Found || narrow, "{:?}", answer);
    }
}

/// Where every rate that may be tried is good, or none is, no interval is made up.
#[test]
fn a_knee_outside_what_may_be_tried_is_said_to_be_there() {
    let settings = Settings { method: Method::Posterior, highest_per_s: Some(500.0), ..settings() };
    let (above, _) = search(&settings, good_up_to(1e9));
    assert_eq!((above.reason, above.knee), (Reason::NotAboveHighest, None));
    let (weak, _) =
        search(&Settings { highest_per_s: None, ceiling_per_s: 800.0, ..settings.clone() }, good_up_to(1e9));
    assert_eq!(weak.reason, Reason::LimitedByGenerator { at_per_s: 800.0 });
    let (below, _) = search(&settings, good_up_to(5.0));
    assert_eq!((below.reason, below.knee), (Reason::NotBelowLowest, None));
    let (never, _) = search(&settings, good_up_to(0.5));
    assert_eq!(never.reason, Reason::ImpossibleIdle);
}

#[test]
fn the_posterior_finds_a_plain_knee_and_confirms_it() {
    let settings = Settings { method: Method::Posterior, confirm_s: Some(120.0), ..settings() };
    let (answer, history) = search(&settings, good_up_to(300.0));
    assert_eq!(answer.reason, Reason::Found);
    let knee = answer.knee.unwrap();
    assert!(knee.low_per_s <= 300.0 && 300.0 <= knee.high_per_s && knee.width() <= 0.05, "{knee:?}");
    assert!(answer.confirmed);
    let last = history.trials().last().unwrap();
    assert!(last.purpose == Purpose::Confirm && last.rate_per_s <= knee.likely_per_s, "{last:?}");
}
