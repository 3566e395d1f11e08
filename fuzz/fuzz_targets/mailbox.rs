//! The recipient parser: it reads or refuses any text, and the printed form of what it read is read
//! the same.

#![no_main]

mod squeeze;

use libfuzzer_sys::fuzz_target;
use milguard::address::{
    Address, Mailbox, parse_address_list, replace_recipient, split_plain, split_recipients,
};

fuzz_target!(|data: &[u8]| {
    for text in squeeze::texts(data) {
        parse(&text);
        split(&text);
    }
});

fn parse(text: &str) {
    let list = match parse_address_list(text) {
        Ok(list) => list,
        Err(error) => {
            assert!(text.is_char_boundary(error.at));
            assert_eq!(split_plain(text), None, "the short way takes what the parser refuses");
            return;
        }
    };
    for mailbox in list.iter().flat_map(Address::mailboxes) {
        assert!(!mailbox.local_part.is_empty() && !mailbox.domain.is_empty());
        assert!(text.get(mailbox.span.clone()).is_some());
        assert!(text.get(mailbox.domain_span.clone()).is_some());
        assert_eq!(mailbox.span.end, mailbox.domain_span.end);
    }
    if let Some((local_part, domain)) = split_plain(text) {
        let [Address::Mailbox(mailbox)] = list.as_slice() else { panic!("not one mailbox") };
        assert_eq!((mailbox.local_part.as_str(), mailbox.domain.as_str()), (local_part, domain));
    }
    let printed = list.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    match parse_address_list(&printed) {
        Ok(again) => assert_eq!(without_spans(&list), without_spans(&again)),
        Err(error) => panic!("{printed:?}: {error}"),
    }
}

fn split(text: &str) {
    let recipients = split_recipients(text);
    let mut end = 0;
    for range in &recipients {
        assert!(range.start >= end && !range.is_empty() && text.get(range.clone()).is_some());
        end = range.end;
    }
    for index in 0..=recipients.len().min(3) {
        let is_there = index < recipients.len();
        assert_eq!(replace_recipient(text, index, None).is_some(), is_there);
        // In a group it may not be clear which mailbox is meant.
        assert!(is_there || replace_recipient(text, index, Some("x@army.mil")).is_none());
    }
}

fn without_spans(list: &[Address]) -> Vec<Address> {
    let anywhere = |mailbox: &Mailbox| Mailbox { span: 0..0, domain_span: 0..0, ..mailbox.clone() };
    let without = |address: &Address| match address {
        Address::Mailbox(mailbox) => Address::Mailbox(anywhere(mailbox)),
        Address::Group { name, members } => {
            Address::Group { name: name.clone(), members: members.iter().map(anywhere).collect() }
        }
    };
    list.iter().map(without).collect()
}
