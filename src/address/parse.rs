//! The grammar of RFC 5322 §3.4 and §4.4 over tokens.

use std::ops::Range;

use super::error::{AddressError, AddressErrorKind as Kind};
use super::lexer::{Lexer, Token, TokenKind, check_characters, unquote};
use super::mailto::{self, Decoded};
use super::{Address, MAX_LENGTH, Mailbox, addr_spec};

/// Reads the recipients in `text`: at least one mailbox or group, in order.
///
/// ```
/// use milguard::address::{Address, AddressErrorKind, parse_address_list};
///
/// let list = parse_address_list("Bob <bob@us.army.mil>, ann@navy.mil").unwrap();
/// let [Address::Mailbox(bob), Address::Mailbox(_)] = list.as_slice() else { panic!() };
/// assert_eq!((bob.local_part.as_str(), bob.domain.as_str()), ("bob", "us.army.mil"));
/// assert_eq!(bob.domain_span, 9..20);
///
/// let error = parse_address_list("bob@army,mil").unwrap_err();
/// assert_eq!((error.kind, error.at), (AddressErrorKind::BareElement, 9));
/// ```
///
/// # Errors
///
/// When any part of the text is not an address, or could also be read as a different address.
pub fn parse_address_list(text: &str) -> Result<Vec<Address>, AddressError> {
    if text.len() > MAX_LENGTH {
        return Err(Kind::TooLong.at(text.floor_char_boundary(MAX_LENGTH)));
    }
    check_characters(text)?;
    let content = text.trim_start();
    if let Some(uri) = strip_scheme(content, "mailto:") {
        return mailto_list(text, text.len() - uri.len()..text.len());
    }
    let list = strip_scheme(content, "smtp:").unwrap_or(content);
    Parser::new(text, text.len() - list.len(), Scheme::Allowed).list()
}

/// Reads the recipients of a `mailto:` URI. `uri` is the part of `text` after the scheme, and all
/// offsets count from the beginning of `text`.
fn mailto_list(text: &str, uri: Range<usize>) -> Result<Vec<Address>, AddressError> {
    let to = mailto::recipients(text, uri)?;
    let encoded = text.get(to.clone()).unwrap_or_default();
    if !encoded.as_bytes().contains(&b'%') {
        let text = text.get(..to.end).unwrap_or_default();
        return Parser::new(text, to.start, Scheme::Inside).list();
    }

    let decoded = Decoded::new(encoded, to.start)?;
    let in_source = |error: AddressError| error.kind.at(decoded.source(error.at));
    check_characters(&decoded.text).map_err(in_source)?;
    let mut addresses = Parser::new(&decoded.text, 0, Scheme::Inside).list().map_err(in_source)?;
    let shift = |mailbox: &mut Mailbox| {
        for span in [&mut mailbox.span, &mut mailbox.domain_span] {
            *span = decoded.source(span.start)..decoded.source(span.end);
        }
    };
    for address in &mut addresses {
        match address {
            Address::Mailbox(mailbox) => shift(mailbox),
            Address::Group { members, .. } => members.iter_mut().for_each(shift),
        }
    }
    Ok(addresses)
}

fn strip_scheme<'a>(text: &'a str, scheme: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(scheme.len())?;
    start.eq_ignore_ascii_case(scheme).then_some(rest)
}

/// Whether `mailto:` may stand inside angle brackets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Scheme {
    /// A mailbox in angle brackets may begin with `mailto:`.
    Allowed,
    /// The text is itself the inside of a `mailto:` URI, so another one in it is refused: hostile
    /// text could nest them.
    Inside,
}

/// A group whose `;` has not come yet.
struct OpenGroup {
    name: String,
    members: Vec<Mailbox>,
    /// The place of the group's colon.
    at: usize,
}

/// Reads one address list.
struct Parser<'a> {
    text: &'a str,
    lexer: Lexer<'a>,
    scheme: Scheme,
    addresses: Vec<Address>,
    group: Option<OpenGroup>,
    /// The tokens since the last delimiter, without comments.
    words: Vec<Token>,
    /// The comments after the last word.
    comments: Vec<Token>,
    /// The first element that has no `@`.
    bare: Option<AddressError>,
}

impl<'a> Parser<'a> {
    /// A parser for the text from `start` on, all of which [`check_characters`] has passed.
    fn new(text: &'a str, start: usize, scheme: Scheme) -> Self {
        Self {
            text,
            lexer: Lexer::new(text, start),
            scheme,
            addresses: Vec::new(),
            group: None,
            words: Vec::new(),
            comments: Vec::new(),
            bare: None,
        }
    }

