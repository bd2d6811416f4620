//! What is asked, read from the arguments and their files.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use http::Method;
use http::header::HeaderName;

use super::super::args::TrafficArgs;
use super::super::invocation::Typed;
use super::UsageError;
use super::credentials::{Credentials, TokenCommand};
use super::files::open_file;
use super::source::{Source, scenario, source_of};
use crate::request::{
    BodyCoding, DataOrder, DataTable, Defaults, EndpointSpec, Expectation, Fresh, LoginSpec, Origin,
    Placeholders, Recording, Redactor, RowBodies, Scenario, Secret, Target, TokenList, Workload,
    WorkloadSpec,
};
use crate::transport::{ConnectTo, WireOptions};

/// What is asked. The URL of the built-in service is known only when it runs.
#[derive(Debug, Clone)]
pub(crate) struct Requests {
    source: Source,
    /// What is sent before the load.
    pub(super) login: Option<LoginSpec>,
    /// Whether that is sent for the row of the first arrival alone.
    pub(super) logs_in_first_only: bool,
    credentials: Credentials,
    pub(super) data: Option<DataTable>,
    pub(super) data_order: DataOrder,
    pub(super) seed: u64,
    traceparent: bool,
    follows_redirects: bool,
    count_by: Option<HeaderName>,
    body_coding: Option<BodyCoding>,
    keepalive: bool,
    show_hosts: bool,
    others: Others,
    recording: Option<Arc<Recording>>,
}

/// Hosts besides those of the requests, and credentials that no request carries: reports hide both.
#[derive(Debug, Clone, Default)]
pub(super) struct Others {
    pub hosts: Vec<String>,
    pub secrets: Vec<Secret<String>>,
}

impl Requests {
    /// Reads every file that the arguments name. `base` is the URL that was given.
    pub(super) fn new(
        args: &TrafficArgs,
        seed: u64,
        show_hosts: bool,
        base: Option<&Target>,
        typed: &Typed,
    ) -> Result<Self, UsageError> {
        let request = &args.request;
        let readers = [
            ("--tokens", &request.tokens),
            ("--data", &request.data),
            ("--scenario", &request.scenario),
            ("--targets", &request.targets),
            ("--body-file", &request.body_file),
        ];
        let mut readers = readers.into_iter().filter(|(_, path)| path.as_deref() == Some(Path::new("-")));
        if let (Some((one, _)), Some((other, _))) = (readers.next(), readers.next()) {
            return Err(UsageError::BothReadStdin(one, other));
        }
        let credentials = Credentials::of(request)?;
        let data = request.data.as_deref().map(|path| {
            let data = DataTable::read(open_file("data", path)?, &path.display().to_string());
            data.map_err(UsageError::from)
        });
        let data = data.transpose()?;
        let (source, login) = source_of(request, base, typed, data.as_ref())?;
        if request.words.location && credentials.signer().is_some() {
            return Err(UsageError::Exclusive("--location", "--aws-sigv4"));
        }
        if let Source::Endpoints(endpoints) = &source
            && let Some(base) = base.filter(|_| typed.has("target") || typed.has("url"))
            && endpoints.iter().all(|endpoint| endpoint.target.origin() != base.origin())
        {
            return Err(UsageError::UnusedUrl);
        }
        Ok(Self {
            source,
            login,
            logs_in_first_only: false,
            credentials,
            data,
            data_order: request.data_order,
            seed,
            traceparent: request.traceparent,
            follows_redirects: request.words.location,
            count_by: request
                .count_by
                .as_deref()
                .map(|name| HeaderName::from_bytes(name.as_bytes()).map_err(|_| UsageError::CountBy))
                .transpose()?,
            body_coding: request.compress_body,
            keepalive: !args.network.no_keepalive,
            show_hosts,
            others: Others { hosts: args.network.sni.clone().into_iter().collect(), secrets: Vec::new() },
            recording: None,
        })
    }

    /// The plainest there is: GET.
    pub(super) fn plain() -> Self {
        Self {
            source: Source::Flags {
                method: Method::GET,
                body: Secret::new(Bytes::new()),
                row_bodies: None,
                defaults: Defaults { headers: Vec::new(), expectation: Expectation::default() },
                placeholders: Placeholders::Everywhere,
            },
            login: None,
            logs_in_first_only: false,
            credentials: Credentials::none(),
            data: None,
            data_order: DataOrder::Rotate,
            seed: 0,
            traceparent: false,
            follows_redirects: false,
            count_by: None,
            body_coding: None,
            keepalive: true,
            show_hosts: false,
            others: Others::default(),
            recording: None,
        }
    }

    /// The same for connections that go by way of somebody else: reports hide who that is, and how we are known there.
    pub(super) fn by_way_of(&mut self, wire: &WireOptions) {
        self.others.hosts.extend(wire.connect_to.iter().filter_map(ConnectTo::host).map(str::to_owned));
        if let Some(proxy) = &wire.proxy {
            self.others.hosts.push(proxy.host().to_owned());
            self.others.secrets.extend(proxy.secrets());
        }
    }

    /// The same as each row of a recording says.
    pub(super) fn replay(&mut self, recording: Recording) {
        self.recording = Some(Arc::new(recording));
    }

    /// The origins of endpoints that have URLs of their own.
    pub(super) fn origins(&self) -> impl Iterator<Item = &Origin> {
        let endpoints: &[EndpointSpec] = match &self.source {
            Source::Endpoints(endpoints) => endpoints,
            Source::Flags { .. } | Source::Scenario { .. } => &[],
        };
        endpoints.iter().map(|endpoint| endpoint.target.origin())
    }

