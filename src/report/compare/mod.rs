//! Results side by side, for people and spreadsheets: functions of a [`Comparison`](crate::result::Comparison).

pub(super) mod csv;
mod live;
pub(super) mod text;

#[cfg(test)]
mod tests;
