//! Where results go: stdout, and files that appear whole or not at all.

use crate::error::{Error, Result};
use crate::report::{Format, to_json};
use serde::Serialize;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Where the document of a verb goes.
#[derive(clap::Args, Debug, Clone)]
pub(super) struct Output {
    /// Print one JSON document instead of text
    #[arg(long)]
    pub json: bool,
    /// Write the JSON document to a file
    #[arg(short, long = "out", value_name = "FILE")]
    pub out: Option<PathBuf>,
}

impl Output {
    /// Opens the file, so that an unwritable path is known before work begins.
    pub fn open(&self) -> Result<Publisher> {
        Ok(Publisher { json: self.json, sink: self.out.as_deref().map(Sink::create).transpose()? })
    }

    /// The same with the picture of `--plot`, whose ending says its format and which must be another file.
    pub fn open_with_picture(&self, plot: Option<&Path>) -> Result<(Publisher, Option<(Format, Sink)>)> {
        let picture = plot.map(|path| Ok((Format::of(path)?, Sink::create(path)?))).transpose()?;
        match &self.out {
            Some(out) if Some(&**out) == plot && !out.starts_with("/dev") => {
                let reason = "the document and the picture have one name; --out and --plot must differ".to_owned();
                Err(Error::File { action: "write", path: out.clone(), reason })
            }
            _ => Ok((self.open()?, picture)),
        }
    }
}

/// An [`Output`] ready to be written to.
pub(super) struct Publisher {
    json: bool,
    sink: Option<Sink>,
}

impl Publisher {
    /// Writes the document to the file, where one was asked for, and the document or its text to stdout.
    pub fn publish(self, document: &impl Serialize, text: impl FnOnce() -> String) -> Result<()> {
        if !self.json && self.sink.is_none() {
            return print(&text());
        }
        let json = to_json(document)?;
        if let Some(sink) = self.sink {
            sink.write(json.as_bytes())?;
        }
        if self.json { print(&json) } else { print(&text()) }
    }
}

/// Prints to stdout. A reader that has gone away (`| head`) is not an error.
pub(super) fn print(text: &str) -> Result<()> {
    print_bytes(text.as_bytes())
}

/// The same of what need not be text.
pub(super) fn print_bytes(bytes: &[u8]) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => Err(write_error(Path::new("stdout"), e)),
        _ => Ok(()),
    }
}

/// Whether two paths lead to one file that exists.
pub(super) fn same_file(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

/// A file to be written as a whole: its content goes to a temporary file beside it, which then takes its name.
pub(super) struct Sink {
    path: PathBuf,
    target: Target,
}

enum Target {
    /// The folder for the temporary file.
    Beside(PathBuf),
    /// Devices and pipes have no whole to replace.
    Device(File),
}

impl Sink {
    /// Makes sure that the file can be written.
    ///
    /// # Errors
    /// The path is a folder, its folder is missing, or nothing can be written there.
    pub fn create(path: &Path) -> Result<Sink> {
        let refuse = |e: std::io::Error| write_error(path, e);
        let reason = |reason: String| Error::File { action: "write", path: path.to_owned(), reason };
        let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        match fs::metadata(&real) {
            Ok(m) if m.is_dir() => return Err(reason("it is a folder".to_owned())),
            Ok(m) if !m.is_file() => {
                let device = OpenOptions::new().write(true).open(&real).map_err(refuse)?;
                return Ok(Sink { path: path.to_owned(), target: Target::Device(device) });
            }
            Ok(m) if m.permissions().readonly() => return Err(reason("it is read-only".to_owned())),
            _ => {}
        }
        let folder = real.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !folder.is_dir() {
            return Err(reason(format!("there is no folder {}", folder.display())));
        }
        // Made and dropped: it only shows that one can be made. A program that is interrupted leaves nothing behind.
        beside(folder).map_err(|e| reason(system(&e)))?;
        Ok(Sink { target: Target::Beside(folder.to_owned()), path: real })
    }

    /// Writes the content and gives the file its name.
    pub fn write(self, content: &[u8]) -> Result<()> {
        let refuse = |e: std::io::Error| write_error(&self.path, e);
        match self.target {
            Target::Device(mut device) => device.write_all(content).map_err(refuse),
            Target::Beside(folder) => {
                let mut file = beside(&folder).map_err(refuse)?;
                file.write_all(content).and_then(|()| file.as_file().sync_all()).map_err(refuse)?;
                file.persist(&self.path).map(drop).map_err(|e| refuse(e.error))
            }
        }
    }
}

/// A temporary file in a folder, with the permissions of any new file.
fn beside(folder: &Path) -> std::io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.prefix(".eafo-").tempfile_in(folder)
}

/// The content of a text file.
pub(super) fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|e| Error::File { action: "read", path: path.to_owned(), reason: system(&e) })
}

fn write_error(path: &Path, e: std::io::Error) -> Error {
    Error::File { action: "write", path: path.to_owned(), reason: system(&e) }
}

/// The system's reason without the name of a temporary file and without an error number.
fn system(e: &std::io::Error) -> String {
    match e.kind() {
        ErrorKind::NotFound => "no such file or folder".to_owned(),
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        ErrorKind::InvalidData => "it is not UTF-8 text".to_owned(),
        ErrorKind::IsADirectory => "it is a folder".to_owned(),
        kind => kind.to_string(),
    }
}
