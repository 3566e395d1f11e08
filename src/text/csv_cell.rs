//! Makes cells of CSV files that no spreadsheet runs as a formula.
//!
//! A spreadsheet runs a cell that begins with `=`, `+`, `-` or `@`. A tab or a line end before them does not
//! stop it, some programs trim blanks first, and some take full-width forms for ASCII. Such a cell gets an
//! apostrophe in front, as OWASP's "CSV Injection" advises. Every CSV file that Milguard writes uses this
//! one function.

use std::borrow::Cow;

/// The cell, with an apostrophe in front where a spreadsheet would run it.
pub(crate) fn harmless(cell: &str) -> Cow<'_, str> {
    let is_formula = |c: char| matches!(c, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠');
    let is_control = |c: char| matches!(c, '\t' | '\r' | '\n');
    let visible = cell.trim_start_matches(' ');
    if visible.starts_with(is_control) || cell.trim_start().starts_with(is_formula) {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn formulas_become_text() {
        for formula in [
            "=cmd|' /C calc'!A0",
            "+1@army.ml",
            "-x@army.ml",
            "@SUM(1)",
            "\t=1",
            "\r=1",
            "\n=1",
            "  =1",
            " \t x",
            "\u{a0}=1",
            "＝1",
            "　＋1",
        ] {
            assert_eq!(harmless(formula), format!("'{formula}"));
        }
        for text in ["", "bob@army.ml", "a=1", "'=1", "1-2"] {
            assert_eq!(harmless(text), text);
        }
    }

    #[test]
    fn no_other_file_has_its_own_guard_for_cells() {
        let mut folders = vec![std::path::PathBuf::from("src")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|it| it == "rs")
                    && !path.ends_with("text/csv_cell.rs")
                {
                    let text = std::fs::read_to_string(&path).unwrap();
                    let guards = ["'='", "'@'"].iter().all(|it| text.contains(it))
                        && (text.contains("format!(\"'{") || text.contains("'＝'"));
                    assert!(!guards, "{} has its own guard", path.display());
                }
            }
        }
    }
}
