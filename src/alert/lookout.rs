//! Finds reasons for alerts: in the events, in the order of their commits; in the time that has
//! passed; and in the state of the server itself.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use tokio::{
    sync::{Mutex, watch},
    time::sleep,
};

use super::{
    AlertMetrics, Alerts, Around, Teller, Topic,
    measure::{counted, densest},
    notice,
    notice::Notice,
    report::{Period, Report, Wanted},
    rules::{Burst, Disk},
};
use crate::export::{Pace, Watcher};
use crate::store::{
    AlertWatch, Candidate, DAY, HOUR, Look, Millis, NewAlert, Recipient, Store, StoreError,
    StoredEvent, Telling,
};
use crate::verdict::{RaisedBy, Reason};

/// Events older than this cause no alert. The server finds such events only if it, or its alerts, had
/// been off for a while.
const OLD: Millis = 7 * DAY;

/// The pause between two alerts about the same burst or the same full disk.
const AGAIN: Millis = DAY;

/// After this long without an answer about a domain, the server stops asking name servers about it.
const ASK_FOR: Millis = DAY;

/// The most domains to ask about at a time. More would keep clients' own questions waiting.
const AT_ONCE: usize = 16;

/// A server waits this long after its start before it reports silence, because clients may not have
/// found it yet.
const SETTLE: Millis = HOUR;

/// If more events wait, the pause before the next look is this many times as long as the last look,
/// and at most `LONGEST_REST`: incoming events need the database too.
const REST: u32 = 19;
const LONGEST_REST: Duration = Duration::from_secs(2);

/// With this many days left, a certificate causes a second alert.
const LAST_DAYS: Millis = 3;

/// The alert about a disk ends only when the free part of the disk is this many percentage points
/// above the threshold. With a smaller number, one file that comes and goes would cause alerts
/// again and again.
const MORE_FREE: u64 = 2;

pub(super) struct Lookout {
    pub(super) store: Store,
    pub(super) alerts: Arc<Alerts>,
    pub(super) around: Arc<dyn Around>,
    pub(super) me: Arc<str>,
    pub(super) origin: Arc<str>,
    pub(super) pace: Pace,
    pub(super) metrics: AlertMetrics,
    /// Watches the server that has the lease.
    pub(super) watcher: Mutex<Watcher>,
    pub(super) news: watch::Sender<u64>,
    pub(super) started: Millis,
    /// The name of this machine if several servers share a database, since each has a disk of its
    /// own.
    pub(super) machine: String,
}

impl Lookout {
    pub(super) fn new(teller: &Teller, store: Store, around: Arc<dyn Around>) -> Self {
        let origin = &teller.origin;
        let host = origin.split_once("://").map_or(&**origin, |(_, host)| host).to_owned();
        let own = gethostname::gethostname().into_string().ok().filter(|name| !name.is_empty());
        let machine = if store.is_shared() { own.unwrap_or(host) } else { host };
        Self {
            store,
            alerts: Arc::clone(&teller.alerts),
            me: Arc::clone(&teller.me),
            origin: Arc::clone(origin),
            pace: teller.pace,
            metrics: teller.metrics.clone(),
            watcher: Mutex::default(),
            news: watch::Sender::new(0),
            started: around.now(),
            around,
            machine,
        }
    }

    pub(super) fn around(&self) -> Arc<dyn Around> {
        Arc::clone(&self.around)
    }

    /// Wakes the tasks when new alerts wait.
    pub(super) fn news(&self) -> watch::Receiver<u64> {
        self.news.subscribe()
    }

    /// Looks at events and the clock until this server has lost the lease.
    pub(super) async fn look(&self) {
        let mut was_told = false;
        loop {
            match self.look_once().await {
                Ok(true) => was_told = false,
                Ok(false) => return,
                Err(error) if !std::mem::replace(&mut was_told, true) => {
                    tracing::warn!(%error, "the server cannot look for alerts");
                }
                Err(_) => {}
            }
            sleep(self.pace.poll).await;
        }
    }

    async fn look_once(&self) -> Result<bool, StoreError> {
        loop {
            let began = Instant::now();
            let now = self.around.now();
            let watch = self.store.alert_watch(now).await?;
            let Some(look) = self.store.look_for_alerts(&watch, now - OLD).await? else {
                if !self.around.is_doubted() {
                    self.look_at_clients().await?;
                    self.look_at_calendar(&watch).await?;
                }
                return Ok(true);
            };
            let (alerts, candidates) = self.judge(&look, now).await?;
            if !self.store.end_look((&self.me, look.end), &alerts, &candidates).await? {
                return Ok(false);
            }
            self.tell_news(alerts.len());
            sleep((began.elapsed() * REST).min(LONGEST_REST)).await;
        }
    }

