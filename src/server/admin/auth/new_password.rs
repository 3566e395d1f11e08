//! Rules for new names and passwords.

use axum::http::StatusCode;

use super::{
    super::{shared::error::AdminError, state::Admin},
    password,
};

/// The most characters of a name.
const NAME: usize = 64;

/// What is wrong with a new name and password.
pub(crate) fn problem(name: &str, password: &str, again: &str) -> Option<String> {
    if let Some(problem) = problem_with_name(name) {
        return Some(problem);
    }
    if password != again {
        return Some("The two passwords differ.".to_owned());
    }
    password::problem(password, name.trim())
}

/// What is wrong with a new name.
pub(crate) fn problem_with_name(name: &str) -> Option<String> {
    (!is_name(name.trim())).then(|| {
        format!(
            "Use 1 to {NAME} letters, digits and the characters . _ - @ + for the name, without spaces."
        )
    })
}

/// Whether a text can be the name of an account.
pub(crate) fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || "._-@+".contains(c);
    !name.is_empty() && name.chars().count() <= NAME && name.chars().all(plain)
}

/// Hashes a password that passed the checks.
pub(crate) async fn hash(admin: &Admin, password: String) -> Result<String, AdminError> {
    admin.passwords().hash(password).await.ok_or_else(|| {
        AdminError::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "This action failed",
            "The server cannot store the password: the system gives it no random numbers or no memory.",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_only_characters_that_people_can_type_and_tell_apart() {
        let password = "correct horse battery";
        for name in ["ann", "ann.lee@example.mil", "Zoë", " ann "] {
            assert_eq!(problem(name, password, password), None, "{name}");
        }
        for name in ["", " ", "ann lee", "<b>", "a\u{202e}b", &"x".repeat(65)] {
            assert!(problem(name, password, password).is_some(), "{name}");
        }
        assert!(problem("ann", password, "other").is_some());
    }
}
