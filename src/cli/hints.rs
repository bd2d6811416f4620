//! What somebody may have meant who comes from another tool, or has misspelt a command.

use std::ffi::OsString;

use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Flags of wrk, wrk2, hey, oha, k6, vegeta, ab and curl, and how the same is said here. A flag that means different things in
/// different tools has both.
const FOREIGN: [(&str, &str); 36] = [
    ("-c", "an open loop has no users; for users who wait for their answers: rpsbench closed -c N"),
    (
        "--concurrency",
        "an open loop has no users; for users who wait for their answers: rpsbench closed -c N",
    ),
    ("--vus", "an open loop has no users; for users who wait for their answers: rpsbench closed -c N"),
    ("--users", "an open loop has no users; for users who wait for their answers: rpsbench closed -c N"),
    ("--max-vus", "the most requests in flight at once: --max-in-flight N"),
    ("--max-workers", "the most requests in flight at once: --max-in-flight N"),
    ("--cpus", "worker threads: --threads N"),
    ("-t", "worker threads (wrk): --threads N; a time limit (ab, hey): --duration or --timeout"),
    ("-z", "the length of the run: --duration 30s"),
    ("--timelimit", "the length of the run: --duration 30s"),
    ("-R", "the rate: --rate 300"),
    ("--rps", "the rate: --rate 300"),
    ("--qps", "the rate: --rate 300"),
    ("--iterations", "the number of requests: --requests N"),
    ("-i", "the number of requests: --requests N"),
    ("--stage", "a rate that changes: --profile 100@1m,500@2m"),
    (
        "--stages",
        "a rate that changes: --profile 100@1m,500@2m; users in stages: rpsbench closed --stages 20x400,50x400",
    ),
    ("--script", "there are no scripts; mixed traffic is a file: --scenario FILE"),
    ("-s", "there are no scripts; mixed traffic is a file: --scenario FILE"),
    ("--latency", "latencies are always told; the whole table: --details"),
    ("--latency-correction", "response times are always measured from the intended send time"),
    ("--burst-delay", "see --burst"),
    ("--disable-keepalive", "close each connection after its answer: --no-keepalive"),
    ("--disable-compression", "compression is asked for only by --compressed"),
    ("--max-body", "bodies are read to their end"),
    ("--redirects", "follow redirects, up to 20 of each request: --location"),
    ("--max-redirs", "redirects are followed with --location, up to 20 of each request"),
    ("-a", "user and password: -u USER:PASSWORD"),
    ("-T", "a header: -H 'Content-Type: ...'"),
    ("-D", "the request body, from a file: --body-file FILE"),
    ("--http3", "HTTP/3 is not spoken; --http1 and --http2 are"),
    ("--summary-export", "save the result: -o result.json"),
    ("--output-json", "save the result: -o result.json"),
    ("--json-output", "save the result: -o result.json"),
    ("--threshold", "an objective: --slo 'p99<250ms'"),
    ("--thresholds", "an objective: --slo 'p99<250ms'"),
];

/// Most letters by which a misspelt command differs.
const MISSPELT: usize = 2;

/// The same error, with what was perhaps meant.
pub(super) fn with_hint(mut error: clap::Error, arguments: &[OsString]) -> clap::Error {
    let hint = match (error.kind(), error.get(ContextKind::InvalidArg)) {
        (ErrorKind::UnknownArgument, Some(ContextValue::String(flag))) => {
            undivided(flag, arguments).or_else(|| foreign(flag, is_closed(arguments)))
        }
        (ErrorKind::InvalidValue | ErrorKind::ValueValidation, _) => single_dash(arguments),
        _ => None,
    };
    if let Some(hint) = hint {
        for kind in [ContextKind::SuggestedArg, ContextKind::Usage, ContextKind::TrailingArg] {
            error.remove(kind);
        }
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![hint.into()]));
    }
    error
}

/// Whether the command has users.
fn is_closed(arguments: &[OsString]) -> bool {
    arguments.get(1).is_some_and(|word| word == "closed")
}

