//! What may be written of texts that hold hosts, query values and credentials.

mod credentials;
mod hosts;
mod scan;

use std::sync::{Mutex, PoisonError};

use super::origin::Origin;
use super::secret::Secret;
use super::target::Target;
use credentials::{blank_literal, blank_tokens, blank_values, looks_secret};
use hosts::{Hosts, replace_addresses, replace_known, replace_urls};
use scan::rewrite;

/// What stands for a value that is not shown.
const HIDDEN: &str = "***";

/// Makes texts fit to be shown. Within one redactor the same host always has the same name, so that a report can be
/// read; nothing that it writes can be turned back.
///
/// It errs on the side of hiding: a sentence may lose a harmless word, a report may not gain a credential.
#[derive(Debug)]
pub struct Redactor {
    show_hosts: bool,
    secrets: Vec<Secret<String>>,
    /// Texts are made fit outside the hot path, by whichever thread: a lock is cheap enough.
    hosts: Mutex<Hosts>,
}

impl Redactor {
    /// The host of the first origin is `host-1`, the others count on, then the `other_hosts`. With `show_hosts`, hosts, ports and query values
    /// are shown; credentials never are.
    pub fn new(origins: &[Origin], other_hosts: &[String], show_hosts: bool) -> Self {
        let others = other_hosts.iter().map(String::as_str);
        let hosts = Mutex::new(Hosts::new(origins.iter().map(Origin::host).chain(others)));
        Self { show_hosts, secrets: Vec::new(), hosts }
    }

    /// Also hides these texts wherever they stand. With `show_hosts` they should be credentials only.
    #[must_use]
    pub fn with_secrets(mut self, secrets: Vec<Secret<String>>) -> Self {
        self.secrets.extend(secrets);
        self
    }

    /// Whether hosts, ports and query values are shown.
    pub fn shows_hosts(&self) -> bool {
        self.show_hosts
    }

    /// What may be shown of a text of any kind.
    pub fn text(&self, text: &str) -> String {
        let mut text = blank_literals(text.to_owned(), &self.secrets);
        text = blank_tokens(&text);
        {
            let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
            text = replace_urls(&text, &mut |host| (!self.show_hosts).then(|| hosts.name(host)));
        }
        text = self.blank_queries(&text);
        text = blank_values(&text);
        if !self.show_hosts {
            let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
            text = replace_known(&text, &hosts);
            text = replace_addresses(&text, &mut hosts);
        }
        text
    }

    /// What may be shown of a name that the user chose: hosts, URLs and their queries do not stand in it. Its words do,
    /// whatever they are, or `token refresh` would be no name.
    pub fn name(&self, name: &str) -> String {
        let hosts = || self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let text = blank_literals(name.to_owned(), &self.secrets);
        let text = replace_urls(&text, &mut |host| (!self.show_hosts).then(|| hosts().name(host)));
        let text = self.blank_queries(&text);
        if self.show_hosts {
            return text;
        }
        let mut hosts = hosts();
        replace_addresses(&replace_known(&text, &hosts), &mut hosts)
    }

    /// What may be shown of a target: `https://host-2/path?x=***`.
    pub fn target(&self, target: &Target) -> String {
        let origin = target.origin();
        let host = if self.show_hosts {
            origin.authority().to_owned()
        } else {
            self.hosts.lock().unwrap_or_else(PoisonError::into_inner).name(origin.host())
        };
        let path = self.text(target.path().path());
        // A query is taken as a whole here: in a text, a quote would end it.
        let query = target.path().query().map_or(String::new(), |query| {
            let query = format!("?{}", self.query(query));
            if self.show_hosts { self.text(&query) } else { query }
        });
        format!("{}://{host}{path}{query}", origin.scheme())
    }

    /// What may be shown of the value of a header, in one line. `secrets` are those of the request that was answered.
    pub fn header(&self, name: &str, value: &[u8], secrets: &[Secret<String>]) -> String {
        let name = name.trim().to_ascii_lowercase();
        if name.starts_with("proxy-") || name == "www-authenticate" || looks_secret(&name) {
            return HIDDEN.to_owned();
        }
        let value = blank_literals(String::from_utf8_lossy(value).into_owned(), secrets);
        let mut line = String::with_capacity(value.len());
        for c in value.chars() {
            if c.is_control() { line.extend(c.escape_default()) } else { line.push(c) }
        }
        if !self.show_hosts && name == "host" {
            return self.hosts.lock().unwrap_or_else(PoisonError::into_inner).authority(line.trim());
        }
        self.text(&line)
    }

    /// What may be shown of a body, or of the beginning of one. `secrets` are those of the request that was answered.
    pub fn body(&self, body: &[u8], secrets: &[Secret<String>]) -> String {
        self.text(&blank_literals(String::from_utf8_lossy(body).into_owned(), secrets))
    }

    /// Blanks the values of queries, of whatever stands behind a `?` that looks like one.
    fn blank_queries(&self, text: &str) -> String {
        rewrite(text, |at| {
            let rest = text[at..].strip_prefix('?')?;
            let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '<' | '>');
            let query = rest.split(ends).next().unwrap_or(rest);
            let before = text[..at].rsplit(ends).next().unwrap_or("");
            let is_query = query.contains(['=', '/']) || before.contains('/');
            let shown = if is_query { self.query(query) } else { query.to_owned() };
            // Also what is no query is passed over as a whole, so that a row of question marks costs no more.
            Some((at + 1 + query.len(), format!("?{shown}")))
        })
    }

    fn query(&self, query: &str) -> String {
        let (query, fragment) = query.split_once('#').map_or((query, false), |(query, _)| (query, true));
        let shown = |pair: &str| match pair.split_once('=') {
            _ if pair.is_empty() => String::new(),
            Some((name, _)) if self.show_hosts && !looks_secret(name) => pair.to_owned(),
            None if self.show_hosts => pair.to_owned(),
            // A long name without a value is a bare token that ends with the padding of base64.
            Some((name, value)) if value.trim_matches('=').is_empty() && name.len() > 12 => HIDDEN.to_owned(),
            Some((name, _)) => format!("{name}={HIDDEN}"),
            None => HIDDEN.to_owned(),
        };
        let pairs: Vec<String> = query.split('&').map(shown).collect();
        // A fragment is where some services hand over tokens.
        format!("{}{}", pairs.join("&"), if fragment { "#***" } else { "" })
    }
}

fn blank_literals(mut text: String, secrets: &[Secret<String>]) -> String {
    // One that is part of another must not leave the rest of it standing.
    let mut longest_first: Vec<&str> = secrets.iter().map(|secret| secret.expose().trim()).collect();
    longest_first.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    for secret in longest_first {
        text = blank_literal(text, secret);
    }
    text
}

#[cfg(test)]
mod tests;
