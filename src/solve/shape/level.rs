//! Level sets of a density on an interval: {p > t} as intervals, their length and mass. The interval is cut into pieces on
//! which the density rises, falls or is constant; on each the level is met at one point, found by bisection.

use crate::input::Input;
use crate::numeric::{bracketed, golden};

/// Points between two neighbouring landmarks at which turns of the density are looked for.
const CELLS: usize = 128;
/// Logarithms of densities this close are one level.
const LEVEL: f64 = 1e-11;

/// An interval.
pub(super) type Span = (f64, f64);

/// A piece on which the density is monotone, with the logarithm of the density at its ends.
#[derive(Debug, Clone, Copy)]
struct Monotone {
    from: f64,
    to: f64,
    at_from: f64,
    at_to: f64,
}

impl Monotone {
    fn flat(&self) -> bool {
        self.at_from == self.at_to || (self.at_from - self.at_to).abs() <= LEVEL
    }
}

/// The density of an input on an interval.
#[derive(Debug, Clone)]
pub(super) struct Terrain {
    input: Input,
    pieces: Vec<Monotone>,
}

impl Terrain {
    /// The density on [a, b], which may be infinite and may reach beyond the support.
    pub fn new(input: &Input, a: f64, b: f64) -> Terrain {
        let (low, high) = input.support();
        let mut cuts = vec![a, b];
        cuts.extend(input.landmarks());
        cuts.extend([1e-15, 1e-9, 1.0 - 1e-9, 1.0 - 1e-15].map(|p| input.quantile(p)));
        cuts.extend([low, high]);
        cuts.retain(|x| a <= *x && *x <= b);
        cuts.sort_by(f64::total_cmp);
        cuts.dedup();
        let mut turning = Vec::new();
        for pair in cuts.windows(2) {
            turning.extend(turns(input, pair[0], pair[1]));
        }
        cuts.extend(turning);
        cuts.sort_by(f64::total_cmp);
        cuts.dedup();
        let pieces = cuts.windows(2).map(|w| monotone(input, w[0], w[1])).collect();
        Terrain { input: input.clone(), pieces }
    }

    /// {log p > t}, neighbours joined.
    pub fn above(&self, t: f64) -> Vec<Span> {
        let mut found: Vec<Span> = Vec::new();
        for piece in &self.pieces {
            let Some((from, to)) = self.part(piece, t) else { continue };
            match found.last_mut() {
                Some(last) if last.1 >= from => last.1 = to,
                _ => found.push((from, to)),
            }
        }
        found
    }

    /// The part of a piece above a level.
    fn part(&self, piece: &Monotone, t: f64) -> Option<Span> {
        let (left, right) = (piece.at_from > t, piece.at_to > t);
        if left == right || piece.flat() {
            return (left && right).then_some((piece.from, piece.to));
        }
        let root = self.crossing(piece, t);
        let part = if left { (piece.from, root) } else { (root, piece.to) };
        (part.0 < part.1).then_some(part)
    }

    /// Where a piece meets a level that lies between its ends.
    fn crossing(&self, piece: &Monotone, t: f64) -> f64 {
        let off = |x: f64| self.input.log_pdf(x) - t;
        let (from, to) = (finite(&off, piece.from, piece.to), finite(&off, piece.to, piece.from));
        // Inside the piece: at its ends the density may jump.
        let (from, to) = (from.max(piece.from.next_up()), to.min(piece.to.next_down()));
        bracketed(off, from, to).unwrap_or(if (piece.at_from > t) == (off(from) > 0.0) { to } else { from })
    }

    /// The length of {log p > t}.
    pub fn length(&self, t: f64) -> f64 {
        self.above(t).iter().map(|(from, to)| to - from).sum()
    }

    /// The level t with |{log p > t}| = `length`; where the density is constant at the level on a whole piece, these pieces.
    pub fn level_of(&self, length: f64) -> (f64, Vec<Span>) {
        if self.length(f64::NEG_INFINITY) <= length {
            return (f64::NEG_INFINITY, self.plateau(f64::NEG_INFINITY));
        }
        let excess = |t: f64| self.length(t) - length;
        let ends = || self.pieces.iter().flat_map(|p| [p.at_from, p.at_to]);
        let top = ends().filter(|v| v.is_finite()).fold(f64::NEG_INFINITY, f64::max);
        let (mut low, mut high, mut step) = (top, top, 1.0);
        while excess(high) > 0.0 && step < 1e6 {
            (high, step) = (high + step, 2.0 * step);
        }
        step = 1.0;
        while excess(low) <= 0.0 && step < 1e6 {
            (low, step) = (low - step, 2.0 * step);
        }
        // The length jumps at a plateau, so the sign alone is bisected.
        for _ in 0..200 {
            let middle = 0.5 * (low + high);
            if middle <= low || middle >= high {
                break;
            }
            if excess(middle) > 0.0 { low = middle } else { high = middle }
        }
        let plateau = self.plateau(high);
        // Near a smooth level the length is continuous, and its root has more digits than the bisected jump.
        let level = if plateau.is_empty() { bracketed(excess, low - 1e-6, high + 1e-6).unwrap_or(high) } else { high };
        (level, plateau)
    }

