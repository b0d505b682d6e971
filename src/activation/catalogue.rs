//! The catalogue: one row per activation function, with its kinks, its critical points and where it is from. Definitions
//! are texts of the grammar; the declared kinks and critical points are verified against them by a test.

/// A row of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Entry {
    /// The name.
    pub name: &'static str,
    /// What it is, in one line.
    pub description: &'static str,
    /// Other spellings.
    pub aliases: &'static [&'static str],
    /// The definition in the grammar, with parameters by name.
    pub definition: &'static str,
    /// Parameters with their default value and the least value they may take (exclusive where it is 0).
    pub parameters: &'static [Parameter],
    /// Points where the slope or the value jumps, at the default parameters.
    pub kinks: &'static [f64],
    /// Points where the derivative is 0 though the function is not constant around them, at the default parameters.
    pub critical_points: &'static [f64],
    /// Where it is from.
    pub source: &'static str,
}

/// A parameter of a catalogue row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parameter {
    /// Its name in the definition.
    pub name: &'static str,
    /// Its default.
    pub default: &'static str,
    /// Whether it has to be greater than 0.
    pub positive: bool,
    /// Whether training learns it; such a parameter keeps its name in formulas.
    pub learnable: bool,
}

const fn real(name: &'static str, default: &'static str) -> Parameter {
    Parameter { name, default, positive: false, learnable: false }
}

const fn positive(name: &'static str, default: &'static str) -> Parameter {
    Parameter { name, default, positive: true, learnable: false }
}

const fn learnable(name: &'static str, default: &'static str) -> Parameter {
    Parameter { name, default, positive: false, learnable: true }
}

/// A row without parameters.
const fn plain(
    name: &'static str,
    description: &'static str,
    definition: &'static str,
    kinks: &'static [f64],
    critical_points: &'static [f64],
    source: &'static str,
) -> Entry {
    Entry { name, description, aliases: &[], definition, parameters: &[], kinks, critical_points, source }
}

