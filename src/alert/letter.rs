//! Writes a notice as a mail with text and HTML, and as the body of a webhook.

use askama::Template;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::{
    mail::Letter,
    notice::Notice,
    report::{Look, lines},
};
use crate::store::Millis;

/// The longest line of the text in bytes. RFC 5322 recommends at most 78 characters; a mail server
/// may break a line of more than 998.
const WIDTH: usize = 76;

#[derive(Template)]
#[template(path = "mail.html")]
struct MailPage<'a> {
    notice: &'a Notice,
    look: Look,
    footer: String,
}

/// The id by which a receiver recognises an alert that this or another server sends again. It
/// depends on the alert, the time when the server noticed it, and the destination.
pub(super) fn id(alert: &str, at: Millis, destination: &str) -> String {
    let mut hash = Sha256::new();
    for part in [alert, at.to_string().as_str(), destination] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let digest = hash.finalize();
    format!("alert_{}", HEXLOWER.encode(digest.get(..16).unwrap_or_default()))
}

/// The mail to a destination.
///
/// # Errors
///
/// If the template cannot be rendered.
pub(super) fn letter(
    notice: &Notice,
    id: String,
    destination: &str,
    origin: &str,
) -> Result<Letter, askama::Error> {
    let footer = format!(
        "Milguard at {origin} sent this to the destination “{destination}”. Its administrator can change that."
    );
    written(notice, id, footer, origin)
}

/// A mail that says at its end why it came.
///
/// # Errors
///
/// If the template cannot be rendered.
pub(super) fn written(
    notice: &Notice,
    id: String,
    footer: String,
    origin: &str,
) -> Result<Letter, askama::Error> {
    let html = MailPage { notice, look: Look::Mail(origin.to_owned()), footer: footer.clone() };
    let html = html.render()?;
    let mut all = notice.text.clone();
    if !notice.facts.is_empty() {
        all.push(String::new());
        all.extend(notice.facts.iter().map(|(name, value)| format!("{name}: {value}")));
    }
    if let Some(report) = &notice.report {
        all.extend(lines(report));
    }
    if let Some((name, path)) = &notice.link {
        all.extend([String::new(), format!("{name}: {origin}{path}")]);
    }
    all.extend(["-- ".to_owned(), footer]);
    let mut text = String::new();
    for line in all {
        wrap(&mut text, &line);
    }
    Ok(Letter { id, subject: format!("Milguard: {}", notice.title), text, html })
}

/// Breaks a line at spaces. The line `-- `, which begins a signature, keeps the space at its end.
fn wrap(out: &mut String, line: &str) {
    if line == "-- " {
        out.push_str("\n-- \n");
        return;
    }
    let mut width = 0;
    for word in line.split(' ') {
        let length = word.chars().count();
        if width > 0 && width + 1 + length > WIDTH {
            out.push('\n');
            width = 0;
        }
        if width > 0 {
            out.push(' ');
            width += 1;
        }
        out.push_str(word);
        width += length;
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_an_alert_is_shown_as_text() {
        let notice = Notice {
            title: "<b>x</b>".to_owned(),
            text: vec!["a <img src=x> b".to_owned()],
            facts: vec![("Group".to_owned(), "\"><script>".to_owned())],
            ..Notice::default()
        };
        let letter =
            letter(&notice, "alert_1".to_owned(), "soc", "https://m.example").expect("it is drawn");
        assert!(
            !letter.html.contains("<b>x")
                && !letter.html.contains("<img")
                && !letter.html.contains("<script")
        );
        assert!(letter.text.contains("a <img src=x> b"), "{}", letter.text);
    }

    #[test]
    fn each_alert_has_its_own_id_at_each_destination() {
        let one = id("burst/army.ml/1", 7, "soc");
        assert_eq!(one, id("burst/army.ml/1", 7, "soc"));
        assert_eq!(one.len(), "alert_".len() + 32);
        for other in [
            id("burst/army.ml/2", 7, "soc"),
            id("burst/army.ml/1", 7, "chat"),
            id("burst/army.ml/1", 8, "soc"),
        ] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn lines_are_short_enough_for_mail() {
        let mut out = String::new();
        wrap(&mut out, &"word ".repeat(60));
        assert!(out.lines().all(|line| line.len() <= WIDTH), "{out}");
        assert_eq!(out.split_whitespace().count(), 60);
    }
}
