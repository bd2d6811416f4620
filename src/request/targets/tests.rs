use std::io::ErrorKind;

use proptest::prelude::*;

use super::{TargetsProblem as Problem, *};
use crate::request::TargetError;

fn parse(text: &str) -> Result<Vec<EndpointSpec>, InFile<Problem>> {
    parse_targets("t.http", text.as_bytes(), None, &Defaults::default(), |path| match path {
        "body.json" => Ok(b"{\"a\":1}".to_vec()),
        _ => Err(ErrorKind::NotFound.into()),
    })
}

fn problem(text: &str) -> (u64, Problem) {
    let error = parse(text).unwrap_err();
    (error.line, error.problem)
}

fn headers(spec: &EndpointSpec) -> Vec<(&str, &str)> {
    spec.headers.iter().map(|(name, value)| (name.as_str(), value.expose().as_str())).collect()
}

#[test]
fn the_http_format_is_read() {
    let specs = parse(
        "# all\n\nGET http://a.example:81/x/{id}?q=1\nX-A: 1\r\n# note\nX-A: a:b\n\n\n\
         POST http://a.example:81/things\nContent-Type: application/json\n@body.json\n\
         GET http://b.example/\nGET http://b.example/",
    )
    .unwrap();
    let names: Vec<&str> = specs.iter().map(|spec| spec.name.as_str()).collect();
    assert_eq!(names, ["GET /x/{id}", "POST /things", "GET /", "GET /"]);
    assert_eq!(headers(&specs[0]), [("x-a", "1"), ("x-a", "a:b")]);
    assert_eq!(specs[0].target.path().as_str(), "/x/{id}?q=1");
    assert_eq!(specs[1].body.expose().as_ref(), b"{\"a\":1}");
    assert!(specs.iter().all(|spec| spec.placeholders == Placeholders::Nowhere && spec.weight == 1));
}

#[test]
fn the_json_format_is_read() {
    let specs = parse(
        "\n{\"method\":\"POST\",\"url\":\"https://a.example/x\",\"header\":{\"X-A\":[\"1\",\"2\"]},\"body\":\"aGk=\"}\n\
         {\"method\":\"GET\",\"url\":\"https://a.example/y\",\"body\":null}\n",
    )
    .unwrap();
    assert_eq!((specs[0].name.as_str(), specs[0].target.port()), ("POST /x", 443));
    assert_eq!(
        (headers(&specs[0]), specs[0].body.expose().as_ref()),
        (vec![("x-a", "1"), ("x-a", "2")], &b"hi"[..])
    );
    assert_eq!((specs[1].name.as_str(), specs[1].body.expose().len()), ("GET /y", 0));
}

#[test]
fn a_path_leads_to_the_base_and_default_headers_are_sent() {
    let base: Target = "http://base.example/".parse().unwrap();
    let name = HeaderName::from_static("x-run");
    let defaults = Defaults { headers: vec![(name, Secret::new("7".to_owned()))], ..Defaults::default() };
    let read = |_: &str| Ok(Vec::new());
    let specs = parse_targets("t", "GET /x\nX-A: 1".as_bytes(), Some(&base), &defaults, read).unwrap();
    assert_eq!(
        (specs[0].target.host(), headers(&specs[0])),
        ("base.example", vec![("x-run", "7"), ("x-a", "1")])
    );
}

