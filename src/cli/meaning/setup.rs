//! What every command that sends requests has to set up, whatever it sends then.

use std::path::PathBuf;

use super::super::args::{Live, LoadArgs, NetworkArgs, ReportingArgs, RequestArgs, TrafficArgs};
use super::super::curl;
use super::super::invocation::Typed;
use super::super::values::Span;
use super::target::{TargetChoice, model_of, url_of};
use super::{Requests, Sharding, UsageError};
use crate::judge::AbortWatch;
use crate::request::Scheme;
use crate::schedule::NANOS_PER_S;
use crate::transport::{HttpVersions, Timestamps, TlsOptions, WireOptions, has_kernel_stamps};

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
    /// Which part of a schedule is sent from here, and when it starts.
    pub sharding: Sharding,
    /// When a run ends before its time.
    pub abort: AbortWatch,
    /// Where a line is written each second.
    pub stream: Option<PathBuf>,
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
        let requests = Requests::new(traffic, load.seed, reporting.no_redact, url.as_ref(), typed)?;
        let target = match url {
            Some(url) => TargetChoice::Url(url),
            None if requests.need_url() => TargetChoice::BuiltIn(model_of(&traffic.service, load.seed)?),
            None => TargetChoice::FromFile,
        };
        warnings.extend(requests.warnings());
        let own_body = traffic.request.body.as_deref().filter(|_| traffic.request.curl.is_none());
        warnings.extend(own_body.and_then(misread));
        warnings.extend(traffic.request.curl.as_deref().and_then(without_meaning));
        warnings.extend(without_effect(traffic, &target, typed));
        let wire = wire_of(&traffic.network, typed)?;
        if wire.versions == HttpVersions::Http2 && matches!(target, TargetChoice::BuiltIn(_)) {
            return Err(UsageError::BuiltInHttp2);
        }
        Ok(Self {
            target,
            requests,
            wire,
            name: reporting.name.clone().filter(|name| !name.trim().is_empty()),
            sharding: Sharding::default(),
            abort: AbortWatch::default(),
            stream: None,
            live: reporting.live,
            quiet: reporting.quiet,
            warnings,
        })
    }
}

/// A body that its user may not have meant as one.
fn misread(body: &str) -> Option<String> {
    let is_length = body.ends_with(|last: char| last.is_ascii_alphabetic()) && body.parse::<Span>().is_ok();
    if is_length {
        return Some(format!(
            "-d is the request body, as in curl, so the target receives the text `{body}`; for the length of the run write \
             --duration {body}"
        ));
    }
    body.contains("{{").then(|| {
        "the body holds `{{`, so double braces stand for single ones, and {name} for a value; double them once more to send \
         them as they are"
            .to_owned()
    })
}

/// What a command of curl says that means nothing here.
fn without_meaning(command: &str) -> Option<String> {
    let left_out = curl::read(command).ok()?.left_out;
    (!left_out.is_empty()).then(|| {
        let follows = left_out.iter().any(|option| option == "--location");
        let redirects =
            if follows { "; redirects are not followed, and count as answers that are not good" } else { "" };
        format!(
            "of the curl command this has no meaning here and was left out: {}{redirects}",
            left_out.join(", ")
        )
    })
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
    if args.timestamps == Timestamps::Kernel && (args.unix_socket.is_some() || !has_kernel_stamps()) {
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
        unix_socket: args.unix_socket.clone(),
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
