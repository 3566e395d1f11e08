//! The whole checker on messages: no input breaks it, and every report is well formed.
//!
//! The lines of the text up to an empty one are recipients (a tab separates a display name). The
//! subject follows, which is also the name of an attachment, and then the body.

#![no_main]

mod squeeze;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use milguard::address::{Address, parse_address_list};
use milguard::{Checker, Message, Policy, Recipient, RecipientReport, Severity};

static CHECKERS: LazyLock<[Checker; 2]> = LazyLock::new(|| {
    let mut policy = Policy::default();
    policy.protected.domains = ["army.nl", "mod.uk", "contractor.example"].map(String::from).into();
    policy.deny = vec!["*.ml".to_owned(), "-*.gov.ml".to_owned()];
    policy.allow = vec!["lemmy.ml".to_owned()];
    [Policy::default(), policy].map(|policy| Checker::new(&policy).expect("a valid policy"))
});

fuzz_target!(|data: &[u8]| {
    for text in squeeze::texts(data) {
        let (recipients, rest) = text.split_once("\n\n").unwrap_or((&text, ""));
        let (subject, body) = rest.split_once('\n').unwrap_or((rest, ""));
        let recipients: Vec<Recipient<'_>> = recipients
            .split('\n')
            .map(|line| match line.split_once('\t') {
                Some((name, address)) => {
                    Recipient { address, name: Some(name), ..Recipient::default() }
                }
                None => Recipient { address: line, ..Recipient::default() },
            })
            .collect();
        let message = Message {
            recipients: &recipients,
            from: recipients.last().map(|last| last.address),
            subject,
            body,
            attachments: &[subject],
            muted: &[subject],
        };
        for checker in &*CHECKERS {
            let report = checker.check(&message);
            assert_eq!(report.recipients.len(), recipients.len());
            let worst = report.recipients.iter().map(|report| report.severity).max();
            assert_eq!(report.severity, worst.unwrap_or_default());
            for (recipient, report) in recipients.iter().zip(&report.recipients) {
                check_report(checker, recipient.address, report);
            }
            assert_eq!(checker.check(&message), report, "the same again");
        }
    }
});

fn check_report(checker: &Checker, address: &str, report: &RecipientReport) {
    for finding in &report.findings {
        if let Some(span) = &finding.span {
            assert!(address.get(span.clone()).is_some(), "{span:?} of {address:?}");
        }
    }
    if report.severity > Severity::Pass {
        assert!(!report.findings.is_empty(), "{address:?}");
    }
    // A name that lacks its quotes (`Doe, Jane <…>`) does not make the address after it doubtful.
    let angle_addr = address.rfind('<').and_then(|at| address.get(at..));
    if [address, angle_addr.unwrap_or_default()].map(parse_address_list).iter().all(Result::is_err)
    {
        assert_ne!(report.severity, Severity::Pass, "unreadable but clean: {address:?}");
    }
    if let Some(suggestion) = &report.suggestion {
        let list = parse_address_list(suggestion).expect("a suggestion is an address");
        assert!(matches!(list.as_slice(), [Address::Mailbox(_)]), "{suggestion:?}");
        let suggested = checker.check_address(suggestion);
        assert_eq!(suggested.severity, Severity::Pass, "{suggestion:?} for {address:?}");
    }
}
