//! Prometheus' text format.

use prometheus::proto::{Bucket, Counter, Gauge, Histogram, LabelPair, Metric, MetricFamily, MetricType};
use prometheus::{Encoder, TextEncoder};

use super::family::{Buckets, Family, Labels, Points};

/// The media type of the text.
pub(super) const CONTENT_TYPE: &str = prometheus::TEXT_FORMAT;

/// Families as Prometheus reads them; those without points are left out.
pub(super) fn text_of(families: &[Family]) -> Vec<u8> {
    let all: Vec<MetricFamily> =
        families.iter().map(proto_of).filter(|family| !family.get_metric().is_empty()).collect();
    let mut text = Vec::new();
    // Writing to memory cannot fail, and each family has points of its own kind.
    let _ = TextEncoder::new().encode(&all, &mut text);
    text
}

fn proto_of(family: &Family) -> MetricFamily {
    let mut proto = MetricFamily::default();
    proto.set_help(family.help.to_owned());
    let metrics = match &family.points {
        Points::Counters(points) => {
            // By its conventions a counter says so in its name.
            proto.set_name(format!("{}_total", family.name));
            proto.set_field_type(MetricType::COUNTER);
            let metric = |(labels, value): &(Labels, u64)| {
                let (mut metric, mut counter) = (labelled(labels), Counter::default());
                counter.set_value(*value as f64);
                metric.set_counter(counter);
                metric
            };
            points.iter().map(metric).collect()
        }
        Points::Gauges(points) => {
            proto.set_name(family.name.to_owned());
            proto.set_field_type(MetricType::GAUGE);
            let metric = |(labels, value): &(Labels, f64)| {
                let (mut metric, mut gauge) = (labelled(labels), Gauge::default());
                gauge.set_value(*value);
                metric.set_gauge(gauge);
                metric
            };
            points.iter().map(metric).collect()
        }
        Points::Histograms(points) => {
            proto.set_name(family.name.to_owned());
            proto.set_field_type(MetricType::HISTOGRAM);
            let metric = |(labels, buckets): &(Labels, Buckets)| {
                let mut metric = labelled(labels);
                metric.set_histogram(histogram_of(buckets));
                metric
            };
            points.iter().map(metric).collect::<Vec<_>>()
        }
    };
    proto.set_metric(metrics);
    proto
}

fn labelled(labels: &Labels) -> Metric {
    let pair = |(name, value): &(String, String)| {
        let mut pair = LabelPair::default();
        pair.set_name(name.clone());
        pair.set_value(value.clone());
        pair
    };
    Metric::from_label(labels.iter().map(pair).collect())
}

fn histogram_of(buckets: &Buckets) -> Histogram {
    let mut histogram = Histogram::default();
    histogram.set_sample_count(buckets.count);
    histogram.set_sample_sum(buckets.sum_s);
    let bucket = |(bound, count): &(f64, u64)| {
        let mut bucket = Bucket::default();
        bucket.set_upper_bound(*bound);
        bucket.set_cumulative_count(*count);
        bucket
    };
    histogram.set_bucket(buckets.up_to.iter().map(bucket).collect());
    histogram
}

#[cfg(test)]
mod tests {
    use super::super::counted::example;
    use super::*;

    #[test]
    fn the_text_is_as_prometheus_reads_it() {
        let text = String::from_utf8(text_of(&example().families())).unwrap();
        for line in [
            "# TYPE rpsbench_requests_offered_total counter",
            "rpsbench_requests_offered_total{team=\"shop\",phase=\"measured\"} 200",
            "rpsbench_answers_bad_total{team=\"shop\",phase=\"measured\",code=\"503\"} 8",
            "rpsbench_requests_failed_total{team=\"shop\",phase=\"measured\",kind=\"timeout\"} 6",
            "# TYPE rpsbench_response_seconds histogram",
            "rpsbench_response_seconds_bucket{team=\"shop\",phase=\"measured\",le=\"0.01\"} 20",
            "rpsbench_response_seconds_bucket{team=\"shop\",phase=\"measured\",le=\"+Inf\"} 172",
            "rpsbench_response_seconds_count{team=\"shop\",phase=\"measured\"} 172",
            "rpsbench_requests_in_flight{team=\"shop\"} 3",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        assert!(text.contains("name=\"night \\\"run\\\"\""), "{text}");
    }

    /// A dashboard that asks for what is not there shows nothing, and says nothing.
    #[test]
    fn the_dashboard_asks_for_metrics_that_there_are() {
        let text = String::from_utf8(text_of(&example().families())).unwrap();
        let dashboard: serde_json::Value =
            serde_json::from_str(include_str!("../../../docs/grafana.json")).unwrap();
        let mut asked = 0;
        for panel in dashboard["panels"].as_array().unwrap() {
            for target in panel["targets"].as_array().unwrap() {
                let expression = target["expr"].as_str().unwrap();
                let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
                for name in expression.split(|c| !is_name(c)).filter(|word| word.starts_with("rpsbench_")) {
                    let found = text.lines().any(|line| line.split(['{', ' ']).next() == Some(name));
                    assert!(found, "{name}");
                    asked += 1;
                }
            }
        }
        assert!(asked >= 10, "{asked}");
    }
}
