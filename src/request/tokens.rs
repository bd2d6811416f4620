//! Tokens, used in rotation.

use std::fmt;
use std::io::Read;

use http::header::HeaderValue;

use super::file_errors::FeedError;
use super::rows::{Row, Rows};
use super::secret::Secret;

const NEEDS: &str = "one token a row, in the first column";

/// Why the output of a command is no list of tokens. It never repeats the output.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenOutputError {
    #[error("it printed no token; what it prints is taken for tokens, one on each line")]
    Nothing,
    #[error("it printed JSON; let it print the token alone, as in `... | jq -r .access_token`")]
    Json,
    #[error("it printed null, as jq does where the answer has no such field")]
    Null,
    #[error("line {0} of what it printed holds characters that a header may not hold")]
    Characters(usize),
}

/// The tokens of a CSV file, used in rotation, so that no single token is throttled or cached. There is at least one. Its
/// `Debug` shows how many there are, and nothing else.
#[derive(Clone)]
pub struct TokenList {
    tokens: Vec<Secret<HeaderValue>>,
    header_line: Option<u64>,
}

impl TokenList {
    /// Reads the first column of a CSV file in UTF-8; `file` is the name that errors give. A first row with a cell
    /// that contains `auth` or `token`, in whatever case, is a header and is skipped; blank rows are skipped; cells
    /// are trimmed.
    ///
    /// # Errors
    /// [`FeedError`] with file and line: no token at all, or one that cannot be a header's value.
    pub fn read(input: impl Read, file: &str) -> Result<Self, FeedError> {
        let mut rows = Rows::new(input, file);
        let mut list = Self { tokens: Vec::new(), header_line: None };
        let mut first = true;
        while let Some(row) = rows.next_row()? {
            if row.text.trim().is_empty() {
                continue;
            }
            if std::mem::take(&mut first) && is_header(&row) {
                list.header_line = Some(row.line);
                continue;
            }
            let token = row.cells().next().unwrap_or_default().trim();
            if token.is_empty() {
                return Err(FeedError::NoToken { file: file.to_owned(), line: row.line });
            }
            let characters = || FeedError::TokenCharacters { file: file.to_owned(), line: row.line };
            list.tokens.push(as_header(token).ok_or_else(characters)?);
        }
        match (list.tokens.is_empty(), list.header_line) {
            (false, _) => Ok(list),
            (true, Some(line)) => Err(FeedError::OnlyHeader { file: file.to_owned(), line, needs: NEEDS }),
            (true, None) => Err(FeedError::Empty { file: file.to_owned(), needs: NEEDS }),
        }
    }

    /// Reads what a command printed: a token on each line, trimmed; blank lines are skipped. With `is_bearer` a token
    /// without a scheme is sent as `Bearer TOKEN`; one with a blank in it has a scheme.
    ///
    /// # Errors
    /// [`TokenOutputError`]: no token at all, or what cannot be one.
    pub(crate) fn of_output(output: &[u8], is_bearer: bool) -> Result<Self, TokenOutputError> {
        if output.trim_ascii_start().starts_with(b"{") || output.trim_ascii_start().starts_with(b"[") {
            return Err(TokenOutputError::Json);
        }
        let mut tokens = Vec::new();
        for (place, line) in output.split(|byte| *byte == b'\n').enumerate() {
            let characters = || TokenOutputError::Characters(place + 1);
            let line = std::str::from_utf8(line).map_err(|_| characters())?.trim();
            match line {
                "" => continue,
                "null" => return Err(TokenOutputError::Null),
                _ => {}
            }
            let token = match is_bearer && !line.contains(' ') {
                true => as_header(&format!("Bearer {line}")),
                false => as_header(line),
            };
            tokens.push(token.ok_or_else(characters)?);
        }
        if tokens.is_empty() {
            return Err(TokenOutputError::Nothing);
        }
        Ok(Self { tokens, header_line: None })
    }

    /// How many tokens there are; at least one.
    pub fn count(&self) -> usize {
        self.tokens.len()
    }

    /// The line of the header that was skipped, from 1. The user should be told, because a first token that
    /// happens to contain `token` looks like a header.
    pub fn header_line(&self) -> Option<u64> {
        self.header_line
    }

    /// The token of the arrival at `sequence`: the rotation has no state, so it is the same for any number of threads.
    pub fn at(&self, sequence: u64) -> &HeaderValue {
        self.tokens[(sequence % self.tokens.len() as u64) as usize].expose()
    }
}

fn as_header(token: &str) -> Option<Secret<HeaderValue>> {
    let mut value = HeaderValue::from_str(token).ok()?;
    value.set_sensitive(true);
    Some(Secret::new(value))
}

