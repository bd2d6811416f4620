//! The request before the load.

use crate::support::program::{NO_CHECK, end_of, program};
use crate::support::servers::{GOOD, Server, Witness, answer_always};

const SHORT: [&str; 6] = ["--rate", "50", "--duration", "200ms", "--warmup", "0"];

/// Runs as a user does, who has not set anything.
fn run(arguments: &[&str]) -> crate::support::program::Ended {
    end_of(program().env_remove(NO_CHECK).args(arguments))
}

#[test]
fn a_target_without_a_good_answer_is_not_loaded() {
    for (answer, came, remedy) in [
        (
            b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 11\r\n\r\nno token!\r\n".as_slice(),
            "401 Unauthorized\n  | no token!",
            "-H 'Authorization: ...'",
        ),
        (
            b"HTTP/1.1 302 Found\r\nlocation: /login\r\ncontent-length: 0\r\n\r\n",
            "302 Found",
            "give the URL that it leads to",
        ),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "what answers there is not HTTP", "write https://"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: +2\r\n\r\nok", "it is not valid HTTP", "own log"),
    ] {
        let witness = Witness::start(answer);
        let ended = run(&[&[witness.url().as_str()], &SHORT[..]].concat());
        assert_eq!(ended.code, 1, "{ended:?}");
        assert!(ended.stderr.contains(came) && ended.stderr.contains(remedy), "{}", ended.stderr);
        assert!(ended.stdout.is_empty() && ended.stderr.contains("--no-check"), "{ended:?}");
        assert_eq!(witness.seen().len(), 3, "no more than three were sent");
    }
}

#[test]
fn a_target_that_closes_is_not_loaded_either() {
    let server = Server::start(drop);
    let ended = run(&[&[server.url().as_str()], &SHORT[..]].concat());
    assert!(ended.code == 1 && ended.stderr.contains("If it speaks TLS, write https://"), "{ended:?}");
}

#[test]
fn a_good_answer_costs_one_request_that_is_in_no_figure() {
    let witness = Witness::start(GOOD);
    let url = witness.url();
    let ended = run(&[&[url.as_str()], &SHORT[..], &["--baseline", "0"]].concat());
    assert!(ended.stdout.contains("10 requests") && witness.seen().len() == 11, "{ended:?}");
}

/// A service that turns away every second request is worth loading: the second try is answered.
#[test]
fn a_service_that_turns_some_away_is_loaded() {
    let server = Server::start(|stream| {
        let both = [b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n".as_slice(), GOOD];
        for answer in both.into_iter().cycle() {
            let mut stream = stream.try_clone().expect("a second handle");
            if crate::support::servers::read_request(&mut stream).is_none() {
                return;
            }
            let _ = std::io::Write::write_all(&mut stream, answer);
        }
    });
    let ended = run(&[&[server.url().as_str()], &SHORT[..]].concat());
    assert!(ended.code == 0 || ended.code == 3, "{ended:?}");
    assert!(ended.stdout.contains("FAILING"), "{ended:?}");
}

#[test]
fn no_request_is_sent_first_where_they_are_counted_or_nobody_wants_it() {
    for (more, sent) in [(&["-n", "4"][..], 4), (&["-n", "4", "--check"], 5), (&["-d", "x", "-n", "4"], 4)] {
        let witness = Witness::start(GOOD);
        let url = witness.url();
        run(&[&[url.as_str(), "--rate", "50"], more].concat());
        assert_eq!(witness.seen().len(), sent, "{more:?}");
    }
    let server =
        Server::start(|stream| answer_always(stream, b"HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n"));
    let ended = run(&[&[server.url().as_str(), "--no-check"], &SHORT[..]].concat());
    assert!(ended.code == 98 && ended.stdout.contains("NOT TESTED"), "{ended:?}");
}
