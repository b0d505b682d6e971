//! A file read from front to end, its SHA-256 taken on the way by a thread that reads it too.
//!
//! Two handles rather than buffers handed over: the copy out of the system's cache stays in the cache of the core that works
//! on it.

use super::progress::Progress;
use crate::error::{Error, Result};
use sha2::{Digest, Sha256};
use std::fs::{File, Metadata};
use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};

/// Bytes per read: large enough for the disk, small enough for the second cache.
const CHUNK: usize = 1 << 16;
/// After how many bytes the hash is told to follow, and how many such steps it may lie behind: what it reads is still in the
/// system's cache.
const STEP: usize = 1 << 20;
const BEHIND: usize = 16;

/// The file. Dropped before its end, it leaves the hash undone.
pub(super) struct Stream {
    path: PathBuf,
    file: File,
    opened: Metadata,
    buffer: Vec<u8>,
    place: usize,
    filled: usize,
    /// Bytes read of which the hash does not know yet.
    untold: usize,
    to_hash: SyncSender<usize>,
    hash: JoinHandle<io::Result<String>>,
    progress: Arc<Progress>,
}

/// The system's refusal to read a file.
pub(super) fn unreadable(path: &Path, error: &io::Error) -> Error {
    Error::File { action: "read", path: path.to_owned(), reason: error.to_string() }
}

/// Opens a regular file: its handle and what the system knows of it.
pub(super) fn open(path: &Path) -> Result<(File, Metadata)> {
    // Looked at first: opening a pipe waits for one who writes.
    let metadata = std::fs::metadata(path).map_err(|e| unreadable(path, &e))?;
    if !metadata.is_file() {
        let reason = "it is not a regular file; samples are read from files, not from pipes or folders".into();
        return Err(Error::Content { path: path.to_owned(), reason });
    }
    let file = File::open(path).map_err(|e| unreadable(path, &e))?;
    let metadata = file.metadata().map_err(|e| unreadable(path, &e))?;
    Ok((file, metadata))
}

/// Whether two looks at a file find the same content, as far as the system tells.
fn same(a: &Metadata, b: &Metadata) -> bool {
    a.len() == b.len() && a.modified().ok() == b.modified().ok()
}

impl Stream {
    pub(super) fn open(path: &Path, progress: &Arc<Progress>) -> Result<Stream> {
        let (file, opened) = open(path)?;
        let (second, _) = open(path)?;
        let (to_hash, steps) = sync_channel(BEHIND);
        let hash = Builder::new().name("sha256".into()).spawn(move || hashed(second, steps));
        let hash = hash.map_err(|e| unreadable(path, &e))?;
        let (path, buffer, progress) = (path.to_owned(), vec![0; CHUNK], progress.clone());
        Ok(Stream { path, file, opened, buffer, place: 0, filled: 0, untold: 0, to_hash, hash, progress })
    }

    /// The length of the file when it was opened.
    pub(super) fn length(&self) -> u64 {
        self.opened.len()
    }

    /// Reads what is left and returns the SHA-256 of the whole file in hexadecimal digits.
    pub(super) fn finish(mut self) -> Result<String> {
        loop {
            match self.fill_buf().map(<[u8]>::len) {
                Ok(0) => break,
                Ok(left) => self.consume(left),
                Err(e) => return Err(unreadable(&self.path, &e)),
            }
        }
        drop(self.to_hash);
        let hash = self.hash.join().unwrap_or_else(|_| Err(io::Error::other("the thread of its hash ended early")));
        let hash = hash.map_err(|e| unreadable(&self.path, &e))?;
        // By its path: what stands there now is what the hash is to be of.
        match std::fs::metadata(&self.path) {
            Ok(now) if same(&self.opened, &now) => Ok(hash),
            _ => Err(Error::Content { path: self.path, reason: "it changed while it was read".into() }),
        }
    }

    /// Lets the hash follow.
    fn tell(&mut self) {
        // A thread that is gone met an error, which `finish` reports.
        let _ = self.to_hash.send(std::mem::take(&mut self.untold));
    }
}

/// The SHA-256 of the bytes that come by steps of so many.
fn hashed(mut file: File, steps: Receiver<usize>) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; CHUNK];
    for mut left in steps {
        while left > 0 {
            let part = &mut buffer[..left.min(CHUNK)];
            file.read_exact(part)?;
            hash.update(&*part);
            left -= part.len();
        }
    }
    Ok(format!("{:x}", hash.finalize()))
}

/// Fills a buffer as far as the file goes.
fn filled(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(filled)
}

impl BufRead for Stream {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.place == self.filled {
            (self.place, self.filled) = (0, filled(&mut self.file, &mut self.buffer)?);
            self.untold += self.filled;
            if self.untold >= STEP || self.filled == 0 {
                self.tell();
            }
            self.progress.advance(self.filled as u64);
        }
        Ok(self.buffer.get(self.place..self.filled).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.place = (self.place + amount).min(self.filled);
    }
}

impl Read for Stream {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let mut bytes = self.fill_buf()?;
        let n = bytes.read(out)?;
        self.consume(n);
        Ok(n)
    }
}

/// The SHA-256 of a whole file.
pub(super) fn sha256(path: &Path) -> Result<String> {
    let (mut file, _) = open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; CHUNK];
    loop {
        match filled(&mut file, &mut buffer).map_err(|e| unreadable(path, &e))? {
            0 => return Ok(format!("{:x}", hash.finalize())),
            n => hash.update(&buffer[..n]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    /// The hash follows through many steps, whatever is consumed at a time; of a file that changes meanwhile there is none.
    #[test]
    fn the_hash_is_that_of_the_file() {
        let bytes: Vec<u8> = (0..40 * STEP + 12_345).map(|i| (i * i / 7) as u8).collect();
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(&bytes).expect("writes");
        let path = file.path().to_owned();
        let open = || Stream::open(&path, &Arc::new(Progress::new(false, 0))).expect("opens");
        let want = format!("{:x}", Sha256::digest(&bytes));
        let mut part = vec![0; 3 * CHUNK / 2];
        let mut stream = open();
        stream.read_exact(&mut part).expect("reads");
        assert_eq!(part, bytes[..part.len()]);
        assert_eq!(stream.finish().expect("hashes"), want);
        assert_eq!(sha256(&path).expect("hashes"), want);
        let mut stream = open();
        stream.read_exact(&mut part).expect("reads");
        file.as_file_mut().write_all(b"more").expect("writes");
        let error = stream.finish().expect_err("the file has changed").to_string();
        assert!(error.contains("it changed while it was read"), "{error}");
        // Left before the end.
        drop(open());
    }
}
