//! The command line, one file per verb. Each verb has its arguments as typed (clap), resolves them into the library's
//! types, so that whatever is wrong with them is said before work begins, and prints through [`console`].

mod analyze;
mod catalog;
mod completions;
mod console;
mod derive;
mod doctor;
mod entropy;
mod eval;
mod expand;
mod export;
mod fit;
mod layers;
mod optimize;
mod pairs;
mod plot;
mod rank;
mod run;
mod schema;
mod wafbc;

use crate::error::Result;
use clap::{CommandFactory, Parser, Subcommand};
use std::ffi::OsString;
use std::process::ExitCode;

/// Derive, check, typeset and plot activation functions by entropy-based optimisation (EAFO, arXiv 2405.12954).
#[derive(Parser)]
#[command(
    name = "eafo",
    version,
    arg_required_else_help = true,
    after_help = "Examples:\n  \
        eafo derive relu --input 'normal(0,1)' --plot crrelu.svg\n  \
        eafo eval 'max(0,x) + eps*x*exp(-x^2/2); eps=0.01' --at -2.3,0.4 --derivative 1\n\n\
        Exit code 0: done; 1: the question has no answer, `status` says why; 2: bad input."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Derive(derive::Args),
    Wafbc(wafbc::Args),
    Run(run::Args),
    Eval(eval::Args),
    Expand(expand::Args),
    Export(export::Args),
    Fit(fit::Args),
    Entropy(entropy::Args),
    Rank(rank::Args),
    Analyze(analyze::Args),
    Optimize(optimize::Args),
    Plot(plot::Args),
    Catalog(catalog::Args),
    Schema(schema::Args),
    Doctor(doctor::Args),
    Completions(completions::Args),
}

/// How a verb ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The question is answered.
    Done,
    /// The question has no answer.
    NoAnswer,
}

/// Runs the program with its arguments, the first being its own name, and returns its exit code: 0 done, 1 no answer,
/// 2 bad input. Results go to stdout, messages to stderr.
pub fn main_with(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    // Deep expressions are walked by recursion; the stack is sized for the deepest that the parser accepts.
    let main = std::thread::Builder::new().name("eafo".to_owned()).stack_size(64 << 20).spawn(move || code(args));
    match main.map(std::thread::JoinHandle::join) {
        Ok(Ok(code)) => code,
        Ok(Err(_)) => ExitCode::from(101),
        Err(e) => {
            eprintln!("eafo: cannot start a thread: {e}");
            ExitCode::from(2)
        }
    }
}

fn code(args: Vec<OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(shielded(args)) {
        Ok(cli) => cli,
        Err(e) => {
            // Help and version come here too, with code 0; a closed pipe is nobody's mistake.
            let _ = e.print();
            return ExitCode::from(e.exit_code().clamp(0, 255) as u8);
        }
    };
    match run(cli.verb) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::NoAnswer) => ExitCode::from(1),
        Err(e) => {
            eprintln!("eafo: {e}");
            ExitCode::from(2)
        }
    }
}

/// A formula may start with a minus, `-x*phi(x)`, and is no option then; a space in front says so to clap. The options of one
/// letter are h, V and o. What follows an option with a value belongs to it, whatever it starts with.
fn shielded(arguments: Vec<OsString>) -> Vec<OsString> {
    let words = arguments.clone();
    // Asked only where something starts with a minus that is no option: describing all verbs takes a while.
    let wants_value = |last: &OsString| {
        let program = Cli::command();
        let verb = words.iter().skip(1).find_map(|a| program.find_subcommand(a));
        let named = |arg: &clap::Arg| {
            let (long, short) = (arg.get_long().map(|l| format!("--{l}")), arg.get_short().map(|s| format!("-{s}")));
            [long, short].into_iter().flatten().any(|name| *last == *name)
        };
        verb.is_some_and(|verb| verb.get_arguments().any(|arg| arg.get_action().takes_values() && named(arg)))
    };
    let mut shielded: Vec<OsString> = Vec::with_capacity(arguments.len());
    for argument in arguments {
        let formula = argument.to_str().and_then(|text| text.strip_prefix('-')).is_some_and(|rest| {
            let option = rest.is_empty() || rest.starts_with(['-', 'o']) || matches!(rest, "h" | "V");
            !option
        });
        match shielded.last_mut() {
            Some(last) if formula && wants_value(last) => {
                last.push("=");
                last.push(argument);
            }
            _ if formula => shielded.push(OsString::from_iter([OsString::from(" "), argument])),
            _ => shielded.push(argument),
        }
    }
    shielded
}

/// An activation as typed, without the space of [`shielded`].
fn unshielded(text: &str) -> std::result::Result<String, std::convert::Infallible> {
    Ok(text.trim_start().to_owned())
}

/// Reads a whole number between two others, with a message for people.
fn whole<T>(least: T, most: T) -> impl Fn(&str) -> std::result::Result<T, String> + Clone
where
    T: std::str::FromStr + PartialOrd + std::fmt::Display + Copy + TryFrom<u32>,
{
    move |text| match text.trim().parse() {
        Ok(n) if (least..=most).contains(&n) => Ok(n),
        // Beyond a million there is no end worth naming.
        _ if T::try_from(1_000_000).is_ok_and(|large| most > large) => {
            Err(format!("a whole number is expected, {least} or more"))
        }
        _ => Err(format!("a whole number is expected, from {least} to {most}")),
    }
}

fn run(verb: Verb) -> Result<Outcome> {
    match verb {
        Verb::Derive(args) => args.run(),
        Verb::Wafbc(args) => args.run(),
        Verb::Run(args) => args.run(),
        Verb::Eval(args) => args.run(),
        Verb::Expand(args) => args.run(),
        Verb::Export(args) => args.run(),
        Verb::Fit(args) => args.run(),
        Verb::Entropy(args) => args.run(),
        Verb::Rank(args) => args.run(),
        Verb::Analyze(args) => args.run(),
        Verb::Optimize(args) => args.run(),
        Verb::Plot(args) => args.run(),
        Verb::Catalog(args) => args.run(),
        Verb::Schema(args) => args.run(),
        Verb::Doctor(args) => args.run(),
        Verb::Completions(args) => args.run(),
    }
}
