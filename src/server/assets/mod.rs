//! The files that the server serves, in memory: those in the program, or a folder that it read at start.
//!
//! A request looks a path up in a table and can reach nothing else: no `..`, no percent-encoded
//! slash and no link made after the start leads out of the folder.

mod error;

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    io::{Cursor, Read as _},
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use axum::{body::Bytes, http::HeaderValue};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use zip::ZipArchive;

use super::compression::{Encoding, Packed};

pub use error::AssetsError;

/// The most bytes of a folder of pages, which has a few hundred kilobytes. A larger one is the
/// wrong folder (`/`, a home folder).
const MAX_BYTES: u64 = 64 << 20;

/// More files than this are not a set of pages; the limit also ends a loop of folders.
const MAX_FILES: usize = 10_000;

/// The table of files, keyed by request path (`/try/try.js`).
#[derive(Clone, Debug, Default)]
pub struct Assets {
    files: HashMap<String, Arc<Asset>>,
}

/// Where the pages come from.
#[derive(Clone, Debug)]
pub enum AssetsSource {
    /// A folder, as `make build` leaves it in `dist/www`.
    Folder(PathBuf),
    /// What the program carries: `dist/pages.zip`, made by `scripts/pack-pages`.
    Archive(&'static [u8]),
}

/// One file.
#[derive(Debug)]
pub(super) struct Asset {
    pub(super) body: Bytes,
    pub(super) content_type: HeaderValue,
    /// The beginning of the content's SHA-256, in hexadecimal.
    hash: String,
    /// The compressed content, if it is smaller.
    packed: OnceLock<Packed>,
    /// The content that was compressed with Brotli when the program was built.
    brotli: OnceLock<Bytes>,
}

impl Asset {
    fn new(body: Vec<u8>, content_type: HeaderValue) -> Self {
        let hash = content_hash(&body);
        Self::with_hash(body, content_type, hash)
    }

    fn with_hash(body: Vec<u8>, content_type: HeaderValue, hash: String) -> Self {
        let (packed, brotli) = (OnceLock::new(), OnceLock::new());
        Self { body: body.into(), content_type, hash, packed, brotli }
    }

    /// A validator (RFC 9110 §8.8.3) that changes with the content, and differs for each encoding.
    pub(super) fn etag(&self, encoding: Encoding) -> HeaderValue {
        let suffix = match encoding {
            Encoding::Identity => "",
            Encoding::Gzip => ".gz",
            Encoding::Brotli => ".br",
        };
        HeaderValue::from_str(&format!("\"{}{suffix}\"", self.hash))
            .unwrap_or_else(|_| HeaderValue::from_static("\"\""))
    }

    /// The content in an encoding, if it exists.
    pub(super) fn encoded(&self, encoding: Encoding) -> Option<Bytes> {
        match encoding {
            Encoding::Identity => Some(self.body.clone()),
            Encoding::Brotli if self.brotli.get().is_some() => self.brotli.get().cloned(),
            other => self.packed.get()?.get(other),
        }
    }

    /// Whether compression makes the content smaller.
    pub(super) fn is_compressible(&self) -> bool {
        let kind = self.content_type.to_str().unwrap_or_default();
        let is_packed = ["image/png", "image/x-icon", "application/x-xpinstall"].contains(&kind);
        !is_packed && self.body.len() >= 1024
    }
}

/// What a request path leads to.
#[derive(Debug)]
pub(super) enum Lookup<'a> {
    Found(&'a Asset),
    /// A folder with an index, requested without the final slash.
    Folder,
    Missing,
}

impl Assets {
    /// Reads the pages from their source.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load), but also succeeds if the program carries no pages.
    pub fn from_source(source: &AssetsSource) -> Result<Self, AssetsError> {
        match source {
            AssetsSource::Folder(folder) => Self::load(folder),
            AssetsSource::Archive(bytes) => Self::unpack(bytes),
        }
    }

    /// Unpacks an archive. A member's comment is the hash of its content, and a member whose name ends
    /// in `.br` is the one before it, compressed with Brotli.
    fn unpack(bytes: &'static [u8]) -> Result<Self, AssetsError> {
        let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(AssetsError::archive)?;
        let mut files: HashMap<String, Arc<Asset>> = HashMap::new();
        for index in 0..archive.len() {
            let mut member = archive.by_index(index).map_err(AssetsError::archive)?;
            let url = format!("/{}", member.name().map_err(AssetsError::archive)?);
            let hash = member.comment().to_owned();
            let mut body = Vec::new();
            member.read_to_end(&mut body).map_err(AssetsError::archive)?;
            if let Some(asset) = url.strip_suffix(".br").and_then(|url| files.get(url)) {
                let _ = asset.brotli.set(body.into());
                continue;
            }
            let content_type = content_type(Path::new(&url))
                .ok_or_else(|| AssetsError::UnknownType { path: PathBuf::from(&url) })?;
            files.insert(url, Arc::new(Asset::with_hash(body, content_type, hash)));
        }
        if files.is_empty() {
            return Err(AssetsError::NotCarried);
        }
        Ok(Self { files })
    }

    /// Reads all files below `folder`, which must have an `index.html`.
    ///
    /// Names that begin with a dot are left out. A symbolic link is followed within the folder.
    ///
    /// # Errors
    ///
    /// When there is no index, a link leaves the folder, a file has no known content type or cannot
    /// be read, or the folder is larger than any set of pages.
    pub fn load(folder: &Path) -> Result<Self, AssetsError> {
        let missing = || AssetsError::Missing { folder: folder.to_owned() };
        let root = folder.canonicalize().map_err(|_| missing())?;
        if !root.join("index.html").is_file() {
            return Err(missing());
        }
        let mut reader = Reader { root: &root, files: HashMap::new(), bytes: 0 };
        reader.read_folder(&root, "/", 0)?;
        Ok(Self { files: reader.files })
    }

