//! Requests signed for AWS, checked by a verifier of the test's own: from what a server sees, as AWS does it.

use std::sync::mpsc;

use ring::{digest, hmac};

use crate::support::program::{assert_ledger_adds_up, end_of, file, program};
use crate::support::servers::{GOOD, Seen, Witness};

const ID: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn sha256(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
}

/// Every character that is not unreserved as %XX; `/` only where it is asked for.
fn encoded(text: &[u8], keeps_slashes: bool) -> String {
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || keeps_slashes && byte == b'/';
    text.iter()
        .map(|&byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

fn decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        match after {
            [high, low, left @ ..] if *first == b'%' => {
                let digit = |byte: u8| char::from(byte).to_digit(16).expect("a digit") as u8;
                bytes.push(digit(*high) << 4 | digit(*low));
                rest = left;
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    bytes
}

/// The values of a header, with one blank for each run of them.
fn canonical_of(values: &[&str]) -> String {
    let of_one = |value: &&str| value.split_whitespace().collect::<Vec<_>>().join(" ");
    values.iter().map(of_one).collect::<Vec<_>>().join(",")
}

/// The signature of a request that has come, for the scope that it names. Panics where it is not the one it carries.
fn verify(seen: &Seen, service: &str) {
    verify_with(seen, service, ID, SECRET);
}

fn verify_with(seen: &Seen, service: &str, id: &str, secret: &str) {
    let [authorization] = seen.header("authorization")[..] else { panic!("{}", seen.head) };
    let rest =
        authorization.strip_prefix(&format!("AWS4-HMAC-SHA256 Credential={id}/")).expect("it names the key");
    let (scope, rest) = rest.split_once(", SignedHeaders=").expect("headers");
    let (names, signature) = rest.split_once(", Signature=").expect("a signature");
    let [day, region, of_service, "aws4_request"] = scope.split('/').collect::<Vec<_>>()[..] else {
        panic!("{scope}")
    };
    assert_eq!((region, of_service), ("eu-west-3", service));
    let date = seen.header("x-amz-date")[0];
    assert!(date.starts_with(day) && date.len() == 16 && date.ends_with('Z'), "{date}");

    let line: Vec<&str> = seen.line().split(' ').collect();
    let (path, query) = line[1].split_once('?').unwrap_or((line[1], ""));
    let path = match service {
        "s3" => encoded(&decoded(path), true),
        _ => encoded(path.as_bytes(), true),
    };
    let mut pairs: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (encoded(&decoded(name), false), encoded(&decoded(value), false)))
        .collect();
    pairs.sort();
    let query = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
    for needed in ["host", "x-amz-date"] {
        assert!(names.split(';').any(|name| name == needed), "{names}");
    }
    assert!(names.split(';').is_sorted());
    let headers: String =
        names.split(';').map(|name| format!("{name}:{}\n", canonical_of(&seen.header(name)))).collect();
    let hash = sha256(&seen.body);
    if service == "s3" {
        assert_eq!(seen.header("x-amz-content-sha256"), [hash.as_str()]);
    }
    let canonical = format!("{}\n{path}\n{query}\n{headers}\n{names}\n{hash}", line[0]);
    let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", sha256(canonical.as_bytes()));
    let mut key = format!("AWS4{secret}").into_bytes();
    for part in [day, region, service, "aws4_request"] {
        key = hmac(&key, part);
    }
    assert_eq!(hex(&hmac(&key, &to_sign)), signature, "{canonical}");
}

fn signed(url: &str, service: &str, more: &[&str]) -> (String, String) {
    let mut run = program();
    run.env("AWS_ACCESS_KEY_ID", ID).env("AWS_SECRET_ACCESS_KEY", SECRET).env_remove("AWS_SESSION_TOKEN");
    run.args([url, "--rate", "500", "-n", "40", "--warmup", "0", "--baseline", "0", "--format", "json"]);
    run.args(["--aws-sigv4", &format!("eu-west-3:{service}")]).args(more);
    let ended = end_of(&mut run);
    let document = serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("{ended:?}"));
    assert_ledger_adds_up(&document);
    (ended.stdout, ended.stderr)
}

#[test]
fn every_request_is_signed_whatever_is_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let data = file(&folder, "data.csv", "id,name\n1,Ann Lee\n2,\"B&C=\u{fc}/\"\"q\"\"\"\n");
    let fixed = ["-H", "Content-Type: text/plain", "-H", "X-Two:  a   b ", "-d", "hello", "--traceparent"];
    let made = ["--data", data.as_str(), "-H", "X-Id: {id}", "-d", r#"{"id": {id}, "of": "{uuid} {name}"}"#];
    for service in ["execute-api", "s3"] {
        for (path, more) in [
            ("", &[][..]),
            ("a%20b/c?b=2&a=1&a=%2f&flag", &["--threads", "2"]),
            ("x!(y)/z~?q=*", &fixed),
            ("users/{id}?q={name}&i={index}", &made),
        ] {
            let witness = Witness::start(GOOD);
            signed(&format!("{}{path}", witness.url()), service, more);
            let seen = witness.seen();
            assert_eq!(seen.len(), 40);
            seen.iter().for_each(|seen| verify(seen, service));
        }
    }
}

/// Serves HTTP/2 without TLS, and passes on what it was asked, with `:authority` as the host.
async fn serve_http2(listener: std::net::TcpListener, asked: mpsc::Sender<Seen>) {
    let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
    while let Ok((stream, _)) = listener.accept().await {
        let asked = asked.clone();
        tokio::spawn(async move {
            let Ok(mut connection) = h2::server::handshake(stream).await else { return };
            while let Some(Ok((request, mut respond))) = connection.accept().await {
                let uri = request.uri();
                let path = uri.path_and_query().map_or("/", |path| path.as_str());
                let host = uri.authority().map_or("", |authority| authority.as_str());
                let mut head = format!("{} {path} HTTP/2\r\nhost: {host}\r\n", request.method());
                for (name, value) in request.headers() {
                    head += &format!("{name}: {}\r\n", value.to_str().expect("text"));
                }
                let _ = asked.send(Seen { head, body: Vec::new(), at: std::time::SystemTime::now() });
                let _ = respond.send_response(http::Response::new(()), true);
            }
        });
    }
}

#[test]
fn http2_carries_what_was_signed() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.set_nonblocking(true).expect("a socket");
    let url = format!("http://{}/a/b?x=1", listener.local_addr().expect("bound"));
    let (sender, asked) = mpsc::channel();
    let (end, ending) = tokio::sync::oneshot::channel::<()>();
    let server = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            tokio::select! {
                () = serve_http2(listener, sender) => {}
                _ = ending => {}
            }
        });
    });
    signed(&url, "execute-api", &["--http2"]);
    end.send(()).expect("it serves");
    server.join().expect("it ends");
    let seen: Vec<Seen> = asked.iter().collect();
    assert_eq!(seen.len(), 40);
    seen.iter().for_each(|seen| verify(seen, "execute-api"));
}

