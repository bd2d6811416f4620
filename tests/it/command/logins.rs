//! What is sent before the load: logins, which must be neither too many nor of somebody else.

use std::io::Write;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::support::program::{assert_ledger_adds_up, file, ledger, program, run, run_json};
use crate::support::servers::{GOOD, Server, Witness, read_body, read_request};
use crate::support::shop::Shop;

/// The API turns away whoever brings the token of another user.
const SHOP: &str = r#"
[login]
path = "/login"
body = '{"user": "{user}", "password": "{password}"}'
take = { token = { json = "/data/access_token" } }

[[session]]
name = "buy"

[[session.step]]
name = "cart"
method = "POST"
path = "/carts"
headers = { Authorization = "Bearer {token}", X-User = "{user}" }
expect_status = 201

[[session.step]]
name = "look"
path = "/ok"
"#;

/// One login for each row, and one request that holds what it tells.
const PLAIN: &str = r#"
[login]
path = "/login"
method = "METHOD"
body = "{user}"
take = { token = { header = "X-Token" } }

[[endpoint]]
name = "a"
path = "/a"
headers = { Authorization = "Bearer {token}" }
"#;

const LOAD: [&str; 4] = ["--rate", "100", "-n", "60"];

fn users(count: u64) -> String {
    let row = |user: u64| format!("user-{user},pass-user-{user}\n");
    format!("user,password\n{}", (0..count).map(row).collect::<String>())
}

fn arguments(folder: &tempfile::TempDir, url: String, scenario: &str, count: u64) -> Vec<String> {
    let (scenario, users) = (file(folder, "s.toml", scenario), file(folder, "users.csv", users(count)));
    [url, "--scenario".to_owned(), scenario, "--data".to_owned(), users].to_vec()
}

fn with<'a>(arguments: &'a [String], more: &[&'a str]) -> Vec<&'a str> {
    arguments.iter().map(String::as_str).chain(more.iter().copied()).collect()
}

#[test]
#[ignore = "needs python3: run `bash tests/run.sh`"]
fn rows_in_random_order_carry_the_tokens_of_their_own_users() {
    let (shop, folder) = (Shop::start(), tempfile::tempdir().unwrap());
    let arguments = arguments(&folder, shop.url(""), SHOP, 20);
    let (_, document) = run_json(&with(&arguments, &[&LOAD[..], &["--data-order", "random"]].concat()));
    assert_ledger_adds_up(&document);
    assert_eq!((ledger(&document, "planned"), ledger(&document, "ok")), (60, 60), "{}", document["samples"]);
    assert_eq!(shop.count("POST /login 200"), 20, "each user logs in once");
    assert_eq!(shop.count("POST /carts 403"), 0);
}

#[test]
#[ignore = "needs python3: run `bash tests/run.sh`"]
fn debug_logs_in_nobody_but_the_user_of_the_first_arrival() {
    let (shop, folder) = (Shop::start(), tempfile::tempdir().unwrap());
    let arguments = arguments(&folder, shop.url(""), SHOP, 20);
    for (nth, more) in [(1, &["--debug"][..]), (2, &["--debug", "--data-order", "random", "--seed", "7"])] {
        let ended = run(&with(&arguments, more));
        assert_eq!(ended.code, 0, "{ended:?}");
        assert!(ended.stderr.contains("logged in before the load: 1 request in"), "{}", ended.stderr);
        assert_eq!((shop.count("POST /login 200"), shop.count("POST /carts 201")), (nth, nth));
    }
}

/// A server that answers a login after so long, and the second on each connection never: it reads it and hangs up. Counts
/// the logins that it has read.
fn forgetful(patience: Duration, answers: u64) -> (Server, Arc<AtomicU64>) {
    let read = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&read);
    let behave = move |mut stream: TcpStream| {
        for answered in 0.. {
            let Some(head) = read_request(&mut stream) else { return };
            let _ = read_body(&mut stream, &head);
            if head.contains("/login ") {
                counted.fetch_add(1, Ordering::SeqCst);
                if answered == answers {
                    return;
                }
                pause(patience);
            }
            let answer = b"HTTP/1.1 200 OK\r\nX-Token: tok\r\ncontent-length: 2\r\n\r\nok";
            if stream.write_all(answer).is_err() {
                return;
            }
        }
    };
    (Server::start(behave), read)
}

#[expect(clippy::disallowed_methods, reason = "a server that is slow")]
fn pause(patience: Duration) {
    std::thread::sleep(patience);
}

#[test]
fn a_login_that_may_have_been_acted_on_is_not_sent_again() {
    // Eight are under way at once, so that of 9 users one logs in on a connection that has carried another.
    let folder = tempfile::tempdir().unwrap();
    let (server, read) = forgetful(Duration::ZERO, 1);
    let arguments_of = |method: &str| arguments(&folder, server.url(), &PLAIN.replace("METHOD", method), 9);
    let ended = run(&with(&arguments_of("POST"), &LOAD));
    assert!(ended.code == 1 && ended.stderr.contains("failed: "), "{ended:?}");
    assert!(ended.stderr.contains("the login of row 9"), "{ended:?}");
    assert_eq!(read.swap(0, Ordering::SeqCst), 9, "each user at most once");
    // What may be repeated is.
    let ended = run(&with(&arguments_of("PUT"), &LOAD));
    assert!(ended.is_measured(), "{ended:?}");
    assert_eq!(read.load(Ordering::SeqCst), 10);
}

