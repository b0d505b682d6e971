//! What can be optimised and what can be demanded.

use crate::entropy::{Entropy, Kind};
use crate::error::{Error, Result};
use std::fmt;
use std::str::FromStr;

/// A functional of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// H, in nats; depends on scale.
    Entropy,
    /// log(2 pi e Var)/2 - H; independent of shift and scale.
    Negentropy,
    /// log(range) - H, of bounded activations.
    Deficit,
    /// Var f(U).
    Variance,
}

/// A functional and the sense in which it is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Objective {
    /// The functional.
    pub goal: Goal,
    /// Whether more is better.
    pub maximize: bool,
}

impl Objective {
    /// Every functional by name.
    pub const ALL: [(&str, Goal); 4] = [
        ("entropy", Goal::Entropy),
        ("negentropy", Goal::Negentropy),
        ("deficit", Goal::Deficit),
        ("variance", Goal::Variance),
    ];

    /// The functional of a measured output; NaN where it does not exist.
    pub(super) fn value(self, e: &Entropy) -> f64 {
        let undefined = e.entropy.error.is_infinite() && e.entropy.value == 0.0;
        match self.goal {
            Goal::Entropy if undefined || e.kind != Kind::Continuous => f64::NAN,
            Goal::Entropy => e.entropy.value,
            Goal::Negentropy => e.negentropy.map_or(f64::NAN, |v| v.value),
            Goal::Deficit => e.deficit.map_or(f64::NAN, |v| v.value),
            Goal::Variance => e.variance.map_or(f64::NAN, |v| v.value),
        }
    }

    /// The factor that makes it a minimisation.
    pub(super) fn sign(self) -> f64 {
        if self.maximize { -1.0 } else { 1.0 }
    }
}

impl FromStr for Objective {
    type Err = Error;

    /// Reads `entropy`, `max:entropy`, `min:deficit`. Without a prefix EAFO's sense: the entropy is lowered, the negentropy
    /// and the deficit, which are entropies with the sign turned and the scale taken out, are raised.
    fn from_str(text: &str) -> Result<Objective> {
        let (sense, name) = text.trim().split_once(':').map_or((None, text.trim()), |(s, n)| (Some(s), n));
        let found = Objective::ALL.iter().find(|(known, _)| *known == name);
        let Some((_, goal)) = found else {
            let known = "entropy, negentropy, deficit, variance";
            return Err(Error::Unsupported(format!(
                "unknown objective `{name}`; known: {known}, each with min: or max: in front"
            )));
        };
        let maximize = match sense {
            None => matches!(goal, Goal::Negentropy | Goal::Deficit),
            Some("min") => false,
            Some("max") => true,
            Some(other) => {
                return Err(Error::Unsupported(format!("`{other}:` is no sense of an objective; use min: or max:")));
            }
        };
        Ok(Objective { goal: *goal, maximize })
    }
}

impl fmt::Display for Objective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Objective::ALL.iter().find(|(_, goal)| *goal == self.goal).map_or("", |(name, _)| name);
        write!(f, "{}:{name}", if self.maximize { "max" } else { "min" })
    }
}

/// What has to hold, where the input has its mass.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Constraint {
    /// f' >= 0.
    Monotone,
    /// |f'| <= L.
    Lipschitz(f64),
    /// f' >= L, for shapes.
    Slope(f64),
    /// Var f(U) = V.
    Variance(f64),
    /// E f(U)^2 = M.
    SecondMoment(f64),
}

impl Constraint {
    /// Reads a list such as `monotone,lipschitz<=1.5,variance=1`.
    ///
    /// # Errors
    /// Names the part that is not understood; bounds that contradict each other.
    pub fn list(text: &str) -> Result<Vec<Constraint>> {
        let list = text.split(',').map(str::parse).collect::<Result<Vec<Constraint>>>()?;
        let least = list.iter().filter_map(|c| if let Constraint::Slope(l) = c { Some(*l) } else { None });
        let most = list.iter().filter_map(|c| if let Constraint::Lipschitz(l) = c { Some(*l) } else { None });
        let (least, most) = (least.fold(f64::NEG_INFINITY, f64::max), most.fold(f64::INFINITY, f64::min));
        if least > most {
            return Err(Error::Unsupported(format!(
                "contradictory slope bounds: slope>={least} and lipschitz<={most} leave no function"
            )));
        }
        Ok(list)
    }

    /// Whether it is an equality.
    pub(super) fn equality(self) -> bool {
        match self {
            Constraint::Monotone | Constraint::Lipschitz(_) | Constraint::Slope(_) => false,
            Constraint::Variance(_) | Constraint::SecondMoment(_) => true,
        }
    }

    /// Its value given the output and the least and greatest slope.
    pub(super) fn quantity(self, e: &Entropy, slopes: (f64, f64)) -> f64 {
        let variance = || e.variance.map_or(f64::NAN, |v| v.value);
        match self {
            Constraint::Monotone | Constraint::Slope(_) => slopes.0,
            Constraint::Lipschitz(_) => slopes.0.abs().max(slopes.1.abs()),
            Constraint::Variance(_) => variance(),
            Constraint::SecondMoment(_) => variance() + e.mean.map_or(f64::NAN, |m| m.value * m.value),
        }
    }

    /// c of c <= 0, or of c = 0.
    pub(super) fn excess(self, quantity: f64) -> f64 {
        match self {
            Constraint::Monotone => -quantity,
            Constraint::Slope(least) => least - quantity,
            Constraint::Lipschitz(l) | Constraint::Variance(l) | Constraint::SecondMoment(l) => quantity - l,
        }
    }

    /// Whether it holds to 1e-6.
    pub fn holds(self, quantity: f64) -> bool {
        let excess = self.excess(quantity);
        let allowed = 1e-6 * (1.0 + quantity.abs());
        if self.equality() { excess.abs() <= allowed } else { excess <= allowed }
    }
}

/// What makes a constraint from its number.
type Form = fn(f64) -> Constraint;

impl FromStr for Constraint {
    type Err = Error;

    fn from_str(text: &str) -> Result<Constraint> {
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        if text == "monotone" {
            return Ok(Constraint::Monotone);
        }
        let forms: [(&str, Form); 4] = [
            ("lipschitz<=", Constraint::Lipschitz),
            ("slope>=", Constraint::Slope),
            ("variance=", Constraint::Variance),
            ("second_moment=", Constraint::SecondMoment),
        ];
        for (prefix, make) in forms {
            let Some(number) = text.strip_prefix(prefix) else { continue };
            return match number.parse::<f64>() {
                Ok(value) if value.is_finite() && (value > 0.0 || prefix == "slope>=") => Ok(make(value)),
                _ => Err(Error::OutOfRange {
                    owner: "subject-to".into(),
                    name: prefix.trim_end_matches(['<', '>', '=']).into(),
                    value: number.into(),
                    expected: "it must be a finite number > 0".into(),
                }),
            };
        }
        Err(Error::Unsupported(format!(
            "unknown constraint `{text}`; known: monotone, lipschitz<=L, slope>=S, variance=V, second_moment=M"
        )))
    }
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Constraint::Monotone => write!(f, "monotone"),
            Constraint::Lipschitz(l) => write!(f, "lipschitz<={l}"),
            Constraint::Slope(l) => write!(f, "slope>={l}"),
            Constraint::Variance(v) => write!(f, "variance={v}"),
            Constraint::SecondMoment(m) => write!(f, "second_moment={m}"),
        }
    }
}
