//! How two versions of a policy differ, line by line.

use std::time::Duration;

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use super::locate::pretty;

/// Unchanged lines to show around changed ones.
const CONTEXT: usize = 3;

/// The longest time for a comparison: lists may have 100,000 entries. A comparison that takes longer becomes coarser.
const TIMEOUT: Duration = Duration::from_millis(500);

/// The most lines that the page shows.
const MOST: usize = 2_000;

/// A run of changed lines with some unchanged ones around them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Hunk {
    pub(crate) lines: Vec<DiffLine>,
}

/// A line of a hunk.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct DiffLine {
    /// `same`, `old` or `new`.
    pub(crate) kind: &'static str,
    /// ` `, `-` or `+`.
    pub(crate) sign: &'static str,
    pub(crate) old: Option<usize>,
    pub(crate) new: Option<usize>,
    pub(crate) text: String,
}

/// The differences; empty if both documents mean the same, however they are written.
pub(crate) fn diff(old: &str, new: &str) -> Vec<Hunk> {
    let (old, new) = (tidy(old), tidy(new));
    let mut config = TextDiff::configure();
    config.timeout(TIMEOUT);
    let diff = config.diff_lines(old.as_str(), new.as_str());
    let mut left = MOST;
    let mut hunks = Vec::new();
    for group in diff.grouped_ops(CONTEXT) {
        let changes = group.iter().flat_map(|op| diff.iter_changes(op));
        let lines: Vec<DiffLine> = changes
            .take(left)
            .map(|change| {
                let (kind, sign) = match change.tag() {
                    ChangeTag::Equal => ("same", " "),
                    ChangeTag::Delete => ("old", "-"),
                    ChangeTag::Insert => ("new", "+"),
                };
                DiffLine {
                    kind,
                    sign,
                    old: change.old_index().map(|index| index + 1),
                    new: change.new_index().map(|index| index + 1),
                    text: change.value().trim_end_matches('\n').to_owned(),
                }
            })
            .collect();
        left -= lines.len();
        if !lines.is_empty() {
            hunks.push(Hunk { lines });
        }
    }
    hunks
}

/// The document in a uniform layout, if it can be read. The line end that this adds keeps the last
/// line equal if the other text continues after it.
fn tidy(text: &str) -> String {
    let mut text = match serde_json::from_str::<Value>(text) {
        Ok(document) => pretty(&document),
        Err(_) => text.to_owned(),
    };
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn added_and_removed_lines_are_shown_with_their_numbers() {
        let hunks =
            diff(r#"{"countdown": 0, "deny": ["a"]}"#, r#"{"countdown": 5, "deny": ["a"]}"#);
        assert_eq!(hunks.len(), 1);
        let changed: Vec<_> = hunks[0]
            .lines
            .iter()
            .filter(|line| line.kind != "same")
            .map(|line| (line.sign, line.old, line.new, line.text.as_str()))
            .collect();
        assert_eq!(
            changed,
            [
                ("-", Some(2), None, "  \"countdown\": 0,"),
                ("+", None, Some(2), "  \"countdown\": 5,")
            ]
        );
    }

    #[test]
    fn another_layout_of_the_same_document_is_not_a_difference() {
        assert!(diff("{ \"a\" :1}", "{\n\"a\": 1\n}").is_empty());
        assert!(!diff("", "{}").is_empty());
    }

    #[test]
    fn two_long_lists_are_compared_in_bounded_time_and_space() {
        let list = |seed: usize| {
            let entries: Vec<String> =
                (0..20_000).map(|n| format!("d{}.example", n * seed)).collect();
            serde_json::json!({ "deny": entries }).to_string()
        };
        let lines: usize = diff(&list(3), &list(7)).iter().map(|hunk| hunk.lines.len()).sum();
        assert!(lines > 0 && lines <= MOST, "{lines}");
    }
}
