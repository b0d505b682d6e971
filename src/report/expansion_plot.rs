//! The picture of an expansion: the functional over the step with the series of several orders, and how far they are
//! from it.

use super::draw::{Curve, Figure, Format, Panel, Style, draw};
use super::expansion::ExpansionFile;
use crate::entropy::Expansion;
use crate::error::Result;

/// The most orders that are drawn.
const MOST: usize = 4;

/// The functional of `dense`, an expansion with many steps in its remainder table, beside its series.
///
/// # Errors
/// The picture cannot be drawn.
pub fn expansion_picture(file: &ExpansionFile, dense: &Expansion, format: Format) -> Result<Vec<u8>> {
    let steps: Vec<f64> = dense.remainder.iter().map(|r| r.e).collect();
    let exact: Vec<f64> = dense.remainder.iter().map(|r| r.exact.map_or(f64::NAN, |h| h.value)).collect();
    let curve = |label: String, style: Style, values: Vec<f64>| Curve {
        label,
        style,
        points: steps.iter().copied().zip(values).collect(),
        stems: vec![],
    };
    let mut functional = Panel {
        title: "entropy of the output".to_owned(),
        x_label: "e".to_owned(),
        y_label: "H(e), nats".to_owned(),
        curves: vec![curve("the functional".to_owned(), Style::Before, exact.clone())],
        ..Panel::default()
    };
    let mut distance = Panel {
        title: "distance of the series".to_owned(),
        x_label: "e".to_owned(),
        y_label: "log10 |series - H(e)|".to_owned(),
        note: (dense.reach() == 0).then(|| "there is no series".to_owned()),
        ..Panel::default()
    };
    for (i, order) in orders(dense.reach()).into_iter().enumerate() {
        let series: Vec<f64> = steps.iter().map(|e| dense.series(*e, order).unwrap_or(f64::NAN)).collect();
        let off = series.iter().zip(&exact).map(|(s, h)| (s - h).abs().log10()).collect();
        functional.curves.push(curve(format!("to order {order}"), Style::Shade(i), series));
        distance.curves.push(curve(format!("order {order}"), Style::Shade(i), off));
    }
    draw(&Figure { title: file.title(), panels: vec![functional, distance] }, format)
}

/// The orders that are drawn: all where they are few, else some of them up to the last.
fn orders(last: usize) -> Vec<usize> {
    if last <= MOST {
        return (1..=last).collect();
    }
    (1..=MOST).map(|i| (i * last).div_ceil(MOST)).collect()
}
