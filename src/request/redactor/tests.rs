mod contexts;

use proptest::prelude::*;

use super::*;

fn redactor(show_hosts: bool) -> Redactor {
    let origin = |url: &str| url.parse::<Target>().unwrap().origin().clone();
    let origins =
        [origin("http://orders.corp.internal:8443/"), origin("https://api/"), origin("http://[::1]:81/")];
    Redactor::new(&origins, &[], show_hosts)
}

/// A text with secrets that are known.
fn shown(redactor: &Redactor, text: &str) -> String {
    redactor.body(text.as_bytes(), &["pass word/1", "x7"].map(|secret| Secret::new(secret.to_owned())))
}

#[test]
fn hosts_have_names_that_last() {
    let redactor = redactor(false);
    let cases = [
        ("to ORDERS.corp.internal:8443 failed", "to host-1 failed"),
        ("see http://u:p@orders.corp.internal:1/a.", "see http://host-1/a."),
        ("api, capital, [::1]:81 and ::1", "host-2, capital, host-3 and host-3"),
        ("via 10.0.0.1:80 and http://other:9?x", "via host-5 and http://host-4?***"),
        ("10.0.0.1, http://OTHER/ ftp://[fe80::1%25eth0]:2/", "host-5, http://host-4/ ftp://host-6/"),
        ("1.2.3 at 12:34:56, std::fmt, host-1", "1.2.3 at 12:34:56, std::fmt, host-1"),
    ];
    for (text, shown) in cases {
        assert_eq!(super::tests::shown(&redactor, text), shown);
    }
}

