//! .safetensors: the length of a JSON header, the header with names, types and places, and the numbers.

use super::Sample;
use super::npy::refused;
use super::number::{Kind, Number};
use super::reading::Job;
use super::stream::{Stream, unreadable};
use super::tally::Tally;
use crate::error::Result;
use safetensors::Dtype;
use safetensors::tensor::Metadata;
use std::io::{self, BufRead, Read};

/// As long as the format's own library lets a header be.
const LONGEST_HEADER: u64 = 100_000_000;

/// One tensor to read: its place in the list of names, and its bytes within the data.
struct Place {
    index: usize,
    number: Number,
    from: u64,
    count: u64,
}

/// The tensors of a file, in one pass over it.
pub(super) fn read(job: &Job) -> Result<Vec<Sample>> {
    let mut stream = Stream::open(job.path, job.progress)?;
    let metadata = header(job, &mut stream)?;
    let names = metadata.offset_keys();
    let tensors: Vec<_> = names.iter().filter_map(|name| Some((name, metadata.info(name)?))).collect();
    let arrays: Vec<_> = tensors.iter().map(|(name, info)| ((*name).clone(), number(info.dtype))).collect();
    let chosen = job.choose(&arrays)?;
    let mut places: Vec<Place> = Vec::with_capacity(chosen.len());
    for index in &chosen {
        let (Some((_, info)), Some((_, Ok(number)))) = (tensors.get(*index), arrays.get(*index)) else { continue };
        let (from, to) = (info.data_offsets.0 as u64, info.data_offsets.1 as u64);
        places.push(Place { index: *index, number: *number, from, count: (to - from) / number.width() as u64 });
    }
    places.sort_by_key(|p| (p.from, p.index));
    places.dedup_by_key(|p| p.index);
    let tallies = take(job, &mut stream, &places)?;
    let sha256 = stream.finish()?;
    let mut samples = Vec::with_capacity(places.len());
    for (place, tally) in places.iter().zip(tallies) {
        let (name, _) = &arrays[place.index];
        samples.push((place.index, job.sample(name, place.number, tally, &sha256)?));
    }
    let wanted = |index: &usize| samples.iter().find(|(i, _)| i == index).map(|(_, sample)| sample.clone());
    Ok(chosen.iter().filter_map(wanted).collect())
}

/// The header, checked by the format's own library, which wants the tensors to fill the file without gap or overlap.
fn header(job: &Job, stream: &mut Stream) -> Result<Metadata> {
    let length = stream.length();
    let mut eight = [0; 8];
    stream.read_exact(&mut eight).map_err(|e| short(job, &e))?;
    let claimed = u64::from_le_bytes(eight);
    if claimed > LONGEST_HEADER || claimed > length.saturating_sub(8) {
        let place = if claimed > LONGEST_HEADER { "more than the format allows" } else { "more than the file has" };
        return Err(
            job.refuse(format!("its header claims {claimed} bytes, {place}: it is truncated or no .safetensors"))
        );
    }
    let mut text = vec![0; claimed as usize];
    stream.read_exact(&mut text).map_err(|e| short(job, &e))?;
    let malformed = |e: serde_json::Error| job.refuse(format!("its header is malformed: {e}"));
    let metadata: Metadata = serde_json::from_slice(&text).map_err(malformed)?;
    let (promised, data) = (metadata.data_len() as u64, length - 8 - claimed);
    if promised != data {
        let remedy = if promised > data { "it is truncated" } else { "something else follows" };
        return Err(job.refuse(format!("its header claims {promised} bytes of numbers, the file has {data}: {remedy}")));
    }
    Ok(metadata)
}

fn short(job: &Job, error: &io::Error) -> crate::error::Error {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => job.refuse("it ends within the header of a .safetensors file"),
        _ => unreadable(job.path, error),
    }
}

/// One pass over the data; what lies between the wanted tensors is read for the hash only.
fn take(job: &Job, stream: &mut Stream, places: &[Place]) -> Result<Vec<Tally>> {
    let mut at = 0u64;
    let mut tallies = Vec::with_capacity(places.len());
    for place in places {
        skip(stream, place.from - at).map_err(|e| unreadable(job.path, &e))?;
        let mut tally = job.tally(Some(place.count));
        tally.take(stream, place.number, place.count).map_err(|e| match e.kind() {
            io::ErrorKind::UnexpectedEof => job.refuse("it became shorter while it was read"),
            _ => unreadable(job.path, &e),
        })?;
        at = place.from + place.count * place.number.width() as u64;
        tally.finish();
        tallies.push(tally);
    }
    Ok(tallies)
}

fn skip(stream: &mut Stream, mut bytes: u64) -> io::Result<()> {
    while bytes > 0 {
        let here = stream.fill_buf()?.len().min(usize::try_from(bytes).unwrap_or(usize::MAX));
        if here == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        stream.consume(here);
        bytes -= here as u64;
    }
    Ok(())
}

fn number(dtype: Dtype) -> std::result::Result<Number, String> {
    let kind = match dtype {
        Dtype::F16 => Kind::F16,
        Dtype::BF16 => Kind::Bf16,
        Dtype::F32 => Kind::F32,
        Dtype::F64 => Kind::F64,
        Dtype::I8 => Kind::I8,
        Dtype::I16 => Kind::I16,
        Dtype::I32 => Kind::I32,
        Dtype::I64 => Kind::I64,
        Dtype::U8 => Kind::U8,
        Dtype::U16 => Kind::U16,
        Dtype::U32 => Kind::U32,
        Dtype::U64 => Kind::U64,
        Dtype::BOOL => return Err(refused("booleans")),
        other => return Err(refused(&format!("numbers of type {other}"))),
    };
    Ok(Number::little(kind))
}
