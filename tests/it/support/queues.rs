//! Queues without a network, a clock or a runtime: what a run against a service of known capacity would have shown.
//!
//! Fast, because thousands of trials are simulated in a debug build: a generator of a few instructions, a service time
//! that is looked up, and Kiefer and Wolfowitz' recursion over a handful of workers.

use rpsbench::internals::Observed;

use super::turn::side_by_side;

/// Pseudo-random numbers (SplitMix64: Steele, Lea and Flood, 2014).
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in (0, 1).
    pub fn uniform(&mut self) -> f64 {
        ((self.next() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// Exponential with mean 1.
    pub fn exponential(&mut self) -> f64 {
        -self.uniform().ln()
    }

    /// Standard normal (Box and Muller, 1958).
    pub fn normal(&mut self) -> f64 {
        (2.0 * self.exponential()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

/// How arrivals are spaced.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Arrivals {
    /// Evenly: what rpsbench sends unless told otherwise.
    Constant,
    /// As independent users come.
    Poisson,
}

/// How long the work on one request takes, in means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Times {
    Exponential,
    Constant,
    /// With the sigma of the built-in service: 0.62.
    LogNormal,
}

/// A first-in, first-out queue in front of equal workers.
#[derive(Debug, Clone, Copy)]
pub struct Queue {
    pub arrivals: Arrivals,
    pub times: Times,
    pub workers: usize,
    /// Requests per second that all workers together can do.
    pub capacity_per_s: f64,
}

/// What a trial showed.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    /// For the detector.
    pub observed: Observed,
    /// Response times of all arrivals, in the order of arrival, in seconds.
    pub responses_s: Vec<f64>,
}

impl Shown {
    /// Share of the arrivals that were slower than this.
    pub fn slower_than(&self, limit_s: f64) -> f64 {
        let mut slower = 0_usize;
        for response_s in &self.responses_s {
            slower += usize::from(*response_s > limit_s);
        }
        slower as f64 / self.responses_s.len() as f64
    }
}

impl Queue {
    fn draw(&self, random: &mut Random) -> f64 {
        match self.times {
            Times::Exponential => random.exponential(),
            Times::Constant => 1.0,
            Times::LogNormal => (0.62 * random.normal() - 0.5 * 0.62 * 0.62).exp(),
        }
    }

    /// A run at `rate_per_s`, measured for `seconds` after a warm-up of `warmup_s` that starts with an empty queue.
    pub fn run(&self, rate_per_s: f64, seconds: f64, warmup_s: f64, random: &mut Random) -> Shown {
        let _turn = side_by_side();
        let mean_s = self.workers as f64 / self.capacity_per_s;
        let intervals = seconds.ceil() as usize;
        let mut free_s = vec![-warmup_s; self.workers];
        // Arrivals less departures in each interval: their running sum is the backlog.
        let mut change = vec![0_i64; intervals];
        let mut backlog_at_start = 0_i64;
        let mut medians = Vec::with_capacity(intervals);
        let mut responses_s = Vec::with_capacity((rate_per_s * seconds) as usize);
        let mut interval_from = 0;
        let mut fastest_s = f64::MAX;
        let mut now_s = -warmup_s;
        let mut index = 0_u64;
        loop {
            index += 1;
            now_s = match self.arrivals {
                Arrivals::Constant => index as f64 / rate_per_s - warmup_s,
                Arrivals::Poisson => now_s + random.exponential() / rate_per_s,
            };
            if now_s >= seconds {
                break;
            }
            let mut first = 0;
            for worker in 1..self.workers {
                if free_s[worker] < free_s[first] {
                    first = worker;
                }
            }
            let service_s = mean_s * self.draw(random);
            let start_s = if free_s[first] > now_s { free_s[first] } else { now_s };
            let end_s = start_s + service_s;
            free_s[first] = end_s;
            if now_s < 0.0 {
                backlog_at_start += 1;
            } else {
                let interval = now_s as usize;
                while medians.len() < interval {
                    medians.push(median(&responses_s[interval_from..]));
                    interval_from = responses_s.len();
                }
                change[interval] += 1;
                responses_s.push(end_s - now_s);
                fastest_s = fastest_s.min(service_s);
            }
            if end_s < 0.0 {
                backlog_at_start -= 1;
            } else if (end_s as usize) < intervals {
                change[end_s as usize] -= 1;
            }
        }
        medians.push(median(&responses_s[interval_from..]));
        let mut level = backlog_at_start;
        let backlog = change
            .iter()
            .map(|change| {
                level += change;
                level as f64
            })
            .collect();
        let offered = responses_s.len() as u64;
        let observed = Observed {
            offered,
            overflow: 0,
            sent: offered,
            answered: offered,
            offered_per_s: offered as f64 / seconds,
            fastest_s,
            backlog,
            median_s: medians,
            ..Observed::default()
        };
        Shown { observed, responses_s }
    }
}

fn median(values: &[f64]) -> Option<f64> {
    let mut values = values.to_vec();
    let middle = values.len() / 2;
    (values.len() >= 10).then(|| *values.select_nth_unstable_by(middle, f64::total_cmp).1)
}
