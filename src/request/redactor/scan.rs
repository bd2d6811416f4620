//! One walk over a text, from which every rule is made: linear as long as a match is as long as what it looked at.

/// Asks at every character whether something that begins there is to be replaced: by what, and where it ends.
pub fn rewrite(text: &str, mut at_place: impl FnMut(usize) -> Option<(usize, String)>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        match at_place(at) {
            Some((end, new)) if end > at => {
                out.push_str(&new);
                at = end;
            }
            _ => {
                out.push(c);
                at += c.len_utf8();
            }
        }
    }
    out
}

/// The byte before a place, if there is one.
pub fn byte_before(text: &str, at: usize) -> Option<u8> {
    at.checked_sub(1).and_then(|before| text.as_bytes().get(before).copied())
}

/// How many bytes from a place on are of a kind. The kind must be one of ASCII.
pub fn run(text: &str, at: usize, kind: impl Fn(u8) -> bool) -> usize {
    text.as_bytes()[at..].iter().take_while(|&&b| b.is_ascii() && kind(b)).count()
}

/// Whether a text begins with another at a place, in whatever case.
pub fn starts_with(text: &str, at: usize, word: &str) -> bool {
    text.as_bytes().get(at..at + word.len()).is_some_and(|bytes| bytes.eq_ignore_ascii_case(word.as_bytes()))
}

/// Part of a word, for the question where a word ends. What is not ASCII is: it may be a letter.
pub fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}
