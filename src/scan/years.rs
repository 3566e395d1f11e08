//! Finds out about the years of a log whose lines have none, before it is read.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use jiff::ToSpan as _;
use jiff::civil::Date;

use super::bytes;
use super::calendar::first_year;
use super::decode::{Metered, to_utf8, unpack};
use super::format::stamp;
use super::time::Stamp;

/// How many places of a large log are read to count its years: one for each week of ten years.
const PLACES: u64 = 512;

/// The largest packed log, in bytes, that is unpacked once more to count its years. A log of a year is smaller on most
/// servers; a larger limit would slow the scan of a busy server's logs, each of which covers a day.
const PACKED: u64 = 16 << 20;

/// How many bytes of a packed log are between two places.
const STEP: u64 = 64 << 10;

/// Facts about the years of a log whose first lines have no year.
#[derive(Debug, Default)]
pub(super) struct Years {
    /// The year of the first line, as far as the times of the log and its latest day show it.
    pub(super) first: Option<i16>,
    /// The latest day that lines without a year may have, if later lines have one: the syslog changed its form.
    pub(super) latest: Option<Date>,
}

impl Years {
    /// What times in the order of the file show, if no line is later than `latest`.
    fn of(stamps: &[Stamp], latest: Date) -> Self {
        // Output of another program may begin with a date of any year.
        let is_new = |end: &usize| {
            let after = stamps.get(*end..).unwrap_or_default();
            2 * after.iter().filter(|stamp| stamp.year.is_some()).count() >= after.len()
        };
        let end = stamps.iter().position(|stamp| stamp.year.is_some()).filter(is_new);
        let before = stamps.get(..end.unwrap_or(stamps.len())).unwrap_or_default();
        let dated = end.and_then(|end| stamps.get(end)).and_then(|stamp| stamp.day_in(stamp.year?));
        // Programs that write years and programs that do not may log side by side for a time.
        let changed = dated.map(|day| day.checked_add(60.days()).unwrap_or(day));
        let first = first_year(before.iter().copied(), changed.unwrap_or(latest));
        Self { first, latest: changed }
    }
}

/// A log before it is read.
pub(super) struct Log<'a> {
    /// The file; `None` for a pipe, which cannot be read twice.
    pub(super) path: Option<&'a Path>,
    pub(super) size: u64,
    /// The beginning of its text.
    pub(super) head: &'a [u8],
    /// Whether the head is the whole log.
    pub(super) is_whole: bool,
    /// Whether the text is that of the file: not packed, in UTF-8.
    pub(super) is_plain: bool,
    /// How many times its size a packed log may grow to.
    pub(super) expansion: u64,
}

impl Log<'_> {
    /// The years of the log, which was closed on `day` and has no line after `latest`, from several places in it.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub(super) fn years(&self, day: Date, latest: Date) -> io::Result<Years> {
        let first = bytes::lines(self.head).take(10).find_map(|(_, line)| stamp(line));
        let Some(first) = first.filter(|first| first.year.is_none()) else {
            return Ok(Years::default());
        };
        let stamps = match self.path {
            _ if self.is_whole => of_text(self.head),
            Some(path) if self.is_plain => self.places(path, first)?,
            // The scan itself reports a file that is damaged, with what could be read of it.
            Some(path) if self.size <= PACKED => self.unpacked(path).unwrap_or_default(),
            _ => {
                // The last line is not at hand. If the first is of the day after `day`, only a busy server can have
                // written the log since then.
                let latest = if self.is_of_busy_server() { latest } else { day };
                return Ok(Years { first: first_year([first].into_iter(), latest), latest: None });
            }
        };
        Ok(Years::of(&stamps, latest))
    }

    /// Whether the times at the beginning are less than ten minutes apart.
    fn is_of_busy_server(&self) -> bool {
        let mut times = bytes::lines(self.head).filter_map(|(_, line)| stamp(line)?.at(2000));
        let first = times.next().and_then(|time| time.civil.checked_add(10.minutes()).ok());
        first.zip(times.last()).is_some_and(|(limit, last)| last.civil < limit)
    }

    /// Times from places at equal distances, and the last one.
    fn places(&self, path: &Path, first: Stamp) -> io::Result<Vec<Stamp>> {
        let mut file = File::open(path)?;
        let mut stamps = vec![first];
        let mut piece = Vec::new();
        for place in 1..=PLACES {
            piece.clear();
            file.seek(SeekFrom::Start((self.size * place / PLACES).saturating_sub(4096)))?;
            file.by_ref().take(4096).read_to_end(&mut piece)?;
            stamps.extend(of_piece(&piece).into_iter().next());
        }
        stamps.extend(of_piece(&piece));
        Ok(stamps)
    }

    /// Times from a packed log.
    fn unpacked(&self, path: &Path) -> io::Result<Vec<Stamp>> {
        let inner = File::open(path)?;
        let metered = Metered { inner, read: Arc::default(), total: Arc::default() };
        let (_, reader) = unpack(metered, self.expansion)?;
        let (_, mut reader) = to_utf8(reader)?;
        let mut stamps = of_text(self.head);
        let mut piece = Vec::new();
        let mut last = Vec::new();
        loop {
            piece.clear();
            if reader.by_ref().take(STEP).read_to_end(&mut piece)? == 0 {
                break;
            }
            last = of_piece(&piece);
            stamps.extend(last.first().copied());
        }
        stamps.extend(last);
        Ok(stamps)
    }
}

/// The times of the lines.
fn of_text(text: &[u8]) -> Vec<Stamp> {
    bytes::lines(text).filter_map(|(_, line)| stamp(line)).collect()
}

/// The times of the lines after the first, which may be incomplete.
fn of_piece(piece: &[u8]) -> Vec<Stamp> {
    bytes::lines(piece).skip(1).filter_map(|(_, line)| stamp(line)).collect()
}
