//! What all pages share: the frame around them, notices, times and numbers.

use std::fmt;

use askama::{Template, filters::HtmlSafe};
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::{SignedDuration, Timestamp};

use super::auth::role::Role;

/// The frame around a page.
#[derive(Clone, Debug, Default)]
pub(super) struct Page {
    /// What the page is called, in its head and its first heading.
    pub(super) title: String,
    /// The path of the entry in the menu.
    pub(super) section: &'static str,
    pub(super) user: Option<Visitor>,
    /// For the forms of the page.
    pub(super) csrf: String,
    pub(super) notice: Option<Notice>,
    /// The store holds made-up events.
    pub(super) demo: bool,
}

/// Who looks at the page.
#[derive(Clone, Debug)]
pub(super) struct Visitor {
    pub(super) name: String,
    pub(super) role: Role,
}

/// An entry of the menu.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) path: &'static str,
    pub(super) name: &'static str,
    role: Role,
}

const MENU: [Entry; 9] = [
    Entry { path: "/admin", name: "Overview", role: Role::Viewer },
    Entry { path: "/admin/events", name: "Events", role: Role::Analyst },
    Entry { path: "/admin/domains", name: "Domains", role: Role::Viewer },
    Entry { path: "/admin/policy", name: "Policies", role: Role::Viewer },
    Entry { path: "/admin/groups", name: "Groups and enrolment", role: Role::Viewer },
    Entry { path: "/admin/users", name: "Users", role: Role::Admin },
    Entry { path: "/admin/tokens", name: "API tokens", role: Role::Analyst },
    Entry { path: "/admin/audit", name: "Audit log", role: Role::Admin },
    Entry { path: "/admin/system", name: "System", role: Role::Admin },
];

impl Page {
    /// The entries of the menu that this visitor can open.
    pub(super) fn menu(&self) -> impl Iterator<Item = Entry> {
        let role = self.user.as_ref().map(|user| user.role);
        MENU.into_iter().filter(move |entry| role.is_some_and(|role| role >= entry.role))
    }

    /// Whether the visitor has a role, or a higher one.
    pub(super) fn may(&self, role: Role) -> bool {
        self.user.as_ref().is_some_and(|user| user.role >= role)
    }

    /// Whether the visitor may change things.
    pub(super) fn is_admin(&self) -> bool {
        self.may(Role::Admin)
    }

    /// Whether the visitor may see single events.
    pub(super) fn is_analyst(&self) -> bool {
        self.may(Role::Analyst)
    }

    /// With what the last form did, by the code in the address of the page.
    pub(super) fn with_notice(mut self, code: Option<&str>) -> Self {
        self.notice = code.and_then(|code| {
            let (_, text) = DONE.into_iter().find(|(known, _)| *known == code)?;
            Some(Notice { kind: "pass", text: text.to_owned() })
        });
        self
    }

    /// With what is wrong with the form that was sent.
    pub(super) fn with_problem(mut self, text: impl Into<String>) -> Self {
        self.notice = Some(Notice { kind: "block", text: text.into() });
        self
    }
}

/// What happened to the form that was sent.
#[derive(Clone, Debug)]
pub(super) struct Notice {
    /// A severity, for its colour: `pass` or `block`.
    pub(super) kind: &'static str,
    pub(super) text: String,
}

