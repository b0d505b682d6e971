//! `eafo run`: a derivation script, with the problem, the outputs and the plots in one TOML file.

use super::Outcome;
use super::console::{Output, Sink, read};
use super::derive::{Metric, Request};
use super::{optimize, wafbc};
use crate::error::{Error, Result};
use crate::report::{self, Candidate, Format};
use serde::Deserialize;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// Run derivation scripts
#[derive(clap::Args, Debug)]
#[command(after_help = "A script:\n\n  \
    [derive]\n  activation = \"relu\"\n  input = \"normal(0,1)\"\n  metric = \"inverse\"   # or forward, probability, sobolev\n  \
    order = 1\n  name = \"crrelu\"\n\n  \
    [wafbc]                # instead of [derive]; or for = \"tanh\" alone\n  input = \"normal(0,1)\"\n  range = \"-1,1\"\n  \
    between = \"-2,inf\"\n  numeric = 1000\n  name = \"wafbc_normal\"\n\n  \
    [optimize]             # or this, with the options of `eafo optimize` by name\n  activation = \"max(0,x)+eps*x*exp(-x^2/2); eps=0.01\"\n  \
    input = \"normal(0,1)\"\n  objective = \"max:negentropy\"\n  bounds = \"eps=-1:2\"  # or shape = true, between, range, slopes, numeric\n  \
    flow = 10              # or this, for the entropy flow\n\n  \
    [output]               # each optional; paths from the current folder\n  json = \"plots/crrelu.json\"\n  \
    svg = \"plots/crrelu.svg\"\n  png = \"plots/crrelu.png\"\n  markdown = \"plots/crrelu.md\"\n  \
    latex = \"plots/crrelu.tex\"")]
pub(super) struct Args {
    /// Scripts
    #[arg(required = true, value_name = "FILE.toml")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    output: Output,
}

/// A script as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Script {
    derive: Option<Problem>,
    wafbc: Option<wafbc::Question>,
    optimize: Option<optimize::Question>,
    #[serde(default)]
    output: Outputs,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Problem {
    activation: String,
    input: String,
    #[serde(default)]
    metric: Metric,
    length: Option<f64>,
    #[serde(default = "first")]
    order: u32,
    name: Option<String>,
}

fn first() -> u32 {
    1
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Outputs {
    json: Option<PathBuf>,
    svg: Option<PathBuf>,
    png: Option<PathBuf>,
    markdown: Option<PathBuf>,
    latex: Option<PathBuf>,
}

impl Script {
    fn read(path: &Path) -> Result<Script> {
        toml::from_str(&read(path)?)
            .map_err(|e| Error::Content { path: path.to_owned(), reason: e.to_string().trim_end().to_owned() })
    }
}

/// One problem, resolved.
enum Job {
    Derive(Request),
    Wafbc(wafbc::Request),
    Optimize(optimize::Request),
}

impl Script {
    fn job(&self) -> Result<Job> {
        match (&self.derive, &self.wafbc, &self.optimize) {
            (Some(p), None, None) => {
                Ok(Job::Derive(Request::resolve(&p.activation, &p.input, p.metric, p.length, p.order, p.name.clone())?))
            }
            (None, Some(question), None) => Ok(Job::Wafbc(question.resolve()?)),
            (None, None, Some(question)) => Ok(Job::Optimize(question.resolve()?)),
            _ => Err(Error::Unsupported("a script has one section [derive], [wafbc] or [optimize]".to_owned())),
        }
    }
}

/// What a file of the output holds.
type Rendering = fn(&Candidate) -> Result<Vec<u8>>;

impl Outputs {
    /// Opens every file, so that an unwritable one, or one that another output has, is known before work begins.
    fn open(&self, taken: &mut Vec<PathBuf>) -> Result<Vec<(Sink, Rendering)>> {
        let renderings: [(&Option<PathBuf>, Rendering); 5] = [
            (&self.json, |c| Ok(c.to_json()?.into_bytes())),
            (&self.svg, |c| report::picture(c, Format::Svg)),
            (&self.png, |c| report::picture(c, Format::Png)),
            (&self.markdown, |c| Ok(report::markdown(c).into_bytes())),
            (&self.latex, |c| Ok(report::latex(c).into_bytes())),
        ];
        for (path, format, key) in [(&self.svg, Format::Svg, "svg"), (&self.png, Format::Png, "png")] {
            if let Some(path) = path
                && Format::of(path)? != format
            {
                return Err(Error::OutOfRange {
                    owner: "[output]".to_owned(),
                    name: key.to_owned(),
                    value: path.display().to_string(),
                    expected: format!("the file's ending must be .{key}"),
                });
            }
        }
        let mut sinks = Vec::new();
        for (path, rendering) in renderings {
            if let Some(path) = path {
                if taken.contains(path) {
                    let reason = "two outputs of this run have that name".to_owned();
                    return Err(Error::File { action: "write", path: path.clone(), reason });
                }
                taken.push(path.clone());
                sinks.push((Sink::create(path)?, rendering));
            }
        }
        Ok(sinks)
    }
}

impl Args {
    pub fn run(self) -> Result<Outcome> {
        // All scripts are read and all their files opened before the first is solved.
        let (mut jobs, mut taken) = (Vec::new(), Vec::new());
        for file in &self.files {
            let script = Script::read(file)?;
            let job = script.job().map_err(|e| Error::Content { path: file.clone(), reason: e.to_string() })?;
            jobs.push((job, script.output.open(&mut taken)?));
        }
        let publisher = self.output.open()?;
        let mut candidates = Vec::new();
        for (job, sinks) in jobs {
            let candidate = match &job {
                Job::Derive(request) => request.solve()?,
                Job::Wafbc(request) => request.solve()?,
                Job::Optimize(request) => request.solve(&AtomicBool::new(false))?,
            };
            for (sink, rendering) in sinks {
                sink.write(&rendering(&candidate)?)?;
            }
            candidates.push(candidate);
        }
        let solved = candidates.iter().all(Candidate::solved);
        publisher.publish(&json!({ "candidates": candidates }), || report::table(&candidates))?;
        Ok(if solved { Outcome::Done } else { Outcome::NoAnswer })
    }
}
