//! Rational approximation with a denominator that has no zeros: a_0 + ... + a_P x^P over 1 + |b_1 x + ... + b_Q x^Q|, the
//! safe form of Molina, Schramowski and Kersting 2020 (arXiv 1907.06732).
//!
//! Least squares by Levenberg and Marquardt from a linearised start (Sanathanan and Koerner 1963); the smallest greatest
//! error by Lawson's reweighting of it (1961): weights grow where the error is large, until it is level.

use nalgebra::{DMatrix, DVector};

/// What is made small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Norm {
    /// The greatest error.
    Greatest,
    /// The mean square under weights.
    MeanSquare,
}

/// A rational function on an interval.
#[derive(Debug, Clone, PartialEq)]
pub struct Rational {
    /// a_0, a_1, ...
    pub numerator: Vec<f64>,
    /// b_1, b_2, ...
    pub denominator: Vec<f64>,
}

impl Rational {
    /// The value at a point.
    pub fn eval(&self, x: f64) -> f64 {
        let p = self.numerator.iter().rev().fold(0.0, |sum, a| sum * x + a);
        let q = self.denominator.iter().rev().fold(0.0, |sum, b| (sum + b) * x);
        p / (1.0 + q.abs())
    }
}

/// Rounds of Lawson's iteration, and steps of least squares in each.
const ROUNDS: usize = 600;
const STEPS: usize = 2;
/// Steps from the linearised start.
const FIRST_STEPS: usize = 100;
/// Starts that go on to Lawson's iteration.
const LEVELLED: usize = 2;

/// The best rational function found for values at points; `weights` are those of the mean square.
pub fn fit(points: &[f64], values: &[f64], weights: &[f64], degrees: (usize, usize), norm: Norm) -> Rational {
    let scale = points.iter().fold(0.0_f64, |s, x| s.max(x.abs())).max(f64::MIN_POSITIVE);
    let problem = Problem { points: points.iter().map(|x| x / scale).collect(), values, degrees };
    let mut starts = problem.starts(weights);
    starts.iter_mut().for_each(|c| *c = problem.descend(c.clone(), weights, FIRST_STEPS));
    starts.sort_by(|a, b| problem.square(a, weights).total_cmp(&problem.square(b, weights)));
    let best = match norm {
        Norm::MeanSquare => starts.into_iter().next(),
        Norm::Greatest => {
            let levelled = starts.into_iter().take(LEVELLED).map(|start| problem.level(start, weights));
            levelled.min_by(|a, b| problem.greatest(a).total_cmp(&problem.greatest(b)))
        }
    };
    let c = best.unwrap_or_else(|| DVector::zeros(degrees.0 + degrees.1 + 1));
    let power = |k: usize| scale.powi(k as i32);
    Rational {
        numerator: (0..=degrees.0).map(|k| c[k] / power(k)).collect(),
        denominator: (1..=degrees.1).map(|k| c[degrees.0 + k] / power(k)).collect(),
    }
}

/// The problem on points scaled to [-1, 1]; unknowns are a_0 ... a_P, b_1 ... b_Q.
struct Problem<'a> {
    points: Vec<f64>,
    values: &'a [f64],
    degrees: (usize, usize),
}

