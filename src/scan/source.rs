//! Opens input: unpacks it, recognises its format, and continues where another run ended.

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::UNIX_EPOCH;

use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::Options;
use super::calendar::Calendar;
use super::decode::{Metered, Packing, to_utf8, unpack};
use super::format::{Format, Parser, SNIFFED, Unreadable, for_format, sniff};
use super::lines::Lines;
use super::order::date_in;
use super::pipe::Pipe;
use super::reader::{Head, Reader, TAIL};
use super::state::{FileState, Known, Print};
use super::walk::Input;
use super::years::{Log, Years};

/// How many bytes of a log before the new part are read again for the senders in them. With fewer,
/// more deliveries would have no sender; more would slow each scan.
const WARM: u64 = 8 << 20;

/// The source of a year, in words.
const NAME: &str = "the date in its name";

/// The same for lines that have a year.
const LINES: &str = "its later lines";

/// An open file.
pub(crate) struct Source {
    pub(crate) reader: Reader,
    pub(crate) info: Info,
}

/// What is known of a file when it is opened.
#[derive(Clone, Debug)]
pub(crate) struct Info {
    pub(super) path: String,
    pub(super) format: Format,
    pub(super) calendar: Calendar,
    pub(super) head: Print,
    pub(super) size: u64,
    pub(super) modified: u64,
    /// The place of the file in the state, and how far earlier runs read it.
    pub(super) known: Option<usize>,
    pub(super) offset: u64,
    pub(super) records: u64,
    /// Recipients, broken records and lines before `offset`.
    pub(super) recipients: u64,
    pub(super) broken: u64,
    pub(super) lines: Lines,
    /// Whether the source is a pipe, which is never read twice and so not worth remembering.
    pub(super) is_pipe: bool,
    /// Whether the scan found the file in a folder; otherwise the user named it.
    pub(super) is_found: bool,
    /// The source of the year for lines without one, in words.
    pub(super) year_from: &'static str,
    /// The parser's assumptions.
    pub(super) assumption: Option<String>,
}

impl Info {
    /// The description of a pipe, whose name and times mean nothing.
    pub(crate) fn of_pipe(path: &str, parser: &dyn Parser, options: &Options) -> Self {
        Self {
            path: path.to_owned(),
            format: parser.format(),
            calendar: Calendar::new(elsewhere(options.today), options.year),
            head: Print::default(),
            size: 0,
            modified: 0,
            known: None,
            offset: 0,
            records: 0,
            recipients: 0,
            broken: 0,
            lines: Lines::default(),
            is_pipe: true,
            is_found: false,
            year_from: "today's date",
            assumption: parser.assumption(),
        }
    }
}

/// Why a file is not read.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The file cannot be read, or not in the named format.
    Failed(String, String),
    /// The file is not mail, and nobody named it as mail.
    PassedOver(String, String),
    /// The file may contain mail that the scan does not read: an archive in a folder.
    Closed(String, String),
    Link,
    /// An earlier run has counted the whole file.
    Done,
}

/// The values for opening files.
pub(crate) struct Opener<'a> {
    pub(crate) options: &'a Options,
    pub(crate) files: &'a [FileState],
    pub(crate) known: &'a Known,
}

/// Facts about the years of a file.
struct Dating {
    calendar: Calendar,
    /// No line is later than this day.
    latest: Date,
    /// The source of the year in words, if it is the file itself or its name.
    year_from: Option<&'static str>,
}

/// A file before it is examined.
struct Raw {
    reader: Box<dyn Read + Send>,
    packing: Packing,
    /// Whether the text of the file differs from its bytes: a byte order mark, or UTF-16.
    is_recoded: bool,
}

