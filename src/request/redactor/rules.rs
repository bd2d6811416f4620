//! The table of rules: what is hidden by its form or its name, whoever wrote it.
//!
//! A rule is a regular expression and what is shown in place of a match. To add one, add it to [`RULES`] with an example
//! that it hides and one that it leaves alone; a test walks the table and checks both.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::hosts::Naming;
use super::matches;
use super::patterns::{expanded, looks_secret, regex};

/// What a rule is about, in the order in which the kinds are applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// What is a credential by its form.
    Token,
    /// Hosts in URLs, and what stands before them.
    Url,
    /// Values whose names say that they are secret.
    Value,
    /// Queries, once no value with quotes around it can begin in one.
    Query,
    /// Addresses in plain text.
    Address,
}

/// What is shown in place of a match.
enum Shown {
    /// Groups of the match, and `***` for the rest of it.
    Groups(&'static str),
    /// What a function makes of it.
    By(fn(&Captures<'_>, &Naming) -> String),
}

#[cfg_attr(not(test), expect(dead_code, reason = "tests check the names and the examples"))]
pub(super) struct Rule {
    /// For whoever asks why a text is hidden.
    pub name: &'static str,
    pub kind: Kind,
    /// A regular expression, in which words in capitals stand for parts of it: see [`expanded`].
    pattern: &'static str,
    shown: Shown,
    /// A text with something to hide, and what is shown of it.
    pub hides: (&'static str, &'static str),
    /// A similar text that stays as it is.
    pub leaves: &'static str,
}

use Shown::{By, Groups};

/// All rules, in the order in which those of a kind are applied.
pub(super) const RULES: [Rule; 21] = [
    // A private key in PEM, with or without its end.
    Rule {
        name: "private-key",
        kind: Kind::Token,
        pattern: r"(?s)(-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----).*?(-----END|\z)",
        shown: Groups("$1***$2"),
        hides: (
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
            "-----BEGIN RSA PRIVATE KEY-----***-----END RSA PRIVATE KEY-----",
        ),
        leaves: "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
    },
    // A JSON Web Token: its first part is an object, whose base64 begins with `eyJ`.
    Rule {
        name: "json-web-token",
        kind: Kind::Token,
        pattern: r"[A-Za-z0-9._-]*eyJ[A-Za-z0-9._-]*",
        shown: Groups("***"),
        hides: ("id eyJhbGciOiJIUzI1NiJ9.e30.c2ln, ok", "id ***, ok"),
        leaves: "they just ask",
    },
    // Tokens whose issuers mark them, such as GitHub, GitLab, Slack, Stripe, AWS and Google.
    Rule {
        name: "marked-token",
        kind: Kind::Token,
        pattern: r"(?-u:\b)(?:gh[pousr]_|github_pat_|glpat-|xox[abeprs]-|[sr]k_(?:live|test)_|sk-|AKIA|ASIA|AIza|ya29\.)[A-Za-z0-9_.-]{12,}",
        shown: Groups("***"),
        hides: ("push by ghp_0123456789abcdefABCD failed", "push by *** failed"),
        leaves: "a task-force and sk-8",
    },
    // Credentials behind the name of a scheme of HTTP, also where the blank is encoded or the line folded.
    Rule {
        name: "scheme",
        kind: Kind::Token,
        pattern: r#"(?i)((?:bearer|basic|token|digest|negotiate|ntlm|apikey)(?:[ \t+]|%20|\\u0020|\r?\n[ \t]+)+["'\\]*)[^\s"'|=:][^\s"'|]*"#,
        shown: Groups("$1***"),
        hides: ("got BASIC dTpw from x", "got BASIC *** from x"),
        leaves: "bearers of news",
    },
    // User and password before a host, also without a scheme.
    Rule {
        name: "userinfo",
        kind: Kind::Token,
        pattern: r##"[A-Za-z0-9._~%+-]+:[^\s@/?#"'`<>\\:=,;|]+(?P<slashes>@)(?P<host>AUTHORITY)(?P<port>:WORDCHAR*)?(?P<equals>=)?"##,
        shown: By(matches::userinfo),
        hides: ("cannot reach app:hunter2@db.internal:81", "cannot reach ***@host-1"),
        leaves: "at 12:30 bob@db.internal",
    },
    // Host, port, user and password of a URL, also with the slashes that some JSON escapes.
    Rule {
        name: "url",
        kind: Kind::Url,
        pattern: r##"(?P<slashes>:(?:\\?/|\\u002[fF]){2})(?:[^\s/?#"'`<>\\]*@)?(?P<host>AUTHORITY)(?P<port>:WORDCHAR*)?(?P<equals>=)?"##,
        shown: By(matches::url),
        hides: (
            r"see postgres://u:p@db.internal:5432/x and http:\/\/a\/",
            r"see postgres://host-1/x and http:\/\/host-2\/",
        ),
        leaves: "either://",
    },
    // The same where it is the value of another URL.
    Rule {
        name: "encoded-url",
        kind: Kind::Url,
        pattern: r##"(?i)(?P<slashes>%(?:25)*3A(?:%(?:25)*2F){2})(?P<authority>(?:[^\s/?#&"'`<>\\%]|%2[0-24-9A-E]|%3[0-9A-E]|%[014-9A-F][0-9A-F])*)"##,
        shown: By(matches::encoded_url),
        hides: ("to=https%3A%2F%2Fu%3Ap%40db.internal%3A81%2Fx", "to=https%3A%2F%2Fhost-1%2Fx"),
        leaves: "a%3A%2Fx",
    },
    // The part of a form that browsers send with files in it.
    Rule {
        name: "form-part",
        kind: Kind::Value,
        pattern: r#"(?i)(\bname=["']?NAME["']?[^\r\n]*(?:\r?\n[^\r\n]+)*\r?\n\r?\n)[^\r\n]+"#,
        shown: Groups("$1***"),
        hides: (
            "form-data; name=\"password\"\r\n\r\nhunter2\r\n--b",
            "form-data; name=\"password\"\r\n\r\n***\r\n--b",
        ),
        leaves: "form-data; name=\"color\"\r\n\r\nred\r\n--b",
    },
    // A name and a value that are values of their own, as in fields of HTML and in lists of headers.
    Rule {
        name: "named-field",
        kind: Kind::Value,
        pattern: r#"(?i)((?-u:\b)(?:name|key|id)["'\\]*\s*[=:]\s*["'\\]*NAME["'\\]*[^<>{}]{0,100}?(?-u:\b)(?:value|content)["'\\]*\s*[=:]\s*["'\\]*)(?:[^"\\<>]|\\.)+"#,
        shown: Groups("$1***"),
        hides: (r#"<input name="csrf_token" value="hunter2">"#, r#"<input name="csrf_token" value="***">"#),
        leaves: r#"<input name="color" value="red">"#,
    },
    // The text of an XML element.
    Rule {
        name: "xml-element",
        kind: Kind::Value,
        pattern: r"(?i)(<(?:[\w.-]+:)?NAME(?:\s[^<>]*)?>\s*(?:<!\[CDATA\[)?)[^<\s][^<]*",
        shown: Groups("$1***"),
        hides: (r#"<w:Password Type="t">hunter2</w:Password>"#, r#"<w:Password Type="t">***</w:Password>"#),
        leaves: "<color>red</color>",
    },
    // A value in quotes.
    Rule {
        name: "quoted-value",
        kind: Kind::Value,
        pattern: r#"(?is)(NAME["'\\]*[ \t]*ASSIGN\s*[bru]{0,2})(?:(")(?:(?:[^"\\]|\\.)*(")|[^\r\n]*)|(')(?:[^'\\\r\n]|\\[^\r\n])*('?))"#,
        shown: Groups("$1$2$4***$3$5"),
        hides: (r#"{"api_key": "a\"b", "n": 1}"#, r#"{"api_key": "***", "n": 1}"#),
        leaves: r#"{"color": "red", "n": 1}"#,
    },
    // The same in JSON that is itself a text in JSON.
    Rule {
        name: "escaped-value",
        kind: Kind::Value,
        pattern: r#"(?i)(NAME["'\\]*[ \t]*ASSIGN\s*\\+)(?:(")(?:[^"\\\r\n]|\\[^"\\\r\n]|\\{2,}[^\\\r\n])*(\\?"|)|(')(?:[^'\\\r\n]|\\[^'\\\r\n]|\\{2,}[^\\\r\n])*(\\?'|))"#,
        shown: Groups("$1$2$4***$3$5"),
        hides: (r#"{\"token\":\"a\\\"b\",\"n\":1}"#, r#"{\"token\":\"***\",\"n\":1}"#),
        leaves: r#"{\"color\":\"red\",\"n\":1}"#,
    },
    // A list or an object: to the bracket that closes it, or to the end.
    Rule {
        name: "nested-value",
        kind: Kind::Value,
        pattern: r#"(?is)(NAME["'\\]*[ \t]*ASSIGN\s*)(?:(\[)NESTED(\])|(\{)NESTED(\})|([\[{]).*)"#,
        shown: Groups("$1$2$4$6***$3$5"),
        hides: (r#"{"tokens": ["a]", {"x": "b"}], "n": [1]}"#, r#"{"tokens": [***], "n": [1]}"#),
        leaves: r#"{"colors": ["red"], "n": [1]}"#,
    },
    // A pair of a query or a form.
    Rule {
        name: "form-value",
        kind: Kind::Value,
        pattern: r##"(?i)((?:[?&]|&amp;)NAME=)[^\s&#"'<>]+"##,
        shown: Groups("$1***"),
        hides: ("n=1&user%5Bpassword%5D=hunter2&m=2", "n=1&user%5Bpassword%5D=***&m=2"),
        leaves: "n=1&color=red&m=2",
    },
    // The same where it is part of a value itself.
    Rule {
        name: "encoded-form-value",
        kind: Kind::Value,
        pattern: r#"(?i)(NAME%(?:25)*3[AD](?:%(?:25)*2[02])*)(?:[^\s&"'<>%]|%(?:2[0-57-9A-F]|[013-9A-F][0-9A-F]))+"#,
        shown: Groups("$1***"),
        hides: ("body n%3D1%26token%3Dhunter%2B2%26m%3D2", "body n%3D1%26token%3D***%26m%3D2"),
        leaves: "body n%3D1%26color%3Dred",
    },
    // A value that may hold commas and semicolons, as cookies and challenges do: to the end of the line.
    Rule {
        name: "list-value",
        kind: Kind::Value,
        pattern: r"(?i)LIST[^\r\n|]*",
        shown: Groups("$1$2***"),
        hides: ("Cookie: a=1; b=2\nx", "Cookie: ***\nx"),
        leaves: "cookies; auth::login at //auth:1/",
    },
    // Any other value.
    Rule {
        name: "plain-value",
        kind: Kind::Value,
        pattern: r"(?i)UNQUOTED[^\r\n|,;]*",
        shown: Groups("$1$2***"),
        hides: ("password = a b; n=1", "password = ***; n=1"),
        leaves: "color = a b; n=1",
    },
    // The values of whatever stands behind a question mark and looks like a query.
    Rule {
        name: "query",
        kind: Kind::Query,
        pattern: r#"(?P<before>[^\s"'`<>?]*)\?(?P<query>[^\s"'`<>]*)"#,
        shown: By(matches::query),
        hides: ("GET /a?id=7&w#part", "GET /a?id=***&***#***"),
        leaves: "is it ok? yes",
    },
    // An IPv6 address with its zone, or in brackets and with its port.
    Rule {
        name: "ipv6",
        kind: Kind::Address,
        pattern: r"\[(?P<bracketed>IPV6)(?:%[0-9A-Za-z]+)?\](?::[0-9]+)?|(?P<before>[g-zG-Z_[^\x00-\x7F]])?(?P<run>IPV6)(?P<zone>%[0-9A-Za-z]+)?(?P<after>[g-zG-Z_[^\x00-\x7F]])?",
        shown: By(matches::ipv6),
        hides: ("from [2001:db8::7]:81 and fe80::1%eth0", "from host-1 and host-2"),
        leaves: "at 12:34:56 in std::fmt",
    },
    // An IPv4 address with its port.
    Rule {
        name: "ipv4",
        kind: Kind::Address,
        pattern: r"(?P<addresses>IPV4(?::IPV4)*)(?:(?::|%3[aA])[0-9]+)?",
        shown: By(matches::ipv4),
        hides: ("from 10.0.0.1:80.", "from host-1."),
        leaves: "version 1.2.3:4",
    },
    // A host whose name is made from its address, as clouds do.
    Rule {
        name: "address-in-name",
        kind: Kind::Address,
        pattern: r"(?i)(?-u:\b)(?:ip|ec2)(?:-[0-9]{1,3}){4}(?:\.[a-z0-9-]+)*(?:(?::|%3A)[0-9]+)?",
        shown: By(matches::host),
        hides: ("no route to ip-10-0-0-1.ec2.internal:80", "no route to host-1"),
        leaves: "skip-1-2-3-4 and ip-1-2",
    },
];

static COMPILED: LazyLock<[Regex; RULES.len()]> =
    LazyLock::new(|| std::array::from_fn(|rule| regex(&expanded(RULES[rule].pattern))));

/// Compiles all rules, if that has not been done.
pub(super) fn prepare() {
    LazyLock::force(&COMPILED);
    looks_secret("");
}

/// Applies the rules of a kind.
pub(super) fn hide(text: String, kind: Kind, naming: &Naming) -> String {
    let rules = RULES.iter().zip(COMPILED.iter()).filter(|(rule, _)| rule.kind == kind);
    rules.fold(text, |text, (rule, regex)| apply(rule, regex, text, naming))
}

fn apply(rule: &Rule, regex: &Regex, text: String, naming: &Naming) -> String {
    let new = match rule.shown {
        Groups(template) => regex.replace_all(&text, template),
        By(shown) => regex.replace_all(&text, |found: &Captures<'_>| shown(found, naming)),
    };
    match new {
        Cow::Borrowed(_) => text,
        Cow::Owned(new) => new,
    }
}

#[cfg(test)]
mod tests {
    use super::super::hosts::Hosts;
    use super::*;
    use crate::request::Redactor;

    #[test]
    fn each_rule_hides_its_example_and_leaves_the_other_alone() {
        for (rule, regex) in RULES.iter().zip(COMPILED.iter()) {
            let naming = || Naming::new(false, Hosts::new([].into_iter()));
            let by_itself = |text: &str| apply(rule, regex, text.to_owned(), &naming());
            assert_eq!(by_itself(rule.hides.0), rule.hides.1, "{}", rule.name);
            assert_eq!(by_itself(rule.leaves), rule.leaves, "{}", rule.name);
            // No other rule undoes it, nor hides what this one leaves alone by the same reasoning.
            let all = |text: &str| Redactor::new(&[], &[], false).text(text);
            assert_eq!(all(rule.leaves), rule.leaves, "{}", rule.name);
        }
    }
}
