//! Nothing secret leaves: secrets are planted in every input, the server repeats all it was sent, and every byte of
//! every output is searched for them.

use std::io::Write;
use std::net::TcpStream;
use std::path::Path;

use tempfile::TempDir;

use crate::support::program::{Ended, end_of, file, program};
use crate::support::proxies::tunnels;
use crate::support::servers::{Server, answer_always, read_body, read_request};

const HOST: &str = "orders-prod.corp.internal";
const SECRETS: [&str; 12] = [
    HOST,
    "tok-0a1b2c3d4e",
    "hdr-77aa88bb99",
    "basic-dXNlcjpwYXNz",
    "cookie-5566778899",
    "query-1122334455",
    "cell-9988776655",
    "cell%209988776655",
    "setcookie-424242",
    "userinfo-313131",
    "10.11.12.13",
    "jwt-eyJhbGciOiJI",
];

/// Answers with everything that it was sent, in headers and in the body, and with secrets of its own.
fn echo(status: &str) -> Server {
    let status = status.to_owned();
    Server::start(move |mut stream: TcpStream| {
        while let Some(head) = read_request(&mut stream) {
            let Some(sent) = read_body(&mut stream, &head) else { return };
            let line = head.lines().next().unwrap_or("").to_owned();
            let flat = head.replace("\r\n", " | ");
            let body = format!("{head}{}", String::from_utf8_lossy(&sent));
            let answer = format!(
                "HTTP/1.1 {status}\r\nset-cookie: id=setcookie-424242\r\nlocation: http://user:userinfo-313131@{HOST}:8443/?t=query-1122334455\r\n\
                 x-echo: {flat}\r\nx-line: {line}\r\nvia: 1.1 10.11.12.13\r\nx-auth-token: jwt-eyJhbGciOiJI\r\n\
                 content-length: {}\r\n\r\n{body}",
                body.len()
            );
            if stream.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    })
}

fn planted(folder: &TempDir, port: u16) -> Vec<String> {
    let tokens = file(folder, "tokens.csv", "token\nBearer tok-0a1b2c3d4e\n");
    let data = file(folder, "data.csv", "user\ncell 9988776655\ncell-9988776655\n");
    let of = |text: &str| text.to_owned();
    vec![
        format!("http://{HOST}:{port}/a/{{user}}?key=query-1122334455&u={{user}}"),
        of("--resolve"),
        format!("{HOST}:{port}:127.0.0.1"),
        of("--tokens"),
        tokens,
        of("--data"),
        data,
        of("-H"),
        of("X-Api: hdr-77aa88bb99"),
        of("-H"),
        of("Proxy-Authorization: Basic basic-dXNlcjpwYXNz"),
        of("-H"),
        of("Cookie: a=cookie-5566778899"),
        of("-d"),
        of(r#"{"user": "{user}"}"#),
        of("--traceparent"),
    ]
}

/// Runs the program with files for every format, and returns all that it wrote.
fn everything_written(folder: &TempDir, arguments: &[String]) -> (Ended, Vec<(String, String)>) {
    let outputs = ["out.json", "out.csv", "out.txt"].map(|name| folder.path().join(name));
    let mut command = program();
    command.args(arguments);
    for output in &outputs {
        command.arg("-o").arg(output);
    }
    let ended = end_of(&mut command);
    let mut written =
        vec![("stdout".to_owned(), ended.stdout.clone()), ("stderr".to_owned(), ended.stderr.clone())];
    for output in outputs.iter().filter(|output| output.exists()) {
        written.push((output.display().to_string(), std::fs::read_to_string(output).expect("it is text")));
    }
    (ended, written)
}

fn assert_clean(written: &[(String, String)], secrets: &[&str]) {
    for (name, text) in written {
        for secret in secrets {
            if let Some(at) = text.to_lowercase().find(&secret.to_lowercase()) {
                let bytes = &text.to_lowercase().into_bytes()[at.saturating_sub(120)..];
                let around = String::from_utf8_lossy(&bytes[..bytes.len().min(300)]).into_owned();
                panic!("`{secret}` is in {name}: ...{around}...");
            }
        }
    }
}

#[test]
fn nothing_planted_is_in_any_report() {
    for status in ["200 OK", "500 Oh", "429 Slow Down", "302 Found"] {
        let folder = tempfile::tempdir().unwrap();
        let server = echo(status);
        let port = server.address.port();
        let load = ["--rate", "200", "-n", "40", "--warmup", "0", "--slo", "p99<1s"].map(str::to_owned);
        let (ended, written) = everything_written(&folder, &[planted(&folder, port), load.to_vec()].concat());
        assert!([0, 3, 98, 99].contains(&ended.code), "{ended:?}");
        assert_eq!(written.len(), 5);
        let json = &written.iter().find(|(name, _)| name.ends_with("json")).unwrap().1;
        assert!(json.contains("\"x-echo\"") && json.contains("host-1"), "samples are there: {json}");
        let (address, port) = ("127.0.0.1", format!(":{port}"));
        assert_clean(&written, &[&SECRETS[..], &[address, port.as_str()]].concat());
    }
}

/// Whatever lies on the way may repeat what it was told, and sign with its name.
#[test]
fn nothing_of_a_proxy_is_in_any_report() {
    const VIA: &str = "egress-prod.corp.internal";
    const TOLD: [&str; 2] = ["proxy-user-616161", "proxy-pass-717171"];
    let [user, password] = TOLD;
    let server = Server::start(move |stream: TcpStream| {
        let body = format!("{user} said {password} to {VIA}");
        let answer = format!(
            "HTTP/1.1 500 Oh\r\nvia: 1.1 {VIA}:3128\r\nx-known: {user}:{password}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        answer_always(stream, answer.as_bytes());
    });
    let proxy = tunnels(server.address, |turn| turn < 10, drop);
    let port = proxy.address.port();
    for more in ["--redact", "--no-redact"] {
        let folder = tempfile::tempdir().unwrap();
        let arguments = [
            format!("http://{HOST}/"),
            "-x".to_owned(),
            format!("http://{user}:{password}@{VIA}:{port}"),
            "--resolve".to_owned(),
            format!("{VIA}:{port}:127.0.0.1"),
            "--no-keepalive".to_owned(),
            more.to_owned(),
        ];
        let load = ["--rate", "100", "-n", "5", "--warmup", "0"].map(str::to_owned);
        let (_, written) = everything_written(&folder, &[&arguments[..], &load].concat());
        let json = &written.iter().find(|(name, _)| name.ends_with("json")).expect("a document").1;
        assert!(json.contains("\"x-known\"") && json.contains("\"proxy\": \"http\""), "{json}");
        assert_clean(&written, &TOLD);
        if more == "--redact" {
            assert_clean(&written, &[VIA, HOST, "127.0.0.1", &format!(":{port}")]);
        }
    }
}

#[test]
fn a_token_at_the_end_of_what_is_kept_and_a_url_as_a_name_leave_nothing() {
    let folder = tempfile::tempdir().unwrap();
    // Of the token only all but the last character is within the first KiB of the body.
    let server = Server::start(|mut stream: TcpStream| {
        while let Some(head) = read_request(&mut stream) {
            let token =
                head.lines().find_map(|line| line.strip_prefix("x-key: ")).unwrap_or("none").to_owned();
            let body = format!("{}{token}", "a ".repeat(512 - token.len() / 2));
            let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            if stream.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    });
    let url = format!("http://{HOST}:{}", server.address.port());
    let named = format!("http://user:userinfo-313131@{HOST}:1/?key=query-1122334455");
    let endpoints = format!(
        "[[endpoint]]\nname = \"{named}\"\npath = \"/\"\n[[endpoint]]\nname = \"b\"\npath = \"/b\"\n"
    );
    let scenario = file(&folder, "mix.toml", &endpoints);
    let resolve = format!("{HOST}:{}:127.0.0.1", server.address.port());
    let token = "x-key: Zq9Wv7Ru5TsPmLkJhGfDe";
    let arguments = [&url, "--resolve", &resolve, "--scenario", &scenario, "-H", token]
        .into_iter()
        .chain(["--rate", "200", "-n", "20", "--warmup", "0"])
        .map(str::to_owned)
        .collect::<Vec<_>>();
    let (ended, written) = everything_written(&folder, &arguments);
    assert!([0, 3].contains(&ended.code), "{ended:?}");
    assert!(written.iter().any(|(_, text)| text.contains("http://host-1/?key=***")), "{written:?}");
    assert_clean(&written, &[HOST, "Zq9Wv", "userinfo-313131", "query-1122334455"]);
}

#[test]
fn with_no_redact_hosts_are_shown_and_tokens_still_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let server = echo("500 Oh");
    let load = ["--rate", "200", "-n", "20", "--warmup", "0", "--no-redact"].map(str::to_owned);
    let arguments = [planted(&folder, server.address.port()), load.to_vec()].concat();
    let (_, written) = everything_written(&folder, &arguments);
    assert!(written.iter().any(|(name, text)| name == "stdout" && text.contains(HOST)), "{written:?}");
    let never = ["tok-0a1b2c3d4e", "hdr-77aa88bb99", "basic-dXNlcjpwYXNz", "cookie-5566778899"];
    let nor = ["setcookie-424242", "userinfo-313131", "jwt-eyJhbGciOiJI"];
    assert_clean(&written, &[&never[..], &nor].concat());
}

#[test]
fn failures_of_the_connection_name_no_address() {
    let folder = tempfile::tempdir().unwrap();
    let closing = Server::start(|mut stream| {
        read_request(&mut stream);
    });
    let load = ["--rate", "100", "-n", "20", "--warmup", "0"].map(str::to_owned);
    let port = closing.address.port();
    let (_, written) = everything_written(&folder, &[planted(&folder, port), load.to_vec()].concat());
    assert_clean(&written, &[&SECRETS[..], &["127.0.0.1"]].concat());
}

#[test]
fn errors_before_the_run_name_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str, content: &str| file(&folder, name, content);
    let url = format!("http://{HOST}:9/?key=query-1122334455");
    let mut all = vec![
        vec![url.clone()],
        vec![format!("https://{HOST}:9/"), "--resolve".into(), format!("{HOST}:9:127.0.0.1")],
        vec![format!("http://user:userinfo-313131@{HOST}/")],
        vec![format!("http://{HOST}:99999/?key=query-1122334455")],
        vec![format!("http://{HOST}/a b?key=query-1122334455")],
        vec![url.clone(), "-H".into(), "hdr-77aa88bb99".into()],
        vec![url.clone(), "-H".into(), "X: hdr-77aa88bb99\u{1}".into()],
        // As a shell hands over a header without quotes.
        vec![url.clone(), "-H".into(), "Authorization:".into(), "Bearer".into(), "tok-0a1b2c3d4e".into()],
        vec![url.clone(), "-H".into(), "Authorization:".into(), "tok-0a1b2c3d4e".into()],
        vec![url.clone(), "-H".into(), "X: hdr-77aa88bb99 {nothing}".into()],
        vec![url.clone(), "-d".into(), "cookie-5566778899 {nothing}".into()],
        vec![url.clone(), "-x".into(), format!("https://user:userinfo-313131@{HOST}:3128")],
        vec![url.clone(), "-x".into(), format!("user:userinfo-313131@{HOST}:0")],
        vec![url.clone(), "-x".into(), format!("socks5://user:userinfo-313131@{HOST}:3128")],
        vec![
            url.clone(),
            "-x".into(),
            format!("user:userinfo-313131@{HOST}:9"),
            "--resolve".into(),
            format!("{HOST}:9:127.0.0.1"),
        ],
        vec![url.clone(), "--connect-to".into(), format!("{HOST}:9:{HOST}")],
        vec![url.clone(), "--connect-to".into(), format!("::{HOST}:9")],
        vec![url.clone(), "--connect-to".into(), format!("nobody:9:{HOST}:9")],
        vec![url.clone(), "--resolve".into(), format!("{HOST}:10.11.12.13")],
        vec![url.clone(), "--resolve".into(), format!("{HOST}:9:10.11.12.13.14")],
    ];
    let scenario = [
        "[[endpoint]]\nname = 'a'\npath = 'cell-9988776655 x'\n",
        "[[endpoint]]\nname = 'a'\npath = '/?k=query-1122334455'\nheaders = { Authorization = ['tok-0a1b2c3d4e', 3] }\n",
        "[[endpoint]]\nname = 'a'\nheaders = { Authorization = \"tok-0a1b2c3d4e }\n",
        "[[endpoint]]\nname = 'a'\npath = '/'\nexpect_status = 'tok-0a1b2c3d4e'\n",
        "[[endpoint]]\nname = 'a'\npath = '/'\nheaders = { Authorization = \"tok-0a1b2c3d4e\\u0001\" }\n",
    ];
    for (i, text) in scenario.iter().enumerate() {
        all.push(vec![url.clone(), "--scenario".into(), path(&format!("scenario-{i}"), text)]);
    }
    let targets = [
        format!("GET http://user:userinfo-313131@{HOST}/\n"),
        format!("GET http://{HOST}/\nAuthorization tok-0a1b2c3d4e\n"),
        format!("tok-0a1b2c3d4e http://{HOST}/?k=query-1122334455 x\n"),
        format!(
            "{{\"method\": \"GET\", \"url\": \"http://{HOST}:x/\", \"header\": {{\"A\": \"tok-0a1b2c3d4e\"}}}}\n"
        ),
    ];
    for (i, text) in targets.iter().enumerate() {
        all.push(vec!["--targets".into(), path(&format!("targets-{i}"), text)]);
    }
    for (i, text) in
        ["token\ntok-0a1b2c3d4e\u{1}\n", "token\n\"tok-0a1b2c3d4e\ntwo lines\"\n"].iter().enumerate()
    {
        all.push(vec![url.clone(), "--tokens".into(), path(&format!("tokens-{i}"), text)]);
    }
    for (i, text) in ["a,b\ncell-9988776655\n", "a\n\"cell-9988776655\u{1}\"\n"].iter().enumerate() {
        let data = path(&format!("data-{i}"), text);
        all.push(vec![url.clone(), "--data".into(), data, "-H".into(), "X: {a}".into()]);
    }
    for arguments in all {
        let load = ["--rate", "100", "-n", "5", "--warmup", "0", "--timeout", "1s"].map(str::to_owned);
        let (ended, written) = everything_written(&folder, &[arguments.clone(), load.to_vec()].concat());
        assert!([1, 2].contains(&ended.code), "{arguments:?}: {ended:?}");
        assert!(!ended.stderr.is_empty(), "{arguments:?}");
        assert_clean(&written, &SECRETS);
        assert!(!Path::new(&folder.path().join("out.json")).exists());
    }
}
