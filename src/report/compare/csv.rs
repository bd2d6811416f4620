//! A table with one row per result. Behind its own figures stand, for each of them, the ratio and the difference to the first
//! result, and for percentiles the 95 % interval of the ratio and whether it exceeds the noise. An empty field: the result
//! lacks the figure, or nobody can tell. A lower bound is written `>10000`, so that no spreadsheet takes it for measured.

use crate::result::{
    Bound, Comparison, Difference, Figure, Loop, NoiseVerdict, Reading, TimedFrom, Unit, letter,
};

/// Writes the table.
pub(in crate::report) fn render(comparison: &Comparison) -> String {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    let mut write = |record: Vec<String>| {
        writer.write_record(record).expect("memory takes every record, and all rows have the same columns");
    };
    for (i, reading) in comparison.results.iter().enumerate() {
        let difference = comparison.differences.iter().find(|difference| difference.result == i);
        let fields = fields(i, reading, difference);
        if i == 0 {
            write(fields.iter().map(|(column, _)| column.clone()).collect());
        }
        write(fields.into_iter().map(|(_, text)| text).collect());
    }
    let bytes = writer.into_inner().expect("memory can always be flushed");
    String::from_utf8(bytes).expect("every field is text")
}

fn fields(index: usize, reading: &Reading, difference: Option<&Difference>) -> Vec<(String, String)> {
    let mode = match reading.mode {
        Loop::Open => "open",
        Loop::Closed => "closed",
        Loop::Unknown => "",
    };
    let clock = match reading.clock {
        TimedFrom::IntendedTime => "intended_time",
        TimedFrom::Send => "send",
        TimedFrom::Unknown => "",
    };
    let mut fields: Vec<(String, String)> = [
        ("result", letter(index)),
        ("name", reading.name.clone()),
        ("tool", reading.tool.clone()),
        ("version", reading.version.clone().unwrap_or_default()),
        ("mode", mode.to_owned()),
        ("clock", clock.to_owned()),
        ("concurrency", optional(reading.concurrency)),
        ("asked_per_s", optional(reading.asked_per_s)),
        ("duration_s", optional(reading.duration_s)),
        ("requests", optional(reading.requests)),
        ("ok", optional(reading.ok)),
        ("target", reading.target.clone().unwrap_or_default()),
    ]
    .map(|(column, text)| (column.to_owned(), text))
    .into();
    for figure in Figure::COMPARED {
        let text = reading.figure(figure).written(|value| value.to_string());
        fields.push((column(figure), text.unwrap_or_default()));
    }
    for figure in Figure::COMPARED {
        let found = difference.and_then(|difference| difference.figure(figure));
        let name = figure.to_string();
        let found = found.filter(|found| found.bound != Bound::Unknown);
        let bound = found.map_or("", |found| found.bound.sign());
        let distance = |value: f64| format!("{bound}{value}");
        fields.push((format!("{name}_ratio"), optional(found.and_then(|found| found.ratio).map(distance))));
        let absolute = found.map(|found| distance(found.absolute));
        fields.push((format!("{}_difference", column(figure)), optional(absolute)));
        if figure.quantile().is_none() {
            continue;
        }
        let noise = found.map(|found| &found.noise);
        fields.push((format!("{name}_ratio_low"), optional(noise.and_then(|noise| noise.ratio_low))));
        fields.push((format!("{name}_ratio_high"), optional(noise.and_then(|noise| noise.ratio_high))));
        let verdict = noise.map_or("", |noise| match noise.verdict {
            NoiseVerdict::Exceeds => "exceeds",
            NoiseVerdict::Within => "within",
            NoiseVerdict::CannotTell => "",
        });
        fields.push((format!("{name}_noise"), verdict.to_owned()));
    }
    fields
}

fn column(figure: Figure) -> String {
    match figure.unit() {
        Unit::Ms => format!("{figure}_ms"),
        Unit::PerS => "completed_per_s".to_owned(),
        Unit::Share => figure.to_string(),
    }
}

fn optional(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}
