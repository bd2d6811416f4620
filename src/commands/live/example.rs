//! A screen without a terminal, for the bench: what a second costs the thread that draws.

use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::drawing::{Look, Signs, draw};
use super::model::{Course, Goal, Model};
use crate::load::Progress;
use crate::schedule::NANOS_PER_S;

/// Requests per second of the example, and how long it has run, in seconds.
const RATE: u64 = 10_000;
const ELAPSED_S: u64 = 600;

/// The screen of a run that has gone on for ten minutes.
pub struct ExampleScreen {
    model: Model,
    terminal: Terminal<TestBackend>,
    second: Progress,
    now_ns: u64,
}

impl ExampleScreen {
    /// On so many columns and rows.
    pub fn new(columns: u16, rows: u16) -> Self {
        let mut model = Model::default();
        let course = Course {
            load: format!("open loop, {RATE}/s"),
            target: "GET http://target/".to_owned(),
            goal: Goal::Time(2 * ELAPSED_S * NANOS_PER_S),
            warmup_ns: NANOS_PER_S,
            drain_ns: NANOS_PER_S,
            timeout_ns: NANOS_PER_S,
            cap: 1_000,
            slos: ["p99<250ms", "error_rate<1%"].iter().filter_map(|slo| slo.parse().ok()).collect(),
        };
        model.begin(course, 0);
        let mut second = Progress { offered: RATE, completed: RATE, in_flight: 20, ..Progress::default() };
        for i in 0..RATE {
            second.response.saturating_record(1_000_000 + i * i * 3);
            second.send_lag.saturating_record(20_000 + i);
        }
        let Ok(terminal) = Terminal::new(TestBackend::new(columns, rows));
        let mut screen = Self { model, terminal, second, now_ns: 0 };
        (0..ELAPSED_S).for_each(|_| screen.know());
        screen
    }

    /// Adds the report of a second to what is known, as the thread of the command does.
    pub fn know(&mut self) {
        self.now_ns += NANOS_PER_S;
        // Pictures that never change would cost nothing.
        self.second.in_flight = 20 + self.now_ns / NANOS_PER_S % 30;
        self.model.second(self.now_ns, &self.second);
    }

    /// Draws what is known, as the thread of the screen does.
    pub fn draw(&mut self) {
        let look = Look { signs: &Signs::UNICODE, is_paused: false, has_help: false };
        let Ok(_) = self.terminal.draw(|frame| draw(&self.model, look, frame.area(), frame.buffer_mut()));
    }
}
