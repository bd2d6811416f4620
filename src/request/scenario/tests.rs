use bytes::Bytes;
use http::Method;
use proptest::prelude::*;

use super::problem::Kind;
use super::*;
use crate::request::Placeholders;

const FULL: &str = r#"
[[endpoint]]
name = "search"
weight = 3
path = "/search?q={word}"
headers = { X-Tag = ["b", "a"], Accept = "text/html" }
expect_status = [200, 404]
expect_body = "results"

[[endpoint]]
name = "save"
url = "https://other.example/items/{id}"
body_file = "item.json"
expect_status = 201
"#;

fn parse(text: &str) -> Result<Vec<EndpointSpec>, InFile<ScenarioProblem>> {
    read(text).map(|scenario| scenario.endpoints)
}

fn read(text: &str) -> Result<Scenario, InFile<ScenarioProblem>> {
    let base: Target = "http://base.example:81/".parse().unwrap();
    parse_scenario("s.toml", text, Some(&base), &Defaults::default(), |path| match path {
        "item.json" => Ok(b"{}".to_vec()),
        _ => Err(io::Error::new(io::ErrorKind::NotFound, "planted")),
    })
}

fn problem(text: &str) -> (u64, Problem) {
    let error = parse(text).unwrap_err();
    (error.line, error.problem)
}

fn shown(spec: &EndpointSpec) -> Vec<(&str, &str)> {
    spec.headers.iter().map(|(name, value)| (name.as_str(), value.expose().as_str())).collect()
}

#[test]
fn a_scenario_is_read() {
    let specs = parse(FULL).unwrap();
    assert_eq!(specs.len(), 2);
    let (search, save) = (&specs[0], &specs[1]);
    assert_eq!((search.name.as_str(), search.weight, &search.method), ("search", 3, &Method::GET));
    assert_eq!(
        (search.target.authority(), search.target.path().as_str()),
        ("base.example:81", "/search?q={word}")
    );
    assert_eq!(shown(search), [("x-tag", "b"), ("x-tag", "a"), ("accept", "text/html")]);
    assert_eq!(search.expectation.statuses, [200, 404]);
    assert_eq!(search.expectation.body.as_deref(), Some(&b"results"[..]));
    assert_eq!((save.weight, &save.method, save.target.port()), (1, &Method::POST, 443));
    assert_eq!((save.body.expose().as_ref(), save.expectation.statuses.as_slice()), (&b"{}"[..], &[201][..]));
    assert!(save.placeholders == Placeholders::Everywhere && save.expectation.body.is_none());
}

#[test]
fn the_command_line_speaks_where_an_endpoint_is_silent() {
    let header =
        |name: &'static str, value: &str| (HeaderName::from_static(name), Secret::new(value.to_owned()));
    let defaults = Defaults {
        headers: vec![header("accept", "ours"), header("x-run", "7")],
        expectation: Expectation {
            statuses: vec![418],
            body: Some(Bytes::from_static(b"tea")),
            ..Expectation::default()
        },
    };
    let base: Target = "http://base.example/".parse().unwrap();
    let specs = parse_scenario("s", FULL, Some(&base), &defaults, |_| Ok(Vec::new())).unwrap().endpoints;
    assert_eq!(shown(&specs[0]), [("x-run", "7"), ("x-tag", "b"), ("x-tag", "a"), ("accept", "text/html")]);
    assert_eq!(shown(&specs[1]), [("accept", "ours"), ("x-run", "7")]);
    assert_eq!(specs[0].expectation.statuses, [200, 404]);
    assert_eq!(specs[1].expectation.body.as_deref(), Some(&b"tea"[..]));
}

