//! Shows the progress of a scan on a terminal.

use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::scan::Progress;

/// A bar on standard error, or nothing if standard error is not a terminal.
pub(super) struct Bar {
    thread: Option<JoinHandle<()>>,
    done: Arc<AtomicBool>,
}

impl Bar {
    /// Shows the progress until it is dropped.
    pub(super) fn start(paths: &[PathBuf], progress: &Progress) -> Self {
        let done = Arc::new(AtomicBool::new(false));
        if !io::stderr().is_terminal() {
            return Self { thread: None, done };
        }
        let (paths, progress, is_done) = (paths.to_vec(), progress.clone(), Arc::clone(&done));
        let thread = thread::spawn(move || {
            // The total size is still being summed up while the scan runs.
            let size = Arc::new(Mutex::new(None));
            let sum = {
                let (size, is_done) = (Arc::clone(&size), Arc::clone(&is_done));
                thread::spawn(move || {
                    let total = paths
                        .iter()
                        .try_fold(0, |sum, path| Some(sum + size_of_tree(path, 0, &is_done)?));
                    *size.lock().unwrap_or_else(PoisonError::into_inner) = total;
                })
            };
            let bar = ProgressBar::new_spinner();
            bar.set_style(style("{spinner} {bytes} at {binary_bytes_per_sec}, {msg}"));
            let mut is_sized = false;
            while !is_done.load(Ordering::Relaxed) {
                let total = *size.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(total) = total.filter(|total| *total > 0 && !is_sized) {
                    is_sized = true;
                    bar.set_length(total);
                    bar.set_style(style(
                        "{bar:24} {percent:>3} %  {bytes} of {total_bytes} at {binary_bytes_per_sec}, {eta} left, {msg}",
                    ));
                }
                bar.set_position(progress.read.load(Ordering::Relaxed));
                bar.set_message(format!("{} found", progress.found.load(Ordering::Relaxed)));
                thread::sleep(Duration::from_millis(100));
            }
            bar.finish_and_clear();
            let _ = sum.join();
        });
        Self { thread: Some(thread), done }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // An error in the bar must not end the scan.
            let _ = thread.join();
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// Bytes in a file or below a folder; `None` if their number is unknown, as for standard input.
fn size_of_tree(path: &Path, depth: usize, is_done: &AtomicBool) -> Option<u64> {
    // As in the scan, named links are followed, and links in folders are not.
    let metadata = if depth == 0 { fs::metadata(path) } else { fs::symlink_metadata(path) };
    let metadata = metadata.ok()?;
    if metadata.is_file() {
        return Some(metadata.len());
    }
    if !metadata.is_dir() || is_done.load(Ordering::Relaxed) {
        return if depth > 0 { Some(0) } else { None };
    }
    let entries = fs::read_dir(path).ok()?.flatten();
    Some(entries.filter_map(|entry| size_of_tree(&entry.path(), depth + 1, is_done)).sum())
}
