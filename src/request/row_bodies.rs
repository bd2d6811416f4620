//! A body for each row of the data: files that a column names, all read before the load.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::io;
use std::sync::Arc;

use bytes::Bytes;

use super::data::DataTable;
use super::template::grammar::{Part, builtin, parse};

/// The most bytes that the files of all rows may add up to, each file counted once: they are held in memory.
const TOTAL_MAX: u64 = 256 << 20;

/// The body of each row. Rows that name the same file share it. Its `Debug` shows only how many files there are.
#[derive(Clone)]
pub struct RowBodies {
    files: Arc<[Bytes]>,
    /// The name of each file.
    names: Arc<[String]>,
    /// A place in `files` for each row of the data.
    of_row: Arc<[u32]>,
    /// The columns that name the file.
    columns: Vec<usize>,
    is_template: bool,
}

/// Why there is no body for each row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RowBodiesError {
    #[error(
        "the name of the body's file has a `{{` or `}}` that is no placeholder beside doubled ones; double it too"
    )]
    LoneBrace,
    #[error(
        "{{{0}}} in the name of the body's file is another in each request, and the files are read before the load; name a column"
    )]
    Builtin(String),
    #[error("{{{name}}} in the name of the body's file is no column of the data, which has {{{columns}}}")]
    Unknown {
        /// As it was typed.
        name: String,
        /// All columns.
        columns: String,
    },
    #[error("{data}, line {line} (row {row}): the body file `{file}` cannot be read: {cause}")]
    File {
        /// The data file.
        data: String,
        line: u64,
        /// From 1, below the header.
        row: u64,
        /// The name that the row makes.
        file: String,
        cause: String,
    },
    #[error(
        "{data}, line {line} (row {row}): with `{file}` the body files are larger than {} MiB in all, and they are held in memory; \
         use fewer or smaller ones, or replay them, which reads bodies while it sends: --arrivals-file",
        TOTAL_MAX >> 20
    )]
    TooLarge {
        /// The data file.
        data: String,
        line: u64,
        /// From 1, below the header.
        row: u64,
        /// The name that the row makes.
        file: String,
    },
}

/// Whether the name of a file holds what could be a placeholder.
pub(crate) fn names_rows(path: &str) -> bool {
    parse(path.as_bytes()).is_ok_and(|parts| parts.iter().any(|part| matches!(part, Part::Name(..))))
}

impl RowBodies {
    /// Reads the file of each row. `path` names it with columns in braces; `read` reads a file, up to so many bytes. With
    /// `is_template`, placeholders in the files stand for values.
    ///
    /// # Errors
    /// [`RowBodiesError`], with row, line and file where it is about one.
    pub(crate) fn read(
        path: &str,
        data: &DataTable,
        is_template: bool,
        read: impl Fn(&str, u64) -> io::Result<Vec<u8>>,
    ) -> Result<Self, RowBodiesError> {
        let mut name = Name::new(path, data)?;
        let mut places: HashMap<String, u32> = HashMap::new();
        let (mut files, mut names) = (Vec::new(), Vec::new());
        let mut of_row = Vec::with_capacity(data.row_count() as usize);
        let mut room = TOTAL_MAX;
        for row in 0..data.row_count() {
            let place = match places.entry(name.of(data, row)) {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(new) => {
                    let (data, line, file) = (data.file().to_owned(), data.line_of(row), new.key().clone());
                    let body = match read(new.key(), room + 1) {
                        Ok(body) => body,
                        Err(error) => {
                            let cause = error.to_string();
                            return Err(RowBodiesError::File { data, line, row: row + 1, file, cause });
                        }
                    };
                    let Some(left) = room.checked_sub(body.len() as u64) else {
                        return Err(RowBodiesError::TooLarge { data, line, row: row + 1, file });
                    };
                    room = left;
                    files.push(Bytes::from(body));
                    names.push(file);
                    *new.insert(files.len() as u32 - 1)
                }
            };
            of_row.push(place);
        }
        name.columns.sort_unstable();
        name.columns.dedup();
        Ok(Self {
            files: files.into(),
            names: names.into(),
            of_row: of_row.into(),
            columns: name.columns,
            is_template,
        })
    }

    /// The files, each once.
    pub(super) fn files(&self) -> &[Bytes] {
        &self.files
    }

    /// The names of the files.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// Which of them each row has.
    pub(super) fn of_row(&self) -> &Arc<[u32]> {
        &self.of_row
    }

    /// The columns that name the files.
    pub(super) fn columns(&self) -> &[usize] {
        &self.columns
    }

