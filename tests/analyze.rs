//! The property sheet: known values, laws that hold for the whole catalogue at random points, and the verb as a process.

use eafo::{
    Activation, CATALOGUE, Class, Criticality, Defect, Expr, Input, Limit, Parity, Place, Properties, Tape, Turning,
    properties, variance_fixed_points,
};
use std::f64::consts::{FRAC_1_SQRT_2, PI, SQRT_2};
use std::process::{Command, Output};

fn expr(text: &str) -> Expr {
    Activation::parse(text).and_then(|a| a.formula.bound()).unwrap()
}

fn under(text: &str, input: &str) -> Properties {
    properties(&expr(text), &Input::parse(input).unwrap()).unwrap()
}

fn sheet(text: &str) -> Properties {
    under(text, "normal(0,1)")
}

fn near(what: &str, got: f64, want: f64, tolerance: f64) {
    assert!((got - want).abs() <= tolerance, "{what}: {got:e}, not {want:e}");
}

/// The standard normal density.
fn phi(x: f64) -> f64 {
    (-0.5 * x * x).exp() / (2.0 * PI).sqrt()
}

#[test]
fn classes() {
    for (text, want) in [
        ("gelu", Class::Smooth),
        ("tanh", Class::Smooth),
        ("relu", Class::Finite(0)),
        ("leaky_relu(0.2)", Class::Finite(0)),
        ("selu", Class::Finite(0)),
        ("hard_swish", Class::Finite(0)),
        ("elu", Class::Finite(1)),
        ("elu(2)", Class::Finite(0)),
        ("celu(2)", Class::Finite(1)),
        ("softsign", Class::Finite(1)),
        ("elish", Class::Finite(1)),
        ("x*abs(x)", Class::Finite(1)),
        ("abs(x)^1.5", Class::Finite(1)),
        ("relu(x)^3", Class::Finite(2)),
        ("x^2*exp(-abs(x))", Class::Finite(2)),
        ("where(x < 0, 1 - x^2/2, cos(x))*exp(-x^2)", Class::Finite(3)),
        ("sign(x)", Class::Discontinuous),
        ("1/x", Class::Discontinuous),
        ("where(x < 1, x, x + 1e-3)", Class::Discontinuous),
    ] {
        assert_eq!(sheet(text).class, want, "{text}");
    }
    assert_eq!(sheet("1/(x - 1.25)^2").joins[0].defect, Defect::Pole);
    assert_eq!(sheet("sin(x)/x").joins[0].defect, Defect::Hole);
    assert_eq!(sheet("atan(1/x)").joins[0].defect, Defect::Jump);
}

#[test]
fn steepest_slopes() {
    // sup |f'| and where, sup |f''|; 1/4 and 1/(6 sqrt 3) for sigmoid, 4/(3 sqrt 3) for tanh.
    let s3 = 3f64.sqrt();
    let gelu = 0.5 * (1.0 + 0.842_700_792_949_714_9) + SQRT_2 * phi(SQRT_2);
    for (text, slope, at, curvature) in [
        ("gelu", gelu, SQRT_2, 2.0 * phi(0.0)),
        ("sigmoid", 0.25, 0.0, 1.0 / (6.0 * s3)),
        ("tanh", 1.0, 0.0, 4.0 / (3.0 * s3)),
        ("erf", 2.0 / PI.sqrt(), 0.0, 4.0 * FRAC_1_SQRT_2 / PI.sqrt() * (-0.5f64).exp()),
        ("arctan", 1.0, 0.0, 3.0 * s3 / 8.0),
        ("asinh", 1.0, 0.0, 2.0 / (3.0 * s3)),
        ("silu", 1.099_839_320_128_84, 2.399_357_280_520_5, 0.5),
        ("exp(-x^2)", SQRT_2 * (-0.5f64).exp(), -FRAC_1_SQRT_2, 2.0),
        ("gelu(x - 50)", gelu, 50.0 + SQRT_2, 2.0 * phi(0.0)),
        ("gelu(10^6*x)/10^6", gelu, SQRT_2 * 1e-6, 2e6 * phi(0.0)),
        ("exp(-100*(x - 17.3)^2)", 10.0 * SQRT_2 * (-0.5f64).exp(), 17.3 - 0.1 * FRAC_1_SQRT_2, 200.0),
    ] {
        let p = sheet(text);
        near(&format!("{text}: slope"), p.lipschitz.value, slope, 1e-12 * slope);
        near(&format!("{text}: curvature"), p.lipschitz_slope.value, curvature, 1e-10 * curvature);
        let Place::At(x) = p.lipschitz.place else { panic!("{text}: {:?}", p.lipschitz) };
        near(&format!("{text}: where"), x, at, 1e-7 * at.abs().max(1e-6));
    }
    for (text, slope) in [
        ("relu", 1.0),
        ("leaky_relu", 1.0),
        ("hard_sigmoid", 1.0 / 6.0),
        ("hard_swish", 1.5),
        ("selu", 1.758_099_340_847_376_8),
    ] {
        let p = sheet(text);
        near(text, p.lipschitz.value, slope, 1e-15);
        assert_eq!(p.lipschitz_slope.value, f64::INFINITY, "{text}");
        assert!(matches!(p.lipschitz_slope.place, Place::Jump(_)), "{text}");
    }
    for text in ["x^2", "exp", "1/x", "x*sin(x)", "abs(x)^1.5", "sign(x)", "sqrt(x)", "x*log(x)", "asin(x)"] {
        assert_eq!(sheet(text).lipschitz.value, f64::INFINITY, "{text}");
    }
    // An oscillation without end whose slope is bounded.
    let p = sheet("x + sin(x)/2");
    assert_eq!((p.lipschitz.value, p.slope.low.value), (1.5, 0.5));
}

