//! HdrHistogram's percentile text (`outputPercentileDistribution`) of the response times of one run, for its plotter and for
//! whatever else reads `.hgrm`.
//!
//! The rows are over all arrivals that became due. One without a good answer ranks above every good one, and what it took is
//! not known, so the rows end where those begin: a curve that stops early, not one that bends to a made-up time. Of a
//! complete run the last row is the longest time, without a fourth column, as HdrHistogram writes it.
//!
//! What else is to be said stands in lines that begin with `#`, which readers leave out: HdrHistogram's own log processor
//! begins its files with such a line. Several results have no such text: a plotter would draw them as one curve, and
//! percentiles are not averaged.

use hdrhistogram::Histogram;

use super::reporter::Reporter;
use crate::measure::{Quantile, decode_histogram, millis};
use crate::result::{Figure, GeneratorVerdict, Summary, name_of};

/// One run.
pub(super) const REPORTER: Reporter = Reporter {
    name: "hgrm",
    extension: "hgrm",
    help: "HdrHistogram's percentiles of one run",
    escapes_controls: false,
    result: Some(|summary, _| render(summary)),
    runs: None,
    sweep: None,
    comparison: None,
};

/// Rows for each halving of the distance to 100 %, as HdrHistogram has by default.
const TICKS_PER_HALF_DISTANCE: u32 = 5;

fn render(summary: &Summary) -> String {
    let due = summary.latency.response.count;
    match decode_histogram(&summary.histograms.response_ok) {
        Ok(good) => {
            let header = format!(
                "{:>12} {:>14} {:>10} {:>14}\n\n",
                "Value", "Percentile", "TotalCount", "1/(1-Percentile)"
            );
            comments(summary, due, good.len()) + &header + &rows(&good, due) + &footer(&good, due)
        }
        Err(error) => format!("# no percentiles: {error}\n"),
    }
}

/// What the columns do not say.
fn comments(summary: &Summary, due: u64, good: u64) -> String {
    let mut text = format!(
        "# rpsbench {}: response time in ms, from the intended time, over the {due} arrivals that became due\n\
         # percentiles with fewer than {} arrivals above them are left out\n",
        name_of(summary),
        Quantile::SUPPORT
    );
    let bad = due.saturating_sub(good);
    if bad > 0 {
        let bound = |figure| {
            let known = summary.latency.response.figure(figure).written(|ms| format!("{ms:.3}"));
            known.unwrap_or_else(|| "unknown".to_owned())
        };
        text += &format!(
            "# {bad} of them got no good answer: they rank above all others, and the rows end where they begin\n\
             # Mean, StdDeviation and Max are of the {good} good answers alone; of all arrivals: mean {}, max {}\n",
            bound(Figure::Mean),
            bound(Figure::Max)
        );
    }
    match summary.verdict.generator {
        GeneratorVerdict::Valid => {}
        GeneratorVerdict::Suspect => {
            text += "# generator suspect: part of the figures may be the client's own\n"
        }
        GeneratorVerdict::Invalid => {
            text += "# generator invalid: the figures say more about the client than the service\n"
        }
    }
    if summary.plan.traffic.tls_verification == Some(false) {
        text += "# certificates were NOT checked, so nobody knows who answered\n";
    }
    text
}

/// One percentile, with exact arithmetic: all shares are whole tenths of a power of 1/2.
struct Tick {
    /// Share of the arrivals above it.
    share_above: f64,
    /// Number of the arrivals above it.
    above: u64,
}

/// The percentiles that HdrHistogram reports, as far as so many arrivals support them.
///
/// Not `Histogram::iter_quantiles`: its percentiles are sums of steps of 0.1, and where one is a bit too large (0.9 is) the row
/// is that of the next higher time. HdrHistogram in Java counts in percent, and its sums are exact.
fn ticks(due: u64) -> impl Iterator<Item = Tick> {
    let steps = 2 * TICKS_PER_HALF_DISTANCE;
    let shares = (0..u64::BITS).flat_map(move |halvings| {
        (0..TICKS_PER_HALF_DISTANCE)
            .map(move |step| (u128::from(steps - step), u128::from(steps) << halvings))
    });
    let ticks = shares.map(move |(part, whole)| Tick {
        share_above: part as f64 / whole as f64,
        above: (u128::from(due) * part / whole) as u64,
    });
    ticks.take_while(|tick| tick.above >= Quantile::SUPPORT)
}

/// The percentiles of all arrivals that became due, as far as the good ones reach: those without a good answer rank above.
fn rows(good: &Histogram<u64>, due: u64) -> String {
    let digits = usize::from(good.sigfig());
    let mut text = String::new();
    let mut ticks = ticks(due).peekable();
    let mut up_to_here = 0_u64;
    for times in good.iter_recorded() {
        up_to_here = up_to_here.saturating_add(times.count_at_value());
        let value = millis(times.value_iterated_to());
        // Its value is the first time that so many arrivals do not exceed.
        while let Some(tick) = ticks.next_if(|tick| due - tick.above <= up_to_here) {
            let (percentile, distance) = (1.0 - tick.share_above, 1.0 / tick.share_above);
            text += &format!("{value:12.digits$} {percentile:.12} {up_to_here:10} {distance:14.2}\n");
        }
    }
    if good.len() == due && due > 0 {
        text += &format!("{:12.digits$} {:.12} {due:10}\n", millis(good.max()), 1.0);
    }
    text
}

/// Mean, deviation and maximum of what was measured. No bounds: some readers take nothing but plain numbers here.
fn footer(good: &Histogram<u64>, due: u64) -> String {
    let digits = usize::from(good.sigfig());
    // Of nothing there is no mean, and 0 would look like one.
    let ms = |nanos: f64| if good.is_empty() { f64::NAN } else { nanos / 1e6 };
    let (mean, deviation, max) = (ms(good.mean()), ms(good.stdev()), ms(good.max() as f64));
    let buckets = good.buckets();
    let sub_buckets = (2 * 10_u32.pow(good.sigfig().into())).next_power_of_two();
    format!(
        "#[Mean    = {mean:12.digits$}, StdDeviation   = {deviation:12.digits$}]\n\
         #[Max     = {max:12.digits$}, Total count    = {due:12}]\n\
         #[Buckets = {buckets:12}, SubBuckets     = {sub_buckets:12}]\n"
    )
}

#[cfg(test)]
mod tests;
