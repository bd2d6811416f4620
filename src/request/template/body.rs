//! The body of a template: always the same, made for each request, or that of the request's row.

use std::io;
use std::sync::Arc;

use bytes::Bytes;

use super::error::{RequestPart, TemplateProblem};
use super::text::{Encoding, Names, Text, Values};
use crate::request::body_coding::BodyCoding;
use crate::request::data::DataTable;
use crate::request::row_bodies::RowBodies;
use crate::request::secret::Secrets;

/// A body, and as it is sent where that is compressed.
#[derive(Clone)]
pub(super) struct Sendable {
    plain: Bytes,
    coded: Option<Bytes>,
}

/// One body, or one of a row's.
#[derive(Clone)]
pub(super) enum Piece {
    Fixed(Sendable),
    Made(Text),
}

/// What makes the body of each request.
#[derive(Clone)]
pub(super) enum Body {
    One(Piece),
    OfRow { pieces: Arc<[Piece]>, of_row: Arc<[u32]>, columns: Vec<usize> },
}

impl Piece {
    /// `given`: the bytes of a text that is always the same are shared with those; only where escapes were taken out are they
    /// others.
    pub(super) fn new(text: Text, given: &Bytes, coding: Option<BodyCoding>) -> io::Result<Self> {
        let plain = match text.literal() {
            Some(text) if text == &given[..] => given.clone(),
            Some(text) => Bytes::copy_from_slice(text),
            None => return Ok(Self::Made(text)),
        };
        // No body is no body, compressed or not.
        let coding = coding.filter(|_| !plain.is_empty());
        let coded = coding.map(|coding| coding.encode(&plain)).transpose()?;
        Ok(Self::Fixed(Sendable { plain, coded }))
    }

    fn text(&self) -> Option<&Text> {
        match self {
            Self::Fixed(_) => None,
            Self::Made(text) => Some(text),
        }
    }

    fn plain(&self, values: &Values<'_>) -> Bytes {
        match self {
            Self::Fixed(body) => body.plain.clone(),
            Self::Made(text) => Bytes::from(text.write(values, Encoding::AsIs)),
        }
    }
}

impl Body {
    /// The bodies of rows, compiled and compressed once.
    pub(super) fn of_rows(
        bodies: &RowBodies,
        data: Option<&DataTable>,
        coding: Option<BodyCoding>,
    ) -> Result<Self, Box<(RequestPart, TemplateProblem)>> {
        let piece = |file: &Bytes| {
            let text = match bodies.is_template() {
                true => Text::compile(file, Names { data, taken: &[], later: &[] }, true)?,
                false => Text::verbatim(file),
            };
            Piece::new(text, file, coding).map_err(|_| TemplateProblem::Compression)
        };
        let named = bodies.files().iter().zip(bodies.names());
        let pieces = named.map(|(file, name)| {
            piece(file).map_err(|problem| Box::new((RequestPart::BodyFile(name.clone()), problem)))
        });
        let pieces = pieces.collect::<Result<Vec<_>, _>>()?;
        let mut columns = bodies.columns().to_vec();
        columns.extend(pieces.iter().filter_map(Piece::text).flat_map(Text::columns));
        Ok(Self::OfRow { pieces: pieces.into(), of_row: Arc::clone(bodies.of_row()), columns })
    }

    /// The columns that it depends on.
    pub(super) fn columns(&self) -> Vec<usize> {
        match self {
            Self::One(piece) => piece.text().into_iter().flat_map(Text::columns).collect(),
            Self::OfRow { columns, .. } => columns.clone(),
        }
    }

    /// Whether it depends on the moment the request is made.
    pub(super) fn needs_moment(&self) -> bool {
        let mut texts = match self {
            Self::One(piece) => std::slice::from_ref(piece),
            Self::OfRow { pieces, .. } => pieces,
        }
        .iter()
        .filter_map(Piece::text);
        texts.any(Text::needs_moment)
    }

    /// What is sent, where that is always the same.
    pub(super) fn fixed(&self) -> Option<&Bytes> {
        match self {
            Self::One(Piece::Fixed(body)) => Some(body.coded.as_ref().unwrap_or(&body.plain)),
            _ => None,
        }
    }

    fn piece(&self, values: &Values<'_>) -> Option<&Piece> {
        match self {
            Self::One(piece) => Some(piece),
            Self::OfRow { pieces, of_row, .. } => {
                let place = of_row.get(values.row?.1 as usize)?;
                pieces.get(*place as usize)
            }
        }
    }

    /// The body of a request, not compressed.
    pub(super) fn plain(&self, values: &Values<'_>) -> Bytes {
        self.piece(values).map_or_else(Bytes::new, |piece| piece.plain(values))
    }

    /// As it is sent, where that was compressed before.
    pub(super) fn coded(&self, values: &Values<'_>) -> Option<Bytes> {
        match self.piece(values)? {
            Piece::Fixed(body) => body.coded.clone(),
            Piece::Made(_) => None,
        }
    }

    /// Adds what an answer may repeat of a body that is another for each row; that of a text stands in its cells.
    pub(super) fn secrets(&self, values: &Values<'_>, secrets: &mut Secrets) {
        if let (Self::OfRow { .. }, Some(Piece::Fixed(body))) = (self, self.piece(values)) {
            secrets.body(&body.plain);
        }
    }
}
