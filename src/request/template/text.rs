//! A text with placeholders, compiled into segments that are written one after the other.

use super::error::TemplateProblem;
use super::grammar::{Builtin, Part, builtin, parse};
use crate::request::data::DataTable;
use crate::request::target::encoded;

/// A compiled text. It has no `Debug`: literals may be secret.
#[derive(Clone)]
pub(super) struct Text(Vec<Segment>);

#[derive(Clone)]
enum Segment {
    Literal(Vec<u8>),
    /// A column of the data table.
    Column(usize),
    Builtin(Builtin),
}

/// What is new in each request. The caller makes it, because this room has neither a clock nor randomness.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moment {
    /// Milliseconds since 1970 (UTC).
    pub unix_ms: u64,
    /// 128 random bits.
    pub nonce: u128,
    /// 64 more random bits: the id of the span in a trace.
    pub span: u64,
}

/// What placeholders stand for in one request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Values<'t> {
    /// The data table and a row of it, from 0.
    pub row: Option<(&'t DataTable, u64)>,
    /// The arrival's place in the sequence.
    pub sequence: u64,
    /// What is new at each request.
    pub moment: Moment,
}

/// A part of a request that is always the same, or made for each request.
#[derive(Clone)]
pub(super) enum Field<T> {
    Fixed(T),
    Made(Text),
}

impl<T> Field<T> {
    /// What is always the same.
    pub(super) fn fixed(&self) -> Option<&T> {
        match self {
            Self::Fixed(fixed) => Some(fixed),
            Self::Made(_) => None,
        }
    }
}

/// How values are written; literals are written as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// As they are: in headers and bodies.
    AsIs,
    /// Everything but the unreserved characters of RFC 3986 as %XX: in URLs.
    Percent,
}

impl Text {
    /// Finds the placeholders. `may_name` says whether an error may repeat the name of one.
    ///
    /// # Errors
    /// A placeholder that stands for nothing, or a lone brace in a text that uses escapes.
    pub(super) fn compile(
        text: &[u8],
        data: Option<&DataTable>,
        may_name: bool,
    ) -> Result<Self, TemplateProblem> {
        let segment = |part| match part {
            Part::Literal(bytes) => Ok(Segment::Literal(bytes)),
            Part::Name(name, position) => {
                let column = |data: &DataTable| data.columns().iter().position(|column| *column == name);
                match (builtin(&name), data.and_then(column)) {
                    (Some(builtin), _) => Ok(Segment::Builtin(builtin)),
                    (None, Some(column)) => Ok(Segment::Column(column)),
                    (None, None) => Err(TemplateProblem::UnknownName {
                        name: may_name.then_some(name),
                        position,
                        columns: data.map(|data| data.columns().to_vec()),
                    }),
                }
            }
        };
        let parts = parse(text).map_err(TemplateProblem::LoneBrace)?;
        parts.into_iter().map(segment).collect::<Result<_, _>>().map(Self)
    }

    /// A text without placeholders.
    pub(super) fn verbatim(text: &[u8]) -> Self {
        Self(vec![Segment::Literal(text.to_vec())])
    }

