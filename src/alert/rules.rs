//! The rules: which alerts exist, their thresholds, and when reports are sent.

use serde::Deserialize;

/// The alerts. Each can be switched off.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Many flagged recipients in one domain.
    pub burst: Option<Burst>,
    /// The first mail to a look-alike domain that takes mail.
    pub lookalike: bool,
    /// A message with a marking that was sent anyway.
    pub marked: bool,
    /// No client in contact.
    pub silence: Option<Silence>,
    /// A certificate that ends soon.
    pub certificate: Option<Certificate>,
    /// A disk that is filling.
    pub disk: Option<Disk>,
}

/// A number of events about one domain within a number of minutes.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Burst {
    /// With a lower number, one busy person would cause an alert; with a much higher one, people
    /// would notice the burst before the alert.
    pub events: u32,
    /// The time within which the events happen, in minutes.
    pub minutes: u32,
}

/// No contact for a number of hours.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Silence {
    /// The hours without contact. Clients ask for their policy every minute; a night without clients is normal.
    pub hours: u32,
    /// Whether the hours of Saturdays and Sundays (UTC) count.
    pub weekends: bool,
}

/// A number of days before the certificate ends.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Certificate {
    /// Programs that renew certificates do so thirty days before the end. When half of that time is
    /// over, renewal has failed.
    pub days: u32,
}

/// The free part of the disk, in percent.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Disk {
    /// In percent.
    pub percent: u32,
}

/// The reports, and when they are sent.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reporting {
    /// After each week, on Monday.
    pub weekly: bool,
    /// After each quarter, on its first day.
    pub quarterly: bool,
    /// The hour at which the server sends reports, in UTC. Clients that were offline report in the
    /// morning.
    pub hour: u32,
    /// The most questions for each 100 client days that senders should be asked: five mean one
    /// question for each sender in a month of 20 working days.
    pub budget: f64,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            burst: Some(Burst::default()),
            lookalike: true,
            marked: true,
            silence: Some(Silence::default()),
            certificate: Some(Certificate::default()),
            disk: Some(Disk::default()),
        }
    }
}

impl Default for Burst {
    fn default() -> Self {
        Self { events: 10, minutes: 60 }
    }
}

impl Default for Silence {
    fn default() -> Self {
        Self { hours: 24, weekends: false }
    }
}

impl Default for Certificate {
    fn default() -> Self {
        Self { days: 14 }
    }
}

impl Default for Disk {
    fn default() -> Self {
        Self { percent: 10 }
    }
}

impl Default for Reporting {
    fn default() -> Self {
        Self { weekly: true, quarterly: true, hour: 6, budget: 5.0 }
    }
}

impl Rules {
    /// The active alerts, for people: the name in the file and the threshold.
    pub fn describe(&self) -> [(&'static str, Option<String>); 6] {
        let on = |is_on: bool, text: &str| is_on.then(|| text.to_owned());
        [
            (
                "burst",
                self.burst.map(|Burst { events, minutes }| {
                    format!("{events} flagged recipients at one domain within {minutes} minutes")
                }),
            ),
            (
                "lookalike",
                on(self.lookalike, "the first mail to a look-alike domain that takes mail"),
            ),
            ("marked", on(self.marked, "a message with a marking that a sender sent anyway")),
            (
                "silence",
                self.silence.map(|Silence { hours, weekends }| {
                    let days = if weekends { "" } else { ", Saturdays and Sundays not counted" };
                    format!("no client in contact for {hours} hours{days}")
                }),
            ),
            (
                "certificate",
                self.certificate.map(|Certificate { days }| {
                    format!("the certificate ends in {days} days or less")
                }),
            ),
            (
                "disk",
                self.disk
                    .map(|Disk { percent }| format!("less than {percent} % of the disk is free")),
            ),
        ]
    }

    /// # Errors
    ///
    /// A sentence, if a threshold makes no sense.
    pub(super) fn check(&self) -> Result<(), String> {
        let within = |name: &str, value: u32, from: u32, to: u32| {
            let is_within = (from..=to).contains(&value);
            is_within.then_some(()).ok_or_else(|| format!("`{name}` is from {from} to {to}"))
        };
        if let Some(Burst { events, minutes }) = self.burst {
            within("burst.events", events, 2, 5_000)?;
            within("burst.minutes", minutes, 1, 1_440)?;
        }
        if let Some(Silence { hours, .. }) = self.silence {
            within("silence.hours", hours, 1, 720)?;
        }
        if let Some(Certificate { days }) = self.certificate {
            within("certificate.days", days, 1, 365)?;
        }
        if let Some(Disk { percent }) = self.disk {
            within("disk.percent", percent, 1, 90)?;
        }
        Ok(())
    }
}

impl Reporting {
    /// # Errors
    ///
    /// A sentence, if a value makes no sense.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.hour > 23 {
            return Err("`hour` is from 0 to 23".to_owned());
        }
        if !(self.budget > 0.0 && self.budget <= 1_000.0) {
            return Err("`budget` is above 0 and at most 1000".to_owned());
        }
        Ok(())
    }
}
