//! Every name of every figure, and words that name none.

use super::*;

fn all() -> impl Iterator<Item = Figure> {
    Figure::NAMED.into_iter().chain(Figure::COMPARED.into_iter().filter(|figure| figure.quantile().is_some()))
}

#[test]
fn every_name_and_its_figure() {
    for (names, figure, key) in [
        (&["rps", "completed_per_s"][..], Figure::CompletedPerS, "completed_per_s"),
        (&["error_rate"], Figure::ErrorRate, "error_rate"),
        (&["failure_rate"], Figure::FailureRate, "failure_rate"),
        (&["overflow_rate"], Figure::OverflowRate, "overflow_rate"),
        (&["throttled_rate"], Figure::ThrottledRate, "throttled_rate"),
        (&["achieved"], Figure::Achieved, "achieved"),
        (&["min"], Figure::Min, "min_ms"),
        (&["mean", "avg"], Figure::Mean, "mean_ms"),
        (&["p50", "med", "p(50)", "p50.0"], Figure::P50, "p50_ms"),
        (&["p75", "p(75)"], Figure::P75, "p75_ms"),
        (&["p90", "p(90)"], Figure::P90, "p90_ms"),
        (&["p95", "p(95)"], Figure::P95, "p95_ms"),
        (&["p99", "p(99)"], Figure::P99, "p99_ms"),
        (&["p99.9", "p(99.9)"], Figure::P99_9, "p99_9_ms"),
        (&["p99.99", "p(99.99)"], Figure::P99_99, "p99_99_ms"),
        (&["max"], Figure::Max, "max_ms"),
    ] {
        assert_eq!((figure.to_string().as_str(), figure.key().as_str()), (names[0], key));
        for name in names {
            assert_eq!(name.parse(), Ok(figure), "{name}");
        }
        let document = serde_json::to_string(&figure).unwrap();
        assert_eq!(document, format!("\"{key}\""));
        assert_eq!(serde_json::from_str::<Figure>(&document).unwrap(), figure);
    }
}

#[test]
fn other_words_name_no_figure_and_learn_which_there_are() {
    for name in ["", "p", "p()", "P99", "latency", "p(x)", "pNaN", "p-1", "p(99"] {
        let error = name.parse::<Figure>().unwrap_err();
        assert_eq!(error, FigureError::Unknown(name.to_owned()));
        assert!(all().filter(|f| f.quantile().is_none()).all(|f| error.to_string().contains(&f.to_string())));
    }
    for name in ["p100", "p49", "p99.999", "p(0)", "p1e1", "p50.001"] {
        assert_eq!(name.parse::<Figure>(), Err(FigureError::Percentile), "{name}");
    }
    assert_eq!("p97.5".parse::<Figure>().unwrap().to_string(), "p97.5");
}
