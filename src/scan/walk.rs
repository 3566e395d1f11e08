//! The files to read, in order, with no more names in memory than the largest folder has.

use std::collections::HashSet;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use super::order::Place;

/// A file to read, or a name that cannot be read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Input {
    Stdin,
    /// A file that the user named: the scan fails if it cannot be read.
    Named(PathBuf),
    /// Found in a folder: the walk passes over files that are not mail.
    Found(PathBuf),
    /// A name that cannot be read at all.
    Failed(PathBuf, String),
    /// A symbolic link in a folder.
    Link(PathBuf),
}

/// The identity of a file in the file system.
type Identity = (u64, u64);

/// Walks over the paths that the user named. Files that belong together come in the order of their
/// rotation, whatever order the shell gave them. Symbolic links are followed if the user names them,
/// but not in folders, where they could form a loop. A file that is reached twice is read once.
#[derive(Debug, Default)]
pub(crate) struct Walk {
    /// The paths still to visit, in reverse order.
    stack: Vec<Input>,
    seen: HashSet<Identity>,
}

impl Walk {
    pub(crate) fn new(paths: &[PathBuf]) -> Self {
        let mut walk = Self::default();
        let mut files = Vec::new();
        for path in paths {
            if path.as_os_str() == "-" {
                walk.stack.push(Input::Stdin);
                continue;
            }
            match fs::metadata(path) {
                Ok(metadata) if metadata.is_dir() => walk.stack.push(Input::Named(path.clone())),
                Ok(metadata) => {
                    if identity(&metadata).is_none_or(|it| walk.seen.insert(it)) {
                        files.push(path.clone());
                    }
                }
                Err(error) => walk.stack.push(Input::Failed(path.clone(), error.to_string())),
            }
        }
        walk.stack.reverse();
        sort(&mut files);
        walk.stack.extend(files.into_iter().rev().map(Input::Named));
        walk
    }

    /// The names of the entries of a folder, in order. Leaves out the parts of a Maildir that hold no
    /// mail yet.
    fn enter(&mut self, folder: &Path) -> io::Result<()> {
        let mut files = Vec::new();
        let mut folders = Vec::new();
        let mut links = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_symlink() {
                links.push(entry.path());
            } else if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                files.push(entry.path());
            }
        }
        let is_maildir = ["cur", "new"].iter().all(|name| folders.contains(&folder.join(name)));
        if is_maildir {
            folders.retain(|it| *it != folder.join("tmp"));
        }
        sort(&mut files);
        folders.sort();
        links.sort();
        self.stack.extend(folders.into_iter().rev().map(Input::Found));
        self.stack.extend(links.into_iter().rev().map(Input::Link));
        self.stack.extend(files.into_iter().rev().map(Input::Found));
        Ok(())
    }
}

impl Iterator for Walk {
    type Item = Input;

    fn next(&mut self) -> Option<Input> {
        loop {
            let input = self.stack.pop()?;
            let (Input::Named(path) | Input::Found(path)) = &input else { return Some(input) };
            let is_named = matches!(input, Input::Named(_));
            let metadata = match fs::symlink_metadata(path) {
                Ok(metadata) if is_named && metadata.is_symlink() => fs::metadata(path),
                metadata => metadata,
            };
            match metadata {
                Ok(metadata) if metadata.is_dir() => {
                    if identity(&metadata).is_none_or(|it| self.seen.insert(it))
                        && let Err(error) = self.enter(path)
                    {
                        return Some(Input::Failed(path.clone(), error.to_string()));
                    }
                }
                Ok(metadata) => {
                    // Named files were noted at the start; of the others only those with several
                    // names have to be remembered.
                    let is_new = is_named
                        || match identity(&metadata) {
                            Some(it) if has_names(&metadata) => self.seen.insert(it),
                            Some(it) => !self.seen.contains(&it),
                            None => true,
                        };
                    if is_new {
                        return Some(input);
                    }
                }
                // The file may have been rotated away since the folder was read.
                Err(error) => return Some(Input::Failed(path.clone(), error.to_string())),
            }
        }
    }
}

fn sort(files: &mut [PathBuf]) {
    files.sort_by_cached_key(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        (path.parent().map(Path::to_path_buf), Place::of(&name), path.clone())
    });
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "other systems have no such numbers")]
fn identity(metadata: &Metadata) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> Option<Identity> {
    None
}

#[cfg(unix)]
fn has_names(metadata: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    metadata.nlink() > 1
}

#[cfg(not(unix))]
fn has_names(_: &Metadata) -> bool {
    false
}
