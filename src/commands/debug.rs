//! `--debug`: one request, shown both ways, and nothing else.

use super::error::CommandError;
use super::exit::Exit;
use super::first_request;
use super::publish::print;
use super::runner::Runner;
use super::sender::Exchange;
use super::signals::Signals;
use crate::cli::RunJob;
use crate::report::clean;
use crate::request::Workload;
use crate::result::{Figure, Summary};

/// Sends the first request of the load, shows what went out and what came, and ends.
pub(super) fn run(job: RunJob) -> Result<Exit, CommandError> {
    let RunJob { planner, mut setup, .. } = job;
    setup.requests.log_in_first_only();
    let signals = Signals::listen()?;
    let planner = planner.with_nothing_before();
    Runner::with(setup, &planner, 1, &signals, async |runner| {
        if runner.workload().has_walks() {
            return several(runner).await;
        }
        let sent = runner.first_request_as_shown();
        let summary = runner.send_one().await?;
        print(render(&sent, &summary).as_bytes())?;
        if summary.ledger.ok > 0 {
            return Ok(Exit::Done);
        }
        Err(CommandError::FirstRequest(first_request::verdict(&summary, runner.is_tls())))
    })
}

/// The same of all requests of a session, and of all redirects.
async fn several(runner: &mut Runner<'_>) -> Result<Exit, CommandError> {
    let (mut text, workload) = (String::new(), runner.workload().clone());
    let sent = runner.send_all(|exchange| text += &render_exchange(&workload, &exchange)).await;
    print(text.as_bytes())?;
    sent.map(|()| Exit::Done)
}

fn render_exchange(workload: &Workload, exchange: &Exchange<'_>) -> String {
    let Exchange { request, answer, body, service_ms, opened, walk } = exchange;
    let mut text = String::new();
    let mut show = |sign: char, lines: &str| {
        for line in lines.lines() {
            text += format!("{sign} {}", clean(line)).trim_end();
            text.push('\n');
        }
    };
    if let Some(opened) = opened {
        show('*', &format!("{}; opened within {:.2} ms", opened.protocol, opened.tcp_ns as f64 / 1e6));
    }
    show('>', &workload.shown_request(0, walk, request));
    show('>', " ");
    show('<', &format!("{} in {service_ms:.2} ms", answer.status));
    for (name, value) in &answer.headers {
        show('<', &format!("{name}: {}", workload.shown_header(0, walk, name.as_str(), value.as_bytes())));
    }
    show('<', " ");
    show('<', &workload.shown_of(0, walk, body));
    if answer.body_bytes > body.len() as u64 {
        show('*', "the body goes on");
    }
    text
}

/// What went out behind `>`, what came behind `<`, as curl shows them.
fn render(sent: &str, summary: &Summary) -> String {
    let mut text = String::new();
    let mut show = |sign: char, lines: &str| {
        for line in lines.lines() {
            text += format!("{sign} {}", clean(line)).trim_end();
            text.push('\n');
        }
    };
    if let Some(kind) = summary.connections.kinds.first() {
        let tls =
            kind.tls.as_ref().map_or_else(String::new, |tls| format!(", {} {}", tls.version, tls.cipher));
        let tcp = if summary.plan.traffic.proxy.is_some() { "TCP and proxy" } else { "TCP" };
        let handshakes: Vec<String> = [
            (tcp, summary.connections.tcp_handshake.exact(Figure::Mean)),
            ("TLS", summary.connections.tls_handshake.exact(Figure::Mean)),
        ]
        .into_iter()
        .filter_map(|(name, ms)| Some(format!("{name} handshake {:.2} ms", ms?)))
        .collect();
        show('*', &format!("{}{tls}; {}", kind.protocol, handshakes.join(", ")));
    }
    show('>', sent);
    show('>', " ");
    let Some(sample) = summary.samples.first() else {
        show('*', "no answer");
        return text;
    };
    let status = sample.status.map_or_else(
        || sample.error.clone().unwrap_or_else(|| "no complete answer".to_owned()),
        |status| status.to_string(),
    );
    let first_byte =
        sample.first_byte_ms.map_or_else(String::new, |ms| format!(", its head after {ms:.2} ms"));
    show('<', &format!("{status} in {:.2} ms{first_byte}", sample.service_ms));
    for header in &sample.headers {
        show('<', &format!("{}: {}", header.name, header.value));
    }
    show('<', " ");
    show('<', &sample.body);
    if sample.body_truncated {
        show('*', "the body goes on");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn a_request_and_its_answer_are_shown_as_curl_shows_them() {
        let mut summary = fixture::mixed();
        summary.samples.truncate(1);
        let text = render("GET /a HTTP/1.1\nhost: host-1", &summary);
        assert!(text.starts_with("* HTTP/"), "{text}");
        assert!(text.contains("\n> GET /a HTTP/1.1\n> host: host-1\n>\n< "), "{text}");
        summary.samples.clear();
        assert!(render("GET / HTTP/1.1", &summary).ends_with("* no answer\n"));
    }
}
