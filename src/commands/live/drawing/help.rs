//! The keys, and what the words on the screen mean.

use ratatui::style::Style;

use super::Page;
use super::flow::wrapped;

const TEXT: [(&str, &str); 12] = [
    ("q", "stop: nothing more is sent, the last answers are waited for, and the report comes (as Ctrl-C)"),
    ("Ctrl-C", "the same; a second one leaves at once, without a report"),
    ("Ctrl-Z", "stop the whole process, requests too; fg goes on"),
    ("p", "pause the drawing; the run goes on"),
    ("?", "this help; any key goes back"),
    ("offered", "requests that were due by the schedule"),
    ("sent", "of those, what the client handed to a connection; the rest was overflow (cap full) or missed"),
    (
        "answered",
        "complete answers; BEHIND: more than 5 % fewer than were sent, and more in flight than before",
    ),
    ("good", "answers as they were expected: the goodput"),
    (
        "p50, p99",
        "from the planned time to the end of the answer; whole run: over all requests, `failed` where it falls on one without a good answer; last second: over the good answers alone",
    ),
    ("trust", "whether rpsbench itself kept the schedule; how busy it was is known at the end"),
    ("warm-up", "is shown while it lasts, and left out of the whole run"),
];

pub(super) fn draw(page: &mut Page<'_>) {
    for (label, text) in TEXT {
        page.lines(&wrapped(label, super::flow::LABEL, &[(text.to_owned(), Style::new())], page.free.width));
    }
}
