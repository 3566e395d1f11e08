//! The pages as they are served: read once, rendered for this server's origin and the policy in force, and
//! rendered again when that changes.

use std::sync::{Arc, PoisonError, RwLock};

use serde_json::Value;

use crate::bundle::{BundleError, BundleOptions, render_add_ins};

use super::{Assets, ServerError};

/// A handle on the pages, cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Site(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// As they were read.
    pages: Assets,
    options: BundleOptions,
    current: RwLock<Arc<Assets>>,
}

impl Site {
    /// Renders the pages.
    pub(super) fn new(pages: Assets, options: BundleOptions) -> Result<Self, ServerError> {
        let mut current = pages.clone();
        for (path, body) in render_add_ins(&pages.files(), &options)? {
            current.insert(path, body)?;
        }
        let current = RwLock::new(Arc::new(current));
        Ok(Self(Arc::new(Inner { pages, options, current })))
    }

    /// The pages now. They stay as they are for who holds them.
    pub(super) fn current(&self) -> Arc<Assets> {
        Arc::clone(&self.0.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Bakes a policy into the add-ins that are served from now on.
    ///
    /// # Errors
    ///
    /// When the pages cannot be rendered; then they stay as they are.
    pub(super) fn render(&self, policy: Option<Value>) -> Result<(), BundleError> {
        let mut options = self.0.options.clone();
        options.config.policy = policy;
        let mut next = Assets::clone(&self.current());
        for (path, body) in render_add_ins(&self.0.pages.files(), &options)? {
            // Types are known, since this has been done at start.
            let _ = next.insert(path, body);
        }
        next.compress();
        *self.0.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(next);
        Ok(())
    }

    /// Compresses what is worth it, once for all requests. Takes a second or so of one processor.
    pub(super) fn compress(&self) {
        self.current().compress();
    }
}
