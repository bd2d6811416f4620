//! What every command that sends requests has to set up, whatever it sends then.

use std::path::PathBuf;

use super::super::args::{Live, LoadArgs, NetworkArgs, ReportingArgs, RequestArgs, TrafficArgs};
use super::super::invocation::Typed;
use super::super::log_file::LogFile;
use super::super::values::Span;
use super::super::watchers::Watchers;
use super::super::{config, curl};
use super::proxy::{proxy_of, unused_proxy};
use super::target::{TargetChoice, model_of, url_of};
use super::{Requests, Sharding, UsageError};
use crate::judge::AbortWatch;
use crate::request::{Origin, Scheme};
use crate::schedule::NANOS_PER_S;
use crate::transport::{ConnectTo, HttpVersions, Timestamps, TlsOptions, WireOptions, has_kernel_stamps};

/// Where requests go, over which connections, and what is asked.
#[derive(Debug)]
pub(crate) struct Setup {
    pub target: TargetChoice,
    /// What is asked.
    pub requests: Requests,
    /// Over which connections.
    pub wire: WireOptions,
    /// By what name the results are told from others.
    pub name: Option<String>,
    /// The file of flags, and the preset in it.
    pub config: Option<String>,
    /// Which part of a schedule is sent from here, and when it starts.
    pub sharding: Sharding,
    /// When a run ends before its time.
    pub abort: AbortWatch,
    /// Where a line is written each second.
    pub stream: Option<PathBuf>,
    /// Where a record of each request goes.
    pub log: Option<LogFile>,
    /// Who watches from outside.
    pub watchers: Watchers,
    /// What is shown meanwhile.
    pub live: Live,
    /// Nothing is shown meanwhile, and there are no warnings.
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
        if reporting.redact && reporting.no_redact {
            return Err(UsageError::Exclusive("--redact", "--no-redact"));
        }
        let mut warnings = Vec::new();
        let url = url_of(argument, traffic, typed, &mut warnings)?;
        check_bounds(&traffic.request, &traffic.network, load, reporting)?;
        let mut requests = Requests::new(traffic, load.seed, reporting.no_redact, url.as_ref(), typed)?;
        let target = match url {
            Some(url) => TargetChoice::Url(url),
            None if requests.need_url() => TargetChoice::BuiltIn(model_of(&traffic.service, load.seed)?),
            None => TargetChoice::FromFile,
        };
        warnings.extend(requests.warnings());
        let own_body = traffic.request.body.as_deref().filter(|_| traffic.request.curl.is_none());
        if let Some(length) = own_body.filter(|body| is_length(body)) {
            // With a length of its own, the run cannot mean the body.
            if typed.has("body") && !typed.has("duration") && !typed.has("requests") {
                return Err(UsageError::LengthAsBody(length.to_owned()));
            }
        }
        let is_template = traffic.request.template || traffic.request.data.is_some();
        warnings.extend(own_body.and_then(|body| misread(body, is_template)));
        warnings.extend(traffic.request.curl.as_deref().and_then(without_meaning));
        let wire = wire_of(&traffic.network, typed)?;
        requests.by_way_of(&wire);
        warnings.extend(without_effect(traffic, &target, &wire, typed));
        warnings.extend(unused_proxy(&wire, &target, &requests));
        warnings.extend(unused_rule(&wire, &target, &requests));
        if wire.versions == HttpVersions::Http2 && matches!(target, TargetChoice::BuiltIn(_)) {
            return Err(UsageError::BuiltInHttp2);
        }
        Ok(Self {
            target,
            requests,
            wire,
            name: reporting.name.clone().filter(|name| !name.trim().is_empty()),
            config: traffic
                .config
                .config
                .as_ref()
                .map(|file| config::name_of(&file.to_string_lossy(), traffic.config.preset.as_deref())),
            sharding: Sharding::default(),
            abort: AbortWatch::default(),
            stream: None,
            log: None,
            watchers: Watchers::default(),
            live: reporting.live,
            quiet: reporting.quiet,
            warnings,
        })
    }
}

/// Whether a body looks like the length of a run: 30s.
fn is_length(body: &str) -> bool {
    body.ends_with(|last: char| last.is_ascii_alphabetic()) && body.parse::<Span>().is_ok()
}

/// A body that its user may not have meant as one.
fn misread(body: &str, is_template: bool) -> Option<String> {
    if is_length(body) {
        return Some(format!(
            "-d is the request body, as in curl, so the target receives the text `{body}`; for the length of the run write \
             --duration {body}"
        ));
    }
    let placeholder = ["{index}", "{uuid}", "{now_ms}"].into_iter().find(|name| body.contains(name));
    match (placeholder, is_template) {
        (Some(name), false) => {
            Some(format!("the body holds {name}, and is sent byte for byte; with --template it stands for a value"))
        }
        (_, true) if body.contains("{{") => Some(
            "the body holds `{{`, so double braces stand for single ones, and {name} for a value; double them once more to send \
             them as they are"
                .to_owned(),
        ),
        _ => None,
    }
}

/// What a command of curl says that means nothing here.
fn without_meaning(command: &str) -> Option<String> {
    let left_out = curl::read(command).ok()?.left_out;
    (!left_out.is_empty()).then(|| {
        format!("of the curl command this has no meaning here and was left out: {}", left_out.join(", "))
    })
}

