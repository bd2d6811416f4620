//! What one arrival costs the client, apart from sending its request: everything here runs once for each arrival, or
//! once for a run, on the worker's thread; and what the live screen costs the other threads. `cargo bench --bench hot_path`.

use std::io::Write;
use std::sync::Arc;

use bytes::Bytes;
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};

use rpsbench::internals::{
    Accounting, Arrivals, AwsKeys, BodyCoding, BodyWatch, BurstDepth, DataOrder, DataTable, Decision,
    Dispatcher, Distribution, EndpointSpec, ExampleScreen, Expectation, IntervalLog, Limits, Moment,
    NANOS_PER_S, Outcome, Phase, Placeholders, PoolLimits, Profile, Rate, Recorder, Route, Sample, Schedule,
    Secret, Signer, SigningScope, Slot, Stretch, Ticket, Timeline, TokenBucket, TokenList, Workload,
    WorkloadSpec, encode_histogram,
};

/// Arrivals in one iteration of a benchmark.
const ARRIVALS: u64 = 10_000;

fn main() {
    divan::main();
}

/// 10,000 arrivals at an awkward rate, which needs the whole arithmetic.
fn schedule(arrivals: Arrivals) -> Schedule {
    let rate = Rate::new(166_667, 10).expect("a valid rate");
    Schedule::for_count(rate, ARRIVALS).expect("a valid schedule").with_arrivals(arrivals, 1)
}

/// Taking slots in order, as a worker does.
#[divan::bench(args = [Arrivals::Constant, Arrivals::Poisson])]
fn schedule_iteration(bencher: Bencher, arrivals: Arrivals) {
    let stripe = schedule(arrivals).stripe(0, 1);
    bencher.counter(ItemsCount::new(ARRIVALS)).bench_local(|| {
        for slot in stripe.clone() {
            black_box(slot);
        }
    });
}

/// Counting what is due, after a wake-up on time (1) and after a late one.
#[divan::bench(args = [1, 16, 256])]
fn count_due(bencher: Bencher, due: u64) {
    let schedule = schedule(Arrivals::Constant);
    let stripe = schedule.stripe(0, 1);
    let last = schedule.stripe(0, 1).nth(due as usize - 1).expect("so many arrivals");
    let now_ns = last.intended_ns;
    bencher.bench_local(|| black_box(&stripe).count_due(black_box(now_ns), u64::MAX));
}

/// A token minted and taken, with a limited bucket.
#[divan::bench]
fn token_bucket(bencher: Bencher) {
    let bucket = TokenBucket::new(BurstDepth::Tokens(100), 1);
    bencher.counter(ItemsCount::new(ARRIVALS)).bench_local(|| {
        for _ in 0..ARRIVALS {
            bucket.mint(1);
            black_box(bucket.take());
        }
    });
}

/// An arrival admitted to an idle connection, and its end.
#[divan::bench]
fn dispatch(bencher: Bencher) {
    let ticket =
        Ticket::new(Slot { index: 0, phase: Phase::Measured, intended_ns: 0 }, 0, Route::default(), 0);
    let mut dispatcher =
        Dispatcher::new(Limits { cap: 200, queue: 0 }, [PoolLimits { connections: u64::MAX, streams: 1 }]);
    dispatcher.idle(0, 0);
    bencher.counter(ItemsCount::new(ARRIVALS)).bench_local(|| {
        for _ in 0..ARRIVALS {
            if let Decision::Reuse(lane, _) = dispatcher.arrive(black_box(ticket), || true) {
                dispatcher.ended();
                dispatcher.idle(0, lane);
            }
            black_box(dispatcher.next(0, || true));
        }
    });
}

/// A good answer; arrival `index` of a run at 10,000/s.
fn ok_sample(index: u64) -> Sample {
    let intended_ns = index * 100_000;
    let sent_ns = intended_ns + 5_000 + index % 977;
    let end_ns = sent_ns + 100_000 + index * 7_919 % 3_000_000;
    let slot = Slot { index, phase: Phase::Measured, intended_ns };
    let timeline = Timeline {
        due_ns: sent_ns,
        admitted_ns: sent_ns,
        ready_ns: sent_ns,
        sent_ns,
        first_byte_ns: end_ns - 1_000,
        receive_lag_ns: None,
        end_ns,
    };
    Sample {
        slot,
        endpoint: 0,
        outcome: Outcome::Ok { status: 200 },
        timeline: Some(timeline),
        body_bytes: 20,
    }
}

/// The account of one good answer, from the offer to the record.
#[divan::bench]
fn recorder_record(bencher: Bencher) {
    let samples: Vec<Sample> = (0..ARRIVALS).map(ok_sample).collect();
    bencher
        .counter(ItemsCount::new(ARRIVALS))
        .with_inputs(|| Recorder::new(IntervalLog::new(0, NANOS_PER_S, 1), Accounting::default()))
        .bench_local_refs(|recorder| {
            for sample in &samples {
                recorder.offer(sample.slot, 1, 0);
                recorder.record(black_box(sample));
            }
        });
}

