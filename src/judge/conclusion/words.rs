//! The words of a conclusion: short, for one line.

use crate::judge::reasons::{GeneratorReason, kept_from_it, remedy};
use crate::measure::{ErrorKind, NotFollowed};
use crate::result::Summary;

pub(super) use crate::judge::reasons::percent;

/// Why the client was the limit, and what helps.
pub(super) fn client_limit(reason: &GeneratorReason) -> (String, &'static str) {
    let less_load = "use a lower rate, more --threads, or a less busy machine";
    match reason {
        GeneratorReason::ClientSaturated { client, sent_per_s, offered_per_s } => {
            let evidence = format!(
                "its busiest thread worked {} of the time{}; {} of {}/s sent",
                percent(client.cpu_share),
                kept_from_it(client),
                rate(*sent_per_s),
                rate(*offered_per_s),
            );
            (evidence, remedy(client))
        }
        GeneratorReason::Missed { missed, offered } => {
            (format!("it was too late to send {} of {} requests", count(*missed), count(*offered)), less_load)
        }
        GeneratorReason::Overrun { took_s, planned_s, .. } => (
            format!("it took {} to send what was planned for {}", seconds(*took_s), seconds(*planned_s)),
            less_load,
        ),
        GeneratorReason::ClientLimits { requests } => (
            format!("it ran out of ports or descriptors for {} requests", count(*requests)),
            "keep connections alive, raise `ulimit -n`, or widen net.ipv4.ip_local_port_range",
        ),
        GeneratorReason::CapLowered { overflow, cap, .. } => (
            format!(
                "its cap of {cap}, so low for want of descriptors, was full for {} requests",
                count(*overflow)
            ),
            "raise `ulimit -n`, or give --max-in-flight",
        ),
        GeneratorReason::Late { part, .. } => {
            (format!("its own lateness is {} of the response times", percent(*part)), less_load)
        }
        other => (other.to_string(), less_load),
    }
}

/// The kinds of answers and failures that are not good, the most frequent first.
pub(super) fn faults(summary: &Summary) -> String {
    let ledger = &summary.ledger;
    let mut faults: Vec<(u64, String)> = Vec::new();
    let has_bad_status = ledger.http_error > ledger.unexpected_body;
    let bad = |status: &str| has_bad_status && (!status.starts_with('2') || ledger.ok == 0);
    let statuses = summary.status_codes.iter().filter(|(status, _)| bad(status));
    faults.extend(statuses.map(|(status, times)| (*times, format!("{} x {status}", count(*times)))));
    let unexpected = ledger.unexpected_body;
    faults.push((unexpected, format!("{unexpected} x an unexpected body")));
    let kinds = summary.errors.iter();
    faults.extend(kinds.map(|error| (error.count, format!("{} x {}", error.count, error.kind.describe()))));
    let (overflow, unfinished) = (ledger.overflow, ledger.unfinished);
    faults.push((overflow, format!("{overflow} x the cap was full")));
    faults.push((unfinished, format!("{unfinished} x no answer in time")));
    faults.retain(|(count, _)| *count > 0);
    faults.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    let told: Vec<String> = faults.into_iter().take(3).map(|(_, fault)| fault).collect();
    told.join(", ")
}

/// All statuses, without their counts.
pub(super) fn statuses(summary: &Summary) -> String {
    let statuses: Vec<&str> = summary.status_codes.keys().map(String::as_str).collect();
    statuses.join(" or ")
}

/// Why what was sent last was not answered.
pub(super) fn why_unanswered(summary: &Summary) -> &'static str {
    let ledger = &summary.ledger;
    let broken = summary
        .errors
        .iter()
        .filter(|error| error.kind != ErrorKind::Timeout)
        .max_by_key(|error| error.count);
    match broken {
        Some(error) if ledger.connection_error >= ledger.timeout.saturating_add(ledger.unfinished) => {
            error.kind.describe()
        }
        _ => "no answer",
    }
}