#[test]
fn ranges() {
    let inf = f64::INFINITY;
    for (text, low, high) in [
        ("relu", (0.0, Some(true)), (inf, None)),
        ("gelu", (-0.169_971_207_479_903_9, Some(true)), (inf, None)),
        ("sigmoid", (0.0, Some(false)), (1.0, Some(false))),
        ("softplus", (0.0, Some(false)), (inf, None)),
        ("log_sigmoid", (-inf, None), (0.0, Some(false))),
        ("arctan", (-PI / 2.0, Some(false)), (PI / 2.0, Some(false))),
        ("isru", (-1.0, Some(false)), (1.0, Some(false))),
        ("hard_tanh", (-1.0, Some(true)), (1.0, Some(true))),
        ("elu(2)", (-2.0, Some(false)), (inf, None)),
        ("hard_swish", (-0.375, Some(true)), (inf, None)),
        ("sin(x)", (-1.0, Some(true)), (1.0, Some(true))),
        ("x^2 + 3", (3.0, Some(true)), (inf, None)),
        ("1/x", (-inf, None), (inf, None)),
        ("log(x)", (-inf, None), (inf, None)),
        ("x*sin(x)", (-inf, None), (inf, None)),
        ("sin(x)/x", (-0.217_233_628_211_221_66, Some(true)), (1.0, Some(true))),
        ("sinh(x)/cosh(x)", (-1.0, Some(false)), (1.0, Some(false))),
        ("where(x < 0, 0, where(x > 0, x, -5))", (-5.0, Some(true)), (inf, None)),
        ("5", (5.0, Some(true)), (5.0, Some(true))),
    ] {
        let p = sheet(text);
        for (got, (want, attained)) in [(p.range.low, low), (p.range.high, high)] {
            assert!(got.value == want || (got.value - want).abs() <= 1e-12 * want.abs(), "{text}: {got:?}, not {want}");
            let found = matches!(got.place, Place::At(_) | Place::On(..));
            assert!(attained.is_none_or(|a| a == found), "{text}: {got:?}");
        }
    }
}

