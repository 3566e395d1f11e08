//! Makes nodes: elements and attributes with fixed names, and everything else as text.

use std::ops::Range;

use js_sys::Function;
use wasm_bindgen::{prelude::*, throw_str, throw_val};
use web_sys::{Document, Element, Node};

use super::text::{PieceKind, pieces, visible};
use super::{Action, ViewOptions};
use crate::detect::Reason;

/// A placeholder for an address in a host's message. An element replaces it, so that no translation
/// needs markup.
const SLOT: char = '\u{FFFC}';

/// Makes nodes for one page in its host's language.
#[derive(Debug)]
pub(super) struct Nodes {
    document: Document,
    message: Function,
    reason: Function,
}

impl Nodes {
    pub(super) fn new(container: &Element, options: &ViewOptions) -> Self {
        let document = container.owner_document();
        let document = document.unwrap_or_else(|| throw_str("the container is not an element"));
        Self { document, message: options.message(), reason: options.reason() }
    }

    pub(super) fn active_element(&self) -> Option<Element> {
        self.document.active_element()
    }

    pub(super) fn element(&self, name: &'static str, class: &'static str) -> Element {
        let element = certain(self.document.create_element(name));
        set(&element, "class", class);
        element
    }

    pub(super) fn list(&self, class: &'static str) -> Element {
        let list = self.element("ul", class);
        // Without this role, one browser family does not announce a list without bullets as a list.
        set(&list, "role", "list");
        list
    }

    /// The host's text for `key`, or the key: a warning is shown even if its words are missing.
    pub(super) fn message(&self, key: &str, value: Option<&str>) -> String {
        said(self.message.call2(&JsValue::NULL, &key.into(), &value.into()), key)
    }

    /// The host's words for why a recipient stands out, or the code of the reason.
    pub(super) fn reason(&self, reason: Reason, address: &str, suggestion: Option<&str>) -> String {
        let (code, address, suggestion) = (reason.as_str(), address.into(), suggestion.into());
        said(self.reason.call3(&JsValue::NULL, &code.into(), &address, &suggestion), code)
    }

    pub(super) fn text(&self, to: &Element, text: &str) {
        append(to, &self.document.create_text_node(text));
    }

    /// Appends the host's text for `key`.
    pub(super) fn say(&self, to: &Element, key: &str, value: Option<&str>) {
        self.text(to, &self.message(key, value));
    }

    /// Appends the host's text for `key`, with `element` where its placeholder stands.
    pub(super) fn say_with(&self, to: &Element, key: &str, element: &Element) {
        let text = self.message(key, Some(SLOT.encode_utf8(&mut [0; 4])));
        let (before, after) = text.split_once(SLOT).unwrap_or((&text, ""));
        self.text(to, before);
        append(to, element);
        self.text(to, after);
    }

    /// Hostile text as an isolated element: it cannot reorder the text around it.
    pub(super) fn isolated(
        &self,
        class: &'static str,
        text: &str,
        window: &Range<usize>,
        spans: &[Range<u32>],
    ) -> Element {
        let isolated = self.element("bdi", class);
        set(&isolated, "dir", "ltr");
        for piece in pieces(text, window, spans) {
            let (name, class) = match (piece.marked, piece.kind) {
                (false, PieceKind::Plain) => {
                    self.text(&isolated, &piece.text);
                    continue;
                }
                (true, PieceKind::Plain) => ("mark", "mg-mark"),
                (true, PieceKind::Replaced) => ("mark", "mg-replaced"),
                (false, PieceKind::Replaced) => ("span", "mg-replaced"),
            };
            let wrapper = self.element(name, class);
            self.text(&wrapper, &piece.text);
            append(&isolated, &wrapper);
        }
        isolated
    }

    /// A button whose accessible name says which address it is about.
    pub(super) fn button(&self, action: Action, about: Option<(u32, &str)>) -> Element {
        let button = self.element("button", "mg-button");
        set(&button, "type", "button");
        set(&button, "data-action", action.as_str());
        let key = action.key();
        if let Some((index, address)) = about {
            set(&button, "data-index", &index.to_string());
            if action == Action::UseSuggestion {
                let suggestion = self.isolated("mg-suggestion", address, &(0..address.len()), &[]);
                self.say_with(&button, key, &suggestion);
                return button;
            }
            // The visible word comes first, as speech input expects.
            let label = [&self.message(key, None), " ", &visible(address)].concat();
            set(&button, "aria-label", &label);
        }
        self.say(&button, key, None);
        button
    }
}

/// The host's answer, if it is a text that is not empty.
fn said(answer: Result<JsValue, JsValue>, otherwise: &str) -> String {
    let text = answer.ok().and_then(|text| text.as_string());
    text.filter(|text| !text.is_empty()).unwrap_or_else(|| otherwise.to_owned())
}

pub(super) fn append(parent: &Element, child: &Node) {
    certain(parent.append_child(child));
}

/// `name` is fixed; `value` may be hostile, since no attribute set here is code or a URL.
pub(super) fn set(element: &Element, name: &'static str, value: &str) {
    certain(element.set_attribute(name, value));
}

/// The document refuses invalid names, and cycles; this module makes neither. A page that has
/// put something else in the place of these functions gets its own exception back.
pub(super) fn certain<T>(result: Result<T, JsValue>) -> T {
    result.unwrap_or_else(|error| throw_val(error))
}