/// Flags that were typed and change nothing, each with the reason.
fn without_effect(
    traffic: &TrafficArgs,
    target: &TargetChoice,
    wire: &WireOptions,
    typed: &Typed,
) -> Vec<String> {
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
        (
            "token_header",
            request.tokens.is_none() && request.token_command.is_none(),
            "there are no --tokens, and no --token-command",
        ),
        ("connect_to", wire.unix_socket.is_some(), "every connection goes to the Unix socket"),
        ("resolve", wire.leaves_names_to_the_proxy(), "the proxy resolves the target's name"),
        (tls.unwrap_or_default(), tls.is_some(), "the target is plain http://"),
    ];
    let idle = found.into_iter().filter(|(flag, has_no_effect, _)| *has_no_effect && typed.has(flag));
    idle.map(|(flag, _, why)| format!("--{} has no effect: {why}", flag.replace('_', "-"))).collect()
}

/// A rule of `--connect-to` that is for none of the targets: with a slip in it, the load would go where it should not.
fn unused_rule(wire: &WireOptions, target: &TargetChoice, requests: &Requests) -> Option<String> {
    let origins: Vec<&Origin> = match target {
        TargetChoice::Url(target) => requests.origins().chain([target.origin()]).collect(),
        TargetChoice::FromFile => requests.origins().collect(),
        TargetChoice::BuiltIn(_) => return None,
    };
    let is_for_any =
        |rule: &ConnectTo| origins.iter().any(|origin| rule.is_for(origin.host(), origin.port()));
    let place = wire.connect_to.iter().position(|rule| !is_for_any(rule))?;
    Some(format!("--connect-to number {} has no effect: no target has its HOST1 and PORT1", place + 1))
}

/// How connections are to be made.
fn wire_of(args: &NetworkArgs, typed: &Typed) -> Result<WireOptions, UsageError> {
    let versions = match (args.http1, args.http2) {
        // What was typed beats the environment.
        (true, true) => match (typed.has("http1"), typed.has("http2")) {
            (true, false) => HttpVersions::Http1,
            (false, true) => HttpVersions::Http2,
            (true, true) => return Err(UsageError::Exclusive("--http1", "--http2")),
            (false, false) => return Err(UsageError::Exclusive("RPSBENCH_HTTP1", "RPSBENCH_HTTP2")),
        },
        (true, false) => HttpVersions::Http1,
        (false, true) => HttpVersions::Http2,
        (false, false) => HttpVersions::Auto,
    };
    let (unix_socket, proxy) = proxy_of(args, typed)?;
    if args.timestamps == Timestamps::Kernel && (unix_socket.is_some() || !has_kernel_stamps()) {
        return Err(UsageError::NoKernelStamps);
    }
    Ok(WireOptions {
        timestamps: args.timestamps,
        versions,
        streams: args.streams,
        tls: TlsOptions {
            cacert: args.cacert.clone(),
            cert: args.cert.clone(),
            key: args.key.clone(),
            insecure: args.insecure,
            sni: args.sni.clone(),
        },
        local_addresses: args.local_address.clone(),
        unix_socket,
        proxy,
        connect_to: args.connect_to.iter().map(|text| text.parse()).collect::<Result<_, _>>()?,
        overrides: args.resolve.iter().map(|text| text.parse()).collect::<Result<_, _>>()?,
        dns_ttl_ns: args.dns_ttl.0,
        // Known when the requests are.
        large_bodies: false,
    })
}

/// Longest wait of any kind: a day.
const MAX_WAIT_NS: u64 = 86_400 * NANOS_PER_S;
/// Most streams of a connection: each has a task of its own.
const MOST_STREAMS: u64 = 10_000;
/// Most samples of a kind: each holds a part of a body.
const MOST_SAMPLES: usize = 10_000;

/// Checks the figures that have bounds.
fn check_bounds(
    request: &RequestArgs,
    network: &NetworkArgs,
    load: &LoadArgs,
    reporting: &ReportingArgs,
) -> Result<(), UsageError> {
    for (name, span, may_be_zero) in [
        ("--timeout", Some(request.timeout), false),
        ("--deadline", request.deadline, false),
        ("--token-every", request.token_every, false),
        ("--drain", load.drain, true),
        ("--keepalive", Some(network.keepalive), true),
        ("--dns-ttl", Some(network.dns_ttl), true),
    ] {
        match span {
            Some(span) if span.0 == 0 && !may_be_zero => return Err(UsageError::Zero(name)),
            Some(span) if span.0 > MAX_WAIT_NS => return Err(UsageError::TooLong(name)),
            _ => {}
        }
    }
    for (name, number, most) in [
        ("--connections", network.connections, u64::MAX),
        ("--streams", Some(network.streams), MOST_STREAMS),
        ("--max-requests-per-connection", network.max_requests_per_connection, u64::MAX),
    ] {
        match number {
            Some(0) => return Err(UsageError::Zero(name)),
            Some(number) if number > most => return Err(UsageError::TooMany(name, most)),
            _ => {}
        }
    }
    if reporting.samples > MOST_SAMPLES {
        return Err(UsageError::TooMany("--samples", MOST_SAMPLES as u64));
    }
    Ok(())
}