/// The properties are those of the continuous extension, the domain that of the formula.
#[test]
fn removable_singularities() {
    let inf = f64::INFINITY;
    // at, limit, class, sup |f'|, sup |f''|, E f f''; the moments by mpmath, that of x log|x| being E log|x|.
    for (text, at, limit, class, slope, curvature, moment) in [
        ("(x^2 - 1)/(x - 1)", 1.0, 2.0, Class::Smooth, 1.0, 0.0, 0.0),
        ("expm1(x)/x", 0.0, 1.0, Class::Smooth, inf, inf, 0.852_554_477_9),
        ("x/tanh(x)", 0.0, 1.0, Class::Smooth, 1.0, 2.0 / 3.0, 0.591_850_136_6),
        ("sin(x)/x", 0.0, 1.0, Class::Smooth, 0.436_181_817_3, 1.0 / 3.0, -0.231_240_986_1),
        ("x*log(abs(x))", 0.0, 0.0, Class::Finite(0), inf, inf, -0.635_181_422_7),
    ] {
        let p = sheet(text);
        assert_eq!((p.domain.as_slice(), p.class), ([(-inf, at), (at, inf)].as_slice(), class), "{text}");
        assert_eq!((p.joins[0].at, p.joins[0].defect), (at, Defect::Hole), "{text}");
        for side in p.joins[0].sides {
            near(&format!("{text}: limit"), side, limit, 1e-15);
        }
        for (what, got, want) in
            [("slope", p.lipschitz.value, slope), ("curvature", p.lipschitz_slope.value, curvature)]
        {
            assert!(got == want || (got - want).abs() < 1e-9, "{text}: {what} {got}, not {want}");
        }
        near(text, p.moments.unwrap().value_curvature.unwrap().value, moment, 1e-9);
    }
    for text in ["(x^2 - 1)/(x - 1)", "expm1(x)/x", "x/tanh(x)"] {
        assert_eq!(sheet(text).fixed_points.len(), 0, "{text}");
    }
    let roots = |roots: &[eafo::Root]| roots.iter().map(|r| r.from).collect::<Vec<_>>();
    let p = sheet("x*log(abs(x))");
    assert_eq!(roots(&p.zeros), [-1.0, 0.0, 1.0]);
    assert_eq!((p.joins[1].defect, p.joins[1].sides), (Defect::Derivative(1), [-inf; 2]));
    assert_eq!(sheet("(x^2 - 2)/(x - sqrt(2))").class, Class::Smooth);
    assert_eq!(sheet("(1 - cos(x))/x^2").range.high.value, 0.5);
    // A value given at the point is a value.
    assert_eq!(sheet("where(x > 0, exp(-1/x), 0)").class, Class::Smooth);
    assert_eq!(sheet("where(x < 0, sin(x)/x, where(x > 0, sin(x)/x, 1))").joins, []);
}

#[test]
fn limits_beside_a_pole_of_an_argument() {
    let inf = f64::INFINITY;
    for (text, at, defect, sides) in [
        ("tanh(1/x)", 0.0, Defect::Jump, [-1.0, 1.0]),
        ("tanh(1/(x - 1))", 1.0, Defect::Jump, [-1.0, 1.0]),
        ("sigmoid(1/x)", 0.0, Defect::Jump, [0.0, 1.0]),
        ("tanh(1/(x^2 - 2))", -SQRT_2, Defect::Jump, [1.0, -1.0]),
        ("exp(-1/x)", 0.0, Defect::Pole, [inf, 0.0]),
        ("exp(1/x)", 0.0, Defect::Pole, [0.0, inf]),
    ] {
        let p = sheet(text);
        assert_eq!((p.class, p.joins[0].at, p.joins[0].defect), (Class::Discontinuous, at, defect), "{text}");
        assert_eq!((p.joins[0].sides, p.domain[0].1, p.domain[1].0), (sides, at, at), "{text}");
        let [low, high] = [p.range.low, p.range.high].map(|e| (e.value, e.place));
        assert_eq!(low, (sides[0].min(sides[1]), Place::Toward(at)), "{text}");
        assert_eq!(high, (sides[0].max(sides[1]), Place::Toward(at)), "{text}");
        assert_eq!(p.lipschitz.value, inf, "{text}");
        assert!(p.monotone.iter().all(|r| r.sign == p.monotone[0].sign) || text.contains('2'), "{text}");
    }
    assert_eq!(sheet("exp(-1/x^2)").class, Class::Smooth);
    // A limit approached like 1/log t.
    let p = sheet("1/log(abs(x))");
    assert_eq!((p.joins[1].defect, p.joins[1].sides), (Defect::Hole, [0.0; 2]));
}

#[test]
fn oscillations_beside_a_point() {
    let p = sheet("sin(1/x)");
    assert_eq!((p.joins[0].at, p.joins[0].defect, p.class), (0.0, Defect::NoLimit, Class::Discontinuous));
    near("sup", p.range.high.value, 1.0, 1e-12);
    let p = sheet("x*sin(1/x)");
    assert_eq!(
        (p.joins[0].defect, p.joins[1].defect, p.class),
        (Defect::Hole, Defect::Derivative(1), Class::Finite(0))
    );
    assert!(p.dead_zone.is_none() && p.notes[0].contains("beside x = 0"));
    // Faster than doubles can follow: no poles are invented, and no bound is claimed.
    let p = sheet("exp(x)*sin(exp(x))");
    assert_eq!((p.class, p.ends[1].unwrap().limit), (Class::Smooth, Limit::Undetermined));
    assert!(!p.range.bounded() && p.range.high.error.is_infinite());
    for text in ["sin(1/x)", "x*sin(1/x)", "exp(x)*sin(exp(x))", "1/log(abs(x))"] {
        assert!(!out(&["analyze", text]).contains("nan"), "{text}");
        assert!(!out(&["analyze", text, "--json"]).contains("\"nan\""), "{text}");
    }
}