    /// `address-list`, `obs-addr-list`: elements may be empty, `;` separates as well as `,`.
    fn list(mut self) -> Result<Vec<Address>, AddressError> {
        loop {
            let delimiter = self.read_words()?;
            let separator = match delimiter {
                Some(colon) if colon.is(b':') => {
                    self.open_group(colon.start)?;
                    continue;
                }
                Some(angle) if angle.is(b'<') => {
                    let mailbox = self.name_addr(angle.start)?;
                    self.push(mailbox);
                    self.separator_after_angle()?
                }
                Some(angle) if angle.is(b'>') => return Err(Kind::UnbalancedAngle.at(angle.start)),
                separator => {
                    self.bare_addr_spec()?;
                    separator
                }
            };
            match separator {
                Some(semicolon) if semicolon.is(b';') => self.close_group(),
                Some(_) => {}
                None => return self.finish(),
            }
        }
    }

    fn finish(self) -> Result<Vec<Address>, AddressError> {
        if let Some(group) = self.group {
            return Err(Kind::UnclosedGroup.at(group.at));
        }
        let has_mailbox = self.addresses.iter().any(|address| !address.mailboxes().is_empty());
        match self.bare {
            Some(bare) if has_mailbox => Err(Kind::BareElement.at(bare.at)),
            Some(bare) => Err(bare),
            None if self.addresses.is_empty() => Err(Kind::Empty.at(0)),
            None => Ok(self.addresses),
        }
    }

    /// Reads words and comments up to the next of `< > , ; :`, which it returns, or to the end.
    fn read_words(&mut self) -> Result<Option<Token>, AddressError> {
        self.words.clear();
        self.comments.clear();
        while let Some(mut token) = self.lexer.next()? {
            match token.kind {
                TokenKind::Comment => self.comments.push(token),
                TokenKind::Special(b'<' | b'>' | b',' | b';' | b':') => return Ok(Some(token)),
                _ => {
                    token.spaced |= !self.comments.is_empty();
                    self.comments.clear();
                    if self.words.is_empty() {
                        self.refuse_directory_name(token.start)?;
                    }
                    self.words.push(token);
                }
            }
        }
        Ok(None)
    }

    /// An element without angle brackets; no words at all are an empty element (`obs-addr-list`).
    fn bare_addr_spec(&mut self) -> Result<(), AddressError> {
        let Some(first) = self.words.first() else { return Ok(()) };
        if let Some(mut mailbox) = addr_spec::read(self.text, &self.words)? {
            let names = self.comments.iter().map(|c| unquote(self.text, c.start..c.end));
            mailbox.display_name = non_empty(names.collect::<Vec<_>>().join(" "));
            self.push(mailbox);
        } else {
            let error = addr_spec::bare_kind(self.text, &self.words).at(first.start);
            self.bare.get_or_insert(error);
        }
        Ok(())
    }

    /// `name-addr` after its `<`: `[display-name] [CFWS] "<" [obs-route] addr-spec ">"`.
    fn name_addr(&mut self, open: usize) -> Result<Mailbox, AddressError> {
        let name = self.phrase();
        let mut mailbox = match self.mailto_in_angle()? {
            Some(uri) => self.single_mailbox(uri, open)?,
            None => self.angle_addr(open, name.is_empty())?,
        };
        if let Some(name) = non_empty(name) {
            mailbox.display_name = Some(name);
        }
        Ok(mailbox)
    }

    fn angle_addr(&mut self, open: usize, nameless: bool) -> Result<Mailbox, AddressError> {
        let mut close = self.read_words()?;
        let route = match self.words.first() {
            Some(first) => first.is(b'@'),
            None => close.is_some_and(|token| token.is(b',')),
        };
        // `<@army.mil>` is not a route but an addr-spec that lacks its local part.
        if route && !close.is_some_and(|token| token.is(b'>')) {
            close = self.skip_route(close)?;
        }
        match close {
            Some(token) if token.is(b'>') => {}
            Some(token) if token.is(b'<') => return Err(Kind::UnbalancedAngle.at(token.start)),
            Some(token) => return Err(Kind::UnexpectedCharacter.at(token.start)),
            None => return Err(Kind::UnbalancedAngle.at(open)),
        }
        match (addr_spec::read(self.text, &self.words)?, self.words.first()) {
            (Some(mailbox), _) => Ok(mailbox),
            (None, Some(first)) => {
                Err(addr_spec::bare_kind(self.text, &self.words).at(first.start))
            }
            (None, None) if nameless => Err(Kind::Empty.at(open)),
            (None, None) => Err(Kind::NoAddress.at(open)),
        }
    }

    /// `obs-route`, a list of hosts such as `@a.example,@b.example:`, by which nobody routes today
    /// (RFC 5321 §3.3 has servers ignore it). Returns what ends the addr-spec after it.
    fn skip_route(&mut self, first: Option<Token>) -> Result<Option<Token>, AddressError> {
        let mut delimiter = first;
        loop {
            if let Some((at, domain)) = self.words.split_first() {
                if !at.is(b'@') {
                    return Err(Kind::UnexpectedCharacter.at(at.start));
                }
                addr_spec::domain(self.text, domain, at.end)?;
            }
            match delimiter {
                Some(comma) if comma.is(b',') => delimiter = self.read_words()?,
                Some(colon) if colon.is(b':') => return self.read_words(),
                Some(other) => return Err(Kind::UnexpectedCharacter.at(other.start)),
                None => return Err(Kind::UnbalancedAngle.at(self.lexer.position())),
            }
        }
    }

