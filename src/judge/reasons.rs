//! The evidence that a verdict can have. To add a reason is to add a variant: its code is fixed for ever once it was
//! released, its sentence is not. docs/reference.md lists the codes.

use std::fmt;

use strum::{IntoStaticStr, VariantNames};

use crate::result::{ClientLoad, Figure, Mode, Reason, Subject};

/// The code of [`ServiceReason::BacklogGrows`], for those who only have the document.
pub(crate) const BACKLOG_GROWS: &str = "service.backlog_grows";

/// Most shards that are named in a sentence.
const MOST_NAMED: usize = 10;

/// Numbers of shards in a sentence.
pub(super) fn named(shards: &[u64]) -> String {
    let mut named: Vec<String> = shards.iter().take(MOST_NAMED).map(u64::to_string).collect();
    if shards.len() > MOST_NAMED {
        named.push(format!("and {} more", shards.len() - MOST_NAMED));
    }
    named.join(", ")
}

/// What speaks for the generator or against it. Times are in milliseconds unless their names say otherwise.
#[derive(Debug, Clone, PartialEq, IntoStaticStr, VariantNames)]
pub(crate) enum GeneratorReason {
    /// The client was too late for some of the arrivals, and did not send them.
    #[strum(serialize = "generator.missed")]
    Missed { missed: u64, offered: u64 },
    /// The client had no more CPU time, and what it should have sent in time was not sent, or late.
    #[strum(serialize = "generator.client_saturated")]
    ClientSaturated { client: ClientLoad, sent_per_s: f64, offered_per_s: f64 },
    /// Sending took longer than planned.
    #[strum(serialize = "generator.overrun")]
    Overrun { took_s: f64, planned_s: f64, sent_per_s: f64, offered_per_s: f64 },
    /// Ports or descriptors ran out.
    #[strum(serialize = "generator.client_limits")]
    ClientLimits { requests: u64 },
    /// The cap was full, and only for want of descriptors so low.
    #[strum(serialize = "generator.cap_lowered")]
    CapLowered { overflow: u64, offered: u64, cap: u64 },
    /// One request left very late, whatever the percentiles say.
    #[strum(serialize = "generator.stalled")]
    Stalled { longest_ms: f64 },
    /// The send lag is a large part of the response time; `mostly`: so large that the times are the client's own.
    #[strum(serialize = "generator.late")]
    Late { lag: (Figure, f64), response: (Figure, f64), part: f64, mostly: bool },
    /// Results of shards are not there.
    #[strum(serialize = "generator.shards_missing")]
    ShardsMissing { missing: Vec<u64>, count: u64 },
    /// One of several clients did not do its part.
    #[strum(serialize = "generator.worst_shard")]
    WorstShard { index: u64, count: u64, evidence: String },
    /// Shards that were to start together did not.
    #[strum(serialize = "generator.shards_apart")]
    ShardsApart { spread_ms: f64 },
    /// Nothing speaks against it.
    #[strum(serialize = "generator.on_time")]
    OnTime { mode: Mode, lag: (Figure, f64) },
    /// Nothing speaks against it, but hardly anything was sent.
    #[strum(serialize = "generator.too_few")]
    TooFew,
}

