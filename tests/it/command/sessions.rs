//! Sessions, logins and redirects, against an API in a process of its own that knows what belongs together.

use serde_json::Value;

use crate::support::nginx::Nginx;
use crate::support::program::{Running, assert_ledger_adds_up, file, ledger, program, run, run_json};
use crate::support::shop::Shop;

const SHOP: &str = r#"
[login]
path = "/login"
body = '{"user": "{user}", "password": "{password}"}'
take = { token = { json = "/data/access_token" } }

[[session]]
name = "buy"
cookies = true

[[session.step]]
name = "cart"
method = "POST"
path = "/carts"
headers = { Authorization = "Bearer {token}" }
expect_status = 201
take = { cart = { regex = '"id": "([^"]+)"' }, total = { header = "X-Total" } }

[[session.step]]
name = "order"
method = "PUT"
path = "/carts/{cart}/order"
headers = { Authorization = "Bearer {token}" }
body = '{"cart": "{cart}", "total": {total}}'
expect_body = "ordered"
"#;

const USERS: &str = "user,password\nann,pass-ann\nbob,pass-bob\ncid,pass-cid\n";
const LOAD: [&str; 4] = ["--rate", "100", "-n", "60"];

/// The arguments for a scenario at an API.
fn arguments(folder: &tempfile::TempDir, shop: &Shop, scenario: &str, users: &str) -> Vec<String> {
    let (scenario, users) = (file(folder, "shop.toml", scenario), file(folder, "users.csv", users));
    [shop.url(""), "--scenario".to_owned(), scenario, "--data".to_owned(), users].to_vec()
}

