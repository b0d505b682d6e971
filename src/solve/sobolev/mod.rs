//! The Sobolev gradient of the entropy: the direction Delta f with
//!
//! <Delta f, g> = -dH\[g\] for all g, <f, g> = INT (f g + l^2 f' g') du in H1, INT (f g + 2 l^2 f' g' + l^4 f'' g'') du in H2
//!
//! (math.md section 4, "Non-monotone f"). It is bounded where the pointwise correction has poles. At a critical point u* dH
//! holds the finite part of -p/(f'' (u - u*)^2), which is no bounded functional on H1: there Delta f would be a logarithm. So
//! H1 serves where no critical point has mass, and H2 otherwise, in which Delta f behaves like (u - u*)^2 log|u - u*|.

mod answer;
mod check;
mod kernel;
mod mesh;
mod reach;
mod spline;
mod steps;

pub(super) use answer::derive;

use crate::entropy::Differential;
use crate::error::{Error, Result};
use crate::numeric::Estimate;
use kernel::{Jet, Node};
use mesh::{Builder, Element};
use spline::{Quintic, Spline};

/// The space whose norm measures a direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Space {
    /// H1: values and first derivatives.
    First,
    /// H2: second derivatives too.
    Second,
}

impl Space {
    /// The usual name.
    pub fn name(self) -> &'static str {
        match self {
            Space::First => "H1",
            Space::Second => "H2",
        }
    }
}

/// The entropy at one value of the parameter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Descent {
    /// The parameter.
    pub eps: f64,
    /// H(eps) - H(0), nats, of the exact functional.
    pub change: Estimate,
    /// The slope times eps.
    pub linear: f64,
}

/// What is to be known about a Sobolev gradient beside its formula.
#[derive(Debug, Clone, PartialEq)]
pub struct Sobolev {
    /// The space.
    pub space: Space,
    /// The length l of its norm.
    pub length: f64,
    /// Polynomials in the answer.
    pub pieces: usize,
    /// The outermost knots; beyond them it is an exponential.
    pub knots: [f64; 2],
    /// The greatest absolute value of Delta f.
    pub greatest: f64,
    /// The greatest deviation of the polynomials from Delta f on the mesh halved, over `greatest`.
    pub deviation: f64,
    /// The square of the norm of Delta f, which is the rate of descent.
    pub norm_squared: Estimate,
    /// The critical points of the activation.
    pub critical_points: Vec<f64>,
    /// How the entropy falls along it.
    pub descent: Vec<Descent>,
}

/// The gradient found.
#[derive(Debug, Clone)]
struct Gradient {
    space: Space,
    spline: Spline,
    greatest: f64,
    deviation: f64,
    /// dH along it.
    slope: Estimate,
    /// The square of its norm from the polynomials themselves.
    energy: f64,
}

/// The power with which p/|f'| may grow towards a finite end for dH to be bounded on H1.
const ROUGHEST: f64 = 0.48;
/// Deviation at the quarters of an element from which it is halved, over the greatest value.
const TOLERANCE: f64 = 2e-9;
/// Elements at most, and rounds of halving.
const MOST_ELEMENTS: usize = 1000;
const ROUNDS: usize = 40;
/// Panels at most.
const MOST_PANELS: f64 = 2e4;

/// The space in which dH is bounded.
fn space(d: &Differential) -> Space {
    if d.folds().is_empty() && d.roughness() < ROUGHEST { Space::First } else { Space::Second }
}