/// What speaks for the service or against it.
#[derive(Debug, Clone, PartialEq, IntoStaticStr, VariantNames)]
pub(crate) enum ServiceReason {
    /// The cap was full for this share of the arrivals.
    #[strum(serialize = "service.overflow")]
    Overflow { share: f64, cap: u64 },
    /// Only this share of what was sent was completely answered.
    #[strum(serialize = "service.unanswered")]
    Unanswered { answered: f64 },
    /// The backlog grows.
    #[strum(serialize = "service.backlog_grows")]
    BacklogGrows { per_s: f64, at_end: u64, completed_per_s: f64, offered_per_s: f64 },
    /// The backlog grew, and was worked off.
    #[strum(serialize = "service.backlog_grew")]
    BacklogGrew { to: f64 },
    /// The median response time grows.
    #[strum(serialize = "service.responses_grow")]
    ResponsesGrow { from_s: f64, to_s: f64 },
    /// There were answers, none of them good.
    #[strum(serialize = "service.no_good_answer")]
    NoGoodAnswer { statuses: Vec<(String, u64)> },
    /// A closed loop cannot tell.
    #[strum(serialize = "service.closed_loop")]
    ClosedLoop,
    /// No arrival became due.
    #[strum(serialize = "service.nothing_offered")]
    NothingOffered,
    /// The client was the limit.
    #[strum(serialize = "service.client_limit")]
    ClientLimit,
    /// Nothing speaks against it.
    #[strum(serialize = "service.keeping_up")]
    KeepingUp { completed_per_s: f64, offered_per_s: f64, in_flight_end: u64 },
}

impl GeneratorReason {
    /// Its stable name.
    pub(crate) fn code(&self) -> &'static str {
        self.into()
    }
}

impl ServiceReason {
    /// Its stable name.
    pub(crate) fn code(&self) -> &'static str {
        self.into()
    }
}

impl From<GeneratorReason> for Reason {
    fn from(reason: GeneratorReason) -> Self {
        Self { code: reason.code().to_owned(), on: Subject::Generator, text: reason.to_string() }
    }
}

impl From<ServiceReason> for Reason {
    fn from(reason: ServiceReason) -> Self {
        Self { code: reason.code().to_owned(), on: Subject::Service, text: reason.to_string() }
    }
}

/// Who kept the CPU from the client, if anybody did.
pub(super) fn kept_from_it(client: &ClientLoad) -> String {
    let parts = [
        (client.cpu_throttled_share, "the CPU quota of its control group stopped it"),
        (client.cpu_stolen_share, "the host of this virtual machine had its CPU"),
        (client.cpu_wait_share - client.cpu_throttled_share, "others on this machine had its core"),
    ];
    let told = parts.iter().filter(|(part, _)| *part >= 0.01);
    told.map(|(part, who)| format!(", {who} {} of it", percent(*part))).collect()
}

/// What helps.
pub(super) fn remedy(client: &ClientLoad) -> &'static str {
    if client.cpu_share >= client.kept_from_share() {
        "use more --threads, a lower rate, smaller messages or another machine"
    } else if client.cpu_throttled_share >= client.kept_from_share() / 2.0 {
        "raise the quota, or use a lower rate"
    } else {
        "stop what else runs here, or use another machine or a lower rate"
    }
}

