//! Coefficients in closed form: where the density, the ratio g'/f' (or w, w' and the logarithms of p and f') are sums of
//! [`super::moments`] on every stretch, so are the integrands, and their integrals are exact constants. What is found is
//! shown only where it agrees with the integral by quadrature.

use super::exact::Exact;
use super::line::{Line, Stretch};
use super::moments::Sum;
use super::series::{Ring, entropy_density};
use super::{Agreement, Expansion, Side};
use crate::cas::{self, Variable};
use crate::error::Result;
use crate::expr::{Expr, Piece, constant, pieces};

/// How far a closed form may be from the quadrature, relative to the value.
const TOLERANCE: f64 = 1e-10;
/// The highest order of the inverse side, whose integrands grow fast.
const INVERSE_ORDER: usize = 8;
/// Activations and directions larger than this, written out, are not taken to the algebra.
const MOST_NODES: u64 = 400;

/// Everything on one stretch as sums.
struct Cell<'a> {
    stretch: &'a Stretch,
    density: Sum,
    /// log p, where it is a sum too.
    log_density: Option<Sum>,
}

/// Adds closed forms to the coefficients that have one.
pub(super) fn find(expansion: &mut Expansion, line: &Line) -> Result<()> {
    let order = expansion.reach();
    let Some(cells) = cells(line)? else { return Ok(()) };
    let mut forms = vec![level(&cells)];
    forms.extend(match line.side {
        _ if order == 0 => vec![],
        Side::Forward => forward(&cells, order),
        Side::Inverse => inverse(&cells, order.min(INVERSE_ORDER)),
    });
    let mut worst: Option<f64> = None;
    for (coefficient, form) in expansion.coefficients.iter_mut().zip(forms) {
        let (Some(value), Some(form)) = (coefficient.value, form) else { continue };
        let form = form.expr();
        let Ok(number) = constant(&form) else { continue };
        let off = (number - value.value).abs();
        if off <= TOLERANCE * value.value.abs() + 2.0 * value.error {
            let relative = off / (1.0 + value.value.abs());
            worst = Some(worst.map_or(relative, |w| w.max(relative)));
            coefficient.closed_form = Some(form);
        }
    }
    expansion.agreements.extend(worst.map(|number| Agreement {
        what: "the closed forms",
        how: "against the integrals by quadrature",
        number,
        tolerance: TOLERANCE,
    }));
    Ok(())
}

/// The stretches with their densities; none where one of these is no sum.
fn cells<'a>(line: &'a Line) -> Result<Option<Vec<Cell<'a>>>> {
    if !line.input.files().is_empty() {
        // A hundred kernels have closed integrals too long to say anything.
        return Ok(None);
    }
    let (low, high) = line.input.support();
    let densities = pieces(&line.input.density(), low, high)?;
    let logarithms = pieces(&line.input.log_density(), low, high)?;
    let mut found = Vec::new();
    for stretch in line.active() {
        let on = |all: &[Piece]| {
            let covers = |p: &&Piece| p.from.value <= stretch.from.value && stretch.to.value <= p.to.value;
            all.iter().find(covers).and_then(|p| Sum::of(&p.form))
        };
        let Some(density) = on(&densities) else { return Ok(None) };
        found.push(Cell { stretch, density, log_density: on(&logarithms) });
    }
    Ok(Some(found))
}

/// The sum over the stretches of the integrals of an integrand.
fn integral(cells: &[Cell], integrand: impl Fn(usize, &Cell) -> Option<Sum>) -> Option<Exact> {
    let mut total = Exact::default();
    for (i, cell) in cells.iter().enumerate() {
        let sum = integrand(i, cell).filter(|sum| !sum.is_long())?;
        total = total.plus(&sum.integral(&cell.stretch.from, &cell.stretch.to)?);
    }
    Some(total)
}

/// H = INT p (log|f'| - log p)
fn level(cells: &[Cell]) -> Option<Exact> {
    integral(cells, |_, cell| {
        let slope = Sum::of(&cell.stretch.form)?.derivative().log()?;
        Some(cell.density.times(&slope.plus(&cell.log_density.as_ref()?.negated())))
    })
}

/// (-1)^(k+1)/k INT p r^k for k = 1, ..., order
fn forward(cells: &[Cell], order: usize) -> Vec<Option<Exact>> {
    let ratios: Option<Vec<Sum>> = cells.iter().map(|c| ratio(&c.stretch.form, &c.stretch.direction)).collect();
    let Some(ratios) = ratios else { return vec![] };
    let mut powers: Vec<Sum> = cells.iter().map(|c| c.density.clone()).collect();
    let mut found = Vec::new();
    for k in 1..=order {
        for (power, ratio) in powers.iter_mut().zip(&ratios) {
            *power = power.times(ratio);
        }
        if powers.iter().any(Sum::is_long) {
            break;
        }
        let sign = if k.is_multiple_of(2) { -1 } else { 1 };
        found.push(integral(cells, |i, _| Some(powers[i].scaled(sign, k as i64))));
    }
    found
}

/// g'/f' as a sum, by algebra where it takes some.
fn ratio(f: &Expr, g: &Expr) -> Option<Sum> {
    let plain = || Sum::of(g)?.derivative().over(&Sum::of(f)?.derivative());
    plain().or_else(|| {
        if f.lowered_size().saturating_add(g.lowered_size()) > MOST_NODES {
            return None;
        }
        let (f, g) = (f.lowered(), g.lowered());
        let quotient = cas::run(move || {
            let quotient = cas::differentiate(&g, Variable::X)? / cas::differentiate(&f, Variable::X)?;
            cas::simplify(&quotient, usize::MAX, &|form| usize::from(Sum::of(form).is_none()))
        });
        Sum::of(&quotient.ok()?.ok()?)
    })
}

/// -INT p times the coefficients of (level + log a) a, see [`entropy_density`].
fn inverse(cells: &[Cell], order: usize) -> Vec<Option<Exact>> {
    let series = |cell: &Cell| {
        let log_density = cell.log_density.as_ref()?;
        let slope = Sum::of(&cell.stretch.form)?.derivative().log()?;
        let w = Sum::of(&cell.stretch.direction)?;
        let (mut derivative, mut power, mut logs) = (log_density.clone(), Sum::ratio(1, 1), Vec::new());
        for k in 1..=order {
            derivative = derivative.derivative().scaled(1, k as i64);
            power = power.times(&w);
            logs.push(derivative.times(&power));
        }
        Some(entropy_density(&log_density.plus(&slope.negated()), &logs, &w.derivative()))
    };
    let all: Option<Vec<Vec<Sum>>> = cells.iter().map(series).collect();
    let Some(all) = all else { return vec![] };
    (1..=order).map(|k| integral(cells, |i, cell| Some(cell.density.times(&all[i][k]).negated()))).collect()
}
