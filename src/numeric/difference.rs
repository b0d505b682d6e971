//! Difference quotients and maxima of functions `f64 -> f64`.

/// The limit at step 0 of quotients at a step and at half of it whose errors fall with its square (Richardson).
pub fn richardson(wide: f64, narrow: f64) -> f64 {
    (4.0 * narrow - wide) / 3.0
}

/// f'(0) from f(+-h) and f(+-2h).
///
/// # Errors
/// Those of f.
pub fn slope_at_zero<E>(f: impl Fn(f64) -> Result<f64, E>, h: f64) -> Result<f64, E> {
    let quotient = |h: f64| Ok((f(h)? - f(-h)?) / (2.0 * h));
    Ok(richardson(quotient(2.0 * h)?, quotient(h)?))
}

/// Where f is greatest on [a, b], where it has one maximum, by golden sections.
pub fn golden(f: impl Fn(f64) -> f64, mut a: f64, mut b: f64, sections: usize) -> f64 {
    const RATIO: f64 = 0.618_033_988_749_894_8;
    let (mut c, mut d) = (b - RATIO * (b - a), a + RATIO * (b - a));
    let (mut fc, mut fd) = (f(c), f(d));
    for _ in 0..sections {
        if fc >= fd {
            (b, d, fd) = (d, c, fc);
            c = b - RATIO * (b - a);
            fc = f(c);
        } else {
            (a, c, fc) = (c, d, fd);
            d = a + RATIO * (b - a);
            fd = f(d);
        }
    }
    0.5 * (a + b)
}
