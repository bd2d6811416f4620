//! What may be shown of requests, of their answers, and of names.

use bytes::Bytes;
use http::Request;
use http::header::HeaderValue;

use super::{Endpoint, Outgoing, Workload};
use crate::measure::{MAX_KEPT_BYTES, Redact, Sent};
use crate::request::recording::RecordedRequest;
use crate::request::secret::{Secret, Secrets};
use crate::request::target::Target;
use crate::request::template::Moment;

impl Workload {
    /// What may be shown of a text of whoever knows these tokens or keys, and these `others`.
    pub(crate) fn redact_knowing(&self, text: &[u8], others: &[Secret<String>]) -> String {
        let mut secrets = Secrets::default();
        if let Some(tokens) = &self.0.tokens {
            tokens.each_known(|token| secrets.token(token.as_bytes()));
        }
        if let Some(signer) = &self.0.signer {
            signer.secrets(&mut secrets);
        }
        let known: Vec<_> = secrets.into_texts().map(Secret::new).chain(others.iter().cloned()).collect();
        self.0.redactor.body(text, &known)
    }

    /// The request of the arrival at `sequence` as it may be shown, if it is made at `unix_ms`: its line, its headers and the
    /// beginning of its body. What placeholders make of chance is that of another moment.
    pub(crate) fn shown(&self, sequence: u64, unix_ms: u64) -> String {
        let moment = Moment { unix_ms, ..Moment::default() };
        let Outgoing { request, .. } = self.request(sequence, moment);
        let template = &self.0.compiled(sequence).template;
        let values = self.0.values(template, sequence, moment);
        let readable = self.0.unfinished(template, &values, None, self.0.opening(sequence));
        self.shown_with(&request, readable.body(), &self.own_credentials(sequence))
    }

    /// `readable`: its body before it was compressed.
    pub(super) fn shown_with(
        &self,
        request: &Request<Bytes>,
        readable: &Bytes,
        own: &[Secret<String>],
    ) -> String {
        let redactor = &self.0.redactor;
        let mut text = redactor.body(format!("{} {}", request.method(), request.uri()).as_bytes(), own);
        for (name, value) in request.headers() {
            text += &format!("\n{name}: {}", redactor.header(name.as_str(), value.as_bytes(), own));
        }
        let (body, sent) = (readable, request.body().len());
        if !body.is_empty() {
            if sent != body.len() {
                text += &format!("\n\n({sent} bytes are sent, compressed from these {})", body.len());
            }
            let shown = &body[..body.len().min(MAX_KEPT_BYTES)];
            text += &format!("\n\n{}", redactor.body(shown, own));
        }
        text
    }

    /// Tokens, keys and what a login told, alone: what the user typed is not hidden from the user, where its name does not say
    /// that it is secret.
    pub(super) fn own_credentials(&self, sequence: u64) -> Vec<Secret<String>> {
        let mut secrets = Secrets::credentials_only(self.0.redactor.shows_hosts());
        self.0.credentials(sequence, &mut secrets);
        secrets.into_texts().map(Secret::new).collect()
    }

    /// Every secret text in the request of the arrival at `sequence`, each once, longer ones first:
    /// the token, keys, values of headers that may be credentials, query values, and the cells in use; with their encoded
    /// or decoded form where that is another. What a built-in placeholder stands for is not secret; nor are query values and
    /// cells where hosts are shown. `token` is the one it was sent with, where that is known.
    pub fn secrets(&self, sequence: u64, token: Option<&HeaderValue>) -> Vec<Secret<String>> {
        let mut secrets = Secrets::credentials_only(self.0.redactor.shows_hosts());
        match (token, &self.0.tokens) {
            (Some(token), _) => secrets.token(token.as_bytes()),
            // Of nobody knows which request: it may be any of them.
            (None, Some(tokens)) => tokens.each_known(|token| secrets.token(token.as_bytes())),
            (None, None) => {}
        }
        self.0.credentials(sequence, &mut secrets);
        for template in self.0.compiled(sequence).templates() {
            template.secrets(&self.0.values(template, sequence, Moment::default()), &mut secrets);
        }
        if let Some(row) = self.0.opening(sequence) {
            row.secrets(&mut secrets);
        }
        secrets.into_texts().map(Secret::new).collect()
    }

    /// The bytes of an answer without what the row of its request holds: when they are written, that row is long gone.
    pub(crate) fn without_row(&self, bytes: &[u8], row: &RecordedRequest) -> Vec<u8> {
        let mut secrets = Secrets::credentials_only(self.0.redactor.shows_hosts());
        row.secrets(&mut secrets);
        let secrets: Vec<_> = secrets.into_texts().map(Secret::new).collect();
        self.0.redactor.without(bytes, &secrets).into_bytes()
    }

    /// What may be shown of a target.
    pub fn label(&self, target: &Target) -> String {
        self.0.redactor.target(target)
    }

    /// What may be shown of the name of an endpoint.
    pub fn name(&self, endpoint: &Endpoint) -> String {
        self.0.redactor.name(&endpoint.name)
    }

    /// What may be shown of a text that may hold hosts, tokens or data, such as the cause of a failure.
    pub fn redact(&self, text: &str) -> String {
        self.0.redactor.text(text)
    }
}

/// Redacts the answers that are kept as samples.
impl Redact for Workload {
    fn header(&self, sent: Sent<'_>, name: &str, value: &[u8]) -> String {
        self.0.redactor.header(name, value, &self.secrets(sent.sequence, sent.token))
    }

    fn body(&self, sent: Sent<'_>, bytes: &[u8]) -> String {
        self.0.redactor.body(bytes, &self.secrets(sent.sequence, sent.token))
    }
}
