//! Signatures, checked against the test suite that AWS publishes: `tests/aws-signing-test-suite/v4` in
//! <https://github.com/awslabs/aws-c-auth>, whose signed requests are repeated here.

use super::*;
use crate::request::secret::Secret;

/// The moment of the suite: 2015-08-30 12:36:00 UTC.
const AT_MS: u64 = 1_440_938_160_000;
const STAMP: &str = "20150830T123600Z";
/// The hash of no body.
const NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const FORM: &str = "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e";
const SUITE_TOKEN: &str = "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267";
const UNRESERVED: &str = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

fn signer(scope: &str, session_token: Option<&str>) -> Signer {
    let keys = AwsKeys {
        good_until_ms: None,
        id: Secret::new("AKIDEXAMPLE".to_owned()),
        secret: Secret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned()),
        session_token: session_token.map(|token| Secret::new(HeaderValue::from_str(token).unwrap())),
    };
    Signer::new(keys, scope.parse().unwrap())
}

/// What the suite signs: the request as it stands there, which may be one that HTTP would not let pass.
fn suite(
    method: &str,
    (path, query): (&str, &str),
    headers: &[(&str, &str)],
    body_hash: &str,
) -> (String, String) {
    let mut all = headers.to_vec();
    all.extend([("host", "example.amazonaws.com"), ("x-amz-date", STAMP)]);
    all.sort_by_key(|(name, _)| *name);
    let all: Vec<(&str, &[u8])> = all.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
    let resource = canonical::resource(path, query, false);
    let hash = body_hash.as_bytes();
    let signer = signer("us-east-1:service", None);
    let value =
        signer.authorization(&signer.keys.current(), method, &resource, &all, hash, &Stamp::at(AT_MS));
    let text = String::from_utf8(value).unwrap();
    let (head, rest) = text.split_once(", SignedHeaders=").unwrap();
    assert_eq!(head, "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request");
    let (names, signature) = rest.split_once(", Signature=").unwrap();
    (names.to_owned(), signature.to_owned())
}

#[test]
fn paths_and_queries_are_signed_as_in_the_suite() {
    let unreserved = (format!("/{UNRESERVED}"), format!("{UNRESERVED}={UNRESERVED}"));
    let vanilla = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
    let vectors = [
        ("get-vanilla", "/", "", vanilla),
        (
            "get-vanilla-query-order-key-case",
            "/",
            "Param2=value2&Param1=value1",
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        ),
        (
            "get-vanilla-query-order-encoded",
            "/",
            "Param-3=Value3&Param=Value2&%E1%88%B4=Value1",
            "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac",
        ),
        (
            "get-vanilla-query-unreserved",
            "/",
            &unreserved.1,
            "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
        ),
        (
            "get-vanilla-empty-query-key",
            "/",
            "Param1=value1",
            "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb",
        ),
        (
            "get-vanilla-utf8-query",
            "/",
            "ሴ=bar",
            "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
        ),
        ("get-utf8", "/ሴ", "", "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"),
        (
            "get-space-normalized",
            "/example space/",
            "",
            "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741",
        ),
        (
            "get-unreserved",
            &unreserved.0,
            "",
            "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
        ),
        ("get-relative-normalized", "/example/..", "", vanilla),
        ("get-relative-relative-normalized", "/example1/example2/../..", "", vanilla),
        ("get-slash-dot-slash-normalized", "/./", "", vanilla),
        (
            "get-slash-pointless-dot-normalized",
            "/./example",
            "",
            "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5",
        ),
        (
            "get-slashes-normalized",
            "//example//",
            "",
            "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84",
        ),
    ];
    for (name, path, query, signature) in vectors {
        let found = suite("GET", (path, query), &[], NOTHING);
        assert_eq!(found, ("host;x-amz-date".to_owned(), signature.to_owned()), "{name}");
    }
}

