//! Sign changes of a function of one variable.

/// The point where `f` changes sign between `a` and `b`, to the spacing of doubles; `None` where the signs at the two
/// (finite) ends agree or a value is NaN. Where `f` jumps across 0 or has a pole there, that place.
///
/// Chandrupatla's method (Advances in Engineering Software 28, 1997): inverse quadratic interpolation where it is
/// safe, bisection elsewhere.
pub fn bracketed(mut f: impl FnMut(f64) -> f64, a: f64, b: f64) -> Option<f64> {
    let (fa, fb) = (f(a), f(b));
    refine(&mut f, (a, fa), (b, fb))
}

fn refine(f: &mut impl FnMut(f64) -> f64, first: (f64, f64), second: (f64, f64)) -> Option<f64> {
    let ((mut x1, mut f1), (mut x2, mut f2)) = (first, second);
    if f1 == 0.0 {
        return Some(x1);
    }
    if f2 == 0.0 {
        return Some(x2);
    }
    if !(x1.is_finite() && x2.is_finite()) || f1.is_nan() || f2.is_nan() || (f1 > 0.0) == (f2 > 0.0) {
        return None;
    }
    let mut t = 0.5;
    // Bisection alone needs at most 2100 halvings; in practice 6 to 12 steps do.
    for _ in 0..2200 {
        let x = x1 + t * (x2 - x1);
        let fx = f(x);
        if fx == 0.0 || fx.is_nan() {
            return (fx == 0.0).then_some(x);
        }
        let (x3, f3);
        if (fx > 0.0) == (f1 > 0.0) {
            (x3, f3) = (x1, f1);
        } else {
            (x3, f3) = (x2, f2);
            (x2, f2) = (x1, f1);
        }
        (x1, f1) = (x, fx);
        let best = if f1.abs() < f2.abs() { x1 } else { x2 };
        let width = (x2 - x1).abs();
        let limit = 0.5 * (f64::EPSILON * best.abs() + f64::MIN_POSITIVE) / width;
        if limit >= 0.5 || width == 0.0 {
            return Some(best);
        }
        t = step((x1, f1), (x2, f2), (x3, f3)).clamp(limit, 1.0 - limit);
    }
    Some(x1)
}

/// Where to go next, as a fraction of the bracket from the first point to the second.
fn step((x1, f1): (f64, f64), (x2, f2): (f64, f64), (x3, f3): (f64, f64)) -> f64 {
    let xi = (x1 - x2) / (x3 - x2);
    let phi = (f1 - f2) / (f3 - f2);
    if phi * phi < xi && (1.0 - phi) * (1.0 - phi) < 1.0 - xi {
        let t = f1 / (f2 - f1) * (f3 / (f2 - f3)) + (x3 - x1) / (x2 - x1) * (f1 / (f3 - f1)) * (f2 / (f3 - f2));
        if t.is_finite() {
            return t;
        }
    }
    0.5
}

/// The sign changes of `f` on [a, b], in order, found on a grid of `cells` cells and refined: roots, and jumps and
/// poles where the sign changes. A dip towards 0 between two grid points is searched for a pair of roots. Either end
/// may be infinite; the grid then widens like e^s, out to 5e8 from the finite end or from 0.
pub fn scan(mut f: impl FnMut(f64) -> f64, a: f64, b: f64, cells: usize) -> Vec<f64> {
    let mut roots = Vec::new();
    if !(a < b) {
        return roots;
    }
    let cells = cells.max(2);
    let mut known: [Option<(f64, f64)>; 2] = [None; 2];
    let mut zeros: Option<(f64, f64)> = None;
    for i in 0..=cells {
        let x = grid(a, b, i as f64 / cells as f64);
        let fx = f(x);
        if fx.is_nan() {
            (known, zeros) = ([None; 2], None);
            continue;
        }
        if fx == 0.0 {
            zeros = Some((zeros.map_or(x, |z| z.0), x));
            continue;
        }
        let here = (x, fx);
        if let [before, Some(last)] = known {
            match (zeros, (last.1 > 0.0) == (fx > 0.0)) {
                (Some((from, to)), false) => {
                    roots.push(from);
                    if to > from {
                        roots.push(to);
                    }
                }
                (None, false) => roots.extend(refine(&mut f, last, here)),
                (None, true) => {
                    if let Some(before) = before.filter(|p| (p.1 > 0.0) == (fx > 0.0)) {
                        roots.extend(dip(&mut f, before, last, here));
                    }
                }
                (Some(_), true) => {}
            }
        }
        known = [if zeros.is_some() { None } else { known[1] }, Some(here)];
        zeros = None;
    }
    roots.sort_by(f64::total_cmp);
    roots.dedup();
    roots
}

