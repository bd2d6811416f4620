//! Data for placeholders: the rows of a CSV file.

use std::fmt;
use std::io::Read;
use std::sync::Arc;

use super::file_errors::FeedError;
use super::rows::{Row, Rows};
use super::template::grammar::builtin;

const NEEDS_ALL: &str = "a first row that names the columns, and a row of data below it";
const NEEDS_ROWS: &str = "a row of data below it";

/// The rows of a data file, at least one. Cheap to clone, with more columns too: all share one text.
///
/// Its `Debug` shows only how much there is.
#[derive(Clone)]
pub struct DataTable {
    file: Arc<str>,
    columns: Arc<[String]>,
    /// The cells of the file.
    own: Arc<Cells>,
    /// Those of the columns behind them, which a login told.
    told: Option<Arc<Cells>>,
    /// The rows that do not begin on the line after the row before them, as (row, line). Blank lines and line breaks in
    /// cells are rare, so this takes less memory than a line number for each row.
    jumps: Arc<[(u64, u64)]>,
}

/// Cells, which lie one after the other in one buffer, because a million rows of separate texts would take several times the
/// size of the file.
#[derive(Default)]
struct Cells {
    /// Cells of a row.
    width: usize,
    text: Vec<u8>,
    /// Where each row begins in the text.
    starts: Vec<u64>,
    /// Where each cell ends, counted from the beginning of its row.
    ends: Vec<u32>,
}

impl Cells {
    fn shrink_to_fit(&mut self) {
        self.text.shrink_to_fit();
        self.starts.shrink_to_fit();
        self.ends.shrink_to_fit();
    }

    fn push(&mut self, row: &Row<'_>, file: &str) -> Result<(), FeedError> {
        if row.ends.len() != self.width {
            return Err(FeedError::Ragged {
                file: file.to_owned(),
                line: row.line,
                expected: self.width,
                found: row.ends.len(),
            });
        }
        if u32::try_from(row.text.len()).is_err() {
            return Err(FeedError::HugeRow { file: file.to_owned(), line: row.line });
        }
        self.starts.push(self.text.len() as u64);
        self.ends.extend(row.ends.iter().map(|&end| end as u32));
        self.text.extend_from_slice(row.text.as_bytes());
        Ok(())
    }

    fn cell(&self, row: u64, column: usize) -> &[u8] {
        let ends = &self.ends[row as usize * self.width..][..self.width];
        let row_start = self.starts[row as usize] as usize;
        let start = if column == 0 { 0 } else { ends[column - 1] as usize };
        &self.text[row_start + start..row_start + ends[column] as usize]
    }
}

/// The order in which rows are used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DataOrder {
    /// In turn, starting over after the last.
    #[default]
    Rotate,
    /// At random: for each arrival, every row is equally likely.
    Random,
}

impl DataOrder {
    /// The row, from 0, of the arrival at `sequence`, out of `rows` (at least one). There is no state: the choice
    /// depends on the arguments alone, so it is the same for any number of threads.
    pub fn row_at(self, sequence: u64, seed: u64, rows: u64) -> u64 {
        match self {
            Self::Rotate => sequence % rows.max(1),
            // The high half of the product is even over all rows, and needs no division.
            Self::Random => ((u128::from(hash(hash(seed) ^ sequence)) * u128::from(rows)) >> 64) as u64,
        }
    }
}

