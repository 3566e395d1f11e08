//! The task that delivers alerts to one recipient.

use std::{sync::Arc, time::Duration};

use lettre::message::Mailbox;
use tokio::{sync::watch, time::sleep};

use super::{
    AlertMetrics, Around, Destination,
    destination::Way,
    letter::{id, letter},
    mail::{Smtp, Undelivered},
    notice::Notice,
};
use crate::export::{Http, Pace, pause};
use crate::store::{AlertRow, Recipient, Store, StoreError};

/// The most alerts to read at a time. More would take more memory; fewer would cost more queries.
const READ: i64 = 100;

/// The parts that the task needs to deliver to a recipient.
pub(super) struct Courier {
    pub(super) store: Store,
    pub(super) recipient: Recipient,
    pub(super) door: Door,
    pub(super) origin: Arc<str>,
    pub(super) me: Arc<str>,
    pub(super) pace: Pace,
    pub(super) metrics: AlertMetrics,
    pub(super) around: Arc<dyn Around>,
    /// Wakes the task when new alerts wait.
    pub(super) news: watch::Receiver<u64>,
    /// Tells the task to stop. A delivery under way finishes first, since otherwise nobody would know its result.
    pub(super) stop: watch::Receiver<bool>,
}

/// The destination to deliver to.
pub(super) enum Door {
    Mail(Box<(Smtp, Mailbox)>, Duration),
    Webhook(Box<Http>),
}

/// A delivery failed; the receiver may ask for a pause.
struct Failed(Option<Duration>);

/// The recipients of a destination, each with a way to wake its task.
pub(super) fn doors(destination: &Destination, patience: Duration) -> Vec<(Recipient, Door)> {
    let mut recipients = destination.recipients();
    match &destination.way {
        Way::Mail { smtp, to } => {
            let doors =
                to.iter().map(|to| Door::Mail(Box::new((smtp.clone(), to.clone())), patience));
            recipients.into_iter().zip(doors).collect()
        }
        Way::Webhook(hook) => {
            let recipient = recipients.pop();
            recipient
                .into_iter()
                .map(|it| (it, Door::Webhook(Box::new(hook.sender(patience)))))
                .collect()
        }
    }
}

impl Door {
    /// Delivers an alert. When the call returns, the receiver has the alert.
    ///
    /// # Errors
    ///
    /// If it is not certain that the receiver has the alert.
    pub(super) async fn deliver(
        &self,
        notice: &Notice,
        row: &AlertRow,
        destination: &str,
        origin: &str,
    ) -> Result<(), Undelivered> {
        let id = id(&row.id, row.at, destination);
        match self {
            Self::Mail(server, patience) => {
                let (smtp, to) = &**server;
                let letter = letter(notice, id, destination, origin).map_err(|error| {
                    Undelivered { is_about_this_one: true, ..Undelivered::new(error.to_string()) }
                })?;
                smtp.send(to, &letter, *patience).await
            }
            Self::Webhook(http) => {
                let body = notice.body(&row.kind, &id, row.at, origin);
                http.send(id, body).await.map_err(|failure| Undelivered {
                    what: failure.what,
                    retry_after: failure.retry_after,
                    // The receiver refuses this alert, but may take another one.
                    is_about_this_one: matches!(failure.status, Some(400 | 413 | 415 | 422)),
                })
            }
        }
    }
}

impl Courier {
    /// Delivers alerts, present and future, until it is told to stop.
    pub(super) async fn run(mut self) {
        let mut failures: u32 = 0;
        while !self.is_stopping() {
            self.news.borrow_and_update();
            let (wait, is_news_welcome) = match self.round(&mut failures).await {
                Ok(()) => (self.pace.poll, true),
                Err(Failed(asked)) => {
                    failures = failures.saturating_add(1);
                    (pause(&self.pace, failures, asked, rand::random()), false)
                }
            };
            // The channels close only when the server ends.
            tokio::select! {
                () = sleep(wait) => {}
                _ = self.news.changed(), if is_news_welcome => {}
                _ = self.stop.changed() => {}
            }
        }
    }

    fn is_stopping(&self) -> bool {
        *self.stop.borrow()
    }

    async fn round(&self, failures: &mut u32) -> Result<(), Failed> {
        let waiting = self.store.untold(&self.recipient, READ).await;
        let mut failed = None;
        for row in &waiting.map_err(|error| self.no_database(&error))? {
            if self.is_stopping() {
                break;
            }
            let place = (&*row.id, &self.recipient);
            let is_mine = self.store.attempt_alert(place, &self.me).await;
            // Another server has delivered this alert, or delivers alerts from now on.
            if !is_mine.map_err(|error| self.no_database(&error))? {
                continue;
            }
            let destination = &*self.recipient.destination;
            let notice = Notice::read(row);
            match self.door.deliver(&notice, row, destination, &self.origin).await {
                Ok(()) => {
                    self.metrics.delivered(destination);
                    if std::mem::take(failures) > 0 {
                        tracing::info!(destination, "alerts arrive again");
                    }
                    self.note(row).await;
                }
                Err(undelivered) => {
                    self.metrics.failed(destination);
                    if *failures == 0 && failed.is_none() {
                        let failure = &*undelivered.what;
                        tracing::warn!(destination, failure, "an alert cannot be delivered");
                    }
                    let at = self.around.now();
                    // If the database does not answer, the page shows an older failure.
                    let _ = self.store.fail_alert(place, &undelivered.what, at).await;
                    failed = Some(undelivered.retry_after);
                    if !undelivered.is_about_this_one {
                        break;
                    }
                }
            }
        }
        failed.map_or(Ok(()), |asked| Err(Failed(asked)))
    }

    /// Notes the delivery in the database, and tries until that works: without the note, the server
    /// would send the alert again.
    async fn note(&self, row: &AlertRow) {
        let mut failures = 0;
        while let Err(error) =
            self.store.told_alert((&row.id, &self.recipient), self.around.now()).await
        {
            if failures == 0 {
                tracing::warn!(alert = row.id, %error, "an alert was delivered, but the database cannot note it yet");
            }
            failures += 1;
            sleep(pause(&self.pace, failures, None, rand::random())).await;
        }
    }

    fn no_database(&self, error: &StoreError) -> Failed {
        tracing::debug!(destination = self.recipient.destination, %error, "alerts cannot be read");
        Failed(None)
    }
}
