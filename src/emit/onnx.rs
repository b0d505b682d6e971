//! ONNX: a function in a model (domain `eafo`), made of primitives of operator set 17, and a graph of one node that calls
//! it. It computes in float32 and takes and gives any float type. Runtimes differ in how well they compute sigmoid,
//! expm1 and the like, and some have no erfc, so those are made of exp, log and erf here.

use super::Unit;
use super::interpret::Precision;
use super::onnx_proto::{
    Attribute, Dimension, FLOAT, Function, Graph, Model, Node, OperatorSet, Shape, Tensor, TensorType, Type, ValueInfo,
};
use super::primitive::Primitive;
use super::program::{Instruction, Register};
use crate::error::{Error, Result};
use crate::expr::Cmp;
use prost::Message;

/// The operator set, the first with CastLike and all that is used here in every runtime of today.
const OPERATORS: i64 = 17;
const DOMAIN: &str = "eafo";

/// e^(a^2) erfc(a)/t where t = 2/(2 + a), as a polynomial in t, for a from 1/2 to 10.2: by
/// interpolation at Chebyshev points with mpmath, to 4e-9.
const ERFCX: [f64; 10] = [
    0.282084966,
    0.282357077,
    0.243841333,
    0.195363186,
    0.009750411,
    0.173314008,
    -0.304572701,
    0.0944183261,
    0.0497757372,
    -0.0263559816,
];

/// The bytes of the model.
pub(super) fn file(unit: &Unit) -> Result<Vec<u8>> {
    let mut builder = Builder::default();
    let x = builder.cast("X");
    let parameters: Vec<(String, String)> =
        unit.parameters.iter().zip(&unit.values).map(|(p, (name, _))| (name.clone(), builder.cast(&p.name))).collect();
    let value = builder.program(unit, &x, &parameters)?;
    // A constant has no shape of its own.
    let shape = builder.node("Shape", &["X"]);
    let value = builder.node("Expand", &[&value, &shape]);
    builder.nodes.push(Node {
        input: vec![value, "X".to_owned()],
        output: vec!["Y".to_owned()],
        op_type: "CastLike".to_owned(),
        ..Node::default()
    });
    let about = unit.header("", Precision::Single);
    let opset = |domain: &str, version| OperatorSet { domain: domain.to_owned(), version };
    let names: Vec<String> = unit.parameters.iter().map(|p| p.name.clone()).collect();
    let inputs = |x: &str| std::iter::once(x.to_owned()).chain(names.iter().cloned()).collect();
    let function = Function {
        name: unit.name.clone(),
        input: inputs("X"),
        output: vec!["Y".to_owned()],
        node: builder.nodes,
        doc_string: about.clone(),
        opset_import: vec![opset("", OPERATORS)],
        domain: DOMAIN.to_owned(),
    };
    let call = Node {
        input: inputs("x"),
        output: vec!["y".to_owned()],
        op_type: unit.name.clone(),
        domain: DOMAIN.to_owned(),
        ..Node::default()
    };
    let start = |p: &super::Parameter| Tensor {
        dims: vec![1],
        data_type: FLOAT,
        float_data: vec![p.value as f32],
        name: p.name.clone(),
    };
    let graph = Graph {
        node: vec![call],
        name: unit.name.clone(),
        initializer: unit.parameters.iter().map(start).collect(),
        input: vec![vector("x")],
        output: vec![vector("y")],
    };
    let model = Model {
        ir_version: 8,
        producer_name: "eafo".to_owned(),
        producer_version: env!("CARGO_PKG_VERSION").to_owned(),
        doc_string: about,
        graph: Some(graph),
        opset_import: vec![opset("", OPERATORS), opset(DOMAIN, 1)],
        functions: vec![function],
    };
    Ok(model.encode_to_vec())
}

/// A vector of floats of any length.
fn vector(name: &str) -> ValueInfo {
    let shape = Shape { dim: vec![Dimension { dim_param: "N".to_owned() }] };
    let tensor = TensorType { elem_type: FLOAT, shape: Some(shape) };
    ValueInfo { name: name.to_owned(), kind: Some(Type { tensor: Some(tensor) }) }
}

/// Nodes under construction.
#[derive(Default)]
struct Builder {
    nodes: Vec<Node>,
}

impl Builder {
    /// A node; returns the name of its output.
    fn node(&mut self, op: &str, inputs: &[&str]) -> String {
        self.with(op, inputs, Vec::new())
    }

    fn with(&mut self, op: &str, inputs: &[&str], attribute: Vec<Attribute>) -> String {
        let output = format!("_{}", self.nodes.len());
        let input = inputs.iter().map(|i| (*i).to_owned()).collect();
        let op_type = op.to_owned();
        self.nodes.push(Node { input, output: vec![output.clone()], op_type, attribute, domain: String::new() });
        output
    }

    /// An input as float32.
    fn cast(&mut self, input: &str) -> String {
        let to = Attribute { name: "to".to_owned(), i: Some(i64::from(FLOAT)), kind: 2, ..Attribute::default() };
        self.with("Cast", &[input], vec![to])
    }

