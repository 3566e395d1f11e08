//! The program that a tag names, and whether the scan reads its lines.

/// How to read a line, by its tag.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Program {
    Postfix,
    Sendmail,
    Exim,
    Opensmtpd,
    Courier,
    Qmail,
    Cisco,
    /// A mail server whose lines the scan does not read, by its name for people.
    Unread(&'static str),
    /// A program that delivers no mail to other servers, whatever its lines contain.
    Other,
    /// Another tag.
    Unknown,
}

/// The services of Postfix (master(5)). Any `syslog_name` before the slash is still Postfix.
const POSTFIX: [&[u8]; 32] = [
    b"smtp",
    b"smtpd",
    b"qmgr",
    b"nqmgr",
    b"oqmgr",
    b"cleanup",
    b"local",
    b"virtual",
    b"pipe",
    b"lmtp",
    b"bounce",
    b"defer",
    b"trace",
    b"error",
    b"retry",
    b"discard",
    b"pickup",
    b"master",
    b"rewrite",
    b"trivial-rewrite",
    b"anvil",
    b"scache",
    b"postscreen",
    b"dnsblog",
    b"tlsproxy",
    b"verify",
    b"flush",
    b"showq",
    b"proxymap",
    b"postdrop",
    b"sendmail",
    b"relay",
];

/// Mail servers whose lines the scan does not read, by the beginning of their tags.
const UNREAD: [(&[u8], &str); 32] = [
    (b"haraka", "Haraka"),
    (b"stalwart", "Stalwart"),
    (b"maddy", "maddy"),
    (b"zone-mta", "ZoneMTA"),
    (b"zonemta", "ZoneMTA"),
    (b"mailin", "Barracuda"),
    (b"inbound/pass", "Barracuda"),
    (b"outbound/smtp", "Barracuda"),
    (b"scan", "Barracuda"),
    (b"recv", "Barracuda"),
    (b"filter_instance", "Proofpoint"),
    (b"cvtd", "Proofpoint"),
    (b"pps", "Proofpoint"),
    (b"mimecast", "Mimecast"),
    (b"ecelerity", "Momentum"),
    (b"bmserver", "Symantec Messaging Gateway"),
    (b"pmta", "PowerMTA"),
    (b"powermta", "PowerMTA"),
    (b"halond", "Halon"),
    (b"smtpd-halon", "Halon"),
    (b"masqmail", "masqmail"),
    (b"nullmailer", "nullmailer"),
    (b"ssmtp", "ssmtp"),
    (b"msmtp", "msmtp"),
    (b"dma", "DragonFly Mail Agent"),
    (b"zmailer", "ZMailer"),
    (b"communigate", "CommuniGate"),
    (b"kerio", "Kerio Connect"),
    (b"hmailserver", "hMailServer"),
    (b"mdaemon", "MDaemon"),
    (b"axigen", "Axigen"),
    (b"assp", "ASSP"),
];

/// Programs beside a mail server, and those of the system: the server also logs the addresses in their
/// lines.
const OTHERS: [&[u8]; 47] = [
    b"rblsmtpd",
    b"tcpserver",
    b"vpopmail",
    b"kernel",
    b"sshd",
    b"sudo",
    b"su",
    b"cron",
    b"CRON",
    b"crond",
    b"/usr/sbin/cron",
    b"systemd",
    b"systemd-logind",
    b"dhclient",
    b"named",
    b"ntpd",
    b"chronyd",
    b"rsyslogd",
    b"syslogd",
    b"syslog-ng",
    b"dovecot",
    b"imapd",
    b"pop3d",
    b"amavis",
    b"amavisd",
    b"spamd",
    b"spamc",
    b"spampd",
    b"rspamd",
    b"clamd",
    b"freshclam",
    b"clamav-milter",
    b"clamsmtpd",
    b"opendkim",
    b"opendmarc",
    b"openarc",
    b"postgrey",
    b"policyd-spf",
    b"policyd",
    b"saslauthd",
    b"fail2ban",
    b"milter-greylist",
    b"spamass-milter",
    b"postfix-policyd-spf-python",
    b"audit",
    b"auditd",
    b"dockerd",
];

/// The program that a tag names.
pub(super) fn of(name: &[u8]) -> Program {
    if let Some(slash) = memchr::memrchr(b'/', name) {
        let service = name.get(slash + 1..).unwrap_or_default();
        if name.starts_with(b"postfix") || POSTFIX.contains(&service) && name.first() != Some(&b'/')
        {
            return Program::Postfix;
        }
    }
    if name.starts_with(b"postfix") && !name.starts_with(b"postfix-policyd") {
        return Program::Postfix;
    }
    if name.starts_with(b"sendmail")
        || name.starts_with(b"sm-")
        || matches!(name, b"newaliases" | b"submit" | b"Sendmail")
    {
        return Program::Sendmail;
    }
    if name.starts_with(b"exim") || name == b"Exim" {
        return Program::Exim;
    }
    if matches!(name, b"smtpd" | b"opensmtpd" | b"smtpctl") {
        return Program::Opensmtpd;
    }
    if name.starts_with(b"courier") || name == b"submit.courier" {
        return Program::Courier;
    }
    if name.starts_with(b"qmail") || name.starts_with(b"s/qmail") {
        return Program::Qmail;
    }
    if [&b"mail_logs"[..], b"ironport", b"esa_"].iter().any(|start| name.starts_with(start)) {
        return Program::Cisco;
    }
    if OTHERS.contains(&name) {
        return Program::Other;
    }
    let lower = name.to_ascii_lowercase();
    match UNREAD.iter().find(|(start, _)| lower.starts_with(start)) {
        // Short names must match a whole word.
        Some((start, _)) if start.len() <= 4 && lower.len() != start.len() => Program::Unknown,
        Some((_, title)) => Program::Unread(title),
        None => Program::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tag_decides_which_program_wrote_a_line() {
        for (tag, program) in [
            ("postfix/smtp", Program::Postfix),
            ("postfix-out/smtp", Program::Postfix),
            ("mail/smtp", Program::Postfix),
            ("postfix/10025/smtpd", Program::Postfix),
            ("postfix", Program::Postfix),
            ("sm-mta", Program::Sendmail),
            ("sendmail", Program::Sendmail),
            ("exim4", Program::Exim),
            ("smtpd", Program::Opensmtpd),
            ("courieresmtp", Program::Courier),
            ("qmail-send", Program::Qmail),
            ("mail_logs", Program::Cisco),
            ("Haraka", Program::Unread("Haraka")),
            ("scan", Program::Unread("Barracuda")),
            ("scanner", Program::Unknown),
            ("kernel", Program::Other),
            ("sshd", Program::Other),
            ("4TpXkQ2zbqz1", Program::Unknown),
        ] {
            assert_eq!(of(tag.as_bytes()), program, "{tag}");
        }
    }
}
