//! The pages as they are served: those for everybody, and a tree of files for each deployment.
//!
//! The server makes a tree when a client first asks for it, and keeps it until the group's policy changes. All trees
//! share the files that do not depend on a deployment. `bundle` makes each tree, as it makes the folder of `milguard
//! bundle`.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use axum::http::HeaderValue;
use tokio::{sync::Mutex, task::spawn_blocking};

use crate::bundle::{
    BundleError, BundleOptions, DeploymentConfig, Files, render_add_ins, render_bundle,
    render_outlook,
};

use super::{Assets, ServerError, api::Deployed};

/// The path below which a deployment's files lie: `/d/SECRET/…`.
const DEPLOYMENTS: &str = "/d/";

/// Files that the server offers only below a deployment's address: a client installed from the root would
/// report to nobody.
const HANDED_OUT: [&str; 3] = ["/outlook/manifest.json", "/outlook/manifest.xml", "/thunderbird/"];

/// The path of the manifest for the simulation of Outlook. That manifest is for the server's own
/// pages and reports to nobody.
const SIMULATED: &str = "/try/outlook/manifest.xml";

/// These files have to lie at the root of a host and are of no use elsewhere.
const WELL_KNOWN: &str = "/.well-known/";

/// A handle on the pages, cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Site(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// The pages as they were read.
    pages: Assets,
    options: BundleOptions,
    /// The pages for everybody: without a policy, a backend, or anything to install.
    public: Arc<Assets>,
    /// The trees by the secret of their deployment. The empty secret is for the pages that this machine
    /// itself uses.
    trees: RwLock<HashMap<String, Tree>>,
    /// The server makes one tree at a time, so that a burst of clients does not make the same one a
    /// hundred times.
    making: Mutex<()>,
}

#[derive(Clone, Debug)]
struct Tree {
    /// The validator of the policy in the tree.
    etag: HeaderValue,
    files: Arc<Assets>,
}

/// The file that a path asks for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Place<'a> {
    /// The secret of a deployment, if the path contains one.
    pub(super) secret: Option<&'a str>,
    /// The path below that deployment, or the whole path.
    pub(super) path: &'a str,
}

impl<'a> Place<'a> {
    /// Splits a path.
    pub(super) fn of(path: &'a str) -> Self {
        let below = path
            .strip_prefix(DEPLOYMENTS)
            .and_then(|rest| rest.find('/').map(|end| rest.split_at(end)));
        match below {
            Some((secret, path)) => Self { secret: Some(secret), path },
            None => Self { secret: None, path },
        }
    }
}

impl Site {
    /// Renders the pages for everybody.
    pub(super) fn new(pages: Assets, mut options: BundleOptions) -> Result<Self, ServerError> {
        options.config = crate::bundle::ClientConfig::default();
        let mut public = pages.clone();
        for (path, body) in render_outlook(&pages.files(), &options)? {
            if path == "/outlook/manifest.xml" {
                // The simulation of Outlook reads the list of events from this manifest.
                public.insert(SIMULATED.to_owned(), body.clone())?;
            }
            public.insert(path, body)?;
        }
        public.retain(|path| !HANDED_OUT.iter().any(|start| path.starts_with(start)));
        let (trees, making) = (RwLock::default(), Mutex::default());
        Ok(Self(Arc::new(Inner { pages, options, public: Arc::new(public), trees, making })))
    }

    /// The pages for everybody.
    pub(super) fn public(&self) -> Arc<Assets> {
        Arc::clone(&self.0.public)
    }

    /// The tree of a deployment. `secret` is empty for the pages of this machine itself, which lie at the root.
    ///
    /// # Errors
    ///
    /// When the files do not fit this program.
    pub(super) async fn tree(
        &self,
        secret: &str,
        deployed: Deployed,
    ) -> Result<Arc<Assets>, BundleError> {
        if let Some(files) = self.known(secret, &deployed) {
            return Ok(files);
        }
        let _turn = self.0.making.lock().await;
        if let Some(files) = self.known(secret, &deployed) {
            return Ok(files);
        }
        let etag = deployed.group.etag.clone();
        let (site, secret) = (self.clone(), secret.to_owned());
        let made = spawn_blocking(move || {
            let files = Arc::new(site.make(&secret, &deployed)?);
            let tree = Tree { etag, files: Arc::clone(&files) };
            let mut trees = site.0.trees.write().unwrap_or_else(PoisonError::into_inner);
            trees.insert(secret, tree);
            Ok::<_, BundleError>(files)
        });
        // Only a panic ends the task early, and then the next request tries again.
        let unexpected =
            || BundleError::Unexpected { path: "/".to_owned(), what: "cannot be rendered" };
        let files = made.await.map_err(|_| unexpected())??;
        let packing = Arc::clone(&files);
        // Meanwhile the server sends new files uncompressed.
        spawn_blocking(move || packing.compress());
        Ok(files)
    }

    /// Compresses the files that are worth it, once for all requests. Takes about a second of one
    /// processor.
    pub(super) fn compress(&self) {
        self.0.public.compress();
    }

    /// Forgets the trees of deployments that are closed.
    pub(super) fn forget(&self, is_closed: impl Fn(&str) -> bool) {
        let mut trees = self.0.trees.write().unwrap_or_else(PoisonError::into_inner);
        trees.retain(|secret, _| secret.is_empty() || !is_closed(secret));
    }

    fn known(&self, secret: &str, deployed: &Deployed) -> Option<Arc<Assets>> {
        let trees = self.0.trees.read().unwrap_or_else(PoisonError::into_inner);
        let tree = trees.get(secret).filter(|tree| tree.etag == deployed.group.etag)?;
        Some(Arc::clone(&tree.files))
    }

    fn make(&self, secret: &str, deployed: &Deployed) -> Result<Assets, BundleError> {
        let pages = self.0.pages.files();
        let config = DeploymentConfig {
            id: deployed.id.to_string(),
            token: deployed.token.clone(),
            policy: deployed.group.document(),
        };
        let path = if secret.is_empty() { String::new() } else { format!("{DEPLOYMENTS}{secret}") };
        let options = self.0.options.deployed(&path, &config);
        let made: Files = if secret.is_empty() {
            let mut made = render_add_ins(&pages, &options)?;
            if let Some(manifest) = made.get("/outlook/manifest.xml").cloned() {
                made.insert("/manifest.xml".to_owned(), manifest);
            }
            made
        } else {
            let xpi = pages.get("/thunderbird/milguard.xpi").map(Vec::as_slice);
            render_bundle(&pages, xpi, &options)?
        };
        let mut files = Assets::default();
        for (path, body) in made {
            if path.starts_with(WELL_KNOWN) {
                continue;
            }
            // The server keeps and compresses the files that all trees share only once.
            if !files.share(&path, &body, &self.0.public) {
                let unknown = |_| BundleError::Unexpected {
                    path: "/".to_owned(),
                    what: "has a file of no known type",
                };
                files.insert(path, body).map_err(unknown)?;
            }
        }
        Ok(files)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_split_into_deployment_and_file() {
        for (path, secret, rest) in [
            ("/d/abc/manifest.xml", Some("abc"), "/manifest.xml"),
            ("/d/abc/", Some("abc"), "/"),
            ("/d/abc", None, "/d/abc"),
            ("/d//x", Some(""), "/x"),
            ("/outlook/d/x", None, "/outlook/d/x"),
            ("/", None, "/"),
        ] {
            assert_eq!(Place::of(path), Place { secret, path: rest }, "{path}");
        }
    }
}