    fn number(&mut self, value: f64) -> String {
        let bits = |f: Option<f32>| f.map(f32::to_bits);
        let known = |node: &&Node| node.attribute.first().is_some_and(|a| bits(a.f) == bits(Some(value as f32)));
        if let Some(node) = self.nodes.iter().find(known) {
            return node.output[0].clone();
        }
        let value =
            Attribute { name: "value_float".to_owned(), f: Some(value as f32), kind: 1, ..Attribute::default() };
        self.with("Constant", &[], vec![value])
    }

    /// The steps of the value.
    fn program(&mut self, unit: &Unit, x: &str, parameters: &[(String, String)]) -> Result<String> {
        let program = &unit.program;
        let mut names: Vec<Option<String>> = vec![None; program.instructions.len()];
        let mut places = program.needed(&[unit.value]);
        if places.is_empty() {
            places.push(unit.value);
        }
        for place in places {
            names[place] = Some(match &program.instructions[place] {
                Instruction::Call(p, args) => {
                    let args: Vec<String> = args
                        .iter()
                        .map(|a: &Register| match &names[*a] {
                            Some(name) => name.clone(),
                            None => self.leaf(&program.instructions[*a], x, parameters),
                        })
                        .collect();
                    self.call(*p, &args).ok_or_else(|| {
                        Error::Unsupported(format!(
                            "ONNX operator set {OPERATORS} has no {p:?}, which `{}` needs",
                            unit.formula
                        ))
                    })?
                }
                leaf => self.leaf(leaf, x, parameters),
            });
        }
        Ok(names[unit.value].clone().unwrap_or_else(|| self.leaf(&program.instructions[unit.value], x, parameters)))
    }

    fn leaf(&mut self, instruction: &Instruction, x: &str, parameters: &[(String, String)]) -> String {
        match instruction {
            Instruction::Number(bits) => self.number(f64::from_bits(*bits)),
            Instruction::Parameter(name) => {
                parameters.iter().find(|(known, _)| known == name).map_or(x, |(_, cast)| cast).to_owned()
            }
            Instruction::X | Instruction::Call(..) => x.to_owned(),
        }
    }

    /// A primitive; none where operator set 17 has no means for it.
    fn call(&mut self, p: Primitive, args: &[String]) -> Option<String> {
        use Primitive as P;
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let (a, b) = (*args.first()?, args.get(1).copied().unwrap_or_default());
        Some(match p {
            P::Add => self.node("Add", &args),
            P::Sub => self.node("Sub", &args),
            P::Mul => self.node("Mul", &args),
            P::Div => self.node("Div", &args),
            P::Neg => self.node("Neg", &args),
            P::Pow => self.node("Pow", &args),
            P::Exp => self.node("Exp", &args),
            P::Log => self.node("Log", &args),
            P::Sqrt => self.node("Sqrt", &args),
            P::Sin => self.node("Sin", &args),
            P::Cos => self.node("Cos", &args),
            P::Tan => self.node("Tan", &args),
            P::Sinh => self.node("Sinh", &args),
            P::Cosh => self.node("Cosh", &args),
            P::Tanh => self.node("Tanh", &args),
            P::Asin => self.node("Asin", &args),
            P::Acos => self.node("Acos", &args),
            P::Atan => self.node("Atan", &args),
            P::Asinh => self.node("Asinh", &args),
            P::Acosh => self.node("Acosh", &args),
            P::Atanh => self.node("Atanh", &args),
            P::Erf => self.node("Erf", &args),
            P::Abs => self.node("Abs", &args),
            P::Sign => self.node("Sign", &args),
            P::Max => self.node("Max", &args),
            P::Min => self.node("Min", &args),
            P::Expm1 => self.expm1(a),
            P::Log1p => self.log1p(a),
            P::Erfc => self.erfc(a),
            P::NormalCdf => {
                let scaled = self.times(-std::f64::consts::FRAC_1_SQRT_2, a);
                let erfc = self.erfc(&scaled);
                self.times(0.5, &erfc)
            }
            P::NormalPdf => {
                let half = self.times(-0.5, a);
                let exponent = self.node("Mul", &[&half, a]);
                let bell = self.node("Exp", &[&exponent]);
                self.times(0.398_942_280_401_432_7, &bell)
            }
            P::Sigmoid => {
                let (zero, one, e) = (self.number(0.0), self.number(1.0), self.exp_of_minus_size(a));
                let right = self.node("GreaterOrEqual", &[a, &zero]);
                let above = self.node("Where", &[&right, &one, &e]);
                let below = self.node("Add", &[&one, &e]);
                self.node("Div", &[&above, &below])
            }
            P::Softplus => {
                let (zero, e) = (self.number(0.0), self.exp_of_minus_size(a));
                let (log, part) = (self.log1p(&e), self.node("Max", &[a, &zero]));
                self.node("Add", &[&part, &log])
            }
            P::LogSigmoid => {
                let (zero, e) = (self.number(0.0), self.exp_of_minus_size(a));
                let (log, part) = (self.log1p(&e), self.node("Min", &[a, &zero]));
                self.node("Sub", &[&part, &log])
            }
            P::Where(cmp) => {
                let op = match cmp {
                    Cmp::Lt => "Less",
                    Cmp::Le => "LessOrEqual",
                    Cmp::Gt => "Greater",
                    Cmp::Ge => "GreaterOrEqual",
                };
                let condition = self.node(op, &[a, b]);
                self.node("Where", &[&condition, args.get(2)?, args.get(3)?])
            }
            P::Finite(ends) => {
                let (low, high) = (self.number(f64::from(f32::MIN)), self.number(f64::from(f32::MAX)));
                let raised = if ends.low { self.node("Max", &[a, &low]) } else { a.to_owned() };
                if ends.high { self.node("Min", &[&raised, &high]) } else { raised }
            }
            P::Far => {
                let (infinite, sign) = (self.node("IsInf", &[a]), self.node("Sign", &[a]));
                let far = self.times(1e18, &sign);
                self.node("Where", &[&infinite, &far, a])
            }
            P::Bounded => {
                let (low, high) = (self.number(-1e9), self.number(1e9));
                let raised = self.node("Max", &[a, &low]);
                self.node("Min", &[&raised, &high])
            }
            P::BesselI0e | P::BesselI1e | P::Gamma | P::FiniteExp => return None,
        })
    }

