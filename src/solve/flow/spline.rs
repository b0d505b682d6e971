//! Twice differentiable cubic splines over one window, 0 at both ends, linear in their values at the inner nodes.

use crate::expr::{Bound, Expr};

/// What the spline does at an end of its window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    /// Slope 0: the spline joins 0 outside smoothly.
    Smooth,
    /// Second derivative 0: beyond lies a flat piece or the end of the support, with a kink anyway.
    Free,
}

/// A window with its nodes.
#[derive(Debug, Clone)]
pub(super) struct Spline {
    pub nodes: Vec<f64>,
    edges: [Edge; 2],
}

impl Spline {
    pub fn new(nodes: Vec<f64>, edges: [Edge; 2]) -> Spline {
        Spline { nodes, edges }
    }

    /// The number of free values, those at the inner nodes.
    pub fn free(&self) -> usize {
        self.nodes.len() - 2
    }

    /// The slopes at all nodes that make the second derivative continuous.
    pub fn slopes(&self, inner: &[f64]) -> Vec<f64> {
        let n = self.nodes.len();
        let v = |i: usize| if i == 0 || i + 1 == n { 0.0 } else { inner[i - 1] };
        let h = |i: usize| self.nodes[i + 1] - self.nodes[i];
        let rise = |i: usize| (v(i + 1) - v(i)) / h(i);
        let [mut below, mut diagonal, mut above, mut right] = [(); 4].map(|()| vec![0.0; n]);
        for i in 1..n - 1 {
            (below[i], above[i]) = (1.0 / h(i - 1), 1.0 / h(i));
            diagonal[i] = 2.0 * (below[i] + above[i]);
            right[i] = 3.0 * (rise(i - 1) / h(i - 1) + rise(i) / h(i));
        }
        let edge = |edge| if edge == Edge::Smooth { (1.0, 0.0, 0.0) } else { (2.0, 1.0, 3.0) };
        let (own, other, factor) = edge(self.edges[0]);
        (diagonal[0], above[0], right[0]) = (own, other, factor * rise(0));
        let (own, other, factor) = edge(self.edges[1]);
        (diagonal[n - 1], below[n - 1], right[n - 1]) = (own, other, factor * rise(n - 2));
        // The system is diagonally dominant: elimination needs no pivots.
        for i in 1..n {
            let factor = below[i] / diagonal[i - 1];
            diagonal[i] -= factor * above[i - 1];
            right[i] -= factor * right[i - 1];
        }
        for i in (0..n).rev() {
            let next = if i + 1 < n { above[i] * right[i + 1] } else { 0.0 };
            right[i] = (right[i] - next) / diagonal[i];
        }
        right
    }

    /// Coefficients of z^0 .. z^3, z = x - node, on every cell.
    pub fn cubics(&self, inner: &[f64]) -> Vec<[f64; 4]> {
        let d = self.slopes(inner);
        let n = self.nodes.len();
        let v = |i: usize| if i == 0 || i + 1 == n { 0.0 } else { inner[i - 1] };
        let cubic = |i: usize| {
            let h = self.nodes[i + 1] - self.nodes[i];
            let secant = (v(i + 1) - v(i)) / h;
            [v(i), d[i], (3.0 * secant - 2.0 * d[i] - d[i + 1]) / h, (d[i] + d[i + 1] - 2.0 * secant) / (h * h)]
        };
        (0..n - 1).map(cubic).collect()
    }

    /// Value and slope at a point of the window.
    pub fn at(&self, cubics: &[[f64; 4]], x: f64) -> (f64, f64) {
        let cell = self.nodes.partition_point(|node| *node <= x).clamp(1, self.nodes.len() - 1) - 1;
        let [a, b, c, d] = cubics[cell];
        let z = x - self.nodes[cell];
        (a + z * (b + z * (c + z * d)), b + z * (2.0 * c + z * 3.0 * d))
    }

    /// Finite ends beyond which f is flat or the input has no mass: there the spline is 0 with a slope.
    pub fn zeros(&self) -> Vec<f64> {
        let ends = [self.nodes[0], self.nodes[self.nodes.len() - 1]];
        ends.into_iter().zip(self.edges).filter(|(_, edge)| *edge == Edge::Free).map(|(end, _)| end).collect()
    }

    /// The window, without end where the spline joins 0 smoothly.
    pub fn reach(&self) -> (f64, f64) {
        let end = |x: f64, edge: Edge, far: f64| if edge == Edge::Free { x } else { far };
        let last = self.nodes[self.nodes.len() - 1];
        (end(self.nodes[0], self.edges[0], f64::NEG_INFINITY), end(last, self.edges[1], f64::INFINITY))
    }

    /// The formula, up to each cell's end; 0 below the window and above it.
    pub fn parts(&self, inner: &[f64]) -> Vec<(Bound, Expr)> {
        let number = Expr::float;
        let mut parts = vec![(Bound::at(self.nodes[0]), Expr::int(0))];
        for (i, [a, b, c, d]) in self.cubics(inner).into_iter().enumerate() {
            let z = || Expr::x() - number(self.nodes[i]);
            let form = number(a) + z() * (number(b) + z() * (number(c) + z() * number(d)));
            parts.push((Bound::at(self.nodes[i + 1]), form));
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_derivative_is_continuous_and_the_edges_are_as_asked() {
        let spline = Spline::new(vec![0.0, 0.5, 0.8, 1.7, 2.0], [Edge::Free, Edge::Smooth]);
        let cubics = spline.cubics(&[0.3, -0.2, 0.4]);
        for i in 1..cubics.len() {
            let (h, [a, b, c, d]) = (spline.nodes[i] - spline.nodes[i - 1], cubics[i - 1]);
            let ends = [a + h * (b + h * (c + h * d)), b + h * (2.0 * c + 3.0 * h * d), 2.0 * c + 6.0 * h * d];
            let starts = [cubics[i][0], cubics[i][1], 2.0 * cubics[i][2]];
            assert!(ends.iter().zip(starts).all(|(e, s)| (e - s).abs() < 1e-12), "{ends:?} {starts:?}");
        }
        assert!(cubics[0][2].abs() < 1e-13);
        let (value, slope) = spline.at(&cubics, 2.0);
        assert!(value.abs() < 1e-13 && slope.abs() < 1e-13);
    }
}
