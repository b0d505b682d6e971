//! The injective outside of an activation: f = outer(inner), outer strictly monotone.
//!
//! H\[f(U)\] = H\[inner(U)\] + E log|outer'(inner(U))| by the change of variables y = outer(z). Where outer saturates, as in
//! tanh(x^2), the values of f no longer tell in doubles which points of two branches belong together; those of inner do.

use super::branches::Branches;
use super::far;
use super::functional::Functional;
use super::shape::{linear, monotone};
use crate::error::Result;
use crate::expr::{Expr, Node, Op, Tape};
use crate::input::Input;
use crate::numeric::{Estimate, Point, Quadrature};
use num_integer::Integer;

/// An activation taken apart.
#[derive(Debug, Clone)]
pub(super) struct Outside {
    /// A strictly monotone function of x.
    outer: Expr,
    /// What it is applied to.
    inner: Expr,
}

impl Outside {
    /// The whole injective outside of an activation; none where there is but a linear one.
    pub fn of(activation: &Expr) -> Option<Outside> {
        let (mut outer, mut inner) = (Expr::x(), activation.clone());
        while let Some((layer, next)) = layer(&inner) {
            (outer, inner) = (outer.at(&layer), next);
        }
        linear(&outer).is_none().then_some(Outside { outer, inner })
    }

    /// The entropy of the density part of f(U), for an inner function that takes values more than once.
    ///
    /// # Errors
    /// [`crate::Error::NotFinite`] where an integral does not converge.
    pub fn entropy(&self, input: &Input) -> Result<Option<Estimate>> {
        let inside = Functional::new(&self.inner, input)?;
        if !inside.folds() {
            return Ok(None);
        }
        let entropy = inside.entropy().entropy;
        let bend = self.mean_log_slope(inside.branches(), input)?;
        Ok(entropy.error.is_finite().then(|| entropy + bend))
    }

    /// E log|outer'(inner(U))| where inner is not constant.
    fn mean_log_slope(&self, branches: &Branches, input: &Input) -> Result<Estimate> {
        let outer = Tape::new(&self.outer)?;
        let log_slope = |z: f64| match outer.derivative(z, 1).abs() {
            slope if (1e-290..1e290).contains(&slope) => slope.ln(),
            slope => far::log_slope(&self.outer, z).unwrap_or(slope.ln()),
        };
        let quadrature =
            Quadrature { absolute: 1e-14, centre: branches.centre(), scale: branches.scale, ..Quadrature::default() };
        let mut sum = Estimate { value: 0.0, error: 0.0, evaluations: 0 };
        for branch in &branches.smooth {
            let integrand = |at: Point| match input.log_pdf_at(at).exp() {
                0.0 => [0.0],
                p => [p * log_slope(branch.value_and_log_slope(at.u).0)],
            };
            let within = branches.cuts.iter().copied().filter(|c| branch.from < *c && *c < branch.to);
            let cuts: Vec<f64> = within.collect();
            let [part] = quadrature.integrate_points(integrand, branch.from, branch.to, &cuts)?;
            sum = sum + part;
        }
        Ok(sum)
    }
}

/// The outermost operation as a function of x and what it is applied to, where it is strictly monotone.
fn layer(e: &Expr) -> Option<(Expr, Expr)> {
    let Node::Call(op, args) = e.node() else { return None };
    let odd = |n: &Expr| n.as_num().is_some_and(|n| n.is_integer() && n.numer().is_odd());
    match (op, &**args) {
        (op, [a]) if a.has_x() && (monotone(*op).is_some() || matches!(op, Op::Log | Op::Log1p | Op::Sqrt)) => {
            Some((Expr::x().apply(*op), a.clone()))
        }
        (Op::Pow, [a, n]) if a.has_x() && odd(n) => Some((Expr::call(Op::Pow, [Expr::x(), n.clone()]), a.clone())),
        (Op::Add | Op::Sub | Op::Mul | Op::Div, [a, c]) if a.has_x() && !c.has_x() && !c.is_zero() => {
            Some((Expr::call(*op, [Expr::x(), c.clone()]), a.clone()))
        }
        (Op::Add | Op::Sub | Op::Mul | Op::Div, [c, a]) if a.has_x() && !c.has_x() && !c.is_zero() => {
            Some((Expr::call(*op, [c.clone(), Expr::x()]), a.clone()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taken_apart() {
        let of = |text: &str| {
            Outside::of(&Expr::parse(text).expect("parses")).map(|o| (o.outer.to_string(), o.inner.to_string()))
        };
        let apart = |outer: &str, inner: &str| Some((outer.to_owned(), inner.to_owned()));
        assert_eq!(of("tanh(x^2)"), apart("tanh(x)", "x^2"));
        assert_eq!(of("1 - exp(-x^2)/3"), apart("1 - exp(-x)/3", "x^2"));
        assert_eq!(of("2*(x^2 - x) + 1"), None);
        assert_eq!(of("1 - (x^2 - x)/3"), None);
        assert_eq!(of("atan((x*sigmoid(x))^3)"), apart("atan(x^3)", "x*sigmoid(x)"));
        assert_eq!(of("x*tanh(x)"), None);
    }
}
