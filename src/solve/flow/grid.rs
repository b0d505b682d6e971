//! Where the flow moves: windows, their nodes, and the points at which integrals against the density are taken.

use super::spline::{Edge, Spline};
use crate::error::{Error, Result};
use crate::expr::{Expr, Tape, pieces};
use crate::input::Input;
use crate::solve::shape::mass;
use nalgebra::DMatrix;

/// Cells of all windows together.
const CELLS: usize = 48;
/// Mass that is left out at either end, and the greatest reach from the median in quartile distances.
const TAIL: f64 = 1e-7;
const REACH: f64 = 6.0;
/// The share of the quartile distance that is the length of the metric.
const SMOOTHING: f64 = 0.25;

/// Points per cell where bounds of the slope are watched, and where integrals are taken.
pub(super) const WATCHED: usize = 16;
pub(super) const GAUSS_POINTS: usize = GAUSS.len();

/// Nodes and weights of Gauss and Legendre on (-1, 1), eight points.
const GAUSS: [(f64, f64); 8] = [
    (-0.960_289_856_497_536_2, 0.101_228_536_290_376_26),
    (-0.796_666_477_413_626_7, 0.222_381_034_453_374_48),
    (-0.525_532_409_916_329, 0.313_706_645_877_887_3),
    (-0.183_434_642_495_649_8, 0.362_683_783_378_362),
    (0.183_434_642_495_649_8, 0.362_683_783_378_362),
    (0.525_532_409_916_329, 0.313_706_645_877_887_3),
    (0.796_666_477_413_626_7, 0.222_381_034_453_374_48),
    (0.960_289_856_497_536_2, 0.101_228_536_290_376_26),
];

/// The points with what does not change along the flow.
#[derive(Debug, Clone)]
pub(super) struct Grid {
    pub splines: Vec<Spline>,
    /// Points, their weights du, and those times the density.
    pub u: Vec<f64>,
    pub du: Vec<f64>,
    pub dp: Vec<f64>,
    /// f and f' at the start.
    pub f: Vec<f64>,
    pub slope: Vec<f64>,
    /// Values and slopes of the cardinal splines, one column per free value.
    pub basis: DMatrix<f64>,
    pub basis_slope: DMatrix<f64>,
    /// f' at the start, and slopes of the cardinal splines, where bounds of the slope are watched: [`WATCHED`] points per cell.
    pub watched: Vec<f64>,
    pub watched_slope: DMatrix<f64>,
    /// The length l of the metric.
    pub smoothing: f64,
    /// P(f is not flat at U), tails included.
    pub mass: f64,
}

impl Grid {
    pub fn new(f: &Expr, input: &Input) -> Result<Grid> {
        let [q1, centre, q3] = input.quartiles();
        let (low, high) = input.support();
        let unit = 0.1 * decade(q3 - q1);
        let from = (input.quantile(TAIL).max(centre - REACH * (q3 - q1)) / unit).floor() * unit;
        let to = (input.quantile(1.0 - TAIL).min(centre + REACH * (q3 - q1)) / unit).ceil() * unit;
        let forms = pieces(f, low, high)?;
        let mut runs: Vec<(f64, f64)> = vec![];
        for piece in forms.iter().filter(|p| p.form.has_x()) {
            match runs.last_mut() {
                Some(last) if last.1 == piece.from.value => last.1 = piece.to.value,
                _ => runs.push((piece.from.value, piece.to.value)),
            }
        }
        let mass = runs.iter().map(|(a, b)| mass(input, *a, *b)).sum();
        let mut kinks: Vec<f64> = forms.iter().skip(1).map(|p| p.from.value).collect();
        kinks.extend(input.breakpoints());
        let within = |(a, b): &(f64, f64)| a.max(from) < b.min(to);
        let total: f64 = runs.iter().filter(|r| within(r)).map(|(a, b)| b.min(to) - a.max(from)).sum();
        let mut splines = vec![];
        for &(a, b) in runs.iter().filter(|r| within(r)) {
            let (start, end) = (a.max(short(from, unit)), b.min(short(to, unit)));
            let cells = ((CELLS as f64 * (end - start) / total).round() as usize).max(4);
            let edge = |own: f64, cut: f64| if own == cut { Edge::Free } else { Edge::Smooth };
            splines.push(Spline::new(nodes(start, end, cells, &kinks), [edge(a, start), edge(b, end)]));
        }
        if splines.is_empty() {
            return Err(Error::Unsupported(
                "the activation is flat wherever the input has mass: nothing can flow".to_owned(),
            ));
        }
        let mut grid = Grid {
            splines,
            u: vec![],
            du: vec![],
            dp: vec![],
            f: vec![],
            slope: vec![],
            basis: DMatrix::zeros(0, 0),
            basis_slope: DMatrix::zeros(0, 0),
            watched: vec![],
            watched_slope: DMatrix::zeros(0, 0),
            smoothing: SMOOTHING * (q3 - q1),
            mass,
        };
        grid.fill(&Tape::new(f)?, input);
        Ok(grid)
    }