/// One step of SplitMix64 (Steele, Lea, Flood 2014): a bijection in which every bit of the input changes half of the
/// output.
fn hash(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl DataTable {
    /// Reads a CSV file in UTF-8, whose first row names the columns; `file` is the name that errors give. The text is
    /// read once and held once.
    ///
    /// # Errors
    /// [`FeedError`] with file and line.
    pub fn read(input: impl Read, file: &str) -> Result<Self, FeedError> {
        let mut rows = Rows::new(input, file);
        let Some(header) = rows.next_row()? else {
            return Err(FeedError::Empty { file: file.to_owned(), needs: NEEDS_ALL });
        };
        let header_line = header.line;
        let columns = columns(&header, file)?;
        let mut cells = Cells { width: columns.len(), ..Cells::default() };
        let mut jumps = Vec::new();
        let mut expected_line = header_line + 1;
        while let Some(row) = rows.next_row()? {
            if row.line != expected_line {
                jumps.push((cells.starts.len() as u64, row.line));
            }
            expected_line = row.line + 1;
            cells.push(&row, file)?;
        }
        if cells.starts.is_empty() {
            return Err(FeedError::OnlyHeader {
                file: file.to_owned(),
                line: header_line,
                needs: NEEDS_ROWS,
            });
        }
        // The line of row 0 is not known from a row before it.
        if jumps.first().is_none_or(|&(row, _)| row > 0) {
            jumps.insert(0, (0, header_line + 1));
        }
        cells.shrink_to_fit();
        Ok(Self {
            file: file.into(),
            columns: columns.into(),
            own: Arc::new(cells),
            told: None,
            jumps: jumps.into(),
        })
    }

    /// The name of the file, as errors give it.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// One row without a column: for what is told before the load.
    pub(crate) fn of_one_row() -> Self {
        Self {
            file: "the login".into(),
            columns: Arc::default(),
            own: Arc::new(Cells { starts: vec![0], ..Cells::default() }),
            told: None,
            jumps: Arc::new([(0, 1)]),
        }
    }

    /// The cells of the file, with more columns behind them in place of what was told before. Their cells are credentials;
    /// `cell` has the cell of a row (from 0) in one of them.
    #[must_use]
    pub(crate) fn with_told<'c>(&self, names: &[String], cell: impl Fn(u64, usize) -> &'c [u8]) -> Self {
        let own = self.columns.iter().take(self.own.width);
        let columns = own.chain(names).cloned().collect();
        let mut told = Cells { width: names.len(), ..Cells::default() };
        told.starts.reserve_exact(self.own.starts.len());
        told.ends.reserve_exact(self.own.starts.len() * names.len());
        for row in 0..self.row_count() {
            let start = told.text.len();
            told.starts.push(start as u64);
            for column in 0..names.len() {
                told.text.extend_from_slice(cell(row, column));
                told.ends.push((told.text.len() - start) as u32);
            }
        }
        told.shrink_to_fit();
        Self { columns, told: Some(Arc::new(told)), ..self.clone() }
    }

    /// Whether the cells of a column were told by the service, and are credentials.
    pub(super) fn is_told(&self, column: usize) -> bool {
        column >= self.own.width
    }

    /// The columns whose cells were told by the service.
    pub(super) fn told_columns(&self) -> std::ops::Range<usize> {
        self.own.width..self.columns.len()
    }

    /// The names of the columns, each once, none empty.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// How many rows there are; at least one.
    pub fn row_count(&self) -> u64 {
        self.own.starts.len() as u64
    }

    /// The cell at a row and a column, both from 0.
    ///
    /// # Panics
    /// For a row or column that does not exist.
    pub fn cell(&self, row: u64, column: usize) -> &[u8] {
        match (&self.told, column.checked_sub(self.own.width)) {
            (Some(told), Some(column)) => told.cell(row, column),
            _ => self.own.cell(row, column),
        }
    }

    /// The line, from 1, in which a row (from 0) begins.
    pub fn line_of(&self, row: u64) -> u64 {
        let known = self.jumps.partition_point(|&(jump, _)| jump <= row);
        self.jumps[..known].last().map_or(0, |&(jump, line)| line + (row - jump))
    }
}

/// The names of the columns.
fn columns(header: &Row<'_>, file: &str) -> Result<Vec<String>, FeedError> {
    let (file, line) = (file.to_owned(), header.line);
    let mut columns: Vec<String> = Vec::with_capacity(header.ends.len());
    for (place, name) in header.cells().enumerate() {
        let name = name.trim().to_owned();
        if name.is_empty() {
            return Err(FeedError::UnnamedColumn { file, line, column: place + 1 });
        }
        if builtin(&name).is_some() {
            return Err(FeedError::BuiltinColumn { file, line, name });
        }
        if columns.contains(&name) {
            return Err(FeedError::DuplicateColumn { file, line, name });
        }
        columns.push(name);
    }
    Ok(columns)
}

