//! Figures on paper: panels side by side, drawn by plotters as SVG or PNG with the font of `assets/`. Knows points and
//! labels only; what they mean is decided in [`super::plot`].

use super::document::digits;
use super::number::Number;
use crate::error::{Error, Result};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::path::Path;

/// The format of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Scalable vector graphics.
    Svg,
    /// Portable network graphics, at twice the resolution of a screen.
    Png,
}

impl Format {
    /// The format that a file's name asks for.
    ///
    /// # Errors
    /// The name ends in neither `.svg` nor `.png`.
    pub fn of(path: &Path) -> Result<Format> {
        match path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase).as_deref() {
            Some("svg") => Ok(Format::Svg),
            Some("png") => Ok(Format::Png),
            _ => Err(Error::Content {
                path: path.to_owned(),
                reason: "a picture's name must end in .svg or .png".to_owned(),
            }),
        }
    }
}

/// Panels side by side under one title.
#[derive(Debug, Clone, Default)]
pub(super) struct Figure {
    pub title: String,
    pub panels: Vec<Panel>,
}

/// Panels in a row at the most.
const ABREAST: usize = 4;

impl Figure {
    /// Rows and columns of panels.
    fn grid(&self) -> (usize, usize) {
        let columns = self.panels.len().clamp(1, ABREAST);
        (self.panels.len().div_ceil(columns).max(1), columns)
    }
}

/// One pair of axes.
#[derive(Debug, Clone, Default)]
pub(super) struct Panel {
    pub title: String,
    pub x_label: String,
    pub y_label: String,
    pub curves: Vec<Curve>,
    /// Vertical asymptotes, marked by a dotted line.
    pub poles: Vec<f64>,
    /// Why there is nothing to see, where there is not.
    pub note: Option<String>,
}

/// A line through points, broken where a value is not finite, with its atoms as stems.
#[derive(Debug, Clone)]
pub(super) struct Curve {
    pub label: String,
    pub style: Style,
    pub points: Vec<(f64, f64)>,
    pub stems: Vec<(f64, f64)>,
}

/// The looks of a curve, told apart by lightness and dash as well as by hue (palette of Okabe and Ito).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// A wide light line, to lie under others.
    Before,
    /// A dashed dark line.
    After,
    /// A thin strong line.
    Enlarged,
    /// A thin line, one of a family of as many as there are shades.
    Shade(usize),
}

/// The colours of a family of lines, from dark to light.
const SHADES: [RGBColor; 6] = [
    RGBColor(0, 0, 0),
    RGBColor(0, 114, 178),
    RGBColor(0, 158, 115),
    RGBColor(213, 94, 0),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
];

impl Style {
    fn colour(self) -> RGBColor {
        match self {
            Style::Before => RGBColor(86, 180, 233),
            Style::After => RGBColor(0, 0, 0),
            Style::Enlarged => RGBColor(213, 94, 0),
            Style::Shade(i) => SHADES[i % SHADES.len()],
        }
    }

    fn stroke(self, scale: i32) -> ShapeStyle {
        let width = match self {
            Style::Before => 4,
            Style::After | Style::Enlarged | Style::Shade(_) => 2,
        };
        self.colour().stroke_width((width * scale) as u32)
    }
}

/// Width and height of a panel and height of the title, in units.
const PANEL: (u32, u32) = (480, 420);
pub(super) const TITLE: u32 = 44;
/// Plotters rounds to whole pixels, so everything is drawn this many times larger: SVG is scaled by its header, PNG
/// by averaging down to twice the size.
pub(super) const FINE: u32 = 4;
const FONT: &str = "sans-serif";
pub(super) const GREY: RGBColor = RGBColor(110, 110, 110);

pub(super) type Area<'a, B> = DrawingArea<B, Shift>;

/// Something to draw, on a canvas of its size times [`FINE`].
pub(super) trait Drawing {
    /// Width and height in units.
    fn size(&self) -> (u32, u32);
    fn paint<B: DrawingBackend>(&self, canvas: &Area<B>) -> Painted<B>;
}

impl Drawing for Figure {
    fn size(&self) -> (u32, u32) {
        let (rows, columns) = self.grid();
        (PANEL.0 * columns as u32, PANEL.1 * rows as u32 + TITLE)
    }

    fn paint<B: DrawingBackend>(&self, canvas: &Area<B>) -> Painted<B> {
        paint(canvas, self)
    }
}

