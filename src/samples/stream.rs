//! A file read once from front to end, its SHA-256 taken by a second thread on the way.

use super::progress::Progress;
use crate::error::{Error, Result};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

/// Bytes per read: large enough for the disk, small enough for the second cache.
const CHUNK: usize = 1 << 19;
/// How many chunks the hash may lie behind.
const BEHIND: usize = 8;

/// The file. Dropped before its end, it leaves the hash undone.
pub(super) struct Stream {
    path: PathBuf,
    file: File,
    length: u64,
    chunk: Arc<Vec<u8>>,
    place: usize,
    filled: usize,
    hasher: Hasher,
    progress: Arc<Progress>,
}

/// The thread that hashes, the way to it, and the way back for empty buffers.
struct Hasher {
    full: SyncSender<(Arc<Vec<u8>>, usize)>,
    returned: SyncSender<Vec<u8>>,
    empty: Receiver<Vec<u8>>,
    thread: JoinHandle<String>,
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
        let hasher = Hasher::start().map_err(|e| unreadable(path, &e))?;
        let chunk = Arc::new(Vec::new());
        let progress = progress.clone();
        Ok(Stream { path: path.to_owned(), file, length, chunk, place: 0, filled: 0, hasher, progress })
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
        let Hasher { full, thread, .. } = self.hasher;
        drop(full);
        thread.join().map_err(|_| unreadable(&self.path, &io::Error::other("the thread of its hash ended early")))
    }

    /// An empty buffer: the last one, if the hash is done with it, or one handed back, or a new one.
    fn empty_buffer(&mut self) -> Vec<u8> {
        let last = Arc::into_inner(std::mem::take(&mut self.chunk)).filter(|b| b.len() == CHUNK);
        last.or_else(|| self.hasher.empty.try_recv().ok()).unwrap_or_else(|| vec![0; CHUNK])
    }
}

impl Hasher {
    fn start() -> io::Result<Hasher> {
        let (full, chunks) = sync_channel::<(Arc<Vec<u8>>, usize)>(BEHIND);
        let (returned, empty) = sync_channel(2 * BEHIND);
        let back = returned.clone();
        let hash = move || {
            let mut hash = Sha256::new();
            for (chunk, filled) in chunks {
                hash.update(chunk.get(..filled).unwrap_or_default());
                give_back(chunk, &back);
            }
            format!("{:x}", hash.finalize())
        };
        let thread = std::thread::Builder::new().name("sha256".into()).spawn(hash)?;
        Ok(Hasher { full, returned, empty, thread })
    }
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
            let mut buffer = self.empty_buffer();
            self.filled = 0;
            self.place = 0;
            while self.filled < CHUNK {
                match self.file.read(&mut buffer[self.filled..]) {
                    Ok(0) => break,
                    Ok(n) => self.filled += n,
                    Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                    Err(e) => return Err(e),
                }
            }
            self.progress.advance(self.filled as u64);
            self.chunk = Arc::new(buffer);
            if self.filled > 0 {
                let gone = |_| io::Error::other("the thread of its hash ended early");
                self.hasher.full.send((self.chunk.clone(), self.filled)).map_err(gone)?;
            }
        }
        Ok(self.chunk.get(self.place..self.filled).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.place = (self.place + amount).min(self.filled);
        if self.place == self.filled {
            give_back(std::mem::take(&mut self.chunk), &self.hasher.returned);
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
        match file.read(&mut buffer) {
            Ok(0) => return Ok(format!("{:x}", hash.finalize())),
            Ok(n) => hash.update(&buffer[..n]),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(unreadable(path, &e)),
        }
    }
}
