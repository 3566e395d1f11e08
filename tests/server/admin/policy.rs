//! Policies on the dashboard: the editor, the effect of a change, publishing, going back.

use serde_json::json;

use super::person::Person;
use crate::server::backend::{Backend, event, on_both_databases};

const REVIEW: &str = "/admin/policy/default/review";
const PUBLISH: &str = "/admin/policy/default/publish";

on_both_databases! {
    fn a_policy_is_reviewed_published_and_brought_back(kind) {
        let backend = Backend::start(kind);
        let ann = Person::admin(&backend, "ann");
        let first = r#"{"reporting": "domain", "deny": ["bad.example"]}"#;
        let form = [("as", "json"), ("expected", "0"), ("document", first)];
        let review = ann.post(REVIEW, &form);
        assert_eq!(review.status, 200, "{}", review.body);
        assert!(review.body.contains("bad.example"));
        let untouched = ann.get("/admin/policy/default/history").body;
        assert!(untouched.contains("never had a policy"), "a review publishes nothing");

        let published = [form[0], form[1], form[2], ("comment", "Begin <b>")];
        let done = ann.post(PUBLISH, &published);
        assert_eq!(done.headers["location"], "/admin/policy/default?done=policy-published");
        let second = [("as", "json"), ("expected", "1"), ("document", r#"{"deny": []}"#)];
        assert_eq!(ann.post(PUBLISH, &second).status, 303);
        let history = ann.get("/admin/policy/default/history").body;
        assert!(history.contains("Begin &#60;b&#62;") && history.contains("Version 2"), "{history}");

        // Another author began with version 1 too.
        let late = ann.post(PUBLISH, &second);
        assert_eq!(late.status, 409);
        assert!(late.body.contains("Version 2 has been published meanwhile"), "{}", late.body);

        let page = ann.get("/admin/policy/default/history/1").body;
        assert!(page.contains("Restore version 1…"));
        let back = [("as", "json"), ("expected", "2"), ("document", first), ("comment", "Back to version 1")];
        assert_eq!(ann.post(REVIEW, &back).status, 200);
        assert_eq!(ann.post(PUBLISH, &back).status, 303);
        let newest = backend.with_store(async |store| store.newest_policy("default").await.unwrap());
        let (version, document) = newest.unwrap();
        assert_eq!((version.version, &*version.author, &*version.comment), (3, "ann", "Back to version 1"));
        assert_eq!(document, first);
        assert_eq!(ann.get("/admin/audit").body.matches(">policy-published</td>").count(), 3);
    }

    fn publishing_no_change_makes_no_version(kind) {
        let backend = Backend::start(kind);
        let ann = Person::admin(&backend, "ann");
        let form = [("as", "json"), ("expected", "0"), ("document", r#"{"countdown": 2, "mode": "audit"}"#)];
        assert_eq!(ann.post(PUBLISH, &form).status, 303);
        let same = [("as", "json"), ("expected", "1"), ("document", r#"{"mode": "audit", "countdown": 2}"#)];
        let done = ann.post(PUBLISH, &same);
        assert_eq!(done.headers["location"], "/admin/policy/default?done=policy-unchanged");
        assert_eq!(ann.get("/admin/audit").body.matches(">policy-published</td>").count(), 1);
        let unchanged = [("as", "json"), ("expected", "1"), ("document", form[2].1)];
        let review = ann.post(REVIEW, &unchanged).body;
        assert!(review.contains("There is nothing to publish") && !review.contains(">Publish to"), "{review}");
    }

    fn a_review_warns_of_another_authors_version_and_loses_nothing(kind) {
        let backend = Backend::start(kind);
        let ann = Person::admin(&backend, "ann");
        let bob = Person::admin(&backend, "bob");
        let form = [("as", "json"), ("expected", "0"), ("document", r#"{"deny": ["bob.example"]}"#), ("comment", "Bob's <b>")];
        assert_eq!(bob.post(PUBLISH, &form).status, 303);
        let late = [("as", "json"), ("expected", "0"), ("document", r#"{"deny": ["ann.example"]}"#), ("comment", "Mine")];
        for path in [REVIEW, PUBLISH] {
            let answer = ann.post(path, &late);
            assert_eq!(answer.status, 409);
            for text in ["id=\"conflict\"", ">bob</span>", "Bob's &#60;b&#62;", "ann.example", "value=\"Mine\""] {
                let body = answer.body.replace("&#39;", "'");
                assert!(body.contains(text), "{text}: {body}");
            }
            assert!(!answer.body.contains(">Publish to"), "{}", answer.body);
        }
        let based = [("as", "json"), ("expected", "1"), late[2], late[3]];
        assert!(ann.post(REVIEW, &based).body.contains(">Publish to"));
        assert_eq!(ann.post(PUBLISH, &based).status, 303);
    }

    fn the_editor_keeps_the_text_between_form_json_and_review(kind) {
        let backend = Backend::start(kind);
        let ann = Person::admin(&backend, "ann");
        let edit = "/admin/policy/default/edit";
        let typed = [
            ("as", "form"),
            ("expected", "0"),
            ("document", r#"{"texts": {"de": {"title": "Halt"}}}"#),
            ("deny", "bad.example"),
            ("countdown", "soon"),
        ];
        let with = |more| [&typed[..], &[more]].concat();
        let json = ann.post(edit, &with(("show", "json"))).body;
        assert!(json.contains("The policy as JSON"), "{json}");
        for text in ["bad.example", "&#34;soon&#34;", "Halt"] {
            assert!(json.contains(text), "{text}: {json}");
        }
        let document = r#"{"deny": ["worse.example"], "countdown": 3}"#;
        let back = [("as", "json"), ("show", "form"), ("expected", "0"), ("document", document), ("comment", "Why not")];
        let form = ann.post(edit, &back).body;
        for text in [">worse.example</textarea>", "name=\"countdown\" value=\"3\"", "value=\"Why not\""] {
            assert!(form.contains(text), "{text}: {form}");
        }
        let broken = [("as", "json"), ("show", "form"), ("expected", "0"), ("document", "{ \"deny\": [")];
        let kept = ann.post(edit, &broken);
        assert_eq!(kept.status, 422);
        assert!(kept.body.contains("{ &#34;deny&#34;: [</textarea>"), "{}", kept.body);
        // A form that is reviewed comes back as a form.
        let review = ann.post(REVIEW, &[("as", "form"), ("expected", "0"), ("document", "{}"), ("mode", "audit")]).body;
        assert!(review.contains("name=\"show\" value=\"form\""), "{review}");
        assert!(ann.get("/admin/policy/default/history").body.contains("never had a policy"));
    }

    fn a_dry_run_shows_what_a_change_would_have_done(kind) {
        let backend = Backend::start(kind);
        backend.set_policy("default", &json!({ "reporting": "domain" }));
        let mut events = vec![event(), event(), event()];
        for event in &mut events {
            event["domain"] = json!("army.ml");
        }
        let mut ordinary = event();
        ordinary["domain"] = json!("health.ml");
        events.push(ordinary);
        assert_eq!(backend.post_events(&events).status, 200);
        let ann = Person::admin(&backend, "ann");
        let form = [
            ("as", "json"),
            ("expected", "1"),
            ("document", r#"{"reporting": "domain", "allow": ["army.ml"], "deny": ["partner.example"]}"#),
            ("pasted", "bob@partner.example\nann@army.mil\n<script>@army.ml"),
        ];
        let body = ann.post(REVIEW, &form).body;
        assert!(body.contains("<strong>3</strong> of 4 flagged recipients differently"), "{body}");
        assert!(body.contains("someone@army.ml"));
        assert!(body.contains("<strong>1</strong> of 3 recipients differently"), "{body}");
        assert!(body.contains("allowed-by-policy") && body.contains("denied-by-policy"));
        assert!(!body.contains("<script>@") && body.contains("&#60;script&#62;@army.ml"));
    }

    fn errors_of_a_policy_are_shown_at_their_lines_and_fields(kind) {
        let backend = Backend::start(kind);
        let ann = Person::admin(&backend, "ann");
        let document = "{\n  \"deny\": [\"fine.example\", \"not a domain\"],\n  \"countdown\": 600\n}";
        let form = [("as", "json"), ("expected", "0"), ("document", document)];
        for path in [REVIEW, PUBLISH] {
            let answer = ann.post(path, &form);
            assert_eq!(answer.status, 422);
            assert!(answer.body.contains("Line 4: <code>deny[1]</code>"), "{}", answer.body);
            assert!(answer.body.contains("Line 6: <code>countdown</code>"), "{}", answer.body);
        }
        let form = [
            ("as", "form"),
            ("expected", "0"),
            ("document", "{}"),
            ("countdown", "soon"),
            ("deny", "fine.example\nnot a domain"),
            ("mode", "audit"),
        ];
        let answer = ann.post(REVIEW, &form);
        assert_eq!(answer.status, 422);
        for place in ["id=\"e-countdown\"", "id=\"e-deny\"", "value=\"soon\"", "not a domain</textarea>"] {
            assert!(answer.body.contains(place), "{place}: {}", answer.body);
        }
        let broken = [("as", "json"), ("expected", "0"), ("document", "{ \"mode\": audit }")];
        let answer = ann.post(REVIEW, &broken);
        assert!(answer.body.contains("Line 1: ") && answer.body.contains("&#34;mode&#34;: audit"));
        let history = ann.get("/admin/policy/default/history").body;
        assert!(history.contains("never had a policy"));
    }

    fn the_form_keeps_members_that_it_does_not_show(kind) {
        let backend = Backend::start(kind);
        let ann = Person::admin(&backend, "ann");
        let document = r#"{"texts":{"de":{"title":"Halt"}},"deny":["old.example"]}"#;
        let form = [
            ("as", "form"),
            ("expected", "0"),
            ("document", document),
            ("deny", "new.example"),
            ("severity.suffix-typo", "block"),
        ];
        assert_eq!(ann.post(PUBLISH, &form).status, 303);
        let newest = backend.with_store(async |store| store.newest_policy("default").await.unwrap());
        let stored: serde_json::Value = serde_json::from_str(&newest.unwrap().1).unwrap();
        let meant = json!({
            "texts": { "de": { "title": "Halt" } },
            "deny": ["new.example"],
            "severity": { "suffix-typo": "block" },
        });
        assert_eq!(stored, meant);
    }
}
