//! How placeholders are written.
//!
//! A placeholder is `{` identifier `}`, an identifier `[A-Za-z_][A-Za-z0-9_.-]*`. A text that has `{{` anywhere uses
//! escapes: `{{` is `{`, `}}` is `}`, and any other brace that is no placeholder is an error. In a text without `{{`
//! every brace that is no placeholder is sent as it is, so that JSON works as people type it. `}}` alone does not turn
//! escapes on, because nested objects end with it.

use std::fmt;

/// The placeholders that need no data. No column may have the name of one.
pub(crate) const BUILTINS: [(&str, Builtin); 3] =
    [("index", Builtin::Index), ("uuid", Builtin::Uuid), ("now_ms", Builtin::NowMs)];

/// What a placeholder that needs no data stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Builtin {
    /// The place of the arrival in the sequence, from 0.
    Index,
    /// A random UUID, new in each request.
    Uuid,
    /// Milliseconds since 1970 (UTC) at the moment the request is made.
    NowMs,
}

/// The built-in placeholder of this name.
pub(crate) fn builtin(name: &str) -> Option<Builtin> {
    BUILTINS.iter().find(|(builtin, _)| *builtin == name).map(|(_, builtin)| *builtin)
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// Sent as it is.
    Literal(Vec<u8>),
    /// A placeholder: its name, and where its brace opens.
    Name(String, Position),
}

/// A brace that is neither a placeholder nor escaped, in a text that uses escapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoneBrace {
    pub brace: char,
    /// Where it stands.
    pub position: Position,
}

/// A place in a text. The line is shown only where there are several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The character of the line, from 1.
    pub character: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 1 {
            write!(f, "line {}, ", self.line)?;
        }
        write!(f, "character {}", self.character)
    }
}

impl Position {
    /// Where a byte stands. Only the first byte of a UTF-8 character counts as a character.
    fn of(text: &[u8], byte: usize) -> Self {
        let before = &text[..byte];
        let line_start = before.iter().rposition(|&b| b == b'\n').map_or(0, |newline| newline + 1);
        Self {
            line: before.iter().filter(|&&b| b == b'\n').count() + 1,
            character: before[line_start..].iter().filter(|&&b| b & 0xC0 != 0x80).count() + 1,
        }
    }
}

/// Splits a text into its parts. No literal is empty, and no two of them are neighbours.
///
/// # Errors
/// A brace that is not escaped, in a text that uses escapes.
pub(crate) fn parse(text: &[u8]) -> Result<Vec<Part>, LoneBrace> {
    let escapes = memchr::memmem::find(text, b"{{").is_some();
    let mut parts = Vec::new();
    let mut literal = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let brace = memchr::memchr2(b'{', b'}', &text[at..]).map_or(text.len(), |found| at + found);
        literal.extend_from_slice(&text[at..brace]);
        at = brace;
        let Some(&byte) = text.get(at) else { break };
        let doubled = escapes && text.get(at + 1) == Some(&byte);
        if doubled {
            literal.push(byte);
            at += 2;
        } else if let Some(name) = placeholder(&text[at..]) {
            if !literal.is_empty() {
                parts.push(Part::Literal(std::mem::take(&mut literal)));
            }
            parts.push(Part::Name(name.to_owned(), Position::of(text, at)));
            at += name.len() + 2;
        } else if escapes {
            return Err(LoneBrace { brace: char::from(byte), position: Position::of(text, at) });
        } else {
            literal.push(byte);
            at += 1;
        }
    }
    if !literal.is_empty() {
        parts.push(Part::Literal(literal));
    }
    Ok(parts)
}

/// Whether a placeholder can have this name.
pub(crate) fn is_placeholder(name: &str) -> bool {
    placeholder(format!("{{{name}}}").as_bytes()) == Some(name)
}

/// The name of the placeholder that a text begins with.
fn placeholder(text: &[u8]) -> Option<&str> {
    let inside = text.strip_prefix(b"{")?;
    let end = inside.iter().position(|b| !(b.is_ascii_alphanumeric() || b"_.-".contains(b)))?;
    let name = inside[end..].starts_with(b"}").then_some(&inside[..end])?;
    let first = name.first()?;
    let name = (first.is_ascii_alphabetic() || *first == b'_').then_some(name)?;
    std::str::from_utf8(name).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Literals as they are, placeholders in angle brackets.
    fn shown(text: &str) -> Result<String, LoneBrace> {
        Ok(parse(text.as_bytes())?
            .into_iter()
            .map(|part| match part {
                Part::Literal(bytes) => String::from_utf8(bytes).unwrap(),
                Part::Name(name, _) => format!("<{name}>"),
            })
            .collect())
    }

    #[test]
    fn json_is_sent_as_it_is_typed() {
        for text in
            [r#"{"a":{"b":{"c":1}}}"#, "{ id }", "{}", "{1}", "{-a}", "}{", "{", "}}", "a}}b", "{é}", "{id"]
        {
            assert_eq!(shown(text).unwrap(), text);
        }
        assert_eq!(shown(r#"{"a":{"b":{id}}}"#).unwrap(), r#"{"a":{"b":<id>}}"#);
        assert_eq!(shown(r#"{"a":"{user.name}","b":{_x-1}}"#).unwrap(), r#"{"a":"<user.name>","b":<_x-1>}"#);
    }

    #[test]
    fn doubled_braces_are_braces_where_a_text_uses_them() {
        assert_eq!(shown("{{id}}").unwrap(), "{id}");
        assert_eq!(shown("{{{id}}}").unwrap(), "{<id>}");
        assert_eq!(shown(r#"{{"a":{{"b":{id}}}}}"#).unwrap(), r#"{"a":{"b":<id>}}"#);
        assert_eq!(shown("{id}{{").unwrap(), "<id>{");
    }

    #[test]
    fn a_lone_brace_among_escapes_is_named_by_its_place() {
        let lone = |brace, line, character| Err(LoneBrace { brace, position: Position { line, character } });
        assert_eq!(shown("é{{a}}, {b c}"), lone('{', 1, 9));
        assert_eq!(shown("{{\nab}"), lone('}', 2, 3));
        let place = |line, character| Position { line, character }.to_string();
        assert_eq!((place(1, 9), place(2, 3)), ("character 9".to_owned(), "line 2, character 3".to_owned()));
    }

    proptest! {
        /// Whatever the text, it can be sent: with every brace doubled it comes out as it was.
        #[test]
        fn a_text_with_doubled_braces_comes_out_as_it_was(text in "[{}ab1\n é]{0,20}") {
            let doubled = format!("{{{{{}", text.replace('{', "{{").replace('}', "}}"));
            prop_assert_eq!(shown(&doubled).unwrap(), format!("{{{text}"));
        }

        #[test]
        fn without_escapes_every_text_is_one(text in prop::collection::vec(any::<u8>(), 0..40)) {
            prop_assume!(!text.windows(2).any(|pair| pair == b"{{"));
            let written: Vec<u8> = parse(&text).unwrap().into_iter().flat_map(|part| match part {
                Part::Literal(bytes) => bytes,
                Part::Name(name, _) => format!("{{{name}}}").into_bytes(),
            }).collect();
            prop_assert_eq!(written, text);
        }
    }
}
