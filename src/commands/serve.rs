//! `rpsbench serve`: the built-in service on its own.

use tokio::runtime::Builder;

use super::live::note;
use super::machine::machine;
use super::signals::Interrupts;
use super::{CommandError, Exit, print};
use crate::cli::{ServeArgs, ServeJob};
use crate::service::Service;

pub(super) fn serve(args: &ServeArgs) -> Result<Exit, CommandError> {
    let job = ServeJob::new(args)?;
    machine();
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| CommandError::System { what: "could not start the runtime", source })?;
    runtime.block_on(async {
        let mut interrupts = Interrupts::new()
            .map_err(|source| CommandError::System { what: "could not listen for signals", source })?;
        let service = Service::start(&job.model, job.listen).map_err(CommandError::Service)?;
        // The URL alone on stdout, for scripts; the rest is for people.
        print(format!("{}\n", service.url()).as_bytes())?;
        note(&format!("serving: {}; Ctrl-C ends it", job.model));
        interrupts.next().await;
        let stats = service.stats();
        note(&format!("{stats}"));
        Ok(Exit::Done)
    })
}
