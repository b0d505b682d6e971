//! A file read once from front to end by a thread of its own, its SHA-256 taken by another on the way.

use super::progress::Progress;
use crate::error::{Error, Result};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::{Builder, JoinHandle};

/// Bytes per read: large enough for the disk, small enough for the second cache.
const CHUNK: usize = 1 << 16;
/// How many chunks are read ahead, and how many the hash may lie behind.
const BEHIND: usize = 4;

/// Bytes that two threads look at, and how many they are.
type Chunk = (Arc<Vec<u8>>, usize);

/// The file. Dropped before its end, it leaves the hash undone.
pub(super) struct Stream {
    path: PathBuf,
    length: u64,
    chunk: Arc<Vec<u8>>,
    place: usize,
    filled: usize,
    chunks: Receiver<io::Result<Chunk>>,
    /// The way back for empty buffers.
    returned: SyncSender<Vec<u8>>,
    hash: JoinHandle<String>,
    progress: Arc<Progress>,
}

/// The system's refusal to read a file.
pub(super) fn unreadable(path: &Path, error: &io::Error) -> Error {
    Error::File { action: "read", path: path.to_owned(), reason: error.to_string() }
}

/// Opens a regular file: its handle and length.
pub(super) fn open(path: &Path) -> Result<(File, u64)> {
    // Looked at first: opening a pipe waits for one who writes.
    let metadata = std::fs::metadata(path).map_err(|e| unreadable(path, &e))?;
    if !metadata.is_file() {
        let reason = "it is not a regular file; samples are read from files, not from pipes or folders".into();
        return Err(Error::Content { path: path.to_owned(), reason });
    }
    let file = File::open(path).map_err(|e| unreadable(path, &e))?;
    Ok((file, metadata.len()))
}

impl Stream {
    pub(super) fn open(path: &Path, progress: &Arc<Progress>) -> Result<Stream> {
        let (file, length) = open(path)?;
        let (returned, empty) = sync_channel(4 * BEHIND);
        let (full, to_hash) = sync_channel(BEHIND);
        let (next, chunks) = sync_channel(BEHIND);
        let back = returned.clone();
        let threads = || {
            let hash = Builder::new().name("sha256".into()).spawn(move || hashed(to_hash, &back))?;
            Builder::new().name("read".into()).spawn(move || read(file, &empty, &full, &next))?;
            Ok(hash)
        };
        let hash = threads().map_err(|e| unreadable(path, &e))?;
        let (path, chunk, progress) = (path.to_owned(), Arc::default(), progress.clone());
        Ok(Stream { path, length, chunk, place: 0, filled: 0, chunks, returned, hash, progress })
    }

    /// The length of the file when it was opened.
    pub(super) fn length(&self) -> u64 {
        self.length
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
        self.hash.join().map_err(|_| unreadable(&self.path, &io::Error::other("the thread of its hash ended early")))
    }
}

/// Reads the file chunk by chunk for the hash and for what comes next, until its end, an error, or nobody is there.
fn read(mut file: File, empty: &Receiver<Vec<u8>>, hash: &SyncSender<Chunk>, next: &SyncSender<io::Result<Chunk>>) {
    loop {
        let mut buffer = empty.try_recv().unwrap_or_else(|_| vec![0; CHUNK]);
        let chunk = match filled(&mut file, &mut buffer) {
            Ok(0) => return,
            Ok(n) => Ok((Arc::new(buffer), n)),
            Err(e) => Err(e),
        };
        let last = chunk.is_err();
        let hashing = chunk.as_ref().map_or(Ok(()), |chunk| hash.send(chunk.clone()));
        if hashing.is_err() || next.send(chunk).is_err() || last {
            return;
        }
    }
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

/// The SHA-256 of the chunks that come.
fn hashed(chunks: Receiver<Chunk>, returned: &SyncSender<Vec<u8>>) -> String {
    let mut hash = Sha256::new();
    for (chunk, filled) in chunks {
        hash.update(chunk.get(..filled).unwrap_or_default());
        give_back(chunk, returned);
    }
    format!("{:x}", hash.finalize())
}

/// The last of the two users of a buffer hands it back.
fn give_back(chunk: Arc<Vec<u8>>, to: &SyncSender<Vec<u8>>) {
    if let Some(buffer) = Arc::into_inner(chunk) {
        // A full channel or a reader that is gone: the buffer is freed.
        match to.try_send(buffer) {
            Ok(()) | Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {}
        }
    }
}

impl BufRead for Stream {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.place == self.filled {
            (self.place, self.filled) = (0, 0);
            // At the end of the file the way is closed.
            if let Ok(chunk) = self.chunks.recv() {
                (self.chunk, self.filled) = chunk?;
                self.progress.advance(self.filled as u64);
            }
        }
        Ok(self.chunk.get(self.place..self.filled).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.place = (self.place + amount).min(self.filled);
        if self.place == self.filled {
            give_back(std::mem::take(&mut self.chunk), &self.returned);
        }
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
