//! Where the service says that its time went: `Server-Timing` headers (W3C, "Server Timing").

use super::Distribution;

/// Most metrics that are told apart; those that come later are left out.
const MOST_METRICS: usize = 8;
/// Longest name of a metric.
const LONGEST_NAME: usize = 32;

/// The durations of each metric, in the order in which the metrics first came.
#[derive(Debug, Clone, Default)]
pub(crate) struct ServerTimings(Vec<(String, Distribution)>);

impl ServerTimings {
    /// Adds the durations of one header, such as `db;dur=53.2, cache;desc="a, b";dur=0.4, total;dur=60`. What is no metric, or
    /// one without a duration, is passed over.
    pub(crate) fn record(&mut self, header: &[u8]) {
        let Ok(text) = std::str::from_utf8(header) else { return };
        for (name, nanos) in outside_quotes(text, ',').filter_map(metric) {
            if let Some(times) = self.metric(name) {
                times.record(nanos);
            }
        }
    }

    fn metric(&mut self, name: &str) -> Option<&mut Distribution> {
        let place = match self.0.iter().position(|(known, _)| known == name) {
            Some(place) => place,
            None if self.0.len() < MOST_METRICS => {
                self.0.push((name.to_owned(), Distribution::new()));
                self.0.len() - 1
            }
            None => return None,
        };
        self.0.get_mut(place).map(|(_, times)| times)
    }

    /// Those that were saved, as many as are told apart.
    pub(super) fn restored(mut saved: Vec<(String, Distribution)>) -> Self {
        saved.truncate(MOST_METRICS);
        Self(saved)
    }

    /// Adds those of another worker.
    pub(super) fn merge(&mut self, other: &Self) {
        for (name, times) in &other.0 {
            if let Some(own) = self.metric(name) {
                own.merge(times);
            }
        }
    }

    /// Each metric with its durations.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Distribution)> {
        self.0.iter().map(|(name, times)| (name.as_str(), times))
    }
}

/// A metric's name and its duration in nanoseconds: `name *( ";" parameter )`, of which `dur` is in milliseconds.
fn metric(text: &str) -> Option<(&str, u64)> {
    let mut parts = outside_quotes(text, ';').map(str::trim);
    let name = parts.next()?;
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || name.len() > LONGEST_NAME || !name.bytes().all(is_token) {
        return None;
    }
    let duration = parts.find_map(|part| {
        let (key, value) = part.split_once('=')?;
        key.trim().eq_ignore_ascii_case("dur").then(|| value.trim().trim_matches('"'))
    })?;
    let ms: f64 = duration.parse().ok().filter(|ms: &f64| ms.is_finite() && *ms >= 0.0)?;
    Some((name, (ms * 1e6).round() as u64))
}

/// The parts of a text between separators that do not stand in a quoted string.
fn outside_quotes(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    text.split(move |character| {
        let escaped = std::mem::take(&mut is_escaped);
        match character {
            '\\' if is_quoted && !escaped => is_escaped = true,
            '"' if !escaped => is_quoted = !is_quoted,
            other => return other == separator && !is_quoted,
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(header: &str) -> Vec<(String, f64)> {
        let mut timings = ServerTimings::default();
        timings.record(header.as_bytes());
        timings.iter().map(|(name, times)| (name.to_owned(), times.mean_ns().unwrap() / 1e6)).collect()
    }

    #[test]
    fn the_examples_of_the_specification_are_read() {
        assert_eq!(
            read("miss, db;dur=53, app;dur=47.2"),
            [("db".to_owned(), 53.0), ("app".to_owned(), 47.2)]
        );
        assert_eq!(read(r#"cache;desc="Cache Read";dur=23.2"#), [("cache".to_owned(), 23.2)]);
        assert_eq!(
            read(r#"a;desc="x, y;dur=9 \" z"; DUR = "1.5" , b;dur=2"#),
            [("a".to_owned(), 1.5), ("b".to_owned(), 2.0)]
        );
        for nothing in ["", ",,;", "db", "db;dur=", "db;dur=-1", "db;dur=NaN", "d b;dur=1", ";dur=1"] {
            assert_eq!(read(nothing), [], "{nothing}");
        }
    }

    #[test]
    fn no_more_metrics_are_kept_than_there_is_room_for() {
        let mut timings = ServerTimings::default();
        (0..100).for_each(|i| timings.record(format!("m{i};dur=1").as_bytes()));
        let mut merged = timings.clone();
        merged.merge(&timings);
        assert_eq!(merged.iter().count(), MOST_METRICS);
        assert!(merged.iter().all(|(_, times)| times.count() == 2));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_harm(header in proptest::collection::vec(any::<u8>(), 0..200)) {
            ServerTimings::default().record(&header);
        }

        #[test]
        fn what_is_written_is_read(name in "[a-z]{1,8}", ms in 0.0..10_000.0f64, desc in "[ ,;=a-z]{0,10}") {
            let read = read(&format!("x;dur=1, {name}y;desc=\"{desc}\";dur={ms}"));
            prop_assert_eq!(&read[1].0, &format!("{name}y"));
            prop_assert!((read[1].1 - ms).abs() <= 1e-3 * ms + 0.001);
        }
    }
}
