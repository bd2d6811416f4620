//! Names in place of hosts and addresses.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use aho_corasick::{AhoCorasick, Match};
use regex::Regex;

use super::patterns::{HIDDEN, ends_word, regex};

/// So many hosts are told apart; a server that answers with ever new ones must not fill the memory.
const MAX_NAMES: usize = 1000;

/// Hosts for any thread, and whether they are shown.
#[derive(Debug)]
pub(super) struct Naming {
    pub show_hosts: bool,
    /// Texts are redacted outside the hot path: a lock is cheap enough.
    hosts: Mutex<Hosts>,
}

impl Naming {
    pub(super) fn new(show_hosts: bool, hosts: Hosts) -> Self {
        Self { show_hosts, hosts: Mutex::new(hosts) }
    }

    pub(super) fn hosts(&self) -> MutexGuard<'_, Hosts> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hosts and the numbers in their names: the first is `host-1`.
pub(super) struct Hosts {
    numbers: HashMap<String, usize>,
    /// Finds the hosts known from the start, the only ones that are looked for in plain text; `None` without any.
    finder: Option<AhoCorasick>,
    /// The numbers of those hosts, in the order of the finder's patterns, behind [`OWN_NAMES`] of 0.
    found_numbers: Vec<usize>,
    known: usize,
}

/// The finder also knows how our own names begin (`host-0` to `host-9`), so that a host called `host` leaves them alone.
const OWN_NAMES: usize = 10;

impl fmt::Debug for Hosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hosts({})", self.numbers.len())
    }
}

impl Hosts {
    /// Numbers hosts in order, from 1; these are also found in plain text.
    pub(super) fn new<'a>(known: impl Iterator<Item = &'a str>) -> Self {
        let mut numbers = HashMap::new();
        let mut patterns: Vec<String> = (0..OWN_NAMES).map(|digit| format!("host-{digit}")).collect();
        let mut found_numbers = vec![0; OWN_NAMES];
        for host in known.map(canonical) {
            let number = numbers.len() + 1;
            // Addresses are found by their form.
            if !numbers.contains_key(&host) && !host.is_empty() && host.parse::<IpAddr>().is_err() {
                patterns.push(host.clone());
                found_numbers.push(number);
            }
            numbers.entry(host).or_insert(number);
        }
        let finder = AhoCorasick::builder().ascii_case_insensitive(true).build(patterns);
        debug_assert!(finder.is_ok(), "there are fewer than 2^31 hosts");
        Self { known: numbers.len(), numbers, finder: finder.ok(), found_numbers }
    }

    /// The name of a host without its port: always the same for the same host. A name stays what it is, and so does
    /// what is hidden already.
    pub(super) fn name(&mut self, host: &str) -> String {
        let host = canonical(host);
        if let Some(number) = self.numbers.get(&host) {
            return format!("host-{number}");
        }
        if is_name(&host) {
            return host;
        }
        if host.contains(HIDDEN) {
            return HIDDEN.to_owned();
        }
        if self.numbers.len() >= MAX_NAMES.max(self.known) {
            return "host-n".to_owned();
        }
        let number = self.numbers.len() + 1;
        self.numbers.insert(host, number);
        format!("host-{number}")
    }

    /// The name of a host with or without its port.
    pub(super) fn authority(&mut self, authority: &str) -> String {
        let host = match authority.rsplit_once(':') {
            Some((host, _)) if host.ends_with(']') || !host.contains(':') => host,
            _ => authority,
        };
        self.name(host)
    }

    /// Names the known hosts wherever they stand, with their ports. A host with a dot in it is replaced within a word
    /// too; one without, such as `api`, only as a word of its own.
    pub(super) fn replace_known(&self, text: &str) -> String {
        let Some(finder) = &self.finder else { return text.to_owned() };
        let starts_word = |found: &Match| ends_word(text[..found.start()].chars().next_back());
        let is_word = |found: &Match| starts_word(found) && ends_word(text[found.end()..].chars().next());
        let is_own = |found: &Match| found.pattern().as_usize() < OWN_NAMES;
        let counts = |found: &Match| match is_own(found) {
            true => starts_word(found),
            false => text[found.range()].contains('.') || is_word(found),
        };
        let mut found: Vec<Match> = finder.find_overlapping_iter(text).filter(counts).collect();
        // A longer host may stand where the name of a shorter one begins.
        found.sort_by_key(|found| (found.start(), Reverse(found.end())));
        let (mut shown, mut at) = (String::with_capacity(text.len()), 0);
        for found in found {
            if found.start() < at {
                continue;
            }
            shown.push_str(&text[at..found.start()]);
            at = found.end();
            match is_own(&found) {
                true => shown.push_str(&text[found.range()]),
                false => {
                    shown.push_str(&format!("host-{}", self.found_numbers[found.pattern().as_usize()]));
                    at += port_length(&text[at..]);
                }
            }
        }
        shown.push_str(&text[at..]);
        shown
    }
}

/// However an address is written, it is one host.
fn canonical(host: &str) -> String {
    let bare = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.');
    let bare = bare.split('%').next().filter(|start| start.contains(':')).unwrap_or(bare);
    bare.parse::<IpAddr>().map_or_else(|_| bare.to_lowercase(), |address| address.to_string())
}

fn is_name(host: &str) -> bool {
    host.strip_prefix("host-")
        .is_some_and(|n| n == "n" || !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

/// How long the port is, with its colon, that a text begins with; 0 without one.
fn port_length(text: &str) -> usize {
    static PORT: LazyLock<Regex> = LazyLock::new(|| regex(r"^(?::|%3[Aa])[0-9]+(\.[0-9])?"));
    // Digits that go on with a dot are an address.
    PORT.captures(text).filter(|port| port.get(1).is_none()).map_or(0, |port| port[0].len())
}