#[test]
fn ends_that_belong() {
    let line = |text: &str, label: &str| {
        let text = out(&["analyze", text]);
        text.lines().find(|l| l.trim_start().starts_with(label)).unwrap_or_default().trim().replace("  ", "")
    };
    assert!(line("sqrt(x)", "domain").ends_with("[0, inf)"));
    assert!(line("log(x)", "domain").ends_with("(0, inf)"));
    assert!(line("where(x < 0, 0, 1)", "infimum").ends_with("0, on (-inf, 0)"));
    assert!(line("where(x < 0, 0, 1)", "supremum").ends_with("1, on [0, inf)"));
    assert!(line("where(x < 0, 0, 1)", "f(x) = 0").contains("all of (-inf, 0),"));
    assert!(line("x^2", "Lipschitz, f'").ends_with("2, everywhere"));
}

/// Where a formula cancels until its digits are made of rounding, nothing is read off them.
#[test]
fn rounding_far_out_is_no_property() {
    let p = sheet("(1+1/x)^x");
    assert_eq!(p.domain, [(f64::NEG_INFINITY, -1.0), (0.0, f64::INFINITY)]);
    assert_eq!((p.joins.len(), p.monotone.len()), (0, 2), "{:?}", p.monotone);
    for end in p.ends.iter().flatten() {
        let Limit::Value(found) = end.limit else { panic!("{:?}", end.limit) };
        near("e", found.value, std::f64::consts::E, found.error);
        assert!(found.error < 1e-7, "{found:?}");
    }
    let p = sheet("(x+1)^2-x^2-2*x");
    assert_eq!(p.domain, [(f64::NEG_INFINITY, f64::INFINITY)]);
    assert!(p.joins.is_empty(), "{:?}", p.joins);
    assert!(p.notes.iter().any(|note| note.contains("made of rounding")), "{:?}", p.notes);
    // 1 - 1/(3 x^2) is 1 from 1e8 on, and not attained.
    let p = sheet("x*tanh(1/x)");
    assert!(p.monotone.iter().all(|run| run.from == 0.0 || run.to == 0.0), "{:?}", p.monotone);
    assert!(matches!(p.range.high.place, Place::Toward(_)), "{:?}", p.range);
    // A stable formula of the same kind is followed all the way.
    assert!(sheet("(x+sqrt(x^2+4))/2").notes.is_empty());
}

/// The slope of the triangle wave is 1 and -1, though 1 - sin(x)^2 is 0 in doubles beside its corners.
#[test]
fn slopes_lost_at_a_corner() {
    let corner = *sheet("asin(sin(x))").joins.iter().min_by(|a, b| a.at.abs().total_cmp(&b.at.abs())).unwrap();
    assert_eq!(corner.defect, Defect::Derivative(1));
    near("left", corner.sides[0].abs(), 1.0, 1e-9);
    near("right", corner.sides[1] * corner.sides[0], -1.0, 1e-9);
}

/// The ends of an oscillation that are 0 but for rounding do not grow.
#[test]
fn oscillations_that_touch_zero() {
    for (text, slope) in [("x+sin(x)^2", 2.0), ("x-sin(x)", 2.0), ("x-0.5*cos(2*x)", 2.0)] {
        near(text, sheet(text).slope.high.value, slope, 1e-9);
    }
    let range = sheet("cos(x)^2").range;
    near("inf", range.low.value, 0.0, 1e-30);
    near("sup", range.high.value, 1.0, 1e-15);
}

/// A negative base has no power but at single exponents, doubles far out being even integers.
#[test]
fn negative_bases() {
    assert_eq!(sheet("x^x").domain, [(0.0, f64::INFINITY)]);
    assert_eq!(sheet("(x-1)^x").domain, [(1.0, f64::INFINITY)]);
    let error = properties(&expr("(-2)^x"), &Input::parse("normal(0,1)").unwrap()).unwrap_err();
    assert!(error.to_string().contains("is a finite real number on no interval"), "{error}");
}