/// The point at the fraction t of an interval.
fn grid(a: f64, b: f64, t: f64) -> f64 {
    const REACH: f64 = 20.0;
    match (a.is_finite(), b.is_finite()) {
        (true, true) => a * (1.0 - t) + b * t,
        (true, false) => a + (REACH * t).exp_m1(),
        (false, true) => b - (REACH * (1.0 - t)).exp_m1(),
        (false, false) => (REACH * (2.0 * t - 1.0)).sinh(),
    }
}

/// Two roots around the least |f| of three neighbours of one sign, if |f| is least in the middle and reaches across 0.
fn dip(f: &mut impl FnMut(f64) -> f64, left: (f64, f64), middle: (f64, f64), right: (f64, f64)) -> Vec<f64> {
    if !(middle.1.abs() < left.1.abs() && middle.1.abs() < right.1.abs()) {
        return Vec::new();
    }
    let (mut low, mut inner, mut high) = (left.0, middle, right.0);
    for _ in 0..60 {
        let x = if inner.0 - low > high - inner.0 {
            inner.0 - 0.381_966 * (inner.0 - low)
        } else {
            inner.0 + 0.381_966 * (high - inner.0)
        };
        let fx = f(x);
        if (fx > 0.0) != (middle.1 > 0.0) {
            let found = (x, fx);
            return [refine(f, left, found), refine(f, found, right)].into_iter().flatten().collect();
        }
        // A smooth positive minimum settles quickly: stop once the values no longer fall much.
        if fx.abs() < inner.1.abs() {
            if x < inner.0 {
                high = inner.0
            } else {
                low = inner.0
            }
            if inner.1.abs() - fx.abs() < 1e-6 * fx.abs() {
                break;
            }
            inner = (x, fx);
        } else if x < inner.0 {
            low = x;
        } else {
            high = x;
        }
        if fx.is_nan() || high - low <= 1e-12 * (low.abs() + high.abs()) {
            break;
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets() {
        assert_eq!(bracketed(|x| x * x - 2.0, 0.0, 5.0).map(|r| (r - 2f64.sqrt()).abs() < 3e-16), Some(true));
        assert_eq!(bracketed(|x| x * x + 2.0, 0.0, 5.0), None);
        assert!(bracketed(|x| (x - 1e-9).powi(9), -1.0, 3.0).is_some_and(|r| (r - 1e-9).abs() < 1e-15));
        let mut count = 0;
        let root = bracketed(
            |x| {
                count += 1;
                x.exp() - 1e5
            },
            -100.0,
            100.0,
        );
        assert!(root.is_some_and(|r| (r - 1e5f64.ln()).abs() < 4e-15) && count < 60, "{root:?} in {count}");
        let jump = bracketed(|x| if x < 0.3 { -1.0 } else { 1.0 }, 0.0, 1.0);
        assert!(jump.is_some_and(|r| (r - 0.3).abs() < 1e-16), "{jump:?}");
    }

    #[test]
    fn scans() {
        let roots = scan(|x: f64| x.sin(), 0.5, 10.0, 50);
        assert_eq!(roots.len(), 3);
        assert!((roots[2] - 3.0 * std::f64::consts::PI).abs() < 2e-15);
        assert_eq!(scan(|x| x * x * x, f64::NEG_INFINITY, f64::INFINITY, 100), [0.0]);
        let pair = scan(|x| (x - 3.0) * (x - 3.0) - 1e-6, 0.0, f64::INFINITY, 100);
        assert!(pair.len() == 2 && (pair[1] - 3.001).abs() < 1e-12, "{pair:?}");
        assert!(scan(|x| x * x + 1e-3, -1.0, 1.1, 100).is_empty());
        assert!(scan(|_| f64::NAN, -1.0, 1.0, 10).is_empty());
    }
}
