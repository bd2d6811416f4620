//! `--log`: the file, and the form that its name asks for.

use std::path::PathBuf;
use std::str::FromStr;

/// A log that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogFile {
    pub path: PathBuf,
    pub format: LogFormat,
}

/// How records are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// A row each.
    Csv,
    /// The same, compressed.
    CsvGzip,
    /// The same, compressed.
    CsvZstd,
    /// A line of JSON each, as vegeta's JSON encoding has it.
    Vegeta,
}

impl FromStr for LogFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let name = text.to_lowercase();
        let formats = [
            (".vegeta.json", LogFormat::Vegeta),
            (".csv", LogFormat::Csv),
            (".csv.gz", LogFormat::CsvGzip),
            (".csv.zst", LogFormat::CsvZstd),
        ];
        let found = formats.iter().find(|(end, _)| name.ends_with(end));
        let (_, format) = found.ok_or("a log ends in .csv, .csv.gz, .csv.zst or .vegeta.json")?;
        Ok(Self { path: PathBuf::from(text), format: *format })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_says_the_form() {
        let format = |text: &str| text.parse::<LogFile>().map(|file| file.format);
        assert_eq!(format("a.CSV"), Ok(LogFormat::Csv));
        assert_eq!(format("a.csv.zst"), Ok(LogFormat::CsvZstd));
        assert_eq!(format("a.csv.gz"), Ok(LogFormat::CsvGzip));
        assert_eq!(format("a.vegeta.json"), Ok(LogFormat::Vegeta));
        assert!(format("a.json").is_err() && format("-").is_err());
    }
}
