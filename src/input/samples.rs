//! `samples(PATH)`: the kernel density of what a file holds, a mixture of normal kernels.
//!
//! With up to 200 kernels it is too long for algebra to hold on to, so it has no closed distribution function and no
//! components; its numbers come from the kernels themselves, and derivations print splines of it.

use super::distribution::Distribution;
use super::{Input, maxima};
use crate::error::{Error, Result};
use crate::expr::{Expr, Op};
use crate::samples::{Kernel, KernelDensity, Reading, read};
use std::path::Path;

/// As many pieces does the search for modes cut the way from kernel to kernel into.
const FINE: usize = 6;
/// Integrals are cut at every so many kernels: within it the density does not turn often.
const STRIDE: usize = 6;

/// A file of samples, and how to tell that it is still the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleFile {
    /// The path as given.
    pub path: String,
    /// The array in it.
    pub array: String,
    /// SHA-256 of the file, in hexadecimal digits.
    pub sha256: String,
}

/// The distribution of an array in a file; the array has to be named where there are several.
pub(super) fn build(path: &str, array: Option<&str>) -> Result<Input> {
    let arrays = array.map(str::to_owned).into_iter().collect();
    let mut samples = read(Path::new(path), &Reading { arrays, ..Reading::default() })?;
    let refuse = |reason: String| Error::Content { path: path.into(), reason };
    if samples.len() > 1 {
        let names: Vec<&str> = samples.iter().map(|s| s.name.as_str()).take(8).collect();
        return Err(refuse(format!(
            "it holds {} arrays ({}{}); name one: samples({path},{})",
            samples.len(),
            names.join(", "),
            if samples.len() > names.len() { ", ..." } else { "" },
            names.first().unwrap_or(&"")
        )));
    }
    let sample = samples.pop().ok_or_else(|| refuse("it holds no samples".into()))?;
    let density = KernelDensity::of(&sample).map_err(|reason| refuse(format!("array `{}`: {reason}", sample.name)))?;
    let words: Vec<String> = std::iter::once(path).chain(array).map(quoted).collect::<Result<_>>()?;
    let text = format!("samples({})", words.join(","));
    let names: Vec<String> = std::iter::once(path).chain(array).map(typeset).collect();
    let latex = format!(r"\operatorname{{samples}}({})", names.join(","));
    let file = SampleFile { path: path.to_owned(), array: sample.name, sha256: sample.sha256 };
    Input::compound(text, latex, Box::new(Samples { density, file }))
}

/// A name as it is read back.
fn quoted(name: &str) -> Result<String> {
    let plain = |c: char| c.is_alphanumeric() || "_-./~+=@%:".contains(c);
    match () {
        () if name.chars().all(plain) => Ok(name.to_owned()),
        () if !name.contains('"') => Ok(format!("\"{name}\"")),
        () if !name.contains('\'') => Ok(format!("'{name}'")),
        () => {
            Err(Error::Unsupported(format!("the name {name:?} has both kinds of quotes in it; give the file another")))
        }
    }
}

/// A name in typewriter letters.
fn typeset(name: &str) -> String {
    let escaped: String = name
        .chars()
        .map(|c| match c {
            '\\' => r"\textbackslash{}".to_owned(),
            '~' => r"\textasciitilde{}".to_owned(),
            '^' => r"\textasciicircum{}".to_owned(),
            '_' | '%' | '#' | '&' | '$' | '{' | '}' => format!("\\{c}"),
            c => c.to_string(),
        })
        .collect();
    format!(r"\texttt{{{escaped}}}")
}

struct Samples {
    density: KernelDensity,
    file: SampleFile,
}

/// w phi((x - t)/s)/s
fn term(kernel: &Kernel) -> Expr {
    let z = (Expr::x() - Expr::float(kernel.at)) / Expr::float(kernel.width);
    Expr::float(kernel.weight / kernel.width) * z.apply(Op::NormalPdf)
}

/// A sum as a balanced tree, whose depth is the logarithm of its length.
fn sum(terms: &[Expr]) -> Expr {
    match terms {
        [] => Expr::int(0),
        [one] => one.clone(),
        _ => {
            let (left, right) = terms.split_at(terms.len() / 2);
            sum(left) + sum(right)
        }
    }
}

impl Distribution for Samples {
    fn normaliser(&self) -> Expr {
        Expr::int(1)
    }

    fn kernel(&self) -> Expr {
        sum(&self.density.kernels().iter().map(term).collect::<Vec<_>>())
    }

    fn log_pdf_at(&self, x: f64) -> Option<f64> {
        Some(self.density.log_density(x))
    }

    fn log_pdfs(&self, x: &[f64], out: &mut [f64]) -> bool {
        x.iter().zip(out).for_each(|(x, out)| *out = self.density.log_density(*x));
        true
    }

    fn cdf_at(&self, x: f64) -> Option<f64> {
        Some(self.density.cdf(x))
    }

    fn survival_at(&self, x: f64) -> Option<f64> {
        Some(self.density.survival(x))
    }

    fn quantile_at(&self, p: f64) -> Option<f64> {
        self.density.quantile(p)
    }

    fn mean(&self) -> Option<f64> {
        Some(self.density.mean())
    }

    fn variance(&self) -> Option<f64> {
        Some(self.density.variance())
    }

    fn modes(&self) -> Vec<f64> {
        let kernels = self.density.kernels();
        let between = |pair: &[Kernel]| {
            let (a, b) = (pair[0].at, pair[1].at);
            (0..FINE).map(move |i| a + (b - a) * i as f64 / FINE as f64)
        };
        let mut grid: Vec<f64> = kernels.windows(2).flat_map(between).collect();
        grid.extend(kernels.last().map(|k| k.at));
        let (low, high) = (f64::NEG_INFINITY, f64::INFINITY);
        maxima::local(|x| self.density.log_density(x), |x| self.density.log_jet(x)[1], low, high, grid, &[])
    }

    fn landmarks(&self) -> Option<Vec<f64>> {
        let kernels = self.density.kernels();
        let ends = [kernels.first(), kernels.last()].into_iter().flatten().map(|k| k.at);
        Some(kernels.iter().step_by(STRIDE).map(|k| k.at).chain(ends).collect())
    }

    fn kernel_density(&self) -> Option<&KernelDensity> {
        Some(&self.density)
    }

    fn files(&self) -> Vec<SampleFile> {
        vec![self.file.clone()]
    }
}
