//! `eafo run`: a derivation script, with the problem, the outputs and the plots in one TOML file.

use super::Outcome;
use super::console::{Output, Sink, read, same_file};
use super::derive::{Metric, Request};
use super::layers::{self, Layer, Layers};
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
    [[layers]]             # for [derive] without an input, any number of them\n  file = \"acts.npz\"\n  \
    array = \"dense1\"       # or all arrays of the file\n  family = \"normal,student_t\"   # or the best of all\n\n  \
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
    layers: Vec<Layer>,
    #[serde(default)]
    output: Outputs,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Problem {
    activation: String,
    /// None where layers bring theirs.
    input: Option<String>,
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
            .map_err(|e| Error::Content { path: path.to_owned(), reason: in_words(e.to_string().trim_end()) })
    }
}

/// What the parser says of a value of the wrong type, without the names that types have in Rust.
fn in_words(message: &str) -> String {
    let whole = ["u32", "u64", "usize"].map(|name| (name, "a whole number"));
    let names =
        whole.into_iter().chain([("f64", "a number"), ("struct ", "the section "), ("enum ", "one of the names of ")]);
    names.fold(message.to_owned(), |text, (name, words)| {
        text.replace(&format!("expected {name}"), &format!("expected {words}"))
    })
}

/// One problem, resolved.
enum Job {
    Derive(Request),
    Wafbc(wafbc::Request),
    Optimize(optimize::Request),
    Layers(Layers),
}

impl Script {
    fn job(&self) -> Result<Job> {
        match (&self.derive, &self.wafbc, &self.optimize) {
            (Some(p), None, None) => p.job(&self.layers),
            (None, _, _) if !self.layers.is_empty() => {
                Err(Error::Unsupported("[[layers]] go with [derive] alone".to_owned()))
            }
            (None, Some(question), None) => Ok(Job::Wafbc(question.resolve()?)),
            (None, None, Some(question)) => Ok(Job::Optimize(question.resolve()?)),
            _ => Err(Error::Unsupported("a script has one section [derive], [wafbc] or [optimize]".to_owned())),
        }
    }
}

impl Problem {
    fn job(&self, layers: &[Layer]) -> Result<Job> {
        match (&self.input, layers) {
            (Some(input), []) => {
                let name = self.name.clone();
                Ok(Job::Derive(Request::resolve(&self.activation, input, self.metric, self.length, self.order, name)?))
            }
            (None, [_, ..]) => {
                let (activation, name) = (self.activation.as_str(), self.name.as_deref());
                let problem =
                    layers::Problem { activation, metric: self.metric, length: self.length, order: self.order, name };
                Ok(Job::Layers(Layers::resolve(&problem, layers)?))
            }
            (Some(_), _) => Err(Error::Unsupported("[derive] has an input, and [[layers]] bring theirs".to_owned())),
            (None, []) => Err(Error::Unsupported("[derive] needs an input, or [[layers]] to fit one to".to_owned())),
        }
    }
}

/// What a file of the output holds.
type Rendering = fn(&Job, &[Candidate]) -> Result<Vec<u8>>;

impl Job {
    fn solve(&self) -> Result<Vec<Candidate>> {
        match self {
            Job::Derive(request) => Ok(vec![request.solve()?]),
            Job::Wafbc(request) => Ok(vec![request.solve()?]),
            Job::Optimize(request) => Ok(vec![request.solve(&AtomicBool::new(false))?]),
            Job::Layers(layers) => layers.solve(),
        }
    }

    /// One candidate as it is, those of layers in one document.
    fn json(&self, candidates: &[Candidate]) -> Result<Vec<u8>> {
        match (self, candidates) {
            (Job::Derive(_) | Job::Wafbc(_) | Job::Optimize(_), [one]) => Ok(one.to_json()?.into_bytes()),
            _ => layers::document(candidates),
        }
    }

    /// The picture of one candidate, or of the layers.
    fn picture(&self, candidates: &[Candidate], format: Format) -> Result<Vec<u8>> {
        match self {
            Job::Layers(layers) => layers.picture(format),
            Job::Derive(_) | Job::Wafbc(_) | Job::Optimize(_) => candidates
                .iter()
                .map(|c| report::picture(c, format))
                .collect::<Result<Vec<_>>>()
                .map(|all| all.concat()),
        }
    }
}

/// The pages of all candidates, one after the other.
fn pages(candidates: &[Candidate], page: fn(&Candidate) -> String) -> Result<Vec<u8>> {
    Ok(candidates.iter().map(page).collect::<Vec<_>>().join("\n").into_bytes())
}

impl Outputs {
    /// The endings of the pictures, and that every file has a name.
    fn check(&self) -> Result<()> {
        let refuse = |key: &str, value: String, expected: String| {
            Err(Error::OutOfRange { owner: "[output]".to_owned(), name: key.to_owned(), value, expected })
        };
        let files = [("json", &self.json), ("svg", &self.svg), ("png", &self.png), ("markdown", &self.markdown)];
        for (key, path) in files.into_iter().chain([("latex", &self.latex)]) {
            if path.as_ref().is_some_and(|path| path.as_os_str().is_empty()) {
                return refuse(key, "\"\"".to_owned(), "it must name a file".to_owned());
            }
        }
        for (path, format, key) in [(&self.svg, Format::Svg, "svg"), (&self.png, Format::Png, "png")] {
            if let Some(path) = path
                && Format::of(path)? != format
            {
                return refuse(key, path.display().to_string(), format!("the file's ending must be .{key}"));
            }
        }
        Ok(())
    }

    /// Opens every file, so that an unwritable one, or one that another output has, is known before work begins.
    fn open(&self, taken: &mut Vec<PathBuf>) -> Result<Vec<(Sink, Rendering)>> {
        let renderings: [(&Option<PathBuf>, Rendering); 5] = [
            (&self.json, Job::json),
            (&self.svg, |job, c| job.picture(c, Format::Svg)),
            (&self.png, |job, c| job.picture(c, Format::Png)),
            (&self.markdown, |_, c| pages(c, report::markdown)),
            (&self.latex, |_, c| pages(c, report::latex)),
        ];
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
            script.output.check().map_err(|e| Error::Content { path: file.clone(), reason: e.to_string() })?;
            jobs.push((job, script.output.open(&mut taken)?));
        }
        let written = taken.iter().chain(&self.output.out);
        if let Some(script) = self.files.iter().find(|script| written.clone().any(|path| same_file(path, script))) {
            let reason = "an output of this run has the name of a script; it would be lost".to_owned();
            return Err(Error::File { action: "write", path: script.clone(), reason });
        }
        let publisher = self.output.open()?;
        let mut candidates = Vec::new();
        for (job, sinks) in jobs {
            let solved = job.solve()?;
            for (sink, rendering) in sinks {
                sink.write(&rendering(&job, &solved)?)?;
            }
            candidates.extend(solved);
        }
        let solved = candidates.iter().all(Candidate::solved);
        publisher.publish(&json!({ "candidates": candidates }), || report::table(&candidates))?;
        for candidate in candidates.iter().filter(|c| !c.solved()) {
            eprintln!("eafo: {}: {}", candidate.name, candidate.status);
        }
        Ok(if solved { Outcome::Done } else { Outcome::NoAnswer })
    }
}
