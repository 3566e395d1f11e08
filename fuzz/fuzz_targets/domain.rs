//! Domain names: canonical forms and skeletons are stable, and any text is accepted.

#![no_main]

mod squeeze;

use libfuzzer_sys::fuzz_target;
use milguard::domain::{MAX_DOMAIN_LEN, canonicalize, fold, registrable, skeleton};

fuzz_target!(|data: &[u8]| {
    for text in squeeze::texts(data) {
        let folded = fold(&text);
        assert_eq!(fold(&folded), folded, "folding twice");
        if let Some(registrable) = registrable(&text) {
            assert!(text.ends_with(registrable));
        }
        let Some(canonical) = canonicalize(&text) else { continue };
        assert!(canonical.ascii.is_ascii() && canonical.ascii.len() <= MAX_DOMAIN_LEN);
        assert_eq!(canonical.ascii, canonical.ascii.to_ascii_lowercase());
        assert_eq!(canonicalize(&canonical.ascii).as_ref(), Some(&canonical), "of {text:?}");
        let once: Vec<u8> = skeleton(&canonical.ascii).collect();
        let again = String::from_utf8(once.clone()).expect("a skeleton of ASCII is ASCII");
        assert!(skeleton(&again).eq(once), "the skeleton of a skeleton is itself");
    }
});
