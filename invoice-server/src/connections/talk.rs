//! What goes on over one connection.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};

use axum::body::Bytes;
use hyper::body::{Frame, SizeHint};

/// Whether something was asked, is being answered, or waits to be read.
#[derive(Default)]
pub(super) struct Talk {
    has_begun: AtomicBool,
    in_flight: AtomicUsize,
    is_unread: AtomicBool,
}

impl Talk {
    /// A request begins.
    pub(super) fn begin(self: &Arc<Self>) -> Begun {
        self.has_begun.store(true, Ordering::Relaxed);
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        Begun(self.clone())
    }

    /// Whether anything was ever asked.
    pub(super) fn has_begun(&self) -> bool {
        self.has_begun.load(Ordering::Relaxed)
    }

    /// Says whether something that was written waits to be read.
    pub(super) fn set_unread(&self, is_unread: bool) {
        self.is_unread.store(is_unread, Ordering::Relaxed);
    }

    /// Whether nobody waits for an answer.
    pub(super) fn is_idle(&self) -> bool {
        self.in_flight.load(Ordering::Relaxed) == 0 && !self.is_unread.load(Ordering::Relaxed)
    }
}

/// A request in flight, until dropped.
pub(super) struct Begun(Arc<Talk>);

impl Begun {
    /// The body of its answer: the request is in flight as long as some of that is to come.
    pub(super) fn until_sent(self, body: axum::body::Body) -> Body {
        Body { body, _begun: self }
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The body of an answer.
pub(super) struct Body {
    body: axum::body::Body,
    _begun: Begun,
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