#[test]
fn headers_and_bodies_are_signed_as_in_the_suite() {
    let form = [
        ("content-length", "13"),
        ("content-type", "application/x-www-form-urlencoded"),
        ("x-amz-content-sha256", FORM),
    ];
    let of_form = "content-length;content-type;host;x-amz-content-sha256;x-amz-date";
    type Vector<'v> = (&'v str, &'v str, &'v [(&'v str, &'v str)], &'v str, &'v str, &'v str);
    let vectors: [Vector<'_>; 6] = [
        (
            "post-vanilla",
            "POST",
            &[],
            NOTHING,
            "host;x-amz-date",
            "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
        ),
        (
            "post-x-www-form-urlencoded",
            "POST",
            &form,
            FORM,
            of_form,
            "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b",
        ),
        (
            "get-header-key-duplicate",
            "GET",
            &[("my-header1", "value2"), ("my-header1", "value2"), ("my-header1", "value1")],
            NOTHING,
            "host;my-header1;x-amz-date",
            "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
        ),
        (
            "get-header-value-order",
            "GET",
            &[
                ("my-header1", "value4"),
                ("my-header1", "value1"),
                ("my-header1", "value3"),
                ("my-header1", "value2"),
            ],
            NOTHING,
            "host;my-header1;x-amz-date",
            "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01",
        ),
        (
            "get-header-value-trim",
            "GET",
            &[("my-header1", " value1"), ("my-header2", " \"a   b   c\"")],
            NOTHING,
            "host;my-header1;my-header2;x-amz-date",
            "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
        ),
        (
            "get-vanilla-with-session-token",
            "GET",
            &[("x-amz-security-token", SUITE_TOKEN)],
            NOTHING,
            "host;x-amz-date;x-amz-security-token",
            "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8",
        ),
    ];
    for (name, method, headers, body_hash, names, signature) in vectors {
        let found = suite(method, ("/", ""), headers, body_hash);
        assert_eq!(found, (names.to_owned(), signature.to_owned()), "{name}");
    }
    let parts = [
        ("content-length", "13"),
        ("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
        ("x-amz-content-sha256", FORM),
    ];
    let found = suite("POST", ("/", ""), &parts, FORM);
    let signature = "328d1b9eaadca9f5818ef05e8392801e091653bafec24fcab71e7344e7f51422";
    assert_eq!(found, (of_form.to_owned(), signature.to_owned()), "post-x-www-form-urlencoded-parameters");
}

/// A request as it is made for an arrival.
fn request(method: &str, uri: &str, headers: &[(&str, &str)], body: &'static str) -> Request<Bytes> {
    let mut request = Request::builder().method(method).uri(uri).header("host", "example.amazonaws.com");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Bytes::from_static(body.as_bytes())).unwrap()
}

fn value<'r>(request: &'r Request<Bytes>, name: &str) -> &'r str {
    request.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[test]
fn a_whole_request_is_signed_whatever_is_worked_out_beforehand() {
    let signer = signer("us-east-1:service", Some(SUITE_TOKEN));
    let expected = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
                    SignedHeaders=host;x-amz-date;x-amz-security-token, \
                    Signature=07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8";
    let others = [("user-agent", "x"), ("accept", "*/*"), ("content-length", "0"), ("traceparent", "00-0")];
    let mut made = request("GET", "/", &others, "");
    let prepared = signer.prepare(Some(&made.uri().clone()), Some(&Bytes::new()));
    for fixed in [Fixed::default(), prepared] {
        signer.sign(&mut made, &fixed, AT_MS);
        assert_eq!(value(&made, "authorization"), expected);
        assert_eq!((value(&made, "x-amz-date"), value(&made, "x-amz-content-sha256")), (STAMP, ""));
        assert!(made.headers()[AUTHORIZATION].is_sensitive());
    }
}

#[test]
fn the_key_is_derived_anew_each_day() {
    let signer = signer("us-east-1:service", None);
    let signed_at = |unix_ms| {
        let mut made = request("GET", "/", &[], "");
        signer.sign(&mut made, &Fixed::default(), unix_ms);
        value(&made, "authorization").to_owned()
    };
    let first = signed_at(AT_MS);
    let next = signed_at(AT_MS + 86_400_000);
    assert!(next.contains("/20150831/") && first.contains("/20150830/"));
    assert_eq!(signed_at(AT_MS), first);
}

#[test]
fn s3_is_told_the_hash_of_the_body_unless_it_is_given() {
    let signer = signer("us-east-1:s3", None);
    let mut made = request("PUT", "/bucket/a%20b", &[], "Param1=value1");
    signer.sign(&mut made, &Fixed::default(), AT_MS);
    assert_eq!(value(&made, "x-amz-content-sha256"), FORM);
    let unsigned = [("x-amz-content-sha256", "UNSIGNED-PAYLOAD")];
    let mut other = request("PUT", "/bucket/a%20b", &unsigned, "Param1=value1");
    signer.sign(&mut other, &Fixed::default(), AT_MS);
    assert_eq!(value(&other, "x-amz-content-sha256"), "UNSIGNED-PAYLOAD");
    assert_ne!(value(&other, "authorization"), value(&made, "authorization"));
    for made in [made, other] {
        assert!(
            value(&made, "authorization").contains("SignedHeaders=host;x-amz-content-sha256;x-amz-date,")
        );
    }
}

#[test]
fn neither_keys_nor_the_signer_are_shown() {
    let signer = signer("us-east-1:s3", Some(SUITE_TOKEN));
    assert_eq!(format!("{signer:?}"), "Signer(***)");
    let keys = format!("{:?}", signer.keys.current().keys);
    assert!(!keys.contains("AKID") && !keys.contains("wJalr") && !keys.contains("6e86"), "{keys}");
    let mut secrets = Secrets::default();
    signer.secrets(&mut secrets);
    assert_eq!(secrets.into_texts().count(), 3);
}
