//! The protocols of mail servers that ask about one recipient at a time, line by line.
//!
//! Postfix's policy delegation (`SMTPD_POLICY_README`) sends `name=value` lines and an empty line, and reads
//! `action=…` and an empty line. Exim's `${readsocket}` sends `rcpt` and an address on one line, and reads to
//! the end: `pass`, `refuse 550 …`, `hold …` or `header …`.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{
    AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader,
};
use tokio::time::timeout;

use super::gate::{Answer, Gate};
use super::message::FIELD;

/// The most bytes of a question. Postfix sends some 40 short lines; names in certificates are the
/// longest.
const LONGEST: u64 = 32 << 10;

/// Answers until the mail server closes the connection.
///
/// # Errors
///
/// When a question is too long or makes no sense, or the peer keeps silent for too long.
pub(super) async fn run<S: AsyncRead + AsyncWrite + Unpin>(
    gate: Arc<Gate>,
    stream: S,
) -> io::Result<()> {
    let limits = gate.limits;
    let mut stream = BufReader::with_capacity(4 << 10, stream);
    loop {
        let Some(question) = read(&mut stream, limits.idle, limits.within).await? else {
            return Ok(());
        };
        let (answer, is_last) = match question {
            Question::Postfix { request, state, recipient } => {
                let is_ours = request == "smtpd_access_policy" && state == "RCPT";
                let answer = if is_ours { gate.recipient(&recipient) } else { Answer::Pass };
                (postfix(answer), false)
            }
            Question::Exim(address) => (exim(gate.recipient(&address)), true),
        };
        let written = timeout(limits.within, stream.write_all(answer.as_bytes()));
        written.await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        if is_last {
            return stream.shutdown().await;
        }
    }
}

/// A mail server's question.
#[derive(Debug, Eq, PartialEq)]
enum Question {
    Postfix { request: String, state: String, recipient: String },
    Exim(String),
}

async fn read<R: AsyncBufRead + Unpin>(
    reader: &mut R,
    idle: Duration,
    within: Duration,
) -> io::Result<Option<Question>> {
    let silence =
        |_| io::Error::new(io::ErrorKind::TimedOut, "the mail server kept silent for too long");
    if timeout(idle, reader.fill_buf()).await.map_err(silence)??.is_empty() {
        return Ok(None);
    }
    timeout(within, async {
        let mut reader = reader.take(LONGEST);
        let mut line = Vec::new();
        let [mut request, mut state, mut recipient] = [const { String::new() }; 3];
        loop {
            line.clear();
            reader.read_until(b'\n', &mut line).await?;
            if !line.ends_with(b"\n") {
                return Err(invalid("a question ends in the middle of a line or is too long"));
            }
            let text = String::from_utf8_lossy(line.trim_ascii_end());
            if text.is_empty() {
                break;
            }
            if let Some(address) = text.strip_prefix("rcpt ") {
                return Ok(Some(Question::Exim(address.trim().to_owned())));
            }
            let Some((name, value)) = text.split_once('=') else {
                return Err(invalid("a line is neither name=value nor rcpt and an address"));
            };
            match name {
                "request" => request = value.to_owned(),
                "protocol_state" => state = value.to_owned(),
                "recipient" => recipient = value.to_owned(),
                _ => {}
            }
        }
        Ok(Some(Question::Postfix { request, state, recipient }))
    })
    .await
    .map_err(silence)?
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

fn postfix(answer: Answer) -> String {
    match answer {
        Answer::Pass => "action=DUNNO\n\n".to_owned(),
        // Only Sendmail needs a doubled `%`.
        Answer::Refuse(text) => format!("action={}\n\n", text.replace("%%", "%")),
        Answer::Hold(reason) => format!("action=HOLD milguard: {reason}\n\n"),
        Answer::Header(value) => format!("action=PREPEND {FIELD}: {value}\n\n"),
    }
}

fn exim(answer: Answer) -> String {
    match answer {
        Answer::Pass => "pass".to_owned(),
        Answer::Refuse(text) => format!("refuse {}", text.replace("%%", "%")),
        Answer::Hold(reason) => format!("hold {reason}"),
        Answer::Header(value) => format!("header {value}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Policy;
    use crate::milter::gate::Limits;

    /// The daemon's answers to several questions at once.
    async fn ask(policy: &str, question: &str) -> io::Result<String> {
        let policy = Policy::from_json(policy.as_bytes()).unwrap();
        let gate = Arc::new(Gate::new(policy, String::new(), Limits::default()).unwrap());
        let (here, there) = tokio::io::duplex(1 << 20);
        let (mut from, mut to) = tokio::io::split(here);
        to.write_all(question.as_bytes()).await.unwrap();
        to.shutdown().await.unwrap();
        run(gate, there).await?;
        let mut answer = String::new();
        from.read_to_string(&mut answer).await.unwrap();
        Ok(answer)
    }

    fn asked(recipient: &str) -> String {
        format!(
            "request=smtpd_access_policy\nprotocol_state=RCPT\nsender=a@b.example\nrecipient={recipient}\n\n"
        )
    }

    #[tokio::test]
    async fn postfix_gets_an_action_for_each_question() {
        let both = [asked("ann@army.mil"), asked("bob@army.ml")].concat();
        let answer = ask("{}", &both).await.unwrap();
        assert!(answer.starts_with("action=DUNNO\n\naction=550 5.1.2 <bob@army.ml>: "), "{answer}");
        assert!(answer.ends_with("did you mean bob@army.mil?\n\n"), "{answer}");
        let other = "request=smtpd_access_policy\nprotocol_state=DATA\nrecipient=bob@army.ml\n\n";
        assert_eq!(ask("{}", other).await.unwrap(), "action=DUNNO\n\n");
    }

    #[tokio::test]
    async fn the_policy_chooses_the_action() {
        for (action, want) in [
            (
                "hold",
                "action=HOLD milguard: warn bob@army.ml (suffix-typo); did you mean bob@army.mil?\n\n",
            ),
            (
                "header",
                "action=PREPEND X-Milguard: warn bob@army.ml (suffix-typo); did you mean bob@army.mil?\n\n",
            ),
            ("report", "action=DUNNO\n\n"),
        ] {
            let policy = format!(r#"{{"gateway": {{"warn": "{action}"}}}}"#);
            assert_eq!(ask(&policy, &asked("bob@army.ml")).await.unwrap(), want);
        }
        assert_eq!(
            ask(r#"{"mode": "audit"}"#, &asked("bob@army.ml")).await.unwrap(),
            "action=DUNNO\n\n"
        );
    }

    #[tokio::test]
    async fn exim_gets_one_line() {
        assert_eq!(ask("{}", "rcpt ann@army.mil\n").await.unwrap(), "pass");
        let answer = ask("{}", "rcpt bob@army.ml\n").await.unwrap();
        assert!(answer.starts_with("refuse 550 5.1.2 <bob@army.ml>: "), "{answer}");
    }

    #[tokio::test]
    async fn a_question_that_makes_no_sense_or_never_ends_is_an_error() {
        for question in ["nonsense\n\n", "request=", &"x=".repeat(40 << 10)] {
            assert!(ask("{}", question).await.is_err());
        }
    }
}
