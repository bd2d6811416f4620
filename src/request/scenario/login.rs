//! The login: a request that is sent before the load, once for each row of the data.

use std::ops::Range;

use toml::de::DeTable;

use super::problem::{Kind, ScenarioProblem as Problem};
use super::{Parsed, Reader, fault};
use crate::request::spec::LoginSpec;

impl Reader<'_> {
    pub(super) fn login(&self, span: Range<usize>, table: &DeTable<'_>) -> Parsed<LoginSpec> {
        let mut draft = self.draft(table, Kind::Login)?;
        let takes = std::mem::take(&mut draft.takes);
        if takes.is_empty() {
            return fault(span, Problem::NothingTaken);
        }
        let name = draft.name.clone().unwrap_or_else(|| "login".to_owned());
        Ok(LoginSpec { request: self.finished(span, draft, name)?, takes })
    }
}