    fn tell_news(&self, alerts: usize) {
        if alerts > 0 {
            self.news.send_modify(|count| *count += 1);
        }
    }

    async fn judge(
        &self,
        look: &Look,
        now: Millis,
    ) -> Result<(Vec<NewAlert>, Vec<Candidate>), StoreError> {
        let (mut alerts, mut candidates) = (Vec::new(), Vec::<Candidate>::new());
        if let Some(burst) = self.alerts.rules.burst {
            for (domain, first, last) in &look.domains {
                alerts.extend(self.burst(burst, domain, (*first, *last), now).await?);
            }
        }
        if self.alerts.rules.marked {
            let marked = look.marked.iter().map(|event| {
                let about = event.message.clone();
                self.alert("marked", about, now, Telling::Happened(None), &notice::marked(event))
            });
            alerts.extend(marked);
        }
        if self.alerts.rules.lookalike {
            for event in look.first.iter().filter(|event| is_lookalike(event)) {
                let Some(domain) = &event.domain else { continue };
                let is_known = event.raised_by.iter().any(|it| it == RaisedBy::Delivers.as_str());
                if is_known {
                    alerts.push(self.lookalike(domain, event, now));
                } else if candidates.iter().all(|candidate| candidate.domain != *domain) {
                    let (domain, event) = (domain.clone(), event.id.clone());
                    candidates.push(Candidate { domain, event, at: now });
                }
            }
        }
        Ok((alerts, candidates))
    }

    /// The alert if the events about a domain, with the new ones from `first` to `last`, are a
    /// burst.
    async fn burst(
        &self,
        burst: Burst,
        domain: &str,
        (first, last): (Millis, Millis),
        now: Millis,
    ) -> Result<Option<NewAlert>, StoreError> {
        let within = Millis::from(burst.minutes) * 60_000;
        let times = self.store.times_of_domain(domain, first - within, last + within).await?;
        let Some((count, from, to)) = densest(&times, within, burst.events as usize) else {
            return Ok(None);
        };
        let threshold = format!("{} within {} minutes", burst.events, burst.minutes);
        let notice = notice::burst(domain, count, from, to, &threshold);
        let telling = Telling::Happened(Some(AGAIN));
        Ok(Some(self.alert("burst", domain.to_owned(), now, telling, &notice)))
    }

    fn lookalike(&self, domain: &str, event: &StoredEvent, now: Millis) -> NewAlert {
        let notice = notice::lookalike(domain, event);
        self.alert("lookalike", domain.to_owned(), now, Telling::Happened(None), &notice)
    }

    /// Asks DNS about the new look-alikes.
    pub(super) async fn ask(&self) {
        loop {
            if let Err(error) = self.ask_once().await {
                tracing::debug!(%error, "the server cannot ask name servers about look-alikes");
            }
            sleep(self.pace.poll).await;
        }
    }

    async fn ask_once(&self) -> Result<(), StoreError> {
        for some in self.store.candidates(1_000).await?.chunks(AT_ONCE) {
            let mut events = Vec::with_capacity(some.len());
            for candidate in some {
                match self.store.event(&candidate.event).await {
                    Ok(event) => events.push((candidate, event)),
                    // An administrator may have erased the event.
                    Err(StoreError::Missing(_)) => {
                        self.store.end_candidate(&candidate.domain, None).await?;
                    }
                    Err(error) => return Err(error),
                }
            }
            let asked =
                events.iter().map(|(it, event)| self.around.takes_mail(&it.domain, &event.group));
            let answers = join_all(asked).await;
            for ((candidate, event), takes_mail) in events.iter().zip(answers) {
                let now = self.around.now();
                let alert = match takes_mail {
                    Some(true) => Some(self.lookalike(&candidate.domain, event, now)),
                    Some(false) => None,
                    None if now - candidate.at < ASK_FOR => continue,
                    None => {
                        let why = "no name server says whether it takes mail";
                        tracing::warn!(why, "a new look-alike raised no alert");
                        None
                    }
                };
                self.store.end_candidate(&candidate.domain, alert.as_ref()).await?;
                self.tell_news(alert.iter().len());
            }
        }
        Ok(())
    }

