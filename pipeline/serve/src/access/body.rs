//! Bodies with bounds: one that comes in may be so long and must go on; one that goes out counts until it is out.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes};
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep};

use super::config::BODY_PROGRESS;
use super::control::Use;

/// Why a body is not read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyFault {
    /// It is longer than may be.
    #[error("more than {0} bytes")]
    TooLarge(u64),
    /// Too little of it comes.
    #[error("less than {BODY_PROGRESS} bytes in {} seconds", .0.as_secs())]
    Stalled(Duration),
}

impl BodyFault {
    /// The fault behind an error, if it is one.
    pub fn behind(error: &(dyn std::error::Error + 'static)) -> Option<BodyFault> {
        let mut error = Some(error);
        while let Some(of) = error {
            if let Some(fault) = of.downcast_ref::<BodyFault>() {
                return Some(*fault);
            }
            error = of.source();
        }
        None
    }
}

/// A body that comes in. While more of it is waited for, and only then, the time of a stall runs.
pub(super) struct Bounded {
    body: Body,
    left: u64,
    most: u64,
    stall: Duration,
    /// Bytes that came since the time was set.
    came: usize,
    /// What is left of the time while nothing is waited for.
    remaining: Duration,
    waits: Option<Pin<Box<Sleep>>>,
}

impl Bounded {
    pub(super) fn new(body: Body, most: u64, stall: Duration) -> Bounded {
        Bounded { body, left: most, most, stall, came: 0, remaining: stall, waits: None }
    }

    fn took(&mut self, bytes: usize) -> Result<(), BodyFault> {
        self.left = self.left.checked_sub(bytes as u64).ok_or(BodyFault::TooLarge(self.most))?;
        if let Some(waits) = self.waits.take() {
            self.remaining = waits.deadline().saturating_duration_since(Instant::now());
        }
        self.came += bytes;
        if self.came >= BODY_PROGRESS {
            (self.came, self.remaining) = (0, self.stall);
        }
        Ok(())
    }
}

impl HttpBody for Bounded {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        match Pin::new(&mut this.body).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => {
                let bytes = frame.data_ref().map_or(0, Bytes::len);
                Poll::Ready(Some(this.took(bytes).map(|()| frame).map_err(axum::Error::new)))
            }
            Poll::Ready(ended) => Poll::Ready(ended),
            Poll::Pending => {
                let remaining = this.remaining;
                let waits = this.waits.get_or_insert_with(|| Box::pin(sleep(remaining)));
                ready!(waits.as_mut().poll(context));
                Poll::Ready(Some(Err(axum::Error::new(BodyFault::Stalled(this.stall)))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A body that goes out, and the use that ends with it.
pub(super) struct WithUse {
    body: Body,
    _used: Use,
}

impl WithUse {
    pub(super) fn new(body: Body, used: Use) -> WithUse {
        WithUse { body, _used: used }
    }
}

impl HttpBody for WithUse {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::StreamExt as _;
    use futures_util::stream::{iter, unfold};

    use super::*;

    async fn read(body: Body, most: u64) -> Result<usize, BodyFault> {
        let mut stream = Body::new(Bounded::new(body, most, Duration::from_millis(200))).into_data_stream();
        let mut length = 0;
        while let Some(some) = stream.next().await {
            length += some.map_err(|error| BodyFault::behind(&error).unwrap())?.len();
        }
        Ok(length)
    }

    #[tokio::test]
    async fn a_body_may_be_so_long() {
        let body = || Body::from_stream(iter([Ok::<_, Infallible>("12345"), Ok("67890")]));
        assert_eq!(read(body(), 10).await, Ok(10));
        assert_eq!(read(body(), 9).await, Err(BodyFault::TooLarge(9)));
    }

    #[tokio::test]
    async fn a_body_that_drips_is_cut_off_and_one_that_flows_is_not() {
        let every = |pause: u64, bytes: usize, count: usize| {
            Body::from_stream(unfold(0, move |nth| async move {
                tokio::time::sleep(Duration::from_millis(pause)).await;
                (nth < count).then(|| (Ok::<_, Infallible>(vec![b'x'; bytes]), nth + 1))
            }))
        };
        assert!(matches!(read(every(20, 1, 50), 1 << 20).await, Err(BodyFault::Stalled(_))));
        assert_eq!(read(every(20, BODY_PROGRESS, 20), 1 << 20).await, Ok(20 * BODY_PROGRESS));
    }
}