/// What can be done instead where a command is not divided over several machines.
fn undivided(flag: &str, arguments: &[OsString]) -> Option<String> {
    let is_of_shards = ["--shard", "--shards", "--rendezvous", "--min-shards"].contains(&flag);
    let is_compare = arguments.get(1).is_some_and(|word| word == "compare");
    (is_of_shards && is_compare).then(|| {
        "compare runs on one machine; send each load on shards (rpsbench closed, rpsbench run: --shard, --rendezvous, -o FILE), \
         and compare the two files"
            .to_owned()
    })
}

fn foreign(flag: &str, is_closed: bool) -> Option<String> {
    if is_closed && ["--vus", "--users"].contains(&flag) {
        return Some("here that is: the number of users, -c N".to_owned());
    }
    let found = FOREIGN.iter().find(|(foreign, _)| *foreign == flag)?;
    Some(format!("here that is: {}", found.1))
}

/// Go's flags have one dash: `-rate=100`.
fn single_dash(arguments: &[OsString]) -> Option<String> {
    const OF_VEGETA: [&str; 9] =
        ["rate", "duration", "targets", "timeout", "workers", "body", "header", "output", "name"];
    let flag = arguments.iter().find_map(|argument| {
        let text = argument.to_string_lossy();
        let name =
            text.strip_prefix('-').filter(|name| !name.starts_with('-'))?.split('=').next()?.to_owned();
        OF_VEGETA.contains(&name.as_str()).then_some(name)
    })?;
    Some(format!("flags with several letters have two dashes: --{flag}"))
}

/// What is wrong with a first word that is nearly a command. Other words are not shown: they may be secrets.
pub(super) fn misspelt_command(arguments: &[OsString], command: &Command) -> Option<String> {
    let word = arguments.get(1)?.to_str()?;
    if word.len() < 3 || !word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return None;
    }
    let names: Vec<&str> = command.get_subcommands().map(Command::get_name).chain(["help"]).collect();
    if names.contains(&word) {
        return None;
    }
    let near = names.into_iter().map(|name| (strsim::damerau_levenshtein(word, name), name)).min()?;
    (near.0 <= MISSPELT && near.0 < word.len() / 2).then(|| {
        format!(
            "there is no command `{word}`; did you mean `{}`? A URL begins with http:// or is HOST:PORT",
            near.1
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::command::command;
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn no_flag_of_another_tool_is_one_of_run() {
        let command = command();
        let run = command.find_subcommand("run").unwrap();
        for (flag, _) in FOREIGN {
            let is_ours = run.get_arguments().any(|arg| {
                let short = arg.get_short().map(|short| format!("-{short}"));
                arg.get_long().is_some_and(|long| flag == format!("--{long}"))
                    || short.as_deref() == Some(flag)
            });
            assert!(!is_ours, "{flag}");
        }
    }

    #[test]
    fn flags_of_other_tools_are_translated() {
        for (line, part) in [
            ("rpsbench --vus 5", "rpsbench closed -c N"),
            ("rpsbench closed --vus 5", "the number of users, -c N"),
            ("rpsbench run -z 10s", "--duration 30s"),
            ("rpsbench -t4 -c100 -d30s", "--threads N"),
            ("rpsbench -rate=100", "two dashes: --rate"),
            ("rpsbench compare -c 5 --shard 0/2", "and compare the two files"),
            ("rpsbench compare -c 5 --rendezvous dir:x", "and compare the two files"),
        ] {
            let error = command().try_get_matches_from(words(line)).unwrap_err();
            let text = with_hint(error, &words(line)).to_string();
            assert!(text.contains(part), "{line}: {text}");
        }
        let line = "rpsbench --rate x";
        let text =
            with_hint(command().try_get_matches_from(words(line)).unwrap_err(), &words(line)).to_string();
        assert!(!text.contains("two dashes"), "{text}");
    }

    #[test]
    fn a_misspelt_command_is_named_and_other_words_are_not() {
        let of = |line: &str| misspelt_command(&words(line), &command());
        assert!(of("rpsbench swep --rates 5").is_some_and(|said| said.contains("`sweep`")));
        assert!(of("rpsbench reprot x.json").is_some_and(|said| said.contains("`report`")));
        for line in [
            "rpsbench sweep",
            "rpsbench hunter",
            "rpsbench localhost",
            "rpsbench http://x",
            "rpsbench -q",
            "rpsbench help",
        ] {
            assert_eq!(of(line), None, "{line}");
        }
    }
}
