//! Where an activation turns and where it has poles, by a grid; and its limits at the ends of its pieces.

use crate::expr::Tape;
use crate::input::Input;
use crate::numeric::bracketed;

/// Cells after which an activation is given up as turning too often.
pub(super) const MOST_CELLS: usize = 4000;
/// A grid of one point with (f, f', 0) there, for an f that is known to be monotone.
pub(super) fn known(tape: &Tape, u: f64) -> (Vec<f64>, Vec<[f64; 3]>) {
    let mut jet = [0.0; 3];
    tape.taylor(u, &mut jet[..2]);
    (vec![u], vec![jet])
}

/// The points of a grid with (f, f', f''/2) there, cells halved while a cubic does not follow f where the input has mass.
pub(super) fn refined(tape: &Tape, coarse: &[f64], input: &Input) -> (Vec<f64>, Vec<[f64; 3]>) {
    let at = |u: f64| {
        let mut out = [0.0; 3];
        tape.taylor(u, &mut out);
        (u, out)
    };
    let mut open: Vec<(f64, [f64; 3])> = coarse.iter().rev().map(|u| at(*u)).collect();
    let (mut grid, mut values) = (Vec::new(), Vec::new());
    while let Some((u, s)) = open.pop() {
        if let Some((next, t)) = open.last().filter(|_| grid.len() <= MOST_CELLS) {
            let h = next - u;
            let rise = t[0] - s[0];
            let trapezoid = 0.5 * h * (s[1] + t[1]);
            let rounding = 8.0 * f64::EPSILON * s[0].abs();
            // Of what oscillates, values and slopes may agree from one period to the next, but then curvatures do not.
            let bend = (t[1] - s[1] - h * (s[2] + t[2])).abs() <= 0.5 * (s[1].abs() + t[1].abs()) + rounding / h;
            let follows = bend && (rise - trapezoid).abs() <= 0.5 * rise.abs().max(trapezoid.abs()) + rounding;
            let fine = h <= 1e-3 * (coarse[1] - coarse[0]).abs();
            if !follows && !fine && rise.is_finite() && input.log_pdf(u).max(input.log_pdf(*next)) > -40.0 {
                open.push(at(u + 0.5 * h));
                open.push((u, s));
                continue;
            }
        }
        grid.push(u);
        values.push(s);
    }
    (grid, values)
}

/// Steps by which a grid is continued, each twice as long as the one before.
const STEPS: i32 = 200;

/// A grid with f and its slopes, continued towards infinite ends to where f turns, if at the last point it runs away from its
/// limit: x^2 + x^3/1000 turns at -667.
pub(super) fn continued(
    tape: &Tape,
    (mut grid, mut slopes): (Vec<f64>, Vec<[f64; 3]>),
    ends: [f64; 2],
) -> (Vec<f64>, Vec<[f64; 3]>) {
    for (end, side) in ends.into_iter().zip([-1.0, 1.0]) {
        let place = |i: usize| if side > 0.0 { grid.len() - 1 - i } else { i };
        if end.is_finite() || grid.len() < 2 {
            continue;
        }
        let (last, [value, slope, _]) = (grid[place(0)], slopes[place(0)]);
        if !((limit(tape, end, last) - value) * side * slope < 0.0) {
            continue;
        }
        let step = (last - grid[place(1)]).abs();
        let mut further: Vec<(f64, [f64; 3])> = Vec::new();
        for k in 0..STEPS {
            let mut jet = [0.0; 3];
            let u = last + side * step * 2f64.powi(k);
            tape.taylor(u, &mut jet);
            further.push((u, jet));
            if !jet[1].is_finite() || jet[1] * slope < 0.0 {
                break;
            }
        }
        if further.last().is_some_and(|(_, jet)| jet[1] * slope < 0.0) {
            let all = grid.into_iter().zip(slopes).chain(further);
            let mut all: Vec<(f64, [f64; 3])> = all.collect();
            all.sort_by(|a, b| a.0.total_cmp(&b.0));
            (grid, slopes) = all.into_iter().unzip();
        }
    }
    (grid, slopes)
}

/// Points of the grid to either side that tell how large f' is.
const AROUND: usize = 8;

