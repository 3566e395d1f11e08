//! Every form of a line's beginning.

use super::*;

fn shown(line: &str) -> (String, String, String, String) {
    let prefix = split(line.as_bytes());
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let time = stamp(line.as_bytes()).and_then(|stamp| stamp.at(stamp.year.unwrap_or(2024)));
    (
        time.map(|time| time.to_string()).unwrap_or_default(),
        text(prefix.host),
        text(prefix.name),
        text(&line.as_bytes()[prefix.body..]),
    )
}

#[test]
fn every_form_of_a_line_gives_time_host_and_program() {
    for (line, time, host) in [
        ("Mar  5 14:02:11 mx postfix/smtp[1]: x", "2024-03-05T14:02:11", "mx"),
        ("Mar 5 14:02:11 mx postfix/smtp[1]: x", "2024-03-05T14:02:11", "mx"),
        ("Mar 05 14:02:11.123456 mx postfix/smtp[1]: x", "2024-03-05T14:02:11", "mx"),
        ("<22>Mar  5 14:02:11 mx postfix/smtp[1]: x", "2024-03-05T14:02:11", "mx"),
        ("Mar  5 2023 14:02:11 mx postfix/smtp[1]: x", "2023-03-05T14:02:11", "mx"),
        ("2023 Mar  5 14:02:11 mx postfix/smtp[1]: x", "2023-03-05T14:02:11", "mx"),
        ("Mar  5 14:02:11 2023 mx postfix/smtp[1]: x", "2023-03-05T14:02:11", "mx"),
        ("Tue Mar  5 14:02:11 2024 mx postfix/smtp[1]: x", "2024-03-05T14:02:11", "mx"),
        ("Tue 2024-03-05 14:02:11 UTC mx postfix/smtp[1]: x", "2024-03-05T14:02:11", "mx"),
        ("2024-03-05T14:02:11+01:00 mx postfix/smtp[1]: x", "2024-03-05T14:02:11+01:00", "mx"),
        ("2024-03-05T14:02:11+0100 mx postfix/smtp[1]: x", "2024-03-05T14:02:11+01:00", "mx"),
        ("2024-03-05 14:02:11 mx postfix/smtp[1]: x", "2024-03-05T14:02:11", "mx"),
        ("2024-03-05 14:02:11,123 mx postfix/smtp[1]: x", "2024-03-05T14:02:11", "mx"),
        ("2024/03/05 14:02:11 mx postfix/smtp[1]: x", "2024-03-05T14:02:11", "mx"),
        ("[2024-03-05 14:02:11] mx postfix/smtp[1]: x", "2024-03-05T14:02:11", "mx"),
        ("05/Mar/2024:14:02:11 +0100 mx postfix/smtp[1]: x", "2024-03-05T14:02:11+01:00", "mx"),
        ("2024-03-05T14:02:11Z postfix/smtp[1]: x", "2024-03-05T14:02:11Z", ""),
        ("Mar  5 14:02:11 postfix/smtp[1]: x", "2024-03-05T14:02:11", ""),
        ("Mar  5 14:02:11 mx mail.info postfix/smtp[1]: x", "2024-03-05T14:02:11", "mx"),
        ("Mar  5 14:02:11 mx: postfix/smtp[1]: x", "2024-03-05T14:02:11", "mx:"),
        ("<22>1 2024-03-05T14:02:11.123Z mx postfix/smtp 1 - - x", "2024-03-05T14:02:11Z", "mx"),
        ("1 2024-03-05T14:02:11.123Z mx postfix/smtp 1 - - x", "2024-03-05T14:02:11Z", "mx"),
        (
            "97 <22>1 2024-03-05T14:02:11Z mx postfix/smtp 1 ID [a@1 b=\"c\"] x",
            "2024-03-05T14:02:11Z",
            "mx",
        ),
        ("smtp_1  | 2024-03-05T14:02:11.1Z postfix/smtp[1]: x", "2024-03-05T14:02:11Z", "smtp_1"),
        ("2024-03-05T14:02:11.1Z stdout F mx postfix/smtp[1]: x", "2024-03-05T14:02:11Z", "mx"),
        (
            "2024-03-05T14:02:11.1Z Mar  5 14:02:11 mx postfix/smtp[1]: x",
            "2024-03-05T14:02:11Z",
            "mx",
        ),
        (
            "[pod/mail-0/postfix] Mar  5 14:02:11 postfix/smtp[1]: x",
            "2024-03-05T14:02:11",
            "pod/mail-0/postfix",
        ),
        ("mail.log.1:Mar  5 14:02:11 mx postfix/smtp[1]: x", "2024-03-05T14:02:11", "mx"),
        ("/var/log/mail.log:7:Mar  5 14:02:11 mx postfix/smtp[1]: x", "2024-03-05T14:02:11", "mx"),
        ("mx 2024-03-05T14:02:11Z postfix/smtp[1]: x", "2024-03-05T14:02:11Z", "mx"),
        ("1709647331.123456 mx postfix/smtp[1]: x", "2024-03-05T14:02:11Z", "mx"),
        ("[  123.456789] mx postfix/smtp[1]: x", "", "mx"),
        ("postfix/smtp[1]: x", "", ""),
    ] {
        let expected = (time.into(), host.into(), "postfix/smtp".to_owned(), "x".to_owned());
        assert_eq!(shown(line), expected, "{line}");
    }
}

#[test]
fn lines_without_a_program_give_no_name() {
    for line in [
        "",
        "<",
        "<22",
        "<9999>1 x",
        "x",
        "2024-03-05 14:02:11 1rhVrF-0004Ab-1K => bob@army.ml",
        "2024-03-05T14:02:11Z,ann@example.com",
        "Mar",
        "Mar  5 14:02:11",
        "Mar: 1 00:00:00 mx",
    ] {
        assert_eq!(split(line.as_bytes()).name, b"", "{line}");
    }
    assert_eq!(split(b"Mar  5 14:02:11 mx kernel: postfix: x").name, b"kernel");
}