    fn times(&mut self, factor: f64, a: &str) -> String {
        let factor = self.number(factor);
        self.node("Mul", &[&factor, a])
    }

    /// exp(-|a|), which cannot overflow.
    fn exp_of_minus_size(&mut self, a: &str) -> String {
        let size = self.node("Abs", &[a]);
        let minus = self.node("Neg", &[&size]);
        self.node("Exp", &[&minus])
    }

    /// e^a - 1 without loss near 0 (Kahan): (u - 1) a/log(u) with u = e^a rounded.
    fn expm1(&mut self, a: &str) -> String {
        let one = self.number(1.0);
        let u = self.node("Exp", &[a]);
        let less = self.node("Sub", &[&u, &one]);
        let log = self.node("Log", &[&u]);
        let product = self.node("Mul", &[&less, a]);
        let near = self.node("Div", &[&product, &log]);
        let flat = self.node("Equal", &[&u, &one]);
        let near = self.node("Where", &[&flat, a, &near]);
        let size = self.node("Abs", &[a]);
        let far = self.node("Greater", &[&size, &one]);
        self.node("Where", &[&far, &less, &near])
    }

    /// log(1 + a) without loss near 0 (Kahan): log(u) a/(u - 1) with u = 1 + a rounded.
    fn log1p(&mut self, a: &str) -> String {
        let one = self.number(1.0);
        let u = self.node("Add", &[&one, a]);
        let log = self.node("Log", &[&u]);
        let less = self.node("Sub", &[&u, &one]);
        let ratio = self.node("Div", &[a, &less]);
        let near = self.node("Mul", &[&log, &ratio]);
        let flat = self.node("Equal", &[&u, &one]);
        let near = self.node("Where", &[&flat, a, &near]);
        let far = self.node("Greater", &[a, &one]);
        self.node("Where", &[&far, &log, &near])
    }

    /// 1 - erf(a) up to 1/2; beyond, e^(-a^2) t P(t) with t = 2/(2 + a), a^2 in two parts so that its rounding does not tell.
    fn erfc(&mut self, a: &str) -> String {
        let (one, two, half) = (self.number(1.0), self.number(2.0), self.number(0.5));
        let erf = self.node("Erf", &[a]);
        let near = self.node("Sub", &[&one, &erf]);
        // Beyond 11 it is 0 in single precision; held there, infinities make no NaN.
        let (low, high) = (self.number(0.5), self.number(11.0));
        let held = self.node("Max", &[a, &low]);
        let held = self.node("Min", &[&held, &high]);
        let sixteen = self.times(16.0, &held);
        let floor = self.node("Floor", &[&sixteen]);
        let coarse = self.times(1.0 / 16.0, &floor);
        let fine = self.node("Sub", &[&held, &coarse]);
        let sum = self.node("Add", &[&held, &coarse]);
        let (square, rest) = (self.node("Mul", &[&coarse, &coarse]), self.node("Mul", &[&fine, &sum]));
        let (square, rest) = (self.node("Neg", &[&square]), self.node("Neg", &[&rest]));
        let (square, rest) = (self.node("Exp", &[&square]), self.node("Exp", &[&rest]));
        let below = self.node("Add", &[&two, &held]);
        let t = self.node("Div", &[&two, &below]);
        let mut polynomial = self.number(ERFCX[ERFCX.len() - 1]);
        for c in ERFCX.iter().rev().skip(1) {
            let (product, c) = (self.node("Mul", &[&polynomial, &t]), self.number(*c));
            polynomial = self.node("Add", &[&product, &c]);
        }
        let scaled = self.node("Mul", &[&polynomial, &t]);
        let tail = self.node("Mul", &[&scaled, &rest]);
        let tail = self.node("Mul", &[&tail, &square]);
        let far = self.node("Greater", &[a, &half]);
        self.node("Where", &[&far, &tail, &near])
    }
}
