//! Sessions: several requests that one arrival sends, and what a later one takes from the answer to an earlier one.

use std::ops::Range;

use http::header::HeaderName;
use regex::bytes::Regex;
use toml::de::{DeTable, DeValue};

use super::problem::{Kind, ScenarioProblem as Problem};
use super::values::{in_order, name, string, truth, weight};
use super::{Parsed, Reader, Value, fault};
use crate::request::spec::{ChainSpec, EndpointSpec, StepSpec};
use crate::request::template::grammar::{builtin, is_placeholder};
use crate::request::walk::{Take, TakeFrom};

const KEYS: &str = "name, weight, cookies and [[session.step]]";
/// Most steps of a session: every worker holds the figures of each.
const MOST_STEPS: usize = 100;
/// Most values that a step takes from its answer.
const MOST_TAKES: usize = 32;

impl Reader<'_> {
    pub(super) fn session(&self, span: Range<usize>, table: &DeTable<'_>) -> Parsed<EndpointSpec> {
        let (mut called, mut share, mut cookies, mut steps) = (None, 1, false, Vec::new());
        for (key, value) in in_order(table) {
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("name", _) => called = Some(name(value)?),
                ("weight", _) => share = weight(value)?,
                ("cookies", _) => cookies = truth(value, "cookies")?,
                ("step", DeValue::Array(array)) if array.len() <= MOST_STEPS => {
                    for value in array.iter() {
                        let DeValue::Table(table) = value.get_ref() else {
                            return fault(value.span(), Problem::NotSteps);
                        };
                        let step = self.step(value.span(), table)?;
                        if steps.iter().any(|(_, other): &(_, StepSpec)| other.name == step.1.name) {
                            return fault(value.span(), Problem::SameStep { name: step.1.name });
                        }
                        steps.push(step);
                    }
                }
                ("step", DeValue::Array(_)) => {
                    return fault(value.span(), Problem::ManySteps { most: MOST_STEPS });
                }
                ("step", _) => return fault(value.span(), Problem::NotSteps),
                _ => return fault(key.span(), Problem::Key { known: KEYS }),
            }
        }
        let Some(name) = called else { return fault(span, Problem::NoName(Kind::Session)) };
        let mut steps = steps.into_iter();
        let Some((request, first)) = steps.next() else { return fault(span, Problem::NotSteps) };
        let named =
            |request: EndpointSpec| EndpointSpec { name: format!("{name}, {}", request.name), ..request };
        let more = steps.map(|(request, step)| (named(request), step)).collect();
        let chain = Some(ChainSpec { cookies, first, more });
        Ok(EndpointSpec { name, weight: share, chain, ..request })
    }

    fn step(&self, span: Range<usize>, table: &DeTable<'_>) -> Parsed<(EndpointSpec, StepSpec)> {
        let mut draft = self.draft(table, Kind::Step)?;
        let Some(name) = draft.name.clone() else { return fault(span, Problem::NoName(Kind::Step)) };
        let takes = std::mem::take(&mut draft.takes);
        Ok((self.finished(span, draft, name.clone())?, StepSpec { name, takes }))
    }
}

/// `take = { NAME = { json = "/a" }, ... }`
pub(super) fn takes(value: &Value<'_>) -> Parsed<Vec<Take>> {
    let DeValue::Table(table) = value.get_ref() else { return fault(value.span(), Problem::Take) };
    if table.len() > MOST_TAKES {
        return fault(value.span(), Problem::ManyTakes { most: MOST_TAKES });
    }
    let entries = in_order(table).into_iter();
    let takes = entries.map(|(key, value)| {
        let name = key.get_ref().as_ref();
        if !is_placeholder(name) || builtin(name).is_some() {
            return fault(key.span(), Problem::TakeName);
        }
        Ok(Take { name: name.to_owned(), from: take_from(value)? })
    });
    takes.collect()
}

fn take_from(value: &Value<'_>) -> Parsed<TakeFrom> {
    let DeValue::Table(table) = value.get_ref() else { return fault(value.span(), Problem::Take) };
    let mut entries = in_order(table).into_iter();
    let (Some((key, value)), None) = (entries.next(), entries.next()) else {
        return fault(value.span(), Problem::Take);
    };
    match key.get_ref().as_ref() {
        "json" => match string(value, "json")? {
            pointer if pointer.is_empty() || pointer.starts_with('/') => {
                Ok(TakeFrom::Json(pointer.to_owned()))
            }
            _ => fault(value.span(), Problem::Pointer),
        },
        "header" => match HeaderName::from_bytes(string(value, "header")?.as_bytes()) {
            Ok(name) => Ok(TakeFrom::Header(name)),
            Err(_) => fault(value.span(), Problem::HeaderName),
        },
        "regex" => match Regex::new(string(value, "regex")?) {
            Ok(pattern) => Ok(TakeFrom::Regex(pattern)),
            Err(_) => fault(value.span(), Problem::Regex),
        },
        "cookie" => match string(value, "cookie")? {
            "" => fault(value.span(), Problem::Take),
            name => Ok(TakeFrom::Cookie(name.to_owned())),
        },
        _ => fault(key.span(), Problem::Take),
    }
}
