//! A report as plain text, for mail programs that show no HTML.

use super::{
    Report,
    numbers::{Line, Part},
};
use crate::alert::domain::harmless;

/// The lines of a report.
pub(crate) fn lines(report: &Report) -> Vec<String> {
    let mut out = vec![report.headline()];
    if report.is_so_far {
        out.push("This period has not ended: these are the numbers so far.".to_owned());
    }
    heading(&mut out, "What senders did");
    out.push(line("Recipients flagged", &report.flagged.number(), &report.flagged.change()));
    out.extend(report.outcomes.iter().map(trend));
    heading(&mut out, "How often senders are asked");
    out.push(report.fatigue_text());
    heading(&mut out, "Over the period");
    out.extend(report.steps.iter().map(|it| part(it, &it.name)));
    if !report.domains.is_empty() {
        heading(&mut out, "Most addressed domains");
        let domain = |it: &Part| {
            let new = if it.is_new { " (new)" } else { "" };
            part(it, &format!("{}{new}", harmless(&it.name)))
        };
        out.extend(report.domains.iter().map(domain));
    }
    if !report.reasons.is_empty() {
        heading(&mut out, "Reasons");
        out.extend(report.reasons.iter().map(trend));
    }
    if !report.groups.is_empty() {
        heading(&mut out, "Groups");
        out.extend(report.groups.iter().map(|it| part(it, &it.name)));
    }
    heading(&mut out, "What to train");
    out.extend(report.lessons.iter().map(|lesson| format!("- {}", lesson.text)));
    if report.lessons.is_empty() {
        out.push("Nothing stands out.".to_owned());
    }
    let groups = report.groups_to_train();
    if !groups.is_empty() {
        out.push(format!("Senders sent anyway most often in: {groups}."));
    }
    out.push(format!(
        "Lessons finished: {} (before: {}).",
        report.finished_lessons.number(),
        report.finished_lessons.number_before()
    ));
    out
}

fn heading(out: &mut Vec<String>, text: &str) {
    out.push(String::new());
    out.push(text.to_uppercase());
}

fn trend(it: &Line) -> String {
    line(&it.name, &it.trend.number(), &it.trend.change())
}

fn part(it: &Part, name: &str) -> String {
    line(name, &it.number(), &format!("{} sent", it.number_sent()))
}

fn line(name: &str, number: &str, rest: &str) -> String {
    format!("{name}: {number} ({rest})")
}