#[test]
fn each_problem_names_its_line() {
    assert_eq!(problem(""), (1, Problem::Empty));
    assert_eq!(problem("# nothing\n\n"), (2, Problem::Empty));
    assert_eq!(problem("\nX-A: 1"), (2, Problem::NoRequest));
    assert_eq!(problem("GET"), (1, Problem::NoRequest));
    assert_eq!(problem("GET /x"), (1, Problem::Target(TargetError::NoScheme)));
    assert_eq!(problem("GET http://x/\nnonsense"), (2, Problem::Header));
    assert_eq!(
        problem("GET http://x/\nX-A: a\u{1}b"),
        (2, Problem::HeaderValue(HeaderName::from_static("x-a")))
    );
    assert_eq!(problem("GET http://x/\n@body.json\n@body.json"), (3, Problem::TwoBodies));
    assert!(matches!(problem("GET http://x/\n@gone"), (2, Problem::BodyFile { .. })));
    let json = r#"{"method":"GET","url":"http://x/"}"#;
    assert_eq!(problem(&format!("{json}\n{{\"method\":1}}")), (2, Problem::Json));
    assert_eq!(problem(&format!("{json}\nGET http://x/")), (2, Problem::Json));
    assert_eq!(problem(&json.replace('}', r#","headers":{}}"#)), (1, Problem::Json));
    assert_eq!(problem(&json.replace('}', r#","body":"?"}"#)), (1, Problem::Base64));
    let bytes = parse_targets("t", &b"GET http://x/\xff"[..], None, &Defaults::default(), |_| Ok(Vec::new()));
    assert_eq!(bytes.unwrap_err().to_string(), "t, line 1: the line is not UTF-8; save the file as UTF-8");
}

#[test]
fn one_origin_is_shared_by_all_its_targets_and_one_body_is_read_once() {
    let reads = std::cell::Cell::new(0);
    let read = |_: &str| {
        reads.set(reads.get() + 1);
        Ok(vec![7; 9])
    };
    let text = "POST http://x/a\n@b\n\n".repeat(1000);
    let specs = parse_targets("t", text.as_bytes(), None, &Defaults::default(), read).unwrap();
    assert_eq!((specs.len(), reads.get()), (1000, 1));
    assert!(std::ptr::eq(specs[0].target.host(), specs[999].target.host()));
}

#[test]
fn a_line_without_end_is_given_up_in_time() {
    let endless = io::BufReader::new(io::repeat(b'G'));
    let error = parse_targets("t", endless, None, &Defaults::default(), |_| Ok(Vec::new())).unwrap_err();
    assert_eq!(error.problem, Problem::Line);
}

#[test]
fn targets_of_one_name_are_one_group_and_of_too_many_names_the_smallest_are() {
    let specs = parse("GET http://x/a?1\nPOST http://x/a\nGET http://x/a?2").unwrap();
    let groups = group_names(&specs);
    assert_eq!(groups, [("GET /a".to_owned(), vec![0, 2]), ("POST /a".to_owned(), vec![1])]);
    let text = |count: usize| (0..count).map(|i| format!("GET http://x/{i}\n")).collect::<String>();
    assert_eq!(group_names(&parse(&text(100)).unwrap()).len(), 100);
    let specs = parse(&text(101)).unwrap();
    let groups = group_names(&specs);
    let rest = groups.last().unwrap();
    assert_eq!((groups.len(), rest.0.as_str(), rest.1.as_slice()), (100, "2 others", [99, 100].as_slice()));
    let mut weighed = specs.clone();
    weighed[0].weight = 0;
    weighed[100].weight = 7;
    let groups = group_names(&weighed);
    assert!(groups[0].0 == weighed[1].name && groups[98].0 == weighed[100].name, "the largest stand alone");
    assert_eq!(groups[99].1, [0, 99]);
}

proptest! {
    /// Whatever is broken in a list, its values are not in the error.
    #[test]
    fn an_error_never_repeats_a_value(json in any::<bool>(), cut in 0_usize..400, noise in "[ -~\n]{0,3}", remove in 0_usize..4) {
        let mut text = if json {
            r#"{"method":"GET","url":"http://PLANTED/?PLANTED","header":{"A":["PLANTED"]},"body":"PLANTED="}"#.to_owned()
        } else {
            "GET http://PLANTED:81/?a=PLANTED\nA: PLANTED\nB: PLANTED\n".to_owned()
        };
        let cut = cut % text.len();
        text.replace_range(cut..(cut + remove).min(text.len()), &noise);
        if let Err(error) = parse(&text) {
            // A body file is named by its path.
            prop_assume!(!matches!(error.problem, Problem::BodyFile { .. }));
            let shown = format!("{error} {error:?}").to_ascii_uppercase();
            prop_assert!(!shown.contains("PLANTED"), "{shown}");
        }
    }
}
