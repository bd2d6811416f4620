//! The JSON and CSV of the closed-loop study whose format our own CSV begins with: users that wait for their last answer,
//! milliseconds, from the send. A list of stages gives several readings. Our own CSV is read too, by its columns `mode` and
//! `endpoint`.

use csv::StringRecord;
use serde_json::Value;

use super::Problem;
use super::fields::Fields;
use crate::measure::Measured;
use crate::result::{Figure, Loop, Reading, TimedFrom};

const STUDY: &str = "closed-loop study";
/// What a stage has in the study's JSON.
const KEYS: [&str; 3] = ["concurrency", "rps", "latency_ms"];
/// How the CSV begins.
const HEADER: &str = "scenario,concurrency,total_requests,rps,";

pub(super) fn knows_json(document: &Value) -> bool {
    !stages(document).is_empty()
}

pub(super) fn read_json(document: &Value) -> Result<Vec<Reading>, Problem> {
    stages(document).into_iter().map(stage).collect()
}

/// The document itself, its elements, or those of the first list in it that holds stages.
fn stages(document: &Value) -> Vec<&Value> {
    let is_stage = |value: &Value| KEYS.iter().all(|key| value.get(key).is_some());
    if is_stage(document) {
        return vec![document];
    }
    let lists = match document {
        Value::Array(list) => vec![list],
        Value::Object(map) => map.values().filter_map(Value::as_array).collect(),
        _ => Vec::new(),
    };
    // All of a list or nothing: a stage that is none must not be passed over.
    let list = lists.into_iter().find(|list| list.first().is_some_and(is_stage));
    list.into_iter().flatten().collect()
}

fn stage(stage: &Value) -> Result<Reading, Problem> {
    let fields = Fields::new(STUDY, stage);
    let times = fields.object("latency_ms");
    let mut reading = Reading::of(STUDY, Loop::Closed);
    reading.name =
        ["scenario", "name", "stage"].iter().find_map(|key| fields.text(key)).unwrap_or_default().to_owned();
    reading.concurrency = fields.count("concurrency")?;
    reading.completed_per_s = Some(fields.required("rps")?);
    reading.requests = fields.count("total_requests")?.or(fields.count("total")?);
    reading.error_rate = fields.share("error_rate")?;
    reading.failure_rate = fields.share("failure_rate")?;
    times.latencies(&mut reading.latency, |ms| ms)?;
    finish(&mut reading);
    Ok(reading)
}

pub(super) fn knows_csv(text: &str) -> bool {
    text.starts_with(HEADER)
}

pub(super) fn read_csv(text: &str) -> Result<Vec<Reading>, Problem> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let broken = |error: &csv::Error| {
        Problem::value(STUDY, "CSV", &error.to_string(), "a table with rows of one length")
    };
    let header = reader.headers().map_err(|error| broken(&error))?.clone();
    let mut readings = Vec::new();
    for row in reader.records() {
        let row = Row { header: &header, row: row.map_err(|error| broken(&error))? };
        // Below the row of a run of ours stand its endpoints.
        if row.cell("endpoint").is_none() {
            readings.push(row.reading()?);
        }
    }
    if readings.is_empty() {
        Err(Problem::missing(STUDY, "first row below the header"))
    } else {
        Ok(readings)
    }
}

struct Row<'a> {
    header: &'a StringRecord,
    row: StringRecord,
}

impl Row<'_> {
    /// A cell that is not empty.
    fn cell(&self, column: &str) -> Option<&str> {
        let place = self.header.iter().position(|name| name == column)?;
        self.row.get(place).map(str::trim).filter(|cell| !cell.is_empty())
    }

    fn number(&self, column: &str) -> Result<Option<f64>, Problem> {
        let Some(cell) = self.cell(column) else { return Ok(None) };
        let number = cell.strip_prefix('>').unwrap_or(cell).parse::<f64>().ok();
        let number = number.filter(|number| number.is_finite() && *number >= 0.0);
        number.map(Some).ok_or_else(|| Problem::value(STUDY, column, cell, "a number of 0 or more"))
    }

    fn count(&self, column: &str) -> Result<Option<u64>, Problem> {
        let count =
            |cell: &str| cell.parse().map_err(|_| Problem::value(STUDY, column, cell, "a whole number"));
        self.cell(column).map(count).transpose()
    }

    fn share(&self, column: &str) -> Result<Option<f64>, Problem> {
        let share = self.number(column)?;
        match share.filter(|share| *share > 1.0) {
            Some(more) => Err(Problem::value(STUDY, column, &more.to_string(), "a share between 0 and 1")),
            None => Ok(share),
        }
    }

    fn reading(&self) -> Result<Reading, Problem> {
        let mode = if self.cell("mode") == Some("open") { Loop::Open } else { Loop::Closed };
        let ours = self.cell("mode").is_some();
        let mut reading = Reading::of(if ours { env!("CARGO_PKG_NAME") } else { STUDY }, mode);
        if mode == Loop::Open {
            (reading.clock, reading.clock_words) =
                (TimedFrom::IntendedTime, "from the intended time".to_owned());
        }
        reading.name = self.cell("scenario").unwrap_or_default().to_owned();
        reading.concurrency = self.count("concurrency")?;
        reading.requests = self.count("total_requests")?;
        let rps = self.number("rps")?;
        reading.completed_per_s = Some(rps.ok_or_else(|| Problem::missing(STUDY, "rps"))?);
        reading.error_rate = self.share("error_rate")?;
        reading.failure_rate = self.share("failure_rate")?;
        reading.asked_per_s = self.number("rate_per_s")?;
        reading.ok = self.count("ok")?;
        for (column, figure) in [
            ("avg_ms", Figure::Mean),
            ("min_ms", Figure::Min),
            ("max_ms", Figure::Max),
            ("response_p50_ms", Figure::P50),
            ("p90_ms", Figure::P90),
            ("p95_ms", Figure::P95),
            ("p99_ms", Figure::P99),
            ("response_p99_9_ms", Figure::P99_9),
            ("response_p99_99_ms", Figure::P99_99),
        ] {
            // A lower bound of ours is written >10000.
            let is_bound = self.cell(column).is_some_and(|cell| cell.starts_with('>'));
            reading.latency.set(figure, Measured::from_parts(self.number(column)?, is_bound));
        }
        finish(&mut reading);
        Ok(reading)
    }
}

/// What follows from the study's definitions: rps is all requests by the elapsed time, and the shares are of all requests.
fn finish(reading: &mut Reading) {
    let (Some(requests), Some(rps)) = (reading.requests, reading.completed_per_s) else { return };
    let requests = requests as f64;
    reading.duration_s = (rps > 0.0).then(|| requests / rps);
    let bad = reading.error_rate.zip(reading.failure_rate).map(|(errors, failures)| errors + failures);
    let good = bad.map(|bad| (requests * (1.0 - bad).max(0.0)).round() as u64);
    reading.ok = reading.ok.or(good);
}