/// Times between 0.1 and 3 ms, in no order.
fn times() -> impl Iterator<Item = u64> {
    (0..ARRIVALS).map(|i| 100_000 + i * 7_919 % 3_000_000)
}

/// One of the distributions alone; a record of a good answer makes five of these.
#[divan::bench]
fn distribution_record(bencher: Bencher) {
    let times: Vec<u64> = times().collect();
    bencher.counter(ItemsCount::new(ARRIVALS)).with_inputs(Distribution::new).bench_local_refs(
        |distribution| {
            for time in &times {
                distribution.record(black_box(*time));
            }
        },
    );
}

/// A histogram as it stands in the result: seven of these at the end of a run.
#[divan::bench]
fn histogram_encode(bencher: Bencher) {
    let mut distribution = Distribution::new();
    times().for_each(|time| distribution.record(time));
    bencher.bench_local(|| encode_histogram(black_box(distribution.histogram())));
}

fn workload(url: &str, header: &str, body: &str, feeds: bool) -> Workload {
    Workload::build(spec(url, header, body, feeds)).expect("a valid workload")
}

/// One endpoint, with 120 tokens and 1,000 rows if its request is not always the same.
fn spec(url: &str, header: &str, body: &str, feeds: bool) -> WorkloadSpec {
    let endpoint = EndpointSpec {
        name: "bench".to_owned(),
        weight: 1,
        method: http::Method::POST,
        target: url.parse().expect("a valid URL"),
        headers: vec![(http::HeaderName::from_static("x-user"), Secret::new(header.to_owned()))],
        body: Secret::new(bytes::Bytes::copy_from_slice(body.as_bytes())),
        expectation: Expectation::default(),
        placeholders: Placeholders::Everywhere,
        chain: None,
    };
    let tokens: String = (0..120).map(|i| format!("Bearer {i:032x}\n")).collect();
    let rows: String = (0..1_000).map(|i| format!("user-{i},{i:016x}\n")).collect();
    let data = format!("user,article\n{rows}");
    WorkloadSpec {
        endpoints: vec![endpoint],
        tokens: feeds.then(|| TokenList::read(tokens.as_bytes(), "tokens.csv").expect("valid tokens")),
        token_header: http::header::AUTHORIZATION,
        signer: None,
        row_bodies: None,
        body_coding: None,
        data: feeds.then(|| DataTable::read(data.as_bytes(), "data.csv").expect("a valid table")),
        data_order: DataOrder::Random,
        seed: 1,
        traceparent: false,
        follows_redirects: false,
        keepalive: true,
        show_hosts: false,
        other_hosts: Vec::new(),
        count_by: None,
        other_secrets: Vec::new(),
    }
}

