//! What is seen of a run while it goes on: a full screen, a line, or nothing.
//!
//! ```text
//! workers -> Progress, once a second -> Model -> drawing -> Buffer -> terminal
//!                                       (pure)   (pure)          (a thread of its own)
//!                                  \-> ProgressLine
//! ```
//!
//! Nothing here is on the way of a request. Workers report to the thread of the command, which adds a report to the model; the
//! thread of the screen draws it. A terminal that takes nothing holds up that thread and nobody else.
//!
//! There is one terminal in a process, so what has to be undone on it ([`terminal`]), and what is told while it shows the
//! screen ([`held`]), are known in one place to everything that may end the process.

mod choice;
mod drawing;
mod example;
mod held;
mod history;
mod job;
mod keys;
mod line;
mod model;
mod screen;
mod shared;
mod tally;
mod terminal;

pub(super) use choice::{Display, Surroundings, choose};
pub use example::ExampleScreen;
pub(super) use held::{hold_doing, hold_output, hold_told};
pub(super) use line::{Lengths, ProgressLine};
pub(super) use model::Course;
pub(super) use screen::LiveScreen;
pub(super) use terminal::leave;
