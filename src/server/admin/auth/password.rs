//! Passwords: argon2id (RFC 9106) as OWASP's password storage cheat sheet sets it (19 MiB, two passes).
//!
//! Hashing takes tens of milliseconds of a core on purpose, so it runs beside the async threads, two
//! at a time: a flood of sign-ins waits in line and cannot take the server's memory or its cores.

use std::sync::{Arc, LazyLock};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};
use tokio::{sync::Semaphore, task::spawn_blocking};

/// Fewest characters (NIST SP 800-63B asks for 8 beside a second factor; the second factor is
/// optional here).
pub(crate) const MIN: usize = 12;

/// Most bytes. A longer text is a file, not a password, and would take long to hash.
pub(crate) const MAX: usize = 1_024;

/// Fewest different characters: `aaaaaaaaaaaa` is long, but easy to guess.
const DIFFERENT: usize = 5;

/// How many strangers may wait for the check of their password. Each check takes some tens of
/// milliseconds of a processor.
const PLACES: usize = 16;

/// Hashes and compares passwords.
#[derive(Clone, Debug)]
pub(crate) struct Passwords {
    turns: Arc<Semaphore>,
    /// Permits for strangers who wait: they are few, so that the check for a known browser does not
    /// wait long behind them.
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
        self.work(move || new_hash(&password)).await.flatten()
    }

    /// Like [`verify`](Self::verify), for somebody whom the server does not know. `None` if too many strangers wait.
    pub(crate) async fn verify_stranger(
        &self,
        password: String,
        hash: Option<String>,
    ) -> Option<bool> {
        let _place = self.places.try_acquire().ok()?;
        Some(self.verify(password, hash).await)
    }

    /// Whether `password` is the one that was hashed. Without a hash, the comparison takes equally
    /// long, so that the time of the answer does not reveal who has an account.
    pub(crate) async fn verify(&self, password: String, hash: Option<String>) -> bool {
        if password.len() > MAX {
            return false;
        }
        self.work(move || {
            let wanted = hash.as_deref().unwrap_or(&NOBODY);
            matches(&password, wanted).unwrap_or(false) && hash.is_some()
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

/// The hash of a password that nobody has.
static NOBODY: LazyLock<String> =
    LazyLock::new(|| new_hash(&super::secret::generate()).unwrap_or_default());

/// glibc gives memory of more than 32 MiB back to the system when it is freed; less than that stays with the thread
/// that used it, so that a few sign-ins would take hundreds of megabytes for good. Pages that are not touched cost
/// nothing.
const GIVEN_BACK: usize = (33 << 20) / Block::SIZE;

/// A hash in PHC string format, with the present parameters.
fn new_hash(password: &str) -> Option<String> {
    let (algorithm, version, params) =
        (Algorithm::default(), Version::default(), Params::default());
    let salt: [u8; 16] = rand::random();
    let hash = PasswordHash {
        algorithm: algorithm.ident(),
        version: Some(version.into()),
        params: ParamsString::try_from(&params).ok()?,
        salt: Some(Salt::new(&salt).ok()?),
        hash: Some(compute(&Argon2::new(algorithm, version, params), password, &salt, 32)?),
    };
    Some(hash.to_string())
}

/// Whether a password is the hashed one, with the parameters that the hash was made with. `None` if the text is
/// not a hash.
fn matches(password: &str, wanted: &str) -> Option<bool> {
    let hash = PasswordHash::new(wanted).ok()?;
    let algorithm = Algorithm::try_from(hash.algorithm.as_str()).ok()?;
    let version = Version::try_from(hash.version?).ok()?;
    let params = Params::try_from(&hash).ok()?;
    let output = hash.hash?;
    let argon2 = Argon2::new(algorithm, version, params);
    let computed = compute(&argon2, password, hash.salt.as_ref()?, output.len())?;
    // The comparison takes the same time wherever the first difference is.
    Some(computed == output)
}

fn compute(argon2: &Argon2<'_>, password: &str, salt: &[u8], length: usize) -> Option<Output> {
    let mut memory = Vec::with_capacity(GIVEN_BACK);
    memory.resize(argon2.params().block_count(), Block::new());
    let mut out = vec![0; length];
    argon2.hash_password_into_with_memory(password.as_bytes(), salt, &mut out, &mut memory).ok()?;
    Output::new(&out).ok()
}

/// What is wrong with a new password, for the person who chose it.
pub(crate) fn problem(password: &str, user: &str) -> Option<String> {
    let lower = password.to_lowercase();
    let different: std::collections::BTreeSet<char> = password.chars().collect();
    if password.chars().count() < MIN {
        return Some(format!("Use at least {MIN} characters; a sentence is easy to remember."));
    }
    if user.chars().count() >= 3 && lower.contains(&user.to_lowercase()) {
        return Some("The password must not contain the user name.".to_owned());
    }
    if password.len() > MAX {
        return Some(format!("Use at most {MAX} bytes."));
    }
    if different.len() < DIFFERENT {
        return Some(format!("Use at least {DIFFERENT} different characters."));
    }
    // Guessers try lists of known passwords first: words, names, dates and rows of keys, also written l1ke this.
    if zxcvbn::zxcvbn(password, &[user, "milguard"]).score() < zxcvbn::Score::Four {
        return Some(
            "This password is easy to guess. Use several unrelated words, or let a password manager make one."
                .to_owned(),
        );
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_is_accepted() {
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
    fn a_weak_password_is_refused_with_advice() {
        for (password, word) in [
            ("short", "at least 12"),
            ("aaaaaaaaaaaaaaaa", "different"),
            ("PasswordPassword", "easy to guess"),
            ("Summer2026!!", "easy to guess"),
            ("milguard1234", "easy to guess"),
            ("qwertyuiop123", "easy to guess"),
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
