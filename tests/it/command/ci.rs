//! What a CI system is told.

use crate::support::program::{file, program, run};
use crate::support::servers::{Server, answer_always};

const ERROR: &[u8] = b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 4\r\n\r\noops";

#[test]
fn github_gets_a_summary_and_annotations_of_what_failed() {
    let server = Server::start(|stream| answer_always(stream, ERROR));
    let folder = tempfile::tempdir().unwrap();
    let summary = file(&folder, "summary.md", "# before\n");
    let load = [
        "--rate",
        "100",
        "--duration",
        "1s",
        "--no-check",
        "--baseline",
        "0",
        "-q",
        "--slo",
        "error_rate<1%",
    ];
    let mut command = program();
    command.arg(server.url()).args(load).args(["--ci", "github"]).env("GITHUB_STEP_SUMMARY", &summary);
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    let annotations: Vec<&str> = stderr.lines().filter(|line| line.starts_with("::error title=")).collect();
    assert_eq!(annotations.len(), 2, "{stderr}");
    assert!(
        annotations[0].contains("NOT TESTED") && annotations[1].contains("error_rate<1%25::missed"),
        "{stderr}"
    );
    let text = std::fs::read_to_string(&summary).unwrap();
    assert!(text.starts_with("# before\n### rpsbench") && text.contains("| error\\_rate"), "{text}");
    assert!(!stderr.contains("127.0.0.1") && !text.contains("127.0.0.1"), "no host: {stderr}{text}");
}

#[test]
fn without_a_place_for_the_summary_it_says_so_and_goes_on() {
    let ended = run(&["--rate", "50", "--duration", "1s", "-q", "--ci", "github"]);
    assert!(ended.is_measured() && ended.stderr.contains("GITHUB_STEP_SUMMARY is not set"), "{ended:?}");
}
