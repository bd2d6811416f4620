//! Objectives that no result can meet together.

use super::Slo;
use super::slo::{Bound, Side};

impl Slo {
    /// Two objectives that exclude each other, such as `p99<100ms` and `p50>200ms`: a higher percentile is never below a
    /// lower one. `None` when there is no such pair.
    pub fn contradiction(slos: &[Self]) -> Option<(String, String)> {
        let pairs = slos.iter().flat_map(|upper| slos.iter().map(move |lower| (upper, lower)));
        let mut wrong = pairs.filter(|(upper, lower)| {
            let (most, least): (Bound, Bound) = (upper.bound(), lower.bound());
            let is_pair =
                most.side == Side::Upper && least.side == Side::Lower && most.family == least.family;
            let touch = least.limit == most.limit && (least.is_strict || most.is_strict);
            is_pair && most.rank >= least.rank && (least.limit > most.limit || touch)
        });
        wrong.next().map(|(upper, lower)| (upper.to_string(), lower.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contradicts(texts: &[&str]) -> bool {
        let slos: Vec<Slo> = texts.iter().map(|text| text.parse().unwrap()).collect();
        Slo::contradiction(&slos).is_some()
    }

    #[test]
    fn what_no_result_can_meet_is_found() {
        assert!(contradicts(&["p99<100ms", "p99>200ms"]));
        assert!(contradicts(&["p99<100ms", "p50>200ms"]));
        assert!(contradicts(&["max<=1ms", "p99.9>1ms"]) && !contradicts(&["max<=1ms", "p99.9>=1ms"]));
        assert!(contradicts(&["error_rate<1%", "error_rate>=1%"]));
        assert!(!contradicts(&["p99<500ms", "p50>200ms", "error_rate<1%", "achieved>99%"]));
        assert!(!contradicts(&["p50<100ms", "p99>200ms"]), "a tail may be long");
        assert!(!contradicts(&["p99<100ms", "p99<50ms"]), "one of the two is enough");
        assert!(!contradicts(&[]));
    }
}
