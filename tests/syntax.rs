//! Golden messages: every way a text can be wrong, with the exact words and the place of the caret; texts and LaTeX of
//! what is right.

use eafo::{Activation, Expr, Formula};

/// The message for a text, exactly.
fn refused(text: &str, message: &str) {
    assert_eq!(Activation::parse(text).map(|a| a.formula.text()).unwrap_err().to_string(), message, "{text}");
}

#[test]
fn names() {
    refused("rellu", "unknown activation `rellu`; did you mean `relu`?");
    refused("zzzzzz", "unknown activation `zzzzzz`; `eafo catalog` lists the known ones");
    refused("sigmod(x)", "unknown function `sigmod`; did you mean `sigmoid`?\n  sigmod(x)\n  ^^^^^^");
    refused("relu + x", "relu is a function; write relu(x)\n  relu + x\n  ^^^^");
    refused("1 + where", "where is a function; write where(x < 0, a, b)\n  1 + where\n      ^^^^^");
    refused("inf*x", "`inf` is not a number here; expressions have finite numbers only\n  inf*x\n  ^^^");
    refused("x + nan", "`nan` is not a number here; expressions have finite numbers only\n  x + nan\n      ^^^");
    refused("α*x", "unexpected `α`; names have ASCII letters, digits and underscores\n  α*x\n  ^");
    refused("x × 2", "unexpected `×`\n  x × 2\n    ^");
}

#[test]
fn brackets_and_operators() {
    refused("2*(x + 1", "this bracket is never closed\n  2*(x + 1\n    ^");
    refused("x + 1)", "this bracket closes nothing\n  x + 1)\n       ^");
    refused("max(x", "this bracket is never closed\n  max(x\n     ^");
    refused("max(x,", "the expression ends too early\n  max(x,\n        ^");
    refused("max()", "an expression is missing before this bracket\n  max()\n      ^");
    refused("2x", "an operator is missing here; write a product as 2*x\n  2x\n   ^");
    refused("x(2)", "an operator is missing here; write a product as x*(...)\n  x(2)\n   ^");
    refused("x*/2", "an expression is missing before this\n  x*/2\n    ^");
    refused("", "an expression is missing here\n  \n  ^");
    refused("x, 2", "a comma only separates the arguments of a function\n  x, 2\n   ^");
}

#[test]
fn numbers() {
    refused("x + .", "a number needs a digit\n  x + .\n      ^");
    refused("1e401*x", "the exponent of a number is at most 400 either way\n  1e401*x\n  ^^^^^");
    refused("1.2.3", "an operator is missing here; write a product as 2*x\n  1.2.3\n     ^");
    let long = refusal(&"9".repeat(2000));
    assert!(long.starts_with("a number has at most 1000 digits\n"), "{long}");
    // A quotient of literals that would have too many digits stays a quotient, and its text reads back.
    let nines = vec!["9".repeat(999); 900].join("/");
    for text in ["x + 1e-400/1e400/1e400", "1e400*x/1e-400", nines.as_str()] {
        let read = Expr::parse(text).unwrap();
        assert!(Expr::parse(&read.to_string()).unwrap() == read, "{:.60}", text);
    }
}

fn refusal(text: &str) -> String {
    Activation::parse(text).unwrap_err().to_string()
}

#[test]
fn calls() {
    refused("exp(x,2)", "exp takes 1 argument(s), 2 given\n  exp(x,2)\n  ^^^^^^^^");
    refused("gamma(x)", "gamma takes a constant, not x or a parameter\n  gamma(x)\n  ^^^^^^^^");
    refused("where(x,1,2)", "a comparison is missing; write where(x < 0, a, b)\n  where(x,1,2)\n         ^");
    refused("where(x<0,1)", "where takes a comparison and 2 values, 1 given\n  where(x<0,1)\n  ^^^^^^^^^^^^");
    refused("leaky_relu(1,2)", "leaky_relu takes at most 1 argument(s), 2 given");
    refused("celu(0)", "celu: alpha = 0 is out of range; it must be > 0");
    refused("isru(-1)", "isru: alpha = -1 is out of range; it must be > 0");
    refused("ash(b=1)", "unknown parameter `b`; known: a, mean, std, z_k");
    refused("ash(std=1,std=2)", "ash: std is given twice");
    refused(
        "leaky_relu(nan)",
        "`nan` is not a number here; expressions have finite numbers only\n  leaky_relu(nan)\n             ^^^",
    );
}

#[test]
fn values_of_parameters() {
    refused("x; b=1", "`b` is not a parameter of the expression\n  x; b=1\n     ^^^");
    refused("a*x; a=", "an expression is missing here\n  a*x; a=\n         ^");
    refused("a*x; =1", "a name is missing; a value is written `name=0.01`\n  a*x; =1\n       ^^");
    refused("a*x;", "a value is missing after the semicolon; write `; name=0.01`\n  a*x;\n      ^");
    refused("a*x; a=x", "the value of a parameter is a number, like 0.01 or 1/3\n  a*x; a=x\n         ^");
    refused(
        "a*x; a=2^999999",
        "the value of a parameter is a number, like 0.01 or 1/3\n  a*x; a=2^999999\n         ^^^^^^^^",
    );
    let unbound = Formula::parse("a*x").and_then(|f| f.bound()).unwrap_err().to_string();
    assert_eq!(unbound, "parameter `a` has no value; give it one after a semicolon: `...; a=0.01`");
}

#[test]
fn rational_activations() {
    let usage = "a rational activation is given by coefficients: rational([a0,a1,...],[b0,b1,...])";
    refused("rational([1])", &format!("{usage}\n  rational([1])\n           ^^^"));
    refused("rational([1],[0])", "the denominator is zero\n  rational([1],[0])\n               ^^^");
    refused("rational([1],[x])", "a coefficient is a number\n  rational([1],[x])\n                ^");
}

