//! Changes one recipient in text that a person typed, and nothing else.

use super::{Address, Mailbox, parse_address_list, split_recipients};

/// Changes one recipient of `text` and leaves the others as they were typed: number `index` of
/// [`split_recipients`] gets the addr-spec `address`, or is removed with its separator if `address`
/// is `None`.
///
/// A display name stays, unless it repeats the replaced address. In a group, the member with the same
/// local part is replaced and the others stay. `None` if there is no such recipient, or if a group has
/// no such member.
///
/// ```
/// use milguard::address::replace_recipient;
///
/// let text = "Bob <bob@army.ml>; ann@navy.mil";
/// let fixed = replace_recipient(text, 0, Some("bob@army.mil"));
/// assert_eq!(fixed.as_deref(), Some("Bob <bob@army.mil>; ann@navy.mil"));
/// assert_eq!(replace_recipient(text, 0, None).as_deref(), Some("ann@navy.mil"));
/// ```
pub fn replace_recipient(text: &str, index: usize, address: Option<&str>) -> Option<String> {
    let recipients = split_recipients(text);
    let range = recipients.get(index)?.clone();
    let (before, rest) = text.split_at_checked(range.start)?;
    let Some(address) = address else {
        // The separator after the recipient is removed with it; if the recipient is the last one,
        // the separator before it.
        let previous = index.checked_sub(1).and_then(|before| recipients.get(before));
        return match (recipients.get(index + 1), previous) {
            (Some(next), _) => Some([before, text.get(next.start..)?].concat()),
            (None, Some(previous)) => text.get(..previous.end).map(str::to_owned),
            (None, None) => Some(String::new()),
        };
    };
    let (recipient, after) = rest.split_at_checked(range.len())?;
    Some([before, &with_address(recipient, address)?, after].concat())
}

/// `None` if it is not clear which mailbox should be replaced.
fn with_address(recipient: &str, address: &str) -> Option<String> {
    let Ok(list) = parse_address_list(recipient) else { return Some(address.to_owned()) };
    let (mailbox, is_alone) = if let [Address::Mailbox(mailbox)] = list.as_slice() {
        (mailbox, true)
    } else {
        // In a group, only the one member that `address` corrects is replaced.
        let (local_part, _) = address.rsplit_once('@')?;
        let is_meant = |mailbox: &&Mailbox| {
            mailbox.local_part.eq_ignore_ascii_case(local_part)
                && recipient.get(mailbox.span.clone()) != Some(address)
        };
        (list.iter().flat_map(Address::mailboxes).find(is_meant)?, false)
    };
    let old = recipient.get(mailbox.span.clone())?;
    let name = mailbox.display_name.as_deref().unwrap_or_default();
    if is_alone && name.trim().eq_ignore_ascii_case(old) {
        return Some(address.to_owned());
    }
    let (before, after) =
        (recipient.get(..mailbox.span.start)?, recipient.get(mailbox.span.end..)?);
    Some([before, address, after].concat())
}

#[cfg(test)]
mod tests {
    use super::{replace_recipient, split_recipients};

    fn split(text: &str) -> Vec<&str> {
        split_recipients(text).into_iter().map(|range| text.get(range).unwrap()).collect()
    }

    #[test]
    fn one_recipient_is_replaced_or_removed() {
        let replaced = |text, index| replace_recipient(text, index, Some("x@army.mil"));
        for (text, index, expected) in [
            ("Team: a@army.mil, X@army.ml;", 0, Some("Team: a@army.mil, x@army.mil;")),
            ("Team: x@army.mil, x@army.ml; b@c", 0, Some("Team: x@army.mil, x@army.mil; b@c")),
            ("Team: a@army.mil, b@army.ml;", 0, None),
            ("none:;", 0, None),
            ("T: x@army.ml <x@army.ml>;", 0, Some("T: x@army.ml <x@army.mil>;")),
            ("bob@army.ml", 0, Some("x@army.mil")),
            (
                "a@army.mil,\n b@army.ml ;c@army.mil",
                1,
                Some("a@army.mil,\n x@army.mil ;c@army.mil"),
            ),
            (
                "\"Doe, John\" <john@army.ml> (office)",
                0,
                Some("\"Doe, John\" <x@army.mil> (office)"),
            ),
            ("bob@army.ml <bob@army.ml>", 0, Some("x@army.mil")),
            ("\"Bob@army.ml\" <bob@army.ml>", 0, Some("x@army.mil")),
            ("bob@army,mil, ann@army.mil", 0, Some("x@army.mil, ann@army.mil")),
            ("To: bob@army.ml", 0, Some("To: x@army.mil")),
            ("bob@army.ml", 1, None),
            ("", 0, None),
        ] {
            assert_eq!(replaced(text, index).as_deref(), expected, "{text:?}");
        }
        for (text, index, expected) in [
            ("a@army.mil", 0, ""),
            ("a@army.mil, b@army.mil; c@army.mil", 0, "b@army.mil; c@army.mil"),
            ("a@army.mil, b@army.mil; c@army.mil", 1, "a@army.mil, c@army.mil"),
            ("a@army.mil, b@army.mil; c@army.mil", 2, "a@army.mil, b@army.mil"),
            ("a@army.mil\nb@army.mil\n", 1, "a@army.mil"),
        ] {
            assert_eq!(replace_recipient(text, index, None).as_deref(), Some(expected), "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn replacing_one_recipient_keeps_the_others(text in "([a-c]@[de],? ?;?\n?){1,6}", index in 0_usize..6) {
            let before = split(&text);
            if let Some(shorter) = replace_recipient(&text, index, None) {
                let mut expected = before.clone();
                expected.remove(index);
                proptest::prop_assert_eq!(split(&shorter), expected);
            }
            if let Some(fixed) = replace_recipient(&text, index, Some("x@army.mil")) {
                let mut expected = before.clone();
                if let Some(recipient) = expected.get_mut(index) {
                    *recipient = "x@army.mil";
                }
                proptest::prop_assert_eq!(split(&fixed), expected);
            }
        }
    }
}
