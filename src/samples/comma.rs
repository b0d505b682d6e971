//! .csv: one column per array, with or without a line of names.

use super::Sample;
use super::number::{Kind, Number};
use super::reading::Job;
use super::stream::{Stream, unreadable};
use super::tally::Tally;
use crate::error::{Error, Result};
use csv::{ByteRecord, ErrorKind, Reader, ReaderBuilder};
use std::cell::Cell;
use std::io::{self, BufRead, Read};
use std::rc::Rc;

/// No line of numbers is longer; an unclosed quote would take the rest of the file for one.
const LONGEST_LINE: usize = 1 << 24;
/// The reader of lines fetches so much at once.
const FETCH: usize = 1 << 16;

/// The columns of a file of comma-separated values (or semicolons, tabs or blanks, where the first line has no comma).
pub(super) fn read(job: &Job) -> Result<Vec<Sample>> {
    let mut stream = Stream::open(job.path, job.progress)?;
    let delimiter = delimiter(stream.fill_buf().map_err(|e| unreadable(job.path, &e))?);
    let room = Rc::new(Cell::new(LONGEST_LINE));
    let limited = Limited { stream: &mut stream, room: room.clone() };
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .delimiter(delimiter)
        .comment(Some(b'#'))
        .trim(csv::Trim::All)
        .buffer_capacity(FETCH)
        .from_reader(limited);
    let mut columns = Columns::default();
    let mut record = ByteRecord::new();
    let next = |reader: &mut Reader<Limited>, record: &mut ByteRecord| {
        room.set(LONGEST_LINE);
        reader.read_byte_record(record).map_err(|e| malformed(job, &e))
    };
    if !next(&mut reader, &mut record)? {
        return Err(job.refuse("it is empty; a sample needs numbers"));
    }
    columns.begin(job, &record)?;
    while next(&mut reader, &mut record)? {
        columns.take(job, &record)?;
    }
    drop(reader);
    let sha256 = stream.finish()?;
    columns.samples(job, &sha256)
}

/// What separates the fields, from the first line that is no comment.
fn delimiter(start: &[u8]) -> u8 {
    let line = start.split(|b| *b == b'\n').find(|l| !l.is_empty() && !l.starts_with(b"#")).unwrap_or_default();
    let line = line.trim_ascii();
    [b',', b';', b'\t', b' '].into_iter().find(|d| line.contains(d)).unwrap_or(b',')
}

fn malformed(job: &Job, error: &csv::Error) -> Error {
    let line = |position: &Option<csv::Position>| position.as_ref().map_or(0, csv::Position::line);
    match error.kind() {
        ErrorKind::Io(e) if e.kind() == io::ErrorKind::InvalidData => job.refuse(e.to_string()),
        ErrorKind::Io(e) => unreadable(job.path, e),
        ErrorKind::UnequalLengths { pos, expected_len, len } => {
            job.refuse(format!("line {} has {len} fields, the lines before have {expected_len}", line(pos)))
        }
        _ => job.refuse(error.to_string()),
    }
}

/// The columns to read.
#[derive(Default)]
struct Columns {
    names: Vec<String>,
    chosen: Vec<usize>,
    tallies: Vec<Tally>,
}

impl Columns {
    /// Takes the first line in: names, unless every field of it is a number.
    fn begin(&mut self, job: &Job, record: &ByteRecord) -> Result<()> {
        let headless = record.iter().all(|field| number(field).is_some());
        self.names = match headless {
            true if record.len() == 1 => vec![job.stem()],
            true => (1..=record.len()).map(|i| format!("column{i}")).collect(),
            false => record.iter().map(|field| String::from_utf8_lossy(field).into_owned()).collect(),
        };
        let double = || Ok(Number::little(Kind::F64));
        let arrays: Vec<_> = self.names.iter().map(|name| (name.clone(), double())).collect();
        self.chosen = job.choose(&arrays)?;
        self.tallies = self.chosen.iter().map(|_| job.tally(None)).collect();
        if headless { self.take(job, record) } else { Ok(()) }
    }

    fn take(&mut self, job: &Job, record: &ByteRecord) -> Result<()> {
        for (column, tally) in self.chosen.iter().zip(&mut self.tallies) {
            let field = record.get(*column).unwrap_or_default();
            let Some(x) = number(field) else {
                let line = record.position().map_or(0, csv::Position::line);
                let shown: String = String::from_utf8_lossy(field).chars().take(40).collect();
                return Err(job.refuse(format!(
                    "line {line}, column `{}`: `{shown}` is not a number; --array names the columns to read",
                    self.names[*column]
                )));
            };
            tally.push(x);
        }
        Ok(())
    }

    fn samples(self, job: &Job, sha256: &str) -> Result<Vec<Sample>> {
        let columns = self.chosen.iter().zip(self.tallies);
        columns.map(|(i, tally)| job.sample(&self.names[*i], Number::little(Kind::F64), tally, sha256)).collect()
    }
}

/// A field as a number; an empty one is a missing value, NaN.
fn number(field: &[u8]) -> Option<f64> {
    if field.is_empty() {
        return Some(f64::NAN);
    }
    std::str::from_utf8(field).ok()?.parse().ok()
}

/// The file, with an end to how much one line may be.
struct Limited<'a> {
    stream: &'a mut Stream,
    room: Rc<Cell<usize>>,
}

impl Read for Limited<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.room.get() == 0 {
            let message = format!("a line is longer than {LONGEST_LINE} bytes: a quote may be left open");
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        let n = self.stream.read(out)?;
        self.room.set(self.room.get().saturating_sub(n));
        Ok(n)
    }
}