/// Zeros of f' on the grid, touching ones and close pairs included.
pub(super) fn critical_points(tape: &Tape, grid: &[f64], slopes: &[[f64; 3]]) -> Vec<f64> {
    let slope = |u: f64| tape.derivative(u, 1);
    let curvature = |u: f64| tape.derivative(u, 2);
    let mut found = Vec::new();
    for (i, (u, s)) in grid.windows(2).zip(slopes.windows(2)).enumerate() {
        let ([u0, u1], [s0, s1]) = ([u[0], u[1]], [s[0], s[1]]);
        let alone = || s0[1] != 0.0 && slopes.get(i + 2).is_some_and(|s| s[1] != 0.0);
        if s0[1] * s1[1] < 0.0 {
            found.extend(bracketed(slope, u0, u1).or_else(|| undefined(slope, u0, u1)));
        } else if s1[1] == 0.0 && (s1[2] != 0.0 || alone()) {
            found.push(u1);
        } else if s0[1] * s0[2] < 0.0 && s1[1] * s1[2] > 0.0 {
            let Some(w) = bracketed(curvature, u0, u1) else { continue };
            let least = slope(w);
            let (smaller, larger) = (s0[1].abs().min(s1[1].abs()), s0[1].abs().max(s1[1].abs()));
            // Where f' touches 0, its rounding, that of its terms, may have either sign.
            let around = &slopes[i.saturating_sub(AROUND)..slopes.len().min(i + AROUND)];
            let terms = around.iter().map(|s| s[1].abs()).filter(|s| s.is_finite()).fold(0.0, f64::max);
            let (rounding, crosses) = (16.0 * f64::EPSILON * terms, least * s0[1] < 0.0);
            let touches = least.abs() <= if crosses { rounding } else { rounding.max(1e-12 * larger) };
            if touches && least.abs() < 1e-6 * smaller {
                found.push(w);
            } else if crosses {
                found.extend(bracketed(slope, u0, w));
                found.extend(bracketed(slope, w, u1));
            }
        }
    }
    found
}

/// The point at which a function that changes sign on [a, b] has no value there, as f' at a pole met exactly.
fn undefined(f: impl Fn(f64) -> f64, mut a: f64, mut b: f64) -> Option<f64> {
    let rising = f(a) < 0.0;
    for _ in 0..200 {
        let middle = 0.5 * (a + b);
        match f(middle) {
            value if !value.is_finite() => return Some(middle),
            value if (value < 0.0) == rising => a = middle,
            _ => b = middle,
        }
    }
    None
}

/// How close to a pole it shows.
pub(super) const POLE: f64 = 1e-6;

/// Whether a point at which f' changes sign is a pole of even order: |f| grows towards it like a power.
pub(super) fn is_pole(tape: &Tape, u: f64) -> bool {
    let size = |share: f64| tape.eval(u + share * u.abs().max(1.0)).abs();
    [1.0, -1.0].into_iter().all(|side| size(side * POLE) > 30.0 * size(side * 1e2 * POLE))
}

/// Poles of odd order between the points of the grid: f runs against its slope.
pub(super) fn odd_poles(tape: &Tape, grid: &[f64], slopes: &[[f64; 3]]) -> Vec<f64> {
    let reciprocal = |u: f64| 1.0 / tape.eval(u);
    let jump =
        |s: &[[f64; 3]]| s[0][1] * s[1][1] > 0.0 && (s[1][0] - s[0][0]) * s[0][1] < 0.0 && s[0][0] * s[1][0] < 0.0;
    let pairs = grid.windows(2).zip(slopes.windows(2)).filter(|(_, s)| jump(s));
    pairs.filter_map(|(u, _)| bracketed(reciprocal, u[0], u[1])).collect()
}

/// f at an end of a piece as a limit from inside.
pub(super) fn limit(tape: &Tape, end: f64, other: f64) -> f64 {
    let direct = tape.eval(end);
    if direct.is_finite() || direct.is_infinite() && end.is_infinite() {
        return direct;
    }
    let inward = |k: i32| {
        if end.is_infinite() {
            return end.signum() * 10f64.powi(k);
        }
        let width = if other.is_infinite() { (other - end).signum() } else { other - end };
        end + width * 10f64.powi(-k)
    };
    if end.is_infinite() {
        // Beyond some distance a formula overflows; up to there it runs one way, and without a limit where it still moves.
        let values = [7, 10, 30, 100, 300].map(|k| tape.eval(inward(k)));
        let rising = values[1] > values[0];
        let steps = values.windows(2).take_while(|v| v[1] == v[0] || (v[1] > v[0]) == rising && !v[1].is_nan());
        return steps.last().map_or(values[0], |v| match (v[1] - v[0]).abs() > 1e-3 * v[1].abs() {
            true if v[1] != 0.0 && (v[1] > v[0]) == (v[1] > 0.0) => f64::INFINITY.copysign(v[1]),
            _ => v[1],
        });
    }
    // Of a narrow piece the next double is as close as it goes.
    let next = if end < other { end.next_up() } else { end.next_down() };
    let beside = [300, 30, 15, 12].into_iter().map(inward).chain([next]).filter(|u| *u != end);
    let values: Vec<f64> = beside.map(|u| tape.eval(u)).filter(|v| !v.is_nan()).take(3).collect();
    let inside = values.first().copied().unwrap_or(f64::NAN);
    // What goes on growing, if only as a logarithm, has no limit.
    let grows = matches!(values[..], [a, b, c] if a.abs() > b.abs() && (a - b).abs() > (b - c).abs() && b != c);
    if direct.is_infinite() || grows { f64::INFINITY.copysign(inside) } else { inside }
}