/// A pole that no double hits is none of the domain.
#[test]
fn poles_between_doubles() {
    let p = sheet("tan(x)");
    assert!(
        p.domain.iter().any(|(a, b)| (a + 0.5 * PI).abs() < 1e-15 && (b - 0.5 * PI).abs() < 1e-15),
        "{:?}",
        p.domain
    );
    assert!(p.closed.iter().all(|closed| *closed == [false; 2]));
}

/// The class counts the ends that belong to the domain.
#[test]
fn classes_at_closed_ends() {
    for (text, class, ends) in [
        ("sqrt(x)", Class::Finite(0), vec![(0.0, 1)]),
        ("asin(x)", Class::Finite(0), vec![(-1.0, 1), (1.0, 1)]),
        ("x^(5/2)", Class::Finite(2), vec![(0.0, 3)]),
        ("log(x)", Class::Smooth, vec![]),
        ("where(x<0,x,x+sqrt(4-x))", Class::Discontinuous, vec![(4.0, 1)]),
    ] {
        let p = sheet(text);
        assert_eq!(p.class, class, "{text}");
        let end = |j: &eafo::Join| if let Defect::End(order) = j.defect { Some((j.at, order)) } else { None };
        assert_eq!(p.joins.iter().filter_map(end).collect::<Vec<_>>(), ends, "{text}");
    }
}

#[test]
fn asymptotes() {
    for (text, side, want) in [
        ("gelu", 1, Some((1.0, 0.0))),
        ("gelu", 0, Some((0.0, 0.0))),
        ("telu", 1, Some((1.0, 0.0))),
        ("logish", 1, Some((2f64.ln(), 0.0))),
        ("softplus(x - 3)", 1, Some((1.0, -3.0))),
        ("selu", 0, Some((0.0, -1.758_099_340_847_376_8))),
        ("x*atan(x)", 1, Some((PI / 2.0, -1.0))),
        ("x*atan(x)", 0, Some((-PI / 2.0, -1.0))),
        ("x + 2 + sqrt(1 + x^2)", 1, Some((2.0, 2.0))),
        ("x^3/(x^2 + x + 1)", 1, Some((1.0, -1.0))),
        ("asinh", 1, None),
        ("x^2", 1, None),
        ("x + log(1 + x^2)", 1, None),
        ("sin(x)", 1, None),
        ("x + sin(x)", 1, None),
    ] {
        let found = sheet(text).ends[side].unwrap().asymptote;
        match (found, want) {
            (Some(a), Some((slope, intercept))) => {
                near(&format!("{text}: slope"), a.slope.value, slope, a.slope.error);
                near(&format!("{text}: intercept"), a.intercept.value, intercept, a.intercept.error);
                assert!(a.slope.error < 1e-12 && a.intercept.error < 1e-9, "{text}: {a:?}");
            }
            (found, want) => assert!(found.is_none() && want.is_none(), "{text}: {found:?}"),
        }
    }
    assert_eq!(sheet("sin(x)").ends[1].unwrap().limit, Limit::Oscillates);
    assert_eq!(sheet("-exp(x)").ends[1].unwrap().limit, Limit::Infinite(-1.0));
    assert!(sheet("log(x)").ends[0].is_none());
}

#[test]
fn points() {
    let at = |text: &str| sheet(text).stationary.iter().map(|s| (s.at, s.turning, s.kink)).collect::<Vec<_>>();
    assert_eq!(at("x^3"), [(0.0, Turning::Saddle, false)]);
    assert_eq!(at("x*abs(x)"), [(0.0, Turning::Saddle, false)]);
    assert_eq!(at("abs(x) - 1"), [(0.0, Turning::Minimum, true)]);
    assert_eq!(at("relu"), []);
    let zeros = |text: &str| sheet(text).zeros.iter().map(|r| (r.from, r.to)).collect::<Vec<_>>();
    assert_eq!(zeros("relu"), [(f64::NEG_INFINITY, 0.0)]);
    assert_eq!(zeros("x^2"), [(0.0, 0.0)]);
    assert_eq!(zeros("x^2 - 4"), [(-2.0, -2.0), (2.0, 2.0)]);
    assert_eq!(zeros("sign(x)"), [(0.0, 0.0)]);
    assert_eq!(zeros("sigmoid"), []);
    let fixed = |text: &str| sheet(text).fixed_points.iter().map(|r| (r.from, r.to)).collect::<Vec<_>>();
    assert_eq!(fixed("relu"), [(0.0, f64::INFINITY)]);
    assert_eq!(fixed("gelu"), [(0.0, 0.0)]);
    assert_eq!(fixed("softplus"), []);
    let cosine = &sheet("cos(x)").fixed_points;
    assert_eq!(cosine.len(), 1);
    near("cos", cosine[0].from, 0.739_085_133_215_160_6, 1e-15);
    near("cos'", cosine[0].slope, -0.673_612_029_183_215, 1e-14);
    // Two roots within one cell of the samples.
    let close = zeros("(x - 0.51)*(x - 0.511)*exp(-x^2)");
    assert_eq!(close.len(), 2, "{close:?}");
    near("first", close[0].0, 0.51, 1e-12);
    near("second", close[1].0, 0.511, 1e-12);
    for (text, parity) in
        [("tanh", Parity::Odd), ("cos(x)", Parity::Even), ("gelu", Parity::Neither), ("0*x", Parity::Both)]
    {
        assert_eq!(sheet(text).parity, parity, "{text}");
    }
    assert_eq!(sheet("log(x^2 - 1)").domain, [(f64::NEG_INFINITY, -1.0), (1.0, f64::INFINITY)]);
}

