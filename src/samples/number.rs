//! The number types of the files, as bytes to doubles.

use half::{bf16, f16};

macro_rules! kinds {
    ($($variant:ident $type:ty, $name:literal, $to:expr;)*) => {
        /// A number type.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Kind { $($variant,)* }

        impl Kind {
            /// The name that NumPy has for it.
            pub(super) fn name(self) -> &'static str {
                match self { $(Kind::$variant => $name,)* }
            }

            /// Bytes per number.
            pub(super) fn width(self) -> usize {
                match self { $(Kind::$variant => size_of::<$type>(),)* }
            }

            /// Appends the numbers in `bytes`, whole ones, to `out`.
            fn decode(self, big_endian: bool, bytes: &[u8], out: &mut Vec<f64>) {
                match self {
                    $(Kind::$variant => {
                        let chunks = bytes.as_chunks::<{ size_of::<$type>() }>().0.iter();
                        let number: fn($type) -> f64 = $to;
                        match big_endian {
                            false => out.extend(chunks.map(|b| number(<$type>::from_le_bytes(*b)))),
                            true => out.extend(chunks.map(|b| number(<$type>::from_be_bytes(*b)))),
                        }
                    })*
                }
            }
        }
    };
}

kinds! {
    F16 f16, "float16", f16::to_f64;
    Bf16 bf16, "bfloat16", bf16::to_f64;
    F32 f32, "float32", f64::from;
    F64 f64, "float64", |x| x;
    I8 i8, "int8", f64::from;
    I16 i16, "int16", f64::from;
    I32 i32, "int32", f64::from;
    I64 i64, "int64", |x| x as f64;
    U8 u8, "uint8", f64::from;
    U16 u16, "uint16", f64::from;
    U32 u32, "uint32", f64::from;
    U64 u64, "uint64", |x| x as f64;
}

/// A number type and its byte order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Number {
    pub kind: Kind,
    pub big_endian: bool,
}

impl Number {
    /// Least byte first.
    pub(super) fn little(kind: Kind) -> Number {
        Number { kind, big_endian: false }
    }

    /// Bytes per number.
    pub(super) fn width(self) -> usize {
        self.kind.width()
    }

    /// Whether it has a fraction.
    pub(super) fn is_floating(self) -> bool {
        matches!(self.kind, Kind::F16 | Kind::Bf16 | Kind::F32 | Kind::F64)
    }

    /// Appends the numbers in `bytes` to `out`.
    pub(super) fn decode(self, bytes: &[u8], out: &mut Vec<f64>) {
        self.kind.decode(self.big_endian, bytes, out);
    }
}
