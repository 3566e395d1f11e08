//! The pages that the program carries.

use std::path::Path;
use std::sync::OnceLock;

use crate::server::AssetsSource;

static CARRIED: OnceLock<&'static [u8]> = OnceLock::new();

/// The pages in the program, `dist/pages.zip`. Only the binary includes them, so that after a
/// change of a page, Cargo compiles `main.rs` again and not the library.
pub(super) fn carry(archive: &'static [u8]) {
    CARRIED.get_or_init(|| archive);
}

/// The named folder, or else the pages in the program.
pub(super) fn source(folder: Option<&Path>) -> AssetsSource {
    let carried = || AssetsSource::Archive(CARRIED.get().copied().unwrap_or_default());
    folder.map_or_else(carried, |folder| AssetsSource::Folder(folder.to_owned()))
}