#[test]
fn moments_in_closed_form() {
    let root = (2.0 * PI).sqrt();
    for (text, mean, square, slope, slope_square) in [
        ("identity", 0.0, 1.0, 1.0, 1.0),
        ("relu", 1.0 / root, 0.5, 0.5, 0.5),
        ("x^2", 1.0, 3.0, 0.0, 4.0),
        ("sin(x)", 0.0, 0.5 * (1.0 - (-2f64).exp()), (-0.5f64).exp(), 0.5 * (1.0 + (-2f64).exp())),
        ("exp", 0.5f64.exp(), 2f64.exp(), 0.5f64.exp(), 2f64.exp()),
        // E erf'^2 = 4/(pi sqrt 5), E erf^2 = (4/pi) asin(...) by the arcsine law.
        ("erf", 0.0, 2.0 / PI * (2.0f64 / 3.0).asin(), 2.0 / (3.0 * PI).sqrt(), 4.0 / (PI * 5f64.sqrt())),
        ("gelu", 1.0 / (2.0 * PI.sqrt()), 1.0 / 3.0 + 0.5 / (PI * 3f64.sqrt()), 0.5, 0.455_850_865_649_287_1),
    ] {
        let m = sheet(text).moments.unwrap();
        for (what, got, want) in [
            ("mean", m.mean, mean),
            ("square", m.square, square),
            ("slope", m.slope, slope),
            ("slope square", m.slope_square, slope_square),
        ] {
            let got = got.unwrap();
            near(&format!("{text}: {what}"), got.value, want, 1e-12 * (1.0 + want.abs()));
            assert!(got.error < 1e-10 * (1.0 + want.abs()), "{text}: {what}: {got:?}");
        }
    }
    // Self-normalising: mean 0 and variance 1 are kept (Klambauer et al. 2017).
    let selu = sheet("selu").moments.unwrap();
    near("selu: mean", selu.mean.unwrap().value, 0.0, 1e-14);
    near("selu: variance", selu.variance.unwrap().value, 1.0, 1e-14);
    let m = under("relu", "cauchy(0,1)").moments.unwrap();
    assert_eq!(m.mean.unwrap().value, f64::INFINITY);
    near("relu under cauchy", m.slope.unwrap().value, 0.5, 1e-14);
    assert!(under("identity", "cauchy(0,1)").moments.unwrap().mean.is_none());
    assert!(sheet("log(x)").moments.is_none());
    near(
        "log",
        under("log(x)", "exponential(1)").moments.unwrap().mean.unwrap().value,
        -0.577_215_664_901_532_9,
        1e-12,
    );
}

#[test]
fn dead_zones() {
    let dead = |text: &str| sheet(text).dead_zone.unwrap();
    assert_eq!((dead("relu").flat, dead("gelu").flat, dead("5").flat), (0.5, 0.0, 1.0));
    near("hard_tanh", dead("hard_tanh").flat, 0.317_310_507_862_914_1, 1e-15);
    // f' = e^x < 0.001 below -log 1000; f' = 2 x.
    near("exp", dead("exp").nearly_flat, 2.461_912_018_748_7e-12, 1e-20);
    near("square", dead("x^2").nearly_flat, 0.001 * phi(0.0), 1e-10);
}

