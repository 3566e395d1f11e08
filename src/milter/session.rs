//! One connection of a mail server, with one SMTP session after the other, message by message.
//!
//! At RCPT the milter judges a recipient alone, so it can refuse one of a hundred and let the others pass.
//! Findings that only the whole message shows (names, other recipients, markings, a tag in the subject) are
//! judged after the header, and again after the body if a marking there could still raise one. A clean
//! message is accepted at the end of its header, so that its body is never transferred.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use tokio::io::{AsyncRead, AsyncWrite, BufReader};

use super::gate::{Gate, mark};
use super::judge::{Flagged, MessageVerdict};
use super::message::{Excess, FIELD};
use super::metrics::Outcome;
use super::subject;
use super::transaction::{Decision, Transaction, mailbox};
use super::wire::{self, Answers, Packet, actions, steps};
use crate::policy::{GatewayAction, OnFailure};

/// The most recipients of one message. Postfix takes 1,000 by default, Sendmail 100 in Debian's
/// configuration.
const RECIPIENTS: usize = 10_000;

/// The most fields with our name in one message to remove. The milter refuses a message with more.
const MARKS: u32 = 1_000;

/// A message with more bytes is judged on another thread, so that it delays no other connection.
const LARGE: usize = 64 << 10;

/// A connection.
pub(super) struct Session<S> {
    gate: Arc<Gate>,
    stream: BufReader<S>,
    answers: Answers,
    /// The actions that the mail server allows, once both sides have agreed.
    agreed: Option<Agreed>,
    /// The name of the message in the mail server's log.
    queue_id: String,
    message: Option<Transaction>,
}