    /// The text, where it is always the same.
    pub(super) fn literal(&self) -> Option<&[u8]> {
        match self.0.as_slice() {
            [] => Some(b""),
            [Segment::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// The columns that stand in it.
    pub(super) fn columns(&self) -> impl Iterator<Item = usize> {
        self.0.iter().filter_map(|segment| match segment {
            Segment::Column(column) => Some(*column),
            _ => None,
        })
    }

    /// Whether it depends on the moment the request is made.
    pub(super) fn needs_moment(&self) -> bool {
        self.0.iter().any(|segment| matches!(segment, Segment::Builtin(Builtin::Uuid | Builtin::NowMs)))
    }

    /// The text with its values.
    pub(super) fn write(&self, values: &Values<'_>, encoding: Encoding) -> Vec<u8> {
        self.write_with(values, encoding, |builtin, text| match builtin {
            Builtin::Index => push_decimal(values.sequence, text),
            Builtin::NowMs => push_decimal(values.moment.unix_ms, text),
            Builtin::Uuid => push_uuid(values.moment.nonce, text),
        })
    }

    /// The text with its values, but with a zero byte in place of each built-in: what stands between zero bytes was
    /// typed or came from data.
    pub(super) fn write_given(&self, values: &Values<'_>, encoding: Encoding) -> Vec<u8> {
        self.write_with(values, encoding, |_, text| text.push(0))
    }

    fn write_with(
        &self,
        values: &Values<'_>,
        encoding: Encoding,
        builtin: impl Fn(Builtin, &mut Vec<u8>),
    ) -> Vec<u8> {
        let mut text = Vec::with_capacity(self.length(values));
        for segment in &self.0 {
            match segment {
                Segment::Literal(literal) => text.extend_from_slice(literal),
                Segment::Builtin(kind) => builtin(*kind, &mut text),
                Segment::Column(column) => {
                    let Some((data, row)) = values.row else { continue };
                    let cell = data.cell(row, *column);
                    match encoding {
                        Encoding::AsIs => text.extend_from_slice(cell),
                        Encoding::Percent => {
                            encoded(cell).for_each(|part| text.extend_from_slice(part.as_bytes()))
                        }
                    }
                }
            }
        }
        text
    }

    /// The length of the text with its values unencoded and every number at its longest, in bytes.
    fn length(&self, values: &Values<'_>) -> usize {
        let length = |segment: &Segment| match segment {
            Segment::Literal(literal) => literal.len(),
            Segment::Builtin(Builtin::Uuid) => UUID_LENGTH,
            Segment::Builtin(_) => NUMBER_LENGTH,
            Segment::Column(column) => values.row.map_or(0, |(data, row)| data.cell(row, *column).len()),
        };
        self.0.iter().map(length).sum()
    }

    /// The most bytes that it can take in a URL with the cells of a row.
    pub(super) fn encoded_length(&self, data: &DataTable, row: u64) -> usize {
        let length = |column| encoded(data.cell(row, column)).map(str::len).sum::<usize>();
        let values = Values { row: None, sequence: 0, moment: Moment::default() };
        self.length(&values) + self.columns().map(length).sum::<usize>()
    }
}

const UUID_LENGTH: usize = 36;

/// The digits of `u64::MAX`.
const NUMBER_LENGTH: usize = 20;

fn push_decimal(number: u64, text: &mut Vec<u8>) {
    text.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Writes the lowest `digits` hexadecimal digits of a number.
pub(super) fn push_hex(number: u128, digits: u32, text: &mut Vec<u8>) {
    let digit = |place: u32| b"0123456789abcdef"[(number >> (4 * place)) as usize & 15];
    text.extend((0..digits).rev().map(digit));
}

/// Writes random bits as a UUID of version 4 (RFC 9562, 5.4).
fn push_uuid(nonce: u128, text: &mut Vec<u8>) {
    let uuid = nonce & !(0xF << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
    for (group, (shift, digits)) in [(96, 8), (80, 4), (64, 4), (48, 4), (0, 12)].into_iter().enumerate() {
        if group > 0 {
            text.push(b'-');
        }
        push_hex(uuid >> shift, digits, text);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(text: &str, encoding: Encoding, moment: Moment) -> String {
        let data = DataTable::read(&b"id,name\n1,x\n2,\"a b/\xC3\xA9&\"\n"[..], "d.csv").unwrap();
        let text = Text::compile(text.as_bytes(), Some(&data), true).unwrap();
        let values = Values { row: Some((&data, 1)), sequence: 41, moment };
        String::from_utf8(text.write(&values, encoding)).unwrap()
    }

    #[test]
    fn placeholders_are_written_with_the_values_of_their_arrival() {
        let moment = Moment { unix_ms: 1_700_000_000_123, nonce: 0, span: 0 };
        let text = "{index}:{id}/{name}?t={now_ms}";
        assert_eq!(written(text, Encoding::AsIs, moment), "41:2/a b/é&?t=1700000000123");
        assert_eq!(written(text, Encoding::Percent, moment), "41:2/a%20b%2F%C3%A9%26?t=1700000000123");
    }

    #[test]
    fn a_uuid_has_the_layout_of_version_4() {
        let uuid = |nonce| written("{uuid}", Encoding::AsIs, Moment { nonce, ..Moment::default() });
        assert_eq!(uuid(0), "00000000-0000-4000-8000-000000000000");
        assert_eq!(uuid(u128::MAX), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(uuid(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef), "01234567-89ab-4def-8123-456789abcdef");
    }

    proptest! {
        #[test]
        fn numbers_are_written_as_std_writes_them(number: u64, nonce: u128) {
            let mut text = Vec::new();
            push_decimal(number, &mut text);
            push_hex(nonce, 32, &mut text);
            prop_assert_eq!(String::from_utf8(text).unwrap(), format!("{number}{nonce:032x}"));
        }

        #[test]
        fn an_encoded_value_decodes_to_itself(bytes in prop::collection::vec(any::<u8>(), 0..30)) {
            let mut text = Vec::new();
            encoded(&bytes).for_each(|part| text.extend_from_slice(part.as_bytes()));
            prop_assert!(text.iter().all(|b| b.is_ascii_alphanumeric() || b"%-._~".contains(b)));
            prop_assert_eq!(percent_encoding::percent_decode(&text).collect::<Vec<u8>>(), bytes);
        }
    }
}
