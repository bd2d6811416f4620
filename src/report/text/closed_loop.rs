//! What a closed loop shows, and what it cannot: said in every one of its reports.

use super::super::Style;
use super::layout::{Tone, labelled, paint, wrapped};
use super::numbers::{count, counted, ms, rate, time};
use crate::judge::{Modelled, Saturation, Stage, Stages};
use crate::result::{Figure, Summary};

/// What closed-loop results show together, what they cannot tell, and what to run next. Empty without such results.
pub(crate) fn findings(results: &[&Summary], style: &Style) -> String {
    let stages: Vec<Stage> = results.iter().filter_map(|summary| Stage::of(summary)).collect();
    let Some(last) = stages.iter().max_by_key(|stage| stage.users).copied() else { return String::new() };
    let mut text = labelled("Closed loop", &paint("what this report cannot tell", Tone::Doubtful, style));
    text += &wrapped(
        "- ",
        "each user waits for an answer before sending again: when the service slows down, so does the load. Nobody here saw \
         what users who do not wait would see.",
    );
    text += &wrapped("- ", &littles_law(last));
    let next_per_s = match Stages::of(&stages) {
        Some(found) => {
            text += &wrapped("- ", &rising(&found));
            found.highest_per_s
        }
        None => {
            text += &wrapped(
                "- ",
                "one number of users cannot show whether more of them would bring more throughput, or only a longer \
                 queue: give --stages, such as 5x500,20x2000,80x8000.",
            );
            last.throughput_per_s
        }
    };
    text += &wrapped(
        "- ",
        &format!(
            "next, with the same target and flags: `rpsbench run --rate {} --duration 60s` sends as much whatever the \
             answers do, and `rpsbench compare -c {}` shows both side by side.",
            (next_per_s * 10.0).round() / 10.0,
            last.users
        ),
    );
    text
}

/// Little's law, with the figures in their places.
fn littles_law(stage: Stage) -> String {
    let think =
        if stage.think_ms > 0.0 { format!(" - {} ms to think", ms(stage.think_ms)) } else { String::new() };
    format!(
        "Little's law: {} / {}{think} = {} ms, and the measured mean is {} ms. Beyond the service's capacity the response \
         time is the number of users in other words.",
        counted(stage.users, "user"),
        rate(stage.throughput_per_s),
        ms(stage.mean_by_littles_law_ms()),
        time(stage.mean)
    )
}

/// Whether throughput still rose, and from where on it did not.
fn rising(found: &Stages) -> String {
    let Stages { fewest, flat_from, most, highest_per_s, saturation } = *found;
    match saturation {
        Saturation::Beyond => format!(
            "throughput still rose up to {}, the most there were: the limit lies beyond {}.",
            counted(most.users, "user"),
            rate(highest_per_s)
        ),
        Saturation::BelowAll => format!(
            "throughput is the same for {} as for {} users, about {}: already {} do nothing but lengthen the queue. Start \
             with fewer.",
            count(fewest.users),
            count(most.users),
            rate(highest_per_s),
            counted(fewest.users, "user")
        ),
        Saturation::From(users) => format!(
            "throughput no longer rises from {} users on: {} with {}, {} with {}, while the mean went from {} to {} ms. \
             From about {} users on ({} x {} ms, the time without a queue) more users only lengthen the queue.",
            count(flat_from.users),
            rate(flat_from.throughput_per_s),
            count(flat_from.users),
            rate(most.throughput_per_s),
            count(most.users),
            time(flat_from.mean),
            time(most.mean),
            users.round(),
            rate(highest_per_s),
            time(fewest.mean.map(|mean_ms| mean_ms + fewest.think_ms))
        ),
    }
}

/// A modelled correction, clearly not a measurement; empty where none was asked for.
pub(crate) fn modelled(summary: &Summary) -> String {
    let Some(expected_per_s) = summary.plan.expected_rate_per_s else { return String::new() };
    let Some(modelled) = Modelled::of(summary, expected_per_s) else { return String::new() };
    let mut text = labelled("Modelled", "NOT measured: HdrHistogram's correction for coordinated omission");
    text += &wrapped(
        "- ",
        &format!(
            "had the {} sent {} together, one request each {} ms, and not waited, {} more requests would have met the \
             same stalls: p50 {}, p90 {}, p99 {}, p99.9 {} ms, where p99 {} ms was measured.",
            counted(summary.plan.concurrency.unwrap_or_default(), "user"),
            rate(modelled.expected_rate_per_s),
            ms(modelled.interval_ms),
            count(modelled.made_up),
            ms(modelled.p50_ms),
            ms(modelled.p90_ms),
            ms(modelled.p99_ms),
            ms(modelled.p99_9_ms),
            time(summary.latency.response_ok.figure(Figure::P99))
        ),
    );
    text + &wrapped(
        "- ",
        "the model knows only of users who were held up. A queue that further requests would have built is not in it: only \
         an open loop shows that.",
    )
}