    /// What the user should know of the files.
    pub(super) fn warnings(&self) -> Option<String> {
        let line = self.credentials.tokens.as_ref().and_then(TokenList::header_line)?;
        Some(format!(
            "line {line} of the token file names a column, so it was not taken for a token; if it is one, put a line `token` \
             before it"
        ))
    }

    /// Whether a URL is needed besides the files.
    pub(super) fn need_url(&self) -> bool {
        !matches!(self.source, Source::Endpoints(_))
    }

    /// How many requests an arrival may send one after another, without redirects.
    pub(crate) fn most_steps(&self) -> u64 {
        let of = |endpoints: &[EndpointSpec]| {
            let steps =
                endpoints.iter().map(|one| one.chain.as_ref().map_or(1, |chain| 1 + chain.more.len() as u64));
            steps.max().unwrap_or(1)
        };
        match &self.source {
            Source::Flags { .. } => 1,
            Source::Endpoints(endpoints) => of(endpoints),
            Source::Scenario { file, text, defaults } => {
                // Wherever it leads, it has as many steps.
                let anywhere = "http://127.0.0.1/".parse().ok();
                scenario(file, text.expose(), anywhere.as_ref(), defaults)
                    .map_or(1, |read| of(&read.endpoints))
            }
        }
    }

    /// How many tokens are in rotation.
    pub(crate) fn token_count(&self) -> u64 {
        self.credentials.tokens.as_ref().map_or(0, |tokens| tokens.count() as u64)
    }

    /// The command that prints tokens or keys: it has not been run.
    pub(crate) fn token_command(&self) -> Option<TokenCommand> {
        self.credentials.command.clone()
    }

    /// What that command has printed first.
    pub(crate) fn take(&mut self, fresh: Fresh) {
        self.credentials.take(fresh);
    }

    /// What hides secrets in texts that are written before there is a workload.
    pub(crate) fn redactor(&self) -> Redactor {
        let origins: Vec<Origin> = self.origins().cloned().collect();
        Redactor::new(&origins, &self.others.hosts, self.show_hosts).hiding(self.others.secrets.clone())
    }

    /// How many rows of data there are.
    pub(crate) fn row_count(&self) -> u64 {
        self.data.as_ref().map_or(0, DataTable::row_count)
    }

    /// Paths lead somewhere from now on.
    ///
    /// # Errors
    /// [`UsageError`] where the scenario says what cannot be.
    pub(super) fn settle(&mut self, base: Option<&Target>) -> Result<(), UsageError> {
        if let Source::Scenario { file, text, defaults } = &self.source {
            let Scenario { endpoints, login } = scenario(file, text.expose(), base, defaults)?;
            (self.source, self.login) = (Source::Endpoints(endpoints), login);
        }
        Ok(())
    }

    /// The requests, to a URL where one is needed.
    ///
    /// # Errors
    /// [`UsageError`] where a request could not be made.
    pub(crate) fn into_workload(mut self, base: Option<&Target>) -> Result<Workload, UsageError> {
        self.settle(base)?;
        let mut of_rows = None;
        let nothing = Source::Endpoints(Vec::new());
        let endpoints = match std::mem::replace(&mut self.source, nothing) {
            Source::Endpoints(endpoints) => endpoints,
            Source::Scenario { .. } => return Err(UsageError::NoTarget),
            Source::Flags { method, body, row_bodies, defaults, placeholders } => {
                of_rows = row_bodies;
                vec![EndpointSpec {
                    name: "request".to_owned(),
                    weight: 1,
                    method,
                    target: base.cloned().ok_or(UsageError::NoTarget)?,
                    headers: defaults.headers,
                    body,
                    expectation: defaults.expectation,
                    placeholders,
                    chain: None,
                }]
            }
        };
        let (has_data, has_login) = (self.data.is_some(), self.login.is_some());
        let recording = self.recording.take();
        let is_compressed = self.body_coding.is_some() && recording.is_none();
        let workload = self.workload_of(endpoints, of_rows)?;
        if is_compressed && !workload.has_body() {
            return Err(UsageError::NothingToCompress);
        }
        if has_login && !workload.uses_told() {
            return Err(UsageError::UnusedLogin);
        }
        if has_data && !workload.uses_data() {
            return Err(UsageError::UnusedData);
        }
        Ok(match recording {
            Some(recording) => workload.replaying(recording),
            None => workload,
        })
    }

    /// These endpoints with everything else that was asked for.
    pub(super) fn workload_of(
        self,
        endpoints: Vec<EndpointSpec>,
        row_bodies: Option<RowBodies>,
    ) -> Result<Workload, UsageError> {
        let workload = Workload::build(WorkloadSpec {
            endpoints,
            signer: self.credentials.signer(),
            tokens: self.credentials.tokens,
            token_header: self.credentials.header,
            row_bodies,
            body_coding: self.body_coding,
            data: self.data,
            data_order: self.data_order,
            seed: self.seed,
            traceparent: self.traceparent,
            follows_redirects: self.follows_redirects,
            keepalive: self.keepalive,
            show_hosts: self.show_hosts,
            other_hosts: self.others.hosts,
            count_by: self.count_by,
            other_secrets: self.others.secrets,
        })?;
        Ok(workload)
    }
}
