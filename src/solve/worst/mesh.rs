//! Cells that cover the whole support, and the mass of the input in each, from its density alone.
//!
//! Infinite ends are mapped, never cut: x = c + s t/(1 - t^2) takes (-1, 1) to the line, x = a + s t/(1 - t) takes (0, 1) to
//! a half line. Breakpoints of the density are nodes. The mass of a cell is by Gauss and Legendre with two points, of order
//! h^4 where the density is smooth. Cells whose mass is below 1e-17 of the largest are joined to their neighbours: a double
//! could not tell their ends' values apart.

use crate::input::Input;

/// Cells: nodes x_0 < ... < x_N and the mass between neighbours, of sum 1.
#[derive(Debug, Clone)]
pub(in crate::solve) struct Mesh {
    /// The nodes, the first and the last maybe infinite.
    pub nodes: Vec<f64>,
    /// The masses, all positive.
    pub masses: Vec<f64>,
}

/// Below this share of the largest mass a cell is joined to a neighbour.
const LEAST: f64 = 1e-17;

/// t to x with its derivative.
#[derive(Debug, Clone, Copy)]
enum Map {
    Line { centre: f64, scale: f64 },
    Above { end: f64, scale: f64 },
    Below { end: f64, scale: f64 },
    Between,
}

impl Map {
    fn of(input: &Input) -> (Map, f64, f64) {
        let (a, b) = input.support();
        let [q1, centre, q3] = input.quartiles();
        let scale = 2.0 * (q3 - q1);
        match (a.is_finite(), b.is_finite()) {
            (true, true) => (Map::Between, a, b),
            (true, false) => (Map::Above { end: a, scale }, 0.0, 1.0),
            (false, true) => (Map::Below { end: b, scale }, -1.0, 0.0),
            (false, false) => (Map::Line { centre, scale }, -1.0, 1.0),
        }
    }

    fn at(self, t: f64) -> (f64, f64) {
        match self {
            Map::Line { centre, scale } => {
                let w = (1.0 - t) * (1.0 + t);
                (centre + scale * t / w, scale * (1.0 + t * t) / (w * w))
            }
            Map::Above { end, scale } => (end + scale * t / (1.0 - t), scale / ((1.0 - t) * (1.0 - t))),
            Map::Below { end, scale } => (end + scale * t / (1.0 + t), scale / ((1.0 + t) * (1.0 + t))),
            Map::Between => (t, 1.0),
        }
    }

    fn back(self, x: f64) -> f64 {
        match self {
            Map::Line { centre, scale } => {
                let z = (x - centre) / scale;
                2.0 * z / (1.0 + (1.0 + 4.0 * z * z).sqrt())
            }
            Map::Above { end, scale } => (x - end) / (scale + (x - end)),
            Map::Below { end, scale } => (x - end) / (scale - (x - end)),
            Map::Between => x,
        }
    }
}

impl Mesh {
    /// About `cells` cells: one more per breakpoint at most, fewer where the mass is too small.
    pub fn new(input: &Input, cells: usize) -> Mesh {
        let (map, start, end) = Map::of(input);
        let mut cuts = vec![start];
        cuts.extend(input.breakpoints().into_iter().map(|x| map.back(x)));
        cuts.push(end);
        let mut nodes = vec![input.support().0];
        let mut masses: Vec<f64> = vec![];
        for pair in cuts.windows(2) {
            let width = pair[1] - pair[0];
            let share = ((cells as f64 * width / (end - start)).round() as usize).max(1);
            let h = width / share as f64;
            for i in 0..share {
                let left = pair[0] + h * i as f64;
                masses.push(mass(input, map, left, h));
                nodes.push(map.at(left + h).0);
            }
            if let Some(last) = nodes.last_mut() {
                *last = map.at(pair[1]).0;
            }
        }
        if let Some(last) = nodes.last_mut() {
            *last = input.support().1;
        }
        joined(nodes, masses)
    }
}

/// The mass of [left, left + h] in t.
fn mass(input: &Input, map: Map, left: f64, h: f64) -> f64 {
    let offset = 0.5 / 3f64.sqrt();
    let at = |place: f64| {
        let (x, slope) = map.at(left + h * place);
        let value = input.pdf(x) * slope;
        if value.is_finite() { value } else { 0.0 }
    };
    0.5 * h * (at(0.5 - offset) + at(0.5 + offset))
}

/// Cells joined until each has mass, and the masses divided by their sum.
fn joined(nodes: Vec<f64>, masses: Vec<f64>) -> Mesh {
    let least = LEAST * masses.iter().copied().fold(0.0, f64::max);
    let mut mesh = Mesh { nodes: nodes.first().copied().into_iter().collect(), masses: vec![] };
    let mut gathered = 0.0;
    for (&mass, &end) in masses.iter().zip(nodes.iter().skip(1)) {
        gathered += mass;
        if gathered > least {
            mesh.masses.push(gathered);
            mesh.nodes.push(end);
            gathered = 0.0;
        }
    }
    if let (Some(last), Some(node), Some(&end)) = (mesh.masses.last_mut(), mesh.nodes.last_mut(), nodes.last()) {
        *last += gathered;
        *node = end;
    }
    let total = super::discrete::accurate_sum(mesh.masses.iter().copied());
    mesh.masses.iter_mut().for_each(|m| *m /= total);
    mesh
}
