//! The add-in for Thunderbird as a file, with its manifest and the address of its updates.

use std::io::{Cursor, Read, Write};

use serde_json::Value;
use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

/// The add-in's id, as in its manifest.
pub(super) const ID: &str = "milguard@milguard.example";

const MANIFEST: &str = "manifest.json";

/// The largest manifest in bytes; a real one has some kilobytes.
const MAX_MANIFEST: u64 = 1 << 20;

pub(super) struct Addin {
    pub(super) version: String,
    /// The oldest Thunderbird that the add-in runs in.
    pub(super) min_version: String,
    pub(super) xpi: Vec<u8>,
}

impl Addin {
    /// The add-in in `xpi`, changed so that Thunderbird looks for its updates at `update_url`; `None` if
    /// `xpi` is not our add-in.
    ///
    /// Thunderbird 140 knows no `update_url` in policies; later versions do. All versions follow the
    /// `update_url` in the manifest. All other files stay the same, byte for byte.
    pub(super) fn read(xpi: &[u8], update_url: &str) -> Option<Self> {
        let mut archive = ZipArchive::new(Cursor::new(xpi)).ok()?;
        let mut text = Vec::new();
        let file = archive.by_name(MANIFEST).ok()?;
        let as_before = SimpleFileOptions::default()
            .last_modified_time(file.last_modified().unwrap_or_default())
            .unix_permissions(file.unix_mode().unwrap_or(0o644));
        file.take(MAX_MANIFEST).read_to_end(&mut text).ok()?;
        let mut manifest: Value = serde_json::from_slice(&text).ok()?;
        let version = manifest.get("version")?.as_str()?.to_owned();
        let gecko = manifest.get_mut("browser_specific_settings")?.get_mut("gecko")?;
        (gecko.get("id")? == ID).then_some(())?;
        let min_version = gecko.get("strict_min_version")?.as_str()?.to_owned();
        gecko.as_object_mut()?.insert("update_url".to_owned(), update_url.into());

        let mut out = ZipWriter::new(Cursor::new(Vec::with_capacity(xpi.len())));
        for index in 0..archive.len() {
            let file = archive.by_index_raw(index).ok()?;
            if file.name().ok()? == MANIFEST {
                out.start_file(MANIFEST, as_before).ok()?;
                out.write_all(format!("{manifest:#}\n").as_bytes()).ok()?;
            } else {
                out.raw_copy_file(file).ok()?;
            }
        }
        let xpi = out.finish().ok()?.into_inner();
        Some(Self { version, min_version, xpi })
    }
}
