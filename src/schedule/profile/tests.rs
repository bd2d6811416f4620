//! Rates that change, against their definition.

use proptest::prelude::*;

use super::super::{Arrivals, Schedule, Slot};
use super::*;

const S: u64 = NANOS_PER_S;

fn rate(text: &str) -> Option<Rate> {
    text.parse().ok()
}

fn stretch(from: &str, to: &str, duration_ns: u64) -> Stretch {
    Stretch { from: rate(from), to: rate(to), duration_ns }
}

fn profile(stretches: &[Stretch]) -> Result<Profile, ScheduleError> {
    Profile::new(&[(String::new(), stretches.to_vec())])
}

fn times(stretches: &[Stretch]) -> Vec<u64> {
    let schedule = Schedule::for_profile(profile(stretches).unwrap()).unwrap();
    schedule.stripe(0, 1).map(|slot| slot.intended_ns).collect()
}

#[test]
fn a_line_from_nothing_has_half_of_its_arrivals_after_the_root_of_a_half() {
    let times = times(&[stretch("0", "1000", 2 * S)]);
    assert_eq!((times.len(), times[0]), (1_000, 0));
    // N(t) = 250 t^2: arrival i at 2 s x sqrt(i / 1000), rounded up.
    assert_eq!(times[250], S);
    assert_eq!(times[500], 1_414_213_563);
    assert_eq!(times[810], 1_800_000_000);
}

#[test]
fn a_line_down_to_nothing_is_the_mirror_of_the_line_up() {
    let (up, down) = (times(&[stretch("0", "90", 10 * S)]), times(&[stretch("90", "0", 10 * S)]));
    assert_eq!(up.len(), 450);
    for index in 1..450 {
        let mirrored = 10 * S - down[450 - index];
        assert!(up[index].abs_diff(mirrored) <= 1, "{index}: {} and {mirrored}", up[index]);
    }
}

#[test]
fn many_short_stretches_lose_nothing() {
    // Half an arrival each, 1,001 times.
    let halves = vec![stretch("0.5", "0.5", S); 1_001];
    assert_eq!(times(&halves), (0..500).map(|index| 2 * S * index).collect::<Vec<_>>());
    // Thirds of a second, and nothing in between.
    let gaps = [stretch("1", "1", S / 2), stretch("0", "0", 10 * S), stretch("1", "1", 3 * S / 2)];
    assert_eq!(times(&gaps), [0, 11 * S]);
}

#[test]
fn what_never_arrives_or_cannot_be_exact_is_none() {
    assert_eq!(profile(&[stretch("0", "0", S)]).unwrap_err(), ScheduleError::NoArrival);
    assert_eq!(profile(&[]).unwrap_err(), ScheduleError::NoArrival);
    let year = 365 * 86_400 * S;
    assert!(profile(&[stretch("0", "1000000", 86_400 * S)]).is_ok());
    assert!(profile(&[stretch("100000000", "100000000", year)]).is_ok());
    let fine = stretch("0.000000001", "100000000", year);
    assert_eq!(profile(&[fine]).unwrap_err(), ScheduleError::TooFine);
}

#[test]
fn random_arrivals_come_where_the_rate_is() {
    let profile = profile(&[stretch("0", "10000", 10 * S)]).unwrap();
    let schedule = Schedule::for_profile(profile).unwrap().with_arrivals(Arrivals::Poisson, 3);
    let times: Vec<u64> = schedule.stripe(0, 1).map(|slot| slot.intended_ns).collect();
    assert_eq!(times.len(), 50_000);
    assert!(times.is_sorted());
    // The first half of a line from nothing has a quarter of the arrivals: binomial, to 5 sigma.
    let early = times.iter().filter(|at| **at < 5 * S).count() as f64;
    assert!((early - 12_500.0).abs() < 5.0 * (50_000.0_f64 * 0.25 * 0.75).sqrt(), "{early}");
    let gaps: Vec<f64> = times[49_000..].windows(2).map(|pair| (pair[1] - pair[0]) as f64).collect();
    let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
    let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64;
    assert!((variance.sqrt() / mean - 1.0).abs() < 0.15, "exponential gaps");
}

fn stretches() -> impl Strategy<Value = Vec<Stretch>> {
    let level = prop_oneof![Just(None), (1_u64..50_000, 1_u64..61).prop_map(|(a, s)| Rate::new(a, s).ok())];
    let stretch = (level.clone(), level, any::<bool>(), 0_u64..3_000_000_000).prop_map(
        |(from, to, is_constant, duration_ns)| Stretch {
            from,
            to: if is_constant { from } else { to },
            duration_ns,
        },
    );
    proptest::collection::vec(stretch, 1..6)
}

proptest! {
    /// The definition itself: by the time of an arrival its number has come, and one nanosecond earlier it has not.
    #[test]
    fn an_arrival_leaves_in_the_first_nanosecond_by_which_it_has_come(stretches in stretches()) {
        let Ok(profile) = profile(&stretches) else { return Ok(()) };
        // Counted another way: for each stretch alone, in floating point.
        let expected = |at_ns: u64| -> f64 {
            let mut start = 0_u64;
            let mut sum = 0.0;
            for stretch in &stretches {
                let t = at_ns.saturating_sub(start).min(stretch.duration_ns) as f64 / 1e9;
                let (from, to) = (stretch.from.map_or(0.0, Rate::per_second), stretch.to.map_or(0.0, Rate::per_second));
                let length = stretch.duration_ns as f64 / 1e9;
                if length > 0.0 {
                    sum += from * t + (to - from) * t * t / length / 2.0;
                }
                start += stretch.duration_ns;
            }
            sum
        };
        let count = profile.count();
        prop_assert!((expected(profile.duration_ns()) - count as f64) < 1.0 + 1e-6);
        for index in (0..count).step_by(1 + count as usize / 500) {
            let at = profile.time_of(index);
            prop_assert!(expected(at) >= index as f64 - 1e-5, "{} at {}", index, at);
            prop_assert!(at == 0 || expected(at - 1) < index as f64 + 1e-5, "{} before {}", index, at);
        }
    }

    #[test]
    fn stripes_partition_a_profile(stretches in stretches(), workers in 1_u64..5, is_random in any::<bool>()) {
        let schedule = profile(&stretches).and_then(Schedule::for_profile);
        let Ok(schedule) = schedule else { return Ok(()) };
        let arrivals = if is_random { Arrivals::Poisson } else { Arrivals::Constant };
        let schedule = schedule.with_arrivals(arrivals, 7).with_warmup(S / 2).unwrap();
        let whole: Vec<Slot> = schedule.stripe(0, 1).collect();
        prop_assert!(whole.is_sorted_by_key(|slot| slot.intended_ns));
        prop_assert_eq!(whole.len() as u64, schedule.warmup_count() + schedule.count());
        prop_assert!(whole.iter().all(|slot| slot.intended_ns < schedule.warmup_ns() + schedule.duration_ns()));
        let mut parts: Vec<Slot> = (0..workers).flat_map(|worker| schedule.stripe(worker, workers)).collect();
        parts.sort_by_key(|slot| (slot.phase == crate::schedule::Phase::Measured, slot.index));
        prop_assert_eq!(parts, whole);
    }
}
