//! The live screen on a real terminal: it is there while requests are sent, and afterwards the terminal is what it was,
//! however the run ended.

use crate::support::program::run;
use crate::support::terminal::{Terminal, wait};

/// The terminal's other screen, and back.
const ENTER: &str = "\u{1b}[?1049h";
const LEAVE: &str = "\u{1b}[?1049l";
const CTRL_C: &str = "\u{3}";
const CTRL_Z: &str = "\u{1a}";

/// The built-in service at half of what it holds, without what comes before a run.
const RUN: &str = "rpsbench --rate 100 --warmup 0 --baseline 0";

/// A script that says how the terminal was before and after `run`, and how that ended.
fn between(run: &str) -> String {
    format!("stty -g; {run}; echo code $?; stty -g; echo over")
}

/// Asserts that the modes of the terminal never differed when the shell was asked, and how often that was.
#[track_caller]
fn assert_modes_are_kept(seen: &str, times: usize) {
    // The form of `stty -g`: flags and characters in hexadecimal, with colons between them.
    let is_modes = |line: &&str| line.matches(':').count() > 20 && !line.contains(' ');
    let modes: Vec<&str> =
        seen.split(['\r', '\n']).map(|line| line.trim_start_matches(LEAVE)).filter(is_modes).collect();
    assert_eq!(modes.len(), times, "{}", seen.escape_debug());
    assert!(modes.iter().all(|line| line == &modes[0]), "{modes:?}");
}

/// Asserts that the screen came and went so many times, and that `text` stands on the normal screen after it.
#[track_caller]
fn assert_left_before(seen: &str, times: usize, text: &str) {
    assert_eq!(seen.matches(ENTER).count(), times, "{}", seen.escape_debug());
    assert_eq!(seen.matches(LEAVE).count(), times, "{}", seen.escape_debug());
    assert!(seen.rfind(LEAVE) > seen.rfind(ENTER), "{}", seen.escape_debug());
    assert!(seen.rfind(text) > seen.rfind(LEAVE), "{}", seen.escape_debug());
    // The cursor is seen again.
    assert!(seen.rfind("\u{1b}[?25h") > seen.rfind("\u{1b}[?25l"), "{}", seen.escape_debug());
}

#[test]
fn the_screen_is_there_while_it_runs_and_the_report_is_on_the_normal_one() {
    let terminal = Terminal::start("xterm", 80, 24, &between(&format!("{RUN} --duration 2s")));
    let seen = terminal.end();
    assert_left_before(&seen, 1, "RESULT");
    assert_modes_are_kept(&seen, 2);
    let screen = &seen[seen.find(ENTER).expect("it came")..seen.find(LEAVE).expect("it went")];
    for word in ["offered", "answered", "overflow", "p99", "errors", "trust", "measuring"] {
        assert!(screen.contains(word), "{word}: {}", screen.escape_debug());
    }
    assert!(!screen.contains("RESULT") && seen.contains("code 0"), "{}", seen.escape_debug());
}

#[test]
fn q_ends_the_run_with_a_report_as_ctrl_c_does() {
    for (keys, code) in [("q", "code 130"), (CTRL_C, "code 130")] {
        let mut terminal = Terminal::start("xterm", 100, 30, &between(&format!("{RUN} --duration 60s")));
        terminal.wait_for("offered", 1);
        // What means nothing changes nothing: an arrow, a pause and its end, the help and its end, Ctrl-S, Ctrl-\.
        terminal.press("\u{1b}[Axpp??\u{13}\u{1c}");
        wait(1_500);
        terminal.press(keys);
        let seen = terminal.end();
        assert_left_before(&seen, 1, "interrupted after");
        assert_modes_are_kept(&seen, 2);
        assert!(seen.contains(code), "{}", seen.escape_debug());
        // What was told meanwhile is not lost with the screen.
        assert!(seen.rfind("again to leave at once") > seen.rfind(LEAVE), "{}", seen.escape_debug());
    }
}

#[test]
fn a_second_ctrl_c_leaves_at_once() {
    let mut terminal =
        Terminal::start("xterm", 80, 24, &between(&format!("{RUN} --duration 60s --service-time 5s")));
    terminal.wait_for("offered", 1);
    terminal.press(CTRL_C);
    wait(200);
    terminal.press(CTRL_C);
    let seen = terminal.end();
    assert_left_before(&seen, 1, "code 130");
    assert_modes_are_kept(&seen, 2);
    assert!(!seen.contains("RESULT"), "{}", seen.escape_debug());
}

#[test]
fn ctrl_z_gives_the_terminal_back_and_fg_goes_on() {
    let script = format!("stty -g; {RUN} --duration 60s; echo stopped; stty -g; fg; echo code $?; stty -g");
    let mut terminal = Terminal::start("xterm", 80, 24, &script);
    terminal.wait_for("offered", 1);
    terminal.press(CTRL_Z);
    terminal.wait_for(ENTER, 2);
    terminal.wait_for("offered", 2);
    terminal.press("q");
    let seen = terminal.end();
    assert_left_before(&seen, 2, "interrupted after");
    assert_modes_are_kept(&seen, 3);
    let (left, stopped, back) = (seen.find(LEAVE), seen.find("stopped\r\n"), seen.rfind(ENTER));
    assert!(left < stopped && stopped < back, "{}", seen.escape_debug());
}