impl Opener<'_> {
    /// Opens a file, or returns why not.
    pub(crate) fn open(&self, input: &Input) -> Result<Source, Refusal> {
        let (path, is_named) = match input {
            Input::Stdin => {
                let name = self.options.name.as_deref().unwrap_or("-");
                return self.open_pipe(name, || Ok(io::stdin()));
            }
            Input::Named(path) => (path, true),
            Input::Found(path) => (path, false),
            Input::Failed(path, error) => {
                return Err(Refusal::Failed(path.display().to_string(), error.clone()));
            }
            Input::Link(_) => return Err(Refusal::Link),
        };
        let name = path.display().to_string();
        let failed = |error: io::Error| Refusal::Failed(name.clone(), error.to_string());
        let metadata = std::fs::metadata(path).map_err(failed)?;
        if !metadata.is_file() {
            let path = path.clone();
            return self.open_pipe(&name, move || File::open(path));
        }
        match self.open_file(path, &name, &metadata, !is_named) {
            Err(Refusal::PassedOver(name, why) | Refusal::Closed(name, why)) if is_named => {
                Err(Refusal::Failed(name, why))
            }
            result => result,
        }
    }

    fn open_pipe<R: Read>(
        &self,
        name: &str,
        open: impl FnOnce() -> io::Result<R> + Send + 'static,
    ) -> Result<Source, Refusal> {
        let failed = |error: String| Refusal::Failed(name.to_owned(), error);
        let pipe = Pipe::new(open, Arc::clone(&self.options.stop));
        let raw = self.decode(pipe).map_err(|error| failed(error.to_string()))?;
        let mut head = Head::read(raw.reader, SNIFFED);
        if let Some(error) = head.take_error() {
            return Err(failed(error.to_string()));
        }
        let parser = self.recognise(head.bytes()).map_err(|why| failed(why.to_string()))?;
        let mut info = Info::of_pipe(name, &*parser, self.options);
        let file_name = Path::new(name).file_name().unwrap_or_default().to_string_lossy();
        let (size, expansion) = (0, self.options.expansion);
        let (is_whole, is_plain) = (head.is_whole(), false);
        let log = Log { path: None, size, head: head.bytes(), is_whole, is_plain, expansion };
        let is_syslog = parser.format().is_syslog();
        let dating = self.dating(&log, &file_name, self.options.today, is_syslog);
        let dating = dating.map_err(|error| failed(error.to_string()))?;
        info.calendar = dating.calendar;
        info.year_from = dating.year_from.unwrap_or(info.year_from);
        Ok(Source { reader: self.reader(head, parser), info })
    }

    fn open_file(
        &self,
        path: &Path,
        name: &str,
        metadata: &Metadata,
        is_found: bool,
    ) -> Result<Source, Refusal> {
        let failed = |error: io::Error| Refusal::Failed(name.to_owned(), error.to_string());
        let raw = File::open(path).and_then(|file| self.decode(file)).map_err(failed)?;
        let (packing, is_recoded) = (raw.packing, raw.is_recoded);
        let mut head = Head::read(raw.reader, SNIFFED);
        if let Some(error) = head.take_error() {
            return Err(failed(error));
        }
        let parser = self.recognise(head.bytes()).map_err(|why| match why {
            Unreadable::Known { may_hold_mail: true, .. } => {
                Refusal::Closed(name.to_owned(), why.to_string())
            }
            _ => Refusal::PassedOver(name.to_owned(), why.to_string()),
        })?;
        let modified = modified_at(metadata);
        let file_name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_plain = packing == Packing::None && !is_recoded;
        let (size, expansion) = (metadata.len(), self.options.expansion);
        let is_whole = head.is_whole();
        let log = Log { path: Some(path), size, head: head.bytes(), is_whole, is_plain, expansion };
        let changed = day_of(modified, self.options.today);
        let is_syslog = parser.format().is_syslog();
        let dating = self.dating(&log, &file_name, changed, is_syslog).map_err(failed)?;
        let mut info = Info {
            calendar: dating.calendar,
            head: Print::of_head(head.bytes()),
            size: metadata.len(),
            modified,
            is_pipe: false,
            is_found,
            year_from: dating.year_from.unwrap_or("its last change"),
            ..Info::of_pipe(name, &*parser, self.options)
        };
        for index in self.known.find(head.bytes()) {
            let Some(known) = self.files.get(index).filter(|it| it.format == info.format) else {
                continue;
            };
            // Unless a packed file is unchanged, only unpacking shows whether it has grown.
            let is_same = known.is_done && (known.size, known.modified) == (info.size, modified);
            if is_same && (!is_plain || known.format == Format::Message) {
                self.options.progress.read.fetch_add(info.size, Ordering::Relaxed);
                return Err(Refusal::Done);
            }
            if let Some((head, start)) = self.go_to(path, is_plain, known).map_err(failed)? {
                info.known = Some(index);
                info.offset = known.offset;
                info.records = known.records;
                info.calendar = known.calendar.map_or(info.calendar, |it| it.until(dating.latest));
                info.recipients = known.recipients;
                info.broken = known.broken;
                info.lines = known.lines.clone();
                let reader = self.reader(head, parser).resume(start, known.offset);
                let reader = if is_plain { reader.leave_unfinished() } else { reader };
                return Ok(Source { reader, info });
            }
        }
        let reader = self.reader(head, parser);
        let keeps_state = self.options.state.is_some();
        let reader = if is_plain && keeps_state { reader.leave_unfinished() } else { reader };
        Ok(Source { reader, info })
    }

    /// Finds out about the years of a file that was last written on `changed`.
    fn dating(
        &self,
        log: &Log<'_>,
        file_name: &str,
        changed: Date,
        is_syslog: bool,
    ) -> io::Result<Dating> {
        let named = date_in(file_name);
        let day = named.unwrap_or(changed);
        let latest = if is_syslog && named.is_some() { at_latest(day) } else { elsewhere(day) };
        let is_asked = is_syslog && self.options.year.is_none();
        let years = if is_asked { log.years(day, latest)? } else { Years::default() };
        let latest = years.latest.unwrap_or(latest);
        Ok(Dating {
            calendar: Calendar::new(latest, self.options.year).beginning(years.first),
            latest,
            year_from: years.latest.map(|_| LINES).or(named.map(|_| NAME)),
        })
    }

    /// Moves to the place up to which a file was read, or a little before it; `None` if the file is
    /// another one.
    fn go_to(
        &self,
        path: &Path,
        is_plain: bool,
        known: &FileState,
    ) -> io::Result<Option<(Head, u64)>> {
        let warm = match known.format {
            format if format.is_syslog() => WARM,
            _ => 0,
        };
        let start = known.offset.saturating_sub(warm.max(TAIL as u64));
        let mut file = File::open(path)?;
        let mut reader = if is_plain {
            file.seek(SeekFrom::Start(start))?;
            self.options.progress.read.fetch_add(start, Ordering::Relaxed);
            self.decode_plain(file)
        } else {
            let mut raw = self.decode(file)?;
            io::copy(&mut raw.reader.by_ref().take(start), &mut io::sink())?;
            raw.reader
        };
        let mut before = Vec::new();
        reader.by_ref().take(known.offset - start).read_to_end(&mut before)?;
        if before.len() as u64 != known.offset - start || !known.tail.ends(&before) {
            return Ok(None);
        }
        // Begins at the next line, so that no part of a line is read.
        let line = match memchr::memchr(b'\n', &before) {
            Some(newline) if warm > 0 && start > 0 => newline + 1,
            _ if warm > 0 => 0,
            _ => before.len(),
        };
        before.drain(..line.min(before.len()));
        let start = known.offset - before.len() as u64;
        let length = before.len();
        let reader = Box::new(io::Cursor::new(before).chain(reader));
        Ok(Some((Head::read(reader, length.max(1)), start)))
    }

    fn decode<R: Read + Send + 'static>(&self, reader: R) -> io::Result<Raw> {
        let (packing, reader) = unpack(self.metered(reader), self.options.expansion)?;
        let (is_recoded, reader) = to_utf8(reader)?;
        Ok(Raw { reader, packing, is_recoded })
    }

    fn decode_plain(&self, file: File) -> Box<dyn Read + Send> {
        Box::new(self.metered(file))
    }

    fn metered<R>(&self, inner: R) -> Metered<R> {
        let total = Arc::clone(&self.options.progress.read);
        Metered { inner, read: Arc::new(AtomicU64::new(0)), total }
    }

    fn recognise(&self, head: &[u8]) -> Result<Arc<dyn Parser>, Unreadable> {
        match self.options.format {
            Some(format) => for_format(format, head, &self.options.columns),
            None => sniff(head, &self.options.columns),
        }
    }

    fn reader(&self, head: Head, parser: Arc<dyn Parser>) -> Reader {
        Reader::new(head, parser).with_block(self.options.block)
    }
}

/// When a file was last written, in seconds since 1970; 0 where the system does not say.
fn modified_at(metadata: &Metadata) -> u64 {
    let modified = metadata.modified().ok();
    let since = modified.and_then(|it| it.duration_since(UNIX_EPOCH).ok());
    since.map_or(0, |it| it.as_secs())
}

/// The latest day of a log that was last written on `day`: the log's clock may have another time zone.
fn elsewhere(day: Date) -> Date {
    day.tomorrow().unwrap_or(day)
}

/// The latest day of a log that has `day` in its name: that of its last line, or in a log of a week or of a month
/// that of its first.
fn at_latest(day: Date) -> Date {
    day.checked_add(31.days()).unwrap_or(day)
}

/// The day of a time in seconds since 1970.
fn day_of(seconds: u64, today: Date) -> Date {
    let seconds = i64::try_from(seconds).ok().filter(|seconds| *seconds > 0);
    let time = seconds.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    time.map_or(today, |time| time.to_zoned(TimeZone::UTC).date())
}
