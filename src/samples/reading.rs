//! From files to samples: which format, which arrays, how many at once, and what is refused.

use super::number::Number;
use super::progress::Progress;
use super::tally::{LARGEST, Tally};
use super::{Sample, comma, numpy, tensors};
use crate::error::{Error, Result, nearest};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// More arrays at once than any network has layers; each needs a reservoir.
const MOST_ARRAYS: usize = 4096;
/// As many names are listed in a message.
const NAMES_SHOWN: usize = 12;

/// How sample files are to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The arrays, tensors or columns to read; empty for all that hold floating-point numbers, or integers where none does.
    pub arrays: Vec<String>,
    /// The seed of the reservoirs.
    pub seed: u64,
    /// How many values of an array are kept; larger arrays are sampled.
    pub keep: usize,
    /// Whether NaN and infinities are left out, instead of refused.
    pub drop_non_finite: bool,
    /// How many files (or arrays of an .npz file) are read at once; each file has a second thread for its hash.
    pub threads: usize,
    /// Whether progress is shown on a terminal when it takes long.
    pub progress: bool,
}

impl Default for Reading {
    fn default() -> Reading {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Reading { arrays: vec![], seed: 0, keep: 1_000_000, drop_non_finite: false, threads, progress: false }
    }
}

/// The samples in a file, one per array, in the order of the file (of `reading.arrays`, where that names any).
///
/// The format goes by the extension: `.npy`, `.npz`, `.safetensors` or `.csv`. The result depends on the file, the arrays,
/// the seed and `keep`, and not on `threads`.
///
/// # Errors
/// [`Error::File`] where the file cannot be read. [`Error::Content`] where it is truncated, claims more than it holds, has
/// no array of that name or none of numbers, is empty, holds NaN or infinities that are not to be dropped, or numbers
/// beyond 1e150 in size.
pub fn read(path: &Path, reading: &Reading) -> Result<Vec<Sample>> {
    read_all(&[path], reading)
}

/// The samples in several files, in their order; see [`read`].
///
/// # Errors
/// As [`read`]; of several the first in the order of the files.
pub fn read_all(paths: &[impl AsRef<Path> + Sync], reading: &Reading) -> Result<Vec<Sample>> {
    let length = |path: &Path| std::fs::metadata(path).map_or(0, |m| m.len());
    let total = paths.iter().map(|p| length(p.as_ref())).sum();
    let progress = Arc::new(Progress::new(reading.progress, total));
    let threads = reading.threads.max(1);
    let inner = (threads / paths.len().max(1)).max(1);
    let job = |path: &Path| Job { path, reading, progress: &progress, threads: inner }.run();
    let samples = parallel(paths, threads, |path| job(path.as_ref()))?;
    Ok(samples.into_iter().flatten().collect())
}

/// `f` of every item, by at most so many threads, in order; the first error in order. The threads are our own: symbolica
/// does not bear a second user of rayon's global pool.
pub(super) fn parallel<T: Sync, R: Send>(
    items: &[T],
    threads: usize,
    f: impl Fn(&T) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<Option<Result<R>>>> = Mutex::new(items.iter().map(|_| None).collect());
    let work = || {
        while let Some((i, item)) = Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|i| Some((i, items.get(i)?))) {
            let result = f(item);
            if let Some(slot) = results.lock().unwrap_or_else(PoisonError::into_inner).get_mut(i) {
                *slot = Some(result);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.min(items.len()) {
            scope.spawn(work);
        }
        work();
    });
    results.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().flatten().collect()
}

/// One file to read.
pub(super) struct Job<'a> {
    pub path: &'a Path,
    pub reading: &'a Reading,
    pub progress: &'a Arc<Progress>,
    pub threads: usize,
}

