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
        Instruction::Parameter(name) => unit.identifier_of(name),
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
const RESERVED: &str = " \
    auto break case char const continue default do else enum extern for goto if inline int long register restrict \
    return short signed sizeof static struct switch typedef union unsigned void volatile while as async await box \
    crate dyn false fn impl in let loop match mod move mut priv pub ref self super trait true typeof unsized use \
    virtual where yield abstract become final macro override try gen and assert class def del elif except finally \
    from global import is lambda None nonlocal not or pass raise with False True Self jax jnp special exp log sin cos \
    tan sinh cosh tanh sqrt pow erf erfc torch nn Tensor wide keras ops float_ int_ num_parameters channel_dim \
    num_channels channels channel_axis device self inputs upstream ctx args kwargs g X Y y x Some Ok Err nnx linen \
    main printf parameter_groups DBL_MAX ";

/// Names of what the layers are built on: attributes of `Module` of PyTorch and Flax and of `Layer` of Keras.
const ATTRIBUTES: &str = " \
    T_destination activity_regularizer add_loss add_metric add_module add_variable add_weight apply autocast bfloat16 \
    bind buffers build build_from_config built call call_signature_parameters call_super_init children clone compile \
    compute_dtype compute_mask compute_output_shape compute_output_spec copy count_params cpu cuda double dtype \
    dtype_policy dump_patches eval extra_repr float forward from_config get_buffer get_build_config get_config \
    get_extra_state get_parameter get_submodule get_variable get_weights half has_rng has_variable init \
    init_with_output input input_dtype input_spec ipu is_initializing is_mutable_collection iter_children \
    iter_modules lazy_init load_own_variables load_state_dict losses make_rng metrics metrics_variables module_paths \
    modules mtia name named_buffers named_children named_modules named_parameters non_trainable_variables \
    non_trainable_weights output param parameters params path per_channel perturb put_variable quantization_mode \
    quantize quantized_build quantized_call register_backward_hook register_buffer register_forward_hook \
    register_forward_pre_hook register_full_backward_hook register_load_state_dict_post_hook \
    register_load_state_dict_pre_hook register_module register_parameter register_state_dict_post_hook \
    register_state_dict_pre_hook rematerialized_call save_own_variables set_attributes set_extra_state set_submodule \
    set_weights setup share_memory sow state_dict stateless_call supports_jit supports_masking symbolic_call tabulate \
    to to_empty train trainable trainable_variables trainable_weights training type unbind variable variable_dtype \
    variables weights xpu zero_grad ";

/// Types and variants in scope where a layer is written.
const CLASSES: [&str; 31] = [
    "Box",
    "CpuStorage",
    "CustomOp1",
    "CustomOp2",
    "DType",
    "Device",
    "Elementwise",
    "Err",
    "False",
    "Fn",
    "Init",
    "Layout",
    "Module",
    "None",
    "Ok",
    "Option",
    "Optional",
    "Result",
    "Scalar",
    "Self",
    "Shape",
    "Some",
    "String",
    "Tensor",
    "True",
    "Tuple",
    "VarBuilder",
    "Vec",
    "WithDType",
    "X",
    "Y",
];

/// A name as an identifier of every target.
pub(super) fn identifier(name: &str) -> String {
    let clean: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let clean = clean.trim_matches('_');
    let clean = if clean.is_empty() { "activation" } else { clean };
    let register = clean.strip_prefix('t').is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()));
    if clean.starts_with(|c: char| c.is_ascii_digit()) {
        format!("f_{clean}")
    } else if register || [RESERVED, ATTRIBUTES].iter().any(|words| words.split_whitespace().any(|w| w == clean)) {
        format!("{clean}_")
    } else {
        clean.to_owned()
    }
}

/// Names of parameters as identifiers that differ from one another and from the function's, in capitals too, and from
/// what is learned instead of another.
pub(super) fn identifiers<'a>(function: &str, names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut taken = vec![function.to_lowercase()];
    let mut found = Vec::new();
    for name in names {
        let first = identifier(name);
        let clash = |id: &String| {
            let (lower, raw) = (id.to_lowercase(), |name: &str| format!("raw_{name}"));
            taken.iter().any(|t| *t == lower || raw(t) == lower || *t == raw(&lower))
        };
        let others = (2..).map(|i| format!("{}_{i}", first.trim_end_matches('_')));
        let id = std::iter::once(first.clone()).chain(others).find(|id| !clash(id)).unwrap_or(first);
        taken.push(id.to_lowercase());
        found.push(id);
    }
    found
}

/// A name as that of a class, other than the function's.
pub(super) fn class_name(name: &str) -> String {
    let capital = |word: &str| match word.split_at_checked(1) {
        Some((first, rest)) => format!("{}{rest}", first.to_uppercase()),
        None => String::new(),
    };
    let class: String = name.split('_').map(capital).collect();
    if class == name || CLASSES.contains(&class.as_str()) { format!("{class}Layer") } else { class }
}
