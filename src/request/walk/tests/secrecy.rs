//! What answers tell is not shown, and does not go where nobody meant it to go.

use super::*;

/// What is shown of an answer to an arrival's last request: a header, the body as `--debug` has it, and as samples have it.
fn seen(arrival: &Arrival<'_>, text: &str) -> [String; 3] {
    let (workload, walk) = (arrival.workload, &arrival.walk);
    let sample = workload.body_without_taken(0, text.as_bytes(), walk);
    [
        workload.shown_header(0, walk, "x-echo", text.as_bytes()),
        workload.shown_of(0, walk, text.as_bytes()),
        String::from_utf8(sample).unwrap(),
    ]
}

#[test]
fn what_a_bad_answer_tells_is_secret_as_well() {
    let workload = workload(SHOP, false);
    // Not what was expected, but its values stand where they are looked for.
    let mut bad = Arrival::new(&workload);
    assert_eq!(bad.hears(500, &[(CSRF, "c-77")], r#"{"id": "crt-1"}"#), Way::Over);
    assert_eq!(seen(&bad, "crt-1 of c-77"), ["*** of ***"; 3]);
    // One that comes later than one that is missing.
    let mut lacking = Arrival::new(&workload);
    assert_eq!(lacking.hears(200, &[(CSRF, "c-77")], r#"{"no": "crt-1"}"#), Way::Missing("cart".to_owned()));
    let [header, debug, sample] = seen(&lacking, r#"{"no": "crt-1"} c-77"#);
    assert_eq!(header, r#"{"no": "crt-1"} ***"#);
    let shape = "(15 bytes, not shown: no value for {cart} was found there, but it may hold one)";
    assert_eq!([debug.as_str(), &sample], [shape; 2]);
    assert_eq!(workload.redact(shape), shape, "what is shown passes the rules");
    // What no request could hold.
    let mut odd = Arrival::new(&workload);
    assert_eq!(
        odd.hears(200, &[(CSRF, "c-77")], r#"{"id": "crt-1\ncrt-2"}"#),
        Way::Missing("cart".to_owned())
    );
    assert!(seen(&odd, "crt-1\ncrt-2")[0] == "***" && seen(&odd, "crt-1")[2].contains("not shown"));
    // The beginning of an answer that did not come to its end.
    let begun = Arrival::new(&workload);
    assert!(seen(&begun, r#"{"id": "crt"#)[2].starts_with("(11 bytes, not shown"));
}

#[test]
fn what_was_replaced_stays_secret() {
    let text = SHOP.replace("expect_status = 201", "take = { cart = { json = \"/id\" } }");
    let workload = workload(&text, false);
    let mut arrival = Arrival::new(&workload);
    let told =
        [(CSRF, "c-77"), (SET_COOKIE, "sid=first-sid; Path=/"), (SET_COOKIE, "old=over-sid; Max-Age=0")];
    assert_eq!(arrival.hears(200, &told, r#"{"id": "crt-1"}"#), Way::Step(0));
    assert_eq!(arrival.hears(200, &[(SET_COOKIE, "sid=second; Path=/")], r#"{"id": "crt-2"}"#), Way::Over);
    assert_eq!(seen(&arrival, "crt-1 crt-2 first-sid second over-sid"), ["*** *** *** *** ***"; 3]);
}

#[test]
fn where_redirects_lead_is_secret_whether_or_not_they_are_followed() {
    for follows in [false, true] {
        let workload = workload(SHOP, follows);
        let mut arrival = Arrival::new(&workload);
        let to = [(LOCATION, "/land/PATHTOK-777?ticket=ST-QQQQ%2F42")];
        let way = arrival.hears(302, &to, "");
        assert_eq!(way, if follows { Way::Redirected(0) } else { Way::Over });
        let [header, ..] = seen(&arrival, "PATHTOK-777 ST-QQQQ%2F42 ST-QQQQ/42");
        assert_eq!(header, "*** *** ***");
        if follows {
            let shown = workload.shown_request(0, &arrival.walk, &arrival.request());
            assert!(shown.starts_with("GET /land/***?ticket=***\n"), "{shown}");
        }
    }
}

#[test]
fn where_too_much_was_told_nothing_is_shown() {
    let workload = workload(SHOP, false);
    let mut arrival = Arrival::new(&workload);
    let long = "x".repeat(MOST_TAKEN + 1);
    arrival.hears(500, &[(CSRF, &long)], r#"{"id": "crt-1"}"#);
    let [header, debug, sample] = seen(&arrival, &long);
    assert_eq!(header, "***");
    assert!(debug.contains("told more than can be hidden") && debug == sample, "{debug}");
    assert_eq!(workload.without_taken(b"anything", &arrival.walk), b"***");
}

#[test]
fn what_was_told_does_not_go_elsewhere() {
    let scenario = SHOP.replace(
        "X-Csrf = \"{csrf}\"",
        "X-T = \"a {cart}\", X-Login = \"{told}\", X-Api-Key = \"k\", X-Plain = \"{plain}\"",
    );
    let text =
        format!("{scenario}\n[[endpoint]]\nname = \"b\"\nweight = 1\nurl = \"http://b.example:81/\"\n");
    let data = crate::request::DataTable::read(&b"plain\n1\n"[..], "d.csv").unwrap();
    let workload = Workload::build(WorkloadSpec {
        follows_redirects: true,
        data: Some(data.with_told(&["told".to_owned()], |_, _| b"tok-1")),
        tokens: Some(crate::request::TokenList::read(&b"t-1\n"[..], "t.csv").unwrap()),
        token_header: http::HeaderName::from_static("x-mine"),
        ..spec_of(&text)
    })
    .unwrap();
    let mut arrival = Arrival::new(&workload);
    assert_eq!(arrival.hears(200, &[(CSRF, "c")], r#"{"id": "7"}"#), Way::Step(0));
    let names = ["x-t", "x-login", "x-api-key", "x-mine", "x-plain"];
    let sent = |arrival: &Arrival<'_>| names.map(|name| arrival.request().headers().contains_key(name));
    assert_eq!(sent(&arrival), [true; 5]);
    assert_eq!(arrival.hears(307, &[(LOCATION, "/here")], ""), Way::Redirected(0));
    assert_eq!(sent(&arrival), [true; 5]);
    assert_eq!(arrival.hears(307, &[(LOCATION, "http://b.example:81/y")], ""), Way::Redirected(1));
    assert_eq!(sent(&arrival), [false, false, false, false, true]);
    assert_eq!(shown(&arrival.request(), HOST), "b.example:81");
}

#[test]
fn what_a_login_told_is_not_shown_to_whoever_typed_the_rest() {
    let scenario = "[[endpoint]]\nname = \"a\"\npath = \"/p/{t}/x\"\nheaders = { X-T = \"{t}\" }\nbody = 'all {t} of {u}'\n";
    for show_hosts in [false, true] {
        let data = crate::request::DataTable::read(&b"u\nann\n"[..], "d.csv").unwrap();
        let data = data.with_told(&["t".to_owned()], |_, _| b"tok/1");
        let workload =
            Workload::build(WorkloadSpec { data: Some(data), show_hosts, ..spec_of(scenario) }).unwrap();
        let text = workload.shown(0, 0);
        assert!(text.starts_with("POST /p/***/x\n") && text.contains("\nx-t: ***\n"), "{text}");
        assert!(text.ends_with("all *** of ann"), "{text}");
        let walk = workload.walk(0);
        let request = workload.request_of(0, None, Some((&walk, 0)), Moment::default()).request;
        assert_eq!(workload.shown_request(0, &walk, &request), text);
    }
}
