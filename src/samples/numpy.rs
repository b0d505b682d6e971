//! .npy files, and .npz archives of them.

use super::npy::{self, Header};
use super::number::Number;
use super::reading::{Job, parallel};
use super::stream::{self, Stream, unreadable};
use super::tally::Tally;
use super::{Sample, progress::Progress};
use crate::error::{Error, Result};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::sync::Arc;
use zip::ZipArchive;
use zip::result::ZipError;

/// The one array of a .npy file, named after the file.
pub(super) fn read_npy(job: &Job) -> Result<Vec<Sample>> {
    let mut stream = Stream::open(job.path, job.progress)?;
    let header = npy::header(&mut stream).map_err(|reason| job.refuse(reason))?;
    let name = job.stem();
    let chosen = job.choose(&[(name.clone(), header.number.clone())])?;
    let Some(number) = chosen.first().and_then(|_| header.number.clone().ok()) else { return Ok(vec![]) };
    check_length(job, None, &header, number, stream.length())?;
    let mut tally = job.tally(Some(header.count));
    take(job, &name, &mut stream, &mut tally, number, header.count)?;
    // The hash lies behind: there is time to sort.
    tally.finish();
    let sha256 = stream.finish()?;
    Ok(vec![job.sample(&name, number, tally, &sha256)?])
}

/// Header and numbers have to fill the file, or the entry of an archive.
fn check_length(job: &Job, entry: Option<&str>, header: &Header, number: Number, length: u64) -> Result<()> {
    let claimed = header.total(number);
    if claimed == u128::from(length) {
        return Ok(());
    }
    let place = entry.map_or("the file".to_owned(), |name| format!("array `{name}`"));
    let remedy = if claimed > u128::from(length) { "it is truncated" } else { "something else follows" };
    Err(job.refuse(format!(
        "its header claims {} numbers of type {}, {claimed} bytes with the header, but {place} has {length}: {remedy}",
        header.count,
        number.kind.name()
    )))
}

fn take(job: &Job, name: &str, source: &mut impl BufRead, tally: &mut Tally, number: Number, count: u64) -> Result<()> {
    tally.take(source, number, count).map_err(|e| match e.kind() {
        io::ErrorKind::UnexpectedEof => {
            job.refuse(format!("array `{name}` ends before the last of its {count} numbers"))
        }
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => job.refuse(format!("array `{name}`: {e}")),
        _ => unreadable(job.path, &e),
    })
}

/// The arrays of an .npz archive. The archive is read array by array, and once more for its hash.
pub(super) fn read_npz(job: &Job) -> Result<Vec<Sample>> {
    std::thread::scope(|scope| {
        let hash = scope.spawn(|| stream::sha256(job.path));
        let tallies = entries(job);
        let sha256 = hash.join().unwrap_or_else(|_| Err(unreadable(job.path, &io::Error::other("no hash"))));
        let tallies = tallies?;
        let sha256 = sha256?;
        tallies.into_iter().map(|(name, number, tally)| job.sample(&name, number, tally, &sha256)).collect()
    })
}

/// The tallies of the arrays to read. Several at a time, each with its own handle of the file.
fn entries(job: &Job) -> Result<Vec<(String, Number, Tally)>> {
    let mut archive = archive(job)?;
    if archive.has_overlapping_files().map_err(|e| job.refuse(malformed(&e)))? {
        return Err(job.refuse("entries of the archive overlap, as in a bomb; no program writes such files"));
    }
    let names: Vec<(usize, String)> = (0..archive.len())
        .filter_map(|i| Some((i, npyz::npz::array_name_from_file_name(archive.name_for_index(i)?)?.to_owned())))
        .collect();
    let mut arrays = Vec::with_capacity(names.len());
    for (i, name) in &names {
        let wanted = job.reading.arrays.is_empty() || job.reading.arrays.contains(name);
        let number = if wanted { entry_header(job, &mut archive, *i, name)?.number } else { Err(String::new()) };
        arrays.push((name.clone(), number));
    }
    let chosen = job.choose(&arrays)?;
    parallel(&chosen, job.threads, |place| {
        let (index, name) = &names[*place];
        let mut archive = self::archive(job)?;
        let header = entry_header(job, &mut archive, *index, name)?;
        let number = header.number.clone().map_err(|reason| job.refuse(format!("array `{name}`: {reason}")))?;
        let entry = archive.by_index(*index).map_err(|e| job.refuse(malformed(&e)))?;
        check_length(job, Some(name), &header, number, entry.size())?;
        let mut source = BufReader::with_capacity(1 << 16, entry);
        npy::header(&mut source).map_err(|reason| job.refuse(format!("array `{name}`: {reason}")))?;
        let mut tally = job.tally(Some(header.count));
        take(job, name, &mut source, &mut tally, number, header.count)?;
        tally.finish();
        // Reading on to the end has the checksum of the entry compared.
        let after = io::copy(&mut source, &mut io::sink()).map_err(|e| job.refuse(format!("array `{name}`: {e}")))?;
        match after {
            0 => Ok((name.clone(), number, tally)),
            _ => Err(job.refuse(format!("array `{name}` has {after} bytes after its last number"))),
        }
    })
}

type Archive = ZipArchive<BufReader<Counted>>;

fn archive(job: &Job) -> Result<Archive> {
    let (file, _) = stream::open(job.path)?;
    let counted = Counted { file, progress: job.progress.clone() };
    ZipArchive::new(BufReader::with_capacity(1 << 16, counted)).map_err(|e| job.refuse(malformed(&e)))
}

fn entry_header(job: &Job, archive: &mut Archive, index: usize, name: &str) -> Result<Header> {
    let refuse = |reason: String| -> Error { job.refuse(format!("array `{name}`: {reason}")) };
    let mut entry = archive.by_index(index).map_err(|e| refuse(malformed(&e)))?;
    npy::header(&mut entry).map_err(refuse)
}

fn malformed(error: &ZipError) -> String {
    format!("it is not an archive that can be read: {error}")
}

/// A file whose bytes count as progress.
struct Counted {
    file: File,
    progress: Arc<Progress>,
}

impl Read for Counted {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(out)?;
        self.progress.advance(n as u64);
        Ok(n)
    }
}

impl Seek for Counted {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}
