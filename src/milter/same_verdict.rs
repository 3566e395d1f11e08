//! The milter gives the same verdict on a message as `milguard check --message`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

use super::gate::{Gate, Limits, mark};
use super::judge::Flagged;
use super::session::Session;
use crate::Policy;
use crate::detect::{Checker, RecipientReport, Severity};
use crate::mail::Mail;
use crate::policy::GatewayAction;

const MESSAGES: u32 = 2_000;

/// A small random generator with the same numbers on every machine (Numerical Recipes' LCG).
struct Numbers(u32);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) as usize % bound
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

const LOCAL: [&str; 6] = ["bob", "ann.lee", "jane.doe.civ", "x+tag", "\"a b\"", "list"];
const DOMAINS: [&str; 24] = [
    "army.mil",
    "us.army.mil",
    "army.ml",
    "us.af.mil.com",
    "armymil.com",
    "navy.mli",
    "gmail.com",
    "example.com",
    "health.ml",
    "lemmy.ml",
    "amry.mil",
    "eb.mil.br",
    "xn--rmy-5cd.mil",
    "bad.example",
    "us.army.com",
    "navy.org",
    "mail.mil",
    "health.mil",
    "disa.il",
    "dla.mil.ru",
    "army-mil.us",
    "uscg.gov",
    "fine.example",
    "mod.uk",
];
const NAMES: [&str; 7] = [
    "",
    "",
    "Bob",
    "\"bob@army.mil\"",
    "=?UTF-8?B?Ym9iQGFybXkubWls?=",
    "\"Lee, Ann\"",
    "Army Team",
];
const SUBJECTS: [&str; 6] = [
    "Lunch",
    "CUI//SP-PRVCY",
    "=?UTF-8?B?U0VDUkVULy9OT0ZPUk4=?=",
    "",
    "FOUO draft",
    "Gr\u{fc}\u{df}e",
];
const BODIES: [&str; 5] =
    ["Hello", "My SSN is 078-05-1120.", "SECRET//NOFORN", "", "-- \r\nsignature\r\n--\r\n"];

/// A message and the addresses in it, in the order of its fields.
fn message(numbers: &mut Numbers) -> (String, Vec<String>) {
    let mut envelope = Vec::new();
    let mut text = String::from("From: Alice <alice@example.com>\r\n");
    for field in ["To", "Cc"] {
        let mailboxes: Vec<_> = (0..numbers.below(4) + usize::from(field == "To"))
            .map(|_| {
                let address = format!("{}@{}", numbers.pick(&LOCAL), numbers.pick(&DOMAINS));
                let name = numbers.pick(&NAMES);
                envelope.push(address.clone());
                if name.is_empty() { address } else { format!("{name} <{address}>") }
            })
            .collect();
        if !mailboxes.is_empty() {
            write!(text, "{field}: {}\r\n", mailboxes.join(",\r\n ")).unwrap();
        }
    }
    write!(text, "Subject: {}\r\nReceived: by a\r\n with b\r\n", numbers.pick(&SUBJECTS)).unwrap();
    let body = numbers.pick(&BODIES);
    if numbers.below(3) == 0 {
        let name = ["report.pdf", "NOFORN SECRET.pdf", "CUI.docx"][numbers.below(3)];
        write!(
            text,
            "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=xyz\r\n\r\n--xyz\r\n\r\n{body}\r\n\
             --xyz\r\nContent-Type: application/octet-stream; name=\"{name}\"\r\n\
             Content-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--xyz--\r\n"
        )
        .unwrap();
    } else {
        write!(text, "\r\n{body}\r\n").unwrap();
    }
    (text, envelope)
}

/// A mail server's side of a connection.
struct Server(DuplexStream);

impl Server {
    async fn send(&mut self, command: u8, data: &[u8]) {
        let length = u32::try_from(data.len() + 1).unwrap().to_be_bytes();
        self.0.write_all(&[&length, [command].as_slice(), data].concat()).await.unwrap();
    }