    /// All files by path.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        self.files.iter().map(|(path, asset)| (path.clone(), asset.body.to_vec())).collect()
    }

    /// Adds a file, which replaces a file with the same path.
    pub(super) fn insert(&mut self, path: String, body: Vec<u8>) -> Result<(), AssetsError> {
        let content_type = content_type(Path::new(&path))
            .ok_or_else(|| AssetsError::UnknownType { path: PathBuf::from(&path) })?;
        if self.files.get(&path).is_none_or(|known| known.body != body) {
            self.files.insert(path, Arc::new(Asset::new(body, content_type)));
        }
        Ok(())
    }

    /// Adds the file at `path` of another set if its content is `body`, so that both sets share the
    /// memory; otherwise returns `false`.
    pub(super) fn share(&mut self, path: &str, body: &[u8], others: &Self) -> bool {
        match others.files.get(path) {
            Some(asset) if asset.body == body => {
                self.files.insert(path.to_owned(), Arc::clone(asset));
                true
            }
            _ => false,
        }
    }

    /// Leaves out the files whose path is not wanted.
    pub(super) fn retain(&mut self, is_wanted: impl Fn(&str) -> bool) {
        self.files.retain(|path, _| is_wanted(path));
    }

    /// Compresses the files that are worth it and not yet compressed.
    pub(super) fn compress(&self) {
        for asset in self.files.values().filter(|asset| asset.is_compressible()) {
            asset.packed.get_or_init(|| Packed::new(&asset.body, asset.brotli.get()));
        }
    }

    /// Looks up a request path exactly as it was sent, without decoding: no file that is served has
    /// a name that needs it.
    pub(super) fn get(&self, path: &str) -> Lookup<'_> {
        if let Some(asset) = self.files.get(path) {
            return Lookup::Found(asset);
        }
        if path.ends_with('/') {
            return match self.files.get(&format!("{path}index.html")) {
                Some(asset) => Lookup::Found(asset),
                None => Lookup::Missing,
            };
        }
        if self.files.contains_key(&format!("{path}/index.html")) {
            return Lookup::Folder;
        }
        Lookup::Missing
    }
}

struct Reader<'a> {
    root: &'a Path,
    files: HashMap<String, Arc<Asset>>,
    bytes: u64,
}

impl Reader<'_> {
    fn read_folder(&mut self, folder: &Path, url: &str, depth: usize) -> Result<(), AssetsError> {
        let unreadable = |source| AssetsError::Unreadable { path: folder.to_owned(), source };
        // A link to a parent would descend for ever.
        if depth > 16 {
            return Err(AssetsError::TooLarge { folder: self.root.to_owned() });
        }
        for entry in fs::read_dir(folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
                return Err(AssetsError::UnservableName { path });
            };
            if name.starts_with('.') {
                continue;
            }
            if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)) {
                return Err(AssetsError::UnservableName { path });
            }
            let unreadable = |source| AssetsError::Unreadable { path: path.clone(), source };
            let real = path.canonicalize().map_err(unreadable)?;
            if !real.starts_with(self.root) {
                return Err(AssetsError::LeavesFolder { path });
            }
            let metadata = fs::metadata(&real).map_err(unreadable)?;
            if metadata.is_dir() {
                self.read_folder(&real, &format!("{url}{name}/"), depth + 1)?;
            } else {
                self.read_file(&real, format!("{url}{name}"), metadata.len())?;
            }
        }
        Ok(())
    }

    fn read_file(&mut self, path: &Path, url: String, size: u64) -> Result<(), AssetsError> {
        self.bytes = self.bytes.saturating_add(size);
        if self.bytes > MAX_BYTES || self.files.len() >= MAX_FILES {
            return Err(AssetsError::TooLarge { folder: self.root.to_owned() });
        }
        let content_type =
            content_type(path).ok_or_else(|| AssetsError::UnknownType { path: path.to_owned() })?;
        let body = fs::read(path)
            .map_err(|source| AssetsError::Unreadable { path: path.to_owned(), source })?;
        self.files.insert(url, Arc::new(Asset::new(body, content_type)));
        Ok(())
    }
}

/// The first 64 bits of the SHA-256. They validate a cache and guard no secret, so 64 bits are
/// enough. Two servers behind one name give the same.
fn content_hash(body: &[u8]) -> String {
    let hash = Sha256::digest(body);
    HEXLOWER.encode(hash.get(..8).unwrap_or_default())
}

/// The types that pages consist of. The list is closed, so that the server refuses a file that
/// nobody meant to publish.
fn content_type(path: &Path) -> Option<HeaderValue> {
    if path.file_name()? == "SHA256SUMS" {
        return Some(HeaderValue::from_static("text/plain; charset=utf-8"));
    }
    let content_type = match path.extension()?.to_str()? {
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "ico" => "image/x-icon",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "mobileconfig" => "application/x-apple-aspen-config",
        "md" | "ps1" | "reg" | "ts" | "txt" => "text/plain; charset=utf-8",
        "wasm" => "application/wasm",
        "plist" | "xml" => "application/xml",
        "xpi" => "application/x-xpinstall",
        _ => return None,
    };
    Some(HeaderValue::from_static(content_type))
}
