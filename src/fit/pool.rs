//! Work shared among threads of its own: results in their order, whatever the number of threads.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// f(0), f(1), ... f(count - 1).
pub(crate) fn map<T: Send + Sync>(count: usize, threads: usize, f: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let found: Vec<OnceLock<T>> = (0..count).map(|_| OnceLock::new()).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            let Some(slot) = found.get(i) else { break };
            slot.get_or_init(|| f(i));
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.min(count) {
            // As deep a stack as the main thread's; where no thread can be had, this one does the work.
            let _ = std::thread::Builder::new().stack_size(64 << 20).spawn_scoped(scope, work);
        }
        work();
    });
    found.into_iter().filter_map(OnceLock::into_inner).collect()
}
