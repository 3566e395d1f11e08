//! The tasks for which people open the dashboard, and the page or the command for each.

use askama::Template;
use axum::{http::StatusCode, response::Response};

use crate::server::admin::{
    auth::visitor::Signed,
    shared::{
        page::{Page, html},
        role::Role,
    },
};

const SECTION: &str = "/admin/help";

#[derive(Template)]
#[template(path = "help.html")]
struct HelpPage {
    page: Page,
    parts: Vec<Part>,
}

struct Part {
    name: &'static str,
    tasks: Vec<Task>,
}

/// A task, and the way to it.
#[derive(Clone, Copy)]
struct Task {
    /// What somebody wants to do.
    what: &'static str,
    /// The page to begin at, with its name.
    page: (&'static str, &'static str),
    /// What to do on that page.
    then: &'static str,
    /// The part of the documentation, as a file with a heading.
    reading: &'static str,
    role: Role,
    /// Whether somebody with a role for one group can do the task.
    in_group: bool,
}

/// A task for administrators of the whole organisation.
const fn task(
    what: &'static str,
    page: (&'static str, &'static str),
    then: &'static str,
    reading: &'static str,
) -> Task {
    Task { what, page, then, reading, role: Role::Admin, in_group: false }
}

const DEPLOYMENTS: (&str, &str) = ("/admin/deployments", "Deployments");
const POLICIES: (&str, &str) = ("/admin/policy", "Policies");
const DOMAINS: (&str, &str) = ("/admin/domains", "Domains");
const EVENTS: (&str, &str) = ("/admin/events", "Events");
const EXPORTS: (&str, &str) = ("/admin/exports", "Exports");
const ALERTS: (&str, &str) = ("/admin/alerts", "Alerts");
const USERS: (&str, &str) = ("/admin/users", "Users");
const SYSTEM: (&str, &str) = ("/admin/system", "System");

const DEPLOY: &[Task] = &[
    Task {
        in_group: true,
        ..task(
            "Deploy the add-in to Outlook: Microsoft 365, GCC, GCC High, DoD, Exchange",
            DEPLOYMENTS,
            "create a deployment for the group. Its page has the manifest and the steps for each.",
            "outlook.md#deploy-it",
        )
    },
    Task {
        in_group: true,
        ..task(
            "Deploy the add-in to Thunderbird: group policy, Intune, a file",
            DEPLOYMENTS,
            "create a deployment for the group. Below Thunderbird, its page has the files and says where each goes.",
            "thunderbird.md#deploy-it-to-an-organisation",
        )
    },
    Task {
        in_group: true,
        ..task(
            "Rotate a deployment whose address others may know",
            DEPLOYMENTS,
            "open it and follow Rotate or close.",
            "dashboard.md#rotating-a-deployment",
        )
    },
];

const POLICY: &[Task] = &[
    Task {
        in_group: true,
        ..task(
            "Move from audit to enforce",
            POLICIES,
            "open the group, Edit policy, set Mode, Review change. The review shows the effect; then publish.",
            "dashboard.md#changing-a-policy",
        )
    },
    Task {
        in_group: true,
        ..task(
            "Protect a domain of your own",
            POLICIES,
            "open the group, Edit policy, and add it to Protected domains.",
            "policy.md#members",
        )
    },
    Task {
        in_group: true,
        ..task(
            "Exempt a partner's domain",
            POLICIES,
            "open the group, Edit policy, and add it to Allow. If senders have written to it, its page below Domains has a button for this.",
            "policy.md#patterns",
        )
    },
    task(
        "Deny, allow or protect a domain that senders write to",
        DOMAINS,
        "open it, or tick several, and choose.",
        "dashboard.md#from-a-domain-to-the-policy",
    ),
];

const HAPPENED: &[Task] = &[
    Task {
        role: Role::Analyst,
        in_group: true,
        ..task(
            "See what was sent anyway",
            ("/admin/events?action=sent-anyway", "Events, sent anyway"),
            "open an event. It names no sender; the mail server's log does.",
            "siem.md#find-the-sender",
        )
    },
    task(
        "Erase what is stored about one address",
        EVENTS,
        "search for the address.",
        "backend.md#how-long-things-are-kept",
    ),
    task(
        "Connect a SIEM",
        EXPORTS,
        "the page says which file names it, and sends a test.",
        "siem.md",
    ),
    task(
        "Get alerts and weekly reports",
        ALERTS,
        "the page says which file names the recipients, and sends a test.",
        "alerts.md",
    ),
];

const SERVER: &[Task] = &[
    task(
        "Invite somebody, or reset a password",
        USERS,
        "Invite a user, or Change.",
        "dashboard.md#inviting-users",
    ),
    task(
        "Let people sign in at Entra ID, Okta, Keycloak or a proxy",
        USERS,
        "see the section Single sign-on.",
        "sso.md",
    ),
    task("Back up and restore", SYSTEM, "see the section Backups.", "backend.md#backups"),
    task(
        "Upgrade, or uninstall",
        SYSTEM,
        "see the section Upgrade and uninstall.",
        "packages.md#upgrade",
    ),
];

const PARTS: [(&str, &[Task]); 4] = [
    ("Deploy", DEPLOY),
    ("Decide what Milguard warns about", POLICY),
    ("See what happened", HAPPENED),
    ("Run the server", SERVER),
];

/// The tasks that this visitor can do.
pub(crate) async fn show(signed: Signed) -> Response {
    let page = signed.page(SECTION, "Help");
    let is_open = |task: &Task| page.may(task.role) && (task.in_group || page.sees_all_groups());
    let parts = PARTS
        .map(|(name, tasks)| Part { name, tasks: tasks.iter().copied().filter(is_open).collect() });
    let parts = parts.into_iter().filter(|part| !part.tasks.is_empty()).collect();
    html(StatusCode::OK, &HelpPage { page, parts })
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    /// The anchor of a heading. It follows the rules for anchors as far as the headings of `PARTS` need them.
    fn anchor(heading: &str) -> String {
        let words = heading.trim_start_matches('#').trim().to_lowercase();
        words.replace(' ', "-").replace(',', "")
    }

    #[test]
    fn each_task_names_a_part_of_the_documentation_that_exists() {
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
        for task in PARTS.into_iter().flat_map(|(_, tasks)| tasks) {
            let (file, section) = task.reading.split_once('#').unwrap_or((task.reading, ""));
            let text = fs::read_to_string(docs.join(file)).unwrap();
            let anchors: BTreeSet<String> =
                text.lines().filter(|line| line.starts_with('#')).map(anchor).collect();
            assert!(section.is_empty() || anchors.contains(section), "{}", task.reading);
        }
    }
}
