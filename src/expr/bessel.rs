//! Taylor coefficients of the scaled Bessel functions e^-|u| I0(u) and e^-|u| I1(u) of a series.

/// y = e^-|u| I0(u)
pub(super) fn i0e(u: &[f64], value: f64, y: &mut [f64], outer: &mut [f64], spare: &mut [f64]) {
    coefficients(0, u[0], value, outer);
    compose(outer, u, y, spare);
}

/// y = e^-|u| I1(u)
pub(super) fn i1e(u: &[f64], value: f64, y: &mut [f64], outer: &mut [f64], spare: &mut [f64]) {
    coefficients(1, u[0], value, outer);
    compose(outer, u, y, spare);
}

/// y = sum outer_k (u - u_0)^k by Horner's rule.
fn compose(outer: &[f64], u: &[f64], y: &mut [f64], spare: &mut [f64]) {
    y.fill(0.0);
    for c in outer.iter().rev() {
        for k in (0..y.len()).rev() {
            spare[k] = (1..=k).map(|j| u[j] * y[k - j]).sum();
        }
        y.copy_from_slice(spare);
        y[0] = *c;
    }
}

/// The coefficients at `u` of e^-|u| I_order(u), the first one known. At the kink 0 both sides are averaged.
fn coefficients(order: usize, u: f64, value: f64, out: &mut [f64]) {
    let v = u.abs();
    match v {
        0.0..20.0 => near(order, v, out),
        _ if v.is_finite() => far(order, v, out),
        _ => out.fill(f64::NAN),
    }
    for (k, c) in out.iter_mut().enumerate() {
        let odd = (k + order) % 2 == 1;
        if odd && u < 0.0 {
            *c = -*c;
        } else if odd && u == 0.0 {
            *c = 0.0;
        }
    }
    if let Some(first) = out.first_mut() {
        *first = value;
    }
}

/// From the power series of I, whose terms are all positive, times that of e^-v.
fn near(order: usize, v: f64, out: &mut [f64]) {
    let n = out.len();
    out.fill(0.0);
    // (v/2)^(2m+order)/(m! (m+order)!) with coefficient binomial(2m+order, k) v^(2m+order-k) at order k
    for (k, c) in out.iter_mut().enumerate() {
        let first = k.saturating_sub(order).div_ceil(2);
        let mut term = (1..=2 * first + order).map(|i| 0.5 * i as f64).product::<f64>();
        term /= (1..=first).map(|i| i as f64).product::<f64>();
        term /= (1..=first + order).map(|i| i as f64).product::<f64>();
        term /= (1..=k).map(|i| i as f64).product::<f64>();
        term /= (1..=2 * first + order - k).map(|i| i as f64).product::<f64>();
        term *= v.powi((2 * first + order - k) as i32);
        let mut sum = 0.0;
        for m in first.. {
            sum += term;
            if term <= 1e-18 * sum || m > 400 {
                break;
            }
            let (p, q) = ((2 * m + order + 1) as f64, (2 * m + order + 2) as f64);
            let (down, up) = (p - k as f64, q - k as f64);
            term *= 0.25 * v * v / ((m + 1) as f64 * (m + 1 + order) as f64) * (p * q) / (down * up);
        }
        *c = sum;
    }
    // Times e^-(v + h): the coefficients of e^-h are (-1)^j/j!.
    let decay = (-v).exp();
    for k in (0..n).rev() {
        let mut factor = decay;
        let mut sum = 0.0;
        for j in 0..=k {
            sum += factor * out[k - j];
            factor /= -((j + 1) as f64);
        }
        out[k] = sum;
    }
}

/// From Hankel's expansion sum a_m v^(-m-1/2)/sqrt(2 pi) (Abramowitz and Stegun 9.7.1), differentiated term by term.
fn far(order: usize, v: f64, out: &mut [f64]) {
    let mu = 4.0 * (order * order) as f64;
    for (k, c) in out.iter_mut().enumerate() {
        let mut a = 1.0 / (std::f64::consts::TAU * v).sqrt();
        let mut sum: f64 = 0.0;
        for m in 0..40 {
            let p = -(m as f64) - 0.5;
            let binomial: f64 = (0..k).map(|j| (p - j as f64) / ((j + 1) as f64 * v)).product();
            let term = a * binomial;
            sum += term;
            if term.abs() <= 1e-18 * sum.abs() {
                break;
            }
            let odd = (2 * m + 1) as f64;
            a *= (odd * odd - mu) / ((m + 1) as f64 * 8.0 * v);
        }
        *c = sum;
    }
}