#[test]
fn a_scenario_is_signed_and_temporary_keys_are_sent_along() {
    let folder = tempfile::tempdir().unwrap();
    let endpoints = "[[endpoint]]\nname = 'read'\npath = '/r/{index}'\n\
                     [[endpoint]]\nname = 'write'\nmethod = 'PUT'\npath = '/w'\nbody = 'x{index}'\n";
    let scenario = file(&folder, "mix.toml", endpoints);
    let witness = Witness::start(GOOD);
    let mut run = program();
    run.env("AWS_ACCESS_KEY_ID", ID)
        .env("AWS_SECRET_ACCESS_KEY", SECRET)
        .env("AWS_SESSION_TOKEN", "tmp/Zq9Wv7+Ru5==");
    run.args([&witness.url(), "--rate", "500", "-n", "40", "--warmup", "0", "--scenario", &scenario]);
    let ended = end_of(run.args(["--aws-sigv4", "aws:amz:eu-west-3:sqs"]));
    assert!([0, 3, 98].contains(&ended.code), "{ended:?}");
    let seen = witness.seen();
    assert_eq!(seen.len(), 40);
    for seen in &seen {
        verify(seen, "sqs");
        assert_eq!(seen.header("x-amz-security-token"), ["tmp/Zq9Wv7+Ru5=="]);
        assert!(seen.head.contains("SignedHeaders=host;x-amz-date;x-amz-security-token,"), "{}", seen.head);
    }
}

