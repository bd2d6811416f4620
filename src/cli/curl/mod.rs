//! `--curl`: a command as it was copied from a browser or from the documentation of an API, in our own words.

mod options;
mod proxy;
mod quotes;

use std::ffi::OsString;
use std::fs;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use options::{NO_MEANING, SHORT, takes_value};
use quotes::without_ansi_quotes;

/// What a form leaves as it is.
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// Headers that belong to a connection or to one message; they are made anew.
const OF_THE_CONNECTION: [&str; 4] = ["connection", "content-length", "expect", "transfer-encoding"];

/// A command of curl, read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Curl {
    /// Our flags.
    flags: Vec<String>,
    /// What has no meaning here.
    pub left_out: Vec<String>,
}

/// The arguments, and behind them what a `--curl` among them means.
///
/// # Errors
/// What is wrong with that command.
pub(super) fn expanded(mut arguments: Vec<OsString>) -> Result<Vec<OsString>, String> {
    let texts: Vec<String> = arguments.iter().map(|text| text.to_string_lossy().into_owned()).collect();
    let typed = texts.iter().enumerate().find_map(|(place, text)| match text.strip_prefix("--curl") {
        Some("") => texts.get(place + 1).cloned(),
        Some(value) => value.strip_prefix('=').map(str::to_owned),
        None => None,
    });
    let command =
        typed.or_else(|| std::env::var("RPSBENCH_CURL").ok()).filter(|text| !text.trim().is_empty());
    if let Some(command) = command {
        arguments.extend(read(&command)?.flags.into_iter().map(OsString::from));
    }
    Ok(arguments)
}

/// Reads a command, or the file that it names.
///
/// # Errors
/// What cannot be read in it.
pub(super) fn read(command: &str) -> Result<Curl, String> {
    let text = if command.trim_start().starts_with("curl") {
        command.to_owned()
    } else {
        fs::read_to_string(command.trim()).map_err(|error| {
            format!(
                "--curl takes a command that begins with curl, or a file with one; `{}`: {error}",
                command.trim()
            )
        })?
    };
    // A line that goes on: for the splitter it would begin an empty word.
    let text = text.replace("\\\r\n", " ").replace("\\\n", " ");
    let words = shlex::split(&without_ansi_quotes(&text))
        .ok_or("--curl: a quote is not closed; copy the whole command, in the form for bash")?;
    let mut reading = Reading::default();
    let mut words = words.into_iter();
    match words.next() {
        Some(first) if first == "curl" || first.ends_with("/curl") => {}
        _ => return Err("--curl takes a command that begins with curl".to_owned()),
    }
    while let Some(word) = words.next() {
        reading.word(word, &mut words)?;
    }
    reading.finish()
}

/// A command that is being read.
#[derive(Debug, Default)]
struct Reading {
    curl: Curl,
    url: Option<String>,
    method: Option<String>,
    headers: Vec<String>,
    body: Option<String>,
    body_file: Option<String>,
    proxy: Option<String>,
    /// What stands apart from the proxy.
    proxy_user: Option<String>,
    /// `-G`: the data is the query.
    is_query: bool,
    is_json: bool,
    /// Parts of a form with files, as our flags.
    forms: Vec<String>,
}

/// What curl's words say of a request besides its URL.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub headers: Vec<String>,
    pub body: Option<String>,
    pub body_file: Option<String>,
}

impl Said {
    /// Reads long options with their values; one without has an empty one.
    ///
    /// # Errors
    /// What cannot be sent.
    pub(super) fn of(options: Vec<(&str, String)>) -> Result<Self, String> {
        let mut reading = Reading::default();
        for (name, value) in options {
            reading.option(name, Some(value), &mut std::iter::empty())?;
        }
        Ok(reading.said())
    }
}

