//! The mesh: elements between the points at which dH has a singularity, each with its rule. The rule is Gauss and Legendre's
//! on panels, refined geometrically towards singular ends.

use super::kernel::{NearNode, Node, Place};
use crate::entropy::{Differential, Strip};

/// Points of Gauss and Legendre's rule on a panel.
const POINTS: usize = 12;
/// Ratio of neighbouring panels towards a singular end.
const RATIO: f64 = 1.0 / 3.0;
/// How close to a singular end the panels go, relative to the scale of the input.
const DEPTH: f64 = 1e-11;
/// Greatest length of a panel over that of the kernel.
const WIDEST: f64 = 2.0;

/// The rule on [-1, 1].
pub(super) struct Gauss {
    pub points: [(f64, f64); POINTS],
}

impl Gauss {
    /// Points and weights by Newton's method on the Legendre polynomial.
    pub fn new() -> Gauss {
        let n = POINTS as f64;
        let points = std::array::from_fn(|i| {
            let mut x = -(std::f64::consts::PI * (i as f64 + 0.75) / (n + 0.5)).cos();
            let mut slope = 1.0;
            for _ in 0..100 {
                let (mut before, mut value) = (1.0, x);
                for k in 2..=POINTS {
                    let k = k as f64;
                    (before, value) = (value, ((2.0 * k - 1.0) * x * value - (k - 1.0) * before) / k);
                }
                slope = n * (x * value - before) / (x * x - 1.0);
                let step = value / slope;
                x -= step;
                if step.abs() < 1e-16 {
                    break;
                }
            }
            (x, 2.0 / ((1.0 - x * x) * slope * slope))
        });
        Gauss { points }
    }
}

/// An interval with one polynomial.
#[derive(Debug, Clone)]
pub(super) struct Element {
    pub from: f64,
    pub to: f64,
    /// The strip it lies in; none where dH does not look.
    pub strip: Option<usize>,
    /// The rule, in ascending order.
    pub nodes: Vec<Node>,
    /// b at the five places, as limits from inside.
    b: [f64; 5],
}

impl Element {
    /// The ends and the quarters.
    pub fn quarters(&self) -> [f64; 5] {
        let h = 0.25 * (self.to - self.from);
        [self.from, self.from + h, self.from + 2.0 * h, self.from + 3.0 * h, self.to]
    }

    /// The five places, the ends as limits from inside.
    pub fn places(&self) -> [Place; 5] {
        let u = self.quarters();
        std::array::from_fn(|i| Place { u: u[i], right: i < 4, b: self.b[i] })
    }
}

/// What elements are made from.
pub(super) struct Builder<'d> {
    pub differential: &'d Differential,
    pub length: f64,
    pub gauss: Gauss,
}

impl Builder<'_> {
    /// The element of an interval that no singular point divides.
    pub fn element(&self, from: f64, to: f64) -> Element {
        let middle = 0.5 * (from + to);
        let strips = self.differential.strips();
        let strip = strips.iter().position(|s| s.from <= middle && middle <= s.to);
        let mut element = Element { from, to, strip, nodes: Vec::new(), b: [0.0; 5] };
        let Some(strip) = strip.map(|i| &strips[i]) else { return element };
        let inward = 1e-12 * (to - from);
        let quarters = element.quarters();
        element.b = std::array::from_fn(|i| {
            let u = match i {
                0 => from + inward,
                4 => to - inward,
                _ => quarters[i],
            };
            self.differential.coefficients(strip, u).1
        });
        let edges = self.panels(&element, strip);
        for pair in edges.windows(2) {
            let (centre, half) = (0.5 * (pair[0] + pair[1]), 0.5 * (pair[1] - pair[0]));
            for (x, w) in self.gauss.points {
                let u = centre + half * x;
                let (a, b) = self.differential.coefficients(strip, u);
                element.nodes.push(Node { u, a: w * half * a, b: w * half * b });
            }
        }
        element
    }

    /// The ends of the panels of an element: its quarters, no longer than the kernel allows, and ever shorter ones towards a
    /// singular end.
    fn panels(&self, element: &Element, strip: &Strip) -> Vec<f64> {
        let quarters = element.quarters();
        let depth = DEPTH * self.differential.scale();
        let mut edges = vec![element.from];
        for (i, pair) in quarters.windows(2).enumerate() {
            let width = pair[1] - pair[0];
            let low = i == 0 && strip.singular[0] && strip.from == element.from;
            let high = i == 3 && strip.singular[1] && strip.to == element.to;
            let mut inner = Vec::new();
            let mut distance = RATIO * width;
            while (low || high) && distance > depth {
                inner.push(if low { pair[0] + distance } else { pair[1] - distance });
                distance *= RATIO;
            }
            if low {
                inner.reverse();
            }
            let count = (width / (WIDEST * self.length)).ceil().max(1.0) as usize;
            if !low && !high {
                inner.extend((1..count).map(|k| pair[0] + width * (k as f64 / count as f64)));
            }
            edges.extend(inner);
            edges.push(pair[1]);
        }
        edges.dedup();
        edges
    }

    /// The rule of all elements with the terms outside the integrals: plain nodes in ascending order, and those close to
    /// critical points.
    pub fn rule(&self, elements: &[Element], ends: &[Node]) -> (Vec<Node>, Vec<NearNode>) {
        let (mut nodes, mut near) = (Vec::new(), Vec::new());
        let strips = self.differential.strips();
        for element in elements {
            match element.strip.and_then(|i| strips[i].fold) {
                Some(at) => {
                    let shifted = element.nodes.iter().map(|n| NearNode { at, node: Node { u: n.u - at, ..*n } });
                    near.extend(shifted);
                }
                None => nodes.extend(&element.nodes),
            }
        }
        nodes.extend(self.differential.points().iter().map(|p| Node { u: p.at, a: p.weight, b: 0.0 }));
        nodes.extend(ends);
        nodes.sort_by(|a, b| a.u.total_cmp(&b.u));
        (nodes, near)
    }
}

#[cfg(test)]
mod tests {
    use super::Gauss;

    #[test]
    fn the_rule_is_exact_for_polynomials() {
        let gauss = Gauss::new();
        for k in 0..24 {
            let sum: f64 = gauss.points.iter().map(|(x, w)| w * x.powi(k)).sum();
            let want = if k % 2 == 0 { 2.0 / f64::from(k + 1) } else { 0.0 };
            assert!((sum - want).abs() < 1e-15, "{k}: {sum}");
        }
    }
}
