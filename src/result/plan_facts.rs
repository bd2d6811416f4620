//! What the result says of the plan.

use serde::{Deserialize, Serialize};

use super::phase_facts::PhaseFacts;
use crate::schedule::Arrivals;

/// Where arrivals come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// From a schedule, whatever the answers do.
    Open,
    /// From users, each waiting for its last answer.
    Closed,
}

/// Depth of the token bucket: how many tokens a late client may use at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(into = "BurstText", try_from = "BurstText")]
pub enum BurstDepth {
    /// All: late requests are sent late.
    All,
    /// This many: what the bucket cannot hold is missed.
    Tokens(u32),
}

/// How a [`BurstDepth`] is written: `"all"` or a number.
#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
enum BurstText {
    Word(#[cfg_attr(test, schemars(extend("const" = "all")))] String),
    Tokens(#[cfg_attr(test, schemars(range(min = 1)))] u32),
}

impl From<BurstDepth> for BurstText {
    fn from(depth: BurstDepth) -> Self {
        match depth {
            BurstDepth::All => Self::Word("all".to_owned()),
            BurstDepth::Tokens(tokens) => Self::Tokens(tokens),
        }
    }
}

impl TryFrom<BurstText> for BurstDepth {
    type Error = String;

    fn try_from(text: BurstText) -> Result<Self, String> {
        match text {
            BurstText::Tokens(tokens) if tokens > 0 => Ok(Self::Tokens(tokens)),
            BurstText::Word(word) if word == "all" => Ok(Self::All),
            _ => Err("burst is \"all\" or a number above 0".to_owned()),
        }
    }
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(extend("allOf" = super::schema_values::by_mode())))]
pub struct PlanFacts {
    /// The name that the user gave the result; null where there is none.
    #[serde(default)]
    pub name: Option<String>,
    /// The file of flags, and the preset in it; absent where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<String>,
    /// Where arrivals come from: a schedule (open loop), or users who each wait for their last answer (closed loop).
    pub mode: Mode,
    /// Total rate of an open loop, arrivals per second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_per_s: Option<f64>,
    /// Users of a closed loop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<u64>,
    /// Requests of a closed loop that ends after so many; then the duration is what they took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests: Option<u64>,
    /// The rate that users of a closed loop would have sent at, had they not waited: for a modelled correction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_rate_per_s: Option<f64>,
    /// How long each user of a closed loop waits after an answer, seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub think_time_s: Option<f64>,
    /// The phases of a rate that changes; empty where it is constant. The rate of the plan is then the mean.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub phases: Vec<PhaseFacts>,
    /// Length of the measured phase, seconds.
    pub duration_s: f64,
    /// Spacing of the arrivals of an open loop. Those of a replay come as they were recorded, at a rate that nobody knew
    /// beforehand: the rate of the plan is the mean, and all of it is one phase.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrivals: Option<Arrivals>,
    /// How much faster than it was recorded a replay went; absent where nothing was replayed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speed: Option<f64>,
    /// Seed of the random arrivals.
    pub seed: u64,
    /// Depth of the token bucket.
    pub burst: BurstDepth,
    /// The concurrency cap, requests in flight at once.
    pub max_in_flight: u64,
    /// Whether the cap is lower than it should be, because this machine had no more file descriptors.
    #[serde(default)]
    pub is_cap_lowered: bool,
    /// What an arrival does that finds the cap full: `drop` or `queue`.
    #[cfg_attr(test, schemars(extend("enum" = ["drop", "queue"])))]
    pub overflow: String,
    /// How many arrivals may wait for the cap.
    pub queue: u64,
    /// Worker threads.
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub threads: u64,
    /// Length of the warm-up, seconds.
    pub warmup_s: f64,
    /// Longest service time before a request counts as timed out, seconds.
    pub timeout_s: f64,
    /// Longest response time before a good answer counts as late, seconds; null: none.
    pub deadline_s: Option<f64>,
    /// Longest wait for the last answers, seconds.
    pub drain_s: f64,
    /// Whether connections are kept for the next request.
    pub keepalive: bool,
    /// New connections per second at most; null: no limit.
    pub connect_rate_per_s: Option<f64>,
    /// Request method.
    pub method: String,
    /// Where the requests went, without host and query.
    pub target: String,
    /// Length of an interval of the series, seconds.
    pub series_interval_s: f64,
    /// What the traffic is made of; its fields stand beside the others.
    #[serde(flatten)]
    pub traffic: TrafficFacts,
}

/// What was asked of connections and requests. Results of earlier versions have none of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default)]
pub struct TrafficFacts {
    /// How long an unused connection is kept, in seconds; null: until the end.
    pub keepalive_idle_s: Option<f64>,
    /// Requests that a connection carries at most; null: no limit.
    pub max_requests_per_connection: Option<u64>,
    /// The number of connections that was asked for; null: as many as it takes.
    pub connections: Option<u64>,
    /// Requests at once on one connection (HTTP/2); null: as many as the server allows.
    pub streams: Option<u64>,
    /// Whether certificates were checked; false: nobody knows who answered; null: no TLS.
    pub tls_verification: Option<bool>,
    /// Addresses that connections of an origin go to in turn; 0: not known.
    pub addresses: u64,
    /// The scheme of the proxy that connections went through; null: none.
    #[cfg_attr(test, schemars(extend("enum" = ["http", "socks5", "socks5h", null])))]
    pub proxy: Option<String>,
    /// How request bodies were compressed; absent where they were not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(extend("enum" = ["gzip", "zstd", null])))]
    pub body_coding: Option<String>,
    /// Whether redirects were followed; absent where they were not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub follows_redirects: bool,
    /// Tokens in rotation; 0: none.
    pub tokens: u64,
    /// Rows of data that requests were made from; 0: none.
    pub data_rows: u64,
}
