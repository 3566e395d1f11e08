//! What all pages share: the frame around them, notices and numbers.

use askama::Template;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::role::Role;

pub(crate) use crate::text::number::number;

/// The frame around a page.
#[derive(Clone, Debug, Default)]
pub(crate) struct Page {
    /// The page's title, for its head and its first heading.
    pub(crate) title: String,
    /// The path of the entry in the menu.
    pub(crate) section: &'static str,
    pub(crate) user: Option<Visitor>,
    /// The token for the forms of the page.
    pub(crate) csrf: String,
    pub(crate) notice: Option<Notice>,
    /// Whether the store holds made-up events.
    pub(crate) demo: bool,
}

/// The visitor who looks at the page.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    pub(crate) name: String,
    pub(crate) role: Role,
    /// The group that the role is for, by its name; `None` for the whole organisation.
    pub(crate) group: Option<String>,
}

/// An entry of the menu.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MenuEntry {
    pub(crate) path: &'static str,
    pub(crate) name: &'static str,
    role: Role,
    reach: Reach,
}

/// Whom an entry of the menu is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Reach {
    /// Roles for the whole organisation.
    Organisation,
    /// Roles for the whole organisation, and roles for one group.
    Group,
}

const MENU: [MenuEntry; 15] = [
    entry("/admin", "Overview", Role::Viewer, Reach::Group),
    entry("/admin/events", "Events", Role::Analyst, Reach::Group),
    entry("/admin/domains", "Domains", Role::Viewer, Reach::Organisation),
    entry("/admin/report", "Report", Role::Viewer, Reach::Organisation),
    entry("/admin/policy", "Policies", Role::Viewer, Reach::Group),
    entry("/admin/deployments", "Deployments", Role::Viewer, Reach::Group),
    entry("/admin/clients", "Clients", Role::Viewer, Reach::Group),
    entry("/admin/groups", "Groups and enrolment", Role::Viewer, Reach::Organisation),
    entry("/admin/users", "Users", Role::Admin, Reach::Organisation),
    entry("/admin/tokens", "API tokens", Role::Analyst, Reach::Organisation),
    entry("/admin/audit", "Audit log", Role::Admin, Reach::Organisation),
    entry("/admin/alerts", "Alerts", Role::Admin, Reach::Organisation),
    entry("/admin/exports", "Exports", Role::Admin, Reach::Organisation),
    entry("/admin/system", "System", Role::Admin, Reach::Organisation),
    entry("/admin/help", "Help", Role::Viewer, Reach::Group),
];

const fn entry(path: &'static str, name: &'static str, role: Role, reach: Reach) -> MenuEntry {
    MenuEntry { path, name, role, reach }
}

impl Page {
    /// The entries of the menu that this visitor can open.
    pub(crate) fn menu(&self) -> impl Iterator<Item = MenuEntry> {
        let role = self.user.as_ref().map(|user| user.role);
        let sees_all = self.sees_all_groups();
        MENU.into_iter().filter(move |entry| {
            role.is_some_and(|role| role >= entry.role) && (sees_all || entry.reach == Reach::Group)
        })
    }

    /// Whether the visitor's role is for the whole organisation.
    pub(crate) fn sees_all_groups(&self) -> bool {
        self.user.as_ref().is_some_and(|user| user.group.is_none())
    }

    /// The list that this page belongs to, and its name. An error page about a missing entry links
    /// to the list.
    pub(crate) fn list(&self) -> Option<(&'static str, &'static str)> {
        let entry = self.menu().find(|entry| entry.path == self.section && entry.path != "/admin");
        entry.map(|entry| (entry.path, entry.name))
    }

    /// Whether the visitor has a role, or a higher one.
    pub(crate) fn may(&self, role: Role) -> bool {
        self.user.as_ref().is_some_and(|user| user.role >= role)
    }

    /// Whether the visitor may change things.
    pub(crate) fn is_admin(&self) -> bool {
        self.may(Role::Admin)
    }

    /// Whether the visitor may see single events.
    pub(crate) fn is_analyst(&self) -> bool {
        self.may(Role::Analyst)
    }

    /// The page with a notice about the last form, by the code in the page's address.
    pub(crate) fn with_notice(mut self, code: Option<&str>) -> Self {
        self.notice = code.and_then(|code| {
            let (_, text) = DONE.into_iter().find(|(known, _)| *known == code)?;
            Some(Notice { kind: "pass", text: text.to_owned() })
        });
        self
    }

    /// The page with a notice about an error in the form that was sent.
    pub(crate) fn with_problem(mut self, text: impl Into<String>) -> Self {
        self.notice = Some(Notice { kind: "block", text: text.into() });
        self
    }
}