/// Making the request of an arrival: a copy of a fixed one, or one with a token, data in URL, header and a JSON body
/// of 200 bytes. The difference is what templates and tokens cost.
#[divan::bench(args = ["fixed", "token_and_data"])]
fn request(bencher: Bencher, kind: &str) {
    let padding = "x".repeat(117);
    let body = |user: &str, article: &str| {
        format!(r#"{{"user": "{user}", "article": "{article}", "nested": {{"note": "{padding}"}} }}"#)
    };
    let workload = match kind {
        "fixed" => {
            let body = body("user-500", "00000000000001f4");
            workload("http://x/a?articleUid=00000000000001f4", "user-500", &body, false)
        }
        _ => workload("http://x/a?articleUid={article}", "{user}", &body("{user}", "{article}"), true),
    };
    let mut sequence = 0;
    bencher.counter(ItemsCount::new(1_u32)).bench_local(|| {
        sequence += 1;
        black_box(workload.request(black_box(sequence), Moment::default()))
    });
}

/// What a signature for AWS costs the request of an arrival: one that never changes, one whose URL and body are made, and
/// one with a body of 64 KiB that is made.
#[divan::bench(args = ["unsigned", "fixed", "made", "made_64_kib"])]
fn signed_request(bencher: Bencher, kind: &str) {
    let keys = AwsKeys {
        id: Secret::new("AKIDEXAMPLE".to_owned()),
        secret: Secret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned()),
        session_token: None,
        good_until_ms: None,
    };
    let scope: SigningScope = "us-east-1:execute-api".parse().expect("a scope");
    let signer = (kind != "unsigned").then(|| Arc::new(Signer::new(keys, scope)));
    let padding = "x".repeat(if kind == "made_64_kib" { 64 << 10 } else { 117 });
    let is_made = kind.starts_with("made");
    let (url, index) = if is_made { ("http://x/a?u={index}", "{index}") } else { ("http://x/a?u=5", "5") };
    let spec = spec(url, "user-500", &format!(r#"{{"user": {index}, "note": "{padding}"}}"#), false);
    let workload = Workload::build(WorkloadSpec { signer, ..spec }).expect("a valid workload");
    let mut sequence = 0;
    bencher.counter(ItemsCount::new(1_u32)).bench_local(|| {
        sequence += 1;
        let moment = Moment { unix_ms: 1_440_938_160_000 + sequence, ..Moment::default() };
        black_box(workload.request(black_box(sequence), moment))
    });
}

/// What it costs to compress the body of a request: one that never changes, and ones that are made, of 200 bytes and of 64 KiB.
#[divan::bench(args = ["fixed", "gzip_made", "zstd_made", "gzip_made_64_kib", "zstd_made_64_kib"])]
fn coded_request(bencher: Bencher, kind: &str) {
    let body_coding = Some(if kind.starts_with("zstd") { BodyCoding::Zstd } else { BodyCoding::Gzip });
    let lines = if kind.ends_with("64_kib") { 1_100 } else { 3 };
    let items: String = (0..lines)
        .map(|i| format!(r#"{{"sku": "A-{}", "name": "Some name {i}", "count": {}}}, "#, i * 7_919, i % 7))
        .collect();
    let index = if kind == "fixed" { "5" } else { "{index}" };
    let spec = spec("http://x/a", "user-500", &format!(r#"{{"user": {index}, "items": [{items}]}}"#), false);
    let workload = Workload::build(WorkloadSpec { body_coding, ..spec }).expect("a valid workload");
    let mut sequence = 0;
    bencher.counter(ItemsCount::new(1_u32)).bench_local(|| {
        sequence += 1;
        black_box(workload.request(black_box(sequence), Moment::default()))
    });
}

/// What looking at an answer of 2 kB costs: nothing expected, and a text expected in it. Neither is compressed.
#[divan::bench(args = ["nothing", "text"])]
fn watch_answer(bencher: Bencher, kind: &str) {
    let body = vec![b'x'; 2_048];
    let wanted = (kind == "text").then(|| Bytes::from_static(b"needle"));
    let expectation = Expectation { body: wanted, ..Expectation::default() };
    let headers = http::HeaderMap::new();
    let mut watch = BodyWatch::new(0);
    bencher.counter(ItemsCount::new(1_u32)).bench_local(|| {
        watch.begin(&expectation, false);
        watch.head_has_come(&headers);
        watch.part(black_box(&body));
        black_box(watch.is_good())
    });
}

/// Taking slots of a rate that changes: 1,000 stretches, as of a file.
#[divan::bench(args = [Arrivals::Constant, Arrivals::Poisson])]
fn profile_iteration(bencher: Bencher, arrivals: Arrivals) {
    let rate = |per_s| Rate::new(per_s, 1).ok();
    let stretch = |i: u64| Stretch { from: rate(900 + i), to: rate(901 + i), duration_ns: 10_000_000 };
    let profile = Profile::new(&[("all".to_owned(), (0..1_000).map(stretch).collect())]).expect("a profile");
    let schedule = Schedule::for_profile(profile).expect("a schedule").with_arrivals(arrivals, 1);
    let stripe = schedule.stripe(0, 1);
    bencher.counter(ItemsCount::new(schedule.count())).bench_local(|| {
        for slot in stripe.clone() {
            black_box(slot);
        }
    });
}

/// Loading a data file of a million rows and four columns (66 MB), once a run. Alone in its process, it also shows
/// the memory that takes: `/usr/bin/time -v`.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn load_million_rows(bencher: Bencher) {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    let mut writer = std::io::BufWriter::new(&mut file);
    writeln!(writer, "user,key,name,group").expect("room on the disk");
    for i in 0..1_000_000_u64 {
        writeln!(writer, "user-{i:07},{:032x},Some Name {i},{}", i * 7_919, i % 97)
            .expect("room on the disk");
    }
    writer.flush().expect("room on the disk");
    drop(writer);
    bencher.bench_local(|| {
        let input = std::fs::File::open(file.path()).expect("the file is there");
        DataTable::read(input, "data.csv").expect("a valid table")
    });
}

/// What the live screen costs the thread of the command: the report of a second, added to what is known.
#[divan::bench]
fn live_second(bencher: Bencher) {
    let mut screen = ExampleScreen::new(80, 24);
    bencher.bench_local(|| screen.know());
}

/// What it costs its own thread: one picture each second. Neither is on the way of a request.
#[divan::bench(args = [(80, 24), (200, 60)])]
fn live_picture(bencher: Bencher, (columns, rows): (u16, u16)) {
    let mut screen = ExampleScreen::new(columns, rows);
    bencher.bench_local(|| {
        screen.know();
        screen.draw();
    });
}
