//! Documents as JSON, for programs: pretty-printed, one newline at the end. Their schemas stand beside the docs.

use serde::Serialize;

/// Writes a document.
pub(crate) fn render(document: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(document)
        .expect("documents have only text as map keys, and nothing else in them can fail to be JSON");
    text.push('\n');
    text
}