#[derive(Clone, Copy)]
struct Agreed {
    actions: u32,
    steps: u32,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Session<S> {
    pub(super) fn new(gate: Arc<Gate>, stream: S) -> Self {
        Self {
            gate,
            stream: BufReader::with_capacity(16 << 10, stream),
            answers: Answers::default(),
            agreed: None,
            queue_id: String::new(),
            message: None,
        }
    }

    /// Answers until the mail server closes the connection.
    ///
    /// # Errors
    ///
    /// When the peer does not speak the protocol, keeps silent for too long, or breaks the connection.
    pub(super) async fn run(mut self) -> io::Result<()> {
        let limits = self.gate.limits;
        while let Some(packet) = wire::read(&mut self.stream, limits.idle, limits.within).await? {
            if packet.command == b'Q' {
                break;
            }
            self.answer(packet).await?;
            self.answers.send(self.stream.get_mut(), limits.within).await?;
        }
        Ok(())
    }

    async fn answer(&mut self, packet: Packet) -> io::Result<()> {
        let Packet { command, data } = packet;
        if command == b'O' {
            return self.negotiate(&data);
        }
        let Some(agreed) = self.agreed else { return Err(unexpected("a command before O")) };
        match command {
            b'D' => self.note_macros(&data),
            // A new client begins on the same connection, or this message ends.
            b'K' | b'A' => self.message = None,
            b'C' | b'H' | b'T' | b'U' => {
                self.answers.go_on();
            }
            b'M' => {
                self.queue_id.clear();
                self.message = Some(Transaction::new(self.gate.judge(), &self.gate.budget));
                self.go_on_unless(agreed, steps::SILENT_MAIL);
            }
            b'R' => self.recipient(&data)?,
            b'L' => {
                self.header(&data)?;
                self.go_on_unless(agreed, steps::SILENT_HEADER);
            }
            b'N' => self.end_of_header().await?,
            b'B' => self.body(&data, agreed)?,
            b'E' => self.end(&data, agreed).await?,
            other => return Err(unexpected(&format!("the command {other:#04x}"))),
        }
        Ok(())
    }

    fn negotiate(&mut self, data: &[u8]) -> io::Result<()> {
        let Some((version, actions, steps)) = wire::negotiation(data) else {
            return Err(unexpected("a negotiation without numbers"));
        };
        if version < wire::OLDEST {
            return Err(unexpected("a version before 2"));
        }
        let wanted = actions::ADD_HEADERS | actions::CHANGE_HEADERS | actions::QUARANTINE;
        let spared = steps::NO_CONNECT
            | steps::NO_HELO
            | steps::NO_UNKNOWN
            | steps::NO_DATA
            | steps::SKIP
            | steps::SILENT_MAIL
            | steps::SILENT_HEADER
            | steps::LEADING_SPACE;
        let agreed = Agreed { actions: actions & wanted, steps: steps & spared };
        self.answers.negotiate(version.min(wire::VERSION), agreed.actions, agreed.steps);
        self.agreed = Some(agreed);
        Ok(())
    }

    fn go_on_unless(&mut self, agreed: Agreed, step: u32) {
        if agreed.steps & step == 0 {
            self.answers.go_on();
        }
    }

    /// Keeps the macro `i`, the queue id, for the log.
    fn note_macros(&mut self, data: &[u8]) {
        let mut texts = wire::texts(data.get(1..).unwrap_or_default());
        while let (Some(name), Some(value)) = (texts.next(), texts.next()) {
            if name == b"i" {
                self.queue_id = String::from_utf8_lossy(value).chars().take(64).collect();
            }
        }
    }

    fn recipient(&mut self, data: &[u8]) -> io::Result<()> {
        let Some(message) = &mut self.message else { return Err(unexpected("RCPT before MAIL")) };
        let address = wire::texts(data).next().unwrap_or_default();
        let address = mailbox(&String::from_utf8_lossy(address));
        if message.envelope.len() >= RECIPIENTS {
            self.answers.reply("452 4.5.3 too many recipients; send the others in another message");
            self.gate.metrics.recipient(Outcome::Deferred);
            return Ok(());
        }
        let flagged = message.judge.recipient(&address);
        // With a tag in the subject the message may still pass.
        let flagged = flagged.filter(|it| it.action == GatewayAction::Refuse && !it.can_override);
        if let Some(flagged) = flagged {
            self.answers.reply(&message.judge.refusal(&[&flagged], None));
            self.gate.metrics.recipient(Outcome::Refused);
            log(&self.queue_id, "refused", &flagged);
            self.gate.report(&message.judge, [(&flagged, "blocked")]);
            return Ok(());
        }
        if let Err(excess) = message.collected.reserve(address.len() + size_of::<String>()) {
            message.excess.get_or_insert(excess);
        }
        message.envelope.push(address);
        self.gate.metrics.recipient(Outcome::Passed);
        self.answers.go_on();
        Ok(())
    }

    fn header(&mut self, data: &[u8]) -> io::Result<()> {
        let Some(message) = &mut self.message else {
            return Err(unexpected("a header before MAIL"));
        };
        let mut texts = data.splitn(2, |&byte| byte == 0);
        let (name, value) = (texts.next().unwrap_or_default(), texts.next().unwrap_or_default());
        let value = value.strip_suffix(b"\0").unwrap_or(value);
        // The mail server may have removed the space after the colon.
        let space: &[u8] =
            if value.starts_with(b" ") || value.starts_with(b"\t") { b"" } else { b" " };
        let added = message.collected.header(name, &[space, value].concat());
        let excess = added.err().or((message.collected.marks > MARKS).then_some(Excess::Header));
        message.excess = message.excess.or(excess);
        Ok(())
    }

    async fn end_of_header(&mut self) -> io::Result<()> {
        let Some(mut message) = self.message.take() else {
            return Err(unexpected("the end of a header before MAIL"));
        };
        if let Some(excess) = message.excess {
            self.give_up(&message, excess);
            return Ok(());
        }
        let verdict = self.judge(&mut message).await?;
        if !verdict.is_open && !verdict.has_tag && message.collected.marks == 0 {
            self.gate.metrics.message(Outcome::Passed);
            self.answers.accept();
            return Ok(());
        }
        // No later part of the message could make this milder.
        if let Decision::Refuse(text) = message.decide(&verdict) {
            self.finish_refused(&message, &verdict, &text);
            return Ok(());
        }
        self.message = Some(message);
        self.answers.go_on();
        Ok(())
    }

    fn body(&mut self, data: &[u8], agreed: Agreed) -> io::Result<()> {
        let Some(message) = &mut self.message else { return Err(unexpected("a body before MAIL")) };
        let mut wants_more = false;
        if message.excess.is_none() {
            match message.collected.body(data) {
                Ok(more) => wants_more = more,
                Err(excess) => message.excess = Some(excess),
            }
        }
        if wants_more || agreed.steps & steps::SKIP == 0 {
            self.answers.go_on();
        } else {
            self.answers.skip();
        }
        Ok(())
    }

    async fn end(&mut self, data: &[u8], agreed: Agreed) -> io::Result<()> {
        let Some(mut message) = self.message.take() else {
            return Err(unexpected("the end of a message before MAIL"));
        };
        if message.excess.is_none() && !data.is_empty() {
            message.excess = message.collected.body(data).err();
        }
        if let Some(excess) = message.excess {
            self.give_up(&message, excess);
            return Ok(());
        }
        let verdict = self.judge(&mut message).await?;
        let mut decision = message.decide(&verdict);
        if let Decision::Hold(reason) = &decision
            && agreed.actions & actions::QUARANTINE == 0
        {
            decision = Decision::Refuse(format!("550 5.7.1 {reason}"));
        }
        if let Decision::Refuse(text) = &decision {
            self.finish_refused(&message, &verdict, text);
            return Ok(());
        }
        self.change(&message, &verdict, agreed);
        self.gate.metrics.memory.set(i64::try_from(self.gate.budget.used()).unwrap_or(i64::MAX));
        if let Decision::Hold(reason) = &decision {
            self.answers.quarantine(reason);
            self.gate.metrics.message(Outcome::Held);
        }
        let is_held = matches!(decision, Decision::Hold(_));
        let mut outcome = Outcome::Passed;
        let mut reports = Vec::new();
        for flagged in &verdict.flagged {
            let (action, became) = if is_held {
                ("asked", Outcome::Held)
            } else if verdict.has_tag && flagged.can_override && flagged.action.stops() {
                ("sent-anyway", Outcome::SentAnyway)
            } else if flagged.action == GatewayAction::Header {
                ("audited", Outcome::Marked)
            } else {
                ("audited", Outcome::Reported)
            };
            log(&self.queue_id, action, flagged);
            reports.push((flagged, action));
            outcome = became;
        }
        if !is_held {
            self.gate.metrics.message(outcome);
        }
        self.gate.report(&message.judge, reports);
        self.answers.go_on();
        Ok(())
    }

    /// Lets the checker judge the part of the message that is known.
    async fn judge(&self, message: &mut Transaction) -> io::Result<MessageVerdict> {
        let begin = Instant::now();
        let bytes = message.collected.bytes();
        let size = bytes.len() + message.envelope.len() * 64;
        let verdict = if size <= LARGE {
            message.judge.message(&bytes, &message.envelope)
        } else {
            let (judge, envelope) =
                (Arc::clone(&message.judge), std::mem::take(&mut message.envelope));
            let judged = tokio::task::spawn_blocking(move || {
                let verdict = judge.message(&bytes, &envelope);
                (verdict, envelope)
            });
            let (verdict, envelope) = judged.await.map_err(io::Error::other)?;
            message.envelope = envelope;
            verdict
        };
        self.gate.metrics.seconds.observe(begin.elapsed().as_secs_f64());
        Ok(verdict)
    }

    fn finish_refused(&mut self, message: &Transaction, verdict: &MessageVerdict, text: &str) {
        self.answers.reply(text);
        self.gate.metrics.message(Outcome::Refused);
        for flagged in &verdict.flagged {
            log(&self.queue_id, "refused", flagged);
        }
        self.gate.report(&message.judge, verdict.flagged.iter().map(|it| (it, "blocked")));
    }

    /// Changes the header of a message that is not refused.
    fn change(&mut self, message: &Transaction, verdict: &MessageVerdict, agreed: Agreed) {
        // If the mail server sends the space before a value, it expects one back.
        let space = if agreed.steps & steps::LEADING_SPACE == 0 { "" } else { " " };
        if agreed.actions & actions::CHANGE_HEADERS != 0 {
            // The last field comes first, so that the others keep their numbers.
            for index in (1..=message.collected.marks).rev() {
                self.answers.change_header(index, FIELD, "");
            }
            let tag = message.judge.policy.gateway.send_anyway_tag.as_deref();
            if let (true, Some(tag), Some(raw)) = (verdict.has_tag, tag, &message.collected.subject)
            {
                let subject = subject::without_tag(raw, &verdict.subject, tag);
                self.answers.change_header(1, "Subject", &[space, &subject].concat());
            }
        }
        if agreed.actions & actions::ADD_HEADERS != 0 {
            for flagged in verdict.flagged.iter().filter(|it| it.action == GatewayAction::Header) {
                self.answers.add_header(FIELD, &[space, &mark(flagged)].concat());
            }
        }
    }

    /// The policy's answer if the message cannot be judged.
    fn give_up(&mut self, message: &Transaction, excess: Excess) {
        tracing::warn!(queue_id = self.queue_id, ?excess, "a message could not be judged");
        self.gate.metrics.message(Outcome::Deferred);
        match (message.judge.policy.on_failure, excess) {
            (OnFailure::Allow, _) => self.answers.accept(),
            (_, Excess::Memory) => {
                self.answers.reply("451 4.3.2 too much mail at once; please try again later")
            }
            (_, Excess::Header) => {
                self.answers.reply("552 5.3.4 the header of this message is too large")
            }
        };
    }
}

fn unexpected(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the mail server sent {what}"))
}

/// Domains and addresses stay out of this log; the mail server's own log has them.
fn log(queue_id: &str, action: &str, flagged: &Flagged) {
    let report = &flagged.report;
    let reasons: Vec<_> = report.findings.iter().map(|it| it.reason.as_str()).collect();
    let reasons = reasons.join(",");
    tracing::info!(queue_id, action, severity = report.severity.as_str(), reasons, "recipient");
}