#[test]
fn rows_of_a_recording_are_signed_as_they_are_sent_and_so_is_what_is_compressed() {
    let folder = tempfile::tempdir().unwrap();
    let rows = "t_ms,method,path,header:Authorization,header:X-Amz-Date,header:X-Amz-Content-Sha256,header:X-Id,body\n\
                0,GET,/a?b=2&a=1,AWS4-HMAC-SHA256 of another,20150830T123600Z,0123,one,\n\
                5,PUT,/c%20d,,,,,{\"\"n\"\": 1}\n10,,,,,,,\n";
    let recording = file(&folder, "rows.csv", rows.replace("{\"\"n\"\": 1}", "\"{\"\"n\"\": 1}\""));
    for service in ["execute-api", "s3"] {
        for more in [&[][..], &["--compress-body", "gzip"]] {
            let witness = Witness::start(GOOD);
            let mut run = program();
            run.env("AWS_ACCESS_KEY_ID", ID)
                .env("AWS_SECRET_ACCESS_KEY", SECRET)
                .env_remove("AWS_SESSION_TOKEN");
            run.args([
                &witness.url(),
                "--arrivals-file",
                &recording,
                "-d",
                "of the flags",
                "--baseline",
                "0",
            ]);
            let ended = end_of(run.args(["--aws-sigv4", &format!("eu-west-3:{service}")]).args(more));
            assert!([0, 3].contains(&ended.code), "{ended:?}");
            let seen = witness.seen();
            assert_eq!(seen.len(), 3);
            seen.iter().for_each(|seen| verify(seen, service));
            assert!(seen.iter().any(|seen| seen.line().starts_with("PUT /c%20d")));
            assert_eq!(
                seen.iter().filter(|seen| seen.header("content-encoding") == ["gzip"]).count(),
                3 * more.len() / 2
            );
            assert!(
                service == "s3" || seen.iter().all(|seen| seen.header("x-amz-content-sha256").is_empty())
            );
        }
        let compressed = ["-d", "hello hello hello hello", "--compress-body", "zstd"];
        let witness = Witness::start(GOOD);
        signed(&witness.url(), service, &compressed);
        witness.seen().iter().for_each(|seen| verify(seen, service));
        assert!(witness.seen().iter().all(|seen| seen.header("content-encoding") == ["zstd"]));
    }
}

/// Prints keys with a number in them, one more each time.
fn printing(folder: &tempfile::TempDir, expiration: &str) -> String {
    let count = file(folder, "count", "0");
    format!(
        r#"n=$(($(cat {count}) + 1)); echo $n > {count}; printf '{{"Version":1,"AccessKeyId":"AKID-%d","SecretAccessKey":"planted/%d+=","SessionToken":"tok-%d"{expiration}}}' $n $n $n"#
    )
}

#[test]
fn keys_of_a_command_are_renewed_in_the_middle_of_a_run_and_each_request_is_signed_with_one_set() {
    let folder = tempfile::tempdir().unwrap();
    let command = printing(&folder, "");
    let witness = Witness::start(GOOD);
    let mut run = program();
    // Those of the environment are not used.
    run.env("AWS_ACCESS_KEY_ID", ID).env("AWS_SECRET_ACCESS_KEY", SECRET).env_remove("AWS_SESSION_TOKEN");
    run.args([&witness.url(), "--rate", "200", "--duration", "1500ms", "--warmup", "0", "--baseline", "0"]);
    run.args([
        "--aws-sigv4",
        "eu-west-3:sqs",
        "--aws-credentials-command",
        &command,
        "--token-every",
        "500ms",
    ]);
    let ended = end_of(run.args(["-d", "hello", "--format", "json"]));
    assert!([0, 3].contains(&ended.code) && !ended.stderr.contains("expire"), "{ended:?}");
    let seen = witness.seen();
    assert_eq!(seen.len(), 300);
    let mut used = Vec::new();
    for seen in &seen {
        let number = seen.header("x-amz-security-token")[0].strip_prefix("tok-").expect("a token").to_owned();
        verify_with(seen, "sqs", &format!("AKID-{number}"), &format!("planted/{number}+="));
        used.push(number);
    }
    assert!(used.is_sorted() && used[0] == "1" && used[299] != "1", "{used:?}");
}

