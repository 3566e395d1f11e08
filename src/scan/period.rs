//! The period that the user wants.

use jiff::civil::Date;

use super::event::Delivery;
use super::time::{Certainty, Time};
use super::totals::Totals;

/// A period from one day to another, with both days whole.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Period {
    pub(super) since: Option<Date>,
    pub(super) until: Option<Date>,
}

/// Whether a delivery is in the period.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Place {
    Inside,
    Outside,
    /// The delivery is probably outside, but the scan assumed its time.
    Unsure,
    /// The delivery has no time.
    Undated,
}

impl Period {
    /// Whether a delivery is in the period. Counts those that are not.
    pub(super) fn admits(self, delivery: &Delivery, totals: &mut Totals) -> bool {
        let count = match self.place(delivery.time) {
            Place::Inside => return true,
            Place::Outside => &mut totals.outside,
            Place::Undated => &mut totals.undated,
            Place::Unsure => &mut totals.unsure,
        };
        *count += 1;
        false
    }

    /// Whether the time of a delivery is certainly in the period.
    pub(super) fn holds(self, time: Option<Time>) -> bool {
        self.place(time) == Place::Inside
    }

    fn place(self, time: Option<Time>) -> Place {
        if self.since.is_none() && self.until.is_none() {
            return Place::Inside;
        }
        let Some(time) = time else { return Place::Undated };
        let day = time.civil.date();
        let is_early = self.since.is_some_and(|since| day < since);
        let is_late = self.until.is_some_and(|until| day > until);
        match time.certainty {
            _ if !is_early && !is_late => Place::Inside,
            Certainty::Certain => Place::Outside,
            // The delivery was on that day or earlier, so it is before the period if the day is.
            Certainty::Latest if is_early => Place::Outside,
            Certainty::Latest | Certainty::Unsure => Place::Unsure,
        }
    }
}
