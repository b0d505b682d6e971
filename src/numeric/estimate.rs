//! Numbers that come with their error.

/// A number found by an approximation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The value.
    pub value: f64,
    /// A bound on the absolute error of `value`.
    pub error: f64,
    /// How often the integrand or function was evaluated.
    pub evaluations: u64,
}

impl Estimate {
    /// A value known to rounding.
    pub fn exact(value: f64) -> Estimate {
        Estimate { value, error: 2.0 * f64::EPSILON * value.abs(), evaluations: 0 }
    }
}

impl std::ops::Add for Estimate {
    type Output = Estimate;
    fn add(self, other: Estimate) -> Estimate {
        Estimate {
            value: self.value + other.value,
            error: self.error + other.error,
            evaluations: self.evaluations + other.evaluations,
        }
    }
}
