//! A profile in a CSV file: the rate at each of a number of instants, and the phases that they belong to.

use super::super::values::Span;
use super::{Level, checked_name, level};
use crate::request::{DataTable, InFile};
use crate::schedule::Stretch;

/// Most phases of a file: each has figures of its own.
pub(super) const MOST_PHASES: usize = 100;

/// Why a table is no profile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ProfileProblem {
    #[error("a profile has the columns t_s and rate_per_s, and perhaps phase; there is no `{0}`")]
    Column(&'static str),
    /// A cell that is none.
    #[error("`{column}`: {why}")]
    Cell { column: &'static str, why: String },
    #[error("the first t_s must be 0: the profile begins there")]
    Start,
    #[error("t_s must grow from row to row")]
    Order,
    #[error("one row is no profile; the last row is where it ends")]
    OneRow,
    #[error("the phase `{0}` was there before; a phase is one part of the run")]
    PhaseTwice(String),
    #[error("there are more than {MOST_PHASES} phases; leave the column out, and the profile is one phase")]
    TooManyPhases,
}

/// A row of the file.
struct Instant {
    at_ns: u64,
    rate: Level,
    phase: String,
}

/// The phases of a table with the columns `t_s`, `rate_per_s` and perhaps `phase`. Between two rows the rate changes linearly,
/// or, with `is_stepped`, it stays that of the first; the last row is where the profile ends.
///
/// # Errors
/// [`ProfileProblem`] with its line.
pub(crate) fn of_table(
    table: &DataTable,
    is_stepped: bool,
) -> Result<Vec<(String, Vec<Stretch>)>, InFile<ProfileProblem>> {
    let problem =
        |row: u64, problem| InFile { file: table.file().to_owned(), line: table.line_of(row), problem };
    let column = |name: &'static str| table.columns().iter().position(|column| column == name);
    let needed = |name| column(name).ok_or_else(|| problem(0, ProfileProblem::Column(name)));
    let (time, rate, phase) = (needed("t_s")?, needed("rate_per_s")?, column("phase"));
    let text = |row, column| String::from_utf8_lossy(table.cell(row, column)).trim().to_owned();
    let mut phases: Vec<(String, Vec<Stretch>)> = Vec::new();
    let mut before: Option<Instant> = None;
    for row in 0..table.row_count() {
        let cell = |column, why: String| problem(row, ProfileProblem::Cell { column, why });
        let at: Span = text(row, time).parse().map_err(|why| cell("t_s", why))?;
        let now = Instant {
            at_ns: at.0,
            rate: level(&text(row, rate)).map_err(|why| cell("rate_per_s", why))?,
            phase: match phase.map(|column| text(row, column)) {
                Some(name) if !name.is_empty() => {
                    checked_name(&name).map_err(|why| cell("phase", why))?.to_owned()
                }
                _ => before.as_ref().map_or_else(|| "profile".to_owned(), |before| before.phase.clone()),
            },
        };
        match before {
            None if now.at_ns != 0 => return Err(problem(row, ProfileProblem::Start)),
            None => {}
            Some(before) if before.at_ns >= now.at_ns => return Err(problem(row, ProfileProblem::Order)),
            Some(before) => {
                let to = if is_stepped { before.rate } else { now.rate };
                let stretch = Stretch { from: before.rate, to, duration_ns: now.at_ns - before.at_ns };
                match phases.iter().rposition(|(name, _)| *name == before.phase) {
                    Some(place) if place + 1 == phases.len() => phases[place].1.push(stretch),
                    Some(_) => return Err(problem(row, ProfileProblem::PhaseTwice(before.phase))),
                    None if phases.len() == MOST_PHASES => {
                        return Err(problem(row, ProfileProblem::TooManyPhases));
                    }
                    None => phases.push((before.phase, vec![stretch])),
                }
            }
        }
        before = Some(now);
    }
    if phases.is_empty() { Err(problem(0, ProfileProblem::OneRow)) } else { Ok(phases) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::{Profile, Rate};

    fn read(text: &str, is_stepped: bool) -> Result<Vec<(String, Vec<Stretch>)>, InFile<ProfileProblem>> {
        of_table(&DataTable::read(text.as_bytes(), "day.csv").unwrap(), is_stepped)
    }

    #[test]
    fn rows_are_instants_and_the_rate_changes_between_them() {
        let text = "t_s,rate_per_s,phase\n0,100,night\n10,100,\n20.5,1k,day\n30,0,\n";
        let phases = read(text, false).unwrap();
        let names: Vec<_> = phases.iter().map(|(name, stretches)| (name.as_str(), stretches.len())).collect();
        assert_eq!(names, [("night", 2), ("day", 1)]);
        let per_s = |level: Level| level.map_or(0.0, Rate::per_second);
        let line = phases[0].1[1];
        assert_eq!((per_s(line.from), per_s(line.to), line.duration_ns), (100.0, 1_000.0, 10_500_000_000));
        assert_eq!(per_s(phases[1].1[0].to), 0.0);
        let profile = Profile::new(&phases).unwrap();
        assert_eq!(
            (profile.phases()[1].start_ns, profile.phases()[1].end_ns),
            (20_500_000_000, 30_000_000_000)
        );
        let stepped = read(text, true).unwrap();
        assert_eq!(stepped[0].1[1].to, stepped[0].1[1].from);
        assert_eq!(read("t_s,rate_per_s\n0,5\n9,6\n", false).unwrap()[0].0, "profile");
    }

    #[test]
    fn what_is_no_profile_names_its_line() {
        for (text, line, part) in [
            ("t,rate_per_s\n0,1\n1,1\n", 2, "no `t_s`"),
            ("t_s,rate\n0,1\n1,1\n", 2, "no `rate_per_s`"),
            ("t_s,rate_per_s\n0,1\n", 2, "one row"),
            ("t_s,rate_per_s\n1,1\n2,1\n", 2, "must be 0"),
            ("t_s,rate_per_s\n0,1\n2,1\n2,1\n", 4, "must grow"),
            ("t_s,rate_per_s\n0,1\nx,1\n", 3, "`t_s`: not a duration"),
            ("t_s,rate_per_s\n0,1\n1,-1\n", 3, "`rate_per_s`"),
            ("t_s,rate_per_s,phase\n0,1,a\n1,1,b\n2,1,a\n3,1,\n", 5, "was there before"),
        ] {
            let error = read(text, false).unwrap_err();
            assert_eq!(error.line, line, "{text}");
            assert!(error.to_string().contains(part), "{text}: {error}");
        }
        let many: String = (0..200).map(|row| format!("{row},1,p{row}\n")).collect();
        assert_eq!(
            read(&format!("t_s,rate_per_s,phase\n{many}"), false).unwrap_err().problem,
            ProfileProblem::TooManyPhases
        );
    }
}
