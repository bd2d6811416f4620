//! The login of a scenario: what is sent before the load, once for each row of the data.

use bytes::Bytes;

use super::UsageError;
use super::request::Requests;
use crate::request::{ChainSpec, DataTable, EndpointSpec, LoginSpec, Secret, StepSpec, Target, Workload};

/// The requests before the load.
#[derive(Debug)]
pub(crate) struct Login {
    /// Each asks for one row, in order.
    pub workload: Workload,
    /// How many there are.
    pub rows: u64,
    /// The data that they are made from; `None` where there is none.
    data: Option<DataTable>,
}

impl Login {
    /// Where a row stands, for an error: `, users.csv, line 3`.
    pub(crate) fn place(&self, row: u64) -> String {
        let data = self.data.as_ref();
        data.map_or_else(String::new, |data| format!(" ({}, line {})", data.file(), data.line_of(row)))
    }
}

impl Requests {
    /// What is to be sent before the load, if anything is. Everything that could keep the load from being sent afterwards is
    /// found here.
    ///
    /// # Errors
    /// [`UsageError`] where a request could not be made, of the login or of the load.
    pub(crate) fn login(&mut self, base: Option<&Target>) -> Result<Option<Login>, UsageError> {
        self.settle(base)?;
        let Some(LoginSpec { request, takes }) = self.login.clone() else { return Ok(None) };
        let data = self.data.clone();
        let columns = data.as_ref().map_or(&[][..], DataTable::columns);
        let is_column = |name: &&String| columns.contains(name);
        if let Some(name) =
            self.login.iter().flat_map(|login| &login.takes).map(|take| &take.name).find(is_column)
        {
            return Err(UsageError::LoginColumn(name.clone()));
        }
        let first = StepSpec { name: request.name.clone(), takes };
        let chain = Some(ChainSpec { cookies: false, first, more: Vec::new() });
        let mut asking = self.clone();
        asking.login = None;
        let workload = asking.workload_of(vec![EndpointSpec { chain, ..request }], None)?;
        let rows = data.as_ref().map_or(1, DataTable::row_count);
        self.log_in(|_, _| b"");
        self.clone().into_workload(base)?;
        self.data.clone_from(&data);
        Ok(Some(Login { workload, rows, data }))
    }

    /// What the answers told: for each row the values that are taken, in the order of the scenario.
    pub(crate) fn take_logins(&mut self, told: &[Vec<Secret<Bytes>>]) {
        self.log_in(|row, column| {
            told.get(row as usize).and_then(|row| row.get(column)).map_or(b"", |cell| cell.expose())
        });
    }

    fn log_in<'c>(&mut self, cell: impl Fn(u64, usize) -> &'c [u8]) {
        let Some(login) = &self.login else { return };
        let names: Vec<String> = login.takes.iter().map(|take| take.name.clone()).collect();
        let data = self.data.take().unwrap_or_else(DataTable::of_one_row);
        self.data = Some(data.with_told(&names, cell));
    }
}