/// What to do about the most frequent fault.
pub(crate) fn remedy_of_faults(summary: &Summary) -> &'static str {
    let ledger = &summary.ledger;
    if ledger.http_error == 0 {
        let most = summary.errors.iter().max_by_key(|error| error.count);
        if let Some(remedy) = most.and_then(|error| remedy_of_proxy(error.kind, summary)) {
            return remedy;
        }
        return match (
            ledger.connection_error > ledger.timeout,
            ledger.overflow > ledger.sent.saturating_sub(ledger.ok),
        ) {
            (_, true) => "see the run over time in --details: was the service still for a while?",
            (true, _) => "is the service running, and the URL right? See its own log",
            (false, _) => "see the service's own log; --timeout if it may take longer",
        };
    }
    if ledger.unexpected_body > ledger.http_error / 2 {
        return "see the samples in --details, and --debug, for what the answers hold instead";
    }
    let most =
        summary.status_codes.iter().filter(|(status, _)| !status.starts_with('2')).max_by_key(|(_, n)| **n);
    match most.map_or("", |(status, _)| status.as_str()) {
        "401" | "403" | "407" => "give what it asks for: -H 'Authorization: ...', or --tokens FILE",
        "429" => "try a lower rate: the service limits that of each client",
        "503" => "try a lower rate: the service turns requests away",
        "304" => {
            "it was asked whether something has changed: leave out If-None-Match and the like, or --expect-status 304"
        }
        status if status.starts_with('3') && summary.plan.traffic.follows_redirects => {
            let mut said = summary.samples.iter().filter_map(|sample| sample.error.as_deref());
            said.find_map(NotFollowed::of_words).map_or(
                "give the URL that it leads to: -L follows 20 redirects, within the origins that the load names",
                NotFollowed::remedy,
            )
        }
        status if status.starts_with('3') => {
            "give the URL that it leads to, or follow redirects within the load's origins: -L"
        }
        status if status.starts_with('4') => "are the URL, the method and the body right?",
        _ => "see the service's own log",
    }
}

/// What to do about a proxy that opens no tunnel.
fn remedy_of_proxy(kind: ErrorKind, summary: &Summary) -> Option<&'static str> {
    let is_proxied = summary.plan.traffic.proxy.is_some();
    match kind {
        ErrorKind::ProxyAuth => {
            Some("give the proxy what it asks for: --proxy http://USER:PASSWORD@HOST:PORT")
        }
        ErrorKind::ProxyRefused => {
            Some("may the proxy connect to the target, and is the target running? See the proxy's own log")
        }
        ErrorKind::ProxyFailed => {
            Some("is it a proxy of this scheme (http://, socks5://, socks5h://)? See its own log")
        }
        ErrorKind::ConnectRefused | ErrorKind::ConnectFailed | ErrorKind::ConnectTimeout if is_proxied => {
            Some("is the proxy running, and has it room for so many connections? See its own log")
        }
        _ => None,
    }
}

/// A rate without a unit: 296.8, 17,920.
pub(super) fn rate(per_s: f64) -> String {
    if per_s < 1_000.0 { format!("{per_s:.1}") } else { count(per_s.round() as u64) }
}

/// A number of requests, with commas between the thousands.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Two significant digits, rounded down: what is proposed should be no hair too high.
pub(super) fn rounded_down(per_s: f64) -> String {
    if per_s < 1.0 {
        return format!("{per_s:.2}");
    }
    let unit = 10_f64.powf(per_s.log10().floor() - 1.0);
    let rounded = (per_s / unit).floor() * unit;
    if unit < 1.0 { format!("{rounded:.1}") } else { format!("{rounded:.0}") }
}

/// A length: 10 s, 0.5 s.
pub(super) fn seconds(seconds: f64) -> String {
    if seconds.fract() == 0.0 { format!("{seconds:.0} s") } else { format!("{seconds:.1} s") }
}

/// A length to be tried: the next of these.
pub(super) fn round_length(at_least_s: f64) -> String {
    let lengths = [
        (10.0, "10s"),
        (20.0, "20s"),
        (30.0, "30s"),
        (60.0, "60s"),
        (120.0, "2m"),
        (300.0, "5m"),
        (600.0, "10m"),
        (1_200.0, "20m"),
        (1_800.0, "30m"),
    ];
    let found = lengths.iter().find(|(length_s, _)| *length_s >= at_least_s);
    found.map_or("60m", |(_, name)| name).to_owned()
}