/// What a form did, by the code that its answer leads to. Codes and not texts: a link that someone
/// else made cannot put words on a page.
const DONE: [(&str, &str); 21] = [
    ("signed-out", "You are signed out."),
    ("signed-out-everywhere", "You are signed out on every device."),
    ("password", "The password is changed. Every other session of yours has ended."),
    ("code-on", "One-time codes are on."),
    ("code-off", "One-time codes are off."),
    ("session-ended", "That session has ended."),
    ("user-created", "The user is there."),
    ("user-role", "The role is changed, and their sessions have ended."),
    ("user-disabled", "The user can no longer sign in, and their sessions have ended."),
    ("user-enabled", "The user can sign in again."),
    ("user-deleted", "The user is gone. What they did stays in the audit log."),
    (
        "user-password",
        "The password is set, one-time codes are off, and their sessions have ended.",
    ),
    ("token-revoked", "The token is good for nothing any more."),
    ("group-created", "The group is there. Make a token to enrol clients into it."),
    ("group-renamed", "The group is renamed."),
    ("group-moved", "The group has another parent."),
    ("group-deleted", "The group is gone."),
    (
        "enrolment-revoked",
        "The token enrols nobody any more; its clients keep the policy they have.",
    ),
    ("policy-published", "The policy is published. Connected clients have it within a minute."),
    ("checked", "The domain was looked up."),
    ("setup", "You are the first administrator. Welcome."),
];

/// A moment, in ms since 1970, shown in UTC to the minute.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Moment(pub(super) i64);

impl Moment {
    /// To the second, for machines: RFC 3339.
    pub(super) fn iso(self) -> String {
        self.format("%Y-%m-%dT%H:%M:%SZ")
    }

    /// The day, as in `2026-11-25`.
    pub(super) fn day(self) -> String {
        self.format("%Y-%m-%d")
    }

    fn format(self, pattern: &str) -> String {
        Timestamp::from_millisecond(self.0)
            .map_or_else(|_| "?".to_owned(), |time| time.strftime(pattern).to_string())
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<time datetime=\"{}\">{}</time>", self.iso(), self.format("%Y-%m-%d %H:%M"))
    }
}

/// Digits and markup of our own.
impl HtmlSafe for Moment {}

/// How long ago or ahead, in words: `3 minutes`.
pub(super) fn span(ms: i64) -> String {
    let seconds = SignedDuration::from_millis(ms).abs().as_secs();
    let (count, unit) = match seconds {
        0..120 => (seconds, "second"),
        120..7_200 => (seconds / 60, "minute"),
        7_200..172_800 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// Now, in ms since 1970.
pub(super) fn now() -> i64 {
    Timestamp::now().as_millisecond()
}

/// A number with separators, as in `1,234,567`.
pub(super) fn number(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::new();
    if number < 0 {
        out.push('-');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Renders a page.
pub(super) fn html<T: Template>(status: StatusCode, template: &T) -> Response {
    match template.render() {
        Ok(text) => {
            let content_type = HeaderValue::from_static("text/html; charset=utf-8");
            (status, [(header::CONTENT_TYPE, content_type)], text).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "a page cannot be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Leads to another page after a form (303), so that loading it again does nothing twice.
pub(super) fn see(path: &str) -> Response {
    // Paths are ours, with ids in them that were checked or escaped.
    let location = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/admin"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_numbers_are_written_for_people() {
        assert_eq!(
            Moment(1_790_000_000_000).to_string(),
            "<time datetime=\"2026-09-21T14:13:20Z\">2026-09-21 14:13</time>"
        );
        assert_eq!(Moment(i64::MAX).day(), "?");
        for (given, written) in
            [(0, "0"), (999, "999"), (1_000, "1,000"), (-1_234_567, "-1,234,567")]
        {
            assert_eq!(number(given), written);
        }
        for (ms, words) in [(1_000, "1 second"), (-150_000, "2 minutes"), (90_000_000, "25 hours")]
        {
            assert_eq!(span(ms), words);
        }
    }

    #[test]
    fn the_menu_shows_what_a_role_can_open() {
        let menu = |role| {
            let user = Some(Visitor { name: "ann".to_owned(), role });
            Page { user, ..Page::default() }.menu().count()
        };
        assert_eq!(Page::default().menu().count(), 0);
        assert_eq!(Role::ALL.map(menu), [4, 6, 9]);
    }

    #[test]
    fn a_link_cannot_put_words_on_a_page() {
        let page = Page::default().with_notice(Some("call 555-0100"));
        assert!(page.notice.is_none());
        assert!(Page::default().with_notice(Some("setup")).notice.is_some());
    }
}
