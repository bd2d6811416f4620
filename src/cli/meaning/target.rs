//! Where requests go.

use super::super::args::{ServiceArgs, TrafficArgs};
use super::super::invocation::Typed;
use super::UsageError;
use crate::request::Target;
use crate::service::{Freeze, ServiceModel};

/// Where requests go.
#[derive(Debug)]
pub(crate) enum TargetChoice {
    /// To a given URL.
    Url(Target),
    /// To the URLs that a file of requests holds.
    FromFile,
    /// To the built-in service, started for this run.
    BuiltIn(ServiceModel),
}

/// The URL that was given, if any.
pub(super) fn url_of(
    argument: Option<&str>,
    args: &TrafficArgs,
    typed: &Typed,
    warnings: &mut Vec<String>,
) -> Result<Option<Target>, UsageError> {
    let text = match (argument, args.url.as_deref()) {
        (Some(argument), Some(flag)) if typed.has("url") && argument != flag => {
            return Err(UsageError::TwoTargets);
        }
        (Some(argument), _) => argument,
        (None, Some(flag)) => flag,
        (None, None) => return Ok(None),
    };
    if ["run", "closed", "sweep", "compare", "report", "serve"].contains(&text) {
        return Err(UsageError::CommandLast(text.to_owned()));
    }
    let of_the_service = ["workers", "service_time", "sigma", "queue_max", "freeze_at", "freeze_for"];
    if let Some(flag) = of_the_service.iter().find(|flag| typed.has(flag)) {
        let flag = flag.replace('_', "-");
        warnings.push(format!("--{flag} has no effect: requests go to the URL, not to the built-in service"));
    }
    Ok(Some(text.parse()?))
}

pub(super) fn model_of(args: &ServiceArgs, seed: u64) -> Result<ServiceModel, UsageError> {
    let model = ServiceModel {
        workers: args.workers,
        service_time_ns: args.service_time.0,
        sigma: args.sigma,
        seed,
        queue_max: args.queue_max,
        freeze: args
            .freeze_at
            .zip(args.freeze_for)
            .map(|(at, length)| Freeze { at_ns: at.0, for_ns: length.0 }),
    };
    model.validate()?;
    Ok(model)
}