/// The gradient, dH being negligible outside a range or, beyond it, what its ends add.
///
/// # Errors
/// [`Error::Unsupported`] where it would take too many panels of a length.
fn gradient(d: &Differential, length: f64, range: [f64; 2], ends: &[Node]) -> Result<Gradient> {
    let space = space(d);
    if (range[1] - range[0]) / length > MOST_PANELS {
        return Err(Error::Unsupported(format!(
            "the Sobolev gradient matters from x = {:.6} to {:.6}, more than {MOST_PANELS} times its length {length}; ask for a \
             greater --length",
            range[0], range[1]
        )));
    }
    let builder = Builder { differential: d, length, gauss: mesh::Gauss::new() };
    let mut elements = first(&builder, range);
    let mut jets = evaluate(&builder, space, &elements, ends);
    for _ in 0..ROUNDS {
        let greatest = greatest(&jets);
        let spline = assemble(d, &elements, &jets, length, space);
        let (mut next, mut halved) = (Vec::new(), 0);
        for (i, element) in elements.iter().enumerate() {
            let off = |k: usize| (spline.pieces[i].jet(element.quarters()[k])[0] - jets[i][k][0]).abs();
            let fine = element.to - element.from < 1e-9 * d.scale();
            if off(1).max(off(3)) <= TOLERANCE * greatest || fine || elements.len() + halved > MOST_ELEMENTS {
                next.push(element.clone());
            } else {
                next.extend(halves(&builder, element));
                halved += 1;
            }
        }
        if halved == 0 {
            break;
        }
        elements = next;
        jets = evaluate(&builder, space, &elements, ends);
    }
    let spline = assemble(d, &elements, &jets, length, space);
    Ok(examined(&builder, space, spline, greatest(&jets), &elements, ends))
}

/// Elements between the singular points, of the length over which things vary, longer ones far out.
fn first(builder: &Builder, range: [f64; 2]) -> Vec<Element> {
    let d = builder.differential;
    let mut marks: Vec<f64> = d.strips().iter().flat_map(|s| [s.from, s.to]).collect();
    marks.extend(d.points().iter().map(|p| p.at));
    marks.retain(|u| range[0] < *u && *u < range[1]);
    marks.extend(range);
    marks.sort_by(f64::total_cmp);
    marks.dedup();
    let usual = d.scale().min(builder.length.max(0.1 * d.scale()));
    let mut elements = Vec::new();
    for pair in marks.windows(2) {
        let mut from = pair[0];
        while from < pair[1] {
            let width = usual.max(0.25 * (from - d.centre()).abs().min((from + usual - d.centre()).abs()));
            // No sliver is left over.
            let to = if from + 1.5 * width < pair[1] { from + width } else { pair[1] };
            elements.push(builder.element(from, to));
            from = to;
        }
    }
    elements
}

fn halves(builder: &Builder, element: &Element) -> [Element; 2] {
    let middle = element.quarters()[2];
    [builder.element(element.from, middle), builder.element(middle, element.to)]
}

/// The gradient and its derivative at the quarters of all elements.
fn evaluate(builder: &Builder, space: Space, elements: &[Element], ends: &[Node]) -> Vec<[Jet; 5]> {
    let (nodes, near) = builder.rule(elements, ends);
    let places: Vec<_> = elements.iter().flat_map(Element::places).collect();
    let jets = kernel::gradient(space, builder.length, &nodes, &near, &places);
    jets.chunks_exact(5).map(|c| [c[0], c[1], c[2], c[3], c[4]]).collect()
}

fn greatest(jets: &[[Jet; 5]]) -> f64 {
    jets.iter().flatten().fold(0.0, |m: f64, j| m.max(j[0].abs()))
}

fn assemble(d: &Differential, elements: &[Element], jets: &[[Jet; 5]], length: f64, space: Space) -> Spline {
    let folds = d.folds();
    let piece = |(e, j): (&Element, &[Jet; 5])| {
        let origin = folds.iter().copied().find(|u| *u == e.from || *u == e.to);
        Quintic::through(e.from, e.to, [j[0], j[2], j[4]], origin)
    };
    let end = |at: f64, jet: Jet, side: f64| {
        // Beyond the last knot the first space has e^(-z/l) alone.
        let slope = if space == Space::First { 0.0 } else { side * jet[1] + jet[0] / length };
        spline::End { at, value: jet[0], slope }
    };
    let outer = |i: usize, k: usize| jets.get(i).map_or([0.0; 2], |j| j[k]);
    let low = end(elements.first().map_or(0.0, |e| e.from), outer(0, 0), -1.0);
    let high = end(elements.last().map_or(0.0, |e| e.to), outer(jets.len().saturating_sub(1), 4), 1.0);
    Spline { pieces: elements.iter().zip(jets).map(piece).collect(), ends: [low, high], length }
}

