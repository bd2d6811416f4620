//! What shard 0 knows, whatever the others do and in whatever order.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use proptest::prelude::*;

use super::messages::{Join, Told};
use super::state::{State, TurnedAway};
use super::words::Ending;
use crate::fixture;
use crate::result::{PlanFacts, Summary};
use crate::schedule::Shard;

/// As many as there are in these tests.
const COUNT: u64 = 4;

/// A result of each, and a plan.
static RESULTS: LazyLock<Vec<Summary>> =
    LazyLock::new(|| (0..COUNT).map(|index| fixture::shard(Shard::new(index, COUNT).unwrap())).collect());
static PLAN: LazyLock<PlanFacts> = LazyLock::new(|| fixture::few().plan);

fn told(needs_all: bool) -> Told {
    let settings = [("command", "sweep"), ("--step-duration", "15 s")];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    Told { version: "1".to_owned(), settings, plan: PLAN.clone(), slos: Vec::new(), needs_all }
}

fn join(index: u64) -> Join {
    Join { index, count: COUNT, told: told(true), ceiling_per_s: None }
}

fn result(index: u64) -> Summary {
    RESULTS[index as usize].clone()
}

/// All are here, and it has begun.
fn begun(needs_all: bool) -> State {
    let mut state = State::new(COUNT, told(needs_all));
    (1..COUNT).for_each(|index| state.join(&join(index)).unwrap());
    state.begin();
    state
}

#[test]
fn who_comes_is_counted_and_who_goes_is_not() {
    let mut state = State::new(COUNT, told(true));
    assert_eq!((state.join(&join(2)), state.missing()), (Ok(()), vec![1, 3]));
    assert!(matches!(state.join(&join(2)), Err(TurnedAway::Conflict(why)) if why.contains("here already")));
    assert!(matches!(state.join(&join(0)), Err(TurnedAway::Conflict(_))), "that is the host");
    state.leave(2);
    assert_eq!((state.here(), state.lost(), state.ending()), (1, Vec::new(), None), "it may come again");
    (1..COUNT).for_each(|index| state.join(&join(index)).unwrap());
    assert!(state.are_all_here());
    state.begin();
    assert!(matches!(state.join(&join(1)), Err(TurnedAway::Late(_))));
}

#[test]
fn who_was_told_something_else_learns_what() {
    let mut state = State::new(COUNT, told(true));
    let mut differs = |change: fn(&mut Join)| {
        let mut other = join(1);
        change(&mut other);
        let Err(TurnedAway::Conflict(why)) = state.join(&other) else { panic!("it joined") };
        why
    };
    let why = differs(|join| join.told.plan.timeout_s = 3.0);
    assert!(why.contains("timeout_s is 10.0 and 3.0"), "{why}");
    let why = differs(|join| drop(join.told.settings.insert("--step-duration".to_owned(), "2 s".to_owned())));
    assert!(why.contains("--step-duration is 15 s and 2 s"), "{why}");
    let why = differs(|join| drop(join.told.settings.insert("--order".to_owned(), "down".to_owned())));
    assert!(why.contains("--order is not given and down"), "{why}");
    let why = differs(|join| join.told.settings = [("command".to_owned(), "run".to_owned())].into());
    assert!(why.contains("command is sweep and run"), "{why}");
    differs(|join| join.count = 5);
    differs(|join| join.index = 7);
}

#[test]
fn the_weakest_machine_bounds_a_search() {
    let mut state = State::new(COUNT, told(true));
    assert_eq!(state.least_ceiling_per_s(), None);
    for (index, ceiling_per_s) in [(3, Some(700.0)), (1, Some(500.0)), (2, None)] {
        state.join(&Join { ceiling_per_s, ..join(index) }).unwrap();
    }
    assert_eq!(state.least_ceiling_per_s(), Some(500.0));
}

#[test]
fn results_are_waited_for_of_those_who_took_part_and_are_not_lost() {
    let mut state = begun(false);
    assert!(state.hand_over(1, result(1)).is_err(), "nothing was ordered");
    assert_eq!((state.order(), state.order()), (Some(1), None), "one run at a time");
    assert!(state.hand_over(2, result(1)).is_err(), "that is another run");
    assert_eq!(state.hand_over(1, result(1)), Ok(()));
    assert!(state.hand_over(1, result(1)).is_err() && !state.is_complete(), "once is enough");
    state.leave(2);
    // Handed over, and gone then.
    state.leave(1);
    assert!(!state.is_complete());
    // Shard 3 was waited for in vain.
    assert_eq!(state.close().len(), 1);
    assert_eq!((state.lost(), state.ending()), (vec![1, 2, 3], None), "the run counts as it is");
    assert_eq!(state.order(), Some(2));
    assert!(state.hand_over(2, result(3)).is_err() && state.is_complete(), "nobody comes back");
}

