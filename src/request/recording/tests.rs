use proptest::prelude::*;

use super::*;

fn recording(text: &str, format: RecordingFormat, speed: &str) -> Recording {
    let open = || Ok::<_, RecordingError>(text.as_bytes());
    Recording::survey(Path::new("r"), format, speed.parse().unwrap(), open).unwrap()
}

fn arrivals(recording: &Recording, text: &str, stripe: u64, stripes: u64) -> Vec<(u64, u64, String)> {
    let mut arrivals = recording.arrivals(text.as_bytes(), stripe, stripes).unwrap();
    let path = |request: &RecordedRequest| request.path.as_ref().map_or("", |path| path.as_str()).to_owned();
    std::iter::from_fn(|| arrivals.next().unwrap())
        .map(|arrival| (arrival.index, arrival.at_ns, path(&arrival.request)))
        .collect()
}

#[test]
fn arrivals_are_in_order_and_as_fast_as_asked_for() {
    let text = "t_s,path\n1700000000.5,/a\n1700000001,/c\n1700000000.75,/b\n";
    let read = |speed| {
        let recording = recording(text, RecordingFormat::Auto, speed);
        arrivals(&recording, text, 0, 1).into_iter().map(|(_, at_ns, path)| (at_ns, path)).collect::<Vec<_>>()
    };
    let expected =
        |times: [u64; 3]| times.into_iter().zip(["/a", "/b", "/c"].map(str::to_owned)).collect::<Vec<_>>();
    assert_eq!(read("1"), expected([0, 250_000_000, 500_000_000]));
    assert_eq!(read("3x"), expected([0, 83_333_334, 166_666_667]));
    assert_eq!(read("0.5x"), expected([0, 500_000_000, 1_000_000_000]));
}

#[test]
fn what_was_added_since_is_not_replayed_and_what_is_missing_ends_it() {
    let recording = recording("t_s\n1\n2\n", RecordingFormat::Csv, "1");
    assert_eq!(arrivals(&recording, "t_s\n1\n2\n3\n", 0, 1).len(), 2);
    assert_eq!(arrivals(&recording, "t_s\n1\n", 0, 1).len(), 1);
    assert_eq!((recording.opening(0).is_some(), recording.opening(5).is_some()), (true, true));
}

/// A log as several processes write it: whole seconds, each line up to so many seconds late.
fn log(steps: &[(i64, i64)]) -> String {
    let mut now = 1_000_000_000;
    let lines = steps.iter().enumerate().map(|(index, (step, late))| {
        now += step;
        let at = jiff::Timestamp::from_second(now - late).unwrap().strftime("%d/%b/%Y:%H:%M:%S +0000");
        format!("h - - [{at}] \"GET /{index} HTTP/1.1\" 200 1 \"-\" \"-\"\n")
    });
    lines.collect()
}

/// So many lines of an access log, 2,000 in a second, some of them late, made while they are read.
struct Generated {
    rows: u64,
    next: u64,
    line: Vec<u8>,
}

impl Generated {
    fn new(rows: u64) -> Self {
        Self { rows, next: 0, line: Vec::new() }
    }
}

impl Read for Generated {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.line.is_empty() && self.next < self.rows {
            let row = self.next;
            self.next += 1;
            // Every twentieth is up to two seconds late, but for the first of an hour.
            let late = if row.is_multiple_of(20) { row / 20 % 3 } else { 0 };
            let second = (row / 2_000 % 3_600).saturating_sub(late);
            let hour = row / 2_000 / 3_600;
            self.line = format!(
                "10.0.0.7 - - [{:02}/Oct/2000:{:02}:{:02}:{:02} +0000] \"GET /items/{row}?page={} HTTP/1.1\" 200 1234 \"-\" \"Mozilla/5.0 (X11; Linux x86_64)\"\n",
                1 + hour / 24, hour % 24, second / 60, second % 60, row % 7,
            )
            .into_bytes();
        }
        let length = self.line.len().min(buffer.len());
        buffer[..length].copy_from_slice(&self.line[..length]);
        self.line.drain(..length);
        Ok(length)
    }
}

