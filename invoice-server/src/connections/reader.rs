//! Callers have to read what they asked for.

use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::talk::Talk;

/// A stream that fails if nothing can be written to it for too long.
pub(super) struct Reader<S> {
    stream: S,
    patience: Duration,
    /// Since nothing more could be written.
    waiting: Option<Pin<Box<Sleep>>>,
    talk: Arc<Talk>,
}

impl<S> Reader<S> {
    pub(super) fn new(stream: S, patience: Duration, talk: Arc<Talk>) -> Self {
        Self { stream, patience, waiting: None, talk }
    }

    /// Gives an answer of the stream on, unless it has been the same for too long: not yet.
    fn judge(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        self.talk.set_unread(written.is_pending());
        if written.is_ready() {
            self.waiting = None;
            return written;
        }
        let patience = self.patience;
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(sleep(patience)));
        waiting.as_mut().poll(cx).map(|()| Err(ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Reader<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

/// Only writing waits: there is nothing to flush in a socket.
impl<S: AsyncWrite + Unpin> AsyncWrite for Reader<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.judge(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, pieces);
        self.judge(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn somebody_waits_for_an_answer_that_is_written_and_not_read() {
        let (mut caller, server) = duplex(4);
        let talk = Arc::new(Talk::default());
        let mut server = Reader::new(server, Duration::from_hours(1), talk.clone());
        server.write_all(b"full").await.unwrap();
        assert!(talk.is_idle());
        assert!(timeout(Duration::ZERO, server.write_all(b"more")).await.is_err());
        assert!(!talk.is_idle());
        caller.read_exact(&mut [0; 4]).await.unwrap();
        server.write_all(b"more").await.unwrap();
        assert!(talk.is_idle());
    }
}
