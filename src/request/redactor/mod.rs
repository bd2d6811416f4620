//! What may be shown of texts that hold hosts, query values and credentials.
//!
//! A text passes through three stages: the secrets that are known ([`known`]), the table of [`rules`] for those that
//! are not, and the names that stand for [`hosts`].

mod hosts;
mod known;
mod matches;
mod patterns;
mod rules;

use super::origin::Origin;
use super::secret::Secret;
use super::target::Target;
use hosts::{Hosts, Naming};
use known::{hide_known, hide_words};
use matches::shown_query;
pub(in crate::request) use patterns::{HIDDEN, looks_secret};
use rules::{Kind, hide};

/// Makes texts fit to be shown. Within one redactor the same host always has the same name, so that a report can be
/// read; nothing it writes can be turned back.
///
/// It errs on the side of hiding: a sentence may lose a harmless word, a report may not gain a credential. Every text
/// takes time in proportion to its length.
#[derive(Debug)]
pub(crate) struct Redactor {
    naming: Naming,
    /// What no request carries, and must not be shown wherever it came from.
    secrets: Vec<Secret<String>>,
}

impl Redactor {
    /// The host of the first origin becomes `host-1`, the others follow in order, then the `other_hosts`. With
    /// `show_hosts`, hosts, ports and query values are shown; credentials never are.
    pub(crate) fn new(origins: &[Origin], other_hosts: &[String], show_hosts: bool) -> Self {
        // Compiled here, once for the process, rather than in the middle of a run.
        rules::prepare();
        let others = other_hosts.iter().map(String::as_str);
        let hosts = Hosts::new(origins.iter().map(Origin::host).chain(others));
        Self { naming: Naming::new(show_hosts, hosts), secrets: Vec::new() }
    }

    /// The same that hides these too, as words in whatever others have written.
    pub(crate) fn hiding(self, secrets: Vec<Secret<String>>) -> Self {
        Self { secrets, ..self }
    }

    /// Whether hosts, ports and query values are shown.
    pub(crate) fn shows_hosts(&self) -> bool {
        self.naming.show_hosts
    }

    /// What may be shown of a text of any kind.
    pub(crate) fn text(&self, text: &str) -> String {
        self.typed(&hide_words(text.to_owned(), &self.secrets))
    }

    /// The same of what the user typed, which may hold the name of a user as a word.
    fn typed(&self, text: &str) -> String {
        let kinds = [Kind::Token, Kind::Url, Kind::Value, Kind::Query];
        self.hide_hosts(kinds.into_iter().fold(text.to_owned(), |text, kind| hide(text, kind, &self.naming)))
    }

    /// What may be shown of a name that the user chose: it loses hosts, and what is secret in URLs and their queries.
    /// Its words stay, whatever they are, or `token refresh` could not be a name.
    pub(crate) fn name(&self, name: &str) -> String {
        self.hide_hosts(hide(hide(name.to_owned(), Kind::Url, &self.naming), Kind::Query, &self.naming))
    }

    /// What may be shown of a target: `https://host-2/path?x=***`.
    pub(crate) fn target(&self, target: &Target) -> String {
        let origin = target.origin();
        let host = match self.naming.show_hosts {
            true => origin.authority().to_owned(),
            false => self.naming.hosts().name(origin.host()),
        };
        let path = self.typed(target.path().path());
        // The query is taken as a whole here: within a text, a quote would end it.
        let query = target.path().query().map_or(String::new(), |query| {
            let query = format!("?{}", shown_query(query, self.naming.show_hosts));
            if self.naming.show_hosts { self.typed(&query) } else { query }
        });
        format!("{}://{host}{path}{query}", origin.scheme())
    }

    /// What may be shown of the value of a header, on one line. `secrets` are those of the request that was answered.
    pub(crate) fn header(&self, name: &str, value: &[u8], secrets: &[Secret<String>]) -> String {
        let name = name.trim().to_ascii_lowercase();
        if name.starts_with("proxy-") || name == "www-authenticate" || looks_secret(&name) {
            return HIDDEN.to_owned();
        }
        let value = hide_known(String::from_utf8_lossy(value).into_owned(), secrets);
        let shown = match !self.naming.show_hosts && name == "host" {
            true => self.naming.hosts().authority(value.trim()),
            false => self.text(&value),
        };
        let mut line = String::with_capacity(shown.len());
        for c in shown.chars() {
            if c.is_control() { line.extend(c.escape_default()) } else { line.push(c) }
        }
        line
    }

    /// What may be shown of a body, or of its beginning. `secrets` are those of the request that was answered.
    pub(crate) fn body(&self, body: &[u8], secrets: &[Secret<String>]) -> String {
        self.text(&hide_known(String::from_utf8_lossy(body).into_owned(), secrets))
    }

    /// A text without these secrets, and otherwise as it is.
    pub(crate) fn without(&self, text: &[u8], secrets: &[Secret<String>]) -> String {
        hide_known(String::from_utf8_lossy(text).into_owned(), secrets)
    }

    fn hide_hosts(&self, text: String) -> String {
        if self.naming.show_hosts {
            return text;
        }
        let text = self.naming.hosts().replace_known(&text);
        hide(text, Kind::Address, &self.naming)
    }
}

#[cfg(test)]
mod tests;
