//! Whose limit was it? A client that needed a core all the time, and could not do what it should, was at its own.

use super::reasons::{GeneratorReason, share};
use crate::result::{Figure, Mode, Summary};

/// Share of the time that a thread needs a core from which on it has nothing left to give.
const BUSY: f64 = 0.9;
/// Share of the arrivals that may go unsent, and of the planned time that sending may last longer.
const LOSS: f64 = 0.01;
/// Send lag p99 (ms) below which a busy client has still sent in time.
const IN_TIME_MS: f64 = 1.0;

/// The evidence that the client was the limit, if it was. A closed loop sends as fast as it can: it is always busy, and late
/// for nothing.
pub(super) fn client_saturated(summary: &Summary) -> Option<GeneratorReason> {
    let client = summary.client.filter(|client| client.busy_share() >= BUSY)?;
    let (ledger, rates) = (&summary.ledger, &summary.rates);
    let unsent = share(ledger.overflow + ledger.missed, ledger.offered()) > LOSS;
    let overran = rates.window_s > summary.plan.duration_s * (1.0 + LOSS);
    let late =
        summary.latency.send_lag.tail().is_some_and(|(figure, ms)| figure == Figure::P99 && ms > IN_TIME_MS);
    (summary.plan.mode == Mode::Open && (unsent || overran || late)).then_some(
        GeneratorReason::ClientSaturated {
            client,
            sent_per_s: rates.sent_per_s,
            offered_per_s: rates.offered_per_s,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use crate::judge::{generator::judge_generator, service::judge_service};
    use crate::result::{ClientLoad, GeneratorVerdict, ServiceVerdict};

    fn verdicts(
        mut summary: Summary,
        cpu_share: f64,
        cpu_wait_share: f64,
    ) -> (GeneratorVerdict, ServiceVerdict) {
        summary.client = Some(ClientLoad { cpu_share, cpu_wait_share, ..ClientLoad::default() });
        judged(&summary)
    }

    fn judged(summary: &Summary) -> (GeneratorVerdict, ServiceVerdict) {
        let generator = judge_generator(summary).0;
        (generator, judge_service(summary, generator).0)
    }

    #[test]
    fn an_overflow_is_the_services_while_the_client_has_time_to_spare_and_the_clients_when_it_has_none() {
        let overload = fixture::overload();
        assert!(share(overload.ledger.overflow, overload.ledger.offered()) > LOSS);
        let (_, service) = verdicts(overload.clone(), 0.6, 0.1);
        assert_eq!(service, ServiceVerdict::Saturated);
        for (cpu_share, cpu_wait_share) in [(0.99, 0.0), (0.40, 0.58)] {
            let expected = (GeneratorVerdict::Invalid, ServiceVerdict::Unknown);
            assert_eq!(verdicts(overload.clone(), cpu_share, cpu_wait_share), expected, "{cpu_share}");
        }
    }

    #[test]
    fn who_kept_the_cpu_from_the_client_is_named_with_the_remedy() {
        let mut summary = fixture::overload();
        let mut said_of = |client: ClientLoad| {
            summary.client = Some(client);
            client_saturated(&summary).expect("the client was the limit").to_string()
        };
        let quota = ClientLoad { cpu_share: 0.2, cpu_throttled_share: 0.78, ..ClientLoad::default() };
        let said = said_of(quota);
        assert!(said.contains("control group stopped it 78 %") && said.contains("raise the quota"), "{said}");
        let said = said_of(ClientLoad { cpu_share: 0.5, cpu_stolen_share: 0.49, ..ClientLoad::default() });
        assert!(said.contains("the host of this virtual machine"), "{said}");
        let said = said_of(ClientLoad { cpu_share: 0.4, cpu_wait_share: 0.59, ..ClientLoad::default() });
        assert!(said.contains("others on this machine") && said.contains("stop what else runs"), "{said}");
        assert!(said_of(ClientLoad { cpu_share: 1.0, ..ClientLoad::default() }).contains("--threads"));
    }

    #[test]
    fn a_cap_that_was_lowered_for_want_of_descriptors_is_the_clients_limit() {
        let mut summary = fixture::overload();
        summary.client = Some(ClientLoad::default());
        summary.plan.is_cap_lowered = true;
        assert_eq!(judged(&summary), (GeneratorVerdict::Invalid, ServiceVerdict::Unknown));
    }

    #[test]
    fn a_busy_client_that_sends_everything_in_time_is_near_its_ceiling_and_not_beyond() {
        let (generator, service) = verdicts(fixture::freeze(), 0.99, 0.0);
        assert_ne!(generator, GeneratorVerdict::Invalid);
        assert_ne!(service, ServiceVerdict::Unknown);
    }
}