impl Problem<'_> {
    /// P, and q = b_1 x + ... + b_Q x^Q, at a point.
    fn parts(&self, c: &DVector<f64>, x: f64) -> (f64, f64) {
        let p = (0..=self.degrees.0).rev().fold(0.0, |sum, k| sum * x + c[k]);
        let q = (1..=self.degrees.1).rev().fold(0.0, |sum, k| (sum + c[self.degrees.0 + k]) * x);
        (p, q)
    }

    fn errors(&self, c: &DVector<f64>) -> Vec<f64> {
        let error = |(x, f): (&f64, &f64)| {
            let (p, q) = self.parts(c, *x);
            f - p / (1.0 + q.abs())
        };
        self.points.iter().zip(self.values).map(error).collect()
    }

    fn greatest(&self, c: &DVector<f64>) -> f64 {
        self.errors(c).into_iter().fold(0.0, |m, e| f64::max(m, e.abs()))
    }

    fn square(&self, c: &DVector<f64>, weights: &[f64]) -> f64 {
        self.errors(c).iter().zip(weights).map(|(e, w)| w * e * e).sum()
    }

    /// Where to start: polynomials over 1 + |q| with q from the linearised problem, and with simple even ones.
    fn starts(&self, weights: &[f64]) -> Vec<DVector<f64>> {
        let mut starts = vec![self.linearised(weights)];
        for size in [0.0, 0.3, 3.0, 30.0] {
            let mut c = DVector::zeros(self.degrees.0 + self.degrees.1 + 1);
            let even = self.degrees.1 / 2 * 2;
            if even > 0 {
                c[self.degrees.0 + even] = size;
            } else if self.degrees.1 == 1 {
                c[self.degrees.0 + 1] = size;
            }
            self.numerator(&mut c, weights);
            starts.push(c);
        }
        starts
    }

    /// The best numerator over a denominator.
    fn numerator(&self, c: &mut DVector<f64>, weights: &[f64]) {
        let n = self.degrees.0 + 1;
        let rows: Vec<(f64, f64)> = self
            .points
            .iter()
            .zip(weights)
            .map(|(x, w)| (w.sqrt() / (1.0 + self.parts(c, *x).1.abs()), w.sqrt()))
            .collect();
        let a = DMatrix::from_fn(self.points.len(), n, |i, k| rows[i].0 * self.points[i].powi(k as i32));
        let b = DVector::from_fn(self.points.len(), |i, _| rows[i].1 * self.values[i]);
        if let Ok(solution) = a.svd(true, true).solve(&b, 1e-14) {
            (0..n).for_each(|k| c[k] = solution[k]);
        }
    }

    /// Minimises (f (1 + q) - P)^2 over the last 1 + q, again and again.
    fn linearised(&self, weights: &[f64]) -> DVector<f64> {
        let (n, m) = (self.degrees.0 + 1, self.degrees.1);
        let mut c = DVector::zeros(n + m);
        for _ in 0..12 {
            let below: Vec<f64> = self.points.iter().map(|x| 1.0 + self.parts(&c, *x).1.abs()).collect();
            let row = |i: usize| weights[i].sqrt() / below[i];
            let a = DMatrix::from_fn(self.points.len(), n + m, |i, k| {
                let x = self.points[i];
                row(i) * if k < n { x.powi(k as i32) } else { -self.values[i] * x.powi((k - n + 1) as i32) }
            });
            let b = DVector::from_fn(self.points.len(), |i, _| row(i) * self.values[i]);
            match a.svd(true, true).solve(&b, 1e-12) {
                Ok(solution) => c = solution,
                Err(_) => break,
            }
        }
        self.numerator(&mut c, weights);
        c
    }

    /// Levenberg and Marquardt, scaled by the diagonal.
    fn descend(&self, mut c: DVector<f64>, weights: &[f64], steps: usize) -> DVector<f64> {
        let mut square = self.square(&c, weights);
        let mut damping = 1e-4;
        for _ in 0..steps {
            let (normal, gradient) = self.normal(&c, weights);
            let mut better = None;
            for _ in 0..12 {
                let mut damped = normal.clone();
                (0..c.len()).for_each(|k| damped[(k, k)] += damping * normal[(k, k)].max(1e-30));
                let step = damped.cholesky().map(|factor| &c + factor.solve(&gradient));
                let found = step.map(|next| (self.square(&next, weights), next));
                if let Some((size, next)) = found.filter(|(size, _)| *size < square) {
                    better = Some((size, next));
                    damping = (damping / 5.0).max(1e-14);
                    break;
                }
                damping *= 4.0;
            }
            let Some((size, next)) = better else { break };
            let done = square - size <= 1e-13 * square;
            (square, c) = (size, next);
            if done {
                break;
            }
        }
        c
    }

    /// J^T W J and J^T W (f - r).
    fn normal(&self, c: &DVector<f64>, weights: &[f64]) -> (DMatrix<f64>, DVector<f64>) {
        let (n, size) = (self.degrees.0 + 1, c.len());
        let (mut normal, mut gradient) = (DMatrix::zeros(size, size), DVector::zeros(size));
        let mut row = vec![0.0; size];
        for ((x, f), w) in self.points.iter().zip(self.values).zip(weights) {
            let (p, q) = self.parts(c, *x);
            let below = 1.0 + q.abs();
            let sign = if q < 0.0 { -1.0 } else { 1.0 };
            let slope = -p * sign / (below * below);
            let mut power = 1.0 / below;
            for entry in &mut row[..n] {
                *entry = power;
                power *= x;
            }
            let mut power = slope * x;
            for entry in &mut row[n..] {
                *entry = power;
                power *= x;
            }
            for (i, left) in row.iter().enumerate() {
                gradient[i] += w * (f - p / below) * left;
                for (j, right) in row[..=i].iter().enumerate() {
                    normal[(i, j)] += w * left * right;
                }
            }
        }
        normal.fill_upper_triangle_with_lower_triangle();
        (normal, gradient)
    }

    /// Lawson's iteration; the best of all rounds.
    fn level(&self, start: DVector<f64>, weights: &[f64]) -> DVector<f64> {
        let mut c = start;
        let mut weights = weights.to_vec();
        let (mut best, mut least) = (c.clone(), self.greatest(&c));
        for _ in 0..ROUNDS {
            let errors = self.errors(&c);
            let mean: f64 = errors.iter().zip(&weights).map(|(e, w)| w * e.abs()).sum();
            if !(mean > 0.0) {
                break;
            }
            weights.iter_mut().zip(&errors).for_each(|(w, e)| *w = *w * e.abs() / mean + 1e-300);
            c = self.descend(c, &weights, STEPS);
            let greatest = self.greatest(&c);
            if greatest < least {
                (best, least) = (c.clone(), greatest);
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(a: f64, b: f64, f: impl Fn(f64) -> f64, degrees: (usize, usize)) -> (Rational, f64) {
        let points: Vec<f64> = (0..=400)
            .map(|i| a + (b - a) * (0.5 - 0.5 * (std::f64::consts::PI * f64::from(i) / 400.0).cos()))
            .collect();
        let values: Vec<f64> = points.iter().map(|x| f(*x)).collect();
        let weights = vec![1.0 / points.len() as f64; points.len()];
        let r = fit(&points, &values, &weights, degrees, Norm::Greatest);
        let error = (0..=10_000)
            .map(|i| a + (b - a) * f64::from(i) / 1e4)
            .fold(0.0, |m, x| f64::max(m, (f(x) - r.eval(x)).abs()));
        (r, error)
    }

    #[test]
    fn rational_functions_come_back() {
        let f = |x: f64| (1.0 - 2.0 * x + x.powi(3)) / (1.0 + 0.5 * x * x);
        let (r, error) = on(-3.0, 3.0, f, (3, 2));
        assert!(error < 1e-9, "{r:?} {error:e}");
    }

    #[test]
    fn known_least_errors_are_reached() {
        // |x| on [-1, 1] by polynomials of degree 2: x^2 + 1/8, error 1/8 (Chebyshev). e^x by lines: 0.2788 (Chebyshev).
        let (_, error) = on(-1.0, 1.0, f64::abs, (2, 0));
        assert!((error - 0.125).abs() < 1e-4, "{error}");
        let (_, error) = on(-1.0, 1.0, f64::exp, (1, 0));
        assert!((error - 0.278_8).abs() < 1e-4, "{error}");
        // |x| by rational functions of type (2, 2): 4.37e-2, whose denominator is 1 + b x^2 (Varga, Ruttan and Carpenter 1991).
        let (_, error) = on(-1.0, 1.0, f64::abs, (2, 2));
        assert!((error - 0.043_689).abs() < 2e-4, "{error}");
    }
}
