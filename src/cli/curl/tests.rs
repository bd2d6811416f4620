use proptest::prelude::*;

use super::*;

fn flags(command: &str) -> Vec<String> {
    read(command).unwrap().flags
}

#[test]
fn what_a_browser_copies_is_read_as_it_stands() {
    let command = "curl 'https://shop.example/api/orders?a=1&b={2}' \\\n  -H 'accept: application/json' \\\n  -H 'content-length: 9' \\\n  \
                   -b 'sid=1; t=2' \\\n  --data-raw $'{\"who\":\"it\\u0027s\",\\n\"n\":1}' \\\n  --compressed";
    let read = read(command).unwrap();
    assert_eq!(
        read.flags,
        [
            "--url=https://shop.example/api/orders?a=1&b={2}",
            "--header=accept: application/json",
            "--header=Cookie: sid=1; t=2",
            "--header=Accept-Encoding: gzip, deflate, br",
            "--header=Content-Type: application/x-www-form-urlencoded",
            "--body={\"who\":\"it's\",\n\"n\":1}",
        ]
    );
    assert_eq!(read.left_out, ["-H 'content-length'"]);
}

#[test]
fn what_documentation_shows_is_read() {
    assert_eq!(
        flags("curl -sSL -XPUT -u user:pass https://a/ -d a=1 -d b=2 -H 'Content-Type: text/plain'"),
        [
            "--location",
            "--url=https://a/",
            "--method=PUT",
            "--header=Authorization: Basic dXNlcjpwYXNz",
            "--header=Content-Type: text/plain",
            "--body=a=1&b=2"
        ]
    );
    assert_eq!(
        flags("curl --json '{\"a\":1}' --url http://a/ -k --max-time 3"),
        [
            "--insecure",
            "--timeout=3s",
            "--url=http://a/",
            "--header=Content-Type: application/json",
            "--header=Accept: application/json",
            "--body={\"a\":1}"
        ]
    );
    assert_eq!(
        flags("curl -G http://a/?x=1 --data-urlencode 'q=a b&c' -d n=2"),
        ["--url=http://a/?x=1&q=a%20b%26c&n=2"]
    );
    assert_eq!(flags("curl http://a/ -d @body.json -I")[3..], ["--body-file=body.json"]);
    assert_eq!(
        read("curl -sSL http://a/ -o /dev/null").unwrap().left_out,
        ["--silent", "--show-error", "--output"]
    );
}

#[test]
fn a_proxy_is_a_proxy_here_too() {
    for (command, proxy) in [
        ("curl -x http://u:p@p:3128 http://a/", "http://u:p@p:3128"),
        ("curl http://a/ -p --proxy p:3128 -U 'us er:p@ss'", "http://us%20er:p%40ss@p:3128"),
        ("curl http://a/ --socks5-hostname p:1 --proxy-user u", "socks5h://u:@p:1"),
        ("curl http://a/ --socks5 p", "socks5://p"),
    ] {
        assert_eq!(flags(command), [format!("--proxy={proxy}"), "--url=http://a/".to_owned()], "{command}");
    }
}

#[test]
fn where_it_connects_is_read_too() {
    assert_eq!(
        flags("curl --connect-to a:443:b:8443 --resolve b:8443:10.0.0.1 https://a/"),
        ["--connect-to=a:443:b:8443", "--resolve=b:8443:10.0.0.1", "--url=https://a/"]
    );
}

#[test]
fn what_cannot_be_meant_is_named() {
    for (command, words) in [
        ("curl", "no URL"),
        ("curl 'http://a/", "not closed"),
        ("curl http://a/ http://b/", "two URLs"),
        ("curl http://a/ --frobnicate", "--frobnicate is not known"),
        ("curl http://a/ -Z", "-Z is not known"),
        ("curl http://a/ -T file", "--upload-file cannot be sent"),
        ("curl http://a/ --preproxy socks5://p", "--preproxy cannot be sent"),
        ("curl http://a/ -H", "--header has no value"),
        ("wget http://a/", "begins with curl"),
    ] {
        let error = read(command).unwrap_err();
        assert!(error.contains(words), "{command}: {error}");
    }
}

#[test]
fn the_flags_stand_behind_what_was_typed() {
    let arguments = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
    for typed in [
        &["rpsbench", "--rate", "5", "--curl", "curl http://a/"][..],
        &["rpsbench", "--rate", "5", "--curl=curl http://a/"],
    ] {
        let expanded = expanded(arguments(typed)).unwrap();
        assert_eq!(expanded[..typed.len()], arguments(typed));
        assert_eq!(expanded[typed.len()..], ["--url=http://a/"]);
    }
}

proptest! {
    #[test]
    fn reading_never_panics(command in "curl( (-[a-zA-Z#]{1,3}|--[a-z-]{1,12}|\\$?'[^']{0,9}'|\\PC{1,9})){0,6}") {
        let _ = read(&command);
    }
}
