//! A random credential or host is hidden wherever servers, proxies and libraries are known to write one.

use proptest::prelude::*;

use super::redactor;

/// Where credentials stand in what servers and proxies write; `§` is the credential.
const CREDENTIAL_CONTEXTS: [&str; 64] = [
    "Bearer §",
    "bEaReR   §",
    "Bearer%20§",
    "Bearer\\u0020§",
    "authorization: Bearer\r\n §",
    "Basic §==",
    "NTLM §",
    "Authorization: §",
    "authorization=§",
    "AUTHORIZATION : §",
    "Proxy-Authorization: Digest username=\"a\", response=\"§\"",
    "Cookie: a=b; sid=§; c=d",
    "Set-Cookie: id=§; Path=/",
    "x-api-key: §",
    "X_API_KEY=§",
    "api.key = §",
    "token: \"§\"",
    "token: \"a\\\"b§\"",
    "token='§'",
    "token=b'§'",
    "\"token\": \"§\"",
    "\"token\" :\n  \"§\"",
    "\"token\": \"a\n§\"",
    "{\"pin_token\": §}",
    "{'password': '§'}",
    "{'password': u'§'}",
    "{:password=>\"§\"}",
    "'password' => '§'",
    "{\\\"token\\\":\\\"§\\\",\\\"n\\\":1}",
    "{\\\"token\\\":\\\"a\\\\\\\"§\\\",\\\"n\\\":1}",
    "{\\\\\\\"token\\\\\\\":\\\\\\\"§\\\\\\\"}",
    "\"tokens\": [\"a\", \"§\"]",
    "\"tokens\": [\"]\", \"§\"]",
    "\"credentials\": {\"a\": {\"b\": 1}, \"c\": \"§\"}",
    "\"credentials\": {\"a\": [{\"b\": [[[1]]]}], \"c\": \"§\"",
    "{\"name\": \"Authorization\", \"value\": \"§\"}",
    "<input type=\"hidden\" name=\"csrf_token\" value=\"§\">",
    "<meta name='csrf-token' content='§'>",
    "<password>§</password>",
    "<ns:Token Type=\"x\">\n §</ns:Token>",
    "<secret><![CDATA[§]]></secret>",
    "form-data; name=\"password\"\r\nX-A: b\r\n\r\n§\r\n--",
    "password:\n  §",
    "GET /a?token=§ HTTP/1.1",
    "/a?x=1&access_token=§&y=2",
    "/a?x=1&amp;access_token=§&amp;y=2",
    "/a?%74oken=§",
    "/cb#access_token=§",
    "/a;jsessionid=§?x",
    "user%5Bpassword%5D=§&n=1",
    "n=1&user[password]=§&n=1",
    "n%3D1%26token%3D§%26m%3D2",
    "n%253D1%2526token%253D§",
    "%7B%22token%22%3A%22§%22%7D",
    "http://user:§@h.example/x",
    "postgres://§:§@[::1]:5432/db",
    "http:\\/\\/user:§@h.example\\/x",
    "next=https%3A%2F%2Fuser%3A§%40h.example%2Fx",
    "cannot reach user:§@h.example:80",
    "ghp_§",
    "sk_live_§",
    "eyJ§.§.§",
    "-----BEGIN PRIVATE KEY-----\nMIIE\n§\n-----END PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----\\nMIIE§",
];

/// Where hosts and addresses stand, as `§`; they are hidden unless hosts are shown.
const HOST_CONTEXTS: [&str; 12] = [
    "http://§/",
    "HTTPS://§:8443/a",
    "wss://§?x",
    "ftp://u:p@§:21/",
    "http:\\/\\/§\\/",
    "http:\\u002F\\u002F§\\u002F",
    "a=http%3A%2F%2F§%3A80%2F",
    "a=http%253A%252F%252F§%252F",
    "<a href=\"http://§\">",
    "Location: //x:y@§/",
    "no route to ip-10-1-2-3.§:80",
    "`http://§`",
];

proptest! {
    #[test]
    fn a_random_credential_is_hidden_in_every_context(
        token in "[A-Za-z0-9]{16,40}",
        before in "(\\PC{0,12}[ \n,;(>])?", after in "([ \n,;)<]\\PC{0,12})?", show_hosts: bool,
    ) {
        let redactor = redactor(show_hosts);
        for context in CREDENTIAL_CONTEXTS {
            let text = format!("{before}{}{after}", context.replace('§', &token));
            let shown = redactor.text(&text);
            prop_assert!(!shown.contains(&token), "{context}: {text:?}: {shown:?}");
        }
    }

    #[test]
    fn a_random_host_is_hidden_in_every_context(
        host in "[a-z0-9]{12,20}(\\.[a-z]{2,5}){0,2}",
        before in "(\\PC{0,12}[ \n])?", after in "([ \n]\\PC{0,12})?",
    ) {
        let redactor = redactor(false);
        for context in HOST_CONTEXTS {
            let text = format!("{before}{}{after}", context.replace('§', &host));
            let shown = redactor.text(&text);
            prop_assert!(!shown.contains(&host), "{context}: {text:?}: {shown:?}");
        }
    }
}
