//! Links by which users set a password: an administrator invites a user or resets a password, or a
//! user asks for a link.
//!
//! A link is a secret that is kept as a digest, works once, and ends after a while. It sets the
//! password alone: a user with one-time codes still needs a code, since anybody who reads the mail
//! could have opened the link.

use super::{
    super::{
        shared::{error::AdminError, time::now},
        state::Admin,
    },
    secret,
    visitor::Signed,
};
use crate::alert::Personal;
use crate::server::client_address::ClientAddress;
use crate::store::{AuditEntry, HOUR, NewPasswordLink, UserRow};

/// Links that somebody may ask for within a day, for one account, without being signed in. More would let strangers fill
/// the mailbox of a user.
const MOST: i64 = 3;

/// What a link is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Purpose {
    /// The first password.
    Invitation,
    /// Another password.
    Reset,
}

impl Purpose {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::Reset => "reset",
        }
    }

    /// An invitation may wait over a weekend; a user who asks for a reset waits for the mail.
    const fn hours(self) -> i64 {
        match self {
            Self::Invitation => 72,
            Self::Reset => 1,
        }
    }

    /// How long a link is valid, in words.
    pub(crate) const fn time(self) -> &'static str {
        match self {
            Self::Invitation => "three days",
            Self::Reset => "one hour",
        }
    }

    fn mail(self, name: &str, path: String) -> Personal {
        let once = format!("The link works once, for {}.", self.time());
        let (title, text, link, why) = match self {
            Self::Invitation => (
                "Your account for the dashboard",
                format!("An administrator created an account for you. Your user name is {name}."),
                "Set your password",
                "an administrator invited you. If you expect no account, ignore this mail.",
            ),
            Self::Reset => (
                "Set a new password",
                format!(
                    "Somebody asked for a new password for your account. Your user name is {name}."
                ),
                "Set a new password",
                "somebody asked for a new password for your account. If it was not you, ignore this mail: your \
                 password stays as it is.",
            ),
        };
        Personal {
            title: title.to_owned(),
            text: vec![text, once],
            link: (link.to_owned(), path),
            why: why.to_owned(),
        }
    }
}

/// A link that an administrator made, and the result of its mail.
pub(crate) struct Handed {
    /// The result, for people.
    pub(crate) text: String,
    /// The link to copy, where no mail server has taken it.
    pub(crate) link: Option<String>,
    pub(crate) purpose: Purpose,
}

/// The digest by which the store finds a link.
pub(crate) fn digest(link: &str) -> String {
    secret::digest_for("password link", link)
}

/// Whether a user may have a password here.
pub(crate) fn may_have(user: &UserRow) -> bool {
    user.issuer.is_none() && !user.disabled
}

/// Makes a link for a user, as an administrator wants it, and hands it to the mail server. If the
/// configuration names no mail server, the user has no address, or the mail server refuses, the
/// administrator gets the link.
pub(crate) async fn hand_out(
    admin: &Admin,
    signed: &Signed,
    user: &UserRow,
    purpose: Purpose,
) -> Result<Handed, AdminError> {
    let link = secret::generate();
    let path = format!("/admin/password/{link}");
    let new = NewPasswordLink {
        digest: &digest(&link),
        user_id: &user.id,
        expires_at: now() + purpose.hours() * HOUR,
        most: None,
    };
    let entry = signed.entry("password-link", &user.name, purpose.name());
    admin.store().add_password_link(new, now(), &entry).await?;
    let to_copy = |text: String| Handed {
        text,
        link: Some(format!("{}{path}", admin.origin().base())),
        purpose,
    };
    let teller = &admin.app().teller;
    let Some(server) = teller.mail_server() else {
        return Ok(to_copy(
            "The configuration names no mail server, so the server sent no mail.".to_owned(),
        ));
    };
    let Some(to) = &user.mail else {
        return Ok(to_copy(
            "The account has no mail address, so the server sent no mail.".to_owned(),
        ));
    };
    let sent = teller.write_to(to, &purpose.mail(&user.name, path.clone())).await;
    let detail = match &sent {
        Ok(()) => format!("{} to {to}: taken by {server}", purpose.name()),
        Err(undelivered) => format!("{} to {to}: not sent: {undelivered}", purpose.name()),
    };
    admin.store().audit(&signed.entry("password-mail", &user.name, &detail)).await?;
    Ok(match sent {
        Ok(()) => Handed {
            text: format!("The mail server {server} took the mail to {to}."),
            link: None,
            purpose,
        },
        Err(undelivered) => to_copy(format!("The mail to {to} was not sent: {undelivered}.")),
    })
}

/// Whether users can ask for a link themselves.
pub(crate) fn is_offered(admin: &Admin) -> bool {
    admin.app().options.sign_in.passwords && admin.app().teller.mail_server().is_some()
}

/// Sends a link to the user of that name, if such a user has a mail address. Runs beside the answer
/// to the browser, so that neither the words nor the time of the answer reveal whether there is
/// such a user.
pub(crate) async fn ask(admin: Admin, name: String, address: ClientAddress) {
    if let Err(error) = send(&admin, &name, address).await {
        tracing::warn!(?error, "a link to set a password was not sent");
    }
}

async fn send(admin: &Admin, name: &str, address: ClientAddress) -> Result<(), AdminError> {
    let user = admin.store().user_by_name(name).await?.filter(may_have);
    let Some((user, to)) = user.and_then(|user| user.mail.clone().map(|to| (user, to))) else {
        return Ok(());
    };
    let from = address.0.to_string();
    let entry = |action, detail| AuditEntry {
        at: now(),
        actor: "(not signed in)",
        address: &from,
        action,
        target: &user.name,
        detail,
    };
    let link = secret::generate();
    let new = NewPasswordLink {
        digest: &digest(&link),
        user_id: &user.id,
        expires_at: now() + Purpose::Reset.hours() * HOUR,
        most: Some(MOST),
    };
    let asked = entry("password-link", "reset, asked on the sign-in page");
    if !admin.store().add_password_link(new, now(), &asked).await? {
        let network = &from;
        tracing::warn!(network, "somebody asks for more links for an account than a day allows");
        return Ok(());
    }
    let mail = Purpose::Reset.mail(&user.name, format!("/admin/password/{link}"));
    let detail = match admin.app().teller.write_to(&to, &mail).await {
        Ok(()) => format!("reset to {to}: taken"),
        Err(undelivered) => format!("reset to {to}: not sent: {undelivered}"),
    };
    Ok(admin.store().audit(&entry("password-mail", &detail)).await?)
}
