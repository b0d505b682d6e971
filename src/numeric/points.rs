//! Points at which integrands are evaluated, with their distances from where they were counted from.

/// Points at which integrands are evaluated together.
#[derive(Debug, Clone, Default)]
pub struct Points {
    /// The points.
    pub u: Vec<f64>,
    /// How far each is from the end of its interval that it was counted from, however small: positive above a lower end,
    /// negative below an upper one. On the whole line, from the centre.
    pub offset: Vec<f64>,
}

/// One of them.
#[derive(Debug, Clone, Copy)]
pub struct Point {
    /// The point.
    pub u: f64,
    /// Its distance as in [`Points::offset`].
    pub offset: f64,
}

/// A point that was counted from nowhere.
impl From<f64> for Point {
    fn from(u: f64) -> Point {
        Point { u, offset: f64::NAN }
    }
}

impl Point {
    /// Whether the offset was counted from `anchor`, to rounding.
    pub(crate) fn is_counted_from(self, anchor: f64) -> bool {
        (self.u - self.offset - anchor).abs() <= 4.0 * f64::EPSILON * (anchor.abs() + self.offset.abs())
    }
}

impl Points {
    /// The points one by one.
    pub fn iter(&self) -> impl Iterator<Item = Point> {
        self.u.iter().zip(&self.offset).map(|(u, offset)| Point { u: *u, offset: *offset })
    }
}
