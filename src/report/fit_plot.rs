//! The picture of fits: the histogram of the values with the densities of the best families, and the quantiles of the values
//! against those of the best one. Of several layers, the first of these for each.

use super::draw::{Curve, Figure, Format, Panel, Style, draw};
use crate::error::Result;
use crate::fit::{Fit, Fits};
use crate::input::Input;
use crate::samples::Sample;

/// Points per density, and quantiles compared.
const POINTS: usize = 401;
const QUANTILES: usize = 199;
/// Densities drawn over a histogram.
const DRAWN: usize = 3;
/// Histograms leave out so much at either end where the tails are long, and have so many bars at the most.
const CUT: f64 = 1e-3;
const MOST_BARS: usize = 80;

/// The picture of samples with what was fitted to them.
///
/// # Errors
/// The picture cannot be drawn.
pub fn fit_picture(layers: &[(&Sample, Option<&Fits>)], format: Format) -> Result<Vec<u8>> {
    let panels = match layers {
        [(sample, fits)] => {
            let ranking = fits.map_or(&[] as &[Fit], |f| &f.ranking);
            vec![histogram(sample, ranking, DRAWN), quantiles(sample, ranking)]
        }
        several => several.iter().map(|(s, f)| histogram(s, f.map_or(&[], |f| &f.ranking), 1)).collect(),
    };
    let title = match layers {
        [(sample, _)] => format!("{}: {} values", sample.name, sample.count()),
        several => format!("{} layers", several.len()),
    };
    draw(&Figure { title, panels }, format)
}

/// Bars as an outline, by the rule of Freedman and Diaconis, and densities over them.
fn histogram(sample: &Sample, ranking: &[Fit], drawn: usize) -> Panel {
    let mut panel = Panel {
        title: sample.name.clone(),
        x_label: "x".to_owned(),
        y_label: "density".to_owned(),
        ..Panel::default()
    };
    let at = |p: f64| sample.quantile(p).unwrap_or(f64::NAN);
    let (least, greatest) = (at(0.0), at(1.0));
    let (inner_low, inner_high) = (at(CUT), at(1.0 - CUT));
    let width = inner_high - inner_low;
    if !(width > 0.0) {
        panel.note = Some("nothing to draw: the values do not spread".to_owned());
        return panel;
    }
    let (low, high) = (least.max(inner_low - 0.2 * width), greatest.min(inner_high + 0.2 * width));
    let n = sample.kept.len() as f64;
    let bar = 2.0 * (at(0.75) - at(0.25)) / n.cbrt();
    let bars = if bar > 0.0 { (((high - low) / bar).ceil() as usize).clamp(8, MOST_BARS) } else { MOST_BARS };
    let edge = |i: usize| low + (high - low) * (i as f64 / bars as f64);
    let below = |x: f64| sample.kept.partition_point(|v| *v < x);
    let mut points = vec![(low, 0.0)];
    for i in 0..bars {
        let (a, b) = (edge(i), edge(i + 1));
        let count = if i + 1 == bars { sample.kept.partition_point(|v| *v <= b) } else { below(b) } - below(a);
        let height = count as f64 / (n * (b - a));
        points.extend([(a, height), (b, height)]);
    }
    points.push((high, 0.0));
    panel.curves.push(Curve { label: "values".to_owned(), style: Style::Before, points, stems: Vec::new() });
    let step = |i: usize| low + (high - low) * (i as f64 / (POINTS - 1) as f64);
    panel.curves.extend(ranking.iter().take(drawn).enumerate().map(|(i, fit)| Curve {
        label: fit.input.text(),
        style: Style::Shade([0, 3, 2][i % 3]),
        points: (0..POINTS).map(|i| (step(i), fit.input.pdf(step(i)))).collect(),
        stems: Vec::new(),
    }));
    panel
}

fn quantiles(sample: &Sample, ranking: &[Fit]) -> Panel {
    let mut panel = Panel {
        title: "quantiles".to_owned(),
        x_label: "of the model".to_owned(),
        y_label: "of the values".to_owned(),
        ..Panel::default()
    };
    let Some(best) = ranking.first() else {
        panel.note = Some("no family could be fitted".to_owned());
        return panel;
    };
    let pairs = pairs(sample, &best.input);
    let (Some(first), Some(last)) = (pairs.first(), pairs.last()) else { return panel };
    let diagonal = vec![(first.0, first.0), (last.0, last.0)];
    panel.curves = vec![
        Curve { label: "equal".to_owned(), style: Style::Before, points: diagonal, stems: Vec::new() },
        Curve { label: best.input.text(), style: Style::Enlarged, points: pairs, stems: Vec::new() },
    ];
    panel
}

/// (model, values) at evenly spaced probabilities, and further out as far as the values reach.
fn pairs(sample: &Sample, input: &Input) -> Vec<(f64, f64)> {
    let n = sample.kept.len();
    let mut chances: Vec<f64> = (0..QUANTILES).map(|i| (i as f64 + 1.0) / (QUANTILES as f64 + 1.0)).collect();
    let ends = (0..8).map(|k| (k as f64 + 0.5) / n as f64).filter(|p| *p < 0.004);
    let ends: Vec<f64> = ends.flat_map(|p| [p, 1.0 - p]).collect();
    chances.extend(ends);
    chances.sort_by(f64::total_cmp);
    let value = |p: f64| sample.kept.get(((p * n as f64) as usize).min(n.saturating_sub(1))).copied();
    chances
        .iter()
        .filter_map(|p| Some((input.quantile(*p), value(*p)?)))
        .filter(|(a, b)| a.is_finite() && b.is_finite())
        .collect()
}
