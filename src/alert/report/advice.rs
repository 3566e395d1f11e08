//! What senders should learn, by the reason for the warnings.

use crate::verdict::Reason;

/// What to train if a reason is frequent; `None` if training would not help.
pub(super) const fn advice(reason: Reason) -> Option<&'static str> {
    Some(match reason {
        Reason::SuffixTypo => {
            "Read the ending of an address before you send: .mil is the U.S. military's, .ml is Mali's."
        }
        Reason::SuffixSwapped => {
            "A military name under .com or .org belongs to somebody else. Take addresses from the directory, not from memory."
        }
        Reason::SuffixEmbedded => {
            "The end of a domain says whose it is: army.mil.com belongs to the owner of mil.com."
        }
        Reason::SuffixGlued => {
            "A missing dot makes another domain: armymil.com has nothing to do with army.mil."
        }
        Reason::Confusable => {
            "Letters of other alphabets look like Latin ones. Type an address anew instead of copying it from a mail."
        }
        Reason::UnregisteredDomain => {
            "A name below .mil that nobody registered bounces. Compare it with the directory."
        }
        Reason::ForeignMilitary => {
            "Other countries have armed forces with similar addresses: mil.br is Brazil's. Check which country you mean."
        }
        Reason::NameMismatch => {
            "A name can show any address. Look at the address that the mail goes to."
        }
        Reason::SiblingMismatch => {
            "Compare the recipients of a message with one another: colleagues have the same domain."
        }
        Reason::PersonaLocalPart => {
            "A name that ends in .civ, .ctr or .mil belongs to a military account. At another domain, ask first."
        }
        Reason::DeniedByPolicy => "Tell senders which domains the policy forbids, and why.",
        Reason::Malformed => {
            "Choose recipients from the address book: Milguard cannot check what is not an address."
        }
        Reason::UnexpandedGroup => {
            "Open a distribution list before you send to it, and read who is in it."
        }
        Reason::AllowedByPolicy => return None,
    })
}
