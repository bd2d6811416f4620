//! What a sweep means to the caller of the program.

use super::search::Searched;
use crate::commands::exit::Exit;
use crate::commands::together::Crew;
use crate::result::{Rung, Sweep};
use crate::search::Reason;

/// A ladder that was climbed is done, whatever it shows; one without a rung that counts shows nothing.
pub(super) fn exit_of(sweep: &Sweep, crew: &Crew<'_>) -> Exit {
    if is_incomplete(&sweep.rungs, crew) {
        Exit::Incomplete
    } else if sweep.interrupted {
        Exit::Interrupted
    } else if !sweep.rungs.is_empty() && sweep.rungs.iter().all(Rung::is_void) {
        Exit::NotValid
    } else {
        Exit::Done
    }
}

/// How a search ended; one that is answered is done, also where the time ran out first.
pub(super) fn exit_of_search(searched: &Searched, crew: &Crew<'_>) -> Exit {
    match searched.reason {
        _ if is_incomplete(&searched.rungs, crew) => Exit::Incomplete,
        _ if searched.is_answered => Exit::Done,
        Reason::Found => Exit::Done,
        Reason::NotBelowLowest | Reason::ImpossibleIdle => Exit::ObjectiveMissed,
        Reason::LimitedByGenerator { .. } => Exit::NotValid,
        Reason::NotAboveHighest | Reason::DidNotRecover { .. } | Reason::BudgetSpent => Exit::NotFound,
        Reason::Interrupted => Exit::Interrupted,
    }
}

/// Whether a shard was lost, or what it sent of a rung.
fn is_incomplete(rungs: &[Rung], crew: &Crew<'_>) -> bool {
    let lacks = |rung: &Rung| rung.result.merged.as_ref().is_some_and(|merged| !merged.missing.is_empty());
    crew.is_incomplete() || rungs.iter().any(lacks)
}
