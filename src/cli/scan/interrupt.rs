//! Ctrl-C and SIGTERM end a scan early, with the findings so far. A second one ends the program.

use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// The status that shells report of a program that Ctrl-C ended.
pub(super) const STOPPED: u8 = 130;

/// Sets `stop` when the user interrupts the scan.
pub(super) fn watch(stop: Arc<AtomicBool>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
    // Without a handler the system's default applies: the program ends at once.
    let Ok(runtime) = runtime else { return };
    thread::spawn(move || {
        runtime.block_on(async {
            while signal().await {
                if stop.swap(true, Ordering::Relaxed) {
                    process::exit(i32::from(STOPPED));
                }
            }
        });
    });
}

/// Waits for a signal; `false` if the program cannot receive signals.
#[cfg(unix)]
async fn signal() -> bool {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    let (Ok(mut interrupt), Ok(mut terminate)) = signals else { return false };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    true
}

/// Waits for a signal; `false` if the program cannot receive signals.
#[cfg(not(unix))]
async fn signal() -> bool {
    tokio::signal::ctrl_c().await.is_ok()
}
