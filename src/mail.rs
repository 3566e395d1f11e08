//! Reads a message (RFC 5322) for the checker.

use std::collections::HashSet;
use std::ops::Range;

use mail_parser::{HeaderName, MessageParser, MimeHeaders};

use crate::address::{Address, parse_address_list, split_recipients};
use crate::detect::{Checker, Field, Message, Recipient, Report};

/// The header fields that name recipients (RFC 5322 §3.6.3 and §3.6.6), in the order of the output.
const FIELDS: [(&str, Option<Field>); 6] = [
    ("to", Some(Field::To)),
    ("cc", Some(Field::Cc)),
    ("bcc", Some(Field::Bcc)),
    ("resent-to", Some(Field::To)),
    ("resent-cc", Some(Field::Cc)),
    ("resent-bcc", Some(Field::Bcc)),
];

/// A message's recipients, and the other parts that the checker reads.
#[derive(Default)]
pub(crate) struct Mail {
    pub(crate) recipients: Vec<MailRecipient>,
    /// The addr-spec of the author.
    pub(crate) from: Option<String>,
    /// The date as written.
    pub(crate) date: Option<String>,
    /// The Message-ID without its brackets.
    pub(crate) id: Option<String>,
    subject: String,
    body: String,
    attachments: Vec<String>,
}

/// A recipient in a header.
pub(crate) struct MailRecipient {
    /// The header field in lower case.
    pub(crate) header: &'static str,
    /// The addr-spec, or the element as written if it is not one.
    pub(crate) address: String,
    field: Option<Field>,
    /// The display name, decoded.
    pub(crate) name: Option<String>,
    /// All text beside the address, decoded: a comment can show another address, as a display name
    /// can.
    beside: String,
}

impl Mail {
    /// Reads a whole message. `None` if it holds no recipient.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        Some(Self::read(bytes)).filter(|mail| !mail.recipients.is_empty())
    }

    /// Reads a whole message, which may hold no recipient.
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let Some(message) = MessageParser::default().parse(bytes) else { return Self::default() };
        let mut recipients = Vec::new();
        for (wanted, field) in FIELDS {
            for header in message.headers() {
                if header.name.as_str().eq_ignore_ascii_case(wanted) {
                    let range = header.offset_start as usize..header.offset_end as usize;
                    let value = decode_header(bytes.get(range).unwrap_or_default());
                    for element in split_recipients(&value) {
                        let element = value.get(element).unwrap_or_default();
                        push_recipients(&mut recipients, wanted, field, element);
                    }
                }
            }
        }
        let from = message.from().and_then(|from| from.first()).and_then(|from| from.address());
        let bodies = (0..message.text_body_count()).filter_map(|part| message.body_text(part));
        let names = message.attachments().filter_map(MimeHeaders::attachment_name);
        let date = message.header_raw(HeaderName::Date);
        Self {
            date: date.map(|date| date.trim().to_owned()),
            id: message.message_id().map(str::to_owned),
            from: from.map(str::to_owned),
            subject: message.subject().unwrap_or_default().to_owned(),
            body: bodies.collect::<Vec<_>>().join("\n"),
            attachments: names.map(str::to_owned).collect(),
            recipients,
        }
    }

    /// Adds the recipients that the envelope names and the header does not.
    pub(crate) fn add_envelope(&mut self, envelope: &[String]) {
        let named: HashSet<String> =
            self.recipients.iter().map(|it| it.address.to_ascii_lowercase()).collect();
        for address in envelope {
            if !named.contains(&address.to_ascii_lowercase()) {
                self.recipients.push(MailRecipient {
                    header: "envelope",
                    address: address.clone(),
                    field: None,
                    name: None,
                    beside: String::new(),
                });
            }
        }
    }

    /// The subject, decoded.
    pub(crate) fn subject(&self) -> &str {
        &self.subject
    }

    /// Checks the message. The report has one entry for each of `recipients`.
    pub(crate) fn check(&self, checker: &Checker) -> Report {
        let recipients: Vec<Recipient<'_>> =
            self.recipients.iter().map(MailRecipient::view).collect();
        let attachments: Vec<&str> = self.attachments.iter().map(String::as_str).collect();
        checker.check(&Message {
            recipients: &recipients,
            from: self.from.as_deref(),
            subject: &self.subject,
            body: &self.body,
            attachments: &attachments,
            muted: &[],
        })
    }
}

impl MailRecipient {
    fn view(&self) -> Recipient<'_> {
        Recipient { address: &self.address, name: Some(&self.beside), field: self.field }
    }
}

/// Adds the mailboxes of an element, members of groups too. Unreadable text is added as it is, for
/// the checker to judge.
fn push_recipients(
    recipients: &mut Vec<MailRecipient>,
    header: &'static str,
    field: Option<Field>,
    element: &str,
) {
    let list = parse_address_list(element).unwrap_or_default();
    let mailboxes: Vec<_> = list.iter().flat_map(Address::mailboxes).collect();
    if mailboxes.is_empty() {
        recipients.push(MailRecipient {
            header,
            address: element.to_owned(),
            field,
            name: None,
            beside: String::new(),
        });
    }
    let is_alone = mailboxes.len() == 1;
    for mailbox in mailboxes {
        let address = format!("{}@{}", mailbox.local_part, mailbox.domain);
        let name = mailbox.display_name.as_deref().map(decode_words);
        let mut beside = name.clone().unwrap_or_default();
        // In an element with several mailboxes, a comment may be about any of them.
        if is_alone {
            for text in around(element, &mailbox.span, &address) {
                beside.push(' ');
                beside.push_str(&decode_words(text));
            }
        }
        recipients.push(MailRecipient { header, address, field, name, beside });
    }
}

/// The text before the address at `span`, the address itself if comments are inside it, and the
/// text after it.
fn around<'a>(element: &'a str, span: &Range<usize>, address: &str) -> [&'a str; 3] {
    let part = |range: Option<&'a str>| range.unwrap_or_default();
    let within = element.get(span.clone()).filter(|written| *written != address);
    [part(element.get(..span.start)), part(within), part(element.get(span.end..))]
}

/// A header's value on one line. Line breaks that do not fold the header stay, so that the checker
/// reports them.
///
/// RFC 6532 has headers in UTF-8. Programs that know no encoded-words wrote names in ISO 8859-1, and
/// a name must not keep the address after it from being read.
fn decode_header(value: &[u8]) -> String {
    let latin_1 = |byte: u8| match byte {
        0x80..0xA0 => char::REPLACEMENT_CHARACTER,
        _ => char::from(byte),
    };
    let text = match str::from_utf8(value) {
        Ok(text) => text.to_owned(),
        Err(_) => value.iter().map(|&byte| latin_1(byte)).collect(),
    };
    text.replace("\r\n", "\n").replace("\n ", " ").replace("\n\t", "\t")
}

/// Decodes RFC 2047 encoded-words, as a mail program does before it shows them.
fn decode_words(text: &str) -> String {
    if !text.contains("=?") {
        return text.to_owned();
    }
    let header = format!("Subject: {text}\n\n");
    let message = MessageParser::default().parse(header.as_bytes());
    message.and_then(|message| message.subject().map(str::to_owned)).unwrap_or(text.to_owned())
}
