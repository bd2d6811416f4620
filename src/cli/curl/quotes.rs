//! Quotes as browsers write them for bash.

/// bash's `$'...'`, which browsers write around quotes and line breaks, as plain single quotes.
pub(super) fn without_ansi_quotes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(place) = rest.find("$'") {
        plain.push_str(&rest[..place]);
        let quoted = &rest[place + 2..];
        let (value, length) = ansi_quoted(quoted);
        plain.push('\'');
        plain.push_str(&value.replace('\'', "'\\''"));
        plain.push('\'');
        rest = &quoted[length..];
    }
    plain + rest
}

/// What stands up to the closing quote, and how long that is with the quote.
fn ansi_quoted(text: &str) -> (String, usize) {
    let mut value = String::new();
    let mut signs = text.char_indices().peekable();
    while let Some((place, sign)) = signs.next() {
        match sign {
            '\'' => return (value, place + 1),
            '\\' => {
                let Some((_, escaped)) = signs.next() else { break };
                let mut digits = |most: usize| {
                    let mut number = 0_u32;
                    for _ in 0..most {
                        let Some(digit) = signs.peek().and_then(|(_, sign)| sign.to_digit(16)) else { break };
                        number = number * 16 + digit;
                        signs.next();
                    }
                    char::from_u32(number).unwrap_or('\u{fffd}')
                };
                value.push(match escaped {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    'x' => digits(2),
                    'u' => digits(4),
                    'U' => digits(8),
                    other => other,
                });
            }
            sign => value.push(sign),
        }
    }
    (value, text.len())
}
