//! Compiling a workload from its specification.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use bytes::Bytes;

use super::{Compiled, Content, Endpoint, Route, Workload, WorkloadError};
use crate::request::current_tokens::CurrentTokens;
use crate::request::data::DataTable;
use crate::request::mix::Mix;
use crate::request::origin::Origin;
use crate::request::redactor::Redactor;
use crate::request::rotation::Rotation;
use crate::request::row_bodies::RowBodies;
use crate::request::spec::{EndpointSpec, WorkloadSpec};
use crate::request::target::Target;
use crate::request::targets::group_names;
use crate::request::template::{RequestTemplate, Setting};
use crate::request::walk::Chain;

impl Workload {
    /// Compiles a workload. Everything that could keep a request from being made is found here, for all rows.
    ///
    /// # Errors
    /// [`WorkloadError`]; it never repeats text of a header or a cell.
    pub fn build(spec: WorkloadSpec) -> Result<Self, WorkloadError> {
        let setting = Setting {
            data: spec.data.as_ref(),
            taken: &[],
            later: &[],
            row_bodies: spec.row_bodies.as_ref(),
            coding: spec.body_coding,
            token_header: spec.tokens.as_ref().map(|_| &spec.token_header),
            signer: spec.signer.as_ref(),
            traceparent: spec.traceparent,
            keepalive: spec.keepalive,
        };
        if spec.endpoints.is_empty() {
            return Err(WorkloadError::NoEndpoint);
        }
        let weights: Vec<u32> = spec.endpoints.iter().map(|endpoint| endpoint.weight).collect();
        let mix = Some(Mix::new(&weights)?).filter(|_| weights.len() > 1);
        let mut origins = Origins::default();
        let mut compiled = Vec::with_capacity(spec.endpoints.len());
        let mut steps = 0;
        for endpoint in &spec.endpoints {
            let route = Route { endpoint: 0, origin: origins.number(endpoint.target.origin()) };
            let number = |target: &Target| origins.number(target.origin());
            let chain = endpoint.chain.as_ref();
            let chain =
                chain.map(|chain| Chain::compile(endpoint, chain, setting, steps, number)).transpose()?;
            steps += chain.as_ref().map_or(0, |chain| chain.steps.len() as u32);
            let first = chain.as_ref().and_then(|chain| chain.steps.first());
            let template = match first {
                Some(first) => first.template.clone(),
                None => RequestTemplate::compile(endpoint, setting)?,
            };
            compiled.push(Compiled { template, route, chain });
        }
        let mut endpoints = Vec::new();
        for (name, members) in group_names(&spec.endpoints) {
            let Some(first) = members.first().and_then(|first| spec.endpoints.get(*first)) else { continue };
            let weight = members.iter().map(|member| u64::from(spec.endpoints[*member].weight)).sum();
            for member in members {
                compiled[member].route.endpoint = endpoints.len() as u32;
            }
            endpoints.push(Endpoint {
                name,
                weight,
                method: first.method.clone(),
                target: first.target.clone(),
                expectation: first.expectation.clone(),
            });
        }
        let redactor =
            Redactor::new(&origins.list, &spec.other_hosts, spec.show_hosts).hiding(spec.other_secrets);
        let period = mix.as_ref().map_or(1, Mix::period);
        let rows = spec.data.as_ref().map_or(1, DataTable::row_count);
        let given = spec.endpoints.iter().map(|endpoint| endpoint.body.expose().len());
        let of_rows = spec.row_bodies.iter().flat_map(RowBodies::files).map(Bytes::len);
        let largest_body = given.chain(of_rows).max().unwrap_or(0);
        Ok(Self(Arc::new(Content {
            largest_body,
            names: names_of(&mut spec.endpoints.iter()),
            sessions: names_of(&mut spec.endpoints.iter().filter(|endpoint| endpoint.chain.is_some())),
            endpoints,
            needs_moment: compiled.iter().any(Compiled::needs_moment),
            follows_redirects: spec.follows_redirects,
            has_walks: spec.follows_redirects || compiled.iter().any(|endpoint| endpoint.chain.is_some()),
            compiled,
            mix,
            redactor,
            origins: origins.list,
            token_header: spec.tokens.as_ref().map(|_| spec.token_header),
            tokens: spec.tokens.map(|tokens| CurrentTokens::new(tokens, period)),
            signer: spec.signer,
            row_turns: Rotation::new(rows, period),
            data: spec.data,
            data_order: spec.data_order,
            seed: spec.seed,
            traceparent: spec.traceparent,
            count_by: spec.count_by,
            body_coding: spec.body_coding,
            recording: None,
        })))
    }
}

/// How many names they have.
fn names_of(endpoints: &mut dyn Iterator<Item = &EndpointSpec>) -> usize {
    endpoints.map(|endpoint| &endpoint.name).collect::<HashSet<_>>().len()
}

/// Origins in order of first use.
#[derive(Default)]
struct Origins {
    list: Vec<Origin>,
    numbers: HashMap<Origin, u32>,
}

impl Origins {
    /// The number of an origin; a new one joins the list.
    fn number(&mut self, origin: &Origin) -> u32 {
        if let Some(number) = self.numbers.get(origin) {
            return *number;
        }
        let number = self.list.len() as u32;
        self.list.push(origin.clone());
        self.numbers.insert(origin.clone(), number);
        number
    }
}
