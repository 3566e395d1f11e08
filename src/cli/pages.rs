//! The pages that the program carries.

use std::path::Path;
use std::sync::OnceLock;

use crate::server::AssetsSource;

static CARRIED: OnceLock<&'static [u8]> = OnceLock::new();

/// Tells what the program carries: `dist/pages.zip`. Only the program has it, so that a change of a page
/// compiles the program's one file anew and not the library.
pub(super) fn carry(archive: &'static [u8]) {
    CARRIED.get_or_init(|| archive);
}

/// The folder that was asked for, or else what the program carries.
pub(super) fn source(folder: Option<&Path>) -> AssetsSource {
    let carried = || AssetsSource::Archive(CARRIED.get().copied().unwrap_or_default());
    folder.map_or_else(carried, |folder| AssetsSource::Folder(folder.to_owned()))
}
