//! Webhooks: signed like those of exports, and unchanged when they are sent again.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

use super::{SECRET, about, only, report_domains, telling};
use crate::server::{
    backend::{Backend, on_both_databases, wait_for},
    exports::hook::{Answer, Hook},
};

on_both_databases! {
    fn a_webhook_gets_the_same_signed_alert_until_it_accepts_it(kind) {
        let hook = Hook::start(&[Answer::Status(500, ""), Answer::Cut]);
        let text = format!(
            "[[webhook]]\nname = \"soar\"\nto = \"http://{}/hook\"\nsecret-file = \"{{folder}}/secret\"\n\
             send = [\"alerts\"]\n\n[alerts]\n{}",
            hook.address,
            only("burst = { events = 3, minutes = 60 }\n")
        );
        let backend = Backend::start_with(kind, telling(&text));
        report_domains(&backend);
        let events: Vec<_> = (0..3).map(|_| about("army.ml")).collect();
        assert_eq!(backend.post_events(&events).status, 200);
        wait_for("the alert", || hook.requests().iter().any(|request| request.taken));
        let requests = hook.requests();
        assert_eq!(requests.len(), 3);
        assert!(requests.iter().all(|it| it.body == requests[0].body));
        assert!(requests.iter().all(|it| it.headers["webhook-id"] == requests[0].headers["webhook-id"]));
        let request = &requests[2];
        let [id, time] = ["webhook-id", "webhook-timestamp"].map(|name| request.headers[name].clone());
        let mut mac = Hmac::<Sha256>::new_from_slice(&STANDARD.decode(SECRET).unwrap()).unwrap();
        mac.update(format!("{id}.{time}.{}", request.body).as_bytes());
        let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        assert_eq!(request.headers["webhook-signature"], signature);
        let body: Value = serde_json::from_str(&request.body).unwrap();
        assert_eq!(body["type"], "milguard.burst");
        assert_eq!(body["data"]["id"], *id);
        assert_eq!(body["data"]["domain"], "army.ml");
        assert!(body["data"]["link"].as_str().unwrap().ends_with("/admin/domains/army.ml"), "{body}");
        assert_eq!(body["data"]["title"], "Burst of flagged mail to army[.]ml");
    }

    fn a_refused_body_does_not_delay_others(kind) {
        let hook = Hook::start(&[Answer::Status(400, "")]);
        let text = format!(
            "[[webhook]]\nname = \"soar\"\nto = \"http://{}/hook\"\nsecret-file = \"{{folder}}/secret\"\n\n[alerts]\n{}",
            hook.address,
            only("burst = { events = 3, minutes = 60 }\n")
        );
        let backend = Backend::start_with(kind, telling(&text));
        report_domains(&backend);
        let events: Vec<_> = ["army.ml", "navy.ml"].iter().flat_map(|it| (0..3).map(|_| about(it))).collect();
        assert_eq!(backend.post_events(&events).status, 200);
        wait_for("both", || hook.requests().iter().filter(|request| request.taken).count() == 2);
        let bodies: Vec<_> = hook.requests().into_iter().map(|request| request.body).collect();
        assert_eq!(bodies.len(), 3);
        assert_ne!(bodies[0], bodies[1], "the second is tried while the first is refused");
    }
}
