//! Critical points of an activation, near which its Taylor series tells more than its values do.

use crate::expr::Tape;
use crate::numeric::Point;

/// Coefficients kept at a critical point.
const ORDER: usize = 18;

/// Below this numbers lose their digits.
const LEAST: f64 = 1e-290;

/// Taylor coefficients of f at a critical point between two branches.
#[derive(Debug, Clone)]
pub(super) struct Turn {
    pub at: f64,
    coefficients: [f64; ORDER],
    /// How far from the point the coefficients give f to rounding.
    pub radius: f64,
    /// Whether f' only touches 0 there, as that of x + sin(x) does: nothing turns.
    pub touches: bool,
    /// Whether the density knows distances from there that are lost when added to it.
    pub anchored: bool,
}

impl Turn {
    pub fn new(tape: &Tape, at: f64, reach: f64) -> Turn {
        let mut coefficients = [0.0; ORDER];
        tape.taylor(at, &mut coefficients);
        let size = |k: usize| coefficients[k].abs();
        // The upper half of the coefficients bounds what is left out, which is to be 1e-16 of the leading term: that of
        // tanh(x^2) has but one in four that is not 0.
        let radius = |lead: usize| {
            let length = |k: usize| (size(lead) / size(k)).powf(1.0 / (k - lead) as f64);
            let least = (ORDER / 2..ORDER).filter(|k| size(*k) > 0.0).map(length).fold(f64::INFINITY, f64::min);
            (least * 1e-16f64.powf(1.0 / (ORDER - 2 - lead) as f64)).min(reach)
        };
        let touches = size(2) < 1e-6 * size(3) * radius(3);
        let mut turn = Turn { at, coefficients, radius: radius(if touches { 3 } else { 2 }), touches, anchored: false };
        // The coefficients beyond may be those that are not 0.
        while turn.radius > 1e-9 * reach && !turn.holds(tape) {
            turn.radius *= 0.5;
        }
        turn
    }

    /// Whether the coefficients give f at the ends of the radius.
    fn holds(&self, tape: &Tape) -> bool {
        [-1.0, -0.6, 0.6, 1.0].into_iter().map(|k| k * self.radius).all(|d| {
            let ((rise, slope), direct) = (self.value_and_slope(d), tape.eval(self.at + d) - self.height());
            let rounding = 64.0 * f64::EPSILON * (self.height().abs() + self.at.abs() * slope.abs());
            direct.is_nan() || (rise - direct).abs() <= 1e-9 * rise.abs() + rounding
        })
    }

    /// Whether f is a parabola or a cubic close to it.
    pub fn curved(&self) -> bool {
        let curvature = self.coefficients[2];
        curvature.is_finite() && (curvature != 0.0 || self.touches)
    }

    /// Whether f' is 0 there to rounding.
    pub fn is_level(&self) -> bool {
        self.coefficients[1].abs() <= 1e-14 * self.coefficients[2].abs()
    }

    /// f at the turn.
    pub fn height(&self) -> f64 {
        self.coefficients[0]
    }

    /// How far two heights may be apart and still be the same.
    pub fn rounding(&self) -> f64 {
        16.0 * f64::EPSILON * (self.height().abs() + (self.coefficients[2] * self.radius * self.radius).abs())
    }

    /// How far a point is from here.
    pub fn distance(&self, point: Point) -> f64 {
        if self.anchored && point.is_counted_from(self.at) { point.offset } else { point.u - self.at }
    }

    /// (f(at + d) - f(at), f'(at + d))
    pub fn value_and_slope(&self, d: f64) -> (f64, f64) {
        let (mut value, mut slope) = (0.0, 0.0);
        for (k, c) in self.coefficients.iter().enumerate().skip(2).rev() {
            value = value * d + c;
            slope = slope * d + c * k as f64;
        }
        (value * d * d, slope * d)
    }

    /// log|f'(at + d)|, also where f' itself underflows.
    pub fn log_slope(&self, d: f64) -> f64 {
        let slope = self.value_and_slope(d).1.abs();
        if slope > LEAST {
            return slope.ln();
        }
        let lead = self.coefficients.iter().skip(2).take_while(|c| **c == 0.0).count() + 2;
        let terms = self.coefficients.iter().enumerate().skip(lead).rev();
        let rest = terms.fold(0.0, |sum, (k, c)| sum * d + c * k as f64);
        rest.abs().ln() + (lead - 1) as f64 * d.abs().ln()
    }

    /// (f'(at + d), f''(at + d))
    pub fn slopes(&self, d: f64) -> (f64, f64) {
        let (mut slope, mut bend) = (0.0, 0.0);
        for (k, c) in self.coefficients.iter().enumerate().skip(2).rev() {
            slope = slope * d + c * k as f64;
            bend = bend * d + c * (k * (k - 1)) as f64;
        }
        (slope * d, bend)
    }

    /// Where on one side of the turn f rises as much as at a distance from another turn: the displacement and the slope.
    pub fn partner(&self, other: &Turn, d: f64, side: f64) -> Option<(f64, f64)> {
        let rise = other.value_and_slope(d).0;
        if rise.abs() >= LEAST {
            return self.displacement(rise, side);
        }
        // So close both are parabolas.
        let v = side * d.abs() * (other.coefficients[2] / self.coefficients[2]).sqrt();
        (v != 0.0 && v.is_finite()).then(|| (v, self.value_and_slope(v).1))
    }

    /// Where on one side of the turn f differs from its value there by `target`: the displacement and the slope.
    pub fn displacement(&self, target: f64, side: f64) -> Option<(f64, f64)> {
        if target.abs() < LEAST {
            return None;
        }
        let mut v = side * (target / self.coefficients[2]).sqrt();
        for _ in 0..30 {
            let (value, slope) = self.value_and_slope(v);
            let step = (value - target) / slope;
            v -= step;
            if step.abs() <= 4.0 * f64::EPSILON * v.abs() {
                return (v * side > 0.0 && v.abs() <= 2.0 * self.radius).then(|| (v, self.value_and_slope(v).1));
            }
        }
        None
    }
}
