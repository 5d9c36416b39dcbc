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

/// Runs each worker, every one on a thread of its own where there is a pool. A panic of one becomes the caller's.
pub(crate) fn on_each<W: Send>(workers: &mut [W], work: impl Fn(&mut W) + Sync) {
    on_each_then(workers, work, || ());
}

/// The same, and `then` on the calling thread once its own worker is done, whatever the others do.
pub(crate) fn on_each_then<W: Send>(
    workers: &mut [W],
    work: impl Fn(&mut W) + Sync,
    then: impl FnOnce() + Send,
) {
    let Some((first, others)) = workers.split_first_mut() else { return };
    #[cfg(feature = "rayon")]
    if !others.is_empty() {
        let work = &work;
        return rayon::scope(move |scope| {
            for worker in others {
                scope.spawn(move |_| work(worker));
            }
            work(first);
            then();
        });
    }
    debug_assert!(others.is_empty());
    work(first);
    then();
}

/// Does one thing beside another where there is a pool, or after it.
pub(crate) fn both(first: impl FnOnce() + Send, second: impl FnOnce() + Send) {
    #[cfg(feature = "rayon")]
    if available() > 1 {
        rayon::join(first, second);
        return;
    }
    first();
    second();
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

#[cfg(all(test, feature = "rayon"))]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn pool(threads: usize) -> rayon::ThreadPool {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap()
    }

    #[test]
    fn every_item_is_worked_on_once() {
        for threads in [1, 2, 5] {
            pool(threads).install(|| {
                assert_eq!(available(), threads);
                let sum = AtomicUsize::new(0);
                for_each(threads, 0..1000, |i| {
                    sum.fetch_add(i, Ordering::Relaxed);
                });
                assert_eq!(sum.into_inner(), 499_500);
            });
        }
        assert_eq!(available(), 1, "there is no pool here");
    }

    #[test]
    fn a_panic_of_any_worker_reaches_the_caller_and_leaves_nobody_waiting() {
        let pool = pool(3);
        for panicking in 0..3 {
            let mut workers = [0, 1, 2];
            let done = AtomicUsize::new(0);
            let work = |worker: &mut usize| {
                assert!(*worker != panicking, "worker {panicking} panics");
                done.fetch_add(1, Ordering::Relaxed);
            };
            let result = catch_unwind(AssertUnwindSafe(|| pool.install(|| on_each(&mut workers, work))));
            let panic = result.unwrap_err();
            let text = panic.downcast_ref::<String>().cloned().unwrap_or_default();
            assert_eq!(text, format!("worker {panicking} panics"));
            assert_eq!(done.load(Ordering::Relaxed), 2, "the others do their work");
        }
        let fifty = || pool.install(|| for_each(3, 0..100, |i| assert_ne!(i, 50)));
        let items = catch_unwind(AssertUnwindSafe(fifty));
        assert!(items.is_err());
        assert_eq!(pool.install(|| 7), 7, "the pool is as it was");
    }
}
