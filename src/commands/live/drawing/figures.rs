//! The figures: rates and times of the last second and of the whole run, errors, objectives, and whether they can be trusted.

use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Sparkline, SparklineBar, Widget};

use super::flow::{LABEL, wrapped};
use super::{Look, Page, faint, heading};
use crate::commands::live::history::Second;
use crate::commands::live::model::Run;
use crate::measure::{Measured, Quantile};
use crate::report::text::brief;
use crate::report::text::numbers::{FAILED, count, figure, ms};
use crate::result::GeneratorVerdict;

/// Columns of the last second, of the whole run, and of what stands beside them.
const FIGURE: usize = 12;
const BESIDE: usize = 18;
/// Values of a sparkline are whole numbers: thousandths.
const SCALE: f64 = 1_000.0;

/// A row of the table.
struct Row {
    label: &'static str,
    last: String,
    whole: String,
    beside: Option<(String, Style)>,
    style: Style,
    value: fn(&Second) -> Option<f64>,
    /// The end of the scale, where rows share one so that they can be compared.
    scale: Option<f64>,
}

pub(super) fn draw(run: &Run, look: Look, page: &mut Page<'_>) {
    let table = rows(run);
    let head = page.rows(1);
    let spark = sparks(head);
    let line = Line::styled(
        format!(
            "{:<LABEL$}{:>FIGURE$}{:>FIGURE$}",
            "per second",
            "last second",
            "whole run",
            LABEL = usize::from(LABEL)
        ),
        heading(),
    );
    page.write(head, &line);
    if spark.width > 0 && !head.is_empty() {
        let title = format!("last {} s", run.history.len());
        page.buffer.set_stringn(spark.x, spark.y, title, usize::from(spark.width), faint());
    }
    for row in &table {
        draw_row(run, row, look, page);
    }
    page.lines(&errors(run, page.free.width));
    page.lines(&objectives(run, page.free.width));
    page.lines(&trust(run, page.free.width));
}

fn rows(run: &Run) -> Vec<Row> {
    let last = run.history.last().copied().unwrap_or_default();
    let [offered, sent, answered, good] = run.tally.rates();
    let scale = run.history.largest(|second| Some(second.offered.max(second.answered)));
    let rate = |value: f64| {
        let decimals = if value < 99.95 { 1 } else { 0 };
        format!("{value:.decimals$}/s")
    };
    let row = |label, last, whole, value| Row {
        label,
        last,
        whole,
        beside: None,
        style: Style::new(),
        value,
        scale: None,
    };
    let (green, red) = (Style::new().fg(Color::Green), Style::new().fg(Color::Red));
    let alarm = red.add_modifier(Modifier::REVERSED | Modifier::BOLD);
    let behind = last.behind.map(|behind| (format!("BEHIND {behind:.0}/s"), alarm));
    let lacking = last.answered - last.good;
    let bad = (lacking >= 0.5).then(|| (format!("{} not good", rate(lacking)), red));
    let missed = run.tally.ledger.missed;
    let missed = (missed > 0).then(|| (format!("missed {}", count(missed)), red));
    let p = |value: Option<f64>| figure(value.into(), |value| format!("{} ms", ms(value)));
    let whole = |quantile: Quantile| match run.tally.percentile(quantile, run.course.timeout_ns) {
        // It has no time, for the request that it falls on got no good answer.
        bound if bound.is_bound() => FAILED.to_owned(),
        known => figure(known, |value| format!("{} ms", ms(value))),
    };
    let overflow = run.tally.ledger.overflow;
    vec![
        Row { scale, ..row("offered", rate(last.offered), rate(offered), |second| Some(second.offered)) },
        Row { scale, beside: missed, ..row("sent", rate(last.sent), rate(sent), |second| Some(second.sent)) },
        Row {
            scale,
            beside: behind,
            style: heading(),
            ..row("answered", rate(last.answered), rate(answered), |second| Some(second.answered))
        },
        Row {
            scale,
            beside: bad,
            style: green,
            ..row("good", rate(last.good), rate(good), |second| Some(second.good))
        },
        Row {
            beside: Some((format!("of {} at most", count(run.course.cap)), faint())),
            ..row("in flight", count(run.in_flight), String::new(), |second| Some(second.in_flight as f64))
        },
        Row {
            style: if overflow > 0 { red } else { Style::new() },
            ..row("overflow", count(last.overflow), count(overflow), |second| Some(second.overflow as f64))
        },
        row("p50", p(last.p50_ms), whole(Quantile::P50), |second| second.p50_ms),
        row("p99", p(last.p99_ms), whole(Quantile::P99), |second| second.p99_ms),
    ]
}