    /// Pieces on which the density is constant at a level.
    pub fn plateau(&self, t: f64) -> Vec<Span> {
        let on = |p: &&Monotone| p.flat() && (p.at_from == t || (p.at_from - t).abs() <= 2.0 * LEVEL);
        let mut found: Vec<Span> = Vec::new();
        for piece in self.pieces.iter().filter(on) {
            match found.last_mut() {
                Some(last) if last.1 >= piece.from => last.1 = piece.to,
                _ => found.push((piece.from, piece.to)),
            }
        }
        found
    }
}

/// P(from < U <= to), from whichever side keeps the digits.
pub(in crate::solve) fn mass(input: &Input, from: f64, to: f64) -> f64 {
    let [_, centre, _] = input.quartiles();
    let mass = if from > centre {
        input.survival_at(from) - input.survival_at(to)
    } else {
        input.cdf_at(to) - input.cdf_at(from)
    };
    mass.max(0.0)
}

/// A finite stand-in for an infinite end, beyond the level.
fn finite(off: &impl Fn(f64) -> f64, end: f64, other: f64) -> f64 {
    if end.is_finite() {
        return end;
    }
    let (origin, side) = (if other.is_finite() { other } else { 0.0 }, end.signum());
    let reached = |x: &f64| off(*x) <= 0.0;
    let mut outward = (0..1000).map(|k| origin + side * 1.5f64.powi(k));
    outward.find(reached).unwrap_or(side * 1e150)
}

/// The density on a piece, seen from inside, since it may jump at the ends; 0 towards an infinite end.
fn monotone(input: &Input, from: f64, to: f64) -> Monotone {
    let inside = |x: f64, inner: f64| match x.is_finite() {
        true if input.log_pdf(x) == f64::INFINITY => f64::INFINITY,
        true => input.log_pdf(inner),
        false => f64::NEG_INFINITY,
    };
    Monotone { from, to, at_from: inside(from, from.next_up()), at_to: inside(to, to.next_down()) }
}

/// Extrema of the density between two points: the least or greatest of three neighbours, refined by golden section.
fn turns(input: &Input, from: f64, to: f64) -> Vec<f64> {
    if !(from.is_finite() && to.is_finite()) {
        return vec![];
    }
    let at = |i: usize| from + (to - from) * i as f64 / CELLS as f64;
    let value = |i: usize| match i {
        0 => input.log_pdf(from.next_up()),
        CELLS => input.log_pdf(to.next_down()),
        _ => input.log_pdf(at(i)),
    };
    let values: Vec<f64> = (0..=CELLS).map(value).collect();
    let mut found = Vec::new();
    for i in 1..CELLS {
        let (before, here, after) = (values[i - 1], values[i], values[i + 1]);
        let sign = if here > before && here >= after {
            1.0
        } else if here < before && here <= after {
            -1.0
        } else {
            continue;
        };
        found.push(golden(|x| sign * input.log_pdf(x), at(i - 1), at(i + 1), 60));
        // Where it stays constant for a while, its other end.
        if here == after {
            let end = (i + 1..=CELLS).find(|j| values[*j] != here).unwrap_or(CELLS);
            found.push(at(end - 1));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terrain(text: &str, a: f64, b: f64) -> Terrain {
        Terrain::new(&Input::parse(text).unwrap(), a, b)
    }

    #[test]
    fn level_sets_have_the_length_asked_for() {
        for (input, a, b) in [
            ("normal(0,1)", -1.0, 3.0),
            ("laplace(0,1)", -2.0, 2.0),
            ("mixture(0.5*normal(-2,0.5)+0.5*normal(2,0.5))", -4.0, 4.0),
            ("mixture(0.2*normal(-20,0.1)+0.5*normal(0,1)+0.3*normal(9,0.3))", -30.0, 30.0),
            ("gamma(0.5,1)", 0.0, 4.0),
            ("beta(0.5,0.5)", 0.0, 1.0),
            ("cauchy(0,1)", -50.0, 50.0),
            ("triangular(0,1,3)", 0.0, 3.0),
            ("truncate(normal(0,1),-1,2)", -1.0, 2.0),
        ] {
            let terrain = terrain(input, a, b);
            for share in [0.01, 0.3, 0.77] {
                let length = share * (b - a);
                let (t, plateau) = terrain.level_of(length);
                assert!(plateau.is_empty(), "{input}");
                assert!(
                    (terrain.length(t) - length).abs() < 1e-12 * (b - a),
                    "{input}: {} {length}",
                    terrain.length(t)
                );
            }
        }
    }

    #[test]
    fn a_constant_density_is_one_level() {
        let (t, plateau) = terrain("uniform(-1,1)", -1.0, 1.0).level_of(0.7);
        assert_eq!(plateau, [(-1.0, 1.0)]);
        assert!((t + 2f64.ln()).abs() < 1e-12);
        let steps = terrain("mixture(0.5*uniform(0,1)+0.5*uniform(0,2))", 0.0, 2.0);
        assert_eq!(steps.level_of(1.5).1, [(1.0, 2.0)]);
        let beyond = terrain("uniform(0,1)", -1.0, 2.0);
        assert_eq!(beyond.level_of(1.5), (f64::NEG_INFINITY, vec![(-1.0, 0.0), (1.0, 2.0)]));
    }
}
