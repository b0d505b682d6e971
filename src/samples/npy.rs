//! NumPy's .npy: a magic word, a Python dict literal with type, order and shape, and the numbers.

use super::number::{Kind, Number};
use npyz::{DType, Endianness, NpyHeader, TypeChar, TypeStr};
use std::io::Read;

/// NumPy itself refuses longer headers (numpy.lib.format, `max_header_size`).
const LONGEST_HEADER: usize = 10_000;
/// A header of plain numbers has a dict with a tuple in it; structured types nest a little deeper.
const DEEPEST: usize = 8;
/// Numbers of one array; more bytes than any file has.
const MOST: f64 = 1e18;

/// What a header says.
#[derive(Debug, Clone)]
pub(super) struct Header {
    pub number: Result<Number, String>,
    pub count: u64,
    /// The bytes before the numbers.
    pub length: u64,
}

impl Header {
    /// Bytes of header and numbers together.
    pub(super) fn total(&self, number: Number) -> u128 {
        u128::from(self.length) + u128::from(self.count) * number.width() as u128
    }
}

/// Reads a header; an error says what is wrong with it.
pub(super) fn header(source: &mut impl Read) -> Result<Header, String> {
    let mut bytes = vec![0; 10];
    read(source, &mut bytes)?;
    if bytes.get(..6) != Some(b"\x93NUMPY") {
        return Err("it does not begin with the magic word of a .npy file, \\x93NUMPY".into());
    }
    if bytes[6] >= 2 {
        bytes.resize(12, 0);
        read(source, &mut bytes[10..])?;
    }
    let text = match bytes.as_slice() {
        [.., 1, _, a, b] if bytes.len() == 10 => usize::from(u16::from_le_bytes([*a, *b])),
        [.., a, b, c, d] if bytes.len() == 12 => u32::from_le_bytes([*a, *b, *c, *d]) as usize,
        // Left to the parser, which knows the versions there are.
        _ => 0,
    };
    if text > LONGEST_HEADER {
        return Err(format!("its header claims {text} bytes; no header is longer than {LONGEST_HEADER}"));
    }
    let before = bytes.len();
    bytes.resize(before + text, 0);
    read(source, &mut bytes[before..])?;
    plain(&bytes[before..])?;
    let parsed = NpyHeader::from_reader(bytes.as_slice()).map_err(|e| format!("its header is malformed: {e}"))?;
    let count = parsed.shape().iter().product();
    Ok(Header { number: number(&parsed), count, length: bytes.len() as u64 })
}

fn read(source: &mut impl Read, bytes: &mut [u8]) -> Result<(), String> {
    source.read_exact(bytes).map_err(|e| match e.kind() {
        std::io::ErrorKind::UnexpectedEof => "it ends within the header of a .npy file".into(),
        _ => e.to_string(),
    })
}

/// Refuses before parsing what only a hostile header has: escapes, deep nesting, and more numbers than a file can hold
/// (the product of the shape would overflow).
fn plain(text: &[u8]) -> Result<(), String> {
    if let Some(odd) = text.iter().find(|b| !(b.is_ascii_graphic() || **b == b' ' || **b == b'\n') || **b == b'\\') {
        return Err(format!("its header has the byte {odd:#04x}, which the header of an array of numbers never has"));
    }
    let mut depth = 0usize;
    for b in text {
        match b {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return Err(format!("its header nests deeper than {DEEPEST}"));
        }
    }
    let digits = text.split(|b| !b.is_ascii_digit()).filter_map(|d| std::str::from_utf8(d).ok()?.parse::<f64>().ok());
    let product: f64 = digits.filter(|d| *d > 0.0).product();
    if product > MOST {
        return Err(format!("its header claims about {product:.0e} bytes; no file holds more than {MOST:e}"));
    }
    Ok(())
}

/// The number type, or why there is none.
fn number(header: &NpyHeader) -> Result<Number, String> {
    if header.uses_pickled_array() {
        return Err("it holds pickled Python objects, which are never loaded; save it as an array of numbers".into());
    }
    let DType::Plain(plain) = header.dtype() else {
        return Err(refused("a structured type"));
    };
    let kind = match (plain.type_char(), plain.size_field()) {
        (TypeChar::Float, 2) => Kind::F16,
        (TypeChar::Float, 4) => Kind::F32,
        (TypeChar::Float, 8) => Kind::F64,
        (TypeChar::Int, 1) => Kind::I8,
        (TypeChar::Int, 2) => Kind::I16,
        (TypeChar::Int, 4) => Kind::I32,
        (TypeChar::Int, 8) => Kind::I64,
        (TypeChar::Uint, 1) => Kind::U8,
        (TypeChar::Uint, 2) => Kind::U16,
        (TypeChar::Uint, 4) => Kind::U32,
        (TypeChar::Uint, 8) => Kind::U64,
        _ => return Err(refused(&described(&plain))),
    };
    Ok(Number { kind, big_endian: plain.endianness() == Endianness::Big })
}

fn described(plain: &TypeStr) -> String {
    let name = match plain.type_char() {
        TypeChar::Bool => "booleans",
        TypeChar::Complex => "complex numbers",
        TypeChar::TimeDelta | TypeChar::DateTime => "dates",
        TypeChar::ByteStr | TypeChar::UnicodeStr => "strings",
        TypeChar::RawData => "raw bytes",
        _ => "numbers of an unusual size",
    };
    format!("{name} ({plain})")
}

/// The refusal of a type.
pub(super) fn refused(what: &str) -> String {
    format!("it holds {what}; samples are float16, bfloat16, float32, float64 or integers")
}
