//! Mail to one person about their account, by the mail server of the alerts.

use lettre::{Address, message::Mailbox};

use super::{
    TEST_PATIENCE, Teller, Undelivered, destination::Way, letter::written, mail::Smtp,
    notice::Notice,
};

/// RFC 5321 §4.5.3.1.3: a path has 256 octets with its angle brackets.
const MAX_ADDRESS: usize = 254;

/// A mail to a user about their account.
#[derive(Clone, Debug)]
pub(crate) struct Personal {
    /// One line.
    pub(crate) title: String,
    /// Paragraphs.
    pub(crate) text: Vec<String>,
    /// The text of the link, and its path on this server.
    pub(crate) link: (String, String),
    /// Why the mail came.
    pub(crate) why: String,
}

/// Whether a text is an address for mail: `local-part "@" domain`, and nothing else.
pub(crate) fn is_address(text: &str) -> bool {
    text.len() <= MAX_ADDRESS && text.parse::<Address>().is_ok()
}

impl Teller {
    /// The address, for people, of the mail server that delivers mail to users: the server of the
    /// first destination that has one.
    pub(crate) fn mail_server(&self) -> Option<String> {
        self.smtp().map(Smtp::address)
    }

    /// Hands a mail to the mail server. When the call returns, that server has the mail.
    ///
    /// # Errors
    ///
    /// If no mail server is configured, the address is not valid, or the mail server refuses the
    /// mail.
    pub(crate) async fn write_to(&self, to: &str, what: &Personal) -> Result<(), Undelivered> {
        let smtp = self.smtp().ok_or_else(|| Undelivered::new("no mail server is configured"))?;
        let to = to
            .parse()
            .map_err(|_| Undelivered::new("the account has an address that is not valid"))?;
        let notice = Notice {
            title: what.title.clone(),
            text: what.text.clone(),
            link: Some(what.link.clone()),
            ..Notice::default()
        };
        let id = format!("account_{}", uuid::Uuid::new_v4().simple());
        let footer = format!("Milguard at {} sent this: {}", self.origin, what.why);
        let letter = written(&notice, id, footer, &self.origin)
            .map_err(|error| Undelivered::new(format!("the mail cannot be written: {error}")))?;
        smtp.send(&Mailbox::new(None, to), &letter, self.pace.patience.min(TEST_PATIENCE)).await
    }

    fn smtp(&self) -> Option<&Smtp> {
        self.alerts.destinations.iter().find_map(|destination| match &destination.way {
            Way::Mail { smtp, .. } => Some(smtp),
            Way::Webhook(_) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_plain_address_is_accepted() {
        for (text, is_one) in [
            ("ann@example.mil", true),
            ("ann.lee+milguard@mail.example.mil", true),
            ("", false),
            ("ann", false),
            ("ann@", false),
            ("Ann <ann@example.mil>", false),
            ("ann@example.mil, bob@example.mil", false),
            ("ann@example.mil\r\nBcc: bob@example.mil", false),
            ("ann@example.mil\n", false),
        ] {
            assert_eq!(is_address(text), is_one, "{text:?}");
        }
        assert!(!is_address(&format!("{}@example.mil", "a".repeat(MAX_ADDRESS))));
    }
}
