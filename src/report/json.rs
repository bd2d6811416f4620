//! Documents as JSON, for programs: pretty-printed, one newline at the end. Their schemas stand beside the docs.

use serde::Serialize;

use super::reporter::Reporter;

/// All kinds of documents, as they are.
pub(super) const REPORTER: Reporter = Reporter {
    name: "json",
    extension: "json",
    help: "rpsbench.result/1, with the histograms",
    escapes_controls: true,
    result: Some(|summary, _| render(summary)),
    runs: Some(|runs, _| render(runs)),
    sweep: Some(|sweep, _| render(sweep)),
    comparison: Some(|comparison, _| render(comparison)),
};

/// Writes a document.
pub(crate) fn render(document: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(document)
        .expect("documents have only text as map keys, and nothing else in them can fail to be JSON");
    text.push('\n');
    // JSON need not escape DEL and the controls above it, but a terminal may obey them. They occur in strings only.
    let unescaped = |c: char| c.is_control() && !c.is_ascii_control() || c == '\u{7f}';
    if text.contains(unescaped) {
        let escaped = |c: char| if unescaped(c) { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() };
        text = text.chars().map(escaped).collect();
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_text_with_any_control_character_is_escaped_and_reads_back() {
        let text = "a\u{1b}[2J\u{7f}\u{9b}31m\n\u{e4}";
        let json = super::render(&text);
        assert_eq!(json, "\"a\\u001b[2J\\u007f\\u009b31m\\n\u{e4}\"\n");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }
}
