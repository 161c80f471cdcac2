//! The distributions: names, parameters, and which values parameters may have.

use Bound::{AboveOne, Any, Count, NotNegative, Positive, PositiveProbability, Probability, ProperProbability};

/// What a parameter may be. All but `Any` are finite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// Any number.
    Any,
    /// 0 or above.
    NotNegative,
    /// Above 0.
    Positive,
    /// Above 1.
    AboveOne,
    /// From 0 to 1.
    Probability,
    /// Above 0, at most 1.
    PositiveProbability,
    /// From 0 to below 1.
    ProperProbability,
    /// An integer from 0 to 2^53.
    Count,
}

impl Bound {
    /// Why `v` is not such a number; None if it is.
    pub fn refuses(self, v: f64) -> Option<&'static str> {
        let (fits, why) = match self {
            Any => return None,
            NotNegative => (v >= 0.0, "it must not be negative"),
            Positive => (v > 0.0, "it must be above 0"),
            AboveOne => (v > 1.0, "it must be above 1"),
            Probability => ((0.0..=1.0).contains(&v), "it must lie between 0 and 1"),
            PositiveProbability => (v > 0.0 && v <= 1.0, "it must be above 0 and at most 1"),
            ProperProbability => ((0.0..1.0).contains(&v), "it must be at least 0 and below 1"),
            Count => (v >= 0.0 && v.fract() == 0.0 && v <= MOST, "it must be an integer from 0 to 2^53"),
        };
        if v.is_nan() {
            return Some("it must be a number");
        }
        if v.is_infinite() && fits {
            return Some("it must be finite");
        }
        (!fits).then_some(why)
    }
}

/// Largest count.
const MOST: f64 = 9_007_199_254_740_992.0;

macro_rules! distributions {
    ($($Name:ident $name:literal ($($p:literal $bound:ident),*))*) => {
        /// A distribution of numbers.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        pub enum Distribution {
            $(#[doc = concat!("`", $name, "`.")] $Name,)*
        }

        impl Distribution {
            /// All of them.
            pub const ALL: &[Distribution] = &[$(Distribution::$Name),*];

            /// NumPy's name.
            pub fn name(self) -> &'static str {
                match self { $(Distribution::$Name => $name,)* }
            }

            /// Its parameters: NumPy's names, and what they may be.
            pub fn parameters(self) -> &'static [(&'static str, Bound)] {
                match self { $(Distribution::$Name => &[$(($p, $bound)),*],)* }
            }
        }
    };
}

distributions! {
    Uniform "uniform" ("low" Any, "high" Any)
    Normal "normal" ("loc" Any, "scale" NotNegative)
    Lognormal "lognormal" ("mean" Any, "sigma" NotNegative)
    Exponential "exponential" ("scale" NotNegative)
    Laplace "laplace" ("loc" Any, "scale" NotNegative)
    Logistic "logistic" ("loc" Any, "scale" NotNegative)
    Gumbel "gumbel" ("loc" Any, "scale" NotNegative)
    Rayleigh "rayleigh" ("scale" NotNegative)
    Weibull "weibull" ("a" NotNegative)
    Pareto "pareto" ("a" Positive)
    Power "power" ("a" Positive)
    StandardCauchy "standard_cauchy" ()
    Triangular "triangular" ("left" Any, "mode" Any, "right" Any)
    Geometric "geometric" ("p" PositiveProbability)
    Gamma "gamma" ("shape" NotNegative, "scale" NotNegative)
    Beta "beta" ("a" Positive, "b" Positive)
    ChiSquare "chisquare" ("df" Positive)
    NoncentralChiSquare "noncentral_chisquare" ("df" Positive, "nonc" NotNegative)
    F "f" ("dfnum" Positive, "dfden" Positive)
    NoncentralF "noncentral_f" ("dfnum" Positive, "dfden" Positive, "nonc" NotNegative)
    StandardT "standard_t" ("df" Positive)
    VonMises "vonmises" ("mu" Any, "kappa" NotNegative)
    Wald "wald" ("mean" Positive, "scale" Positive)
    Poisson "poisson" ("lam" NotNegative)
    Binomial "binomial" ("n" Count, "p" Probability)
    NegativeBinomial "negative_binomial" ("n" Positive, "p" PositiveProbability)
    Hypergeometric "hypergeometric" ("ngood" Count, "nbad" Count, "nsample" Count)
    LogSeries "logseries" ("p" ProperProbability)
    Zipf "zipf" ("a" AboveOne)
}

impl Distribution {
    /// Most parameters that one has.
    pub const MOST_PARAMETERS: usize = 3;

    /// Whether it is over integers.
    pub fn is_discrete(self) -> bool {
        use Distribution::{Binomial, Geometric, Hypergeometric, LogSeries, NegativeBinomial, Poisson, Zipf};
        matches!(self, Binomial | Geometric | Hypergeometric | LogSeries | NegativeBinomial | Poisson | Zipf)
    }

    /// What is wrong with parameters, in words that name one; None if they are as they must be.
    pub fn refuses(self, values: &[f64]) -> Option<String> {
        for ((name, bound), &v) in self.parameters().iter().zip(values) {
            if let Some(why) = bound.refuses(v) {
                return Some(format!("{name} is {v}: {why}"));
            }
        }
        match (self, values) {
            (Distribution::Uniform, &[low, high]) if !(high - low).is_finite() || low > high => {
                Some(format!("low is {low} and high {high}: they must rise and their difference be finite"))
            }
            (Distribution::Triangular, &[left, mode, right])
                if !((right - left).is_finite() && left <= mode && mode <= right && left < right) =>
            {
                Some(format!("left is {left}, mode {mode} and right {right}: they must rise, with a finite difference"))
            }
            (Distribution::Hypergeometric, &[good, bad, sample]) if sample > good + bad || good + bad > MOST => {
                Some(format!("nsample is {sample}: it must be at most ngood + nbad = {}, and that at most 2^53", good + bad))
            }
            _ => None,
        }
    }
}