#[test]
fn texts_of_activations() {
    for (text, formula) in [
        ("relu", "max(0,x)"),
        ("gelu", "x*Phi(x)"),
        ("silu", "x*sigmoid(x)"),
        ("swish(2)", "x*sigmoid(2*x)"),
        ("leaky_relu(0.2)", "where(x > 0,x,0.2*x)"),
        ("prelu", "where(x > 0,x,a*x); a=0.25"),
        ("prelu(1/3)", "where(x > 0,x,a*x); a=1/3"),
        ("prelu; a=0.1", "where(x > 0,x,a*x); a=0.1"),
        ("elu(1.5)", "where(x > 0,x,1.5*expm1(x))"),
        ("celu", "where(x > 0,x,expm1(x))"),
        ("isru(2)", "x/sqrt(1 + 2*x^2)"),
        ("crrelu(-0.02)", "max(0,x) + eps*x*exp(-x^2/2); eps=-0.02"),
        ("crrelu(x)", "max(0,x) + eps*x*exp(-x^2/2); eps=0.01"),
        ("ash", "x*sigmoid(2*a*(x - 0.5)); a=1"),
        ("ash(a=2, mean=1)", "x*sigmoid(2*a*(x - 1 - 0.5)); a=2"),
        ("rational([0,1],[1,0,-1/2])", "x/(1 - 0.5*x^2)"),
        ("max(relu(x),cosh(elu(x)))", "max(relu(x),cosh(elu(x)))"),
        ("sum_n(abs(x),swish(x),sigmoid(x))", "sum_n(abs(x),silu(x),sigmoid(x))"),
        ("add(x,mul(2,arctan(x)))", "x + 2*atan(x)"),
        ("max(x,0,1)", "max_n(x,0,1)"),
        ("leakyrelu(x) ** 2", "leaky_relu(x)^2"),
        ("a*x + b; a=0, b=1e-2; a=1/3", "a*x + b; a=1/3, b=0.01"),
        ("a*x; a=10^-3", "a*x; a=0.001"),
    ] {
        assert_eq!(Activation::parse(text).map(|a| a.formula.text()), Ok(formula.to_owned()), "{text}");
    }
}

#[test]
fn values_put_in_leave_no_noise() {
    for (text, bound) in [
        ("ash", "x*sigmoid(2*(x - 0.5))"),
        ("a*x + b; a=1, b=0", "x"),
        ("a*x/c; a=-1, c=1", "-x"),
        ("crrelu; eps=0.02", "max(0,x) + 0.02*x*exp(-x^2/2)"),
        ("1*x + 0", "1*x + 0"),
        ("leaky_relu(0)", "where(x > 0,x,0)"),
        ("a*log(x); a=0", "0*log(x)"),
    ] {
        let tree = Activation::parse(text).and_then(|a| a.formula.bound());
        assert_eq!(tree.map(|e| e.to_string()), Ok(bound.to_owned()), "{text}");
    }
}

#[test]
fn texts_of_expressions() {
    for text in [
        "max(0,x) + eps*x*exp(-x^2/2)",
        "-x*phi(x)",
        "2*(-x)",
        "x^(-2)",
        "(-2)^2",
        "x - (-1/3)",
        "2^x^3",
        "(x^2)^3",
        "where(x <= 0,a,b)",
        "0.044715*x^3",
        "1/3*x",
        "x/1024 + 1.5e-7*x + 1e13",
        "1/1073741824 + 1.0507009873554804934193349852946",
        "(2)/0",
    ] {
        assert_eq!(Expr::parse(text).map(|e| e.to_string()), Ok(text.to_owned()));
    }
}

#[test]
fn latex() {
    for (text, latex) in [
        ("max(0,x) + eps*x*exp(-x^2/2)", r"\max(0, x) + \varepsilon x e^{-x^{2}/2}"),
        ("-x*phi(x)", r"-x \varphi(x)"),
        ("x*Phi(x)", r"x \Phi(x)"),
        ("phi(x)*(tanh(x/2) - x)", r"\varphi(x) \left(\tanh\left(\frac{x}{2}\right) - x\right)"),
        ("sigmoid(x)*(1 - sigmoid(x))", r"\sigma(x) (1 - \sigma(x))"),
        ("exp(-x^2/2)/sqrt(2*pi)", r"\frac{e^{-x^{2}/2}}{\sqrt{2 \pi}}"),
        ("exp(x)^2 + square(x^2)", r"(e^{x})^{2} + (x^{2})^{2}"),
        ("relu(x) + alpha_1*mu", r"\operatorname{ReLU}(x) + \alpha_{1} \mu"),
        ("1e-7*x + 2*3", r"10^{-7} x + 2 \cdot 3"),
        (
            "where(x < 0,a,where(x <= 1,x,1))",
            r"\begin{cases} a & x < 0 \\ x & x \le 1 \\ 1 & \text{otherwise} \end{cases}",
        ),
    ] {
        assert_eq!(Expr::parse(text).map(|e| e.latex()), Ok(latex.to_owned()), "{text}");
    }
}

#[test]
fn written_out_size_is_bounded() {
    let text = format!("{}x{}", "gelu(".repeat(40), ")".repeat(40));
    let e = Expr::parse(&text).unwrap();
    let message = eafo::pieces(&e, -1.0, 1.0).unwrap_err().to_string();
    assert_eq!(message, "the expression has more than 100000 operations when written out");
    assert!(Expr::parse(&format!("sum_n({}x)", "x,".repeat(100_000))).is_err());
}
