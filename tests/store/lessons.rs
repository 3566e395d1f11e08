//! Finished lessons are counted by group and day, and kept as long as other counts.

use milguard::store::{Action, CountFilter, Retention, now};

use crate::store::fixture::on_both_databases;

const DAY: i64 = 86_400_000;

fn filter(from: i64, to: i64, group: Option<&str>) -> CountFilter {
    CountFilter { from, to, group: group.map(str::to_owned), ..CountFilter::default() }
}

on_both_databases! {
    async fn lessons_are_counted_by_group_and_day(store: Store) {
        let today = now() - now().rem_euclid(DAY);
        for (group, time) in [
            ("default", today),
            ("default", today + DAY - 1),
            ("navy", today + 5),
            ("default", today - 1),
            ("default", today - 400 * DAY),
        ] {
            store.count_lesson(group, time).await.unwrap();
        }
        assert_eq!(store.lessons(&filter(today, today + DAY, None)).await.unwrap(), Some(3));
        assert_eq!(store.lessons(&filter(today, today + DAY, Some("default"))).await.unwrap(), Some(2));
        assert_eq!(store.lessons(&filter(today - DAY, today + DAY, Some("default"))).await.unwrap(), Some(3));
        assert_eq!(store.lessons(&filter(today, today + DAY, Some("army"))).await.unwrap(), Some(0));
        assert_eq!(store.lessons(&filter(i64::MIN, i64::MAX, None)).await.unwrap(), Some(5));
        let sent = CountFilter { actions: vec![Action::SentAnyway], ..filter(today, today + DAY, None) };
        assert_eq!(store.lessons(&sent).await.unwrap(), None, "a lesson has no outcome");
        let retention = Retention { event_days: Some(30), count_days: Some(365) };
        store.prune(&retention, now()).await.unwrap();
        assert_eq!(store.lessons(&filter(i64::MIN, i64::MAX, None)).await.unwrap(), Some(4), "old counts are deleted");
    }
}