/// The most memory that this process has had, in KiB.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// `cargo test --release --lib a_recording_takes -- --ignored --nocapture`; ROWS=100000000 for the figure of the documentation.
#[test]
#[ignore = "a figure for release builds, in a process of its own"]
fn a_recording_takes_the_same_memory_however_long_it_is() {
    // The peak is that of the process, and other tests have theirs.
    const ALONE: &str = "RECORDING_ALONE";
    if std::env::var_os(ALONE).is_none() {
        let name = "request::recording::tests::a_recording_takes_the_same_memory_however_long_it_is";
        let mut alone = std::process::Command::new(std::env::current_exe().unwrap());
        let ended = alone
            .args([name, "--exact", "--include-ignored", "--nocapture"])
            .env(ALONE, "1")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&ended.stdout);
        println!("{said}");
        assert!(
            ended.status.success() && said.contains("1 passed"),
            "{}",
            String::from_utf8_lossy(&ended.stderr)
        );
        return;
    }
    let rows = std::env::var("ROWS").ok().and_then(|rows| rows.parse().ok()).unwrap_or(2_000_000);
    // The processor time of this thread is a measure that needs no clock of ours.
    let cpu_s = || {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
    };
    let read = |rows| {
        let (open, before_s) = (|| Ok::<_, RecordingError>(Generated::new(rows)), cpu_s());
        let recording = Recording::survey(Path::new("r"), RecordingFormat::Auto, Speed::ONE, open).unwrap();
        let (surveyed_s, mut count) = (cpu_s(), 0);
        assert_eq!(recording.recorded().count, rows);
        let mut arrivals = recording.arrivals(Generated::new(rows), 0, 1).unwrap();
        while arrivals.next().unwrap().is_some() {
            count += 1;
        }
        assert_eq!(count, rows);
        let (first, second) = (surveyed_s - before_s, cpu_s() - surveyed_s);
        println!(
            "{rows} rows: {first:.2} s for the first reading, {second:.2} s for the second, peak {} KiB",
            peak_kib()
        );
        peak_kib()
    };
    let short_kib = read(100_000);
    let long_kib = read(rows);
    assert!(long_kib < short_kib + 4_096, "{short_kib} and {long_kib} KiB");
}

proptest! {
    /// Each row once, whatever the stripes, in order, and inside the run.
    #[test]
    fn stripes_partition_a_recording(steps in prop::collection::vec((0_i64..3, 0_i64..4), 1..80), stripes in 1_u64..5, speed in 1_u64..9) {
        let text = log(&steps);
        let recording = recording(&text, RecordingFormat::Auto, &speed.to_string());
        let whole = arrivals(&recording, &text, 0, 1);
        prop_assert_eq!(whole.len(), steps.len());
        prop_assert!(whole.is_sorted_by_key(|(_, at_ns, _)| *at_ns));
        prop_assert!(whole.iter().map(|(index, ..)| *index).eq(0..steps.len() as u64));
        let replay = crate::schedule::Replay::new(recording.recorded(), recording.speed).unwrap();
        let schedule = crate::schedule::Schedule::for_replay(replay).unwrap();
        prop_assert_eq!(whole[0].1, 0);
        prop_assert!(whole[whole.len() - 1].1 < schedule.duration_ns());
        prop_assert_eq!(whole[whole.len() - 1].1, recording.speed.scaled(recording.recorded().span_ns));
        let mut parts: Vec<_> = (0..stripes).flat_map(|stripe| {
            let part = arrivals(&recording, &text, stripe, stripes);
            assert_eq!(part.len() as u64, schedule.stripe(stripe, stripes).counts().0);
            part
        }).collect();
        parts.sort();
        prop_assert_eq!(parts, whole);
    }

    /// Whatever is broken in a file, what stands in it is not in the error.
    #[test]
    fn an_error_never_repeats_a_row(which in 0_usize..4, cut in 0_usize..400, noise in "[ -~\n]{0,3}", remove in 0_usize..4) {
        let mut text = [
            "t_s,path,header:A\n1,/PLANTED?PLANTED,PLANTED\n2,/PLANTED,PLANTED\n",
            "{\"t_s\":1,\"path\":\"/PLANTED\",\"headers\":{\"A\":\"PLANTED\"},\"body\":\"PLANTED\"}\n",
            "PLANTED - - [10/Oct/2000:13:55:36 +0000] \"GET /PLANTED HTTP/1.1\" 200 1 \"PLANTED\" \"-\"\n",
            "{\"ts\":1,\"method\":\"GET\",\"path\":\"/PLANTED\",\"x\":\"PLANTED\"}\n",
        ][which].to_owned();
        let formats = [RecordingFormat::Csv, RecordingFormat::Ndjson, RecordingFormat::Combined, RecordingFormat::JsonLog];
        // The header of a table is its user's own words.
        let cut = if which == 0 { 18 + cut % (text.len() - 18) } else { cut % text.len() };
        text.replace_range(cut..(cut + remove).min(text.len()), &noise);
        let open = || Ok::<_, RecordingError>(text.as_bytes());
        for format in [RecordingFormat::Auto, formats[which]] {
            if let Err(error) = Recording::survey(Path::new("r"), format, Speed::ONE, open) {
                let shown = format!("{error} {error:?}").to_ascii_uppercase();
                prop_assert!(!shown.contains("PLANTED"), "{shown}");
            }
        }
    }
}
