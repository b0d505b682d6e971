//! The reproducing kernels of the Sobolev spaces on the line, (1 - l^2 d2/dv2)^m K(u - v) = delta(u - v), and dH of them:
//! Delta f(u) = -dH\[K(u - .)\] solves the weak problem exactly. A kernel is a polynomial times an exponential, so one sweep
//! from either side serves all points.

use super::Space;

/// A node of a rule for dH: dH\[g\] is the sum of a g(u) + b g'(u).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Node {
    /// Where.
    pub u: f64,
    /// The weight of g.
    pub a: f64,
    /// The weight of g'.
    pub b: f64,
}

/// A node close to a critical point, with g less its value there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NearNode {
    /// The critical point.
    pub at: f64,
    /// The node, counted from the critical point.
    pub node: Node,
}

/// A point at which the gradient is wanted: a limit from the left or from the right.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// The point.
    pub u: f64,
    /// Whether nodes at the point itself count as lying to the left.
    pub right: bool,
    /// b as a limit from that side, where the kernel of the first space jumps in its derivative.
    pub b: f64,
}

/// The value of a function and its derivative.
pub type Jet = [f64; 2];

/// Sums over the nodes on one side of a point: a e^-D, a D e^-D, b e^-D, b D e^-D with D the distance over l.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    a: [f64; 2],
    b: [f64; 2],
}

impl Sums {
    fn move_by(&mut self, distance: f64) {
        let decay = (-distance).exp();
        for pair in [&mut self.a, &mut self.b] {
            pair[1] = decay * (pair[1] + distance * pair[0]);
            pair[0] *= decay;
        }
    }

    fn add(&mut self, node: &Node, distance: f64) {
        let decay = (-distance).exp();
        for (pair, weight) in [(&mut self.a, node.a), (&mut self.b, node.b)] {
            pair[0] += weight * decay;
            pair[1] += weight * decay * distance;
        }
    }

    /// dH of the kernel and of its derivative by u from these nodes, `side` being 1 for nodes on the left.
    fn jet(&self, space: Space, l: f64, side: f64) -> Jet {
        let (a, b) = (self.a, self.b);
        match space {
            Space::First => [(a[0] + side * b[0] / l) / (2.0 * l), (-side * a[0] - b[0] / l) / (2.0 * l * l)],
            Space::Second => {
                [(a[0] + a[1] + side * b[1] / l) / (4.0 * l), (-side * a[1] + (b[0] - b[1]) / l) / (4.0 * l * l)]
            }
        }
    }
}

/// -dH of the kernel at places in ascending order: the gradient and its derivative. The nodes are in ascending order too.
pub fn gradient(space: Space, l: f64, nodes: &[Node], near: &[NearNode], places: &[Place]) -> Vec<Jet> {
    let mut jets = vec![[0.0; 2]; places.len()];
    let mut put = |i: usize, part: Jet| {
        jets[i][0] -= part[0];
        jets[i][1] -= part[1];
    };
    let (mut sums, mut at, mut next) = (Sums::default(), f64::NEG_INFINITY, 0);
    for (i, place) in places.iter().enumerate() {
        if at.is_finite() {
            sums.move_by((place.u - at) / l);
        }
        at = place.u;
        while let Some(node) = nodes.get(next).filter(|n| n.u < at || place.right && n.u == at) {
            sums.add(node, (at - node.u) / l);
            next += 1;
        }
        put(i, sums.jet(space, l, 1.0));
    }
    let (mut sums, mut at, mut left) = (Sums::default(), f64::INFINITY, nodes.len());
    for (i, place) in places.iter().enumerate().rev() {
        if at.is_finite() {
            sums.move_by((at - place.u) / l);
        }
        at = place.u;
        while let Some(node) = left.checked_sub(1).map(|k| &nodes[k]).filter(|n| n.u > at || !place.right && n.u == at)
        {
            sums.add(node, (node.u - at) / l);
            left -= 1;
        }
        put(i, sums.jet(space, l, -1.0));
    }
    for (i, place) in places.iter().enumerate() {
        if space == Space::First {
            put(i, [0.0, place.b / (l * l)]);
        }
        near.iter().for_each(|n| put(i, rise(n, place.u, l)));
    }
    jets
}

