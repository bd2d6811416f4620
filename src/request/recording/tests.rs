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