fn draw_row(run: &Run, row: &Row, look: Look, page: &mut Page<'_>) {
    let area = page.rows(1);
    if area.is_empty() {
        return;
    }
    let Row { label, last, whole, style, .. } = row;
    let mut line = Line::from(vec![
        Span::styled(format!("{label:<label_width$}", label_width = usize::from(LABEL)), *style),
        Span::styled(format!("{last:>FIGURE$}"), *style),
        Span::raw(format!("{whole:>FIGURE$}")),
    ]);
    if let Some((text, style)) = &row.beside {
        line.push_span(Span::raw("  "));
        line.push_span(Span::styled(text.clone(), *style));
    }
    page.write(area, &line);
    let spark = sparks(area);
    let (cells, _) = run.history.cells(usize::from(spark.width), row.value);
    let bars = cells.iter().map(|value| SparklineBar::from(value.map(|value| (value * SCALE) as u64)));
    let sparkline = Sparkline::default()
        .bar_set(look.signs.levels.clone())
        .absent_value_symbol(" ")
        .data(bars)
        .style(*style);
    let sparkline = match row.scale {
        Some(scale) => sparkline.max(((scale * SCALE) as u64).max(1)),
        None => sparkline,
    };
    sparkline.render(spark, page.buffer);
}

/// Where the sparkline of a row is: what the figures leave.
fn sparks(row: Rect) -> Rect {
    let figures = LABEL + (2 * FIGURE + BESIDE + 2) as u16;
    let x = figures.min(row.width);
    Rect { x: row.x + x, width: row.width - x, ..row }
}

/// Every kind of error, wrapped rather than cut off.
fn errors(run: &Run, width: u16) -> Vec<Line<'static>> {
    let errors = run.tally.errors();
    let total: u64 = errors.iter().map(|(_, count)| count).sum();
    if total == 0 {
        return wrapped("errors", LABEL, &[("none".to_owned(), Style::new())], width);
    }
    let red = Style::new().fg(Color::Red);
    let sum = (format!("{}:", count(total)), red.add_modifier(Modifier::BOLD));
    // One kind is its own sum.
    let mut texts = if errors.len() > 1 { vec![sum] } else { Vec::new() };
    let last = errors.len() - 1;
    texts.extend(errors.iter().enumerate().map(|(i, (kind, number))| {
        (format!("{} {kind}{}", count(*number), if i < last { "," } else { "" }), red)
    }));
    wrapped("errors", LABEL, &texts, width)
}

fn objectives(run: &Run, width: u16) -> Vec<Line<'static>> {
    let results = run.tally.objectives(&run.course.slos, run.course.timeout_ns);
    let lines = results.iter().enumerate().map(|(i, result)| {
        let (word, color) = match result.measured {
            // Before the first answers nothing is kept, and nothing is missed either.
            Measured::Unknown => ("open", Color::Yellow),
            _ if result.passed => ("ok", Color::Green),
            _ => ("FAILED", Color::Red),
        };
        let texts = [
            (word.to_owned(), Style::new().fg(color).add_modifier(Modifier::BOLD)),
            (format!("{} so far: {}", result.slo, brief::measured(result)), Style::new()),
        ];
        wrapped(if i == 0 { "objectives" } else { " " }, LABEL, &texts, width)
    });
    lines.flatten().collect()
}

/// Whether the figures can be trusted, as far as that is known before the end.
fn trust(run: &Run, width: u16) -> Vec<Line<'static>> {
    let client = run.tally.client();
    let (word, color) = match client.verdict() {
        GeneratorVerdict::Valid => ("VALID", Color::Green),
        GeneratorVerdict::Suspect => ("SUSPECT", Color::Yellow),
        GeneratorVerdict::Invalid => ("INVALID", Color::Red),
    };
    let longest = ms(client.longest_lag_ms);
    let mut text = match client.p99_ms {
        Some((lag, _)) => format!("so far: send lag p99 {} ms, longest {longest} ms", ms(lag)),
        None if client.offered == 0 => "so far: nothing was due".to_owned(),
        None => format!("so far: longest send lag {longest} ms"),
    };
    if client.missed > 0 {
        text += &format!("; {} missed", count(client.missed));
    }
    if client.client_limits > 0 {
        text += &format!("; {} failed for want of ports or descriptors", count(client.client_limits));
    }
    let texts =
        [(word.to_owned(), Style::new().fg(color).add_modifier(Modifier::BOLD)), (text, Style::new())];
    wrapped("trust", LABEL, &texts, width)
}
