//! What the patterns of the rules are made of: names that say that their values are secret, hosts and addresses.

use std::sync::LazyLock;

use percent_encoding::percent_decode_str;
use regex::Regex;

/// What stands for a value that is not shown.
pub(in crate::request) const HIDDEN: &str = "***";

/// Parts of names whose values are not shown. Between the letters may stand dashes, dots and underscores.
const SECRET_WORDS: [&str; 23] = [
    "token",
    "secret",
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "apikey",
    "xapi",
    "accesskey",
    "signingkey",
    "subscriptionkey",
    "privatekey",
    "session",
    "sessid",
    "cookie",
    "signature",
    "credential",
    "auth",
    "bearer",
    "jwt",
    "csrf",
    "xsrf",
    "hmac",
];

/// Parts of names that are secret only as words of their own: not in `passed` or `design`.
const SECRET_WHOLE_WORDS: &str = r"(?:(?-u:\b)|_)(?:pass|sig)(?-u:\b)";

/// Parts of names whose values are lists, in which commas and semicolons stand.
const LIST_WORDS: &str = "cookie|auth";

/// A name that says that its value is secret.
const NAME: &str = r"[LETTERS]*?(?:WORDS)[LETTERS]*?";

/// The same, where it must not only be the beginning of a host.
const LABEL: &str = r"[LETTERS]*?(?:WORDS)[A-Za-z0-9_\-\[\]%]*?";

/// A name and the first character of a value without quotes: `name =`, `"name":`, `name: `, and `name:` without a blank.
/// The last is no name in `//auth:80` and `auth.example:80`, which are hosts, and in `auth::login`, a path of a program.
const UNQUOTED: &str = concat!(
    r#"(?:((?:^|[^?&LETTERS])NAME["'\\]*[ \t]*=>?BLANK?|NAME["'\\]+[ \t]*:\s*|NAME[ \t]*:BLANK)FIRST"#,
    r#"|((?:^/?|[^/LETTERS]|[^/]/)LABEL[ \t]*:)(?:[^:\s"'\[{\\|]|\\+[^\s"'\\|]))"#,
);

/// The regular expression of a pattern: words in capitals are replaced, the first of these first.
pub(super) fn expanded(pattern: &str) -> String {
    let letters = |word: &str| word.chars().map(String::from).collect::<Vec<_>>().join("[-_.]*");
    let words = format!("{}|{SECRET_WHOLE_WORDS}", SECRET_WORDS.map(letters).join("|"));
    let nested = |within: &str| format!(r#"(?:\\.|"(?:[^"\\]|\\.)*"|[^\[\]{{}}"\\]{within})*"#);
    let nested = (0..3).fold(nested(""), |within, _| nested(&format!(r"|[\[{{]{within}[\]}}]")));
    let list = UNQUOTED.replace("NAME", NAME).replace("LABEL", LABEL).replace("WORDS", LIST_WORDS);
    let parts: [(&str, &str); 15] = [
        ("LIST", &list),
        ("UNQUOTED", UNQUOTED),
        ("NESTED", &nested),
        ("NAME", NAME),
        ("LABEL", LABEL),
        ("WORDS", &words),
        ("LETTERS", r"A-Za-z0-9_.\-\[\]%"),
        ("ASSIGN", r"(?:=>?|:=?)"),
        ("BLANK", r"(?:[ \t]+(?:\r?\n[ \t]+)?|\r?\n[ \t]+)"),
        ("FIRST", r#"(?:[^\s"'\[{\\|]|\\+[^\s"'\\|])"#),
        ("AUTHORITY", r##"\[[^\s/?#"'`<>\\\]]*\]?|HOSTCHAR*"##),
        ("HOSTCHAR", r"[A-Za-z0-9._~%*\-[^\x00-\x7F]&&\S]"),
        ("WORDCHAR", r"[A-Za-z0-9_[^\x00-\x7F]&&\S]"),
        ("IPV6", r"[0-9A-Fa-f.]*:[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*"),
        ("IPV4", r"[0-9]+(?:\.[0-9]+){3,}"),
    ];
    parts.iter().fold(pattern.to_owned(), |pattern, (word, part)| pattern.replace(word, part))
}

/// Compiles a constant pattern; tests compile all of them.
pub(super) fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern of the redactor is valid")
}

/// Whether a name says that its value is secret.
pub(in crate::request) fn looks_secret(name: &str) -> bool {
    static SECRET_NAME: LazyLock<Regex> = LazyLock::new(|| regex(&expanded("(?i)WORDS")));
    SECRET_NAME.is_match(&percent_decode_str(name).decode_utf8_lossy())
}

/// Whether a word ends where this character follows. What is not ASCII may be a letter.
pub(super) fn ends_word(next: Option<char>) -> bool {
    next.is_none_or(|c| c.is_ascii() && !c.is_ascii_alphanumeric() && c != '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart_by_their_words() {
        for name in
            ["X-Api-Key", "api.key", "accessToken", "user_pass", "user%5Bpass-word%5D", "sig", "JSESSIONID"]
        {
            assert!(looks_secret(name), "{name}");
        }
        for name in ["passed", "design", "color", "key", "page", "x-request-id", ""] {
            assert!(!looks_secret(name), "{name}");
        }
    }
}