#[test]
fn query_values_and_credentials_are_blanked() {
    let redactor = redactor(false);
    let cases = [
        ("GET /a?key=v&w HTTP/1.1", "GET /a?key=***&*** HTTP/1.1"),
        ("/a?b=c#d ok? yes", "/a?b=***#*** ok? yes"),
        ("authorization: Bearer abc | x: 1", "authorization: ***| x: 1"),
        ("got Bearer abc, jwt-eyJhbGci.x", "got Bearer *** ***"),
        ("Cookie: a=1; b=2\nx", "Cookie: ***\nx"),
        (r#"{"api_key": "a\"b", "n": 1}"#, r#"{"api_key": "***", "n": 1}"#),
        (r#"{\"token\":\"abc\",\"n\":1}"#, r#"{\"token\":\"***\",\"n\":1}"#),
        (r#"{\"token\":\"a\\\"b\",\"n\":1}"#, r#"{\"token\":\"***\",\"n\":1}"#),
        ("password = a b; n=1", "password = ***; n=1"),
        ("://api_key=tok u://u:p@token=tok", "://api_key=***"),
        ("a:a@h:api_key=tok, x://h:9token=tok", "***@host-4:api_key=***, x://host-4:9token=***"),
        ("PASS%20word%2f1 pass+word/1 x7 x77", "*** *** *** x77"),
    ];
    for (text, shown) in cases {
        assert_eq!(super::tests::shown(&redactor, text), shown);
    }
}

#[test]
fn a_secret_is_found_however_a_server_writes_it_and_also_where_the_answer_is_cut() {
    let redactor = redactor(false);
    let own = [Secret::new("Zq9+Wv/7&Ru5".to_owned())];
    let shown = |text: &str| redactor.body(text.as_bytes(), &own);
    for written in [
        "Zq9+Wv/7&Ru5",
        "Zq9%2BWv%2f7%26Ru5",
        r"Zq9\u002bWv\/7\u0026Ru5",
        "Zq9&#43;Wv&#x2F;7&amp;Ru5",
        "ZQ9&#00043;wV/7&ru5",
    ] {
        assert_eq!(shown(&format!("a {written} b")), "a *** b", "{written}");
        // Only the beginning of an answer is kept: wherever it ends, less than five characters of a secret are left.
        for end in 5..written.len() {
            let left = shown(&format!("a {}", &written[..end]));
            assert!(left.len() <= 2 + 10 && !left.to_lowercase().contains("zq9+w"), "{left}");
        }
        assert_eq!(shown(&format!("a {}", &written[..written.len() - 1])), "a ***", "{written}");
    }
    assert_eq!(shown("Zq9 is no part of it, nor is Zq9&amp"), "Zq9 is no part of it, nor is Zq9&amp");
}

#[test]
fn a_secret_is_found_in_the_escapes_of_what_is_not_ascii_and_of_what_was_encoded_twice() {
    let redactor = redactor(false);
    let own = [Secret::new("pässwört/😀".to_owned())];
    for written in [
        "pässwört/😀",
        "PÄSSWÖRT/😀",
        r"p\u00e4ssw\u00F6rt\/\ud83d\ude00",
        "p%C3%A4ssw%c3%b6rt%2F%F0%9F%98%80",
        "p%25C3%25A4ssw%25C3%25B6rt%252F%25F0%259F%2598%2580",
        "p&#228;ssw&#xf6;rt&#x2F;&#128512;",
        r"p\xc3\xa4ssw\xc3\xb6rt/😀",
    ] {
        let shown = redactor.body(format!("a {written} b").as_bytes(), &own);
        assert_eq!(shown, "a *** b", "{written}");
    }
}

#[test]
fn a_name_keeps_its_words_and_loses_hosts_and_what_stands_in_urls() {
    let redactor = redactor(false);
    let cases = [
        ("token refresh", "token refresh"),
        ("auth: basic login", "auth: basic login"),
        ("GET /a/b", "GET /a/b"),
        ("http://u:pw@orders.corp.internal:8443/x?token=t", "http://host-1/x?token=***"),
        ("orders.corp.internal search", "host-1 search"),
        ("10.0.0.1:80", "host-4"),
    ];
    for (name, shown) in cases {
        assert_eq!(redactor.name(name), shown);
    }
    let name = "http://u:pw@orders.corp.internal:8443/x?token=t&n=1";
    assert_eq!(self::redactor(true).name(name), "http://orders.corp.internal:8443/x?token=***&n=1");
}

#[test]
fn a_target_is_shown_without_host_and_values() {
    let target: Target = "http://orders.corp.internal:8443/a/{id}?x={id}&token=t'u".parse().unwrap();
    assert_eq!(redactor(false).target(&target), "http://host-1/a/{id}?x=***&token=***");
    let shown = redactor(true).target(&target);
    assert_eq!(shown, "http://orders.corp.internal:8443/a/{id}?x={id}&token=***");
}

#[test]
fn headers_and_bodies_hide_the_secrets_of_their_request() {
    let redactor = redactor(false);
    let own = [Secret::new("cell 5".to_owned())];
    for name in ["Set-Cookie", "authorization", "Proxy-Authenticate", "WWW-Authenticate", "x-api-key"] {
        assert_eq!(redactor.header(name, b"abc", &own), "***");
    }
    assert_eq!(redactor.header("x", b"a\tcell%205\xff\n", &own), "a\\t***\u{fffd}\\n");
    assert_eq!(redactor.header("Host", b"api:80", &own), "host-2");
    assert_eq!(redactor.body(b"CELL 5 at 10.0.0.9", &own), "*** at host-4");
}

#[test]
fn with_hosts_shown_credentials_still_are_not() {
    let redactor = redactor(true);
    let text = "http://u:pw@orders.corp.internal:8443/a?k=v&api_key=w 10.0.0.1 Bearer b";
    let shown = "http://orders.corp.internal:8443/a?k=v&api_key=*** 10.0.0.1 Bearer ***";
    assert_eq!(super::tests::shown(&redactor, text), shown);
    assert_eq!(
        redactor.text("http://auth.example:80/x https://auth:1/"),
        "http://auth.example:80/x https://auth:1/"
    );
}

#[test]
fn names_are_bounded() {
    let redactor = redactor(false);
    for n in 0..2000 {
        redactor.text(&format!("http://h{n}.example/"));
    }
    assert_eq!(redactor.text("http://another.example/ http://h0.example/"), "http://host-n/ http://host-4/");
}

#[test]
fn long_texts_of_awkward_repeats_are_survived_and_do_not_grow() {
    let redactor = redactor(false);
    for part in [
        "?",
        "a?",
        ":",
        "a:",
        "=",
        "token=",
        "token ",
        "token\" ",
        "://",
        "1.",
        "::",
        "a",
        "\\",
        "[",
        "/?",
        " ",
        "bearer ",
        "http://a@",
        "token:{",
        "token:[",
    ] {
        let shown = redactor.text(&part.repeat(16_384 / part.len()));
        assert!(shown.len() <= 2 * 16_384, "{part}: {}", shown.len());
    }
}

/// What may stand in any text, and what of it is never shown.
const PLANTED: [(&str, &str); 10] = [
    ("orders.corp.internal", "orders.corp.internal"),
    ("10.11.12.13", "10.11.12.13"),
    ("2001:db8::77", "2001:db8::77"),
    ("pass%20word%2F1", "word%2F1"),
    ("Bearer tok-Q1", "tok-Q1"),
    ("eyJhbGciOiJI.QQ", "hbGciOiJI"),
    ("api_key=tok-Q1", "tok-Q1"),
    ("\"password\": \"tok-Q1\"", "tok-Q1"),
    (" /a?b=tok-Q1", "tok-Q1"),
    (" http://user:tok-Q1@h/", "tok-Q1"),
];

fn planted_is_hidden(before: &str, after: &str) -> Result<(), TestCaseError> {
    let redactor = redactor(false);
    for (planted, secret) in PLANTED {
        let text = format!("{before}{planted}{after}");
        let shown = shown(&redactor, &text);
        prop_assert!(!shown.contains(secret), "{text:?}: {shown:?}");
    }
    Ok(())
}

proptest! {
    #[test]
    fn what_is_planted_is_not_shown_whatever_surrounds_it(before in "\\PC{0,40}", after in "\\PC{0,40}") {
        planted_is_hidden(&before, &after)?;
    }

    /// Letters at random seldom make a URL or a query: these do.
    #[test]
    fn what_is_planted_is_not_shown_within_urls_and_queries(
        before in "(a|h\\.x|[:@=/?&#.,; ]|://|a:a@|%3A|%2F|[0-9]|\\[|\\]|é|host-1){0,12}",
        after in "(a|[:@=/?&#.,; ]|://|@|%3A|[0-9]|\\]|é){0,6}",
    ) {
        planted_is_hidden(&before, &after)?;
    }

    #[test]
    fn names_stay_what_they_are(text in "(\\PC{0,10}(http://[a-z]{1,5}(:[0-9]{2})?/|10\\.0\\.0\\.[0-9]| api )){0,4}") {
        let redactor = redactor(false);
        let once = redactor.text(&text);
        let names = |text: &str| text.matches("host-").count();
        let twice = redactor.text(&once);
        prop_assert_eq!(names(&once), names(&twice));
        prop_assert_eq!(redactor.text(&twice), twice);
    }

    #[test]
    fn nothing_panics(text in "([:=?/@%\\[\\]\"'\\\\]|://|::|token|bearer |eyJ|host-|[0-9.]|é|\\PC|\\s){0,60}", bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
        for show_hosts in [false, true] {
            let redactor = redactor(show_hosts);
            redactor.text(&text);
            redactor.header("x", &bytes, &[Secret::new(text.clone())]);
            redactor.body(&bytes, &[]);
        }
    }
}

#[test]
fn a_host_that_is_only_spoken_of_is_hidden_too() {
    let origins: Vec<Origin> = ["https://10.1.2.3/".parse::<Target>().unwrap().origin().clone()].to_vec();
    let redactor = Redactor::new(&origins, &["orders.internal".to_owned()], false);
    assert_eq!(redactor.text("no certificate for orders.internal"), "no certificate for host-2");
}

#[test]
fn what_no_request_carries_is_hidden_as_a_word() {
    let secrets = ["bench", "pa.ss"].map(|text| Secret::new(text.to_owned())).to_vec();
    let redactor = Redactor::new(&[], &[], true).hiding(secrets);
    let shown = redactor.body(b"rpsbench: bench said pa.ss, or bench:pa%2Ess", &[]);
    assert_eq!(shown, "rpsbench: *** said ***, or ***:***");
}