    async fn look_at_clients(&self) -> Result<(), StoreError> {
        let Some(silence) = self.alerts.rules.silence else { return Ok(()) };
        let now = self.around.now();
        // Without any client, there is no silence to report.
        let Some(seen) = self.store.last_contact().await? else { return Ok(()) };
        let is_silent = counted(seen, now, silence.weekends) >= Millis::from(silence.hours) * HOUR;
        let (telling, notice) = if is_silent {
            if now - self.started < SETTLE {
                return Ok(());
            }
            (Telling::Lasts(7 * DAY), notice::silence(seen, &self.origin))
        } else {
            (Telling::Over, notice::silence_over(seen))
        };
        let alert = self.alert("silence", "clients".to_owned(), now, telling, &notice);
        let told = self.store.tell(&[alert]).await?;
        self.tell_news(told);
        Ok(())
    }

    async fn look_at_calendar(&self, watch: &AlertWatch) -> Result<(), StoreError> {
        let now = self.around.now();
        let reporting = self.alerts.reporting;
        for (topic, is_on, period) in [
            (Topic::Weekly, reporting.weekly, Period::week_of(now).before()),
            (Topic::Quarterly, reporting.quarterly, Period::quarter_of(now).before()),
        ] {
            let due = period.to() + Millis::from(reporting.hour) * HOUR;
            // The server sends no report for a period that ended before alerts were switched on:
            // the dashboard shows it.
            let is_due = is_on && now >= due && period.to() > watch.since;
            let recipients = self.recipients(topic);
            let (kind, about) = (topic.as_str(), period.key());
            if !is_due || recipients.is_empty() || self.store.was_told(kind, &about).await? {
                continue;
            }
            let wanted = Wanted { period, now, with_demo: false, budget: reporting.budget };
            let notice = notice::report(Report::make(&self.store, &wanted).await?);
            let alert = NewAlert {
                recipients,
                flood: None,
                ..self.alert(kind, about, now, Telling::Happened(None), &notice)
            };
            let told = self.store.tell(&[alert]).await?;
            self.tell_news(told);
        }
        Ok(())
    }

    /// Looks at the certificate and the disk, which every server has.
    pub(super) async fn look_around(&self) {
        loop {
            if let Err(error) = self.look_around_once().await {
                tracing::debug!(%error, "an alert cannot be written");
            }
            sleep(self.pace.poll).await;
        }
    }

    pub(super) async fn look_around_once(&self) -> Result<(), StoreError> {
        if !self.around.is_doubted() {
            let alerts: Vec<NewAlert> =
                [self.certificate(), self.disk()].into_iter().flatten().collect();
            self.tell_news(self.store.tell(&alerts).await?);
        }
        Ok(())
    }

    fn certificate(&self) -> Option<NewAlert> {
        let rule = self.alerts.rules.certificate?;
        let (now, end) = (self.around.now(), self.around.certificate_end()?);
        let days = (end - now).div_euclid(DAY);
        if days > Millis::from(rule.days) {
            return None;
        }
        let host = self.origin.split_once("://").map_or(&*self.origin, |(_, host)| host);
        let stage = if days <= LAST_DAYS { "last" } else { "soon" };
        let notice = notice::certificate(host, end, days);
        let about = format!("{host}/{end}/{stage}");
        Some(self.alert("certificate", about, now, Telling::Happened(None), &notice))
    }

    fn disk(&self) -> Option<NewAlert> {
        let Disk { percent } = self.alerts.rules.disk?;
        let room @ (free, total) = self.around.disk()?;
        let share = |percent: u64| u128::from(total) * u128::from(percent) / 100;
        let free = u128::from(free);
        let (telling, notice) = if free < share(u64::from(percent)) {
            (Telling::Lasts(AGAIN), notice::disk(&self.machine, room, percent))
        } else if free >= share(u64::from(percent) + MORE_FREE) {
            (Telling::Over, notice::disk_over(&self.machine, room))
        } else {
            return None;
        };
        Some(self.alert("disk", self.machine.clone(), self.around.now(), telling, &notice))
    }

    fn alert(
        &self,
        kind: &'static str,
        about: String,
        at: Millis,
        telling: Telling,
        notice: &Notice,
    ) -> NewAlert {
        NewAlert {
            kind,
            about,
            at,
            telling,
            document: notice.document(),
            recipients: self.recipients(Topic::Alerts),
            flood: matches!(telling, Telling::Happened(_)).then(|| notice::flood(kind).document()),
        }
    }

    fn recipients(&self, topic: Topic) -> Vec<Recipient> {
        let all = self.alerts.destinations.iter();
        all.filter(|it| it.wants(topic)).flat_map(super::Destination::recipients).collect()
    }
}

fn is_lookalike(event: &StoredEvent) -> bool {
    let mut reasons = event.reasons.iter().filter_map(|code| Reason::from_code(code));
    reasons.any(Reason::is_lookalike)
}
