//! Why a command could not be carried out.

use std::io;

use super::exit::Exit;
use super::login::{LoginDefect, LoginError};
use super::token_command::TokenError;
use crate::cli::{OutputError, UsageError};
use crate::compare::{ImportError, TooFew};
use crate::load::EngineError;
use crate::report::NoReport;
use crate::result::{ReadError, SummaryError};
use crate::schedule::{ClosedLoopError, ScheduleError};
use crate::search::SettingsError;
use crate::shard::{MergeError, RendezvousError};
use crate::transport::NetworkError;

/// Why a command could not be carried out.
#[derive(Debug, thiserror::Error)]
pub(super) enum CommandError {
    /// The arguments: exit code 2.
    #[error(transparent)]
    Usage(#[from] UsageError),
    /// No schedule: exit code 2.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    /// No users: exit code 2.
    #[error(transparent)]
    ClosedLoop(#[from] ClosedLoopError),
    /// The user left by a second signal, or by the first where there was nothing to report yet: exit code 130.
    #[error("interrupted")]
    Left,
    /// The target does not answer, or not as it should.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// Nothing to send without tokens.
    #[error(transparent)]
    Tokens(#[from] TokenError),
    /// Nothing to send without what the login tells.
    #[error(transparent)]
    Login(#[from] LoginError),
    /// The same by a defect of ours.
    #[error(transparent)]
    LoginDefect(#[from] LoginDefect),
    /// The target is there, and has no good answer.
    #[error("{0}")]
    FirstRequest(String),
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The result does not add up.
    #[error(transparent)]
    Summary(#[from] SummaryError),
    /// A result file could not be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// A search that cannot be made as it was asked for.
    #[error(transparent)]
    Search(#[from] SettingsError),
    /// A live comparison whose closed loop got no answers.
    #[error(
        "the closed loop got no answers, so there is no throughput to compare at; see with `rpsbench closed` why"
    )]
    NothingReached,
    /// A result file could not be read.
    #[error("cannot read the result `{file}`: {source}")]
    Read {
        file: String,
        /// Why.
        source: ReadError,
    },
    /// A file is no result that can be compared.
    #[error("cannot compare {0}")]
    Import(#[from] ImportError),
    /// The document has no form in the format.
    #[error(transparent)]
    NoReport(#[from] NoReport),
    #[error(transparent)]
    TooFew(#[from] TooFew),
    /// Results that are not of one run.
    #[error(transparent)]
    Merge(#[from] MergeError),
    /// The shards did not meet.
    #[error(transparent)]
    Rendezvous(#[from] RendezvousError),
    /// The run was not ready when it was to start: exit code 5.
    #[error(
        "too late: the schedule was to start {late} ago, and nothing joins in its middle; give a later --start-at (connections \
         and the idle baseline come before it and take a moment)"
    )]
    TooLate {
        /// How much, with its unit.
        late: String,
    },
    /// Shard 0 orders a stage that this shard was not told of.
    #[error("shard 0 orders stage {0}, of which this shard was not told; give all shards the same flags")]
    NoStage(usize),
    /// The built-in service could not be started.
    #[error("cannot start the built-in service: {0}; is the port in use?")]
    Service(io::Error),
    /// The system refused something else.
    #[error("{what}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        source: io::Error,
    },
}

impl CommandError {
    /// The exit code of the process.
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            // A certificate or key that is not right is an argument that is not right.
            Self::Usage(_)
            | Self::Schedule(_)
            | Self::ClosedLoop(_)
            | Self::Search(_)
            | Self::Network(NetworkError::Tls(_)) => 2,
            Self::Left => Exit::Interrupted.code(),
            Self::TooLate { .. } | Self::Rendezvous(RendezvousError::Late(_)) => Exit::TOO_LATE,
            _ => 1,
        }
    }
}
