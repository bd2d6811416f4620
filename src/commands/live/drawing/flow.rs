//! Text that is broken into lines and never cut off.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// Columns of a label.
pub(super) const LABEL: u16 = 12;

/// Words in their styles behind a label, in as many lines as it takes; a word that is longer than a line is broken. Lines
/// after the first are indented by `margin`.
pub(super) fn wrapped(label: &str, margin: u16, texts: &[(String, Style)], width: u16) -> Vec<Line<'static>> {
    let (width, margin) = (usize::from(width), usize::from(margin));
    // Where there is no room for a margin there is none.
    let margin = if margin * 2 < width { margin } else { 0 };
    let mut lines = Vec::new();
    let (mut line, mut used) = (Line::default(), 0);
    if !label.is_empty() {
        line.push_span(Span::styled(format!("{label:<margin$}"), super::heading()));
        used = line.width();
    }
    let mut is_empty = true;
    for (text, style) in texts {
        for word in text.split_whitespace() {
            let mut word = Span::styled(word.to_owned(), *style);
            let gap = usize::from(!is_empty);
            if used + gap + word.width() > width && !is_empty {
                lines.push(std::mem::replace(&mut line, Line::from(" ".repeat(margin))));
                (used, is_empty) = (margin, true);
            }
            while used + word.width() > width {
                let (head, tail) = split(&word.content, width.saturating_sub(used));
                // Not even one character fits behind a label; into a line of its own one goes all the same.
                let (head, tail) =
                    if head.is_empty() && used <= margin { split_off_first(&tail) } else { (head, tail) };
                line.push_span(Span::styled(head, *style));
                lines.push(std::mem::replace(&mut line, Line::from(" ".repeat(margin))));
                (used, word) = (margin, Span::styled(tail, *style));
            }
            if !is_empty {
                line.push_span(Span::raw(" "));
                used += 1;
            }
            used += word.width();
            line.push_span(word);
            is_empty = false;
        }
    }
    if !is_empty || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// As many characters as fit, and the rest.
fn split(word: &str, width: usize) -> (String, String) {
    let mut used = 0;
    let fits = |character: &char| {
        used += Span::raw(character.to_string()).width();
        used <= width
    };
    split_at(word, word.chars().take_while(fits).count())
}

fn split_off_first(word: &str) -> (String, String) {
    split_at(word, 1)
}

fn split_at(word: &str, characters: usize) -> (String, String) {
    (word.chars().take(characters).collect(), word.chars().skip(characters).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(lines: &[Line<'_>]) -> Vec<String> {
        lines.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn words_go_on_in_the_next_line() {
        let words = [("12 timeout,".to_owned(), Style::new()), ("3 reset".to_owned(), Style::new())];
        assert_eq!(texts(&wrapped("errors", 8, &words, 80)), ["errors  12 timeout, 3 reset"]);
        assert_eq!(texts(&wrapped("errors", 8, &words, 20)), ["errors  12 timeout,", "        3 reset"]);
    }

    proptest! {
        #[test]
        fn nothing_is_cut_off(text in "[a-zäß世 ]{0,80}", label in "[a-z]{0,8}", width in 2_u16..40) {
            let lines = wrapped(&label, 4, &[(text.clone(), Style::new())], width);
            let got: String = texts(&lines).concat().split_whitespace().collect();
            let expected: String = format!("{label}{text}").split_whitespace().collect();
            prop_assert_eq!(got, expected);
            let short = label.len() < usize::from(width);
            prop_assert!(!short || lines.iter().all(|line| line.width() <= usize::from(width)));
        }
    }
}