/// Every activation the program knows by name.
pub static CATALOGUE: &[Entry] = &[
    plain("identity", "the input unchanged", "x", &[], &[], "linear unit"),
    plain(
        "relu",
        "the input where positive, 0 elsewhere",
        "max(0,x)",
        &[0.0],
        &[],
        "Nair and Hinton 2010, Rectified linear units improve restricted Boltzmann machines",
    ),
    Entry {
        parameters: &[real("a", "0.01")],
        aliases: &["leakyrelu"],
        ..plain(
            "leaky_relu",
            "ReLU with a small fixed slope a below 0",
            "where(x > 0,x,a*x)",
            &[0.0],
            &[],
            "Maas, Hannun and Ng 2013, Rectifier nonlinearities improve neural network acoustic models",
        )
    },
    Entry {
        parameters: &[learnable("a", "0.25")],
        ..plain(
            "prelu",
            "ReLU with a learnable slope a below 0",
            "where(x > 0,x,a*x)",
            &[0.0],
            &[],
            "He et al. 2015, Delving deep into rectifiers, arXiv 1502.01852",
        )
    },
    Entry {
        parameters: &[positive("alpha", "1")],
        ..plain(
            "elu",
            "ReLU with an exponential below 0 that saturates at -alpha",
            "where(x > 0,x,alpha*expm1(x))",
            &[],
            &[],
            "Clevert, Unterthiner and Hochreiter 2015, arXiv 1511.07289",
        )
    },
    plain(
        "selu",
        "ELU scaled so that normalised layers stay normalised",
        "selu(x)",
        &[0.0],
        &[],
        "Klambauer et al. 2017, Self-normalizing neural networks, arXiv 1706.02515",
    ),
    Entry {
        parameters: &[positive("alpha", "1")],
        ..plain(
            "celu",
            "ELU with a continuous derivative for every alpha",
            "where(x > 0,x,alpha*expm1(x/alpha))",
            &[],
            &[],
            "Barron 2017, Continuously differentiable exponential linear units, arXiv 1704.07483",
        )
    },
    plain(
        "gelu",
        "the input weighted by the normal CDF",
        "x*Phi(x)",
        &[],
        &[-0.751_791_524_693_564_5],
        "Hendrycks and Gimpel 2016, Gaussian error linear units, arXiv 1606.08415",
    ),
    plain(
        "gelu_tanh",
        "GELU with the CDF approximated through tanh",
        "gelu_tanh(x)",
        &[],
        &[-0.752_461_422_071_016_3],
        "Hendrycks and Gimpel 2016, arXiv 1606.08415, the tanh approximation",
    ),
    Entry {
        parameters: &[real("beta", "1")],
        aliases: &["swish"],
        ..plain(
            "silu",
            "the input weighted by its sigmoid; swish for other beta",
            "x*sigmoid(beta*x)",
            &[],
            &[-1.278_464_542_761_073_7],
            "Elfwing et al. 2017, arXiv 1702.03118; swish: Ramachandran et al. 2017, arXiv 1710.05941",
        )
    },
    plain(
        "mish",
        "the input weighted by the tanh of its softplus",
        "x*tanh(softplus(x))",
        &[],
        &[-1.192_431_214_515_495_2],
        "Misra 2019, arXiv 1908.08681",
    ),
    plain(
        "telu",
        "the input weighted by the tanh of its exponential",
        "x*tanh(exp(x))",
        &[],
        &[-1.078_860_058_464_624],
        "Fernandez and Mali 2024, TeLU activation function, arXiv 2412.20269",
    ),
    plain(
        "softplus",
        "smooth ReLU, log(1 + exp(x))",
        "softplus(x)",
        &[],
        &[],
        "Dugas et al. 2000, Incorporating second-order functional knowledge",
    ),
    plain("sigmoid", "the logistic CDF, from 0 to 1", "sigmoid(x)", &[], &[], "logistic function"),
    Entry {
        aliases: &["logsigmoid"],
        ..plain(
            "log_sigmoid",
            "logarithm of the sigmoid, -softplus(-x)",
            "log_sigmoid(x)",
            &[],
            &[],
            "logarithm of the logistic function",
        )
    },
    plain(
        "hard_sigmoid",
        "the sigmoid as a line between -3 and 3",
        "hard_sigmoid(x)",
        &[-3.0, 3.0],
        &[],
        "Courbariaux, Bengio and David 2015, arXiv 1511.00363, with the slope 1/6 of PyTorch",
    ),
    plain(
        "hard_tanh",
        "the input clipped to [-1, 1]",
        "max(-1,min(1,x))",
        &[-1.0, 1.0],
        &[],
        "Collobert 2004, Large scale machine learning",
    ),
    plain(
        "hard_swish",
        "the input weighted by its hard sigmoid",
        "hard_swish(x)",
        &[-3.0, 3.0],
        &[-1.5],
        "Howard et al. 2019, Searching for MobileNetV3, arXiv 1905.02244",
    ),
    plain("tanh", "the hyperbolic tangent, from -1 to 1", "tanh(x)", &[], &[], "hyperbolic tangent"),
    Entry {
        aliases: &["atan"],
        ..plain("arctan", "the inverse tangent, from -pi/2 to pi/2", "atan(x)", &[], &[], "inverse tangent")
    },
    plain("erf", "the error function, from -1 to 1", "erf(x)", &[], &[], "error function"),
    Entry {
        aliases: &["arcsinh"],
        ..plain(
            "asinh",
            "the inverse hyperbolic sine, logarithmic far out",
            "asinh(x)",
            &[],
            &[],
            "inverse hyperbolic sine",
        )
    },
    plain(
        "softsign",
        "from -1 to 1, approached as 1/|x|",
        "x/(1 + abs(x))",
        &[],
        &[],
        "Bergstra et al. 2009, Quadratic polynomials learn better image features",
    ),
    Entry {
        parameters: &[positive("alpha", "1")],
        ..plain(
            "isru",
            "from -1 to 1 for alpha = 1, by an inverse square root",
            "x/sqrt(1 + alpha*x^2)",
            &[],
            &[],
            "Carlile et al. 2017, Improving deep learning by inverse square root linear units, arXiv 1710.09967",
        )
    },
    plain("exp", "the exponential", "exp(x)", &[], &[], "exponential"),
    Entry {
        parameters: &[learnable("eps", "0.01")],
        ..plain(
            "crrelu",
            "ReLU with the EAFO correction under a normal input",
            "max(0,x) + eps*x*exp(-x^2/2)",
            &[0.0],
            &[-1.0],
            "Sun et al. 2024, A method on searching better activation functions, arXiv 2405.12954",
        )
    },
    plain(
        "elish",
        "ELU and the input, each weighted by the sigmoid",
        "elish(x)",
        &[],
        &[-0.881_373_587_019_543],
        "Basirat and Roth 2018, The quest for the golden activation function, arXiv 1808.00783",
    ),
    plain(
        "logish",
        "the input weighted by log(1 + sigmoid)",
        "x*log(1 + sigmoid(x))",
        &[],
        &[-1.372_454_137_025_692_1],
        "Zhu et al. 2021, Logish: a new nonlinear nonmonotonic activation function, Neurocomputing 458",
    ),
    Entry {
        parameters: &[learnable("a", "1"), real("mean", "0"), positive("std", "1"), real("z_k", "0.5")],
        ..plain(
            "ash",
            "the input weighted by a sigmoid around mean + z_k std",
            "x*sigmoid(2*a*(x - mean - z_k*std))",
            &[],
            &[-0.560_014_119_493_820_6],
            "Lee et al. 2022, Stochastic adaptive activation function, arXiv 2210.11672",
        )
    },
];
