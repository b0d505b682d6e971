//! How far the reading has come, on a terminal, once it has taken a while.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A shorter read shows nothing.
const PATIENCE: Duration = Duration::from_millis(700);

/// Bytes read of all files together.
pub(super) struct Progress {
    shown: bool,
    total: u64,
    done: AtomicU64,
    start: Instant,
    bar: OnceLock<ProgressBar>,
}

impl Progress {
    pub(super) fn new(wanted: bool, total: u64) -> Progress {
        let shown = wanted && std::io::stderr().is_terminal();
        Progress { shown, total, done: AtomicU64::new(0), start: Instant::now(), bar: OnceLock::new() }
    }

    /// So many more bytes were read.
    pub(super) fn advance(&self, bytes: u64) {
        let done = self.done.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if self.shown && self.start.elapsed() > PATIENCE {
            self.bar.get_or_init(|| bar(self.total)).set_position(done.min(self.total));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}

fn bar(total: u64) -> ProgressBar {
    let bar = ProgressBar::new(total);
    let style = ProgressStyle::with_template("reading {wide_bar} {bytes}/{total_bytes} {eta}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}