#[test]
fn edges_of_chaos() {
    let field = |text: &str| sheet(text).mean_field.unwrap();
    // He et al. 2015.
    let relu = field("relu");
    near("relu", relu.forward, 2.0, 1e-12);
    near("relu backward", relu.backward, 2.0, 1e-12);
    assert!(matches!(relu.edge_of_chaos, Criticality::Everywhere(w) if (w - 2.0).abs() < 1e-11));
    let Criticality::Everywhere(w) = field("leaky_relu(0.2)").edge_of_chaos else { panic!() };
    near("leaky_relu", w, 2.0 / 1.04, 1e-11);
    // Poole et al. 2016: sw = 1 at q = 0 for tanh without biases.
    let Criticality::At(points) = field("tanh").edge_of_chaos else { panic!() };
    assert_eq!(points.iter().map(|p| (p.variance, p.weights)).collect::<Vec<_>>(), [(0.0, 1.0)]);
    // The fixed point for tanh with sw2 = 4 and sb2 = 0.1 against a sum over a fine grid.
    let found = variance_fixed_points(&expr("tanh"), 4.0, 0.1).unwrap();
    assert_eq!(found.len(), 1);
    let gauss = |g: &dyn Fn(f64) -> f64| {
        (-4000..=4000).map(|i| f64::from(i) / 400.0).map(|z| g(z) * phi(z) / 400.0).sum::<f64>()
    };
    let deviation = found[0].variance.sqrt();
    near("q*", found[0].variance, 4.0 * gauss(&|z| (deviation * z).tanh().powi(2)) + 0.1, 1e-11);
    near("chi", found[0].chi, 4.0 * gauss(&|z| (deviation * z).cosh().powi(-4)), 1e-11);
    assert!(found[0].chi > 1.0, "chaotic");
    assert!(variance_fixed_points(&expr("tanh"), -1.0, 0.0).is_err());
}

/// Doubles in a range, the same in every run.
struct Draws(u64);

impl Draws {
    fn between(&mut self, low: f64, high: f64) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        low + (high - low) * ((self.0 >> 11) as f64 / (1u64 << 53) as f64)
    }
}

#[test]
fn what_the_sheet_says_of_the_catalogue_is_so() {
    let others = ["sin(x)*exp(-x^2/9)", "x^2", "max(x^3, x)", "gelu(x) - relu(x - 1)/2", "x/(1 + x^4)"];
    let names = CATALOGUE.iter().map(|row| row.name).chain(others);
    let mut draws = Draws(7);
    for name in names {
        let (f, p) = (Tape::new(&expr(name)).unwrap(), sheet(name));
        let rounding = |x: f64| 1e-14 * (1.0 + f.eval(x).abs());
        for i in 0..2000 {
            let reach = if i % 2 == 0 { 4.0 } else { 40.0 };
            let (x, y) = (draws.between(-reach, reach), draws.between(-reach, reach));
            let (fx, fy) = (f.eval(x), f.eval(y));
            let off = rounding(x) + rounding(y);
            assert!(p.range.low.value - off <= fx && fx <= p.range.high.value + off, "{name}({x}) = {fx}");
            assert!((fx - fy).abs() <= p.lipschitz.value * (x - y).abs() + off, "{name}: Lipschitz at {x}, {y}");
            let slopes = (f.derivative(x, 1) - f.derivative(y, 1)).abs();
            assert!(slopes <= p.lipschitz_slope.value * (x - y).abs() + 1e-13, "{name}: Lipschitz of f' at {x}, {y}");
            for run in p.monotone.iter().filter(|r| r.from <= x && x < y && y <= r.to) {
                let wrong = if run.sign == 0.0 { (fy - fx).abs() } else { run.sign * (fx - fy) };
                assert!(wrong <= off, "{name}: {run:?} at {x}, {y}");
            }
            for run in p.convexity.iter().filter(|r| r.from <= x.min(y) && x.max(y) <= r.to) {
                let above = 0.5 * (fx + fy) - f.eval(0.5 * (x + y));
                let wrong = if run.sign == 0.0 { above.abs() } else { -run.sign * above };
                assert!(wrong <= off, "{name}: {run:?} at {x}, {y}");
            }
        }
        let covered =
            |runs: &[eafo::Run]| runs.windows(2).all(|w| w[0].to == w[1].from) && runs[0].from == f64::NEG_INFINITY;
        assert!(covered(&p.monotone) && covered(&p.convexity), "{name}");
        for root in p.zeros.iter().flat_map(|r| [r.from, r.to]).filter(|x| x.is_finite()) {
            near(&format!("{name}: zero"), f.eval(root), 0.0, 1e-13);
        }
        for root in p.fixed_points.iter().flat_map(|r| [r.from, r.to]).filter(|x| x.is_finite()) {
            near(&format!("{name}: fixed point"), f.eval(root), root, 1e-13 * (1.0 + root.abs()));
        }
        let extremes = |p: &Properties| {
            [p.range, p.slope, p.curvature].iter().any(|b| b.low.value.is_nan() || b.high.value.is_nan())
        };
        assert!(!extremes(&p), "{name}");
    }
}

