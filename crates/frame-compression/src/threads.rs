//! Work on the caller's threads: those of the rayon pool in which the call is made, or the one that makes it.

use std::sync::{Mutex, PoisonError};

/// How many threads of the caller's pool may work on a picture: one where the call is made outside a pool.
pub(crate) fn available() -> usize {
    #[cfg(feature = "rayon")]
    if rayon::current_thread_index().is_some() {
        return rayon::current_num_threads();
    }
    1
}

/// Runs each worker, every one on a thread of its own where there is a pool.
pub(crate) fn on_each<W: Send>(workers: &mut [W], work: impl Fn(&mut W) + Sync) {
    let Some((first, others)) = workers.split_first_mut() else { return };
    #[cfg(feature = "rayon")]
    if !others.is_empty() {
        let work = &work;
        return rayon::scope(|scope| {
            for worker in others {
                scope.spawn(move |_| work(worker));
            }
            work(first);
        });
    }
    debug_assert!(others.is_empty());
    work(first);
}

/// Does some work with each item, on so many threads, which take the items in order.
pub(crate) fn for_each<T: Send>(
    threads: usize,
    items: impl Iterator<Item = T> + Send,
    work: impl Fn(T) + Sync,
) {
    share(&mut vec![(); threads], items, |(), item| work(item));
}

/// Has the workers take the items in order, every worker on a thread of its own. One alone needs no lock.
pub(crate) fn share<W: Send, T: Send>(
    workers: &mut [W],
    items: impl Iterator<Item = T> + Send,
    work: impl Fn(&mut W, T) + Sync,
) {
    if let [worker] = workers {
        return items.for_each(|item| work(worker, item));
    }
    let items = Mutex::new(items);
    let next = || items.lock().unwrap_or_else(PoisonError::into_inner).next();
    on_each(workers, |worker| {
        while let Some(item) = next() {
            work(worker, item);
        }
    });
}
