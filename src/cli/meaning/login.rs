//! The login of a scenario: what is sent before the load, once for each row of the data.

use std::ops::Range;

use bytes::Bytes;

use super::UsageError;
use super::request::Requests;
use crate::request::{
    ChainSpec, DataOrder, DataTable, EndpointSpec, LoginSpec, Secret, StepSpec, Target, Workload,
};

/// The requests before the load.
#[derive(Debug)]
pub(crate) struct Login {
    /// Each asks for the row of its own number, in whichever order the load takes them.
    pub workload: Workload,
    /// The rows that are asked for.
    pub rows: Range<u64>,
    /// The data that they are made from; `None` where there is none.
    data: Option<DataTable>,
}

impl Login {
    /// How many requests there are.
    pub(crate) fn count(&self) -> u64 {
        self.rows.end.saturating_sub(self.rows.start)
    }

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
        // What is told is kept for the row that it was asked with.
        let mut asking = self.clone();
        (asking.login, asking.data_order) = (None, DataOrder::Rotate);
        let workload = asking.workload_of(vec![EndpointSpec { chain, ..request }], None)?;
        let count = data.as_ref().map_or(1, DataTable::row_count);
        let rows = match self.logs_in_first_only {
            true => {
                let first = self.data_order.row_at(0, self.seed, count);
                first..first + 1
            }
            false => 0..count,
        };
        self.log_in(|_, _| b"");
        self.clone().into_workload(base)?;
        self.data.clone_from(&data);
        Ok(Some(Login { workload, rows, data }))
    }

    /// Only the row that the first arrival uses logs in: nothing else is sent.
    pub(crate) fn log_in_first_only(&mut self) {
        self.logs_in_first_only = true;
    }

    /// What the answers told: for each of these rows, from `first` on, the values that are taken, in the order of the scenario.
    pub(crate) fn take_logins(&mut self, first: u64, told: &[Vec<Secret<Bytes>>]) {
        self.log_in(|row, column| {
            let values = row.checked_sub(first).and_then(|place| told.get(place as usize));
            values.and_then(|values| values.get(column)).map_or(b"", |cell| cell.expose())
        });
    }

    fn log_in<'c>(&mut self, cell: impl Fn(u64, usize) -> &'c [u8]) {
        let Some(login) = &self.login else { return };
        let names: Vec<String> = login.takes.iter().map(|take| take.name.clone()).collect();
        let data = self.data.take().unwrap_or_else(DataTable::of_one_row);
        self.data = Some(data.with_told(&names, cell));
    }
}