/// The bytes of the picture.
pub(super) fn draw(figure: &impl Drawing, format: Format) -> Result<Vec<u8>> {
    // A second registration replaces the first by the same font.
    let font = include_bytes!("../../assets/DejaVuSans.ttf");
    plotters::style::register_font(FONT, FontStyle::Normal, font)
        .map_err(|_| Error::Unsupported("the font of the pictures cannot be read".to_owned()))?;
    let size = figure.size();
    let fine = (size.0 * FINE, size.1 * FINE);
    match format {
        Format::Svg => {
            let mut svg = String::new();
            figure.paint(&SVGBackend::with_string(&mut svg, fine).into_drawing_area()).map_err(refused)?;
            let written = |(w, h): (u32, u32)| format!("width=\"{w}\" height=\"{h}\"");
            Ok(svg.replacen(&written(fine), &written(size), 1).into_bytes())
        }
        Format::Png => {
            let mut pixels = vec![0; 3 * fine.0 as usize * fine.1 as usize];
            let canvas = BitMapBackend::with_buffer(&mut pixels, fine).into_drawing_area();
            figure.paint(&canvas).map_err(refused)?;
            drop(canvas);
            encode(&halved(&pixels, fine.0 as usize), (fine.0 / 2, fine.1 / 2)).map_err(refused)
        }
    }
}

/// Half the width and height, four pixels averaged into one.
fn halved(pixels: &[u8], width: usize) -> Vec<u8> {
    let mut half = Vec::with_capacity(pixels.len() / 4);
    for rows in pixels.chunks_exact(6 * width) {
        let (upper, lower) = rows.split_at(3 * width);
        for (u, l) in upper.chunks_exact(6).zip(lower.chunks_exact(6)) {
            let sum = |c: usize| [u[c], u[c + 3], l[c], l[c + 3]].iter().map(|&v| u16::from(v)).sum::<u16>();
            half.extend((0..3).map(|c| (sum(c) / 4) as u8));
        }
    }
    half
}

fn refused(reason: impl std::fmt::Display) -> Error {
    Error::Unsupported(format!("the picture cannot be drawn: {reason}"))
}

fn encode(pixels: &[u8], (width, height): (u32, u32)) -> std::result::Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(bytes)
}

pub(super) type Painted<B> = std::result::Result<(), DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;

fn paint<B: DrawingBackend>(canvas: &Area<B>, figure: &Figure) -> Painted<B> {
    let scale = FINE as i32;
    canvas.fill(&WHITE)?;
    let (head, body) = canvas.split_vertically(TITLE as i32 * scale);
    let (width, _) = head.dim_in_pixel();
    let style = font(20, scale).pos(Pos::new(HPos::Center, VPos::Center));
    let room = width as usize / (10 * scale as usize);
    head.draw(&Text::new(shortened(&figure.title, room), (width as i32 / 2, TITLE as i32 * scale / 2), style))?;
    let legend_rows = figure.panels.iter().map(|p| p.curves.len() as i32).max().unwrap_or(0);
    for (area, panel) in body.split_evenly(figure.grid()).iter().zip(&figure.panels) {
        paint_panel(area, panel, scale, legend_rows)?;
    }
    canvas.present()
}

pub(super) fn font<'a>(size: i32, scale: i32) -> TextStyle<'a> {
    (FONT, size * scale).into_text_style(&(1, 1)).color(&BLACK)
}

