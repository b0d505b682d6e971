//! What was read of one array.

use super::{Moments, Reservoir};
use std::path::PathBuf;

/// The finite values of one array, summed up.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The name of the array or column; of a file without names, its stem.
    pub name: String,
    /// The file. Empty for values from memory.
    pub path: PathBuf,
    /// How many NaN were dropped.
    pub nan: u64,
    /// How many infinities were dropped.
    pub infinite: u64,
    /// The moments of all finite values.
    pub moments: Moments,
    /// In ascending order: all finite values where they are few enough, else a uniform sample of them.
    pub kept: Vec<f64>,
    /// SHA-256 of the file, in hexadecimal digits. Empty for values from memory.
    pub sha256: String,
    /// The type of the numbers in the file: "float32", ...
    pub dtype: &'static str,
}

impl Sample {
    /// The sample of values in memory; those that are not finite are counted and left out.
    pub fn of(name: &str, values: &[f64], keep: usize, seed: u64) -> Sample {
        let finite: Vec<f64> = values.iter().copied().filter(|x| x.is_finite()).collect();
        let nan = values.iter().filter(|x| x.is_nan()).count() as u64;
        let mut reservoir = Reservoir::new(keep, seed);
        reservoir.extend(&finite);
        Sample {
            name: name.to_owned(),
            path: PathBuf::new(),
            nan,
            infinite: (values.len() - finite.len()) as u64 - nan,
            moments: Moments::of(&finite),
            kept: reservoir.into_sorted(),
            sha256: String::new(),
            dtype: "float64",
        }
    }

    /// How many finite values there are.
    pub fn count(&self) -> u64 {
        self.moments.count()
    }

    /// Whether `kept` holds all finite values.
    pub fn complete(&self) -> bool {
        self.kept.len() as u64 == self.count()
    }

    /// The quantile of p, by linear interpolation between the kept values (number 7 of Hyndman and Fan 1996, the usual
    /// one of NumPy and R); `None` where nothing was kept or p is not in [0, 1].
    pub fn quantile(&self, p: f64) -> Option<f64> {
        if !(0.0..=1.0).contains(&p) || self.kept.is_empty() {
            return None;
        }
        let place = p * (self.kept.len() - 1) as f64;
        let below = *self.kept.get(place as usize)?;
        let above = self.kept.get(place as usize + 1).copied().unwrap_or(below);
        let t = place.fract();
        Some(if t == 0.0 { below } else { below * (1.0 - t) + above * t })
    }

    /// The shares of the kept values in equal bins between the least and the greatest of them, as (edges, shares).
    pub fn histogram(&self, bins: usize) -> (Vec<f64>, Vec<f64>) {
        let (Some(low), Some(high)) = (self.kept.first(), self.kept.last()) else { return (vec![], vec![]) };
        let t = |i: usize| i as f64 / bins as f64;
        let edges: Vec<f64> = (0..=bins).map(|i| low * (1.0 - t(i)) + high * t(i)).collect();
        let below = |edge: f64| self.kept.partition_point(|x| *x < edge);
        let n = self.kept.len();
        let mut places: Vec<usize> = edges.iter().map(|e| below(*e)).collect();
        // The last bin is closed above, as in NumPy.
        if let Some(last) = places.last_mut() {
            *last = n;
        }
        let shares = places.windows(2).map(|w| (w[1] - w[0]) as f64 / n as f64).collect();
        (edges, shares)
    }
}