impl Job<'_> {
    fn run(&self) -> Result<Vec<Sample>> {
        let extension = self.path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase();
        match extension.as_str() {
            "npy" => numpy::read_npy(self),
            "npz" => numpy::read_npz(self),
            "safetensors" => tensors::read(self),
            "csv" => comma::read(self),
            _ => Err(self.refuse(format!(
                "the extension `{extension}` is none of the known formats .npy, .npz, .safetensors and .csv"
            ))),
        }
    }

    /// An error about the content of the file.
    pub(super) fn refuse(&self, reason: impl Into<String>) -> Error {
        Error::Content { path: self.path.to_owned(), reason: reason.into() }
    }

    /// The name of the file without folder and extension.
    pub(super) fn stem(&self) -> String {
        self.path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// A tally for one of the arrays, of known length or not.
    pub(super) fn tally(&self, count: Option<u64>) -> Tally {
        let (keep, seed) = (self.reading.keep, self.reading.seed);
        count.map_or_else(|| Tally::new(keep, seed), |count| Tally::of_length(count, keep, seed))
    }

    /// The places, in the file's list of (name, number type), of the arrays to read.
    pub(super) fn choose(&self, arrays: &[(String, std::result::Result<Number, String>)]) -> Result<Vec<usize>> {
        let chosen: Vec<usize> = match self.reading.arrays.as_slice() {
            [] => {
                let of = |wanted: &dyn Fn(Number) -> bool| -> Vec<usize> {
                    (0..arrays.len()).filter(|i| arrays[*i].1.as_ref().is_ok_and(|n| wanted(*n))).collect()
                };
                let floating = of(&Number::is_floating);
                if floating.is_empty() { of(&|_| true) } else { floating }
            }
            names => names.iter().map(|name| self.find(name, arrays)).collect::<Result<_>>()?,
        };
        if let Some((name, Err(reason))) = chosen.iter().map(|i| &arrays[*i]).find(|(_, number)| number.is_err()) {
            return Err(self.refuse(format!("array `{name}`: {reason}")));
        }
        match (chosen.len(), arrays.first()) {
            (0, Some((name, Err(reason)))) => Err(self.refuse(format!("array `{name}`: {reason}"))),
            (0, _) => Err(self.refuse("it holds no array of numbers")),
            (n, _) if n > MOST_ARRAYS => Err(self.refuse(format!(
                "it holds {n} arrays of numbers; name those to read, up to {MOST_ARRAYS}, with --array"
            ))),
            _ => Ok(chosen),
        }
    }

    fn find<T>(&self, name: &str, arrays: &[(String, T)]) -> Result<usize> {
        let unknown = || {
            let names = || arrays.iter().map(|(name, _)| name.as_str());
            let near = nearest(name, names()).map(|n| format!("; did you mean `{n}`?")).unwrap_or(".".to_owned());
            let shown: Vec<String> = names().take(NAMES_SHOWN).map(|n| format!("`{n}`")).collect();
            let more = if arrays.len() > NAMES_SHOWN { ", ..." } else { "" };
            self.refuse(format!("it has no array `{name}`{near} It holds {}{more}", shown.join(", ")))
        };
        arrays.iter().position(|(known, _)| known == name).ok_or_else(unknown)
    }

    /// The sample of an array whose numbers have all been seen.
    pub(super) fn sample(&self, name: &str, number: Number, mut tally: Tally, sha256: &str) -> Result<Sample> {
        tally.finish();
        let (nan, infinite) = (tally.nan, tally.infinite);
        let total = tally.moments.count() + nan + infinite;
        if total == 0 {
            return Err(self.refuse(format!("array `{name}` is empty; a sample needs numbers")));
        }
        let both = format!("{nan} NaN and {infinite} infinite values");
        if tally.moments.count() == 0 {
            return Err(self.refuse(format!("array `{name}` has no finite number: {both}")));
        }
        if nan + infinite > 0 && !self.reading.drop_non_finite {
            return Err(self.refuse(format!(
                "array `{name}` has {both} among its {total}; `eafo fit --drop-non-finite` leaves them out, anything else needs a file without them"
            )));
        }
        let size = tally.moments.min().unwrap_or(0.0).abs().max(tally.moments.max().unwrap_or(0.0).abs());
        if size > LARGEST {
            return Err(self.refuse(format!(
                "array `{name}` has a number of size {size:e}; beyond {LARGEST:e} its square is no double: measure it in other units"
            )));
        }
        Ok(Sample {
            name: name.to_owned(),
            path: self.path.to_owned(),
            nan,
            infinite,
            moments: tally.moments,
            kept: tally.into_sorted(),
            sha256: sha256.to_owned(),
            dtype: number.kind.name(),
        })
    }
}
