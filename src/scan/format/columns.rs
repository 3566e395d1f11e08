//! Finds the columns of a table.

use std::str::FromStr;

/// The column names that the user gave. Other columns are found by their usual names.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Columns {
    names: [Option<String>; 5],
}

/// The roles of columns, in the order of [`Columns::names`].
#[derive(Clone, Copy, Debug)]
pub(super) enum Column {
    Recipient,
    Sender,
    Time,
    Status,
    Id,
}

impl Column {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Recipient, "recipient"),
        (Self::Sender, "sender"),
        (Self::Time, "time"),
        (Self::Status, "status"),
        (Self::Id, "id"),
    ];

    /// The usual names of this column, without case and punctuation.
    #[expect(
        clippy::too_many_lines,
        reason = "a list of names for each column, one name on a line"
    )]
    pub(super) const fn usual(self) -> &'static [&'static str] {
        match self {
            Self::Recipient => &[
                "recipient",
                "recipientaddress",
                "recipientemailaddress",
                "recipientemail",
                "recipientsmtpaddress",
                "recipients",
                "rcptto",
                "rcpt",
                "rcpts",
                "rawrcptto",
                "envelopeto",
                "envelopercpt",
                "enveloperecipients",
                "recipientenvelope",
                "recipientemails",
                "to",
                "toaddress",
                "toaddresses",
                "toemail",
                "emailto",
                "receiver",
                "receivers",
                "duser",
                "postfixto",
                "torecipients",
                "destination",
                "destinations",
                "mailto",
                "cc",
                "bcc",
                "ccrecipients",
                "bccrecipients",
                "ccaddresses",
                "email",
                "emailaddress",
                "address",
            ],
            Self::Sender => &[
                "sender",
                "senderaddress",
                "senderenvelope",
                "envelopesender",
                "sendermailfromaddress",
                "senderfromaddress",
                "senderemail",
                "mailfrom",
                "envelopefrom",
                "returnpath",
                "from",
                "fromaddress",
                "fromemail",
                "emailfrom",
                "friendlyfrom",
                "suser",
                "orig",
                "source",
                "userid",
            ],
            Self::Time => &[
                "realtimetimestamp",
                "sourcerealtimetimestamp",
                "timereported",
                "time",
                "timestamp",
                "datetime",
                "date",
                "received",
                "receiveddatetime",
                "sentdatetime",
                "sent",
                "dateutc",
                "timelogged",
                "timestampusec",
                "creationdate",
                "creationtime",
                "eventtime",
                "eventdate",
                "messagetime",
                "timegenerated",
                "timegeneratedutc",
                "deliveredat",
                "bouncedat",
                "receivedat",
                "sentat",
                "createdat",
                "isotimestamp",
                "isodate",
                "startdate",
                "processed",
                "ts",
            ],
            Self::Status => &[
                "status",
                "deliverystatus",
                "eventstatus",
                "deliveryaction",
                "state",
                "stat",
                "eventid",
                "eventtype",
                "notificationtype",
                "event",
                "action",
                "result",
                "disposition",
                "outcome",
                "success",
                "delivered",
                "recordtype",
                "operation",
                "resultstatus",
                "postfixstatus",
                "dsnaction",
                "type",
            ],
            Self::Id => &[
                "messageid",
                "internetmessageid",
                "rfc2822messageid",
                "networkmessageid",
                "queueid",
                "id",
                "msgid",
                "sgmessageid",
                "postfixqueueid",
                "qid",
            ],
        }
    }
}

impl FromStr for Columns {
    type Err = String;

    /// `recipient=rcpt_to,sender=mail_from,time=ts,status=state,id=message_id`.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut columns = Self::default();
        for pair in text.split(',') {
            let (key, name) = pair
                .split_once('=')
                .filter(|(_, name)| !name.trim().is_empty())
                .ok_or("expected recipient=NAME,sender=NAME,time=NAME,status=NAME,id=NAME")?;
            let place = Column::ALL.iter().position(|(_, it)| *it == key.trim());
            let place = place.and_then(|place| columns.names.get_mut(place)).ok_or_else(|| {
                format!("there is no {key:?}; the names are recipient, sender, time, status and id")
            })?;
            *place = Some(name.trim().to_owned());
        }
        Ok(columns)
    }
}

impl Columns {
    /// Whether the user gave any name.
    pub(super) fn is_given(&self) -> bool {
        self.names.iter().any(Option::is_some)
    }

    /// The name that the user gave.
    pub(super) fn given(&self, column: Column) -> Option<&str> {
        self.names.get(column as usize)?.as_deref()
    }

    /// The place of a column in a head, by its given name or a usual one.
    pub(super) fn find(&self, column: Column, head: &[String]) -> Option<usize> {
        if let Some(given) = self.given(column) {
            let named = head.iter().position(|name| name.trim().eq_ignore_ascii_case(given));
            // A number is the place of a column without a name.
            let number = || given.parse::<usize>().ok()?.checked_sub(1);
            return named.or_else(number);
        }
        let head: Vec<String> = head.iter().map(|name| plain(name)).collect();
        column.usual().iter().find_map(|usual| head.iter().position(|name| name == usual))
    }

    /// All columns with recipients, the usual name first. Columns with only a general name for addresses
    /// count if there is no better one.
    pub(super) fn find_all(&self, column: Column, head: &[String]) -> Vec<usize> {
        let Some(first) = self.find(column, head) else { return Vec::new() };
        let mut all = vec![first];
        if self.given(column).is_none() {
            let also = ["to", "cc", "bcc", "recipients", "ccrecipients", "bccrecipients"];
            let plain = head.iter().map(|name| plain(name)).enumerate();
            all.extend(
                plain
                    .filter(|(at, name)| *at != first && also.contains(&name.as_str()))
                    .map(|it| it.0),
            );
        }
        all
    }
}

/// A name without case and punctuation: `Recipient address` and `recipient_address` are the same.
pub(super) fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