fn paint_panel<B: DrawingBackend>(area: &Area<B>, panel: &Panel, scale: i32, legend_rows: i32) -> Painted<B> {
    let (width, _) = area.dim_in_pixel();
    let middle = width as i32 / 2;
    let centre = Pos::new(HPos::Center, VPos::Center);
    area.draw(&Text::new(panel.title.clone(), (middle, 10 * scale), font(17, scale).pos(centre)))?;
    legend(area, panel, scale)?;
    let (_, body) = area.split_vertically((26 + 20 * legend_rows) * scale);
    let (x, y) = window(panel);
    let mut chart = ChartBuilder::on(&body)
        .margin(8 * scale)
        .margin_left(14 * scale)
        .margin_right(16 * scale)
        .x_label_area_size(44 * scale)
        .y_label_area_size(58 * scale)
        .build_cartesian_2d(x.0..x.1, y.0..y.1)?;
    let tick =
        |v: f64, axis: (f64, f64)| digits(Number(if v.abs() < 1e-12 * (axis.1 - axis.0) { 0.0 } else { v }), 4).text;
    chart
        .configure_mesh()
        .x_desc(panel.x_label.clone())
        .y_desc(panel.y_label.clone())
        .x_labels(7)
        .y_labels(7)
        .label_style(font(14, scale))
        .axis_desc_style(font(15, scale))
        .x_label_formatter(&|v| tick(*v, x))
        .y_label_formatter(&|v| tick(*v, y))
        .bold_line_style(RGBColor(225, 225, 225).stroke_width(scale as u32))
        .set_all_tick_mark_size(4 * scale)
        .light_line_style(TRANSPARENT)
        .axis_style(GREY.stroke_width(scale as u32))
        .draw()?;
    for &pole in panel.poles.iter().filter(|p| x.0 < **p && **p < x.1) {
        let line = [(pole, y.0), (pole, y.1)];
        chart.draw_series(DashedLineSeries::new(line, 2 * scale, 4 * scale, GREY.stroke_width(scale as u32)))?;
    }
    for curve in &panel.curves {
        let stroke = curve.style.stroke(scale);
        for run in runs(&curve.points, &panel.poles, x, y) {
            if curve.style == Style::After {
                chart.draw_series(DashedLineSeries::new(run, 7 * scale, 4 * scale, stroke))?;
            } else {
                chart.draw_series(LineSeries::new(run, stroke))?;
            }
        }
        let base = y.0.max(0.0);
        for &(at, height) in curve.stems.iter().filter(|s| x.0 <= s.0 && s.0 <= x.1) {
            let top = height.min(y.1);
            chart.draw_series(LineSeries::new([(at, base), (at, top)], stroke))?;
            chart.draw_series([Circle::new((at, top), 4 * scale, curve.style.colour().filled())])?;
        }
    }
    if let Some(note) = &panel.note {
        area.draw(&Text::new(shortened(note, 48), (middle, 210 * scale), font(14, scale).pos(centre)))?;
    }
    Ok(())
}

/// One row per curve above the axes, where it covers nothing.
fn legend<B: DrawingBackend>(area: &Area<B>, panel: &Panel, scale: i32) -> Painted<B> {
    for (row, curve) in (0..).zip(&panel.curves) {
        let y = (34 + 20 * row) * scale;
        let (from, to) = (70 * scale, 98 * scale);
        let stroke = curve.style.stroke(scale);
        let dashes: &[(i32, i32)] =
            if curve.style == Style::After { &[(0, 7), (10, 17), (20, 28)] } else { &[(0, 28)] };
        for (a, b) in dashes {
            area.draw(&PathElement::new([(from + a * scale, y), (from + b * scale, y)], stroke))?;
        }
        let style = font(14, scale).pos(Pos::new(HPos::Left, VPos::Center));
        area.draw(&Text::new(shortened(&curve.label, 44), (to + 8 * scale, y), style))?;
    }
    Ok(())
}

pub(super) fn shortened(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    text.chars().take(room.saturating_sub(1)).chain(['\u{2026}']).collect()
}

/// The window of a panel: all of x; of y so much that a pole or a spike does not flatten the rest.
fn window(panel: &Panel) -> ((f64, f64), (f64, f64)) {
    let points = || panel.curves.iter().flat_map(|c| c.points.iter().copied()).filter(|p| p.0.is_finite());
    let x = spread(points().map(|p| p.0));
    let mut values: Vec<f64> = points().map(|p| p.1).filter(|v| v.is_finite()).collect();
    values.sort_by(f64::total_cmp);
    let quantile = |p: f64| values.get((p * values.len().saturating_sub(1) as f64).round() as usize).copied();
    let full = (quantile(0.0), quantile(1.0));
    let stems = panel.curves.iter().flat_map(|c| c.stems.iter().map(|s| s.1));
    let (low, high) = match (full, quantile(0.03), quantile(0.97)) {
        ((Some(min), Some(max)), Some(low), Some(high)) => {
            let slack = 1.5 * (high - low);
            let cut = |v: f64, end: f64| {
                if (v - end).abs() > slack && high > low { end + (v - end).signum() * slack * 0.5 } else { v }
            };
            (cut(min, low), cut(max, high))
        }
        _ => (0.0, 1.0),
    };
    let (low, high) = spread([low, high].into_iter().chain(stems));
    let pad = 0.05 * (high - low);
    (x, (low - pad, high + pad))
}

