//! The functions of one argument on the lanes of a block, with their derivatives.

use super::super::function::{Function, sign};
use super::Lanes;
use super::steps::Slope;
use crate::numeric::lanes;

/// 2^400
const FLAT: f64 = f64::from_bits((1023 + 400) << 52);

/// f(a) and, where asked for, f'(a) da.
#[inline(always)]
// A function handed over by name would be called, not inlined, and miss the vector instructions.
#[allow(clippy::redundant_closure)]
pub(super) fn call<const FUSED: bool>(f: Function, (a, da): (&Lanes, Slope), y: &mut [f64], dy: Option<&mut [f64]>) {
    let da = da.lanes();
    let alone = dy.is_none();
    match f {
        Function::Exp => pairs(
            (a, da),
            y,
            dy,
            #[inline(always)]
            |u| {
                let e = lanes::exp::<FUSED>(u);
                (e, e)
            },
        ),
        Function::Log => pairs(
            (a, da),
            y,
            dy,
            #[inline(always)]
            |u| (if u > 0.0 { lanes::log::<FUSED>(u) } else { f64::NAN }, 1.0 / u),
        ),
        Function::Tanh => pairs(
            (a, da),
            y,
            dy,
            #[inline(always)]
            |u| lanes::tanh::<FUSED>(u),
        ),
        Function::Sigmoid => pairs(
            (a, da),
            y,
            dy,
            #[inline(always)]
            |u| lanes::sigmoid::<FUSED>(u),
        ),
        Function::Softplus => pairs(
            (a, da),
            y,
            dy,
            #[inline(always)]
            |u| lanes::softplus::<FUSED>(u),
        ),
        Function::LogSigmoid => pairs(
            (a, da),
            y,
            dy,
            #[inline(always)]
            |u| {
                let (value, slope) = lanes::softplus::<FUSED>(-u);
                (-value, slope)
            },
        ),
        Function::NormalCdf => pairs(
            (a, da),
            y,
            dy,
            #[inline(always)]
            |u| lanes::normal::<FUSED>(u),
        ),
        Function::NormalPdf => pairs(
            (a, da),
            y,
            dy,
            #[inline(always)]
            |u| {
                let value = 0.398_942_280_401_432_7 * lanes::bell::<FUSED>(u);
                (value, -u * value)
            },
        ),
        Function::Erf => pairs(
            (a, da),
            y,
            dy,
            #[inline(always)]
            |u| lanes::erf::<FUSED>(u),
        ),
        Function::Abs => pairs(
            (a, da),
            y,
            dy,
            #[inline(always)]
            |u| (u.abs(), sign(u)),
        ),
        Function::Sign => pairs(
            (a, da),
            y,
            dy,
            #[inline(always)]
            |u| (sign(u), 0.0),
        ),
        Function::InverseRoot => pairs(
            (a, da),
            y,
            dy,
            #[inline(always)]
            |u| {
                // Beyond 2^400 the value is 1 and the slope 0 in doubles, and the square would overflow.
                let u = u.clamp(-FLAT, FLAT);
                let w = 1.0 / (1.0 + u * u);
                (u * w.sqrt(), w * w.sqrt())
            },
        ),
        Function::Atan => pairs(
            (a, da),
            y,
            dy,
            #[inline(always)]
            |u| (lanes::atan::<FUSED>(u), 1.0 / (1.0 + u * u)),
        ),
        Function::Asinh => pairs(
            (a, da),
            y,
            dy,
            #[inline(always)]
            |u| lanes::asinh::<FUSED>(u),
        ),
        Function::Expm1 => pairs(
            (a, da),
            y,
            dy,
            #[inline(always)]
            |u| lanes::expm1::<FUSED>(u),
        ),
        Function::Log1p => pairs(
            (a, da),
            y,
            dy,
            #[inline(always)]
            |u| (lanes::log1p::<FUSED>(u), 1.0 / (1.0 + u)),
        ),
        Function::Sin => pairs((a, da), y, dy, |u| f64::sin_cos(u)),
        Function::Cos => pairs((a, da), y, dy, |u| (u.cos(), -u.sin())),
        Function::Sinh => pairs((a, da), y, dy, |u| (u.sinh(), u.cosh())),
        Function::Cosh => pairs((a, da), y, dy, |u| (u.cosh(), u.sinh())),
        Function::Tan
        | Function::Asin
        | Function::Acos
        | Function::Acosh
        | Function::Atanh
        | Function::Erfc
        | Function::BesselI0e
        | Function::BesselI1e
        | Function::Gamma => pairs((a, da), y, dy, |u| {
            let mut out = [0.0; 2];
            crate::expr::taylor::of_function(f, u, if alone { &mut out[..1] } else { &mut out });
            (out[0], out[1])
        }),
    }
}

/// Writes the two values of f at every lane, the second times da and where there is room for it.
#[inline(always)]
fn pairs((a, da): (&Lanes, &Lanes), y: &mut [f64], dy: Option<&mut [f64]>, f: impl Fn(f64) -> (f64, f64)) {
    match dy {
        Some(dy) => {
            for (((a, da), y), dy) in a.iter().zip(da).zip(y).zip(dy) {
                let (value, slope) = f(*a);
                (*y, *dy) = (value, slope * da);
            }
        }
        // No for_each: the compiler might call it, not inline it, and miss the vector instructions.
        None => {
            for (a, y) in a.iter().zip(y) {
                *y = f(*a).0;
            }
        }
    }
}
