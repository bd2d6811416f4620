//! Results of any known tool, recognised by their content, never by the name of their file.
//!
//! ```text
//! bytes -> JSON? -> the first importer that knows its fields -> Reading, Reading, ...
//!       -> text? -> the first importer that knows its lines  ->
//! ```
//!
//! One file per tool. An importer is lenient towards versions (fields that it does not know are passed over, what is missing
//! becomes `None`) and strict towards nonsense: a figure that is no number, is negative, or contradicts another is an
//! [`ImportError`] that names the file, the cause and the remedy. None panics, whatever it is given.

use serde_json::Value;

use crate::result::Reading;

mod bombardier;
mod error;
mod fields;
mod fortio;
mod h2load;
mod hey;
mod k6;
mod oha;
mod rpsbench;
mod study;
mod text;
mod vegeta;
mod wrk;

pub(crate) use error::{ImportError, Problem};
pub(crate) use rpsbench::reading as reading_of;

/// One tool's JSON: whether a document is its, and what it says.
struct JsonImporter {
    knows: fn(&Value) -> bool,
    read: fn(&Value) -> Result<Vec<Reading>, Problem>,
}

/// One tool's text: whether it is its, and what it says.
struct TextImporter {
    knows: fn(&str) -> bool,
    read: fn(&str) -> Result<Vec<Reading>, Problem>,
}

const JSON: [JsonImporter; 6] = [
    JsonImporter { knows: bombardier::knows_json, read: bombardier::read_json },
    JsonImporter { knows: fortio::knows, read: fortio::read },
    JsonImporter { knows: k6::knows, read: k6::read },
    JsonImporter { knows: oha::knows, read: oha::read },
    JsonImporter { knows: vegeta::knows_json, read: vegeta::read_json },
    JsonImporter { knows: study::knows_json, read: study::read_json },
];

const TEXT: [TextImporter; 6] = [
    TextImporter { knows: wrk::knows, read: wrk::read },
    TextImporter { knows: hey::knows, read: hey::read },
    TextImporter { knows: h2load::knows, read: h2load::read },
    TextImporter { knows: vegeta::knows_text, read: vegeta::read_text },
    TextImporter { knows: bombardier::knows_text, read: bombardier::read_text },
    TextImporter { knows: study::knows_csv, read: study::read_csv },
];

/// The tools whose results are read, for messages.
pub(super) const KNOWN: &str = "rpsbench (JSON, CSV), wrk and wrk2 (text), oha (JSON), vegeta (JSON, text), k6 (JSON summary), \
     h2load (text), hey (text), bombardier (JSON, text), fortio (JSON), and the closed-loop study's JSON and CSV";

/// Reads a saved result; `name` is its file's name without the folder. A file may hold several stages.
///
/// # Errors
/// [`ImportError`] when it is no result, or not one that can be believed.
pub(crate) fn import(name: &str, bytes: &[u8]) -> Result<Vec<Reading>, ImportError> {
    let mut readings = read(bytes).map_err(|problem| ImportError { file: name.to_owned(), problem })?;
    let several = readings.len() > 1;
    for (i, reading) in readings.iter_mut().enumerate() {
        // Importers name stages; alone, a reading has the name of its file.
        let stage = if reading.name.is_empty() { (i + 1).to_string() } else { reading.name.clone() };
        let is_named = reading.tool == rpsbench::TOOL && !reading.name.is_empty();
        reading.name = match several {
            true => format!("{name} {stage}"),
            // The name that its user gave it says more than that of its file.
            false if is_named => reading.name.clone(),
            false => name.to_owned(),
        };
        if let Some((low, high)) = reading.disorder() {
            let problem = Problem::Disorder { tool: reading.tool.clone(), low, high };
            return Err(ImportError { file: reading.name.clone(), problem });
        }
    }
    Ok(readings)
}

fn read(bytes: &[u8]) -> Result<Vec<Reading>, Problem> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let bytes = bytes.trim_ascii();
    if bytes.is_empty() {
        return Err(Problem::Empty);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| Problem::NotText)?;
    if text.starts_with(['{', '[']) {
        let document: Value = serde_json::from_str(text).map_err(|error| Problem::broken_json(&error))?;
        return read_json(text, &document);
    }
    if let Some(importer) = TEXT.iter().find(|importer| (importer.knows)(text)) {
        return (importer.read)(text);
    }
    // Tools that show their progress on the same output have their JSON behind it.
    let line = text.lines().find(|line| line.starts_with('{'));
    match line.and_then(|line| serde_json::from_str::<Value>(line).ok().map(|document| (line, document))) {
        Some((line, document)) => read_json(line, &document),
        None => Err(Problem::Unknown),
    }
}

fn read_json(text: &str, document: &Value) -> Result<Vec<Reading>, Problem> {
    if let Some(schema) =
        document.get("schema").and_then(Value::as_str).filter(|s| s.starts_with("rpsbench."))
    {
        return rpsbench::read(text, schema);
    }
    let importer = JSON.iter().find(|importer| (importer.knows)(document)).ok_or(Problem::Unknown)?;
    (importer.read)(document)
}

#[cfg(test)]
mod tests;
