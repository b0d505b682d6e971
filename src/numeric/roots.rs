//! Roots of functions `f64 -> f64`.

/// The root of f in [a, b] to machine precision by bisection and inverse quadratic interpolation (Chandrupatla 1997);
/// none where f(a) and f(b) have the same sign or are not finite.
pub fn bracketed(mut f: impl FnMut(f64) -> f64, a: f64, b: f64) -> Option<f64> {
    let (mut b, mut a) = (a, b);
    let (mut fa, mut fb) = (f(a), f(b));
    if fa == 0.0 {
        return Some(a);
    }
    if fb == 0.0 {
        return Some(b);
    }
    if fa.is_nan() || fb.is_nan() || (fa > 0.0) == (fb > 0.0) {
        return None;
    }
    let (mut c, mut fc);
    let mut t = 0.5;
    for _ in 0..200 {
        let x = a + t * (b - a);
        let fx = f(x);
        if fx.is_nan() {
            return None;
        }
        if (fx > 0.0) == (fa > 0.0) {
            (c, fc) = (a, fa);
        } else {
            (c, b, fc, fb) = (b, a, fb, fa);
        }
        (a, fa) = (x, fx);
        let (best, at_best) = if fa.abs() < fb.abs() { (a, fa) } else { (b, fb) };
        let tolerance = 2.0 * f64::EPSILON * best.abs() + f64::MIN_POSITIVE;
        let limit = tolerance / (b - c).abs().max(f64::MIN_POSITIVE);
        if limit > 0.5 || at_best == 0.0 || (b - a).abs() <= tolerance {
            return Some(best);
        }
        let (xi, phi) = ((a - b) / (c - b), (fa - fb) / (fc - fb));
        let smooth = phi * phi < xi && (1.0 - phi) * (1.0 - phi) < 1.0 - xi;
        t = if smooth {
            fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
        } else {
            0.5
        };
        t = t.clamp(limit, 1.0 - limit);
    }
    Some(if fa.abs() < fb.abs() { a } else { b })
}

/// The ends of `cells` cells of an interval that may be infinite: evenly spaced where it is finite, like sinh where it is not.
pub fn grid(a: f64, b: f64, cells: usize) -> impl Fn(usize) -> f64 {
    // sinh(40) is 1e17: beyond lies nothing that a double resolves next to 1.
    move |i| {
        let t = i as f64 / cells as f64;
        match (a.is_finite(), b.is_finite()) {
            (true, true) => a + t * (b - a),
            (true, false) => a + (40.0 * t).sinh(),
            (false, true) => b - (40.0 * (1.0 - t)).sinh(),
            (false, false) => (80.0 * t - 40.0).sinh(),
        }
    }
}

/// All sign changes of f on an interval that may be infinite, found on a [`grid`] and refined. Roots closer together than a
/// cell are missed in pairs.
pub fn scan(mut f: impl FnMut(f64) -> f64, a: f64, b: f64, cells: usize) -> Vec<f64> {
    let grid = grid(a, b, cells);
    let mut roots = Vec::new();
    let (mut x, mut fx) = (grid(0), f(grid(0)));
    for i in 1..=cells {
        let (next, f_next) = (grid(i), f(grid(i)));
        if fx == 0.0 && i > 1 {
            roots.push(x);
        } else if fx * f_next < 0.0
            || (fx != 0.0 && f_next != 0.0 && (fx > 0.0) != (f_next > 0.0) && !fx.is_nan() && !f_next.is_nan())
        {
            roots.extend(bracketed(&mut f, x, next));
        }
        (x, fx) = (next, f_next);
    }
    roots
}