impl fmt::Display for GeneratorReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missed { missed, offered } => write!(
                f,
                "the client was too late for {missed} of {offered} requests ({}); use --burst all to send them \
                 late, a lower rate or more --threads",
                percent(share(*missed, *offered))
            ),
            Self::ClientSaturated { client, sent_per_s, offered_per_s } => write!(
                f,
                "the client was the limit: its busiest thread worked {} of the time{}; {sent_per_s:.1}/s were sent of \
                 {offered_per_s:.1}/s; {}",
                percent(client.cpu_share),
                kept_from_it(client),
                remedy(client),
            ),
            Self::Overrun { took_s, planned_s, sent_per_s, offered_per_s } => write!(
                f,
                "the client needed {took_s:.1} s to send what was planned for {planned_s:.1} s: {sent_per_s:.1}/s of \
                 {offered_per_s:.1}/s; use a lower rate or more --threads"
            ),
            Self::ClientLimits { requests } => write!(
                f,
                "{requests} requests failed because this machine ran out of ports or descriptors; keep connections \
                 alive, raise `ulimit -n`, or widen net.ipv4.ip_local_port_range"
            ),
            Self::CapLowered { overflow, offered, cap } => write!(
                f,
                "{} of the requests found the cap of {cap} full, which is so low for want of file descriptors; raise `ulimit \
                 -n`, or give --max-in-flight",
                percent(share(*overflow, *offered))
            ),
            Self::Stalled { longest_ms } => write!(
                f,
                "the client stood still once: a request left {:.1} s late; see the run over time, and what else this \
                 machine did",
                longest_ms / 1e3
            ),
            Self::Late { lag, response, part, mostly } => {
                let ((lag, lag_ms), (response, response_ms), part) = (lag, response, percent(*part));
                if *mostly {
                    write!(
                        f,
                        "requests left late: send lag {lag} {lag_ms:.1} ms is {part} of the response {response} \
                         {response_ms:.1} ms, so the times are mostly the client's own; use a lower rate, more --threads \
                         or a less busy machine"
                    )
                } else {
                    write!(
                        f,
                        "requests left late: send lag {lag} {lag_ms:.2} ms is {part} of the response {response} \
                         {response_ms:.2} ms"
                    )
                }
            }
            Self::ShardsMissing { missing, count } => {
                write!(f, "of {count} shards the results of these are missing: {}", named(missing))
            }
            Self::WorstShard { index, count, evidence } => write!(f, "shard {index} of {count}: {evidence}"),
            Self::ShardsApart { spread_ms } => write!(
                f,
                "the shards started {spread_ms:.0} ms apart, so that at both ends only some of them sent; start them together \
                 with --rendezvous or --start-at"
            ),
            Self::OnTime { mode, lag: (figure, lag_ms) } => {
                let held = match mode {
                    Mode::Closed => "no user was held up by the client",
                    Mode::Open => "the schedule was held: no arrival missed",
                };
                let sign = if *mode == Mode::Closed { ':' } else { ',' };
                write!(f, "{held}{sign} send lag {figure} {lag_ms:.3} ms")
            }
            Self::TooFew => f.write_str("too few requests were sent to judge the send lag"),
        }
    }
}

impl fmt::Display for ServiceReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ClientLimit => f.write_str(
                "the client was the limit, so nothing is known of how the service does at this rate",
            ),
            Self::Overflow { share, cap } => {
                write!(f, "{} of the arrivals found the cap of {cap} in flight full", percent(*share))
            }
            Self::Unanswered { answered } => {
                write!(f, "only {} of the requests sent were completely answered", percent(*answered))
            }
            Self::BacklogGrows { per_s, at_end, completed_per_s, offered_per_s } => write!(
                f,
                "the backlog grew by {per_s:.1} requests a second, to {at_end} at the end: {completed_per_s:.1}/s were \
                 completed of {offered_per_s:.1}/s offered"
            ),
            Self::BacklogGrew { to } => write!(
                f,
                "the backlog grew to {to:.0} requests before the end, and all that came meanwhile waited behind it"
            ),
            Self::ResponsesGrow { from_s, to_s } => write!(
                f,
                "answers became slower all the time: the median was {:.1} ms in the first part of the run and {:.1} ms in \
                 the last",
                from_s * 1e3,
                to_s * 1e3
            ),
            Self::NoGoodAnswer { statuses } => {
                let answers: Vec<String> =
                    statuses.iter().map(|(status, count)| format!("{count} x {status}")).collect();
                write!(
                    f,
                    "not one good answer ({}), so nothing is known of the work that the service should do; are the URL \
                     and the request right?",
                    answers.join(", ")
                )
            }
            Self::ClosedLoop => f.write_str(
                "a closed loop sends only as fast as answers come, so it cannot show whether the service keeps up with a \
                 rate",
            ),
            Self::NothingOffered => f.write_str("nothing was offered, so nothing is known of the service"),
            Self::KeepingUp { completed_per_s, offered_per_s, in_flight_end } => write!(
                f,
                "no growing backlog: {completed_per_s:.1}/s were completed of {offered_per_s:.1}/s offered, and \
                 {in_flight_end} requests were under way at the end"
            ),
        }
    }
}

/// A share of 1; 0 of nothing.
pub(super) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// A share as a percentage.
pub(super) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent >= 10.0 { format!("{percent:.0} %") } else { format!("{percent:.2} %") }
}
