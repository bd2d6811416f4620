//! Every other shard: it sends its part of whatever shard 0 orders, and hands over what it counted.

use super::{Together, moment, source_of};
use crate::cli::Meeting;
use crate::commands::error::CommandError;
use crate::commands::exit::Exit;
use crate::commands::runner::Runner;
use crate::result::Summary;
use crate::shard::{ClockOffset, Ending, Guest, Hearing, Load, Order, RendezvousError, Word};

/// What a shard has in the end.
pub(in crate::commands) struct Followed {
    /// Its own results, in the order in which they were made.
    pub(in crate::commands) runs: Vec<(Load, Summary)>,
    pub(in crate::commands) end: End,
}

/// How it ended.
pub(in crate::commands) enum End {
    /// Shard 0 has all of its results.
    HandedOver(Exit),
    /// There is nobody to hand them to, and why: then it prints its own.
    Alone(String),
}

/// Comes to shard 0, and does as it says until it says that all is done.
pub(in crate::commands) async fn follow(
    together: &Together<'_>,
    meeting: &Meeting,
    runner: &mut Runner<'_>,
) -> Result<Followed, CommandError> {
    let signals = together.signals;
    let (guest, clock, mut hearing) = signals.unless_stopped(meet(together, meeting, runner)).await?;
    let mut ending = hearing.ending();
    let stopping = async {
        let why = ending.wait_for(Option::is_some).await.map(|why| *why);
        // Without shard 0 a run goes on, if it is worth something without a part of it.
        if !matches!(why, Ok(Some(Ending::Lost(0)))) || together.needs_all {
            signals.end();
        }
    };
    let saying = async {
        signals.stopped().await;
        guest.say_stop().await;
    };
    let passing_on = async {
        tokio::join!(stopping, saying);
        std::future::pending().await
    };
    let working = Follower { together, guest: &guest, clock, runs: Vec::new() }.work(runner, &mut hearing);
    tokio::select! {
        followed = working => followed,
        never = passing_on => never,
    }
}

async fn meet(
    together: &Together<'_>,
    meeting: &Meeting,
    runner: &Runner<'_>,
) -> Result<(Guest, ClockOffset, Hearing), CommandError> {
    let (shard, place) = (meeting.shard, &meeting.place);
    let (guest, clock) = Guest::find(place.clone(), shard.index(), meeting.patience).await?;
    runner.console.note(format_args!("at the rendezvous {}, waiting for all shards", place.spot));
    let hearing = guest.join(shard.count(), together.told(runner), together.ceiling_per_s).await?;
    Ok((guest, clock, hearing))
}

struct Follower<'a> {
    together: &'a Together<'a>,
    guest: &'a Guest,
    clock: ClockOffset,
    runs: Vec<(Load, Summary)>,
}

impl Follower<'_> {
    async fn work(
        mut self,
        runner: &mut Runner<'_>,
        hearing: &mut Hearing,
    ) -> Result<Followed, CommandError> {
        let signals = self.together.signals;
        loop {
            let next = async { Ok::<_, CommandError>(hearing.next().await) };
            let order = match signals.unless_left(next).await? {
                Ok(Word::Run(order)) => order,
                Ok(Word::CalledOff(why)) => return Err(RendezvousError::Refused(why).into()),
                // Answered where it is heard.
                Ok(Word::Ask) => continue,
                Ok(Word::Done | Word::Stop(_)) => {
                    let exit = self.exit(*hearing.ending().borrow());
                    runner.console.note("shard 0 has the results, and prints the one report of all shards");
                    return Ok(Followed { runs: self.runs, end: End::HandedOver(exit) });
                }
                // Before the first run there is nothing to report.
                Err(error) if self.runs.is_empty() => return Err(error.into()),
                Err(error) => return Ok(self.alone(error)),
            };
            let number = order.number;
            let (load, own) = self.send(runner, order).await?;
            // Clocks drift, and a search may take an hour. Before the result is there: with the last of them shard 0 may order the
            // next run at once, and on a long way eight questions take longer than its notice. One without an answer leaves the
            // clock as it was.
            if let Ok(clock) = self.guest.compare_clocks().await {
                self.clock = clock;
            }
            let handed = async { Ok::<_, CommandError>(self.guest.hand_over(number, &own).await) };
            let handed = signals.unless_left(handed).await?;
            self.runs.push((load, own));
            if let Err(error) = handed {
                return Ok(self.alone(error));
            }
        }
    }

    /// Sends this shard's part of a run.
    async fn send(&self, runner: &mut Runner<'_>, order: Order) -> Result<(Load, Summary), CommandError> {
        let Order { number, start_ns, load, purpose } = order;
        if !purpose.is_empty() {
            runner.console.doing(&purpose);
        }
        let source = source_of(runner, self.together.stages, load)?;
        runner.start_at(moment(self.clock.here(start_ns)), self.clock);
        let own = match runner.measure(source).await {
            Err(CommandError::TooLate { late }) => Err(CommandError::from(RendezvousError::Late(format!(
                "run {number} was to start {late} ago, and nothing joins in its middle; is this machine overloaded, or the way \
                 to shard 0 slow?"
            )))),
            measured => measured,
        }?;
        Ok((load, own))
    }

    fn alone(self, error: RendezvousError) -> Followed {
        Followed { runs: self.runs, end: End::Alone(error.to_string()) }
    }

    fn exit(&self, ending: Option<Ending>) -> Exit {
        match ending {
            Some(Ending::Interrupted) => Exit::Interrupted,
            Some(Ending::Lost(_)) => Exit::Incomplete,
            None if self.runs.iter().any(|(_, own)| own.interrupted) => Exit::Interrupted,
            None => Exit::Done,
        }
    }
}
