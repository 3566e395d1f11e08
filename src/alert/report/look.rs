//! The look of a report. Mail programs drop style sheets, and the dashboard's content security policy forbids inline
//! styles. So each element of the template asks for its look, and gets a style or a class.

use std::fmt;

use askama::filters::HtmlSafe;

use crate::alert::domain::harmless;

/// Where the template is shown.
#[derive(Clone, Debug)]
pub(crate) enum Look {
    /// On the dashboard.
    Page,
    /// In a mail, whose links lead to this origin.
    Mail(String),
}

/// Attributes that this file writes, each with a space before it.
pub(crate) struct Attributes(String);

impl fmt::Display for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Safe to insert: the classes and styles come from this file, and the paths are escaped.
impl HtmlSafe for Attributes {}

/// For each kind of element its name, its class on a page, and its style in a mail.
const LOOKS: [(&str, &str, &str); 10] = [
    ("card", "card", "margin:0 0 24px"),
    ("heading", "", "font-size:17px;margin:0 0 8px"),
    ("table", "", "border-collapse:collapse;width:100%"),
    (
        "th",
        "",
        "text-align:left;font-weight:600;padding:4px 12px 4px 0;border-bottom:1px solid #c4c9d1;vertical-align:top",
    ),
    (
        "th number",
        "number",
        "text-align:right;font-weight:600;padding:4px 0 4px 12px;border-bottom:1px solid #c4c9d1;vertical-align:top",
    ),
    ("td", "", "text-align:left;font-weight:400;padding:4px 12px 4px 0;vertical-align:top"),
    ("td number", "number", "text-align:right;padding:4px 0 4px 12px;vertical-align:top"),
    ("bar", "bar-cell", "width:40%;padding:4px 0 4px 12px"),
    (
        "bar head",
        "bar-cell",
        "text-align:left;font-weight:600;width:40%;padding:4px 0 4px 12px;border-bottom:1px solid #c4c9d1;vertical-align:top",
    ),
    ("note", "hint", "color:#4a5260;font-size:14px;margin:8px 0 0"),
];

impl Look {
    /// The attributes of an element.
    pub(crate) fn of(&self, element: &str) -> Attributes {
        let found = LOOKS.iter().find(|(known, ..)| *known == element);
        let (_, class, style) = found.copied().unwrap_or_default();
        Attributes(match self {
            Self::Page if class.is_empty() => String::new(),
            Self::Page => format!(" class=\"{class}\""),
            Self::Mail(_) => format!(" style=\"{style}\""),
        })
    }

    /// Whether the report is drawn for a mail.
    pub(crate) fn is_mail(&self) -> bool {
        matches!(self, Self::Mail(_))
    }

    /// The attributes of a link to a path of the dashboard.
    pub(crate) fn link(&self, path: impl AsRef<str>) -> Attributes {
        let path = path.as_ref();
        Attributes(match self {
            Self::Page => format!(" href=\"{path}\""),
            Self::Mail(origin) => format!(" href=\"{origin}{path}\" style=\"color:#0b57d0\""),
        })
    }

    /// A domain as text. A mail program must not make a link to it.
    pub(crate) fn domain(&self, domain: impl AsRef<str>) -> String {
        let domain = domain.as_ref();
        if self.is_mail() { harmless(domain) } else { domain.to_owned() }
    }
}

/// The length of a bar in percent. A bar for any number above zero is visible.
pub(crate) fn bar(value: i64, most: i64) -> i64 {
    let percent = value.saturating_mul(100) / most.max(1);
    if value > 0 { percent.clamp(1, 100) } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_styled_by_classes_and_a_mail_by_style_attributes() {
        let mail = Look::Mail("https://m.example".to_owned());
        assert_eq!(Look::Page.of("td number").to_string(), " class=\"number\"");
        assert_eq!(Look::Page.of("td").to_string(), "");
        for (element, ..) in LOOKS {
            assert!(mail.of(element).to_string().starts_with(" style=\""), "{element}");
            assert!(!Look::Page.of(element).to_string().contains("style"), "{element}");
        }
        assert!(mail.link("/admin").to_string().contains("href=\"https://m.example/admin\""));
        assert_eq!(mail.domain("army.ml"), "army[.]ml");
        assert_eq!([bar(0, 5), bar(1, 1_000), bar(5, 5)], [0, 1, 100]);
    }
}