#[test]
fn where_all_are_needed_a_lost_one_ends_it_and_the_first_reason_counts() {
    let mut state = begun(true);
    state.order();
    state.leave(2);
    state.leave(3);
    state.end(Ending::Interrupted);
    assert_eq!(state.ending(), Some(Ending::Lost(2)));
    state.hand_over(1, result(1)).unwrap();
    assert!(state.is_complete() && state.close().len() == 1 && state.order().is_none());
    let mut state = begun(true);
    state.end(Ending::Interrupted);
    state.leave(1);
    assert_eq!((state.ending(), state.order()), (Some(Ending::Interrupted), None));
    // After the last word everybody may go.
    let mut state = begun(true);
    state.finish();
    state.leave(1);
    assert_eq!((state.lost(), state.ending()), (Vec::new(), None));
}

#[test]
fn who_does_not_answer_is_not_waited_for_and_who_answers_is() {
    let mut state = begun(false);
    state.order();
    state.forget_who_is_awake();
    [1, 2, 9].into_iter().for_each(|index| state.is_awake(index));
    assert!(!state.is_complete_but_for_the_silent(), "two are slow");
    state.hand_over(1, result(1)).unwrap();
    state.leave(2);
    assert!(state.is_complete_but_for_the_silent() && !state.is_complete(), "shard 3 is frozen");
    state.is_awake(3);
    assert!(!state.is_complete_but_for_the_silent(), "it was slow to answer");
    state.forget_who_is_awake();
    assert_eq!((state.close().len(), state.lost()), (1, vec![2, 3]));
}

/// What may come, of whom, and for which run.
#[derive(Debug, Clone, Copy)]
enum Event {
    Join(u64),
    Leave(u64),
    HandOver(u64, u64),
    Interrupt,
    Refuse(u64),
    /// It answers what was said to all.
    Awake(u64),
    /// Something is said to all.
    Ask,
    /// Shard 0 waits no longer, whatever for.
    Patience,
}

fn event() -> impl Strategy<Value = Event> {
    let (index, run) = (0..COUNT + 2, 0_u64..5);
    prop_oneof![
        3 => index.clone().prop_map(Event::Join),
        1 => index.clone().prop_map(Event::Leave),
        6 => (index.clone(), run).prop_map(|(index, run)| Event::HandOver(index, run)),
        1 => Just(Event::Interrupt),
        1 => index.clone().prop_map(Event::Refuse),
        2 => index.prop_map(Event::Awake),
        1 => Just(Event::Ask),
        2 => Just(Event::Patience),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Shard 0 as it drives the state: whenever something may go on, it does. Whatever the others do, each result counts once,
    /// in its own run, and of nobody who is lost; and once shard 0 waits no longer, or all have gone, it comes to an end.
    #[test]
    fn whatever_comes_in_whatever_order_nothing_counts_twice_and_nothing_hangs(
        events in prop::collection::vec(event(), 0..40), needs_all in any::<bool>(), vanish in any::<bool>(),
    ) {
        let mut state = State::new(COUNT, told(needs_all));
        let (mut begun, mut run, mut over) = (false, 0, false);
        let mut taken: BTreeSet<u64> = BTreeSet::new();
        let finally: Vec<Event> = if vanish { (1..COUNT).map(Event::Leave).collect() } else { Vec::new() };
        let finally = finally.into_iter().chain([Event::Interrupt, Event::Patience, Event::Patience]);
        for event in events.into_iter().chain(finally) {
            let lost_before = state.lost();
            match event {
                Event::Join(index) => drop(state.join(&join(index))),
                Event::Leave(0) => {}
                Event::Leave(index) => state.leave(index),
                Event::HandOver(index, of) => {
                    let Some(part) = RESULTS.get(index as usize) else { continue };
                    if state.hand_over(of, part.clone()).is_ok() {
                        prop_assert!(begun && !over && of == run && index != 0, "{index} of {of} in {run}");
                        prop_assert!(!lost_before.contains(&index) && taken.insert(index), "{index} again");
                    }
                }
                Event::Interrupt => state.end(Ending::Interrupted),
                Event::Refuse(0) => {}
                Event::Refuse(index) => if begun { state.refuse(index) },
                Event::Awake(index) => state.is_awake(index),
                Event::Ask => state.forget_who_is_awake(),
                Event::Patience => {}
            }
            // Who is not waited for if all answer is not waited for if they do not.
            prop_assert!(!state.is_complete() || state.is_complete_but_for_the_silent());
            let is_impatient = matches!(event, Event::Patience);
            if !begun && (state.are_all_here() || is_impatient) {
                state.begin();
                begun = true;
            }
            if begun && run > 0 && !over && (state.is_complete() || is_impatient) {
                let results = state.close();
                prop_assert_eq!(results.len(), taken.len());
                prop_assert!(state.is_complete() || run > 0);
                taken.clear();
                run = 0;
            }
            if begun && run == 0 && !over {
                match state.order() {
                    Some(number) => run = number,
                    None => {
                        prop_assert!(state.ending().is_some(), "nothing but a reason ends it");
                        state.finish();
                        over = true;
                    }
                }
            }
            let lost = state.lost();
            prop_assert!(lost_before.iter().all(|index| lost.contains(index)), "nobody comes back");
            prop_assert!(lost.is_empty() || !needs_all || state.ending().is_some());
        }
        prop_assert!(over, "it hangs: {state:?}");
    }
}
