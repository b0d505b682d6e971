//! The one thread that owns symbolica. Unlicensed, symbolica aborts the process when a second thread or a second process
//! on the machine uses it, so every job goes through a channel to one worker, and a file lock makes a second `eafo`
//! wait for its turn instead of dying.

use crate::error::{Error, Result};
use std::any::Any;
use std::fs::{File, TryLockError};
use std::io::Write;
use std::net::TcpListener;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// Name of the thread that owns symbolica; its panics become errors and are not printed.
const THREAD: &str = "eafo-algebra";

/// A computation that takes longer than this is given up: every derivation of the catalogue takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(20);

type Job = Box<dyn FnOnce() + Send>;

/// Runs `job` on the thread that owns symbolica and waits for its result.
///
/// # Errors
/// [`Error::Algebra`] when symbolica cannot be started (lock file, another instance on the machine), when the job
/// panics inside symbolica, or when it takes longer than twenty seconds.
pub(crate) fn run<T: Send + 'static>(job: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    static WORKER: OnceLock<Result<Mutex<Sender<Job>>>> = OnceLock::new();
    if std::thread::current().name() == Some(THREAD) {
        return Err(Error::Algebra("an algebra job may not start another".into()));
    }
    let worker = WORKER.get_or_init(|| start().map(Mutex::new)).as_ref().map_err(Clone::clone)?;
    let (answer, answers) = channel();
    let boxed: Job = Box::new(move || {
        let outcome = std::panic::catch_unwind(AssertUnwindSafe(job));
        // The asker may have given up waiting; nobody needs the answer then.
        let _ = answer.send(outcome.map_err(message));
    });
    let sent = worker.lock().unwrap_or_else(PoisonError::into_inner).send(boxed);
    sent.map_err(|_| Error::Algebra("its thread has ended".into()))?;
    match answers.recv_timeout(PATIENCE) {
        Ok(outcome) => outcome.map_err(Error::Algebra),
        Err(RecvTimeoutError::Timeout) => {
            Err(Error::Algebra(format!("no result after {} s; the expression is too large", PATIENCE.as_secs())))
        }
        Err(RecvTimeoutError::Disconnected) => Err(Error::Algebra("its thread has ended".into())),
    }
}

/// What a panic said.
fn message(payload: Box<dyn Any + Send>) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str).or(payload.downcast_ref::<&str>().copied());
    format!("it failed inside: {}", text.unwrap_or("no message"))
}

/// Takes the machine-wide lock and starts the worker.
fn start() -> Result<Sender<Job>> {
    hide_banner();
    let licensed = std::env::var_os("SYMBOLICA_LICENSE").is_some();
    let lock = if licensed { None } else { Some(acquire()?) };
    if !licensed {
        probe_port()?;
    }
    silence_panics();
    let (sender, jobs): (Sender<Job>, Receiver<Job>) = channel();
    std::thread::Builder::new()
        .name(THREAD.into())
        .stack_size(64 << 20)
        .spawn(move || {
            let _held_while_the_process_lives = lock;
            symbolica::GLOBAL_SETTINGS.initialize_tracing.store(false, std::sync::atomic::Ordering::Relaxed);
            for job in jobs {
                job();
            }
        })
        .map_err(|e| Error::Algebra(format!("its thread cannot be started: {e}")))?;
    Ok(sender)
}

/// Keeps stdout clean: symbolica prints a banner there unless this variable is set, and has no other switch.
#[allow(unsafe_code)]
fn hide_banner() {
    // SAFETY: the standard library's own readers of the environment are synchronised with this write, and this crate
    // calls no C code that reads it.
    unsafe { std::env::set_var("SYMBOLICA_HIDE_BANNER", "1") }
}

/// The lock file: one per machine, because the restriction is per machine. `EAFO_LOCK` moves it.
pub(crate) fn lock_path() -> PathBuf {
    std::env::var_os("EAFO_LOCK").map_or_else(
        || {
            if cfg!(unix) {
                "/tmp/eafo-symbolica.lock".into()
            } else {
                std::env::temp_dir().join("eafo-symbolica.lock")
            }
        },
        PathBuf::from,
    )
}

/// Opens and locks the lock file, saying so on stderr when that means waiting, and leaves the number of this process in it.
fn acquire() -> Result<File> {
    let path = lock_path();
    let failed = |e: std::io::Error| {
        Error::Algebra(format!("cannot lock {}: {e}; set EAFO_LOCK to a file that can be written", path.display()))
    };
    let patience = lock_patience()?;
    let options = File::options().read(true).write(true).create(true).truncate(false).to_owned();
    // Another user's lock file can be opened for reading only, and that is enough to lock it.
    let mut file = options.open(&path).or_else(|e| File::open(&path).map_err(|_| e)).map_err(failed)?;
    let start = Instant::now();
    let mut told = false;
    while let Err(refusal) = file.try_lock() {
        if let TryLockError::Error(e) = refusal {
            return Err(failed(e));
        }
        if start.elapsed() >= patience {
            return Err(Error::Algebra(format!(
                "{} has held the lock {} for {} s, and without a licence only one process at a time may use it; end that \
                 process, wait longer (EAFO_LOCK_WAIT, in seconds), or set SYMBOLICA_LICENSE",
                holder(&path),
                path.display(),
                patience.as_secs()
            )));
        }
        if !told {
            eprintln!("eafo: waiting for {} (symbolica allows one unlicensed process at a time)", holder(&path));
            told = true;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    // The number only helps to find who holds the lock; a file that cannot be written to locks as well.
    let _ = file.set_len(0).and_then(|()| write!(file, "{}", std::process::id()));
    Ok(file)
}

/// How long to wait for the lock: `EAFO_LOCK_WAIT` seconds, by default ten minutes.
fn lock_patience() -> Result<Duration> {
    let Some(text) = std::env::var_os("EAFO_LOCK_WAIT") else { return Ok(Duration::from_secs(600)) };
    let seconds = text.to_str().and_then(|text| text.parse::<u32>().ok());
    let seconds = seconds.ok_or_else(|| {
        Error::Algebra(format!("EAFO_LOCK_WAIT = {} must be a whole number of seconds", text.display()))
    })?;
    Ok(Duration::from_secs(seconds.into()))
}

/// Who holds the lock, as far as the lock file tells.
fn holder(path: &Path) -> String {
    let id = std::fs::read_to_string(path).ok().and_then(|text| text.trim().parse::<u32>().ok());
    id.map_or("another eafo on this machine".into(), |id| format!("another eafo (process {id}, says the lock file)"))
}

/// Unlicensed symbolica aborts the process when its port is taken by another instance (a Python session, say).
/// Ask first, and answer in words. The other instance frees the port for moments only, and so do ours.
fn probe_port() -> Result<()> {
    let port = std::env::var("SYMBOLICA_PORT").unwrap_or_else(|_| "12011".into());
    for attempt in 0..20 {
        if attempt > 0 {
            std::thread::sleep(Duration::from_millis(25));
        }
        if TcpListener::bind(format!("127.0.0.1:{port}")).is_ok() {
            return Ok(());
        }
    }
    Err(Error::Algebra(format!(
        "another process uses it on this machine (port {port} is taken), and without a licence only one may; \
         end that process or set SYMBOLICA_LICENSE"
    )))
}

/// Panics on the worker are caught and returned as errors; printing them too would only alarm.
fn silence_panics() {
    let previous = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().name() != Some(THREAD) {
            previous(info);
        }
    }));
}
