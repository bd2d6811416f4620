//! A text with placeholders, compiled into segments that are written one after the other.

use bytes::Bytes;

use super::error::TemplateProblem;
use super::grammar::{Builtin, Part, builtin, parse};
use crate::request::data::DataTable;
use crate::request::secret::Secret;
use crate::request::target::encoded;
use crate::request::walk::MOST_TAKEN;

/// A compiled text. It has no `Debug`: literals may be secret.
#[derive(Clone)]
pub(super) struct Text(Vec<Segment>);

#[derive(Clone)]
enum Segment {
    Literal(Vec<u8>),
    /// A column of the data table.
    Column(usize),
    /// What was taken from an answer before.
    Taken(usize),
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
    /// What was taken from the answers before.
    pub taken: &'t [Secret<Bytes>],
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

impl Encoding {
    fn push(self, value: &[u8], text: &mut Vec<u8>) {
        match self {
            Self::AsIs => text.extend_from_slice(value),
            Self::Percent => encoded(value).for_each(|part| text.extend_from_slice(part.as_bytes())),
        }
    }
}

/// What placeholders may name besides what is built in.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Names<'n> {
    /// Its columns.
    pub data: Option<&'n DataTable>,
    /// What was taken from the answers before.
    pub taken: &'n [String],
    /// What the answer to this request and later ones tell, each with its step; of this request comes first.
    pub later: &'n [Later],
}

/// A value that is taken when the request has been sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::request) struct Later {
    pub name: String,
    /// The step that takes it.
    pub step: String,
    /// Whether that is the step of the request.
    pub is_own: bool,
}

impl Text {
    /// Finds the placeholders. `may_name` says whether an error may repeat the name of one.
    ///
    /// # Errors
    /// A placeholder that stands for nothing, or a lone brace in a text that uses escapes.
    pub(super) fn compile(text: &[u8], names: Names<'_>, may_name: bool) -> Result<Self, TemplateProblem> {
        let Names { data, taken, later } = names;
        let segment = |part| match part {
            Part::Literal(bytes) => Ok(Segment::Literal(bytes)),
            Part::Name(name, position) => {
                let column = |data: &DataTable| data.columns().iter().position(|column| *column == name);
                let taken_at = taken.iter().position(|taken| *taken == name);
                match (builtin(&name), data.and_then(column), taken_at) {
                    (Some(builtin), ..) => Ok(Segment::Builtin(builtin)),
                    (None, Some(column), _) => Ok(Segment::Column(column)),
                    (None, None, Some(taken)) => Ok(Segment::Taken(taken)),
                    (None, None, None) => Err(match later.iter().find(|later| later.name == name) {
                        Some(Later { step, is_own, .. }) => TemplateProblem::TakenLater {
                            name,
                            position,
                            step: step.clone(),
                            is_own: *is_own,
                        },
                        None => {
                            // Where a login told all columns, there is no file.
                            let columns = data.map_or(&[][..], DataTable::columns);
                            let told = data.map_or(0..0, DataTable::told_columns);
                            let has_file = data.is_some() && told.start > 0;
                            TemplateProblem::UnknownName {
                                name: may_name.then_some(name),
                                position,
                                columns: has_file.then(|| columns[..told.start].to_vec()),
                                taken: columns[told].iter().chain(taken).cloned().collect(),
                            }
                        }
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

    /// How many values that were taken from answers stand in it.
    pub(super) fn taken_count(&self) -> usize {
        self.0.iter().filter(|segment| matches!(segment, Segment::Taken(_))).count()
    }

    /// Whether it depends on the moment the request is made.
    pub(super) fn needs_moment(&self) -> bool {
        self.0.iter().any(|segment| matches!(segment, Segment::Builtin(Builtin::Uuid | Builtin::NowMs)))
    }

    /// The text with its values.
    pub(super) fn write(&self, values: &Values<'_>, encoding: Encoding) -> Vec<u8> {
        self.write_with(values, encoding, |segment, text| match segment {
            Segment::Builtin(Builtin::Index) => push_decimal(values.sequence, text),
            Segment::Builtin(Builtin::NowMs) => push_decimal(values.moment.unix_ms, text),
            Segment::Builtin(Builtin::Uuid) => push_uuid(values.moment.nonce, text),
            Segment::Taken(place) => {
                if let Some(value) = values.taken.get(*place) {
                    encoding.push(value.expose(), text);
                }
            }
            Segment::Literal(_) | Segment::Column(_) => {}
        })
    }

    /// The text with its values, but with a zero byte in place of each built-in, and of each value that an answer told: what
    /// stands between zero bytes was typed or came from data.
    pub(super) fn write_given(&self, values: &Values<'_>, encoding: Encoding) -> Vec<u8> {
        self.write_with(values, encoding, |_, text| text.push(0))
    }

    /// `other` writes what was neither typed nor comes from data.
    fn write_with(
        &self,
        values: &Values<'_>,
        encoding: Encoding,
        other: impl Fn(&Segment, &mut Vec<u8>),
    ) -> Vec<u8> {
        let mut text = Vec::with_capacity(self.length(values));
        for segment in &self.0 {
            match segment {
                Segment::Literal(literal) => text.extend_from_slice(literal),
                Segment::Builtin(_) | Segment::Taken(_) => other(segment, &mut text),
                Segment::Column(column) => {
                    if let Some((data, row)) = values.row {
                        encoding.push(data.cell(row, *column), &mut text);
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
            Segment::Taken(place) => values.taken.get(*place).map_or(0, |value| value.expose().len()),
        };
        self.0.iter().map(length).sum()
    }

    /// The most bytes that it can take in a URL with the cells of a row.
    pub(super) fn encoded_length(&self, data: &DataTable, row: u64) -> usize {
        let length = |column| encoded(data.cell(row, column)).map(str::len).sum::<usize>();
        self.fixed_length() + self.columns().map(length).sum::<usize>()
    }

    /// The most bytes that it can take in a URL without the cells of a row.
    pub(super) fn fixed_length(&self) -> usize {
        let values = Values { row: None, sequence: 0, moment: Moment::default(), taken: &[] };
        self.length(&values) + self.taken_count() * LONGEST_ESCAPE * MOST_TAKEN
    }
}

/// `%2F`
const LONGEST_ESCAPE: usize = 3;

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
        let names = Names { data: Some(&data), taken: &[], later: &[] };
        let text = Text::compile(text.as_bytes(), names, true).unwrap();
        let values = Values { row: Some((&data, 1)), sequence: 41, moment, taken: &[] };
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
