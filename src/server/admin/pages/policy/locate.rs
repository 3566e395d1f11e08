//! A policy as text with line numbers, and the line of each problem.

use serde_json::Value;

use crate::policy::{Level, Problem};

/// A line of the text with its problems.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Line {
    pub(crate) number: usize,
    pub(crate) text: String,
    pub(crate) problems: Vec<Said>,
}

/// A problem, for a page.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Said {
    /// `error` or `warning`.
    pub(crate) level: &'static str,
    pub(crate) path: String,
    pub(crate) message: String,
    /// The number of the line, from 1; 0 for a problem of the document as a whole.
    pub(crate) line: usize,
}

/// The problems that an author can correct; the server itself sets every policy's id and version.
pub(crate) fn worth_saying(mut problems: Vec<Problem>) -> Vec<Problem> {
    problems.retain(|problem| {
        problem.level == Level::Error || !["id", "version"].contains(&problem.path.as_str())
    });
    problems
}

/// Each problem with its line in `text`, which is `document` as [`pretty`] writes it or, where it cannot be
/// read, as it was typed.
pub(crate) fn locate(document: &Value, problems: &[Problem]) -> Vec<Said> {
    let places = lines_of(document);
    let said = problems.iter().map(|problem| {
        let line = if problem.path.is_empty() {
            line_of_message(&problem.message)
        } else {
            nearest(&places, &problem.path)
        };
        Said {
            level: match problem.level {
                Level::Error => "error",
                Level::Warning => "warning",
            },
            path: problem.path.clone(),
            message: problem.message.clone(),
            line,
        }
    });
    said.collect()
}

/// The lines of a text around its problems; all lines if they are few.
pub(crate) fn lines(text: &str, said: &[Said]) -> Vec<Line> {
    const AROUND: usize = 2;
    const FEW: usize = 60;
    let all: Vec<&str> = text.lines().collect();
    let near = |number: usize| {
        all.len() <= FEW
            || said.iter().any(|said| said.line > 0 && said.line.abs_diff(number) <= AROUND)
    };
    all.iter()
        .zip(1..)
        .filter(|(_, number)| near(*number))
        .take(FEW * 4)
        .map(|(text, number)| Line {
            number,
            text: (*text).to_owned(),
            problems: said.iter().filter(|said| said.line == number).cloned().collect(),
        })
        .collect()
}

/// The document as its author wrote it, if it can be read at all. Linting drops values of the wrong type,
/// which an editor must keep.
pub(crate) fn written(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

/// A document as people read it.
pub(crate) fn pretty(document: &Value) -> String {
    serde_json::to_string_pretty(document).unwrap_or_default()
}

/// The line of each path, as [`pretty`] writes the document: one for each bracket and single value.
fn lines_of(document: &Value) -> Vec<(String, usize)> {
    let mut places = Vec::new();
    let mut line = 1;
    walk(document, "", &mut line, &mut places);
    places
}

fn walk(value: &Value, path: &str, line: &mut usize, places: &mut Vec<(String, usize)>) {
    places.push((path.to_owned(), *line));
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, member) in members {
                *line += 1;
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                walk(member, &path, line, places);
            }
            *line += 1;
        }
        Value::Array(entries) if !entries.is_empty() => {
            for (index, entry) in entries.iter().enumerate() {
                *line += 1;
                walk(entry, &format!("{path}[{index}]"), line, places);
            }
            *line += 1;
        }
        _ => {}
    }
}

/// The line of a path, or of the nearest existing member above it.
fn nearest(places: &[(String, usize)], path: &str) -> usize {
    let mut path = path;
    loop {
        if let Some((_, line)) = places.iter().find(|(known, _)| known == path) {
            return *line;
        }
        match path.rfind(['.', '[']).and_then(|end| path.get(..end)) {
            Some(above) => path = above,
            None => return 0,
        }
    }
}

/// The line that a message about unreadable JSON begins with: `line 3, column 7: …`.
fn line_of_message(message: &str) -> usize {
    let rest = message.strip_prefix("line ").unwrap_or_default();
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::lint;

    #[test]
    fn each_path_is_found_on_the_line_where_it_is_printed() {
        let document = serde_json::json!({
            "id": "x", "deny": ["a.example", "b.example"], "texts": {}, "allow": [],
            "override": { "warn": "allowed" }, "countdown": 3,
        });
        let text = pretty(&document);
        let lines: Vec<&str> = text.lines().collect();
        for (path, holds) in [
            ("id", "\"id\""),
            ("deny", "\"deny\""),
            ("deny[1]", "b.example"),
            ("texts", "\"texts\""),
            ("override.warn", "\"warn\""),
            ("countdown", "\"countdown\""),
        ] {
            let line = nearest(&lines_of(&document), path);
            assert!(lines[line - 1].contains(holds), "{path} is on line {line} of\n{text}");
        }
        assert_eq!(nearest(&lines_of(&document), "deny[7]"), nearest(&lines_of(&document), "deny"));
        assert_eq!(nearest(&lines_of(&document), "nothing"), 0);
    }

    #[test]
    fn a_problem_is_shown_at_its_line() {
        let typed = r#"{"countdown": 99, "deny": ["ok.example", "a b"]}"#;
        let document = written(typed);
        let said = locate(&document, &lint(typed.as_bytes()).problems);
        let text = pretty(&document);
        let marked: Vec<String> = lines(&text, &said)
            .into_iter()
            .filter(|line| !line.problems.is_empty())
            .map(|line| line.text)
            .collect();
        assert_eq!(marked, ["  \"countdown\": 99,", "    \"a b\""]);
    }

    #[test]
    fn text_that_is_not_json_is_marked_where_reading_stopped() {
        let text = "{\n  \"id\": \"x\",\n  oops\n}";
        let said = locate(&written(text), &lint(text.as_bytes()).problems);
        assert_eq!(said[0].line, 3, "{said:?}");
        let lines = lines(text, &said);
        assert_eq!(lines[2].problems.len(), 1);
    }

    #[test]
    fn only_the_wrong_lines_of_a_long_text_are_shown() {
        let many: Vec<String> = (0..1000).map(|n| format!("d{n}.example")).collect();
        let mut many: Vec<&str> = many.iter().map(String::as_str).collect();
        many[500] = "a b";
        let text = serde_json::json!({ "deny": many }).to_string();
        let document = written(&text);
        let said = locate(&document, &lint(text.as_bytes()).problems);
        let lines = lines(&pretty(&document), &said);
        assert_eq!(lines.len(), 5);
        assert_eq!(lines[2].text, "    \"a b\",");
    }
}
