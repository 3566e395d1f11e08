//! The second factor: one-time codes by time (RFC 6238) and recovery codes.

use std::fmt::Write;

use qrcodegen::{QrCode, QrCodeEcc};
use totp_rs::{Builder, Secret, Totp};

use super::secret;

/// How many recovery codes a user gets. With fewer, somebody who often loses the second factor
/// would soon have no code left; nobody would keep a longer list.
const RECOVERY_CODES: usize = 10;

/// The characters of recovery codes: without 0, 1, i, l and o, which people mistake for one another on paper.
const ALPHABET: &[u8; 31] = b"23456789abcdefghjkmnpqrstuvwxyz";

/// Characters of a recovery code, without the dash: 59 bits.
const RECOVERY_LENGTH: usize = 12;

/// A new secret, in base32 as authenticators take it.
pub(crate) fn generate() -> String {
    Secret::generate().to_base32()
}

/// The step (30 s since 1970) that `code` is for, if it is right at `time` (seconds since 1970) or
/// one step around it. The caller has to accept each step only once.
pub(crate) fn step(base32: &str, code: &str, time: u64) -> Option<u64> {
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    totp(base32, "", "")?.check(&code, time)
}

/// The code at `time`, for tests that sign in.
pub fn code_at(base32: &str, time: u64) -> Option<String> {
    Some(totp(base32, "", "")?.generate(time).to_string())
}

/// What an authenticator reads from the picture: an `otpauth:` address.
pub(crate) fn address(base32: &str, user: &str, host: &str) -> Option<String> {
    // A colon separates issuer and account.
    let plain = |text: &str| text.replace(':', " ");
    totp(base32, &plain(user), &plain(&format!("Milguard {host}")))?.to_url().ok()
}

fn totp(base32: &str, user: &str, issuer: &str) -> Option<Totp> {
    let secret = Secret::try_from_base32(base32).ok()?;
    let issuer = (!issuer.is_empty()).then_some(issuer);
    Builder::new().with_secret(secret).with_account_name(user).with_issuer(issuer).build().ok()
}

/// One path of an SVG, and the side of its square view box, for a QR code (ISO/IEC 18004) of `text`
/// with the quiet zone of four modules.
pub(crate) fn picture(text: &str) -> Option<(String, i32)> {
    const QUIET: i32 = 4;
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let mut path = String::new();
    for y in 0..code.size() {
        for x in (0..code.size()).filter(|&x| code.get_module(x, y)) {
            // Writing to a string cannot fail.
            let _ = write!(path, "M{} {}h1v1h-1z", x + QUIET, y + QUIET);
        }
    }
    Some((path, code.size() + 2 * QUIET))
}

/// New recovery codes, in the form that the page shows.
pub(crate) fn recovery_codes() -> Vec<String> {
    let code = || {
        let mut code = String::new();
        while code.len() <= RECOVERY_LENGTH {
            if code.len() == RECOVERY_LENGTH / 2 {
                code.push('-');
            }
            // 248 = 8 × 31, so that each character has the same chance.
            let byte = rand::random::<u8>();
            if let (true, Some(&letter)) = (byte < 248, ALPHABET.get(usize::from(byte) % 31)) {
                code.push(char::from(letter));
            }
        }
        code
    };
    std::iter::repeat_with(code).take(RECOVERY_CODES).collect()
}

/// The digest that the store keeps of a recovery code, however a person types it. `None` for a text
/// that cannot be such a code, for example a one-time code.
pub(crate) fn recovery_digest(typed: &str) -> Option<String> {
    let plain: String =
        typed.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    (plain.len() == RECOVERY_LENGTH).then(|| secret::digest_for("recovery code", &plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of RFC 6238, appendix B, in base32. The test expects the last six digits of the
    /// codes there.
    const RFC_SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    #[test]
    fn codes_are_those_of_rfc_6238() {
        for (time, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(step(RFC_SECRET, code, time), Some(time / 30), "{time}");
            assert_eq!(code_at(RFC_SECRET, time).as_deref(), Some(code));
        }
    }

    #[test]
    fn a_code_is_also_valid_in_the_time_steps_before_and_after_its_own() {
        let code = code_at(RFC_SECRET, 3_000).unwrap();
        for (time, good) in
            [(2_940, false), (2_970, true), (3_029, true), (3_059, true), (3_060, false)]
        {
            assert_eq!(step(RFC_SECRET, &code, time).is_some(), good, "{time}");
        }
        let spaced: String = code.chars().flat_map(|c| [' ', c]).collect();
        assert_eq!(step(RFC_SECRET, &spaced, 3_000), Some(100));
        for wrong in ["", "0", "28708", "2870822", "abcdef", "２８７０８２"] {
            assert_eq!(step(RFC_SECRET, wrong, 59), None, "{wrong}");
        }
    }

    #[test]
    fn each_secret_is_new_and_its_address_fits_a_qr_code() {
        let (one, other) = (generate(), generate());
        assert_ne!(one, other);
        let address = address(&one, "ann:lee", "mail.example.mil:8443").unwrap();
        assert!(address.starts_with("otpauth://totp/"), "{address}");
        assert!(address.contains(&format!("secret={one}")), "{address}");
        let (path, size) = picture(&address).unwrap();
        assert!(path.starts_with("M4 4h1v1h-1z") && size > 29, "{size}");
    }

    #[test]
    fn a_recovery_code_is_recognised_however_it_is_typed() {
        let codes = recovery_codes();
        assert_eq!(codes.len(), RECOVERY_CODES);
        for code in &codes {
            assert_eq!(code.len(), 13);
            let digest = recovery_digest(code).expect("a code has a digest");
            for typed in [code.to_uppercase(), code.replace('-', " "), format!(" {code} ")] {
                assert_eq!(recovery_digest(&typed).as_ref(), Some(&digest));
            }
        }
        let different: std::collections::BTreeSet<_> = codes.iter().collect();
        assert_eq!(different.len(), RECOVERY_CODES);
        assert_eq!(recovery_digest("123456"), None);
    }
}