/// The longest cell that is taken for the name of a column, in characters.
const LONGEST_NAME: usize = 40;

/// Whether a row names the columns: one of its cells contains `auth` or `token` and is written like a name. Tokens such
/// as `auth0|5f7c8e` and JSON Web Tokens are not.
fn is_header(row: &Row<'_>) -> bool {
    row.cells().any(|cell| {
        let is_name = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-');
        let name = cell.to_lowercase();
        let is_about_tokens = name.contains("auth") || name.contains("token");
        is_about_tokens && name.chars().count() <= LONGEST_NAME && name.chars().all(is_name)
    })
}

impl fmt::Debug for TokenList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenList({} tokens)", self.tokens.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<TokenList, FeedError> {
        TokenList::read(text.as_bytes(), "tokens.csv")
    }

    fn all(text: &str) -> Vec<String> {
        let list = read(text).unwrap();
        (0..list.count() as u64).map(|i| list.at(i).to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn header_and_blank_rows_are_skipped_and_cells_are_trimmed() {
        assert_eq!(all("\u{FEFF}id,Authorization\n\n a ,x\n  ,\n\"Bearer b,c\"\r\n"), ["a", "Bearer b,c"]);
        assert_eq!(all("user_TOKEN\na\n"), ["a"]);
        assert_eq!(all("a\nauthor\n"), ["a", "author"], "only the first row can be a header");
        assert_eq!(read("\ntoken\na\n").unwrap().header_line(), Some(2));
        assert_eq!(read("a\n").unwrap().header_line(), None);
        for token in ["auth0|5f7c8e", "Bearer token.of.three", &"token".repeat(9)] {
            assert_eq!(read(&format!("{token}\nb\n")).unwrap().count(), 2, "{token}");
        }
    }

    #[test]
    fn tokens_rotate_so_that_each_is_used_as_often_as_any_other() {
        let text: String = (0..120).map(|i| format!("t{i}\n")).collect();
        let list = read(&text).unwrap();
        let mut used = std::collections::HashMap::<_, u32>::new();
        (7..1_007).for_each(|i| *used.entry(list.at(i)).or_default() += 1);
        assert_eq!(used.len(), 120);
        assert!(used.values().all(|&n| n == 8 || n == 9), "{:?}", used.values());
        assert_eq!(list.at(u64::MAX), list.at(u64::MAX % 120));
    }

    #[test]
    fn what_is_no_token_list_says_why_without_a_token() {
        let file = || "tokens.csv".to_owned();
        assert_eq!(read("").unwrap_err(), FeedError::Empty { file: file(), needs: NEEDS });
        assert_eq!(read("\n \n,\n").unwrap_err(), FeedError::Empty { file: file(), needs: NEEDS });
        let only = FeedError::OnlyHeader { file: file(), line: 1, needs: NEEDS };
        assert_eq!(read("token\n\n").unwrap_err(), only);
        assert_eq!(read("a\n,b\n").unwrap_err(), FeedError::NoToken { file: file(), line: 2 });
        let error = read("a\nsec\u{1}ret\n").unwrap_err();
        assert_eq!(error, FeedError::TokenCharacters { file: file(), line: 2 });
        assert!(!error.to_string().contains("sec"), "{error}");
        assert!(matches!(read("a\n\"sec\nret\"\n"), Err(FeedError::TokenCharacters { line: 2, .. })));
    }

    #[test]
    fn what_a_command_prints_is_a_token_on_each_line() {
        let of = |output: &str, is_bearer| {
            let list = TokenList::of_output(output.as_bytes(), is_bearer)?;
            Ok((0..list.count() as u64).map(|i| list.at(i).to_str().unwrap().to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(of("abc\n", true).unwrap(), ["Bearer abc"]);
        assert_eq!(of("\n token-1 \r\n\nDPoP b,c\n", true).unwrap(), ["Bearer token-1", "DPoP b,c"]);
        assert_eq!(of("abc\nApiKey d\n", false).unwrap(), ["abc", "ApiKey d"]);
        assert_eq!(of(" \n", true), Err(TokenOutputError::Nothing));
        assert_eq!(of("{\"access_token\": \"abc\"}", true), Err(TokenOutputError::Json));
        assert_eq!(of("null\n", true), Err(TokenOutputError::Null));
        assert_eq!(of("abc\nd\u{1}e", true), Err(TokenOutputError::Characters(2)));
        assert_eq!(TokenList::of_output(b"a\xFF", true).unwrap_err(), TokenOutputError::Characters(1));
    }

    #[test]
    fn a_list_shows_only_its_size() {
        let list = read("hunter2\n").unwrap();
        assert_eq!(format!("{list:?} {:?}", list.at(0)), "TokenList(1 tokens) Sensitive");
    }
}
