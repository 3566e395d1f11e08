//! Signing in at a provider or a proxy, and the cases that must let nobody in.

mod account;
mod group_roles;
mod hostile;
mod provider;
mod proxy;
mod session;

use super::person::Person;
use crate::server::{backend::Backend, client::Response};
use provider::Provider;

/// Signs in at the provider and returns.
fn sign_in(person: &Person<'_>, provider: &Provider) -> Response {
    person.get(&provider.answer(&away(person)))
}

/// The address that the button leads to.
fn away(person: &Person<'_>) -> String {
    let response = person.get("/admin/sign-in/oidc");
    assert_eq!(response.status, 303, "{}", response.body);
    response.headers["location"].clone()
}

/// The address that the page opens by itself.
fn leads_to(response: &Response) -> &str {
    assert_eq!(response.status, 200, "{}", response.body);
    let (_, rest) = response.body.split_once("content=\"0;url=").expect("the page leads on");
    rest.split('"').next().unwrap()
}

fn is_in(person: &Person<'_>) -> bool {
    person.get("/admin").status == 200
}

/// An API token that its owner has just created, and that reads events.
fn new_token(owner: &Person<'_>) -> String {
    let form = [("name", "siem"), ("days", "30"), ("events", "on")];
    let shown = owner.post("/admin/tokens", &form).body;
    let (_, rest) = shown.split_once("mg_api_").expect("the page shows the token");
    let is_secret = |it: &char| it.is_ascii_alphanumeric() || "-_".contains(*it);
    format!("mg_api_{}", rest.chars().take_while(is_secret).collect::<String>())
}

/// The status of the answer when a program reads events with a token.
fn read_events(backend: &Backend, token: &str) -> u16 {
    let header = format!("Authorization: Bearer {token}\r\n");
    backend.request("GET /v1/admin/events", &header, "").status
}
