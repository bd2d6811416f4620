//! What is shown in place of URLs, queries and addresses.

use std::net::Ipv6Addr;

use percent_encoding::percent_decode_str;
use regex::Captures;

use super::hosts::Naming;
use super::patterns::{HIDDEN, looks_secret};

/// A longer name without a value is a bare token in a query.
const LONGEST_BARE_NAME: usize = 12;

/// A query, if it is one, behind what stands before it.
pub(super) fn query(found: &Captures<'_>, naming: &Naming) -> String {
    let (before, query) = (&found["before"], &found["query"]);
    match query.contains(['=', '/']) || before.contains('/') {
        true => format!("{before}?{}", shown_query(query, naming.show_hosts)),
        false => found[0].to_owned(),
    }
}

/// What may be shown of a query, without its question mark.
pub(super) fn shown_query(query: &str, show_hosts: bool) -> String {
    let (query, fragment) = query.split_once('#').map_or((query, false), |(query, _)| (query, true));
    let shown = |pair: &str| match pair.split_once('=') {
        _ if pair.is_empty() => String::new(),
        // A value may hold a pair of its own.
        Some(_) if show_hosts && !pair.rsplit_once('=').is_some_and(|(names, _)| looks_secret(names)) => {
            pair.to_owned()
        }
        None if show_hosts => pair.to_owned(),
        // A long name without a value is a bare token that ends with the padding of base64.
        Some((name, value)) if value.trim_matches('=').is_empty() && name.len() > LONGEST_BARE_NAME => {
            HIDDEN.to_owned()
        }
        Some((name, _)) => format!("{name}={HIDDEN}"),
        None => HIDDEN.to_owned(),
    };
    let pairs: Vec<String> = query.split('&').map(shown).collect();
    // A fragment is where some services hand over tokens.
    format!("{}{}", pairs.join("&"), if fragment { "#***" } else { "" })
}

/// A URL of any scheme up to the end of its host and port: without user and password, and with the name of its host.
pub(super) fn url(found: &Captures<'_>, naming: &Naming) -> String {
    let group = |name| found.name(name).map_or("", |group| group.as_str());
    let (slashes, port, equals) = (group("slashes"), group("port"), group("equals"));
    let host = group("host").trim_end_matches('.');
    let dots = &group("host")[host.len()..];
    // A name with a value is no host, and whoever hides the value must still find the name.
    let names_a_value = |name: &str| !equals.is_empty() && looks_secret(name);
    if naming.show_hosts || host.is_empty() || port.is_empty() && names_a_value(host) {
        return format!("{slashes}{host}{dots}{port}{equals}");
    }
    let dots = if port.is_empty() { dots } else { "" };
    let port = if names_a_value(port) { port } else { "" };
    format!("{slashes}{}{dots}{port}{equals}", naming.hosts().name(host))
}

/// The same without the slashes: a host behind a user and a password.
pub(super) fn userinfo(found: &Captures<'_>, naming: &Naming) -> String {
    format!("{HIDDEN}{}", url(found, naming))
}

/// The same for a URL that is the value of another, as in `?next=https%3A%2F%2FHOST%2F`.
pub(super) fn encoded_url(found: &Captures<'_>, naming: &Naming) -> String {
    let authority = &found["authority"];
    let userinfo =
        [("@", 1), ("%40", 3)].map(|(at, length)| authority.rfind(at).map_or(0, |place| place + length));
    let host = &authority[userinfo[0].max(userinfo[1])..];
    if naming.show_hosts || host.is_empty() {
        return format!("{}{host}", &found["slashes"]);
    }
    let decoded = percent_decode_str(host).decode_utf8_lossy();
    format!("{}{}", &found["slashes"], naming.hosts().authority(&decoded))
}

/// An IPv6 address, if it is one, with its zone, brackets and port.
pub(super) fn ipv6(found: &Captures<'_>, naming: &Naming) -> String {
    let group = |name| found.name(name).map_or("", |group| group.as_str());
    if let Some(address) = found.name("bracketed") {
        return match is_ipv6(address.as_str(), false) {
            true => naming.hosts().name(address.as_str()),
            false => found[0].to_owned(),
        };
    }
    let (before, run, zone, after) = (group("before"), group("run"), group("zone"), group("after"));
    let address = run.trim_end_matches('.');
    // `key: ::1`: a single colon at the end belongs to the sentence.
    let address = address.strip_suffix(':').filter(|less| !less.ends_with(':')).unwrap_or(address);
    if !is_ipv6(address, !before.is_empty() || zone.is_empty() && !after.is_empty()) {
        return found[0].to_owned();
    }
    let rest = &run[address.len()..];
    let zone = if rest.is_empty() { "" } else { zone };
    format!("{before}{}{rest}{zone}{after}", naming.hosts().name(address))
}

/// Whether hexadecimal digits, colons and dots are an IPv6 address. A time (12:34:56) has too few colons, a path of a
/// program (`std::fmt`) has letters at its sides and no digit.
fn is_ipv6(run: &str, within_word: bool) -> bool {
    let colons = run.bytes().filter(|&b| b == b':').count();
    let has_digit = run.bytes().any(|b| b.is_ascii_digit());
    colons >= 5
        || run.contains("::") && has_digit
        || colons >= 2 && !within_word && run.len() > 2 && run.parse::<Ipv6Addr>().is_ok()
}

/// IPv4 addresses with a colon between them, and the port of the last.
pub(super) fn ipv4(found: &Captures<'_>, naming: &Naming) -> String {
    let mut hosts = naming.hosts();
    let names: Vec<String> = found["addresses"].split(':').map(|address| hosts.name(address)).collect();
    names.join(":")
}

/// A host with or without a port.
pub(super) fn host(found: &Captures<'_>, naming: &Naming) -> String {
    naming.hosts().authority(&found[0])
}
