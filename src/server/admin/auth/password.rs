//! Passwords: argon2id (RFC 9106) as OWASP's password storage cheat sheet sets it (19 MiB, two passes).
//!
//! Hashing takes tens of milliseconds of a core on purpose, so it runs beside the async threads, two
//! at a time: a flood of sign-ins waits in line and cannot take the server's memory or its cores.

use std::sync::{Arc, LazyLock};

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::{sync::Semaphore, task::spawn_blocking};

/// Fewest characters (NIST SP 800-63B asks for 8 beside a second factor; the second factor is
/// optional here).
pub(crate) const MIN: usize = 12;

/// Most bytes: beyond this it is a file.
pub(crate) const MAX: usize = 1_024;

/// Fewest different characters: `aaaaaaaaaaaa` is long and no password.
const DIFFERENT: usize = 5;

/// Long enough, and on every list that is tried first.
const COMMON: [&str; 12] = [
    "123456789012",
    "1234567890ab",
    "administrator",
    "changeme1234",
    "iloveyou1234",
    "letmein12345",
    "password1234",
    "passwordpassword",
    "password12345",
    "qwertyuiop12",
    "qwertyuiopas",
    "welcome12345",
];

/// How many strangers may wait to be judged. Each takes some tens of milliseconds of a processor.
const PLACES: usize = 16;

/// Hashes passwords and compares them.
#[derive(Clone, Debug)]
pub(crate) struct Passwords {
    turns: Arc<Semaphore>,
    /// Places for strangers to wait in: whoever is known waits behind no more than these.
    places: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(2)), places: Arc::new(Semaphore::new(PLACES)) }
    }
}

impl Passwords {
    /// The hash to keep, in PHC string format. `None` where the system has no randomness.
    pub(crate) async fn hash(&self, password: String) -> Option<String> {
        self.work(move || {
            let hash: Result<PasswordHash, _> =
                Argon2::default().hash_password(password.as_bytes());
            hash.ok().map(|hash| hash.to_string())
        })
        .await
        .flatten()
    }

    /// As [`verify`](Self::verify), for somebody of whom nothing is known. `None` where too many wait.
    pub(crate) async fn verify_stranger(
        &self,
        password: String,
        hash: Option<String>,
    ) -> Option<bool> {
        let _place = self.places.try_acquire().ok()?;
        Some(self.verify(password, hash).await)
    }

    /// Whether `password` is the one that was hashed. Takes as long without a hash: how long the
    /// answer takes does not tell who has an account.
    pub(crate) async fn verify(&self, password: String, hash: Option<String>) -> bool {
        if password.len() > MAX {
            return false;
        }
        self.work(move || {
            let wanted = hash.as_deref().unwrap_or(&NOBODY);
            let right = Argon2::default().verify_password(password.as_bytes(), wanted).is_ok();
            right && hash.is_some()
        })
        .await
        .unwrap_or(false)
    }

    async fn work<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        // The semaphore is never closed.
        let turn = Arc::clone(&self.turns).acquire_owned().await.ok()?;
        spawn_blocking(move || {
            let done = job();
            drop(turn);
            done
        })
        .await
        .ok()
    }
}

/// Of a password that nobody has.
static NOBODY: LazyLock<String> = LazyLock::new(|| {
    let hash: Result<PasswordHash, _> =
        Argon2::default().hash_password(super::secret::generate().as_bytes());
    hash.map(|hash| hash.to_string()).unwrap_or_default()
});

/// What is wrong with a new password, for the person who chose it.
pub(crate) fn problem(password: &str, user: &str) -> Option<String> {
    let lower = password.to_lowercase();
    let different: std::collections::BTreeSet<char> = password.chars().collect();
    if password.chars().count() < MIN {
        return Some(format!("Use at least {MIN} characters; a sentence is easy to remember."));
    }
    if password.len() > MAX {
        return Some(format!("Use at most {MAX} bytes."));
    }
    if different.len() < DIFFERENT {
        return Some(format!("Use at least {DIFFERENT} different characters."));
    }
    if COMMON.contains(&lower.as_str()) {
        return Some("This is one of the first that anyone would try. Choose another.".to_owned());
    }
    if user.chars().count() >= 3 && lower.contains(&user.to_lowercase()) {
        return Some("The user name must not be part of it.".to_owned());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_right_password_and_no_other_is_taken() {
        let passwords = Passwords::default();
        let hash = passwords.hash("correct horse battery".to_owned()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(hash, passwords.hash("correct horse battery".to_owned()).await.unwrap());
        for (password, taken) in [
            ("correct horse battery", true),
            ("correct horse batterz", false),
            ("Correct horse battery", false),
            ("correct horse battery ", false),
            ("", false),
        ] {
            let right = passwords.verify(password.to_owned(), Some(hash.clone())).await;
            assert_eq!(right, taken, "{password:?}");
        }
    }

    #[tokio::test]
    async fn without_an_account_no_password_is_right() {
        let passwords = Passwords::default();
        assert!(!passwords.verify("correct horse battery".to_owned(), None).await);
        assert!(!passwords.verify(String::new(), None).await);
        assert!(!passwords.verify("x".repeat(MAX + 1), None).await);
        assert!(!passwords.verify("x".to_owned(), Some("not a hash".to_owned())).await);
        assert!(NOBODY.starts_with("$argon2id$"), "{}", *NOBODY);
    }

    #[test]
    fn a_weak_password_is_refused_with_what_to_do() {
        for (password, word) in [
            ("short", "at least 12"),
            ("aaaaaaaaaaaaaaaa", "different"),
            ("PasswordPassword", "first"),
            ("ann.lee is great", "user name"),
            (&*"xyzuv".repeat(300), "at most"),
        ] {
            let problem = problem(password, "Ann.Lee").expect(password);
            assert!(problem.contains(word), "{password}: {problem}");
        }
        for password in ["correct horse battery", "пароль-на-каждый-день", "a b c d e f!"]
        {
            assert_eq!(problem(password, "ann"), None, "{password}");
        }
    }
}