#[test]
fn each_problem_names_its_line() {
    let one = |line: &str| problem(&format!("[[endpoint]]\nname = \"a\"\npath = \"/\"\n{line}\n"));
    assert_eq!(problem(""), (1, Problem::Empty));
    assert_eq!(problem("\nendpoint = 3"), (2, Problem::NotTables));
    assert_eq!(problem("endpoints = []"), (1, Problem::Key { known: TABLES }));
    assert_eq!(one("wieght = 3"), (4, Problem::Key { known: request::KEYS }));
    assert_eq!(one("weight = -1"), (4, Problem::Weight));
    assert_eq!(one("weight = 1.5"), (4, Problem::Weight));
    assert_eq!(one("url = \"http://x/\""), (4, Problem::TwoTargets(Kind::Endpoint)));
    assert_eq!(one("method = \"A B\""), (4, Problem::Method));
    assert_eq!(one("body = 3"), (4, Problem::Text { key: "body" }));
    assert_eq!(one("body = \"\"\nbody_file = \"x\""), (5, Problem::TwoBodies(Kind::Endpoint)));
    assert_eq!(one("expect_status = [200,\n600]"), (5, Problem::Status));
    assert_eq!(one("expect_status = []"), (4, Problem::Status));
    assert_eq!(one("expect_body = \"\""), (4, Problem::ExpectBody));
    assert_eq!(one("headers = 3"), (4, Problem::Headers));
    assert_eq!(one("[endpoint.headers]\nA = 3"), (5, Problem::Headers));
    assert_eq!(one("[endpoint.headers]\n\"A B\" = \"3\""), (5, Problem::HeaderName));
    assert_eq!(one("name = \"b\""), (4, Problem::Twice));
    assert_eq!(one("what is this"), (4, Problem::Syntax));
    assert!(matches!(one("body_file = \"gone\""), (4, Problem::BodyFile { .. })));
    assert_eq!(one("[[endpoint]]\npath = \"/\""), (4, Problem::NoName(Kind::Endpoint)));
    assert_eq!(one("[[endpoint]]\nname = \"b\""), (4, Problem::NoTarget(Kind::Endpoint)));
    assert_eq!(one("[[endpoint]]\nname = \"b\"\npath = \"b\""), (6, Problem::NotAPath));
    let twice = one("[[endpoint]]\nname = \"a\"\npath = \"/\"");
    assert_eq!(twice, (4, Problem::Name { name: "a".to_owned(), first: 1 }));
    let (line, zero) = one("weight = 0");
    assert_eq!((line, zero.to_string().contains("every weight is 0")), (1, true));
}

#[test]
fn a_problem_names_what_it_is_in() {
    let said = |text: &str| problem(text).1.to_string();
    let step = "[[session]]\nname = \"a\"\n[[session.step]]\n";
    assert!(
        said("[[session]]\n[[session.step]]\nname = \"s\"\npath = \"/\"\n")
            .starts_with("the session has no name")
    );
    assert!(said(&format!("{step}path = \"/\"\n")).starts_with("the step has no name"));
    assert!(said(&format!("{step}name = \"s\"\n")).starts_with("the step leads nowhere"));
    assert!(
        said(&format!("{step}path = \"/\"\nurl = \"http://a/\"\n")).starts_with("the step has both `url`")
    );
    let login = "[login]\ntake = { t = { json = \"/t\" } }\n";
    assert!(said(login).starts_with("the login leads nowhere"));
    assert!(
        said(&format!("{login}body = \"\"\nbody_file = \"b\"\n")).starts_with("the login has both `body`")
    );
}

#[test]
fn a_path_without_a_url_says_what_to_give() {
    let error =
        parse_scenario("dir/s.toml", FULL, None, &Defaults::default(), |_| Ok(Vec::new())).unwrap_err();
    assert_eq!(error.problem, Problem::NoBase);
    assert!(error.to_string().starts_with("dir/s.toml, line 5: a path needs a URL"), "{error}");
}

proptest! {
    /// Whatever is broken in a scenario, its values are not in the error.
    #[test]
    fn an_error_never_repeats_a_value(
        field in 0_usize..5, cut in 0_usize..400, noise in "[ -~\n]{0,3}", remove in 0_usize..4,
    ) {
        let lines = [
            "headers = { Authorization = \"Bearer PLANTED\", X = [\"PLANTED\"] }",
            "body = '''\nPLANTED\nPLANTED = 1\n'''",
            "url = \"http://PLANTED:81/?a=PLANTED\"",
            "expect_body = \"PLANTED\"",
            "[endpoint.headers]\nA = \"PLANTED\"",
        ];
        let mut text = format!("[[endpoint]]\nname = \"a\"\nmethod = \"GET\"\n{}\n", lines[field]);
        let cut = cut % text.len();
        text.replace_range(cut..(cut + remove).min(text.len()), &noise);
        if let Err(error) = parse(&text) {
            let shown = format!("{error} {error:?}").to_ascii_uppercase();
            prop_assert!(!shown.contains("PLANTED"), "{shown}");
        }
    }
}
