//! Workloads, from what was typed to the requests that are sent.

use std::collections::HashMap;

use bytes::Bytes;
use http::Request;

use super::*;
use crate::measure::{Redact, Sent};
use crate::request::Secret;
use crate::request::template::TemplateProblem;
use crate::request::{AwsKeys, EndpointSpec, Placeholders, TokenList, WorkloadSpec, parse_header_text};

fn endpoint(url: &str, headers: &[&str], body: &str) -> EndpointSpec {
    EndpointSpec {
        name: "shop".to_owned(),
        weight: 1,
        method: Method::GET,
        target: url.parse().unwrap(),
        headers: headers.iter().map(|text| parse_header_text(text).unwrap()).collect(),
        body: Secret::new(Bytes::copy_from_slice(body.as_bytes())),
        expectation: Expectation::default(),
        placeholders: Placeholders::Everywhere,
        chain: None,
    }
}

fn spec(endpoints: Vec<EndpointSpec>) -> WorkloadSpec {
    WorkloadSpec {
        endpoints,
        tokens: None,
        token_header: http::header::AUTHORIZATION,
        signer: None,
        row_bodies: None,
        body_coding: None,
        data: None,
        data_order: DataOrder::Rotate,
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

/// What a scenario says, whose paths lead to `http://a.example/`.
pub(in crate::request) fn spec_of(scenario: &str) -> WorkloadSpec {
    let base: Target = "http://a.example/".parse().unwrap();
    let read =
        crate::request::parse_scenario("s", scenario, Some(&base), &Default::default(), |_| Ok(Vec::new()));
    spec(read.unwrap().endpoints)
}

impl Workload {
    /// What a scenario says: for the tests of other rooms.
    pub(crate) fn of_scenario(scenario: &str) -> Self {
        Self::build(spec_of(scenario)).unwrap()
    }

    /// The same request for every arrival, without placeholders: for the tests of other rooms.
    pub(crate) fn single(
        target: &Target,
        method: Method,
        headers: &[(HeaderName, Secret<String>)],
        body: Bytes,
        keepalive: bool,
    ) -> Self {
        let endpoint = EndpointSpec {
            name: "request".to_owned(),
            weight: 1,
            method,
            target: target.clone(),
            headers: headers.to_vec(),
            body: Secret::new(body),
            expectation: Expectation::default(),
            placeholders: Placeholders::Nowhere,
            chain: None,
        };
        Self::build(WorkloadSpec { keepalive, ..spec(vec![endpoint]) }).unwrap()
    }
}

fn with_data(endpoint: EndpointSpec, data: &str) -> WorkloadSpec {
    let data = DataTable::read(data.as_bytes(), "data.csv").unwrap();
    WorkloadSpec { data: Some(data), ..spec(vec![endpoint]) }
}

fn all<'r>(request: &'r Request<Bytes>, name: &str) -> Vec<&'r str> {
    request.headers().get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
}

fn problem(spec: WorkloadSpec) -> (TemplateProblem, String) {
    let error = Workload::build(spec).unwrap_err();
    let text = error.to_string();
    let WorkloadError::Template(error) = error else { panic!("{error}") };
    (*error.problem, text)
}

const DATA: &str = "id,name\n1,Ann\n2,\"B & C\"\n3,D\n";

#[test]
fn given_headers_stand_in_place_of_ours() {
    let headers = ["host: other", "X-A: 1", "x-a: 2", "Accept: application/json"];
    let url = "http://127.0.0.1:8080/a?b=c";
    let workload = Workload::build(spec(vec![endpoint(url, &headers, "")])).unwrap();
    let request = workload.request(0, Moment::default()).request;
    assert_eq!(all(&request, "host"), ["other"]);
    assert_eq!(all(&request, "x-a"), ["1", "2"]);
    assert_eq!(all(&request, "accept"), ["application/json"]);
    assert_eq!(all(&request, "user-agent"), [concat!("rpsbench/", env!("CARGO_PKG_VERSION"))]);
    assert_eq!(request.uri(), "/a?b=c");
    assert!(request.headers()["x-a"].is_sensitive());
    assert!(!workload.needs_moment() && workload.is_idempotent(0));
}

#[test]
fn without_keep_alive_the_server_is_told_to_close() {
    let closing = WorkloadSpec { keepalive: false, ..spec(vec![endpoint("http://x/", &[], "")]) };
    let request = Workload::build(closing).unwrap().request(0, Moment::default()).request;
    assert_eq!((all(&request, "connection"), all(&request, "host")), (vec!["close"], vec!["x"]));
}

