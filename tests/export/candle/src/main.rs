//! Prints `value slope parameter-slopes ; value32 slope32` of exported layers, point by point, having checked that half precision,
//! channels and the optimiser work. `subjects.rs` is written by tests/export.rs.

use candle_core::{DType, Device, Module, Result, Tensor, Var};
use candle_nn::{AdamW, Optimizer, ParamsAdamW, VarBuilder, VarMap};

mod subjects;

/// A parameter of the formula: what the layer learns, its name and the slope of the parameter by it; or the scalar derivative of
/// one that is not learned.
pub enum Parameter {
    Learned(&'static str, f64),
    Fixed(fn(f64) -> f64),
}

fn main() -> Result<()> {
    subjects::all()
}

/// The layer with so many channels, or without parameters.
pub fn show<L: Module>(
    name: &str,
    points: &[f64],
    parameters: &[Parameter],
    layer: impl Fn(usize, VarBuilder) -> Result<L>,
) -> Result<()> {
    let cpu = Device::Cpu;
    let learns = parameters.iter().any(|p| matches!(p, Parameter::Learned(..)));
    let map = VarMap::new();
    // A channel for each point, so that there is a slope for each.
    let wide = layer(points.len(), VarBuilder::from_varmap(&map, DType::F64, &cpu))?;
    let slopes = |x: &Tensor| -> Result<(Vec<f64>, Vec<f64>, Vec<Vec<f64>>)> {
        let x = Var::from_tensor(x)?;
        let value = wide.forward(&x)?;
        assert_eq!((value.dtype(), value.dims()), (x.dtype(), x.dims()), "{name}");
        let grads = value.sum_all()?.backward()?;
        let of = |v: &Var| grads.get(v).expect("a gradient").to_dtype(DType::F64)?.flatten_all()?.to_vec1::<f64>();
        let data = map.data().lock().expect("a lock");
        let mut by = Vec::new();
        for parameter in parameters {
            by.push(match parameter {
                Parameter::Learned(stored, inner) => of(&data[*stored])?.iter().map(|g| g / inner).collect(),
                Parameter::Fixed(f) => points.iter().map(|x| f(*x)).collect(),
            });
        }
        Ok((value.to_dtype(DType::F64)?.flatten_all()?.to_vec1()?, of(&x)?, by))
    };
    let x = Tensor::from_slice(points, (1, points.len()), &cpu)?;
    let (value, slope, by) = slopes(&x)?;
    let (value32, slope32, _) = slopes(&x.to_dtype(DType::F32)?)?;
    for i in 0..points.len() {
        let by: String = by.iter().map(|b| format!(" {:e}", b[i])).collect();
        println!("{:e} {:e}{by} ; {:e} {:e}", value[i], slope[i], value32[i], slope32[i]);
    }
    half(name, &wide, &x)?;
    channels(name, learns, &layer)?;
    if learns { trains(name, &layer) } else { Ok(()) }
}

/// Half precision is what double precision gives, rounded once.
fn half(name: &str, layer: &impl Module, x: &Tensor) -> Result<()> {
    for narrow in [DType::BF16, DType::F16] {
        let x = x.to_dtype(narrow)?;
        let found = layer.forward(&x)?;
        assert_eq!(found.dtype(), narrow, "{name}");
        let expected = layer.forward(&x.to_dtype(DType::F64)?)?.to_dtype(narrow)?;
        let bits = |t: &Tensor| t.to_dtype(DType::F64)?.flatten_all()?.to_vec1::<f64>();
        let same = |(a, b): (&f64, &f64)| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan();
        assert!(bits(&found)?.iter().zip(&bits(&expected)?).all(same), "{name} in {narrow:?}: {found} {expected}");
    }
    Ok(())
}

/// One parameter for each channel of images, strided too, gives what one for all does as long as they are equal.
fn channels<L: Module>(name: &str, learns: bool, layer: impl Fn(usize, VarBuilder) -> Result<L>) -> Result<()> {
    let cpu = Device::Cpu;
    let fresh = |channels| layer(channels, VarBuilder::from_varmap(&VarMap::new(), DType::F32, &cpu));
    let x = Tensor::arange(0f32, 24., &cpu)?.affine(1. / 6., -2.)?;
    let one = fresh(1)?.forward(&x)?.to_vec1::<f32>()?;
    let three = fresh(3)?.forward(&x.reshape((2, 3, 4))?)?.flatten_all()?.to_vec1::<f32>()?;
    assert_eq!(one, three, "{name}");
    let turned = fresh(3)?.forward(&x.reshape((2, 4, 3))?.transpose(1, 2)?)?.transpose(1, 2)?;
    assert_eq!(one, turned.flatten_all()?.to_vec1::<f32>()?, "{name}");
    assert_eq!(fresh(1)?.forward(&x.get(3)?)?.to_scalar::<f32>()?, one[3], "{name}");
    let wrong = fresh(3)?.forward(&x.reshape((2, 4, 3))?);
    assert_eq!(wrong.is_err(), learns, "{name}");
    assert!(fresh(1)?.forward(&x.to_dtype(DType::I64)?).is_err(), "{name}");
    Ok(())
}

/// A step of AdamW changes what is learned and lessens the loss.
fn trains<L: Module>(name: &str, layer: impl Fn(usize, VarBuilder) -> Result<L>) -> Result<()> {
    let cpu = Device::Cpu;
    let map = VarMap::new();
    let layer = layer(1, VarBuilder::from_varmap(&map, DType::F32, &cpu))?;
    let x = Tensor::arange(0f32, 32., &cpu)?.affine(1. / 8., -1.9)?;
    let loss = || (layer.forward(&x)? - 1.)?.sqr()?.mean_all();
    let before = loss()?;
    let settings = ParamsAdamW { lr: 1e-3, weight_decay: 0.0, ..Default::default() };
    let mut optimiser = AdamW::new(map.all_vars(), settings)?;
    optimiser.backward_step(&before)?;
    let (before, after) = (before.to_scalar::<f32>()?, loss()?.to_scalar::<f32>()?);
    assert!(after < before, "{name}: {before} {after}");
    Ok(())
}
