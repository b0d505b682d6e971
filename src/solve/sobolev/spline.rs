//! The gradient as a function: polynomials of degree 5 with common values and slopes at the knots, and beyond the outermost
//! knots the solution of (1 - l^2 d2/dx2)^m y = 0 that dies out.

use super::kernel::Jet;
use crate::expr::{Bound, Cmp, Expr, Op, Piece};

/// A polynomial on an interval.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Quintic {
    pub from: f64,
    pub to: f64,
    /// Where the variable is counted from.
    pub origin: f64,
    /// Coefficients of the powers of x - origin.
    pub coefficients: [f64; 6],
}

/// (value + slope z) e^(-z/l) at a distance z beyond an outermost knot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct End {
    pub at: f64,
    pub value: f64,
    pub slope: f64,
}

/// The whole function.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Spline {
    pub pieces: Vec<Quintic>,
    pub ends: [End; 2],
    pub length: f64,
}

impl Quintic {
    /// The polynomial with these values and slopes at both ends and in the middle.
    pub fn through(from: f64, to: f64, jets: [Jet; 3], origin: Option<f64>) -> Quintic {
        let (middle, h) = (0.5 * (from + to), 0.5 * (to - from));
        let [low, mid, high] = jets.map(|j| [j[0], j[1] * h]);
        let mut c = [mid[0], mid[1], 0.0, 0.0, 0.0, 0.0];
        let (even, odd) = (0.5 * (high[0] + low[0]) - c[0], 0.5 * (high[0] - low[0]) - c[1]);
        let (even_slope, odd_slope) = (0.5 * (high[1] - low[1]), 0.5 * (high[1] + low[1]) - c[1]);
        c[4] = 0.5 * (even_slope - 2.0 * even);
        c[2] = even - c[4];
        c[5] = 0.5 * (odd_slope - 3.0 * odd);
        c[3] = odd - c[5];
        let mut centre = middle;
        if let Some(end) = origin {
            shift(&mut c, if end < middle { -1.0 } else { 1.0 });
            // What is known exactly there.
            let known = if end < middle { low } else { high };
            (c[0], c[1], centre) = (known[0], known[1], end);
        }
        let mut power = 1.0;
        for coefficient in &mut c {
            *coefficient /= power;
            power *= h;
        }
        Quintic { from, to, origin: centre, coefficients: c }
    }

    /// Value, slope and second derivative at a point.
    pub fn jet(&self, x: f64) -> [f64; 3] {
        let z = x - self.origin;
        let (mut value, mut slope, mut half) = (0.0, 0.0, 0.0);
        for c in self.coefficients.iter().rev() {
            half = half * z + slope;
            slope = slope * z + value;
            value = value * z + c;
        }
        [value, slope, 2.0 * half]
    }

    /// The value less that at the origin.
    pub fn rise(&self, x: f64) -> f64 {
        let z = x - self.origin;
        z * self.coefficients[1..].iter().rev().fold(0.0, |sum, c| sum * z + c)
    }

    fn form(&self, factor: f64) -> Expr {
        let z = Expr::x() - Expr::float(self.origin);
        let z = if self.origin == 0.0 { Expr::x() } else { z };
        let mut terms = self.coefficients.iter().map(|c| Expr::float(c * factor)).rev();
        let Some(last) = terms.next() else { return Expr::int(0) };
        terms.fold(last, |sum, c| if sum.is_zero() { c } else { c + z.clone() * sum })
    }
}

/// Coefficients about -1, 0 or 1 from those about 0.
fn shift(c: &mut [f64; 6], by: f64) {
    for first in 0..5 {
        for k in (first..5).rev() {
            c[k] += by * c[k + 1];
        }
    }
}

impl End {
    /// Value, slope and second derivative at a distance outward; slopes count outward.
    pub fn jet(&self, z: f64, l: f64) -> [f64; 3] {
        let (line, decay) = (self.value + self.slope * z, (-z / l).exp());
        [line * decay, (self.slope - line / l) * decay, (line / (l * l) - 2.0 * self.slope / l) * decay]
    }

