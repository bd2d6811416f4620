//! What differs between the first result and another, and whether it is more than noise.

use serde::{Deserialize, Serialize};

use super::figure::Figure;

/// What is known of a difference where a figure is only a lower bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum Bound {
    /// Both figures were measured.
    Exact,
    /// The other figure is a lower bound: the true difference and ratio are at least these.
    AtLeast,
    /// The first figure is a lower bound: the true difference and ratio are at most these.
    AtMost,
    /// Both are: nothing is known.
    Unknown,
}

impl Bound {
    /// In front of a difference or a ratio: nothing where it is exact, or where nothing is known at all.
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Self::Exact | Self::Unknown => "",
            Self::AtLeast => ">",
            Self::AtMost => "<",
        }
    }
}

/// Whether a difference is more than chance would make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum NoiseVerdict {
    /// It exceeds the noise.
    Exceeds,
    /// It is within the noise.
    Within,
    /// Nobody can tell.
    CannotTell,
}

/// A verdict with its evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Noise {
    /// The verdict.
    pub verdict: NoiseVerdict,
    /// Low end of the 95 % interval of the ratio; null where nobody can tell.
    pub ratio_low: Option<f64>,
    /// High end of it; null where nobody can tell, or where there is none.
    pub ratio_high: Option<f64>,
    /// Why nobody can tell; empty where the verdict is known.
    pub reason: String,
}

/// The difference of one figure that both results have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct FigureDifference {
    /// The figure, with its unit in the name.
    #[cfg_attr(test, schemars(extend("enum" = super::schema_values::compared())))]
    pub figure: Figure,
    /// Its value in the first result, in the figure's unit.
    pub first: f64,
    /// Its value in the other result.
    pub other: f64,
    /// `other - first`.
    pub absolute: f64,
    /// `other / first`; null where the first is 0.
    pub ratio: Option<f64>,
    /// What is known where one of the two is a lower bound.
    pub bound: Bound,
    /// Whether it is more than noise.
    pub noise: Noise,
}

/// All differences of one result to the first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Difference {
    /// Which of the results it is about, counted from 0; never 0, which is the first.
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub result: usize,
    /// Its name.
    pub name: String,
    /// The figures that both have.
    pub figures: Vec<FigureDifference>,
}

impl Difference {
    /// The difference of a figure, where both have it.
    pub(crate) fn figure(&self, figure: Figure) -> Option<&FigureDifference> {
        self.figures.iter().find(|difference| difference.figure == figure)
    }
}

/// A condition and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Judgement {
    /// The condition as it was written.
    pub condition: String,
    /// Which of the results it was judged of, counted from 0.
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub result: usize,
    /// Whether it holds, so that the comparison fails.
    pub fails: bool,
    /// Whether nobody can tell: the results are too short, or lack what it is judged by. It fails only where that is asked for.
    #[serde(default)]
    pub inconclusive: bool,
    /// Why, in words.
    pub reason: String,
}