/// The result of the form that was sent.
#[derive(Clone, Debug)]
pub(crate) struct Notice {
    /// A severity, for its colour: `pass` or `block`.
    pub(crate) kind: &'static str,
    pub(crate) text: String,
}

/// The sentence that a page shows after a form, by the code in the page's address. The address holds a code and
/// not the sentence, so that nobody can put words on a page with a link.
const DONE: [(&str, &str); 39] = [
    ("signed-out", "You are signed out."),
    (
        "signed-out-everywhere",
        "You are signed out on every device, and your API tokens are revoked.",
    ),
    (
        "password",
        "Password changed. Your other sessions have ended, and your API tokens are revoked.",
    ),
    ("code-on", "One-time codes are on."),
    ("code-off", "One-time codes are off."),
    ("session-ended", "Session ended."),
    ("user-created", "User created."),
    ("user-role", "Role changed. The user's sessions have ended."),
    (
        "user-disabled",
        "Account disabled. The user's sessions have ended, and their API tokens are revoked.",
    ),
    ("user-enabled", "Account enabled."),
    ("user-deleted", "User deleted. The audit log keeps the user's actions."),
    (
        "user-group",
        "Changed what the role is for. The user's sessions have ended, and their API tokens are revoked.",
    ),
    ("user-mail", "Mail address saved. Links that were sent before are no longer valid."),
    ("password-set", "Password set. Sign in with it."),
    (
        "reset-asked",
        "If this account exists and has a mail address, the server sends it a link. The link works once, for one hour.",
    ),
    ("export-removed", "Destination removed, with what the server knew of its deliveries."),
    ("alerts-removed", "Recipient removed, with what waited for it."),
    ("user-password", "Password set. One-time codes are off, and the user's sessions have ended."),
    ("token-revoked", "Token revoked."),
    ("group-created", "Group created. Create a deployment to enrol clients in it."),
    ("group-renamed", "Group renamed."),
    ("group-moved", "Group moved."),
    ("group-deleted", "Group deleted."),
    ("enrolment-revoked", "Enrolment token revoked. Clients already enrolled keep reporting."),
    ("deployment-created", "Deployment created. Push the files below to your clients."),
    (
        "deployment-closed",
        "Deployment closed. No further client can enrol with it; enrolled clients keep reporting.",
    ),
    ("deployment-shut-out", "Deployment closed, and its clients shut out."),
    ("client-shut-out", "Client shut out."),
    ("client-events", "The client's events were removed, from the counts too."),
    ("clients-expected", "Number saved."),
    ("policy-published", "Policy published. Connected clients receive it within a minute."),
    ("policy-unchanged", "The policy is the same as before. The server made no new version."),
    ("checked", "Domain checked."),
    ("filter-saved", "Filter saved. Only you see it."),
    ("filter-removed", "Filter removed."),
    ("erased", "Events about that address erased. The counts stay; they name nobody."),
    ("second-factor", "Requirement saved. It applies to every page opened from now on."),
    ("code-needed", "Your role needs one-time codes. Turn them on here to open the other pages."),
    ("setup", "You are the first administrator. Welcome."),
];

/// The code of the last form's result, in the address of a page.
#[derive(Deserialize)]
pub(crate) struct Done {
    done: Option<String>,
}

impl Done {
    pub(crate) fn code(&self) -> Option<&str> {
        self.done.as_deref()
    }
}

/// Renders a page.
pub(crate) fn html<T: Template>(status: StatusCode, template: &T) -> Response {
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

/// Redirects to another page after a form (303), so that reloading that page does not send the form
/// again.
pub(crate) fn redirect(path: &str) -> Response {
    // Paths are ours, with ids in them that were checked or escaped.
    let location = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/admin"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_menu_shows_what_a_role_can_open() {
        let menu = |role| {
            let user = Some(Visitor { name: "ann".to_owned(), role, group: None });
            Page { user, ..Page::default() }.menu().count()
        };
        let menu_of_group = |role| {
            let group = Some("Finance".to_owned());
            let user = Some(Visitor { name: "ann".to_owned(), role, group });
            Page { user, ..Page::default() }.menu().count()
        };
        assert_eq!(Page::default().menu().count(), 0);
        assert_eq!(Role::ALL.map(menu), [8, 10, 15]);
        assert_eq!(Role::ALL.map(menu_of_group), [5, 6, 6]);
    }

    #[test]
    fn a_link_can_show_only_notices_that_the_server_knows() {
        let page = Page::default().with_notice(Some("call 555-0100"));
        assert!(page.notice.is_none());
        assert!(Page::default().with_notice(Some("setup")).notice.is_some());
    }
}