/// What a node close to a critical point adds in the second space: the kernel less its value at the critical point, without
/// cancellation.
fn rise(near: &NearNode, u: f64, l: f64) -> Jet {
    // Distances from u to the critical point and to the node, with signs, over l.
    let (d, e) = (near.node.u / l, (u - near.at) / l);
    let w = e - d;
    let longer = if (e > 0.0) == (w > 0.0) { if e > 0.0 { -d } else { d } } else { w.abs() - e.abs() };
    let decay = (-e.abs()).exp();
    let shrink = (-longer).exp_m1();
    let there = decay * (1.0 + shrink);
    let value = decay * ((1.0 + w.abs()) * shrink + longer);
    let slope = -decay * (w * shrink - d);
    let (a, b) = (near.node.a, near.node.b);
    [(a * value + b * w * there / l) / (4.0 * l), (a * slope + b * (1.0 - w.abs()) * there / l) / (4.0 * l * l)]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// dH as a plain sum over the kernel written out.
    fn plain(space: Space, l: f64, nodes: &[Node], u: f64) -> Jet {
        let mut sum = [0.0; 2];
        for n in nodes {
            let (d, s) = ((u - n.u).abs() / l, (u - n.u).signum());
            let e = (-d).exp();
            let (k, kv, ku, kuv) = match space {
                Space::First => (e / (2.0 * l), s * e / (2.0 * l * l), -s * e / (2.0 * l * l), -e / (2.0 * l.powi(3))),
                Space::Second => (
                    (1.0 + d) * e / (4.0 * l),
                    s * d * e / (4.0 * l * l),
                    -s * d * e / (4.0 * l * l),
                    (1.0 - d) * e / (4.0 * l.powi(3)),
                ),
            };
            sum[0] -= n.a * k + n.b * kv;
            sum[1] -= n.a * ku + n.b * kuv;
        }
        sum
    }

    #[test]
    fn sweeps_are_the_plain_sums() {
        let node = |u: f64| Node { u, a: (3.0 * u).sin() + 0.2, b: (2.0 * u).cos() };
        let nodes: Vec<Node> = (-20..20).map(|i| node(f64::from(i) * 0.37)).collect();
        let places: Vec<Place> =
            (-15..15).map(|i| Place { u: f64::from(i) * 0.51 + 0.013, right: false, b: 0.0 }).collect();
        for space in [Space::First, Space::Second] {
            for l in [0.3, 1.0, 4.0] {
                for (got, place) in gradient(space, l, &nodes, &[], &places).iter().zip(&places) {
                    let want = plain(space, l, &nodes, place.u);
                    assert!(
                        got.iter().zip(want).all(|(g, w)| (g - w).abs() < 1e-12 * (1.0 + w.abs())),
                        "{got:?} {want:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn close_to_a_critical_point_the_difference_keeps_its_digits() {
        let (at, l) = (-0.75, 0.8);
        let star = Node { u: at, a: -1.0, b: 0.0 };
        for d in [0.4, 1e-2, -1e-2, 1e-5, -1e-5] {
            for u in [-3.0, -0.76, -0.75, -0.745, 0.4] {
                let (a, b) = (1.0 / (d * d), 1.0 / d);
                let near = NearNode { at, node: Node { u: d, a, b } };
                let pair = [Node { u: at + d, a, b }, Node { a: -a, ..star }];
                let (got, want) = (rise(&near, u, l), plain(Space::Second, l, &pair, u));
                let rounding = 4.0 * f64::EPSILON * a;
                assert!(
                    got.iter().zip(want).all(|(g, w)| (g + w).abs() < rounding + 1e-12),
                    "{d} {u}: {got:?} {want:?}"
                );
            }
        }
    }
}
