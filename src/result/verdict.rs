//! Two judgements on a run, each with its evidence: did the generator do its part, and did the service?

use serde::{Deserialize, Serialize};

/// Whether the generator held the schedule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
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

/// Both judgements, and the evidence in words.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// On the generator.
    pub generator: GeneratorVerdict,
    /// On the service.
    pub service: ServiceVerdict,
    /// The evidence, one sentence each, beginning with `generator: ` or `service: `.
    pub reasons: Vec<String>,
}

/// How a reason on the generator begins.
const ON_GENERATOR: &str = "generator: ";
/// How a reason on the service begins.
const ON_SERVICE: &str = "service: ";

impl Verdict {
    /// A verdict with its evidence: on the generator first.
    pub fn new(
        (generator, on_generator): (GeneratorVerdict, Vec<String>),
        (service, on_service): (ServiceVerdict, Vec<String>),
    ) -> Self {
        let on_generator = on_generator.into_iter().map(|reason| format!("{ON_GENERATOR}{reason}"));
        let on_service = on_service.into_iter().map(|reason| format!("{ON_SERVICE}{reason}"));
        Self { generator, service, reasons: on_generator.chain(on_service).collect() }
    }

    /// The evidence on the generator, without its mark.
    pub fn reasons_on_generator(&self) -> impl Iterator<Item = &str> {
        self.reasons.iter().filter_map(|reason| reason.strip_prefix(ON_GENERATOR))
    }

    /// The evidence on the service, without its mark.
    pub fn reasons_on_service(&self) -> impl Iterator<Item = &str> {
        self.reasons.iter().filter_map(|reason| reason.strip_prefix(ON_SERVICE))
    }
}