#[test]
fn keys_that_are_none_or_no_longer_good_are_refused_and_nothing_of_them_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let asked = |command: &str, more: &[&str]| {
        let mut run = program();
        let witness =
            Witness::start(b"HTTP/1.1 403 x\r\ncontent-length: 24\r\n\r\nno AKID-1 planted/1+= yet");
        run.args([
            &witness.url(),
            "--rate",
            "50",
            "-n",
            "20",
            "--aws-sigv4",
            "eu-west-3:sqs",
            "--format",
            "json",
        ]);
        let ended = end_of(run.args(["--aws-credentials-command", command]).args(more));
        for secret in ["AKID", "planted", "tok-"] {
            assert!(!ended.stdout.contains(secret) && !ended.stderr.contains(secret), "{secret}: {ended:?}");
        }
        ended
    };
    let refused = |command: &str| {
        let ended = asked(command, &[]);
        assert_eq!(ended.code, 1, "{ended:?}");
        ended.stderr
    };
    let gone = refused(&printing(&folder, r#","Expiration":"2020-01-01T00:00:00Z""#));
    assert!(
        gone.contains("--aws-credentials-command: the keys that it printed are no longer good"),
        "{gone}"
    );
    assert!(refused("echo AKID-1").contains("is not the JSON of a credential_process"));
    let of_sts = r#"echo '{"Credentials":{"AccessKeyId":"AKID-1"}}'"#;
    assert!(refused(of_sts).contains("jq '.Credentials + {Version: 1}'"));
    // What stderr repeats of compact JSON is hidden too.
    let said = format!("{}; echo 'no planted/1+= for you' >&2; exit 3", printing(&folder, ""));
    assert!(refused(&said).contains("failed (exit status: 3): no *** for you"), "{}", refused(&said));
    let soon = asked(&printing(&folder, r#","Expiration":"2999-01-01T00:00:00Z""#), &[]);
    assert!(soon.stderr.contains("min and are not renewed; --token-every"), "{soon:?}");
    let failing = format!(
        "[ -s {0}/once ] && exit 4; echo 1 > {0}/once; {1}",
        folder.path().display(),
        printing(&folder, "")
    );
    let kept = asked(&failing, &["--token-every", "100ms"]);
    assert!(kept.stderr.contains("the keys were not renewed, and those of before stay in use"), "{kept:?}");
    let mut alone = program();
    alone.args(["http://127.0.0.1:9/", "--rate", "5", "--aws-credentials-command", "true"]);
    assert!(end_of(&mut alone).stderr.contains("prints the keys for --aws-sigv4, which is not given"));
}

/// As S3 answers a signature that is wrong: with all that it was made from.
#[test]
fn neither_keys_nor_signatures_are_in_any_report() {
    let answer = "HTTP/1.1 403 Forbidden\r\nx-key: AKIDEXAMPLE\r\ncontent-length: 342\r\n\r\n";
    let body = format!(
        "<Error><Code>SignatureDoesNotMatch</Code><AWSAccessKeyId>{ID}</AWSAccessKeyId><StringToSign>AWS4-HMAC-SHA256\n\
         x of {ID}/20150830 with {SECRET} and tmp%2FZq9Wv7%2BRu5%3D%3D</StringToSign><SignatureProvided>5fa00fa31553b7</SignatureProvided></Error>"
    );
    let whole = format!("{}{body}", answer.replace("342", &body.len().to_string()));
    let witness = Witness::start(Box::leak(whole.into_bytes().into_boxed_slice()));
    for more in [&["--rate", "200", "-n", "20", "--warmup", "0", "--format", "json"][..], &["--debug"]] {
        let mut run = program();
        run.env("AWS_ACCESS_KEY_ID", ID)
            .env("AWS_SECRET_ACCESS_KEY", SECRET)
            .env("AWS_SESSION_TOKEN", "tmp/Zq9Wv7+Ru5==");
        run.args([&witness.url(), "--aws-sigv4", "us-east-1:s3", "--no-redact"]).args(more);
        let ended = end_of(&mut run);
        assert!(ended.stdout.contains("SignatureDoesNotMatch"), "{ended:?}");
        for secret in [ID, SECRET, "Zq9Wv7", "5fa00fa3", "aws4_request"] {
            assert!(
                !ended.stdout.contains(secret) && !ended.stderr.contains(secret),
                "{secret}: {}",
                ended.stdout
            );
        }
    }
}

#[test]
fn what_cannot_be_signed_is_refused() {
    let refused = |more: &[&str], secret: Option<&str>| {
        let mut run = program();
        run.env("AWS_ACCESS_KEY_ID", ID).env_remove("AWS_SECRET_ACCESS_KEY");
        secret.map(|secret| run.env("AWS_SECRET_ACCESS_KEY", secret));
        let ended = end_of(run.args(["http://127.0.0.1:9/", "--rate", "10", "-n", "1"]).args(more));
        assert_eq!(ended.code, 2, "{ended:?}");
        ended.stderr
    };
    let scope = ["--aws-sigv4", "us-east-1:s3"];
    let own = |header: &[&str]| refused(&[&scope[..], header].concat(), Some(SECRET));
    for header in [&["-H", "authorization: x"][..], &["-u", "a:b"], &["--oauth2-bearer", "x"]] {
        assert!(own(header).contains("--aws-sigv4 makes this header"), "{}", own(header));
    }
    let both = "--token-command and --aws-sigv4 cannot be used together";
    assert!(own(&["--token-command", "echo x"]).contains(both));
    assert!(refused(&["--aws-sigv4", "us-east-1"], Some(SECRET)).contains("REGION:SERVICE"));
    assert!(refused(&scope, None).contains("set AWS_SECRET_ACCESS_KEY"));
}