    /// Whether placeholders in the files stand for values.
    pub(super) fn is_template(&self) -> bool {
        self.is_template
    }
}

impl fmt::Debug for RowBodies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RowBodies({} files)", self.files.len())
    }
}

/// The name of a file, in parts.
struct Name {
    parts: Vec<NamePart>,
    columns: Vec<usize>,
}

enum NamePart {
    Literal(String),
    Column(usize),
}

impl Name {
    fn new(path: &str, data: &DataTable) -> Result<Self, RowBodiesError> {
        let (mut parts, mut columns) = (Vec::new(), Vec::new());
        for part in parse(path.as_bytes()).map_err(|_| RowBodiesError::LoneBrace)? {
            match part {
                Part::Literal(bytes) => {
                    parts.push(NamePart::Literal(String::from_utf8_lossy(&bytes).into_owned()));
                }
                Part::Name(name, _) => match data.columns().iter().position(|column| *column == name) {
                    Some(column) => {
                        parts.push(NamePart::Column(column));
                        columns.push(column);
                    }
                    None if builtin(&name).is_some() => return Err(RowBodiesError::Builtin(name)),
                    None => {
                        return Err(RowBodiesError::Unknown { name, columns: data.columns().join("}, {") });
                    }
                },
            }
        }
        Ok(Self { parts, columns })
    }

    fn of(&self, data: &DataTable, row: u64) -> String {
        let part = |part: &NamePart| match part {
            NamePart::Literal(text) => text.clone(),
            NamePart::Column(column) => String::from_utf8_lossy(data.cell(row, *column)).into_owned(),
        };
        self.parts.iter().map(part).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    fn data() -> DataTable {
        DataTable::read(&b"id,file\n1,a.json\n2,b.json\n\n3,a.json\n"[..], "users.csv").unwrap()
    }

    fn read(path: &str, files: &[(&str, &[u8])]) -> Result<RowBodies, String> {
        let read = |name: &str, most: u64| {
            let found = files.iter().find(|(known, _)| *known == name);
            let whole = found.map(|(_, body)| body.to_vec()).ok_or(io::ErrorKind::NotFound)?;
            Ok(whole[..whole.len().min(most as usize)].to_vec())
        };
        RowBodies::read(path, &data(), false, read).map_err(|error| error.to_string())
    }

    #[test]
    fn each_row_has_the_file_that_it_names_and_a_file_is_read_once() {
        let bodies = read("d/{file}", &[("d/a.json", b"A"), ("d/b.json", b"B")]).unwrap();
        let of = |row: usize| &bodies.files()[bodies.of_row()[row] as usize][..];
        assert_eq!([of(0), of(1), of(2)], [b"A", b"B", b"A"]);
        assert_eq!((bodies.files().len(), bodies.columns()), (2, &[1][..]));
        assert_eq!(format!("{bodies:?}"), "RowBodies(2 files)");
        let asked = RefCell::new(Vec::new());
        let read = |name: &str, _| {
            asked.borrow_mut().push(name.to_owned());
            Ok(Vec::new())
        };
        RowBodies::read("{id}-{file}", &data(), true, read).unwrap();
        assert_eq!(*asked.borrow(), ["1-a.json", "2-b.json", "3-a.json"]);
    }

    #[test]
    fn errors_name_row_line_and_file() {
        assert_eq!(
            read("{file}", &[("a.json", b"")]).unwrap_err(),
            "users.csv, line 3 (row 2): the body file `b.json` cannot be read: entity not found"
        );
        assert!(read("{nobody}", &[]).unwrap_err().contains("has {id}, {file}"));
        assert!(read("{uuid}", &[]).unwrap_err().contains("read before the load"));
        assert!(read("{{ {", &[]).is_err());
    }

    #[test]
    fn more_than_memory_should_hold_is_refused_with_the_remedy() {
        let half = vec![0; (TOTAL_MAX / 2) as usize];
        assert!(read("{file}", &[("a.json", &half), ("b.json", &half)]).is_ok());
        let more = vec![0; half.len() + 1];
        let refused = read("{file}", &[("a.json", &half), ("b.json", &more)]).unwrap_err();
        assert!(refused.starts_with("users.csv, line 3 (row 2): with `b.json`"), "{refused}");
        assert!(refused.contains("--arrivals-file"), "{refused}");
    }

    #[test]
    fn a_name_may_hold_braces_that_are_no_placeholders() {
        assert!(names_rows("a/{x}.json") && !names_rows("a/{ x}.json") && !names_rows("a.json"));
    }
}