impl Reading {
    fn word(&mut self, word: String, words: &mut impl Iterator<Item = String>) -> Result<(), String> {
        if let Some(name) = word.strip_prefix("--").filter(|name| !name.is_empty()) {
            return self.option(name, None, words);
        }
        let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) else {
            return self.take_url(word);
        };
        // Short ones may stand together, and the value of the last may follow without a blank: -sSL, -XPOST.
        let mut letters = letters.chars();
        while let Some(letter) = letters.next() {
            let (_, name) = SHORT.iter().find(|(short, _)| *short == letter).ok_or_else(|| {
                format!("--curl: curl's -{letter} is not known here; leave it out of the command")
            })?;
            if takes_value(name) {
                let rest: String = letters.by_ref().collect();
                return self.option(name, Some(rest).filter(|rest| !rest.is_empty()), words);
            }
            self.option(name, None, words)?;
        }
        Ok(())
    }

    fn option(
        &mut self,
        name: &str,
        value: Option<String>,
        words: &mut impl Iterator<Item = String>,
    ) -> Result<(), String> {
        let value = match takes_value(name) {
            false => String::new(),
            true => value.or_else(|| words.next()).ok_or_else(|| format!("--curl: --{name} has no value"))?,
        };
        match name {
            "url" => return self.take_url(value),
            "request" => self.method = Some(value),
            "head" => self.method = Some("HEAD".to_owned()),
            "header" => self.header(value)?,
            "data" | "data-ascii" | "data-binary" => match value.strip_prefix('@') {
                Some(file) => self.file(file)?,
                None => self.data(&value, "&")?,
            },
            "data-raw" => self.data(&value, "&")?,
            "data-urlencode" => {
                let encoded = match value.split_once('=') {
                    Some((name, value)) if !name.is_empty() => format!("{name}={}", form_encoded(value)),
                    Some((_, value)) => form_encoded(value),
                    None if value.contains('@') => return Err(unsupported("--data-urlencode with a file")),
                    None => form_encoded(&value),
                };
                self.data(&encoded, "&")?;
            }
            "json" => {
                self.is_json = true;
                match value.strip_prefix('@') {
                    Some(file) => self.file(file)?,
                    None => self.data(&value, "")?,
                }
            }
            "get" => self.is_query = true,
            "user" => {
                self.headers.push(format!("Authorization: Basic {}", BASE64_STANDARD.encode(value)));
            }
            "oauth2-bearer" => self.headers.push(format!("Authorization: Bearer {value}")),
            "user-agent" => self.headers.push(format!("User-Agent: {value}")),
            "referer" => self.headers.push(format!("Referer: {value}")),
            "range" => self.headers.push(format!("Range: bytes={value}")),
            "cookie" if value.contains('=') => self.headers.push(format!("Cookie: {value}")),
            "cookie" => return Err(unsupported("a file of cookies (-b FILE)")),
            "compressed" => self.headers.push("Accept-Encoding: gzip, deflate, br".to_owned()),
            "location" => self.curl.flags.push("--location".to_owned()),
            "insecure" => self.curl.flags.push("--insecure".to_owned()),
            "http1.1" | "http1.0" => self.curl.flags.push("--http1".to_owned()),
            "http2" | "http2-prior-knowledge" => self.curl.flags.push("--http2".to_owned()),
            "cacert" | "cert" | "key" | "resolve" | "connect-to" | "unix-socket" => {
                self.curl.flags.push(format!("--{name}={value}"));
            }
            "form" => self.forms.push(format!("--form={value}")),
            "form-string" => self.forms.push(format!("--form-string={value}")),
            "max-time" => self.curl.flags.push(format!("--timeout={value}s")),
            name if NO_MEANING.iter().any(|(known, _)| *known == name) => {
                self.curl.left_out.push(format!("--{name}"));
            }
            "proxy" | "socks5" | "socks5-hostname" => self.proxy = Some(proxy::url_of(name, &value)),
            "proxy-user" => self.proxy_user = Some(value),
            // As every proxy is asked here.
            "proxytunnel" => {}
            "aws-sigv4" => {
                return Err("--curl: curl's --aws-sigv4 signs with the key of -u; leave both out of the command, write \
                            --aws-sigv4 REGION:SERVICE beside --curl, and set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
                    .to_owned());
            }
            "upload-file" | "config" | "netrc" | "http3" | "noproxy" | "preproxy" | "proxy-digest"
            | "proxy-ntlm" | "digest" | "ntlm" => {
                return Err(unsupported(&format!("curl's --{name}")));
            }
            name => {
                return Err(format!(
                    "--curl: curl's --{name} is not known here; leave it out of the command"
                ));
            }
        }
        Ok(())
    }

    fn take_url(&mut self, url: String) -> Result<(), String> {
        match self.url.replace(url) {
            None => Ok(()),
            Some(_) => Err("--curl: the command has two URLs; for several, write a scenario".to_owned()),
        }
    }

    fn header(&mut self, header: String) -> Result<(), String> {
        if header.starts_with('@') {
            return Err(unsupported("a file of headers (-H @FILE)"));
        }
        let name = header.split([':', ';']).next().unwrap_or_default().trim().to_ascii_lowercase();
        if name.is_empty() || OF_THE_CONNECTION.contains(&name.as_str()) {
            self.curl.left_out.push(format!("-H '{name}'"));
        } else if let Some(name) = header.strip_suffix(';').filter(|name| !name.contains(':')) {
            self.headers.push(format!("{name}: "));
        } else if header.split_once(':').is_some_and(|(_, value)| value.trim().is_empty()) {
            // So curl is told not to send one of its own.
            self.curl.left_out.push(format!("-H '{name}:'"));
        } else {
            self.headers.push(header);
        }
        Ok(())
    }

    fn data(&mut self, data: &str, between: &str) -> Result<(), String> {
        if self.body_file.is_some() {
            return Err(unsupported("data from a file and from the command together"));
        }
        match &mut self.body {
            None => self.body = Some(data.to_owned()),
            Some(body) => {
                body.push_str(between);
                body.push_str(data);
            }
        }
        Ok(())
    }

    fn file(&mut self, file: &str) -> Result<(), String> {
        if self.body.is_some() || self.body_file.is_some() {
            return Err(unsupported("data from several places with a file among them"));
        }
        self.body_file = Some(file.to_owned());
        Ok(())
    }

    fn finish(mut self) -> Result<Curl, String> {
        let mut url = self.url.take().ok_or("--curl: the command has no URL")?;
        if self.is_query
            && let Some(query) = self.body.take()
        {
            url += if url.contains('?') { "&" } else { "?" };
            url += &query;
        }
        let (method, forms) = (self.method.take(), std::mem::take(&mut self.forms));
        let mut flags = std::mem::take(&mut self.curl.flags);
        let left_out = std::mem::take(&mut self.curl.left_out);
        if let Some(proxy) = self.proxy.take() {
            flags.push(format!("--proxy={}", proxy::known_as(self.proxy_user.as_deref(), &proxy)));
        }
        let said = self.said();
        flags.push(format!("--url={url}"));
        flags.extend(method.map(|method| format!("--method={method}")));
        flags.extend(said.headers.into_iter().map(|header| format!("--header={header}")));
        flags.extend(said.body.map(|body| format!("--body={body}")));
        flags.extend(said.body_file.map(|file| format!("--body-file={file}")));
        flags.extend(forms);
        Ok(Curl { flags, left_out })
    }

    /// Headers and body, with the headers that follow from the body.
    fn said(mut self) -> Said {
        let has = |headers: &[String], name: &str| {
            headers.iter().any(|header| {
                header.split(':').next().is_some_and(|known| known.trim().eq_ignore_ascii_case(name))
            })
        };
        if self.is_json {
            for (name, value) in [("Content-Type", "application/json"), ("Accept", "application/json")] {
                if !has(&self.headers, name) {
                    self.headers.push(format!("{name}: {value}"));
                }
            }
        } else if (self.body.is_some() || self.body_file.is_some()) && !has(&self.headers, "Content-Type") {
            // As curl says of data.
            self.headers.push("Content-Type: application/x-www-form-urlencoded".to_owned());
        }
        Said { headers: self.headers, body: self.body, body_file: self.body_file }
    }
}

fn unsupported(what: &str) -> String {
    format!("--curl: {what} cannot be sent by this version; leave it out of the command")
}

fn form_encoded(text: &str) -> String {
    utf8_percent_encode(text, FORM).to_string()
}

#[cfg(test)]
mod tests;
