//! Local maxima of a density on a grid that is known to resolve it.

use crate::numeric::{bracketed, golden};

/// The local maxima of `f` on [a, b]: the grid points higher than their neighbours, refined by the sign of `slope` (of
/// `f`, or of anything that rises and falls with it); kinks are taken as they are. A plateau counts once, at its
/// middle.
pub(super) fn local(
    f: impl Fn(f64) -> f64,
    slope: impl Fn(f64) -> f64,
    a: f64,
    b: f64,
    mut grid: Vec<f64>,
    kinks: &[f64],
) -> Vec<f64> {
    grid.extend([a, b]);
    grid.retain(|x| x.is_finite() && a <= *x && *x <= b);
    grid.sort_by(f64::total_cmp);
    grid.dedup();
    let heights: Vec<f64> = grid.iter().map(|x| f(*x)).collect();
    let height = |i: usize| heights.get(i).copied().unwrap_or(f64::NEG_INFINITY);
    let mut found = Vec::new();
    let mut i = 0;
    while i < grid.len() {
        let start = i;
        while i + 1 < grid.len() && level(height(i + 1), height(start)) {
            i += 1;
        }
        let left = if start == 0 { f64::NEG_INFINITY } else { height(start - 1) };
        if height(start) > left && height(start) > height(i + 1) {
            let middle = 0.5 * (grid[start] + grid[i]);
            let lower = if start == 0 { grid[start] } else { grid[start - 1] };
            let upper = grid.get(i + 1).copied().unwrap_or(grid[i]);
            let kink = kinks.iter().copied().find(|k| lower < *k && *k < upper);
            let smooth = kink.is_none() && lower < grid[start] && grid[i] < upper && height(start) < f64::INFINITY;
            let top = || bracketed(&slope, lower, upper).unwrap_or_else(|| golden(&f, lower, upper, 80));
            found.push(if smooth { top() } else { kink.filter(|_| start == i).unwrap_or(middle) });
        }
        i += 1;
    }
    found
}

/// Whether two heights differ by no more than their rounding.
fn level(a: f64, b: f64) -> bool {
    a == b || a.is_finite() && b.is_finite() && (a - b).abs() <= 1e-13 * a.abs().max(b.abs())
}
