//! Horizontal bars with a name each, one below the other.

use super::document::digits;
use super::draw::{Area, Drawing, FINE, GREY, Painted, TITLE, font, shortened};
use super::number::Number;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// A chart of bars; each has a value for every series, or none there.
#[derive(Debug, Clone, Default)]
pub(super) struct Bars {
    pub title: String,
    pub x_label: String,
    pub series: Vec<String>,
    pub bars: Vec<Bar>,
}

/// A name with its values.
#[derive(Debug, Clone)]
pub(super) struct Bar {
    pub label: String,
    pub values: Vec<Option<f64>>,
}

/// Widths of the names, the bars and the numbers beside them; height of a bar and of the axis below.
const NAMES: i32 = 190;
const LENGTH: i32 = 460;
const NUMBERS: i32 = 90;
const THICK: i32 = 14;
const AXIS: i32 = 34;
/// The palette of Okabe and Ito, dark and light in turn.
const COLOURS: [RGBColor; 6] = [
    RGBColor(86, 180, 233),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(240, 228, 66),
    RGBColor(0, 114, 178),
    RGBColor(204, 121, 167),
];

impl Bars {
    /// Height of a bar with the gap below it.
    fn pitch(&self) -> i32 {
        THICK * self.series.len().max(1) as i32 + 8
    }

    /// Where the first bar starts: below the title and a line of the legend for every series.
    fn top(&self) -> i32 {
        TITLE as i32 + 20 * self.series.len() as i32 + 8
    }

    /// The least and the greatest value, 0 included.
    fn range(&self) -> (f64, f64) {
        let values = self.bars.iter().flat_map(|b| b.values.iter().flatten());
        let (low, high) = values.fold((0.0f64, 0.0f64), |(a, b), v| (a.min(*v), b.max(*v)));
        if high > low { (low, high) } else { (0.0, 1.0) }
    }
}

fn colour(series: usize) -> RGBColor {
    COLOURS[series % COLOURS.len()]
}

impl Drawing for Bars {
    fn size(&self) -> (u32, u32) {
        let height = self.top() + self.pitch() * self.bars.len() as i32 + AXIS;
        ((NAMES + LENGTH + NUMBERS) as u32, height as u32)
    }

    fn paint<B: DrawingBackend>(&self, canvas: &Area<B>) -> Painted<B> {
        let s = FINE as i32;
        let (low, high) = self.range();
        let across = |v: f64| s * NAMES + (f64::from(s * LENGTH) * ((v - low) / (high - low))).round() as i32;
        let text = |t: String, x: i32, y: i32, size: i32, anchor: HPos| {
            Text::new(t, (x, y), font(size, s).pos(Pos::new(anchor, VPos::Center)))
        };
        canvas.fill(&WHITE)?;
        let middle = s * (NAMES + LENGTH + NUMBERS) / 2;
        canvas.draw(&text(shortened(&self.title, 70), middle, s * TITLE as i32 / 2, 20, HPos::Center))?;
        for (i, series) in self.series.iter().enumerate() {
            let y = s * (TITLE as i32 + 20 * i as i32 + 8);
            let patch = [(s * NAMES, y - 5 * s), (s * (NAMES + 28), y + 5 * s)];
            canvas.draw(&Rectangle::new(patch, colour(i).filled()))?;
            canvas.draw(&text(shortened(series, 60), s * (NAMES + 36), y, 14, HPos::Left))?;
        }
        for (i, bar) in self.bars.iter().enumerate() {
            let top = self.top() + self.pitch() * i as i32;
            let centre = s * (top + THICK * self.series.len() as i32 / 2);
            canvas.draw(&text(shortened(&bar.label, 24), s * (NAMES - 8), centre, 14, HPos::Right))?;
            for (j, value) in bar.values.iter().enumerate() {
                let y = s * (top + THICK * j as i32);
                let Some(v) = value else { continue };
                let (a, b) = (across(v.min(0.0)), across(v.max(0.0)));
                canvas.draw(&Rectangle::new([(a, y), (b, y + s * (THICK - 1))], colour(j).filled()))?;
                let number = digits(Number(*v), 4).text;
                canvas.draw(&text(number, b + 6 * s, y + s * THICK / 2, 12, HPos::Left))?;
            }
        }
        let bottom = self.top() + self.pitch() * self.bars.len() as i32;
        let line = [(across(0.0), s * (self.top() - 4)), (across(0.0), s * bottom)];
        canvas.draw(&PathElement::new(line, GREY.stroke_width(FINE)))?;
        canvas.draw(&text(
            self.x_label.clone(),
            s * (NAMES + LENGTH / 2),
            s * (bottom + AXIS / 2),
            15,
            HPos::Center,
        ))?;
        canvas.present()
    }
}