    /// The range of the URI after `<mailto:`, up to the `>`. Moves the lexer past the `>`.
    fn mailto_in_angle(&mut self) -> Result<Option<Range<usize>>, AddressError> {
        let rest = self.lexer.rest().trim_start();
        let Some(uri) = strip_scheme(rest, "mailto:").filter(|_| self.scheme == Scheme::Allowed)
        else {
            return Ok(None);
        };
        let start = self.text.len() - uri.len();
        let length = uri.find('>').ok_or(Kind::UnbalancedAngle.at(start))?;
        self.lexer.seek(start + length + 1);
        Ok(Some(start..start + length))
    }

    fn single_mailbox(&self, uri: Range<usize>, open: usize) -> Result<Mailbox, AddressError> {
        let mut addresses = mailto_list(self.text, uri)?;
        match (addresses.pop(), addresses.is_empty()) {
            (Some(Address::Mailbox(mailbox)), true) => Ok(mailbox),
            _ => Err(Kind::UnexpectedCharacter.at(open)),
        }
    }

    /// After `>` only comments may come before the next element.
    fn separator_after_angle(&mut self) -> Result<Option<Token>, AddressError> {
        let delimiter = self.read_words()?;
        match (self.words.first(), delimiter) {
            (Some(word), _) => Err(Kind::TrailingText.at(word.start)),
            (None, Some(angle)) if angle.is(b'<') || angle.is(b'>') => {
                Err(Kind::UnbalancedAngle.at(angle.start))
            }
            (None, Some(colon)) if colon.is(b':') => Err(Kind::TrailingText.at(colon.start)),
            (None, separator) => Ok(separator),
        }
    }

    fn open_group(&mut self, colon: usize) -> Result<(), AddressError> {
        if self.group.is_some() {
            return Err(Kind::NestedGroup.at(colon));
        }
        let is_phrase_word = |word: &Token| {
            matches!(word.kind, TokenKind::Atom | TokenKind::Quoted) || word.is(b'.')
        };
        let Some(first) = self.words.first() else {
            return Err(Kind::UnexpectedCharacter.at(colon));
        };
        if !self.words.iter().all(is_phrase_word) {
            return Err(Kind::UnexpectedCharacter.at(colon));
        }
        let name = self.phrase();
        let is_scheme = |scheme: &&str| name.eq_ignore_ascii_case(scheme);
        // The parser would otherwise read a URI that does not begin the text as a group named after
        // its scheme.
        if ["mailto", "smtp"].iter().any(is_scheme) {
            return Err(Kind::UnexpectedCharacter.at(colon));
        }
        // Exchange's types of address that are not SMTP, as in `EX:/o=…`.
        if ["ex", "x400", "x500", "notes"].iter().any(is_scheme) {
            return Err(Kind::DirectoryName.at(first.start));
        }
        self.group = Some(OpenGroup { name, members: Vec::new(), at: colon });
        Ok(())
    }

    fn close_group(&mut self) {
        if let Some(OpenGroup { name, members, .. }) = self.group.take() {
            self.addresses.push(Address::Group { name, members });
        }
    }

    fn push(&mut self, mailbox: Mailbox) {
        match &mut self.group {
            Some(group) => group.members.push(mailbox),
            None => self.addresses.push(Address::Mailbox(mailbox)),
        }
    }

    /// `phrase`, `obs-phrase`: the words, with one space in place of any white space between them.
    fn phrase(&self) -> String {
        let mut name = String::new();
        for (index, word) in self.words.iter().enumerate() {
            if word.spaced && index > 0 {
                name.push(' ');
            }
            let written = self.text.get(word.start..word.end).unwrap_or_default();
            if word.kind == TokenKind::Quoted {
                name.push_str(&unquote(self.text, word.start..word.end));
            } else {
                // Square brackets may hold folded white space.
                name.extend(written.chars().filter(|&c| c != '\r' && c != '\n'));
            }
        }
        name
    }

    /// Refuses an Exchange `legacyExchangeDN`, which begins with the organization. A local part may
    /// do so too (RFC 2156 maps X.400 names to `/G=…/S=…`), so only a second X.500 attribute or the
    /// lack of an `@` shows that the text is such a name.
    fn refuse_directory_name(&self, start: usize) -> Result<(), AddressError> {
        let rest = self.text.get(start..).unwrap_or_default();
        if strip_scheme(rest, "/o=").is_none() {
            return Ok(());
        }
        let name = rest.split([',', ';', '<', '>']).next().unwrap_or_default();
        let attribute = |part: &str| {
            ["ou=", "cn="].iter().any(|attribute| strip_scheme(part, attribute).is_some())
        };
        if name.split('/').any(attribute) || !name.as_bytes().contains(&b'@') {
            return Err(Kind::DirectoryName.at(start));
        }
        Ok(())
    }
}

fn non_empty(name: String) -> Option<String> {
    (!name.trim().is_empty()).then_some(name)
}
