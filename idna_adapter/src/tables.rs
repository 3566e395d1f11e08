//! The packed tables, unpacked at the first use.

use std::sync::OnceLock;

use crate::layout::{COMPOSITE, DISALLOWED, FIRST_MARK, IGNORED, KIND_BITS, SHIFT, TEXT, VALID};

macro_rules! numbers {
    ($name:literal) => {
        Numbers(include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".bin")))
    };
}

/// How UTS #46 maps a character.
#[derive(Clone, Copy)]
pub(crate) enum Rule {
    /// The character stays.
    Valid,
    /// The character stays, and is made of two others.
    Composite(char, char),
    /// No domain may contain the character.
    Disallowed,
    /// The character vanishes.
    Ignored,
    /// The character becomes another one.
    Character(char),
    /// The character becomes a text.
    Text(&'static str),
}

/// The unpacked tables.
pub(crate) struct Tables {
    /// The kind of each run, and a number: of its first text, of its first pair, or its distance.
    rules: Runs<(u32, u32)>,
    texts: Vec<&'static str>,
    pairs: Vec<(char, char, char)>,
    /// A hash table: the number of a pair plus one, in the slot of its hash or the next free one. 0 is a free slot.
    by_hash: Vec<u16>,
    properties: Runs<u16>,
}

/// The tables of this process.
pub(crate) fn tables() -> &'static Tables {
    static TABLES: OnceLock<Tables> = OnceLock::new();
    TABLES.get_or_init(Tables::unpack)
}

/// A power of two, and more than twice as many as there are pairs.
const SLOTS: usize = 2048;

fn slot(first: char, second: char) -> usize {
    (u32::from(first).wrapping_mul(31) ^ u32::from(second)) as usize
}

impl Tables {
    fn unpack() -> Self {
        let texts = include_str!(concat!(env!("OUT_DIR"), "/texts.txt"));
        let mut tables = Self {
            rules: Runs::from(0x80),
            texts: texts.split('\n').collect(),
            pairs: Vec::new(),
            by_hash: vec![0; SLOTS],
            properties: Runs::from(0),
        };
        let (mut firsts, mut seconds) = (numbers!("firsts"), numbers!("seconds"));
        let mut shifts = numbers!("shifts");
        let (mut text, mut shift, mut first) = (0, 0, 0);
        for run in numbers!("runs") {
            let (kind, len) = (run & ((1 << KIND_BITS) - 1), run >> KIND_BITS);
            let value = match kind {
                SHIFT => {
                    shift = distance(&mut shifts, shift);
                    shift
                }
                TEXT => {
                    text += len;
                    text - len
                }
                COMPOSITE => u32::try_from(tables.pairs.len()).unwrap_or_default(),
                _ => 0,
            };
            if kind == COMPOSITE {
                for composite in tables.rules.end..tables.rules.end + len {
                    first = distance(&mut firsts, first);
                    let second = seconds.next().unwrap_or_default() + FIRST_MARK;
                    tables.pair(character(first), character(second), character(composite));
                }
            }
            tables.rules.push(len, (kind, value));
        }
        let values = include_bytes!(concat!(env!("OUT_DIR"), "/values.bin"));
        for (len, number) in numbers!("lengths").zip(numbers!("numbers")) {
            let value = values.chunks_exact(2).nth(number as usize);
            let value = value.and_then(|bytes| bytes.try_into().ok()).unwrap_or_default();
            tables.properties.push(len, u16::from_le_bytes(value));
        }
        tables
    }

    fn pair(&mut self, first: char, second: char, composite: char) {
        self.pairs.push((first, second, composite));
        let number = u16::try_from(self.pairs.len()).unwrap_or_default();
        let mut at = slot(first, second);
        while let Some(slot) = self.by_hash.get_mut(at % SLOTS) {
            if *slot == 0 {
                *slot = number;
                return;
            }
            at += 1;
        }
    }

    /// How UTS #46 maps a character.
    pub(crate) fn rule(&self, c: char) -> Rule {
        if c.is_ascii() {
            return Rule::Character(c.to_ascii_lowercase());
        }
        let Some((offset, (kind, value))) = self.rules.get(c) else { return Rule::Disallowed };
        let number = value.wrapping_add(offset) as usize;
        match kind {
            VALID => Rule::Valid,
            DISALLOWED | 6.. => Rule::Disallowed,
            IGNORED => Rule::Ignored,
            SHIFT => Rule::Character(character(u32::from(c).wrapping_add(value))),
            TEXT => Rule::Text(self.texts.get(number).copied().unwrap_or_default()),
            COMPOSITE => self
                .pairs
                .get(number)
                .map_or(Rule::Valid, |&(first, second, _)| Rule::Composite(first, second)),
        }
    }

    /// The character that two others compose to.
    pub(crate) fn compose(&self, first: char, second: char) -> Option<char> {
        let mut at = slot(first, second);
        loop {
            let number = self.by_hash.get(at % SLOTS)?.checked_sub(1)?;
            let &(left, right, composite) = self.pairs.get(usize::from(number))?;
            if (left, right) == (first, second) {
                return Some(composite);
            }
            at += 1;
        }
    }

    /// Combining class, mark, bidi class and joining type, in the bits that [`crate::layout`] defines.
    pub(crate) fn properties(&self, c: char) -> u16 {
        self.properties.get(c).map_or(0, |(_, value)| value)
    }

    /// The canonical combining class.
    pub(crate) fn combining_class(&self, c: char) -> u8 {
        if u32::from(c) < FIRST_MARK {
            return 0;
        }
        self.properties(c).to_le_bytes()[0]
    }
}

/// Numbers of seven bits a byte, the low bits first.
struct Numbers(&'static [u8]);

impl Iterator for Numbers {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let (mut number, mut bits) = (0, 0);
        loop {
            let (&byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u32::from(byte & 0x7f).wrapping_shl(bits);
            bits += 7;
            if byte < 0x80 {
                return Some(number);
            }
        }
    }
}

/// `from` plus the next distance, a number whose lowest bit is its sign.
fn distance(numbers: &mut Numbers, from: u32) -> u32 {
    let number = numbers.next().unwrap_or_default();
    from.wrapping_add((number >> 1) ^ (number & 1).wrapping_neg())
}

fn character(code: u32) -> char {
    char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// Values for runs of code points.
struct Runs<T> {
    starts: Vec<u32>,
    values: Vec<T>,
    end: u32,
    /// For each page of code points, the number of the run that holds the page's first code point.
    pages: Vec<usize>,
}

const PAGE_BITS: u32 = 8;

impl<T: Copy> Runs<T> {
    fn from(end: u32) -> Self {
        Self { starts: Vec::new(), values: Vec::new(), end, pages: Vec::new() }
    }

    fn push(&mut self, len: u32, value: T) {
        let run = self.starts.len();
        self.starts.push(self.end);
        self.values.push(value);
        self.end += len;
        let pages = (self.end as usize).div_ceil(1 << PAGE_BITS);
        self.pages.resize(pages.max(self.pages.len()), run);
    }

    /// A character's offset in its run, and the run's value.
    fn get(&self, c: char) -> Option<(u32, T)> {
        let code = u32::from(c);
        let page = (code >> PAGE_BITS) as usize;
        let first = *self.pages.get(page)?;
        let last = self.pages.get(page + 1).copied().unwrap_or(self.starts.len());
        let starts = self.starts.get(first..).unwrap_or_default();
        let starts = starts.get(..=last - first).unwrap_or(starts);
        let at = first + starts.partition_point(|&start| start <= code).checked_sub(1)?;
        Some((code - self.starts.get(at)?, *self.values.get(at)?))
    }
}
