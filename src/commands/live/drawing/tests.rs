use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::*;
use crate::commands::live::model::{Course, Goal};
use crate::load::Progress;
use crate::measure::{ErrorKind, HttpFault};
use crate::schedule::NANOS_PER_S;

const S: u64 = NANOS_PER_S;
const PLAIN: Look = Look { signs: &Signs::UNICODE, is_paused: false, has_help: false };

fn course(goal: Goal) -> Course {
    Course {
        load: "open loop, 300/s".to_owned(),
        target: "GET http://target/path".to_owned(),
        goal,
        warmup_ns: if matches!(goal, Goal::Time(_)) { S } else { 0 },
        drain_ns: 10 * S,
        timeout_ns: 10 * S,
        cap: 3_310,
        slos: vec!["p99<250ms".parse().unwrap(), "error_rate<1%".parse().unwrap()],
    }
}

/// A second of 300 arrivals of which so many are answered well, one in `wait_ms` and the others faster.
fn second(good: u64, wait_ms: u64, in_flight: u64) -> Progress {
    let mut progress = Progress { offered: 300, completed: good, in_flight, ..Progress::default() };
    for i in 0..good {
        progress.response.saturating_record((1 + wait_ms * i / good.max(1)) * 1_000_000);
        progress.send_lag.saturating_record(60_000);
    }
    progress
}

fn fail(progress: &mut Progress, kind: ErrorKind, count: u64) {
    progress.kinds[kind as usize] += count;
    progress.errors += count;
}

fn refuse(progress: &mut Progress, status: u16, fault: HttpFault, count: u64) {
    progress.faults.insert((status, fault), count);
    progress.completed += count;
    progress.http_errors += count;
    progress.errors += count;
}

/// A run of 60 s and 1 s of warm-up that falls behind, `seconds` after its start.
fn behind(seconds: u64) -> Model {
    let mut model = Model::default();
    model.begin(course(Goal::Time(61 * S)), 5 * S);
    for i in 1..=seconds {
        let mut second = second(291 - i, 20 + 10 * i, 9 * i);
        second.overflow = if i > 20 { 3 } else { 0 };
        if i > 10 {
            refuse(&mut second, 503, HttpFault::Status, 2);
            fail(&mut second, ErrorKind::Timeout, 1);
        }
        model.second(5 * S + i * S + 1_000_000, &second);
    }
    model
}

fn picture(model: &Model, look: Look, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(model, look, frame.area(), frame.buffer_mut())).unwrap();
    terminal.backend().to_string()
}

/// CONTRIBUTING.md says how to write a snapshot anew.
#[track_caller]
fn assert_looks_as_saved(name: &str, picture: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, picture));
}

#[test]
fn a_run_that_falls_behind_on_the_smallest_screen() {
    assert_looks_as_saved("behind-80x24", &picture(&behind(30), PLAIN, 80, 24));
}

#[test]
fn a_larger_screen_has_more_of_the_histogram() {
    assert_looks_as_saved("behind-120x40", &picture(&behind(30), PLAIN, 120, 40));
}

#[test]
fn a_terminal_without_unicode_gets_none() {
    let text = picture(&behind(30), Look { signs: &Signs::ASCII, ..PLAIN }, 80, 24);
    assert!(text.is_ascii(), "{text}");
    assert_looks_as_saved("behind-ascii-80x24", &text);
}

#[test]
fn the_drain_is_counted_down_and_the_pause_and_the_help_are_seen() {
    let mut model = behind(61);
    model.second(5 * S + 64 * S, &second(0, 1, 40));
    let text = picture(&model, Look { is_paused: true, ..PLAIN }, 80, 24);
    assert!(text.contains("draining: 40 answers to come, at most 7 s more"), "{text}");
    assert!(text.contains("PAUSED"), "{text}");
    model.stop(5 * S + 64 * S);
    assert!(picture(&model, PLAIN, 80, 24).contains("STOPPING, draining"));
    assert_looks_as_saved("help-80x24", &picture(&model, Look { has_help: true, ..PLAIN }, 80, 24));
}

#[test]
fn a_search_shows_its_trials_and_the_one_under_way() {
    let mut model = behind(3);
    model.doing = Some("trial 4: bisect at 312/s for 5 s; holds 281/s, fails 344/s; 40 s left".to_owned());
    for rate in [100, 200, 400] {
        model.rows.push_back(format!(
            "{:>12} {rate:>11} {:>8} {:>8} {:>8}  ok",
            format!("{rate}/s"),
            12,
            88,
            0
        ));
    }
    model.remark("warning: no idle baseline, because the first request got no good answer");
    assert_looks_as_saved("search-80x24", &picture(&model, PLAIN, 80, 24));
}

#[test]
fn a_closed_loop_of_so_many_requests_knows_about_how_long_it_takes() {
    let mut model = Model::default();
    model.begin(course(Goal::Requests(3_000)), 0);
    for i in 1..=2 {
        model.second(i * S, &second(300, 20, 5));
    }
    let text = picture(&model, PLAIN, 80, 24);
    assert!(text.contains("measuring, 600 of 3,000 requests, about 8 s left"), "{text}");
}

#[test]
fn no_kind_of_error_is_cut_off_however_many_there_are() {
    let mut model = behind(2);
    let mut worst = second(0, 1, 9);
    ErrorKind::ALL.into_iter().for_each(|kind| fail(&mut worst, kind, 123_456));
    (400..412).for_each(|status| refuse(&mut worst, status, HttpFault::Body, 123_456));
    model.second(9 * S, &worst);
    let text: String = picture(&model, PLAIN, 80, 24).split_whitespace().collect();
    let text = text.replace('"', "");
    for kind in ErrorKind::ALL {
        let name: String = kind.name().replace('_', "");
        assert!(text.contains(&format!("123,456{name}")), "{name}: {text}");
    }
    assert!((400..412).all(|status| text.contains(&format!("HTTP{status}(wrongcontent)"))), "{text}");
    let mut many = second(0, 1, 9);
    (400..460).for_each(|status| refuse(&mut many, status, HttpFault::Status, 1));
    model.second(10 * S, &many);
    let text: String = picture(&model, PLAIN, 80, 24);
    assert!(text.contains("HTTP 4xx"), "{text}");
}

#[test]
fn the_warm_up_is_not_in_the_whole_run() {
    let model = behind(1);
    assert!(picture(&model, PLAIN, 80, 24).contains("warm-up, 1/61 s, 60 s left"));
    let run = behind(2).run.unwrap();
    assert_eq!((run.tally.offered, run.tally.ledger.ok), (300, 289));
}

#[test]
fn before_anything_is_known_it_says_so() {
    assert!(picture(&Model::default(), PLAIN, 80, 24).contains("starting"));
    let mut model = Model::default();
    model.begin(course(Goal::Time(S)), 0);
    let text = picture(&model, PLAIN, 80, 24);
    assert!(
        text.contains("starting") && text.contains("open p99<250ms so far: nothing was measured"),
        "{text}"
    );
}

proptest! {
    #[test]
    fn any_size_can_be_drawn(
        width in 0_u16..200, height in 0_u16..80, seconds in 0_u64..70, has_help in any::<bool>(), rows in 0_usize..40,
    ) {
        let mut model = behind(seconds);
        model.rows.extend((0..rows).map(|row| format!("{row}/s")));
        model.remark("a remark that is longer than a line of a screen that is not very wide at all, as terminals go");
        let area = Rect { x: 0, y: 0, width, height };
        let mut buffer = Buffer::empty(area);
        draw(&model, Look { has_help, ..PLAIN }, area, &mut buffer);
    }
}