    fn fill(&mut self, f: &Tape, input: &Input) {
        for spline in &self.splines {
            for cell in spline.nodes.windows(2) {
                let (middle, half) = (0.5 * (cell[0] + cell[1]), 0.5 * (cell[1] - cell[0]));
                for (z, weight) in GAUSS {
                    let u = middle + half * z;
                    self.u.push(u);
                    self.du.push(half * weight);
                    self.dp.push(half * weight * input.pdf(u));
                    self.f.push(f.eval(u));
                    self.slope.push(f.derivative(u, 1));
                }
                let watched = watched(cell[0], cell[1]);
                self.watched.extend(watched.map(|u| f.derivative(u, 1)));
            }
        }
        let free: usize = self.splines.iter().map(Spline::free).sum();
        self.basis = DMatrix::zeros(self.u.len(), free);
        self.basis_slope = DMatrix::zeros(self.u.len(), free);
        self.watched_slope = DMatrix::zeros(self.watched.len(), free);
        let (mut column, mut row, mut cell) = (0, 0, 0);
        for spline in &self.splines {
            let rows = (spline.nodes.len() - 1) * GAUSS.len();
            for i in 0..spline.free() {
                let mut unit = vec![0.0; spline.free()];
                unit[i] = 1.0;
                let cubics = spline.cubics(&unit);
                for j in row..row + rows {
                    let (value, slope) = spline.at(&cubics, self.u[j]);
                    self.basis[(j, column)] = value;
                    self.basis_slope[(j, column)] = slope;
                }
                for (k, ends) in spline.nodes.windows(2).enumerate() {
                    for (l, u) in watched(ends[0], ends[1]).enumerate() {
                        self.watched_slope[((cell + k) * WATCHED + l, column)] = spline.at(&cubics, u).1;
                    }
                }
                column += 1;
            }
            row += rows;
            cell += spline.nodes.len() - 1;
        }
    }

    /// Points of the support outside the windows, evenly near them and far out.
    pub fn beyond(windows: &[(f64, f64)], (low, high): (f64, f64)) -> Vec<f64> {
        let (Some(first), Some(last)) = (windows.first(), windows.last()) else { return vec![] };
        let width = last.1 - first.0;
        let away = (1..=40).map(|k| width * (0.02 * f64::from(k)).powi(2) * 10f64.powf(f64::from(k) / 10.0));
        let both: Vec<f64> = away.flat_map(|d| [first.0 - d, last.1 + d]).collect();
        let gaps = windows.windows(2).flat_map(|w| (0..=20).map(|i| w[0].1 + (w[1].0 - w[0].1) * f64::from(i) / 20.0));
        both.into_iter().chain(gaps).filter(|x| low <= *x && *x <= high).collect()
    }

    /// The windows.
    pub fn windows(&self) -> Vec<(f64, f64)> {
        self.splines.iter().map(|s| (s.nodes[0], s.nodes[s.nodes.len() - 1])).collect()
    }
}

/// Points of a cell where bounds of the slope are watched, close to its ends too.
fn watched(from: f64, to: f64) -> impl Iterator<Item = f64> {
    (0..WATCHED).map(move |i| from + (to - from) * (i as f64 + 1e-3) / (WATCHED as f64 - 1.0 + 2e-3))
}

/// The power of ten below a width.
fn decade(width: f64) -> f64 {
    10f64.powf(width.log10().floor())
}

/// A multiple of a power of ten as the double nearest to its decimal.
fn short(value: f64, unit: f64) -> f64 {
    let rounded = (value / unit).round() * unit;
    format!("{rounded:.12e}").parse().unwrap_or(value)
}

/// Nearly evenly spaced nodes with few digits, those nearest to a kink moved onto it.
fn nodes(from: f64, to: f64, cells: usize, kinks: &[f64]) -> Vec<f64> {
    let h = (to - from) / cells as f64;
    let unit = 0.01 * decade(h);
    let inner = |i: usize| short(from + h * i as f64, unit);
    let node = |i: usize| {
        if i == 0 {
            from
        } else if i == cells {
            to
        } else {
            inner(i)
        }
    };
    let mut nodes: Vec<f64> = (0..=cells).map(node).collect();
    for &kink in kinks.iter().filter(|k| from + 0.5 * h < **k && **k < to - 0.5 * h) {
        let i = (((kink - from) / h).round() as usize).clamp(1, cells - 1);
        nodes[i] = kink;
    }
    nodes.sort_by(f64::total_cmp);
    nodes.dedup();
    nodes
}
