//! The screen, drawn from the model into a buffer: no clock and no terminal, so that any size can be tested.
//!
//! Sections follow each other from the most to the least important, each as high as it needs to be; what is left over goes to
//! the table and to the histogram. A screen that is too small loses its end.

mod charts;
mod figures;
mod flow;
mod head;
mod help;
mod signs;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;

use super::model::Model;
pub(super) use signs::Signs;

/// How it is drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    pub(super) signs: &'static Signs,
    /// Nothing is drawn until it goes on; the run does.
    pub(super) is_paused: bool,
    /// The help stands in place of the figures.
    pub(super) has_help: bool,
}

/// The rows of a screen that are still free.
struct Page<'a> {
    free: Rect,
    buffer: &'a mut Buffer,
}

impl Page<'_> {
    /// Takes rows from the top, as far as there are any.
    fn rows(&mut self, rows: u16) -> Rect {
        let taken = Rect { height: rows.min(self.free.height), ..self.free };
        self.free.y += taken.height;
        self.free.height -= taken.height;
        taken
    }

    /// Takes rows from the bottom, as far as there are any.
    fn last_rows(&mut self, rows: u16) -> Rect {
        let height = rows.min(self.free.height);
        self.free.height -= height;
        Rect { y: self.free.bottom(), height, ..self.free }
    }

    /// Writes into a row that was taken; where there was none left there is nothing to write to.
    fn write(&mut self, row: Rect, line: &Line<'_>) {
        if !row.is_empty() {
            self.buffer.set_line(row.x, row.y, line, row.width);
        }
    }

    fn line(&mut self, line: &Line<'_>) {
        let row = self.rows(1);
        self.write(row, line);
    }

    fn lines(&mut self, lines: &[Line<'_>]) {
        lines.iter().for_each(|line| self.line(line));
    }

    /// An empty row, where there are plenty.
    fn gap(&mut self, least: u16) {
        if self.free.height > least {
            self.rows(1);
        }
    }
}

/// Draws what is known. An area without columns or rows takes nothing.
pub(super) fn draw(model: &Model, look: Look, area: Rect, buffer: &mut Buffer) {
    let free = area.intersection(buffer.area);
    if free.is_empty() {
        return;
    }
    let mut page = Page { free, buffer };
    head::draw(model, look, &mut page);
    if look.has_help {
        help::draw(&mut page);
        return;
    }
    let Some(run) = &model.run else {
        remarks(model, &mut page);
        return;
    };
    page.gap(21);
    figures::draw(run, look, &mut page);
    // What the user was told is neither cut off nor in the way of what is known.
    remarks(model, &mut page);
    page.gap(8);
    let table = charts::rows_of_table(model, page.free.height);
    charts::table(model, table, &mut page);
    charts::histogram(run, look, &mut page);
}

/// The newest remarks, at the bottom, in a quarter of what is left at most but always in one row.
fn remarks(model: &Model, page: &mut Page<'_>) {
    let most = usize::from(page.free.height / 4).max(1);
    let mut lines: Vec<Line<'_>> = Vec::new();
    for remark in model.remarks.iter().rev() {
        let wrapped = flow::wrapped("", 2, &[(remark.clone(), Style::new())], page.free.width);
        if !lines.is_empty() && lines.len() + wrapped.len() > most {
            break;
        }
        lines.splice(0..0, wrapped);
    }
    let area = page.last_rows(u16::try_from(lines.len()).unwrap_or(u16::MAX));
    for (line, row) in lines.iter().zip(area.rows()) {
        page.write(row, line);
    }
}

/// How a heading is shown.
fn heading() -> Style {
    Style::new().add_modifier(Modifier::BOLD)
}

/// How what explains is shown, beside what counts.
fn faint() -> Style {
    Style::new().add_modifier(Modifier::DIM)
}

#[cfg(test)]
mod tests;
