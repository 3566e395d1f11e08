//! A person with a browser: keeps cookies, reads the token of a form and sends it.

use std::{cell::RefCell, collections::BTreeMap, fmt::Write};

use milguard::server::admin::new_link;

use crate::server::{
    backend::Backend,
    client::{Response, connect, exchange, parse},
};

pub(crate) const PASSWORD: &str = "a sentence to remember";

/// A person who uses the dashboard of a server.
pub(crate) struct Person<'a> {
    backend: &'a Backend,
    pub(crate) cookies: RefCell<BTreeMap<String, String>>,
}

impl<'a> Person<'a> {
    /// A person without an account.
    pub(crate) fn stranger(backend: &'a Backend) -> Self {
        Self { backend, cookies: RefCell::default() }
    }

    /// Creates an administrator by a set-up link.
    pub(crate) fn admin(backend: &'a Backend, name: &str) -> Self {
        let link = backend.with_store(async |store| new_link(&store).await.unwrap());
        let person = Self::stranger(backend);
        person.get(&link);
        let done =
            person.post(&link, &[("name", name), ("password", PASSWORD), ("again", PASSWORD)]);
        assert_eq!(done.status, 303, "{}", done.body);
        person
    }

    /// Lets an administrator add a user.
    pub(crate) fn user(admin: &Self, name: &str, role: &str) -> Person<'a> {
        let form = [("name", name), ("role", role), ("password", PASSWORD), ("again", PASSWORD)];
        let done = admin.post("/admin/users", &form);
        assert_eq!(done.status, 303, "{}", done.body);
        let person = Person::stranger(admin.backend);
        assert_eq!(person.sign_in(name, PASSWORD).status, 303);
        person
    }

    /// The id of a user, from the page that lists them to an administrator.
    pub(crate) fn id_of(&self, name: &str) -> String {
        let body = self.get("/admin/users").body;
        let row = body.split("<tr>").find(|row| row.contains(&format!("<th scope=\"row\">{name}")));
        let id = row.unwrap().split("/admin/users/").nth(1).unwrap();
        id.split('/').next().unwrap().to_owned()
    }

    pub(crate) fn sign_in(&self, name: &str, password: &str) -> Response {
        self.get("/admin/sign-in");
        self.post("/admin/sign-in", &[("name", name), ("password", password)])
    }

    pub(crate) fn get(&self, path: &str) -> Response {
        self.send("GET", path, "", "")
    }

    /// Sends a form with the token of its page: the page at the same path, or the account page, since a
    /// session has one token.
    pub(crate) fn post(&self, path: &str, form: &[(&str, &str)]) -> Response {
        let token = self.token(path);
        let mut members = vec![("csrf", token.as_str())];
        members.extend(form);
        self.post_raw(path, &encode(&members), "")
    }

    /// The token of this person's forms.
    pub(crate) fn token(&self, path: &str) -> String {
        for page in ["/admin/account", path, "/admin/sign-in/code", "/admin/sign-in"] {
            let body = self.get(page).body;
            if let Some((_, rest)) = body.split_once("name=\"csrf\" value=\"") {
                return rest.split('"').next().unwrap_or_default().to_owned();
            }
        }
        String::new()
    }

    /// `headers`: complete lines, each with its line end.
    pub(crate) fn post_raw(&self, path: &str, body: &str, headers: &str) -> Response {
        let form = "Content-Type: application/x-www-form-urlencoded\r\n";
        self.send("POST", path, &format!("{form}{headers}"), body)
    }

    pub(crate) fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> Response {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n", self.backend.address);
        let cookies: Vec<String> =
            self.cookies.borrow().iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            let _ = write!(head, "Cookie: {}\r\n", cookies.join("; "));
        }
        let _ = write!(head, "Connection: close\r\n{headers}Content-Length: {}\r\n", body.len());
        let request = format!("{head}\r\n{body}");
        let bytes = exchange(&mut connect(self.backend.address), request.as_bytes()).unwrap();
        self.keep_cookies(&String::from_utf8_lossy(&bytes));
        parse(&bytes)
    }

    fn keep_cookies(&self, response: &str) {
        let head = response.split("\r\n\r\n").next().unwrap_or_default();
        for line in head.lines().filter(|line| line.to_lowercase().starts_with("set-cookie:")) {
            let (_, cookie) = line.split_once(':').unwrap();
            let (name, value) = cookie.trim().split_once('=').unwrap();
            let value = value.split(';').next().unwrap_or_default();
            let mut cookies = self.cookies.borrow_mut();
            if value.is_empty() {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

/// Encodes the members of a form as `application/x-www-form-urlencoded`.
pub(crate) fn encode(members: &[(&str, &str)]) -> String {
    let escape = |text: &str| {
        text.bytes().fold(String::new(), |mut out, byte| {
            if byte.is_ascii_alphanumeric() {
                out.push(char::from(byte));
            } else {
                let _ = write!(out, "%{byte:02X}");
            }
            out
        })
    };
    let pairs = members.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value)));
    pairs.collect::<Vec<_>>().join("&")
}