#[test]
fn long_logins_say_how_far_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let (server, _) = forgetful(Duration::from_millis(900), u64::MAX);
    let arguments = arguments(&folder, server.url(), &PLAIN.replace("METHOD", "POST"), 24);
    let ended = run(&with(&arguments, &["--debug"]));
    assert!(!ended.stderr.contains("logging in"), "{}", ended.stderr);
    let ended = run(&with(&arguments, &["--rate", "100", "-n", "5", "--no-check"]));
    assert!(ended.is_measured(), "{ended:?}");
    let told: Vec<&str> = ended.stderr.lines().filter(|line| line.starts_with("logging in: ")).collect();
    assert!(!told.is_empty() && told.iter().all(|line| line.ends_with(" of 24")), "{}", ended.stderr);
    let ended = run(&with(&arguments, &["--rate", "100", "-n", "5", "-q"]));
    assert!(ended.is_measured() && !ended.stderr.contains("logging in"), "{}", ended.stderr);
}

#[test]
fn what_precedes_a_replay_asks_what_is_recorded_with_redirects_too() {
    let (witness, folder) = (Witness::start(GOOD), tempfile::tempdir().unwrap());
    let recording = file(&folder, "rows.csv", "t_ms,method,path\n0,PUT,/one\n20,GET,/two\n");
    let url = witness.url();
    let arguments = [url.as_str(), "--arrivals-file", &recording, "-L"];
    let ended = run(&[&arguments[..], &["--baseline", "3", "--check"]].concat());
    assert!(ended.is_measured(), "{ended:?}");
    let debugged = crate::support::program::end_of(program().args(arguments).arg("--debug"));
    assert!(debugged.stdout.contains("> GET /two"), "{debugged:?}");
    let seen = witness.seen();
    let other: Vec<&str> =
        seen.iter().map(|seen| seen.line()).filter(|line| line.starts_with("GET / ")).collect();
    assert!(other.is_empty() && seen.len() >= 7, "{other:?} of {}", seen.len());
}

#[test]
#[ignore = "needs python3: run `bash tests/run.sh`"]
fn a_redirect_that_is_not_followed_says_why() {
    let shop = Shop::start();
    for (path, why, remedy) in [
        ("/away", "it leads to an origin that the load does not name", "[[endpoint]] of weight 0"),
        ("/again", "it is one redirect too many after 20", "in a circle?"),
        ("/nowhere", "it has no Location", "the service's own log"),
    ] {
        let url = shop.url(path);
        let loaded = run(&[&[url.as_str(), "-L", "--details"], &LOAD[..]].concat());
        let debugged = run(&[&url, "-L", "--debug"]);
        let refused = run(&[&url, "-L", "--rate", "100", "--duration", "1s", "--check"]);
        // A busy machine may not trust itself; it says so by its own code, and then that is what helps next.
        assert!([3, 98].contains(&loaded.code), "{loaded:?}");
        assert_eq!((debugged.code, refused.code), (1, 1));
        assert!(refused.stderr.contains(&format!("302, but {why}")), "{}", refused.stderr);
        assert!(debugged.stderr.contains(&format!("302 Found, but {why}")), "{}", debugged.stderr);
        assert!(loaded.stdout.contains(why), "{}", loaded.stdout);
        let (_, document) = run_json(&[&[url.as_str(), "-L"], &LOAD[..]].concat());
        let next = document["verdict"]["next"].as_str().unwrap();
        let is_trusted = document["verdict"]["generator"] != "invalid";
        for text in [next].into_iter().filter(|_| is_trusted).chain([refused.stderr.as_str()]) {
            assert!(text.contains(remedy) && !text.contains("-L"), "{text}");
        }
        assert!(!debugged.stderr.contains("-L follows"), "{}", debugged.stderr);
        assert_eq!(document["plan"]["follows_redirects"], true);
    }
    let plain = run(&[&shop.url("/away"), "--rate", "100", "--duration", "1s", "--check"]);
    assert!(plain.stderr.contains("follow redirects within the load's origins: -L"), "{}", plain.stderr);
}

#[test]
#[ignore = "needs python3: run `bash tests/run.sh`"]
fn what_is_counted_has_its_name() {
    let (shop, folder) = (Shop::start(), tempfile::tempdir().unwrap());
    let of_sessions = arguments(&folder, shop.url(""), SHOP, 3);
    let ended = run(&with(&of_sessions, &["--rate", "100", "-n", "200", "--details"]));
    for words in ["200 sessions, ", "0 of 200 sessions", "sessions under way on average", "\nSessions "] {
        assert!(ended.stdout.contains(words), "{words}: {}", ended.stdout);
    }
    let other = "\n[[endpoint]]\nname = \"ok\"\npath = \"/ok\"\n";
    let mixed = arguments(&folder, shop.url(""), &format!("{SHOP}{other}"), 3);
    let ended = run(&with(&mixed, &LOAD));
    assert!(ended.stdout.starts_with("mixed 1 endpoint and 1 session\n"), "{}", ended.stdout);
    assert!(ended.stdout.contains("60 arrivals, "), "{}", ended.stdout);
}