#[test]
fn stationary_points_are_those_of_the_catalogue() {
    for row in CATALOGUE {
        let found: Vec<f64> = sheet(row.name).stationary.iter().filter(|s| !s.kink).map(|s| s.at).collect();
        assert_eq!(found.len(), row.critical_points.len(), "{}: {found:?}", row.name);
        found.iter().zip(row.critical_points).for_each(|(a, b)| near(row.name, *a, *b, 2e-14));
    }
}

fn eafo(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_eafo")).args(args).output().unwrap()
}

fn out(args: &[&str]) -> String {
    let output = eafo(args);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn text_of_gelu() {
    insta::assert_snapshot!(out(&["analyze", "gelu"]));
}

#[test]
fn text_with_kinks_poles_and_oscillations() {
    let sheets = out(&["analyze", "relu", "1/x", "sin(x)", "--weights", "2", "--biases", "0.1"]);
    insta::assert_snapshot!(sheets);
}

#[test]
fn latex_table() {
    insta::assert_snapshot!(out(&["analyze", "relu", "gelu", "silu", "hard_tanh", "1/x", "--latex"]));
}

#[test]
fn json() {
    let value = |args: &[&str]| serde_json::from_str::<serde_json::Value>(&out(args)).unwrap();
    let one = value(&["analyze", "gelu", "--json"]);
    let p = &one["properties"];
    assert_eq!(p["class"], "C^infinity");
    near("JSON", p["lipschitz"]["f"]["value"].as_f64().unwrap(), 1.128_904_145_185_129, 1e-12);
    near("JSON", p["lipschitz"]["f"]["at"].as_f64().unwrap(), SQRT_2, 1e-12);
    assert_eq!(p["range"]["supremum"]["value"], "inf");
    assert_eq!(p["limits"]["inf"]["asymptote"]["slope"], 1.0);
    assert_eq!(p["moments"]["mean"]["value"].as_f64().map(|m| (m - 0.5 / PI.sqrt()).abs() < 1e-12), Some(true));
    let all: Vec<&str> =
        CATALOGUE.iter().map(|row| row.name).chain(["1/x", "log(x)", "tan(x)", "exp(exp(x))"]).collect();
    let text = out(&[&["analyze", "--json"], &all[..]].concat());
    assert!(!text.contains("\"nan\"") && !text.contains("NaN"));
    let several: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(several["sheets"].as_array().map(Vec::len), Some(all.len()));
    assert!(several["sheets"].as_array().unwrap().iter().all(|s| s["properties"]["class"].is_string()));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sheet.json");
    out(&["analyze", "gelu", "-o", path.to_str().unwrap()]);
    assert_eq!(std::fs::read_to_string(path).unwrap(), out(&["analyze", "gelu", "--json"]));
}

#[test]
fn bad_input() {
    let message = |args: &[&str]| {
        let output = eafo(args);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{args:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(message(&["analyze", "gleu"]).contains("did you mean `gelu`?"));
    assert!(message(&["analyze", "a*x"]).contains("parameter `a` has no value"));
    assert!(message(&["analyze", "log(-1 - x^2)"]).contains("is a finite real number on no interval"));
    assert!(message(&["analyze", "abs(sin(x))"]).contains("infinitely many kinks"));
    assert!(
        message(&["analyze", "tanh", "--weights", "-1"]).contains("the variance of the weights = -1 is out of range")
    );
    assert!(message(&["analyze", "tanh", "--biases", "1"]).contains("--weights"));
    assert!(message(&["analyze", "tanh", "--input", "normal(0,-1)"]).contains("sigma"));
}

#[test]
fn no_algebra_is_started() {
    // With the lock of symbolica held by someone else, a verb that needs it would wait.
    let folder = tempfile::tempdir().unwrap();
    let lock = folder.path().join("lock");
    let held = std::fs::File::create(&lock).unwrap();
    held.lock().unwrap();
    let output =
        Command::new(env!("CARGO_BIN_EXE_eafo")).args(["analyze", "gelu"]).env("EAFO_LOCK", &lock).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
}
