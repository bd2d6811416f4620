//! What is run, and how far it is.

use ratatui::style::{Color, Style};
use ratatui::text::{Line, Span};

use super::{Look, Page, faint, flow, heading};
use crate::commands::live::model::{Goal, Model, Phase, Run};
use crate::report::clean;
use crate::report::text::numbers::{count, counted};
use crate::schedule::NANOS_PER_S;

const KEYS: &str = "q stop  p pause  ? help";
const PAUSED: &str = "PAUSED: p goes on";

pub(super) fn draw(model: &Model, look: Look, page: &mut Page<'_>) {
    title(model, look, page);
    if let Some(run) = &model.run {
        bar(run, look, page);
    }
    if let Some(doing) = &model.doing {
        let text = [(clean(doing), Style::new())];
        page.lines(&flow::wrapped("", 2, &text, page.free.width));
    }
}

/// The load and its target, and the keys at the right.
fn title(model: &Model, look: Look, page: &mut Page<'_>) {
    let row = page.rows(1);
    let (keys, style) = if look.is_paused {
        (PAUSED, Style::new().fg(Color::Black).bg(Color::Yellow))
    } else {
        (KEYS, faint())
    };
    let width = usize::from(row.width);
    let left = width.saturating_sub(keys.len() + 2);
    let text = model.run.as_ref().map_or_else(
        || "starting".to_owned(),
        |run| format!("{}  {}", run.course.load, clean(&run.course.target)),
    );
    let fits = text.chars().count() <= left;
    let text = if fits { text } else { text.chars().take(left.saturating_sub(2)).collect::<String>() + ".." };
    page.write(row, &Line::from(Span::styled(text, heading())));
    if left > 0 {
        let at = row.x + (row.width - keys.len() as u16);
        page.buffer.set_string(at, row.y, keys, style);
    }
}

/// A bar with what is done, and in words what is left.
fn bar(run: &Run, look: Look, page: &mut Page<'_>) {
    let (share, left_s) = run.progress();
    let words = words(run, left_s);
    let row = page.rows(1);
    let width = usize::from(row.width).saturating_sub(words.len() + 2).min(60);
    let done = (width as f64 * share).floor() as usize;
    let bar = look.signs.done.repeat(done) + &look.signs.left.repeat(width - done);
    let style = match run.phase() {
        Phase::WarmingUp | Phase::Starting => Style::new().fg(Color::Yellow),
        Phase::Measuring => Style::new().fg(Color::Green),
        Phase::Draining { .. } | Phase::Over => Style::new().fg(Color::Cyan),
    };
    let gap = if width > 0 { "  " } else { "" };
    let line = Line::from(vec![Span::styled(bar, style), Span::raw(gap), Span::styled(words, heading())]);
    page.write(row, &line);
}

fn words(run: &Run, left_s: Option<u64>) -> String {
    let waiting = |left_s: u64| {
        format!("draining: {} to come, at most {left_s} s more", counted(run.in_flight, "answer"))
    };
    let doing = match run.phase() {
        Phase::Starting => return "starting".to_owned(),
        Phase::Over => return "over".to_owned(),
        Phase::Draining { left_s } if run.is_stopping() => return format!("STOPPING, {}", waiting(left_s)),
        Phase::Draining { left_s } => return waiting(left_s),
        Phase::WarmingUp => "warm-up",
        Phase::Measuring => "measuring",
    };
    let elapsed_s = run.elapsed_s();
    let left = |about: &str| left_s.map_or_else(String::new, |left_s| format!(", {about}{left_s} s left"));
    match run.course.goal {
        Goal::Time(total_ns) => {
            format!("{doing}, {elapsed_s}/{} s{}", total_ns.div_ceil(NANOS_PER_S), left(""))
        }
        Goal::Requests(requests) => {
            let done = count(run.tally.ledger.planned);
            format!("{doing}, {done} of {} requests{}", count(requests), left("about "))
        }
    }
}