/// The least and the greatest value, apart by more than rounding; 0 and 1 of nothing.
fn spread(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values
        .filter(|v| v.is_finite())
        .map(|v| v.clamp(-1e300, 1e300))
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
    match high - low {
        _ if low > high => (0.0, 1.0),
        width if width > 1e-9 * low.abs().max(high.abs()) => (low, high),
        _ => {
            let half = if low == 0.0 { 1.0 } else { 0.5 * low.abs() };
            (low - half, high + half)
        }
    }
}

/// The parts of a line inside the window, broken at poles, at values that are not finite, and where the line turns back
/// sharply: the mitre of two broad lines that meet there would stick out of the window.
fn runs(points: &[Point], poles: &[f64], (left, right): Point, (low, high): Point) -> Vec<Vec<Point>> {
    let turns_back = |run: &[Point], next: Point| {
        let [.., p, q] = run else { return false };
        let step = |a: Point, b: Point| ((b.0 - a.0) / (right - left), (b.1 - a.1) / (high - low));
        let (u, v) = (step(*p, *q), step(*q, next));
        u.0 * v.0 + u.1 * v.1 < -0.5 * u.0.hypot(u.1) * v.0.hypot(v.1)
    };
    let mut runs: Vec<Vec<Point>> = Vec::new();
    for pair in points.windows(2) {
        let [p, q] = pair else { continue };
        let broken = poles.iter().any(|pole| p.0 <= *pole && *pole <= q.0);
        let Some((a, b)) = clipped(*p, *q, low, high).filter(|_| !broken) else { continue };
        match runs.last_mut() {
            Some(run) if run.last() == Some(&a) && !turns_back(run, b) => run.push(b),
            _ => runs.push(vec![a, b]),
        }
    }
    runs
}

type Point = (f64, f64);

/// The part of a segment with low <= y <= high.
fn clipped(p: Point, q: Point, low: f64, high: f64) -> Option<(Point, Point)> {
    let finite = [p.0, p.1, q.0, q.1].iter().all(|v| v.is_finite());
    if !finite || p.1.max(q.1) < low || p.1.min(q.1) > high {
        return None;
    }
    let inside = |v: Point, other: Point| {
        let y = v.1.clamp(low, high);
        if y == v.1 { v } else { (v.0 + (other.0 - v.0) * ((y - v.1) / (other.1 - v.1)), y) }
    };
    Some((inside(p, q), inside(q, p)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panel(points: Vec<(f64, f64)>) -> Panel {
        let curve = Curve { label: "f".into(), style: Style::Before, points, stems: vec![] };
        Panel { curves: vec![curve], poles: vec![0.0], ..Panel::default() }
    }

    #[test]
    fn every_panel_can_be_drawn() {
        let nothing = Panel { note: Some("nothing".into()), ..Panel::default() };
        let hard = [
            nothing,
            panel(vec![]),
            panel(vec![(1.0, 2.0)]),
            panel(vec![(0.0, 1.0), (1.0, 1.0)]),
            panel(vec![(-1.0, f64::NAN), (1.0, f64::INFINITY)]),
            panel(vec![(-1e308, -1e308), (1e308, 1e308)]),
            panel((-100..100).map(|i| (f64::from(i), 1.0 / f64::from(i))).collect()),
        ];
        for panel in hard {
            let figure = Figure { title: "t".into(), panels: vec![panel] };
            assert!(draw(&figure, Format::Svg).unwrap().starts_with(b"<svg"));
            assert!(draw(&figure, Format::Png).unwrap().starts_with(b"\x89PNG"));
        }
    }

    #[test]
    fn a_line_ends_at_the_window_and_breaks_at_poles() {
        let line = [(-1.0, -1.0), (-0.1, -10.0), (0.1, 10.0), (1.0, 1.0)];
        let parts = runs(&line, &[0.0], (-1.0, 1.0), (-5.5, 5.5));
        assert_eq!(parts.len(), 2);
        assert_eq!(parts[0][0], (-1.0, -1.0));
        assert!((parts[0][1].0 + 0.55).abs() < 1e-12 && parts[0][1].1 == -5.5);
    }
}
