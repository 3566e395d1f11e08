//! The warning that all pages show: the task pane in Outlook, the dialog in Thunderbird, `/try`.
//!
//! It makes elements and text nodes only, under fixed names: whatever an address contains is text in
//! a text node, and there is no place where it could become markup. It decides nothing; the report
//! says what it shows, and the host's options say what a sender may do about it.
//!
//! ```text
//! container
//!   p.mg-summary (role status or alert)           how many, how serious
//!   ul.mg-list                                    gravest first
//!     li.mg-entry[data-severity]
//!       p.mg-head    bdi.mg-address, span.mg-severity
//!       p.mg-note    bdi.mg-text: the recipient as written, where that is more than its address,
//!                    or else its display name
//!       ul.mg-reasons   li.mg-reason…
//!       p.mg-note    bdi.mg-text: the marked parts
//!       p.mg-note    whether the mail could be delivered
//!       p.mg-note    what the host adds
//!       div.mg-actions   button.mg-button[data-action]…
//!     li.mg-more     how many are left out
//!   div.mg-actions   what applies to the whole message
//! ```

mod entry;
mod model;
mod node;
mod text;

use js_sys::{Array, Function};
use wasm_bindgen::prelude::*;
use web_sys::{Element, Event, HtmlElement};

use self::model::{Model, Recipient};
use self::node::{Nodes, append, certain, set};
use crate::detect::Severity;
use crate::text::invisible::is_invisible;

/// The most entries to show; the rest is counted.
const MAX_ENTRIES: usize = 200;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = include_str!("view.d.ts");

#[wasm_bindgen]
extern "C" {
    /// `ViewOptions` of `view.d.ts`.
    #[wasm_bindgen(typescript_type = "ViewOptions")]
    #[derive(Debug)]
    pub type ViewOptions;

    #[wasm_bindgen(method, getter, structural)]
    fn message(this: &ViewOptions) -> Function;
    #[wasm_bindgen(method, getter, structural)]
    fn reason(this: &ViewOptions) -> Function;
    #[wasm_bindgen(method, getter, structural)]
    fn actions(this: &ViewOptions) -> Option<Array>;
    #[wasm_bindgen(method, getter, structural)]
    fn urgent(this: &ViewOptions) -> Option<bool>;
}

/// The action of a button. The host performs it; the view only says which button was pressed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Action {
    UseSuggestion,
    Remove,
    Keep,
    Mute,
    SendAnyway,
}

codes! {
    ALL,
    as_str of Action {
        UseSuggestion: "use-suggestion",
        Remove: "remove",
        Keep: "keep",
        Mute: "mute",
        SendAnyway: "send-anyway",
    }
}

impl Action {
    /// A selector of the button within an entry or the view.
    const fn selector(self) -> &'static str {
        match self {
            Self::UseSuggestion => "[data-action=use-suggestion]",
            Self::Remove => "[data-action=remove]",
            Self::Keep => "[data-action=keep]",
            Self::Mute => "[data-action=mute]",
            Self::SendAnyway => "[data-action=send-anyway]",
        }
    }

    /// The key of the text on the button.
    const fn key(self) -> &'static str {
        match self {
            Self::UseSuggestion => "viewUse",
            Self::Remove => "viewRemove",
            Self::Keep => "viewKeep",
            Self::Mute => "viewMute",
            Self::SendAnyway => "viewSendAnyway",
        }
    }

    fn of(element: &Element) -> Option<Self> {
        let name = element.get_attribute("data-action")?;
        Self::ALL.into_iter().find(|action| action.as_str() == name)
    }
}

/// Shows a report in an element of the page and says which button was pressed. Keep the view as
/// long as the element: when the view is freed or collected, its content disappears too.
#[wasm_bindgen]
#[derive(Debug)]
pub struct WarningView {
    container: Element,
    nodes: Nodes,
    actions: Vec<Action>,
    summary: HtmlElement,
    list: Element,
    footer: Element,
    /// One entry for each child of `list`.
    entries: Vec<ShownRecipient>,
    shown: Option<Model>,
    on_click: Closure<dyn FnMut(Event) -> Result<(), JsValue>>,
}

#[derive(Debug)]
struct ShownRecipient {
    element: Element,
    address: String,
}

