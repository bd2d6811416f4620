//! What every command that sends requests has to set up, whatever it sends then.

use super::super::args::{LoadArgs, ReportingArgs, TrafficArgs};
use super::super::invocation::Typed;
use super::network::wire_of;
use super::target::{TargetChoice, model_of, url_of};
use super::{Requests, UsageError, bounds};
use crate::request::Scheme;
use crate::transport::WireOptions;

/// Where requests go, over which connections, and what is asked.
#[derive(Debug)]
pub(crate) struct Setup {
    /// Where.
    pub target: TargetChoice,
    /// What is asked.
    pub requests: Requests,
    /// Over which connections.
    pub wire: WireOptions,
    /// No live line, no warnings.
    pub quiet: bool,
    /// What the user should know before the first request.
    pub warnings: Vec<String>,
}

impl Setup {
    /// Checks the flags that all such commands have. `argument` is the URL that stands without a flag.
    pub(super) fn new(
        argument: Option<&str>,
        traffic: &TrafficArgs,
        load: &LoadArgs,
        reporting: &ReportingArgs,
        typed: &Typed,
    ) -> Result<Self, UsageError> {
        let mut warnings = Vec::new();
        let url = url_of(argument, traffic, typed, &mut warnings)?;
        bounds::check(&traffic.request, &traffic.network, load, reporting)?;
        let requests = Requests::new(traffic, load.seed, reporting.no_redact, url.as_ref(), typed)?;
        let target = match url {
            Some(url) => TargetChoice::Url(url),
            None if requests.need_url() => TargetChoice::BuiltIn(model_of(&traffic.service, load.seed)?),
            None => TargetChoice::FromFile,
        };
        if traffic.network.http2 && matches!(target, TargetChoice::BuiltIn(_)) {
            return Err(UsageError::BuiltInHttp2);
        }
        warnings.extend(requests.warnings());
        warnings.extend(without_effect(traffic, &target, typed));
        let wire = wire_of(&traffic.network)?;
        Ok(Self { target, requests, wire, quiet: reporting.quiet, warnings })
    }
}

/// Flags that were typed and change nothing, each with the reason.
fn without_effect(traffic: &TrafficArgs, target: &TargetChoice, typed: &Typed) -> Vec<String> {
    let (request, network) = (&traffic.request, &traffic.network);
    let is_plain = match target {
        TargetChoice::Url(target) => target.origin().scheme() == Scheme::Http,
        TargetChoice::BuiltIn(_) => true,
        TargetChoice::FromFile => false,
    };
    let of_tls = ["cacert", "cert", "insecure", "sni"];
    let tls = of_tls.iter().find(|flag| is_plain && typed.has(flag)).copied();
    let found = [
        ("streams", network.http1, "HTTP/1.1 has no streams"),
        ("data_order", request.data.is_none(), "there is no --data"),
        ("token_header", request.tokens.is_none(), "there are no --tokens"),
        (tls.unwrap_or_default(), tls.is_some(), "the target is plain http://"),
    ];
    let idle = found.into_iter().filter(|(flag, has_no_effect, _)| *has_no_effect && typed.has(flag));
    idle.map(|(flag, _, why)| format!("--{} has no effect: {why}", flag.replace('_', "-"))).collect()
}
