//! What a target says about its language, and the walk that writes straight-line code in it.

use super::Unit;
use super::primitive::Primitive;
use super::program::{Instruction, Program, Register};
use crate::error::{Error, Result};

/// How a language writes numbers, primitives and assignments.
pub(super) trait Language {
    /// A call of a primitive; none where the language has no means for it.
    fn call(&self, p: Primitive, args: &[String]) -> Option<String>;
    /// The line that names a value.
    fn line(&self, name: &str, value: &str) -> String;
    /// What it is called in messages.
    fn title(&self) -> &'static str;
}

/// The lines that compute these results, and the text of each result.
pub(super) fn body(
    unit: &Unit,
    program: &Program,
    roots: &[Register],
    language: &impl Language,
) -> Result<(String, Vec<String>)> {
    let text = |r: Register| match &program.instructions[r] {
        Instruction::X => "x".to_owned(),
        Instruction::Parameter(name) => identifier(name),
        Instruction::Number(bits) => format!("{:?}", f64::from_bits(*bits)),
        Instruction::Call(_, _) => format!("t{r}"),
    };
    let mut lines = String::new();
    for place in program.needed(roots) {
        if let Instruction::Call(p, args) = &program.instructions[place] {
            // A negative literal is bracketed: a - -1 is a decrement in C.
            let args: Vec<String> = args.iter().map(|a| text(*a)).map(bracketed).collect();
            let call = language.call(*p, &args).ok_or_else(|| {
                Error::Unsupported(format!("{} has no {p:?}, which `{}` needs", language.title(), unit.formula))
            })?;
            lines.push_str(&language.line(&text(place), &call));
        }
    }
    Ok((lines, roots.iter().map(|r| text(*r)).collect()))
}

fn bracketed(text: String) -> String {
    if text.starts_with('-') { format!("({text})") } else { text }
}

/// Words that C, Rust or Python keep for themselves, and names the files use.
const RESERVED: &str = " auto break case char const continue default do double else enum extern float for goto if inline int long \
    register restrict return short signed sizeof static struct switch typedef union unsigned void volatile while as \
    async await box crate dyn false fn impl in let loop match mod move mut priv pub ref self super trait true type \
    typeof unsized use virtual where yield abstract become final macro override try gen and assert class def del elif \
    except finally from global import is lambda None nonlocal not or pass raise with False True Self jax jnp special \
    exp log sin cos tan sinh cosh tanh sqrt pow erf erfc \
    torch nn Tensor wide keras ops float_ int_ training forward half to cuda cpu eval train apply parameters buffers \
    modules children state_dict extra_repr num_parameters channel_dim num_channels channels channel_axis name weights losses metrics \
    input output trainable call build compute_dtype dtype device path variables self inputs upstream ctx args kwargs g X Y y ";

/// A name as an identifier of every target.
pub(super) fn identifier(name: &str) -> String {
    let clean: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let clean = clean.trim_matches('_');
    let clean = if clean.is_empty() { "activation" } else { clean };
    let register = clean.strip_prefix('t').is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()));
    if clean.starts_with(|c: char| c.is_ascii_digit()) {
        format!("f_{clean}")
    } else if register || RESERVED.contains(&format!(" {clean} ")) {
        format!("{clean}_")
    } else {
        clean.to_owned()
    }
}

/// A name as that of a class, other than the function's.
pub(super) fn class_name(name: &str) -> String {
    let capital = |word: &str| match word.split_at_checked(1) {
        Some((first, rest)) => format!("{}{rest}", first.to_uppercase()),
        None => String::new(),
    };
    let class: String = name.split('_').map(capital).collect();
    if class == name { format!("{class}Layer") } else { class }
}