#[wasm_bindgen]
impl WarningView {
    /// Takes over `container`, which should be empty. `on_action` is called with the action and the
    /// recipient's index in the report, or `null` if the action is about the whole message.
    #[wasm_bindgen(constructor)]
    pub fn new(
        container: Element,
        options: &ViewOptions,
        #[wasm_bindgen(
            unchecked_param_type = "(action: ViewAction, index: number | null) => void"
        )]
        on_action: Function,
    ) -> WarningView {
        let nodes = Nodes::new(&container, options);
        let named = options.actions().unwrap_or_default();
        let is_named = |action: &Action| named.includes(&action.as_str().into(), 0);
        let actions = Action::ALL.into_iter().filter(is_named).collect();

        let summary: HtmlElement = nodes.element("p", "mg-summary").unchecked_into();
        set(&summary, "role", if options.urgent() == Some(true) { "alert" } else { "status" });
        // The focus goes here when the button that had it disappears.
        set(&summary, "tabindex", "-1");
        let list = nodes.list("mg-list");
        let footer = nodes.element("div", "mg-actions");
        append(&container, &summary);
        append(&container, &list);
        append(&container, &footer);

        let on_click = Closure::new(move |event: Event| clicked(&event, &on_action));
        let listener = on_click.as_ref().unchecked_ref();
        certain(container.add_event_listener_with_callback("click", listener));
        let (entries, shown) = (Vec::new(), None);
        Self { container, nodes, actions, summary, list, footer, entries, shown, on_click }
    }

    /// Shows `report` in place of the previous one. An equal report leaves the page unchanged, so a
    /// host may call this as often as it likes. If a button had the focus, the same button for the
    /// same address gets it, else one that took its place.
    ///
    /// # Errors
    ///
    /// A `MilguardError` with the code `invalid-report` when `report` is not a report.
    pub fn render(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "ViewReport")] report: &JsValue,
    ) -> Result<(), JsValue> {
        let model = Model::read(report)?;
        if self.shown.as_ref() == Some(&model) {
            return Ok(());
        }
        let focus = self.focus();

        let list = self.nodes.list("mg-list");
        self.entries.clear();
        for recipient in model.gravest_first().take(MAX_ENTRIES) {
            let element = entry::render(&self.nodes, recipient, &self.actions);
            append(&list, &element);
            self.entries.push(ShownRecipient { element, address: recipient.address.clone() });
        }
        let count = model.flagged.len();
        if count > MAX_ENTRIES {
            let more = self.nodes.element("li", "mg-more");
            self.nodes.say(&more, "viewMore", Some(&(count - MAX_ENTRIES).to_string()));
            append(&list, &more);
        }
        certain(self.container.replace_child(&list, &self.list));
        self.list = list;

        let footer = self.nodes.element("div", "mg-actions");
        if self.actions.contains(&Action::SendAnyway)
            && matches!(model.severity, Severity::Notice | Severity::Warn)
        {
            append(&footer, &self.nodes.button(Action::SendAnyway, None));
        }
        certain(self.container.replace_child(&footer, &self.footer));
        self.footer = footer;

        let summary = match (model.is_empty, model.severity) {
            (true, _) => String::new(),
            (_, severity) => self.nodes.message(summary_key(severity), Some(&count.to_string())),
        };
        // A screen reader speaks whenever the text is set, so only a different text is set.
        if self.summary.text_content().as_deref() != Some(&summary) {
            self.summary.set_text_content(Some(&summary));
        }
        set(&self.container, "data-severity", model.severity.as_str());
        self.shown = Some(model);
        if let Some(focus) = focus {
            self.restore(&focus);
        }
        Ok(())
    }

    /// The button in this view that has the focus.
    fn focus(&self) -> Option<Focus> {
        let active = self.nodes.active_element()?;
        if !self.container.contains(Some(&active)) {
            return None;
        }
        let action = Action::of(&active)?;
        let entry = self.entries.iter().position(|entry| entry.element.contains(Some(&active)));
        let address = entry.and_then(|at| self.entries.get(at)).map(|entry| entry.address.clone());
        Some(Focus { action, address, entry: entry.unwrap_or_default() })
    }

    fn restore(&self, focus: &Focus) {
        let same = self.entries.iter().find(|entry| Some(&entry.address) == focus.address.as_ref());
        let successor = || self.entries.get(focus.entry).or(self.entries.last());
        let place = match focus.address {
            Some(_) => same.or_else(successor).map(|entry| &entry.element),
            None => Some(&self.footer),
        };
        let button = place.and_then(|place| {
            let first = || certain(place.query_selector("button"));
            certain(place.query_selector(focus.action.selector())).or_else(first)
        });
        let target = button.map_or_else(|| self.summary.clone(), JsCast::unchecked_into);
        certain(target.focus());
    }
}

impl Drop for WarningView {
    fn drop(&mut self) {
        let listener = self.on_click.as_ref().unchecked_ref();
        certain(self.container.remove_event_listener_with_callback("click", listener));
        self.summary.remove();
        self.list.remove();
        self.footer.remove();
    }
}

/// Where the focus was.
struct Focus {
    action: Action,
    address: Option<String>,
    entry: usize,
}

fn clicked(event: &Event, on_action: &Function) -> Result<(), JsValue> {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let button = target.and_then(|target| certain(target.closest("[data-action]")));
    let Some((button, action)) = button.and_then(|button| {
        let action = Action::of(&button)?;
        Some((button, action))
    }) else {
        return Ok(());
    };
    let index = button.get_attribute("data-index").and_then(|index| index.parse::<u32>().ok());
    let index = index.map_or(JsValue::NULL, JsValue::from);
    on_action.call2(&JsValue::NULL, &action.as_str().into(), &index).map(drop)
}

const fn summary_key(severity: Severity) -> &'static str {
    match severity {
        Severity::Pass => "viewSummaryPass",
        Severity::Notice => "viewSummaryNotice",
        Severity::Warn => "viewSummaryWarn",
        Severity::Block => "viewSummaryBlock",
    }
}

impl Recipient {
    /// Whether the button for `action` may be shown.
    fn offers(&self, action: Action) -> bool {
        match action {
            Action::UseSuggestion => self.suggestion.is_some(),
            Action::Remove => true,
            // A recipient that policy forbids cannot be kept, unless the host knows that policy
            // allows it.
            Action::Keep => self.keep.unwrap_or(self.severity < Severity::Block),
            Action::Mute => self.mutable,
            // This button is about the whole message.
            Action::SendAnyway => false,
        }
    }
}
