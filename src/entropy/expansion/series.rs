//! Truncated power series in the step, over any ring: doubles for values, polynomials in p, p', y', eta, eta' for the
//! general integrand, polynomials times exponentials for closed forms.

/// What the coefficients of a truncated series are.
pub(super) trait Ring: Clone {
    /// A rational number p/q.
    fn ratio(p: i64, q: i64) -> Self;
    /// The sum.
    fn plus(&self, other: &Self) -> Self;
    /// The product.
    fn times(&self, other: &Self) -> Self;
    /// The product with p/q.
    fn scaled(&self, p: i64, q: i64) -> Self;
}

impl Ring for f64 {
    fn ratio(p: i64, q: i64) -> f64 {
        p as f64 / q as f64
    }
    fn plus(&self, other: &f64) -> f64 {
        self + other
    }
    fn times(&self, other: &f64) -> f64 {
        self * other
    }
    fn scaled(&self, p: i64, q: i64) -> f64 {
        self * p as f64 / q as f64
    }
}

/// The coefficients of t^0, ..., t^n of a (level + log a) where a = q(t) (1 + t s) and `logs` are those of t, ..., t^n of
/// log q(t): with a = A/p and level = log(p/|f'|) this is A log(A/|f'|)/p.
pub(super) fn entropy_density<R: Ring>(level: &R, logs: &[R], s: &R) -> Vec<R> {
    let n = logs.len();
    let exponential = exp(logs);
    let mut power = R::ratio(1, 1);
    let mut log_a = vec![level.clone()];
    for k in 1..=n {
        power = power.times(s);
        let sign = if k.is_multiple_of(2) { -1 } else { 1 };
        log_a.push(logs[k - 1].plus(&power.scaled(sign, k as i64)));
    }
    let mut a = vec![exponential[0].clone()];
    a.extend((1..=n).map(|k| exponential[k].plus(&exponential[k - 1].times(s))));
    (0..=n).map(|k| convolution(&a, &log_a, 0, k)).collect()
}

/// SUM_{j=first}^{k} a_j b_{k-j}
fn convolution<R: Ring>(a: &[R], b: &[R], first: usize, k: usize) -> R {
    let terms = (first..=k).map(|j| a[j].times(&b[k - j]));
    terms.reduce(|sum, term| sum.plus(&term)).unwrap_or_else(|| R::ratio(0, 1))
}

/// The coefficients of e^(l_1 t + ... + l_n t^n): k e_k = SUM j l_j e_{k-j}.
fn exp<R: Ring>(logs: &[R]) -> Vec<R> {
    let mut found = vec![R::ratio(1, 1)];
    for k in 1..=logs.len() {
        let terms = (1..=k).map(|j| logs[j - 1].times(&found[k - j]).scaled(j as i64, k as i64));
        let next = terms.reduce(|sum, term| sum.plus(&term)).unwrap_or_else(|| R::ratio(0, 1));
        found.push(next);
    }
    found
}

/// The coefficients of t, ..., t^n of log(1 + q_1 t + ... + q_n t^n): k l_k = k q_k - SUM_{j<k} j l_j q_{k-j}.
pub(super) fn log<R: Ring>(q: &[R]) -> Vec<R> {
    let mut found: Vec<R> = Vec::new();
    for k in 1..=q.len() {
        let known = (1..k).map(|j| found[j - 1].times(&q[k - j - 1]).scaled(-(j as i64), k as i64));
        found.push(known.fold(q[k - 1].clone(), |sum, term| sum.plus(&term)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_and_log_are_inverse() {
        let q = [0.3, -1.2, 0.7, 2.0, -0.4];
        let back = exp(&log(&q));
        assert!(back[1..].iter().zip(q).all(|(a, b)| (a - b).abs() < 1e-15), "{back:?}");
    }

    #[test]
    fn a_log_a_of_a_line() {
        // (1 + t) log(1 + t) = t + t^2/2 - t^3/6 + t^4/12 - ...
        let found = entropy_density(&0.0, &[0.0; 4], &1.0);
        let want = [0.0, 1.0, 0.5, -1.0 / 6.0, 1.0 / 12.0];
        assert!(found.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-15), "{found:?}");
    }
}
