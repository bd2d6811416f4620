//! Two judgements on a run, each with its evidence: did the generator do its part, and did the service?
//!
//! The pieces of evidence that this version writes, with their codes, are enums in [`judge`](crate::judge); a saved document
//! may hold others.

use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};

/// Whether the generator held the schedule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum GeneratorVerdict {
    /// It did: the figures are the service's.
    #[default]
    Valid,
    /// Nearly: some part of the figures is the client's own.
    Suspect,
    /// It did not: the result says more about the client than about the service.
    Invalid,
}

/// Whether the service kept up with the offered rate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ServiceVerdict {
    /// Answers left as fast as requests came.
    #[default]
    KeepingUp,
    /// It fell behind: a longer run would show larger times.
    Saturated,
    /// A closed loop cannot tell: it slows down with the service.
    Unknown,
}

/// What a run showed, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, VariantArray)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Conclusion {
    /// The service answers at this rate for as long as one likes.
    KeepingUp,
    /// This run is too short to tell whether it does.
    AtTheLimit,
    /// It falls behind: a longer run would show larger times.
    TooMuch,
    /// It answers as fast as requests come, but a part of the answers is not good.
    Failing,
    /// From some instant on there was no answer.
    Died,
    /// No good answer at all: the work that was to be measured was not done.
    NotTested,
    /// The client could not send what it should: nothing is known of the service.
    ClientLimit,
    /// A closed loop slows down with the service, so it says nothing about a rate.
    ClosedLoop,
    /// Results of shards are missing.
    Incomplete,
}

impl Conclusion {
    /// As documents say it: `too_much`.
    pub(crate) fn code(self) -> &'static str {
        self.into()
    }

    /// As reports say it: `TOO MUCH`.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::KeepingUp => "KEEPING UP",
            Self::AtTheLimit => "AT THE LIMIT",
            Self::TooMuch => "TOO MUCH",
            Self::Failing => "FAILING",
            Self::Died => "DIED",
            Self::NotTested => "NOT TESTED",
            Self::ClientLimit => "THE CLIENT WAS THE LIMIT",
            Self::ClosedLoop => "CLOSED LOOP",
            Self::Incomplete => "INCOMPLETE",
        }
    }
}

/// What a reason is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// The generator.
    Generator,
    /// The service.
    Service,
}

/// A piece of evidence as a document has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(from = "SavedReason")]
#[cfg_attr(test, schemars(into = "SavedReason"))]
pub struct Reason {
    /// Its stable name, such as `service.backlog_grows`: for programs.
    pub code: String,
    /// What it is about.
    pub on: Subject,
    /// One sentence: for people.
    pub text: String,
}

/// What the run amounts to, the two judgements behind it, and the evidence for them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Verdict {
    /// What the run showed, in a word; null in results of earlier versions.
    #[serde(default)]
    pub result: Option<Conclusion>,
    /// The evidence for it, in one sentence for people.
    #[serde(default)]
    pub evidence: String,
    /// What to try next, for people; empty where nothing is left to try.
    #[serde(default)]
    pub next: String,
    /// Whether the generator held the schedule.
    pub generator: GeneratorVerdict,
    /// Whether the service kept up with the offered rate; a closed loop cannot tell.
    pub service: ServiceVerdict,
    /// The evidence, that on the generator first.
    pub reasons: Vec<Reason>,
}

impl Verdict {
    /// The sentences on one of the two.
    pub fn texts_on(&self, subject: Subject) -> impl Iterator<Item = &str> {
        self.reasons.iter().filter(move |reason| reason.on == subject).map(|reason| reason.text.as_str())
    }

    /// Whether the evidence includes the reason of this code.
    pub fn has(&self, code: &str) -> bool {
        self.reasons.iter().any(|reason| reason.code == code)
    }
}

/// The code of a sentence on the generator that was saved before reasons had codes.
pub(crate) const GENERATOR_UNCODED: &str = "generator.uncoded";
/// The same of the service.
pub(crate) const SERVICE_UNCODED: &str = "service.uncoded";

/// A reason in either of the forms that documents have had.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Reason"))]
#[serde(untagged)]
enum SavedReason {
    /// One piece of it.
    Coded {
        /// Its stable name, such as `service.backlog_grows`: for programs.
        code: String,
        /// What it is about.
        on: Subject,
        /// One sentence: for people.
        text: String,
    },
    /// One sentence that begins with `generator: ` or `service: `, as versions before codes wrote it.
    Sentence(String),
}

impl From<SavedReason> for Reason {
    fn from(saved: SavedReason) -> Self {
        match saved {
            SavedReason::Coded { code, on, text } => Self { code, on, text },
            SavedReason::Sentence(sentence) => {
                let (code, on, text) = match sentence.split_once(": ") {
                    Some(("generator", text)) => (GENERATOR_UNCODED, Subject::Generator, text),
                    Some(("service", text)) => (SERVICE_UNCODED, Subject::Service, text),
                    _ => (SERVICE_UNCODED, Subject::Service, sentence.as_str()),
                };
                Self { code: code.to_owned(), on, text: text.to_owned() }
            }
        }
    }
}