    fn form(&self, l: f64, side: f64, factor: f64) -> Expr {
        if self.value == 0.0 && self.slope == 0.0 {
            return Expr::int(0);
        }
        let z = if self.at == 0.0 { Expr::x() } else { Expr::x() - Expr::float(self.at) };
        let decay = if l == 1.0 { z.clone() } else { z.clone() / Expr::float(l) };
        let decay = if side > 0.0 { -decay } else { decay }.apply(Op::Exp);
        let line = match self.slope == 0.0 {
            true => Expr::float(self.value * factor),
            false => Expr::float(self.value * factor) + Expr::float(side * self.slope * factor) * z,
        };
        line * decay
    }
}

impl Spline {
    /// The piece around a point; none beyond the outermost knots.
    pub fn piece(&self, x: f64) -> Option<&Quintic> {
        let i = self.pieces.partition_point(|p| p.to < x);
        self.pieces.get(i).filter(|p| p.from <= x)
    }

    /// Value, slope and second derivative.
    pub fn jet(&self, x: f64) -> [f64; 3] {
        match self.piece(x) {
            Some(piece) => piece.jet(x),
            None if x < self.ends[0].at => {
                let [value, slope, bend] = self.ends[0].jet(self.ends[0].at - x, self.length);
                [value, -slope, bend]
            }
            None => self.ends[1].jet(x - self.ends[1].at, self.length),
        }
    }

    /// The pieces times a factor, as expressions, from -infinity to infinity.
    pub fn forms(&self, factor: f64) -> Vec<Piece> {
        let bound = Bound::at;
        let [low, high] = &self.ends;
        let first =
            Piece { from: bound(f64::NEG_INFINITY), to: bound(low.at), form: low.form(self.length, -1.0, factor) };
        let last = Piece { from: bound(high.at), to: bound(f64::INFINITY), form: high.form(self.length, 1.0, factor) };
        let inner = self.pieces.iter().map(|p| Piece { from: bound(p.from), to: bound(p.to), form: p.form(factor) });
        std::iter::once(first).chain(inner).chain(std::iter::once(last)).collect()
    }
}

/// Pieces as one expression, as deep as the logarithm of their number.
pub(super) fn balanced(pieces: &[Piece]) -> Expr {
    match pieces {
        [] => Expr::int(0),
        [one] => one.form.clone(),
        _ => {
            let (left, right) = pieces.split_at(pieces.len() / 2);
            let knot = right.first().map_or(0.0, |p| p.from.value);
            Expr::call(Op::Where(Cmp::Lt), [Expr::x(), Expr::float(knot), balanced(left), balanced(right)])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::Tape;

    #[test]
    fn a_polynomial_of_degree_five_is_met_exactly() {
        let f = |x: f64| 1.0 + x * (2.0 + x * (-1.0 + x * (0.5 + x * (0.25 - x * 0.125))));
        let d = |x: f64| 2.0 + x * (-2.0 + x * (1.5 + x * (1.0 - x * 0.625)));
        let (a, b) = (0.3, 1.9);
        let jets = [a, 0.5 * (a + b), b].map(|x| [f(x), d(x)]);
        for origin in [None, Some(a), Some(b)] {
            let quintic = Quintic::through(a, b, jets, origin);
            let tape = Tape::new(&quintic.form(1.0)).expect("compiles");
            for x in [0.3, 0.7, 1.1, 1.5, 1.9] {
                assert!((quintic.jet(x)[0] - f(x)).abs() < 1e-14 && (quintic.jet(x)[1] - d(x)).abs() < 1e-13);
                assert!((quintic.rise(x) - (f(x) - f(quintic.origin))).abs() < 1e-14);
                assert!((tape.eval(x) - f(x)).abs() < 1e-14);
            }
        }
    }

    #[test]
    fn the_ends_solve_the_homogeneous_equation() {
        let end = End { at: 2.0, value: 0.7, slope: -0.3 };
        let l = 1.3;
        let h = 1e-4;
        for z in [0.0, 0.8, 3.0] {
            let [y, slope, bend] = end.jet(z, l);
            let [up, down] = [end.jet(z + h, l)[0], end.jet(z - h, l)[0]];
            assert!(((up - down) / (2.0 * h) - slope).abs() < 1e-7);
            assert!(((up - 2.0 * y + down) / (h * h) - bend).abs() < 1e-6);
        }
    }
}