#[test]
fn each_arrival_has_its_row_wherever_a_column_stands() {
    let shop = endpoint(
        "http://x/{id}/{name}?n={name}&i={index}",
        &["X-Id: no", "X-Id: {id}", "X-Id: {id}-{index}"],
        r#"{"user":{"id":{id},"name":"{name}"}}"#,
    );
    let workload = Workload::build(with_data(shop, DATA)).unwrap();
    let out = workload.request(4, Moment::default());
    assert_eq!(out.request.uri(), "/2/B%20%26%20C?n=B%20%26%20C&i=4");
    assert_eq!(all(&out.request, "x-id"), ["no", "2", "2-4"]);
    assert_eq!(out.request.body(), r#"{"user":{"id":2,"name":"B & C"}}"#);
    assert_eq!((out.row, out.trace_id), (Some(2), None));
    assert!(workload.uses_data() && !workload.needs_moment());
}

#[test]
fn a_request_without_columns_has_no_row() {
    let workload = Workload::build(with_data(endpoint("http://x/{index}", &[], ""), DATA)).unwrap();
    assert_eq!(workload.request(4, Moment::default()).row, None);
    assert!(!workload.uses_data());
}

#[test]
fn verbatim_endpoints_send_every_brace() {
    let shop = endpoint("http://x/{{id}}/{id}", &["X-Id: {id"], "{{ {id}");
    let shop = EndpointSpec { placeholders: Placeholders::Nowhere, ..shop };
    let request = Workload::build(with_data(shop, DATA)).unwrap().request(0, Moment::default()).request;
    assert_eq!(request.uri().path(), "/{{id}}/{id}");
    assert_eq!((all(&request, "x-id"), &request.body()[..]), (vec!["{id"], &b"{{ {id}"[..]));
}

#[test]
fn a_body_may_be_sent_byte_for_byte_beside_a_url_with_placeholders() {
    let shop = endpoint("http://x/{id}", &[], "{{ {id}");
    let shop = EndpointSpec { placeholders: Placeholders::NotInTheBody, ..shop };
    let request = Workload::build(with_data(shop, DATA)).unwrap().request(0, Moment::default()).request;
    assert_eq!((request.uri().path(), &request.body()[..]), ("/1", &b"{{ {id}"[..]));
}

#[test]
fn escaped_braces_are_sent_as_braces() {
    let shop = endpoint("http://x/{{id}}", &["X-Id: {{{id}}}"], "{{id}}");
    let request = Workload::build(with_data(shop, DATA)).unwrap().request(0, Moment::default()).request;
    assert_eq!(request.uri().path(), "/{id}");
    assert_eq!((all(&request, "x-id"), &request.body()[..]), (vec!["{1}"], &b"{id}"[..]));
}

#[test]
fn tokens_rotate_in_place_of_a_given_header() {
    let tokens = TokenList::read(&b"Bearer a\nBearer b\nBearer c\n"[..], "tokens.csv").unwrap();
    let shop = endpoint("http://x/", &["Authorization: Bearer mine", "authorization: again {nothing}"], "");
    let with_tokens = WorkloadSpec { tokens: Some(tokens), ..spec(vec![shop]) };
    let workload = Workload::build(with_tokens.clone()).unwrap();
    for (sequence, token) in [(0, "Bearer a"), (4, "Bearer b"), (302, "Bearer c")] {
        let request = workload.request(sequence, Moment::default()).request;
        assert_eq!(all(&request, "authorization"), [token]);
        assert!(request.headers()["authorization"].is_sensitive());
    }
    let named = WorkloadSpec { token_header: HeaderName::from_static("x-key"), ..with_tokens };
    assert!(Workload::build(named).is_err(), "the given header counts again, and its placeholder");
}

#[test]
fn a_trace_id_is_new_each_time_and_never_zero() {
    let shop = || vec![endpoint("http://x/", &["traceparent: mine"], "")];
    let workload = Workload::build(WorkloadSpec { traceparent: true, ..spec(shop()) }).unwrap();
    assert!(workload.needs_moment());
    let out = workload.request(0, Moment { unix_ms: 0, nonce: 0xABC << 100, span: 0xDEF });
    let expected = "00-0000abc0000000000000000000000000-0000000000000def-01";
    assert_eq!((all(&out.request, "traceparent"), out.trace_id), (vec![expected], Some(0xABC << 100)));
    let zero = workload.request(0, Moment::default());
    let expected = "00-00000000000000000000000000000001-0000000000000001-01";
    assert_eq!((all(&zero.request, "traceparent"), zero.trace_id), (vec![expected], Some(1)));
}

#[test]
fn a_misspelt_column_names_the_columns_there_are() {
    let (_, text) = problem(with_data(endpoint("http://x/{nmae}", &[], ""), DATA));
    for part in ["endpoint `shop`, URL", "{nmae}", "character 2", "{id}, {name}", "{index}, {uuid}, {now_ms}"]
    {
        assert!(text.contains(part), "{text}");
    }
    let (_, text) = problem(spec(vec![endpoint("http://x/", &[], "{\n{id}")]));
    for part in ["body", "line 2, character 1", "no data file", "double every brace", "`{{` and `}}`"] {
        assert!(text.contains(part), "{text}");
    }
    let (_, text) = problem(spec(vec![endpoint("http://x/", &["X-Key: {hunter2}"], "")]));
    assert!(text.contains("header `x-key`") && !text.contains("hunter2"), "{text}");
    let (_, text) = problem(spec(vec![endpoint("http://x/", &[], "{{a}} {")]));
    assert!(text.contains("the `{` at character 7") && text.contains("double it: `{{`"), "{text}");
}

#[test]
fn a_cell_that_cannot_be_sent_is_named_by_its_line() {
    let data = "id,name\n1,a\n\n2,\"secret\nname\"\n";
    let (found, text) = problem(with_data(endpoint("http://x/", &["X-Name: {name}"], ""), data));
    let (column, file) = ("name".to_owned(), "data.csv".to_owned());
    assert_eq!(found, TemplateProblem::HeaderCell { column, file, line: 4 });
    assert!(!text.contains("secret"), "{text}");
    Workload::build(with_data(endpoint("http://x/{name}", &[], "{name}"), data)).unwrap();
    let long = format!("id\n1\n{}\n", "é".repeat(11_000));
    let (found, _) = problem(with_data(endpoint("http://x/{id}", &[], ""), &long));
    assert_eq!(found, TemplateProblem::LongUrl { file: "data.csv".to_owned(), line: 3 });
}

#[test]
fn the_host_has_no_placeholders() {
    for url in ["http://{host}/", "http://a.{host}:80/", "http://x:{port}/"] {
        assert!(url.parse::<Target>().is_err(), "{url}");
    }
    let request = Workload::build(spec(vec![endpoint("http://x?i={index}", &[], "")])).unwrap();
    assert_eq!(request.request(7, Moment::default()).request.uri(), "/?i=7");
}

#[test]
fn several_endpoints_share_the_sequence_and_their_origins() {
    let urls = ["http://x/a", "http://y/b", "http://x:80/c"];
    let named = |url: &str| EndpointSpec { name: url.to_owned(), ..endpoint(url, &[], "") };
    let workload = Workload::build(spec(urls.map(named).to_vec())).unwrap();
    let mut counts = HashMap::<(u32, u32), u64>::new();
    for route in (5..305).map(|sequence| workload.route(sequence)) {
        *counts.entry((route.endpoint, route.origin)).or_default() += 1;
    }
    let origins = [0, 1, 0];
    for (endpoint, planned) in workload.planned(5..305).into_iter().enumerate() {
        assert_eq!(counts[&(endpoint as u32, origins[endpoint])], planned);
    }
    assert_eq!((workload.origins().len(), workload.endpoint_count(), workload.endpoints().len()), (2, 3, 3));
    let none = Workload::build(spec(Vec::new())).unwrap_err();
    assert_eq!(none, WorkloadError::NoEndpoint);
    let unused = EndpointSpec { weight: 0, ..endpoint("http://x/", &[], "") };
    assert!(matches!(Workload::build(spec(vec![unused])), Err(WorkloadError::Mix(_))));
}

/// Targets of one method and URL have one name, and are one endpoint in reports; each still goes where it says.
#[test]
fn requests_of_one_name_are_one_endpoint() {
    let urls = ["http://x/a", "http://y/b", "http://x/c"];
    let workload = Workload::build(spec(urls.map(|url| endpoint(url, &[], "")).to_vec())).unwrap();
    assert_eq!((workload.endpoint_count(), workload.endpoints()[0].weight), (1, 3));
    assert_eq!(workload.planned(5..305), [300]);
    let paths =
        [0, 1, 2].map(|sequence| workload.request(sequence, Moment::default()).request.uri().to_string());
    assert_eq!(paths.iter().collect::<std::collections::HashSet<_>>().len(), 3, "{paths:?}");
    assert!((0..9).all(|sequence| workload.route(sequence).endpoint == 0));
    let origins: Vec<u32> = (0..3).map(|sequence| workload.route(sequence).origin).collect();
    assert_eq!(origins.iter().sum::<u32>(), 1, "{origins:?}");
}

#[test]
fn secrets_are_all_that_a_request_carries_and_no_more() {
    let shop = endpoint(
        "http://x/{id}?q=plain&i={index}&n={name}",
        &["X-Key: k-{uuid}", "Accept: application/json", "Cookie: sid=s1"],
        "",
    );
    let tokens = TokenList::read(&b"Bearer a1\nBearer b1\n"[..], "tokens.csv").unwrap();
    let workload = Workload::build(WorkloadSpec { tokens: Some(tokens), ..with_data(shop, DATA) }).unwrap();
    let mut secrets: Vec<String> = workload
        .secrets(1, workload.request(1, Moment::default()).token.as_ref())
        .iter()
        .map(|secret| secret.expose().clone())
        .collect();
    secrets.sort();
    let expected = ["2", "B & C", "B%20%26%20C", "Bearer b1", "b1", "k-", "plain", "s1", "sid=s1"];
    assert_eq!(secrets, expected);
    let debug = format!("{workload:?}");
    for secret in ["Bearer", "k-", "s1", "plain"] {
        assert!(!debug.contains(secret), "{debug}");
    }
}

#[test]
fn renewed_tokens_are_sent_from_then_on_and_those_of_before_stay_hidden() {
    let list = |output: &str| TokenList::of_output(output.as_bytes(), true).unwrap();
    let spec =
        WorkloadSpec { tokens: Some(list("first-1\nfirst-2")), ..spec(vec![endpoint("http://h/", &[], "")]) };
    let workload = Workload::build(spec).unwrap();
    let sent = |sequence| workload.request(sequence, Moment::default());
    let first = sent(1);
    assert_eq!(all(&first.request, "authorization"), ["Bearer first-2"]);
    (0..100).for_each(|n| workload.renew(Fresh::Tokens(list(&format!("later-{n}")))));
    assert_eq!(all(&sent(1).request, "authorization"), ["Bearer later-99"]);
    let shown = |token: Option<&HeaderValue>, answer: &str| {
        workload.body(Sent { sequence: 1, token }, answer.as_bytes())
    };
    // A request knows its own token, however many there have been since.
    assert_eq!(shown(first.token.as_ref(), "no first-2, no later-99, no later-98"), "no ***, no ***, no ***");
    // Where nobody knows which request it was, all that are remembered are hidden.
    assert_eq!(shown(None, "no later-90, no first-2"), "no ***, no first-2");
    assert_eq!(workload.redact_knowing(b"later-97 and x", &[Secret::new("x".repeat(3))]), "*** and x");
    assert!(!workload.shown(0, 0).contains("later"), "{}", workload.shown(0, 0));
}

#[test]
fn what_is_signed_has_no_authorization_of_its_own() {
    let keys = AwsKeys {
        id: Secret::default(),
        secret: Secret::default(),
        session_token: None,
        good_until_ms: None,
    };
    let signer = || Some(Arc::new(Signer::new(keys.clone(), "us-east-1:sqs".parse().unwrap())));
    let own = endpoint("http://h/", &["authorization: hunter2"], "");
    let (found, text) = problem(WorkloadSpec { signer: signer(), ..spec(vec![own]) });
    assert!(found == TemplateProblem::Signed && !text.contains("hunter2"), "{text}");
    let workload = Workload::build(WorkloadSpec {
        signer: signer(),
        ..spec(vec![endpoint("http://h/{index}", &[], "")])
    });
    let workload = workload.unwrap();
    assert!(workload.needs_moment());
    let signed = |unix_ms| {
        let made = workload.request(3, Moment { unix_ms, ..Moment::default() });
        all(&made.request, "authorization").join("|")
    };
    assert_ne!(signed(1_000), signed(2_000));
}