impl fmt::Debug for DataTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DataTable({} columns, {} rows)", self.columns.len(), self.row_count())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<DataTable, FeedError> {
        DataTable::read(text.as_bytes(), "data.csv")
    }

    #[test]
    fn cells_are_found_by_row_and_column() {
        let table = read("\u{FEFF}id, name\n1,\"Smith, J\"\n2,\n\n3,\"two\nlines\"\n4,x").unwrap();
        assert_eq!((table.columns(), table.row_count()), (&["id".to_owned(), "name".to_owned()][..], 4));
        let cell = |row, column| std::str::from_utf8(table.cell(row, column)).unwrap();
        assert_eq!((cell(0, 0), cell(0, 1), cell(1, 1)), ("1", "Smith, J", ""));
        assert_eq!((cell(2, 1), cell(3, 0), cell(3, 1)), ("two\nlines", "4", "x"));
        assert_eq!((0..4).map(|row| table.line_of(row)).collect::<Vec<_>>(), [2, 3, 5, 7]);
        assert_eq!(format!("{table:?}"), "DataTable(2 columns, 4 rows)");
    }

    #[test]
    fn what_is_told_stands_behind_the_cells_of_the_file_which_are_not_copied() {
        let table = read("id,name\n1,ann\n2,bob\n").unwrap();
        let names = ["token".to_owned(), "key".to_owned()];
        let cells = [["t-1", "k"], ["", "k-2"]];
        let told = table.with_told(&["old".to_owned()], |_, _| b"x");
        let told = told.with_told(&names, |row, column| cells[row as usize][column].as_bytes());
        assert_eq!(told.columns(), ["id", "name", "token", "key"]);
        let row = |row| (0..4).map(|column| std::str::from_utf8(told.cell(row, column)).unwrap()).collect();
        assert_eq!([row(0), row(1)] as [Vec<&str>; 2], [["1", "ann", "t-1", "k"], ["2", "bob", "", "k-2"]]);
        assert_eq!([0, 1, 2, 3].map(|column| told.is_told(column)), [false, false, true, true]);
        assert!(!table.is_told(1) && Arc::ptr_eq(&table.own, &told.clone().own));
        let alone = DataTable::of_one_row().with_told(&names, |_, column| cells[0][column].as_bytes());
        assert_eq!((alone.row_count(), alone.cell(0, 1)), (1, &b"k"[..]));
    }

    #[test]
    fn what_is_no_table_says_why_without_a_cell() {
        let file = || "data.csv".to_owned();
        assert_eq!(read("").unwrap_err(), FeedError::Empty { file: file(), needs: NEEDS_ALL });
        let only = FeedError::OnlyHeader { file: file(), line: 2, needs: NEEDS_ROWS };
        assert_eq!(read("\nid\n\n").unwrap_err(), only);
        let ragged = read("id,x\n1,2\n\n1,secret,3\n").unwrap_err();
        assert_eq!(ragged, FeedError::Ragged { file: file(), line: 4, expected: 2, found: 3 });
        assert!(!ragged.to_string().contains("secret"));
        let name = |name: &str| name.to_owned();
        let twice = FeedError::DuplicateColumn { file: file(), line: 1, name: name("id") };
        assert_eq!(read("id,x,id \n1,2,3\n").unwrap_err(), twice);
        let unnamed = FeedError::UnnamedColumn { file: file(), line: 1, column: 2 };
        assert_eq!(read("id, \n1,2\n").unwrap_err(), unnamed);
        let builtin = FeedError::BuiltinColumn { file: file(), line: 1, name: name("uuid") };
        assert_eq!(read("id,uuid\n1,2\n").unwrap_err(), builtin);
        let bytes = DataTable::read(&b"id\n\xFF\n"[..], "data.csv").unwrap_err();
        assert_eq!(bytes, FeedError::NotUtf8 { file: file(), line: 2 });
    }

    #[test]
    fn rows_rotate_from_the_first() {
        let rows: Vec<u64> = (0..7).map(|i| DataOrder::Rotate.row_at(i, 9, 3)).collect();
        assert_eq!(rows, [0, 1, 2, 0, 1, 2, 0]);
    }

    #[test]
    fn random_rows_are_even_and_follow_the_seed() {
        let rows = |seed| (0..100_000).map(move |i| DataOrder::Random.row_at(i, seed, 10));
        let mut used = [0_u32; 10];
        rows(1).for_each(|row| used[row as usize] += 1);
        // 10,000 expected of each, with a standard deviation of 95.
        assert!(used.iter().all(|n| (9_500..10_500).contains(n)), "{used:?}");
        assert!(rows(1).eq(rows(1)) && rows(1).ne(rows(2)));
        // A seed and its neighbour are not the same sequence, shifted.
        assert!(!(1..100).any(|shift| rows(1).skip(shift).take(50).eq(rows(2).take(50))));
    }

    /// `cargo test --release --lib a_million_rows -- --ignored --nocapture`
    #[test]
    #[ignore = "a figure for release builds"]
    fn a_million_rows_take_little_more_than_their_text() {
        let row = |i: u64| format!("user-{i:07},{:032x},Some Name {i},{}\n", i * 7_919, i % 97);
        let mut text = String::from("user,key,name,group\n");
        (0..1_000_000).for_each(|i| text.push_str(&row(i)));
        // The processor time of this thread is a measure that needs no clock of ours.
        let cpu = || {
            let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
            Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
        };
        let before = cpu();
        let table = DataTable::read(text.as_bytes(), "data.csv").unwrap();
        let took = cpu() - before;
        let cells = &table.own;
        let held = cells.text.capacity() + cells.starts.capacity() * 8 + cells.ends.capacity() * 4;
        println!("{} bytes of text: {took:?}, {held} bytes held", text.len());
        assert_eq!(table.row_count(), 1_000_000);
        assert!(took < Duration::from_secs(2) && held < 200_000_000);
    }

    proptest! {
        #[test]
        fn every_row_of_any_order_exists(sequence: u64, seed: u64, rows in 1_u64..u64::MAX) {
            prop_assert!(DataOrder::Rotate.row_at(sequence, seed, rows) < rows);
            prop_assert!(DataOrder::Random.row_at(sequence, seed, rows) < rows);
        }

        #[test]
        fn a_table_holds_what_was_written(cells in prop::collection::vec("\\PC{0,12}", 2..40)) {
            let cells = &cells[..cells.len() / 2 * 2];
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(["a", "b"]).unwrap();
            cells.chunks(2).for_each(|row| writer.write_record(row).unwrap());
            let table = DataTable::read(&writer.into_inner().unwrap()[..], "data.csv").unwrap();
            for (i, cell) in cells.iter().enumerate() {
                prop_assert_eq!(table.cell(i as u64 / 2, i % 2), cell.as_bytes());
            }
        }
    }
}
