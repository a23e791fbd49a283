//! Counts what runs, refuses more once it is shut, and tells when the last of it has ended.

use std::sync::{Mutex, PoisonError};

/// What runs behind it holds a [`Pass`].
#[derive(Debug)]
pub(crate) struct Gate {
    /// None once the gate is shut.
    open: Mutex<Option<async_channel::Sender<()>>>,
    passes: async_channel::Receiver<()>,
}

/// Something runs, until this is dropped.
#[derive(Debug)]
pub(crate) struct Pass {
    _sender: async_channel::Sender<()>,
}

impl Default for Gate {
    fn default() -> Self {
        let (sender, passes) = async_channel::bounded(1);
        Self { open: Mutex::new(Some(sender)), passes }
    }
}

impl Gate {
    /// Lets one in. None when the gate is shut.
    pub(crate) fn enter(&self) -> Option<Pass> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.as_ref().map(|sender| Pass { _sender: sender.clone() })
    }

    /// How many are inside.
    pub(crate) fn count(&self) -> usize {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        self.passes.sender_count() - usize::from(open.is_some())
    }

    /// Lets nobody in from now on.
    pub(crate) fn shut(&self) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Ends when the gate is shut and nobody is inside any more.
    pub(crate) async fn empty(&self) {
        // Nothing is ever sent: the channel closes.
        while self.passes.recv().await.is_ok() {}
    }
}
