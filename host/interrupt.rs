//! Ctrl-C and SIGTERM: the first asks a run to stop, the second ends the process.

use std::thread;

use tokio::sync::watch;

/// While this lives, signals cancel instead of killing.
pub struct Watching {
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

/// Sets `cancel` on the first signal.
///
/// The watching thread is best effort: where it cannot be started, a signal kills the process as it would without it.
#[must_use]
pub fn watch(cancel: watch::Sender<bool>) -> Watching {
    let (stop, mut stopped) = tokio::sync::oneshot::channel();
    let wait = move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async move {
            tokio::select! {
                signal = signal() => {
                    if signal {
                        cancel.send_replace(true);
                        tokio::select! {
                            // A second one means it: the run is not stopping.
                            () = signal_again() => std::process::exit(130),
                            _ = &mut stopped => {}
                        }
                    }
                }
                _ = &mut stopped => {}
            }
        });
    };
    Watching { stop: Some(stop), thread: thread::Builder::new().name("wb-signals".to_owned()).spawn(wait).ok() }
}

async fn signal_again() {
    if !signal().await {
        std::future::pending::<()>().await;
    }
}

/// Waits for a signal. False when there is no way to be told.
#[cfg(unix)]
async fn signal() -> bool {
    use tokio::signal::unix::{SignalKind, signal};
    match (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) {
        (Ok(mut interrupt), Ok(mut terminate)) => {
            tokio::select! {
                got = interrupt.recv() => got.is_some(),
                got = terminate.recv() => got.is_some(),
            }
        }
        _ => false,
    }
}

#[cfg(not(unix))]
async fn signal() -> bool {
    tokio::signal::ctrl_c().await.is_ok()
}

impl Drop for Watching {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The other side may have ended already.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
