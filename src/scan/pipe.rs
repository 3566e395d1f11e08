//! Reads standard input and pipes in a separate thread, because a scan that is told to stop must not wait
//! for a writer that sends nothing.

use std::io::{self, ErrorKind, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

/// The bytes to read at a time.
const CHUNK: usize = 256 << 10;

/// How often a waiting scan checks whether it should stop.
const PATIENCE: Duration = Duration::from_millis(50);

/// The reading end. After a stop, reading fails.
pub(crate) struct Pipe {
    chunks: Receiver<io::Result<Vec<u8>>>,
    chunk: Vec<u8>,
    given: usize,
    stop: Arc<AtomicBool>,
}

impl Pipe {
    /// Begins to read. The thread ends with the pipe or the process, whichever ends first. Opening
    /// a named pipe waits for its writer, so the thread does that as well.
    pub(crate) fn new<R: Read>(
        open: impl FnOnce() -> io::Result<R> + Send + 'static,
        stop: Arc<AtomicBool>,
    ) -> Self {
        let (sender, chunks) = sync_channel(4);
        thread::spawn(move || {
            let mut source = match open() {
                Ok(source) => source,
                Err(error) => {
                    // Sending fails if the scan has ended.
                    let _ = sender.send(Err(error));
                    return;
                }
            };
            loop {
                let mut chunk = vec![0; CHUNK];
                let result = match source.read(&mut chunk) {
                    Ok(0) => return,
                    Ok(count) => {
                        chunk.truncate(count);
                        Ok(chunk)
                    }
                    Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                    Err(error) => Err(error),
                };
                let is_end = result.is_err();
                if sender.send(result).is_err() || is_end {
                    return;
                }
            }
        });
        Self { chunks, chunk: Vec::new(), given: 0, stop }
    }
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.chunk.len() {
            match self.chunks.recv_timeout(PATIENCE) {
                Ok(chunk) => {
                    self.chunk = chunk?;
                    self.given = 0;
                }
                Err(RecvTimeoutError::Timeout) if self.stop.load(Ordering::Relaxed) => {
                    // An error, so that the beginning of a line does not count as a line.
                    return Err(io::Error::other("the scan was stopped"));
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(0),
            }
        }
        let rest = self.chunk.get(self.given..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), rest.get(..count)) {
            to.copy_from_slice(from);
        }
        self.given += count;
        Ok(count)
    }
}