fn with<'a>(arguments: &'a [String], more: &[&'a str]) -> Vec<&'a str> {
    arguments.iter().map(String::as_str).chain(more.iter().copied()).collect()
}

fn step(document: &Value, place: usize) -> (&str, u64, u64) {
    let step = &document["steps"][place];
    let count = |name: &str| step[name].as_u64().unwrap_or_else(|| panic!("{step}"));
    (step["name"].as_str().unwrap_or_default(), count("sent"), count("ok"))
}

#[test]
#[ignore = "needs python3: run `bash tests/run.sh`"]
fn each_session_is_one_arrival_of_one_user_with_what_it_was_told() {
    let (shop, folder) = (Shop::start(), tempfile::tempdir().unwrap());
    let arguments = arguments(&folder, &shop, SHOP, USERS);
    for (threads, earlier) in [("1", 0), ("2", 1)] {
        let (_, document) = run_json(&with(&arguments, &[&LOAD[..], &["--threads", threads]].concat()));
        assert_ledger_adds_up(&document);
        assert_eq!(
            (ledger(&document, "planned"), ledger(&document, "ok")),
            (60, 60),
            "{}",
            document["samples"]
        );
        assert_eq!((step(&document, 0), step(&document, 1)), (("cart", 60, 60), ("order", 60, 60)));
        // The API knows whose cart it is, in which session, and that it is ordered once.
        let done = 60 * (earlier + 1);
        assert_eq!((shop.count("POST /carts 201"), shop.count("PUT /carts/N/order 200")), (done, done));
        assert_eq!(shop.count("POST /login 200"), 3 * (earlier + 1), "each user logs in once");
        for user in ["ann", "bob", "cid"] {
            assert_eq!(shop.count(&format!("cart of {user}")), 20 * (earlier + 1));
        }
        // A session is as long as its steps and no shorter.
        let figure = |value: &Value| value["mean_ms"].as_f64().unwrap_or_else(|| panic!("{value}"));
        let steps: f64 = (0..2).map(|place| figure(&document["steps"][place]["response_ok"])).sum();
        let whole = figure(&document["latency"]["response_ok"]);
        assert!((steps - whole).abs() < 0.01, "{steps} {whole}");
        assert_eq!(
            document["plan"]["traffic"]["method"].as_str().or(document["plan"]["method"].as_str()),
            Some("session")
        );
    }
}

#[test]
#[ignore = "needs python3: run `bash tests/run.sh`"]
fn the_report_tells_of_steps_and_of_what_was_sent_before() {
    let (shop, folder) = (Shop::start(), tempfile::tempdir().unwrap());
    let arguments = arguments(&folder, &shop, SHOP, USERS);
    let ended = run(&with(&arguments, &["--rate", "100", "-n", "60", "--details"]));
    assert!(ended.is_measured(), "{ended:?}");
    assert!(ended.stderr.contains("logged in before the load: 3 requests in"), "{}", ended.stderr);
    assert!(ended.stdout.contains("sessions of 2 steps; the slowest is"), "{}", ended.stdout);
    assert!(ended.stdout.contains("\nSteps") && ended.stdout.contains("\n  order"), "{}", ended.stdout);
    // Without the cookie nothing can be ordered, and the step that fails is named.
    let forgetful = file(&folder, "shop.toml", SHOP.replace("cookies = true", "cookies = false"));
    assert!(!forgetful.is_empty());
    let (_, document) = run_json(&with(&arguments, &LOAD));
    assert_eq!((step(&document, 0), step(&document, 1)), (("cart", 60, 60), ("order", 60, 0)));
    assert_eq!((ledger(&document, "sent"), ledger(&document, "http_error")), (60, 60));
    let failed = document["samples"].as_array().unwrap().iter().find(|sample| sample["kind"] == "http_409");
    assert_eq!(failed.unwrap()["step"], "order", "{}", document["samples"]);
    let refused = run(&with(&arguments, &["--rate", "100", "--duration", "1s", "--check"]));
    assert!(
        refused.code == 1 && refused.stderr.contains("no good answer in the step `order`: 409"),
        "{refused:?}"
    );
    // What a later step needs is not there.
    let other = SHOP.replace("X-Total", "X-Sum");
    assert!(!file(&folder, "shop.toml", other).is_empty());
    let refused = run(&with(&arguments, &["--rate", "100", "--duration", "1s", "--check"]));
    assert!(refused.code == 1 && refused.stderr.contains("no value for {total}"), "{refused:?}");
}

#[test]
#[ignore = "needs python3: run `bash tests/run.sh`"]
fn a_login_that_fails_names_its_row_and_nothing_is_loaded() {
    let (shop, folder) = (Shop::start(), tempfile::tempdir().unwrap());
    let refused = |scenario: &str, users: &str| {
        let ended = run(&with(&arguments(&folder, &shop, scenario, users), &LOAD));
        assert!([1, 2].contains(&ended.code), "{ended:?}");
        for secret in ["pass-", "hunter2", "tok/", "tok%2f"] {
            assert!(!ended.stderr.contains(secret), "{secret}: {}", ended.stderr);
        }
        ended.stderr
    };
    let wrong = refused(SHOP, "user,password\nann,pass-ann\nbob,hunter2\n");
    assert!(
        wrong.contains("the login of row 2 (") && wrong.contains("users.csv, line 3) got 401"),
        "{wrong}"
    );
    // Its body may hold a token where nobody looked.
    assert!(wrong.contains("| (22 bytes, not shown: no value for {token} was found"), "{wrong}");
    let lacking = refused(&SHOP.replace("/data/access_token", "/data/id_token"), USERS);
    assert!(lacking.contains("without a value for {token}"), "{lacking}");
    let nowhere = refused(&SHOP.replace("\"/login\"", "\"/log-in\""), USERS);
    assert!(nowhere.contains("got 404 Not Found"), "{nowhere}");
    let unused = refused(&SHOP.replace("Bearer {token}", "Bearer {user}"), USERS);
    assert!(unused.contains("no request of the load holds what the login takes"), "{unused}");
    let column = refused(&SHOP.replace("{ token =", "{ user ="), USERS);
    assert!(column.contains("column of --data already"), "{column}");
    // What is wrong with the load is found before anybody logs in.
    let logins = shop.count("POST /login 200");
    let misspelt = refused(&SHOP.replace("{cart}\", \"total", "{card}\", \"total"), USERS);
    assert!(misspelt.contains("{card}") && misspelt.contains("{cart}, {total}"), "{misspelt}");
    assert_eq!(shop.count("POST /login 200"), logins);
    assert_eq!(shop.count("POST /carts 201"), 0);
}

#[test]
#[ignore = "needs python3: run `bash tests/run.sh`"]
fn redirects_are_followed_only_when_asked_and_are_counted() {
    let shop = Shop::start();
    let followed = |path: &str, more: &[&str]| {
        let url = shop.url(path);
        let (_, document) = run_json(&[&[url.as_str()], &LOAD[..], more].concat());
        assert_ledger_adds_up(&document);
        let redirects = document["redirects"]["followed"].as_u64().unwrap_or(0);
        (ledger(&document, "ok"), ledger(&document, "http_error"), redirects)
    };
    assert_eq!(followed("/old", &[]), (0, 60, 0));
    assert_eq!(shop.count("GET /older 302"), 0);
    assert_eq!(followed("/old", &["-L"]), (60, 0, 120));
    assert_eq!((shop.count("GET /older 302"), shop.count("GET /ok 200")), (60, 60));
    // A form that was sent is not sent again, and asked for in its place is what it leads to.
    assert_eq!(followed("/form", &["--location", "-d", "a=1"]), (60, 0, 60));
    assert_eq!(shop.count("GET /ok?form=1 200"), 60);
    // For ever, elsewhere, and where a redirect is what is expected.
    assert_eq!(followed("/again", &["-L"]), (0, 60, 60 * 20));
    assert_eq!(followed("/away", &["-L"]), (0, 60, 0));
    assert_eq!(followed("/old", &["-L", "--expect-status", "301"]), (60, 0, 0));
    let ended = run(&[&[shop.url("/old").as_str(), "-L"], &LOAD[..]].concat());
    assert!(ended.stdout.contains("120 redirects followed, within the latency"), "{}", ended.stdout);
    // As curl has it.
    let curl = format!("curl -sL {}", shop.url("/old"));
    let (_, document) = run_json(&[&["--curl", curl.as_str()], &LOAD[..]].concat());
    assert_eq!(document["redirects"]["followed"], 120);
}

#[test]
#[ignore = "needs python3: run `bash tests/run.sh`"]
fn debug_shows_every_request_of_a_session_and_tells_no_secret() {
    let (shop, folder) = (Shop::start(), tempfile::tempdir().unwrap());
    let ended = run(&with(&arguments(&folder, &shop, SHOP, USERS), &["--debug"]));
    assert_eq!(ended.code, 0, "{ended:?}");
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert!(
        lines.contains(&"> POST /carts") && lines.contains(&"> PUT /carts/***/order"),
        "{}",
        ended.stdout
    );
    assert!(
        lines.contains(&"> cookie: ***") && lines.contains(&"< <p class=done>ordered</p>"),
        "{}",
        ended.stdout
    );
    for told in shop.told() {
        assert!(!ended.stdout.contains(&told), "{}", ended.stdout);
    }
    assert_eq!(shop.count("PUT /carts/N/order 200"), 1);
    let failed =
        run(&with(&arguments(&folder, &shop, &SHOP.replace("/order\"", "/ordre\""), USERS), &["--debug"]));
    assert!(failed.code == 1 && failed.stderr.contains("the last request got 404"), "{failed:?}");
    assert!(failed.stdout.contains("< no such cart"), "{}", failed.stdout);
    let moved = run(&[&shop.url("/old"), "-L", "--debug"]);
    assert_eq!(moved.stdout.lines().filter(|line| line.starts_with("> GET")).count(), 3, "{}", moved.stdout);
}

#[test]
#[ignore = "needs nginx: run `bash tests/run.sh`"]
fn nginx_that_leads_elsewhere_is_followed() {
    let nginx = Nginx::start(|_, port| {
        format!(
            "server {{ listen 127.0.0.1:{port} backlog=1024;\n\
               location = /ok {{ return 200 'hello'; }}\n\
               location = /moved {{ return 302 /ok; }} }}"
        )
    });
    let url = format!("http://127.0.0.1:{}/moved", nginx.port);
    let (_, document) = run_json(&[&[url.as_str(), "-L"], &LOAD[..]].concat());
    assert_eq!((ledger(&document, "ok"), document["redirects"]["followed"].as_u64()), (60, Some(60)));
    assert_eq!(document["status_codes"]["200"], 60);
}

#[test]
#[ignore = "needs python3: run `bash tests/run.sh`"]
fn shards_of_sessions_add_up() {
    let (shop, folder) = (Shop::start(), tempfile::tempdir().unwrap());
    let arguments = arguments(&folder, &shop, SHOP, USERS);
    let output = folder.path().join("result.{shard}.json").display().to_string();
    let shards = ["0/2", "1/2"].map(|shard| {
        let arguments = with(&arguments, &[&LOAD[..], &["--shard", shard, "-o", &output]].concat());
        Running::start(program().args(arguments))
    });
    for shard in shards {
        let ended = shard.end();
        assert!(ended.is_measured(), "{ended:?}");
    }
    let merged = run(&["merge", &folder.path().display().to_string(), "--format", "json"]);
    let document: Value = serde_json::from_str(&merged.stdout).unwrap_or_else(|_| panic!("{merged:?}"));
    assert_eq!((ledger(&document, "planned"), ledger(&document, "ok")), (60, 60));
    assert_eq!((step(&document, 0), step(&document, 1)), (("cart", 60, 60), ("order", 60, 60)));
}

#[test]
#[ignore = "needs python3: run `bash tests/run.sh`"]
fn redirects_share_the_time_limit_of_the_request_they_follow() {
    let shop = Shop::start();
    // Each hop takes 0.3 s, for ever: within one limit of 1 s and not within one for each.
    let url = shop.url("/slowly");
    let (_, document) = run_json(&[&url, "-L", "--timeout", "1s", "--rate", "20", "-n", "10"]);
    assert_eq!((ledger(&document, "sent"), ledger(&document, "timeout")), (10, 10), "{}", document["ledger"]);
    let waited = document["samples"][0]["response_ms"].as_f64().unwrap();
    assert!((950.0..2_500.0).contains(&waited), "{waited}");
}

#[test]
#[ignore = "needs python3: run `bash tests/run.sh`"]
fn answers_are_counted_by_a_header_for_each_step() {
    let (shop, folder) = (Shop::start(), tempfile::tempdir().unwrap());
    let arguments = arguments(&folder, &shop, SHOP, USERS);
    let (_, document) = run_json(&with(&arguments, &[&LOAD[..], &["--count-by", "x-total"]].concat()));
    let counts: Vec<u64> = document["counted_by"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one["response_ok"]["count"].as_u64())
        .collect();
    // The carts say 3, the orders nothing.
    assert_eq!(counts, [60, 60], "{}", document["counted_by"]);
}