#[test]
fn a_job_in_the_background_leaves_the_terminal_alone_until_it_is_brought_back() {
    let script = format!(
        "stty -g; {RUN} --duration 60s; bg; sleep 2.5; echo other; stty -g; fg; echo code $?; stty -g"
    );
    let mut terminal = Terminal::start("xterm", 80, 24, &script);
    terminal.wait_for("offered", 1);
    terminal.press(CTRL_Z);
    terminal.wait_for(ENTER, 2);
    terminal.press("q");
    let seen = terminal.end();
    assert_left_before(&seen, 2, "interrupted after");
    assert_modes_are_kept(&seen, 3);
    let (left, other, back) = (seen.find(LEAVE), seen.find("other\r\n"), seen.rfind(ENTER));
    assert!(left < other && other < back, "{}", seen.escape_debug());
}

#[test]
fn any_size_is_drawn_also_none_at_all() {
    let terminal = Terminal::start("xterm", 80, 24, &between(&format!("{RUN} --duration 3s")));
    terminal.wait_for("offered", 1);
    for (columns, rows) in [(0, 0), (1, 1), (60, 5), (300, 100), (0, 24), (80, 0), (81, 25)] {
        terminal.resize(columns, rows);
        wait(150);
    }
    let seen = terminal.end();
    assert_left_before(&seen, 1, "RESULT");
    assert_modes_are_kept(&seen, 2);
}

#[test]
fn terminals_that_cannot_show_it_get_the_line() {
    for (kind, columns, rows, cause) in [
        ("dumb", 100, 30, "cannot move its cursor"),
        ("xterm", 79, 24, "79x24"),
        ("xterm", 0, 0, "does not say how large"),
    ] {
        let script = between(&format!("{RUN} --duration 2s --live screen"));
        let seen = Terminal::start(kind, columns, rows, &script).end();
        assert!(!seen.contains(ENTER) && seen.contains(cause), "{kind}: {}", seen.escape_debug());
        assert!(seen.contains("2/2 s  sent"), "{kind}: {}", seen.escape_debug());
        assert!(kind != "dumb" || !seen.contains('\u{1b}'), "{}", seen.escape_debug());
        assert_modes_are_kept(&seen, 2);
    }
}

#[test]
fn what_was_not_wanted_is_not_shown() {
    for (flags, has_line) in [("--live line", true), ("--live none", false), ("--quiet --live screen", false)]
    {
        let script = between(&format!("{RUN} --duration 2s {flags}"));
        let seen = Terminal::start("xterm", 100, 30, &script).end();
        assert!(!seen.contains(ENTER), "{flags}: {}", seen.escape_debug());
        assert_eq!(seen.contains("/2 s  sent"), has_line, "{flags}: {}", seen.escape_debug());
        assert!(seen.contains("RESULT"), "{flags}: {}", seen.escape_debug());
    }
}

#[test]
fn the_rows_of_a_sweep_are_on_the_normal_screen_in_the_end() {
    let sweep = "rpsbench sweep --rates 50,100 --step-duration 1s --warmup 0 --baseline 0";
    let seen = Terminal::start("xterm", 120, 40, &between(sweep)).end();
    assert_left_before(&seen, 1, "serv p99");
    assert_modes_are_kept(&seen, 2);
    let (screen, after) = seen.split_at(seen.rfind(LEAVE).expect("it went"));
    assert!(screen.contains("rung") && screen.contains("50/s"), "{}", screen.escape_debug());
    assert!(after.contains("rung 2 of at most 2: 100/s"), "{}", after.escape_debug());
}

#[test]
fn where_there_is_no_terminal_lines_are_plain() {
    let run = |more: &[&str]| {
        let plain = ["--rate", "100", "--duration", "5s", "--warmup", "0", "--baseline", "0"];
        run(&[plain.as_slice(), more].concat())
    };
    let ended = run(&[]);
    assert!(ended.stderr.contains("  5/5 s  sent") && ended.stderr.contains("answered"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("--live"), "{}", ended.stderr);
    let ended = run(&["--live", "screen"]);
    assert!(ended.stderr.contains("so there is a line: stderr is no terminal"), "{}", ended.stderr);
}

/// What is left to do then, such as writing to a pipe that nobody reads, may take long.
#[test]
fn ctrl_z_stops_it_also_when_the_screen_is_gone() {
    let run = format!("{RUN} --duration 1s --repeat 6 --format json");
    let script = format!("{run} | (sleep 60; cat > /dev/null); echo stopped; kill -9 %1; echo over");
    let mut terminal = Terminal::start("xterm", 80, 24, &script);
    terminal.wait_for(LEAVE, 1);
    wait(500);
    terminal.press(CTRL_Z);
    terminal.wait_for("stopped\r\n", 1);
    let seen = terminal.end();
    assert_left_before(&seen, 1, "over");
}
