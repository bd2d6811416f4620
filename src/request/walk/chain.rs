//! The steps of a session, compiled: what each sends, what counts as a good answer, and what is taken from it.

use std::collections::HashMap;

use http::Method;

use super::take::TakeFrom;
use crate::request::data::DataTable;
use crate::request::expectation::Expectation;
use crate::request::spec::{ChainSpec, EndpointSpec};
use crate::request::target::Target;
use crate::request::template::{
    Later, RequestPart, RequestTemplate, Setting, TemplateError, TemplateProblem,
};

/// The requests that one arrival sends, one after another.
#[derive(Debug)]
pub(crate) struct Chain {
    /// At least one.
    pub steps: Vec<Step>,
    /// The names of what is taken, each once.
    pub names: Vec<String>,
    /// Whether the session keeps cookies.
    pub cookies: bool,
    /// The place of its first step among the steps of all sessions.
    pub first_place: u32,
}

/// One of them.
#[derive(Debug)]
pub(crate) struct Step {
    pub name: String,
    pub template: RequestTemplate,
    /// A place in the workload's origins.
    pub origin: u32,
    pub target: Target,
    pub expectation: Expectation,
    /// What is taken from its answer, each under its place in [`Chain::names`].
    pub takes: Vec<(usize, TakeFrom)>,
}

impl Step {
    /// Whether the body of its answer must be held.
    pub(crate) fn holds_body(&self) -> bool {
        self.takes.iter().any(|(_, from)| from.wants_body())
    }
}

/// What reports show of a step of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StepOfSession {
    /// The endpoint that the session is, a place in the workload's endpoints.
    pub endpoint: u32,
    pub name: String,
    /// Request method.
    pub method: Method,
    /// Where its requests go.
    pub target: Target,
}

impl Chain {
    /// Compiles the session `spec`, whose steps are `chain`. `origin` numbers the origins.
    ///
    /// # Errors
    /// A step whose requests cannot be made. A value stands for nothing before the answer that it is taken from.
    pub(in crate::request) fn compile(
        spec: &EndpointSpec,
        chain: &ChainSpec,
        setting: Setting<'_>,
        first_place: u32,
        mut origin: impl FnMut(&Target) -> u32,
    ) -> Result<Self, TemplateError> {
        let first = EndpointSpec {
            name: format!("{}, {}", spec.name, chain.first.name),
            chain: None,
            ..spec.clone()
        };
        let requests = std::iter::once((&first, &chain.first));
        let requests = requests.chain(chain.more.iter().map(|(request, step)| (request, step)));
        let mut names: Vec<String> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut steps = Vec::with_capacity(1 + chain.more.len());
        let all = || std::iter::once(&chain.first).chain(chain.more.iter().map(|(_, step)| step));
        for (at, (request, step)) in requests.enumerate() {
            let later: Vec<Later> = all()
                .skip(at)
                .flat_map(|other| other.takes.iter().map(move |take| (other, take)))
                .map(|(other, take)| Later {
                    name: take.name.clone(),
                    step: other.name.clone(),
                    is_own: other.name == step.name,
                })
                .collect();
            let template =
                RequestTemplate::compile(request, Setting { taken: &names, later: &later, ..setting })?;
            let mut takes = Vec::with_capacity(step.takes.len());
            for take in &step.takes {
                let place_of = |data: &DataTable| data.columns().iter().position(|name| *name == take.name);
                if let Some(data) = setting.data
                    && let Some(column) = place_of(data)
                {
                    let problem = match data.is_told(column) {
                        true => TemplateProblem::TakenByLogin(take.name.clone()),
                        false => TemplateProblem::TakenColumn(take.name.clone()),
                    };
                    let (endpoint, place) = (request.name.clone(), RequestPart::Take);
                    return Err(TemplateError { endpoint, place, problem: Box::new(problem) });
                }
                let place = *places.entry(take.name.clone()).or_insert_with(|| {
                    names.push(take.name.clone());
                    names.len() - 1
                });
                takes.push((place, take.from.clone()));
            }
            steps.push(Step {
                name: step.name.clone(),
                template,
                origin: origin(&request.target),
                target: request.target.clone(),
                expectation: request.expectation.clone(),
                takes,
            });
        }
        Ok(Self { steps, names, cookies: chain.cookies, first_place })
    }
}
