//! `rpsbench serve`: the built-in service on its own.

use super::console::tell;
use super::error::CommandError;
use super::exit::Exit;
use super::machine::machine;
use super::publish::print;
use super::runtime::runtime;
use super::signals::Signals;
use crate::cli::{ServeArgs, ServeJob};
use crate::service::Service;

pub(super) fn serve(args: &ServeArgs) -> Result<Exit, CommandError> {
    let job = ServeJob::new(args)?;
    machine();
    let signals = Signals::listen()?;
    let service = Service::start(&job.model, job.listen).map_err(CommandError::Service)?;
    // The URL alone on stdout, for scripts; the rest is for people.
    print(format!("{}\n", service.url()).as_bytes())?;
    tell(format_args!("serving: {}; Ctrl-C ends it", job.model));
    runtime()?.block_on(signals.stopped());
    tell(service.stats());
    Ok(Exit::Done)
}