    async fn answer(&mut self) -> (u8, Vec<u8>) {
        let length = self.0.read_u32().await.unwrap() as usize;
        let mut data = vec![0; length];
        self.0.read_exact(&mut data).await.unwrap();
        (data.remove(0), data)
    }

    /// Sends a message as Postfix and Sendmail do, and returns the added header fields.
    async fn deliver(&mut self, text: &str, envelope: &[String]) -> BTreeSet<String> {
        self.send(b'M', b"<alice@example.com>\0").await;
        for address in envelope {
            self.send(b'R', format!("<{address}>\0").as_bytes()).await;
            assert_eq!(self.answer().await.0, b'c');
        }
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        for field in head.replace("\r\n ", "\n ").split("\r\n") {
            let (name, value) = field.split_once(':').unwrap();
            self.send(b'L', format!("{name}\0{value}\0").as_bytes()).await;
        }
        self.send(b'N', b"").await;
        let mut added = BTreeSet::new();
        if self.answer().await.0 == b'a' {
            return added;
        }
        for piece in body.as_bytes().chunks(50) {
            self.send(b'B', piece).await;
            assert_eq!(self.answer().await.0, b'c');
        }
        self.send(b'E', b"").await;
        loop {
            match self.answer().await {
                (b'h', data) => {
                    let text = String::from_utf8(data).unwrap();
                    added.insert(
                        text.trim_end_matches('\0').split_once("\0 ").unwrap().1.to_owned(),
                    );
                }
                (b'c', _) => return added,
                (other, data) => panic!("{} {}", char::from(other), String::from_utf8_lossy(&data)),
            }
        }
    }
}

/// The verdicts of `milguard check --message` at `warn` or above. If the message names an address twice, the
/// more suspicious of its verdicts.
fn checked(checker: &Checker, text: &str) -> BTreeSet<String> {
    let mail = Mail::parse(text.as_bytes()).unwrap();
    let report = mail.check(checker);
    let mut worst: BTreeMap<&str, Flagged> = BTreeMap::new();
    for (recipient, report) in mail.recipients.iter().zip(report.recipients) {
        let key = |report: &RecipientReport| (report.severity, report.findings.len());
        let known = worst.get(recipient.address.as_str()).map(|known| key(&known.report));
        if known.is_none_or(|known| key(&report) >= known) {
            let address = recipient.address.clone();
            let action = GatewayAction::Header;
            let flagged = Flagged { address, report, action, can_override: false };
            worst.insert(&recipient.address, flagged);
        }
    }
    worst.values().filter(|it| it.report.severity >= Severity::Warn).map(mark).collect()
}

#[tokio::test]
async fn the_verdict_on_two_thousand_messages_is_that_of_the_command_line() {
    let policy = r#"{"deny": ["bad.example"], "protected": {"suffixes": ["mil", "mod.uk"]},
        "gateway": {"warn": "header", "block": "header"}}"#;
    let policy = Policy::from_json(policy.as_bytes()).unwrap();
    let checker = Checker::new(&policy).unwrap();
    let gate = Arc::new(Gate::new(policy, String::new(), Limits::default()).unwrap());
    let (here, there) = tokio::io::duplex(64 << 10);
    let session = tokio::spawn(Session::new(Arc::clone(&gate), there).run());
    let mut server = Server(here);
    server.send(b'O', b"\0\0\0\x06\0\0\x01\xff\0\x1f\xff\xff").await;
    assert_eq!(server.answer().await.0, b'O');
    let (mut numbers, mut flagged, mut clean) = (Numbers(20), 0, 0);
    for _ in 0..MESSAGES {
        let (text, envelope) = message(&mut numbers);
        let want = checked(&checker, &text);
        assert_eq!(server.deliver(&text, &envelope).await, want, "{text}");
        if want.is_empty() { clean += 1 } else { flagged += 1 }
    }
    assert!(flagged > 500 && clean > 100, "{flagged} {clean}");
    server.send(b'Q', b"").await;
    session.await.unwrap().unwrap();
    assert_eq!(gate.budget.used(), 0);
}
