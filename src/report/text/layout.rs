//! The page: a column of labels, wrapped text, aligned tables, and what may not reach a terminal.

use super::super::{Style, clean};

/// Widest line, in characters.
pub(crate) const WIDTH: usize = 100;
/// Widest line of the brief, in characters: of a small terminal.
pub(crate) const COLUMNS: usize = 80;
/// Width of the column of labels.
pub(crate) const LABEL: usize = 12;

/// What a word means, for its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// As it should be.
    Good,
    /// Worth a look.
    Doubtful,
    /// Not as it should be.
    Bad,
}

/// Marks a word, where colour is wanted.
pub(crate) fn paint(text: &str, tone: Tone, style: &Style) -> String {
    if !style.color {
        return text.to_owned();
    }
    let code = match tone {
        Tone::Good => "32",
        Tone::Doubtful => "33",
        Tone::Bad => "1;31",
    };
    format!("\x1b[{code}m{text}\x1b[0m")
}

/// A label and its text.
pub(crate) fn labelled(label: &str, text: &str) -> String {
    format!("{label:LABEL$} {text}\n")
}

/// A text under a label's column, wrapped to the page; the lines after the first are indented further, by as much
/// as the mark in front of the first takes.
pub(crate) fn wrapped(mark: &str, text: &str) -> String {
    wrap(mark, text, LABEL + 1)
}

/// Puts a label in front of [`wrapped`] lines, in the room that they leave.
pub(crate) fn with_label(label: &str, lines: &str) -> String {
    let lines = lines.strip_prefix(&" ".repeat(LABEL + 1)).unwrap_or(lines);
    labelled(label, lines.trim_end_matches('\n'))
}

/// A text behind a margin, wrapped to the page.
pub(crate) fn wrap(mark: &str, text: &str, margin: usize) -> String {
    let indent = margin + mark.chars().count();
    let lines = fill(text, WIDTH - indent);
    format!("{:margin$}{mark}{}\n", "", lines.join(&format!("\n{:indent$}", "")))
}

/// The words of a text in lines of so many characters, at least one line.
fn fill(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in clean(text).split_whitespace().flat_map(|word| pieces(word, width)) {
        let length = line.chars().count();
        if length > 0 && length + 1 + word.chars().count() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&word);
    }
    lines.push(line);
    lines
}

/// A label and a text, wrapped to so many columns below itself.
pub(crate) fn fitted(label: &str, width: usize, text: &str, columns: usize) -> String {
    let lines = fill(text, columns - width - 1).join(&format!("\n{:1$}", "", width + 1));
    format!("{label:width$} {lines}\n")
}

/// A text that fits into so many characters: a longer one ends in an ellipsis.
pub(crate) fn shortened(text: &str, width: usize) -> String {
    let text = clean(text);
    if text.chars().count() <= width {
        return text;
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// Rows with aligned columns: the first to the left, the others to the right, two spaces apart.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (i, (cell, width)) in row.iter().zip(&widths).enumerate() {
            line.push_str(&if i == 0 { format!("{cell:width$}") } else { format!("  {cell:>width$}") });
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// A word in pieces that fit on a line.
fn pieces(word: &str, width: usize) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    letters.chunks(width.max(1)).map(|piece| piece.iter().collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let row = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
        let text = table(&[row(&["", "p50", "p99"]), row(&["lag", "0.1", "1234"]), row(&["all", ">5"])]);
        assert_eq!(text, "     p50   p99\nlag  0.1  1234\nall   >5\n");
    }

    #[test]
    fn no_line_is_wider_than_the_page_whatever_the_words() {
        for text in ["word ".repeat(60), "x".repeat(300), String::new()] {
            for line in wrapped("- ", &text).lines() {
                assert!(line.chars().count() <= WIDTH, "{line}");
            }
        }
    }

    #[test]
    fn a_long_name_ends_in_an_ellipsis() {
        assert_eq!(shortened("search", 6), "search");
        assert_eq!(shortened("search all", 8), "search…");
        assert_eq!(shortened("\u{1b}[2J", 9), "\u{fffd}[2J");
    }

    #[test]
    fn only_a_coloured_style_has_escapes() {
        assert_eq!(paint("ok", Tone::Good, &Style::default()), "ok");
        assert_eq!(
            paint("ok", Tone::Good, &Style { color: true, ..Style::default() }),
            "\u{1b}[32mok\u{1b}[0m"
        );
    }
}