/// What is measured on the spline: dH along it, its norm, and its distance from the gradient on the mesh halved.
fn examined(
    builder: &Builder,
    space: Space,
    spline: Spline,
    greatest: f64,
    elements: &[Element],
    ends: &[Node],
) -> Gradient {
    let finer: Vec<Element> = elements.iter().flat_map(|e| halves(builder, e)).collect();
    let jets = evaluate(builder, space, &finer, ends);
    let off = finer.iter().zip(&jets).flat_map(|(e, jets)| {
        let values = e.quarters().into_iter().zip(jets);
        values.map(|(u, jet)| (spline.jet(u)[0] - jet[0]).abs()).collect::<Vec<_>>()
    });
    let deviation = off.fold(0.0, f64::max) / greatest.max(f64::MIN_POSITIVE);
    let (coarse, size) = along(builder, &spline, elements, ends);
    let (fine, _) = along(builder, &spline, &finer, ends);
    let evaluations = finer.iter().map(|e| e.nodes.len() as u64).sum();
    let slope = Estimate { value: fine, error: 2.0 * (fine - coarse).abs() + 1e-13 * size, evaluations };
    let energy = energy(builder, space, &spline);
    Gradient { space, spline, greatest, deviation, slope, energy }
}

/// dH along the spline by the rule of some elements, and the sum of absolute values.
fn along(builder: &Builder, spline: &Spline, elements: &[Element], ends: &[Node]) -> (f64, f64) {
    let (nodes, near) = builder.rule(elements, ends);
    let (mut sum, mut size) = (0.0, 0.0);
    let mut add = |term: f64| {
        sum += term;
        size += term.abs();
    };
    for node in &nodes {
        let [value, slope, _] = spline.jet(node.u);
        add(node.a * value);
        add(node.b * slope);
    }
    for n in &near {
        let u = n.at + n.node.u;
        let [value, slope, _] = spline.jet(u);
        let rise = match spline.piece(u).filter(|p| p.origin == n.at) {
            Some(piece) => piece.rise(u),
            None => value - spline.jet(n.at)[0],
        };
        add(n.node.a * rise + n.node.b * slope);
    }
    (sum, size)
}

/// <s, s>
fn energy(builder: &Builder, space: Space, spline: &Spline) -> f64 {
    let l = builder.length;
    let density = |[y, slope, bend]: [f64; 3]| norm_density(space, l, [y, slope, bend], [y, slope, bend]);
    let mut sum = 0.0;
    for piece in &spline.pieces {
        let (centre, half) = (0.5 * (piece.from + piece.to), 0.5 * (piece.to - piece.from));
        sum += builder.gauss.points.iter().map(|(x, w)| w * half * density(piece.jet(centre + half * x))).sum::<f64>();
    }
    for end in &spline.ends {
        // e^(-2 z/l) times a polynomial: panels of l up to where it is rounding.
        for k in 0..24 {
            let (centre, half) = ((f64::from(k) + 0.5) * l, 0.5 * l);
            sum += builder
                .gauss
                .points
                .iter()
                .map(|(x, w)| w * half * density(end.jet(centre + half * x, l)))
                .sum::<f64>();
        }
    }
    sum
}

/// The integrand of the inner product of two functions, given as value, slope and second derivative.
fn norm_density(space: Space, l: f64, f: [f64; 3], g: [f64; 3]) -> f64 {
    match space {
        Space::First => f[0] * g[0] + l * l * f[1] * g[1],
        Space::Second => f[0] * g[0] + 2.0 * l * l * f[1] * g[1] + l.powi(4) * f[2] * g[2],
    }
}
