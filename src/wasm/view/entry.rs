//! One recipient of the list.

use std::ops::Range;

use web_sys::Element;

use super::Action;
use super::model::Recipient;
use super::node::{Nodes, append, set};
use super::text::{PieceKind, code_point, pieces};
use crate::address::{Address, parse_address_list};
use crate::detect::Severity;

pub(super) fn render(nodes: &Nodes, recipient: &Recipient, actions: &[Action]) -> Element {
    let entry = nodes.element("li", "mg-entry");
    set(&entry, "data-severity", recipient.severity.as_str());

    // A display name can contain anything, so the address comes first, on its own.
    let text = recipient.address.as_str();
    let whole = 0..text.len();
    let address = addr_spec(text);
    let head = nodes.element("p", "mg-head");
    append(&head, &nodes.isolated("mg-address", text, &address, &recipient.spans));
    let severity = nodes.element("span", "mg-severity");
    nodes.say(&severity, severity_key(recipient.severity), None);
    append(&head, &severity);
    append(&entry, &head);

    if address != whole {
        let written = nodes.isolated("mg-text", text, &whole, &recipient.spans);
        paragraph(nodes, &entry, "viewWritten", Some(&written));
    } else if let Some(name) = &recipient.name {
        let name = nodes.isolated("mg-text", name, &(0..name.len()), &[]);
        paragraph(nodes, &entry, "viewName", Some(&name));
    }

    let reasons = nodes.list("mg-reasons");
    for reason in &recipient.reasons {
        let item = nodes.element("li", "mg-reason");
        // Only the bare address, so that the reader can compare its ending with that of the
        // suggestion.
        let bare = text.get(address.clone()).unwrap_or(text);
        nodes.text(&item, &nodes.reason(*reason, bare, recipient.suggestion.as_deref()));
        append(&reasons, &item);
    }
    append(&entry, &reasons);
    let marked = marked(recipient);
    if !marked.is_empty() {
        let marked = nodes.isolated("mg-text", &marked, &(0..marked.len()), &[]);
        paragraph(nodes, &entry, "viewMarked", Some(&marked));
    }
    // The answer of the DNS says more than whether the ending exists.
    match (recipient.accepts_mail, recipient.delegated) {
        (Some(true), _) => paragraph(nodes, &entry, "viewAcceptsMail", None),
        (Some(false), _) => paragraph(nodes, &entry, "viewRefusesMail", None),
        (_, Some(true)) => paragraph(nodes, &entry, "viewDelivered", None),
        (_, Some(false)) => paragraph(nodes, &entry, "viewBounces", None),
        (_, None) => {}
    }
    if let Some(note) = &recipient.note {
        let paragraph = nodes.element("p", "mg-note");
        // The host's own text, in its direction, isolated because it may contain a stranger's text.
        let isolated = nodes.element("bdi", "mg-hint");
        nodes.text(&isolated, note);
        append(&paragraph, &isolated);
        append(&entry, &paragraph);
    }

    let buttons = nodes.element("div", "mg-actions");
    for action in actions.iter().copied().filter(|action| recipient.offers(*action)) {
        let about = match (action, &recipient.suggestion) {
            (Action::UseSuggestion, Some(suggestion)) => suggestion,
            _ => text,
        };
        append(&buttons, &nodes.button(action, Some((recipient.index, about))));
    }
    append(&entry, &buttons);
    entry
}

/// A screen reader conveys neither colour nor underline, so the marked parts are named as well. A
/// letter of another script looks like the right one, so it is named by its code point.
fn marked(recipient: &Recipient) -> String {
    let text = recipient.address.as_str();
    let mut marked = String::new();
    for piece in pieces(text, &(0..text.len()), &recipient.spans) {
        if !piece.marked {
            continue;
        }
        if !marked.is_empty() {
            marked.push_str(" · ");
        }
        marked.push_str(&piece.text);
        if piece.kind == PieceKind::Plain {
            for char in piece.text.chars().filter(|char| !char.is_ascii()).take(8) {
                marked.push(' ');
                marked.push_str(&code_point(char));
            }
        }
    }
    marked
}

fn paragraph(nodes: &Nodes, entry: &Element, key: &str, part: Option<&Element>) {
    let paragraph = nodes.element("p", "mg-note");
    match part {
        Some(part) => nodes.say_with(&paragraph, key, part),
        None => nodes.say(&paragraph, key, None),
    }
    append(entry, &paragraph);
}

/// Where the address is in a recipient's text; the whole text if it is not one mailbox.
fn addr_spec(text: &str) -> Range<usize> {
    match parse_address_list(text).as_deref() {
        Ok([Address::Mailbox(mailbox)]) => mailbox.span.clone(),
        _ => 0..text.len(),
    }
}

const fn severity_key(severity: Severity) -> &'static str {
    match severity {
        Severity::Pass => "severityPass",
        Severity::Notice => "severityNotice",
        Severity::Warn => "severityWarn",
        Severity::Block => "severityBlock",
    }
}
