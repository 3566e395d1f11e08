//! The overview's queries with ten million events in PostgreSQL, inserted by SQL.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use milguard::store::{CountFilter, CountKey, Database, EventFilter, Span, Store, now};
use sqlx::{AnyConnection, Connection};

use crate::{
    process::{Place, runtime},
    report,
};

const DAYS: i64 = 90;
const DAY: i64 = 86_400_000;

/// Ten million events over 90 days: ten groups, both hosts, four outcomes, 2,000 domains of which a few have most events,
/// each with up to 500 addresses; twenty events have a severity of their own.
const EVENTS: &str = "
    DROP INDEX events_time; DROP INDEX events_group; DROP INDEX events_domain; DROP INDEX events_address;
    ALTER TABLE events DROP CONSTRAINT events_pkey;
    SET maintenance_work_mem = '512MB'; SET work_mem = '256MB'; SET statement_timeout = 0;
    INSERT INTO events (id, message, time, received, group_id, host, client_version, policy_id, policy_version,
        action, severity, reasons, domain, address)
    SELECT *, 'person' || floor(500 * random()) || '@' || domain FROM (SELECT gen_random_uuid()::text, gen_random_uuid()::text, t, t, 'group-' || n % 10,
        (ARRAY['thunderbird', 'outlook'])[1 + n % 2], '1.4.2', 'default', 1,
        (ARRAY['fixed', 'removed', 'sent-anyway', 'cancelled'])[1 + (n / 2) % 4],
        CASE WHEN n % 500000 = 0 THEN 'notice' ELSE (ARRAY['warn', 'block'])[1 + (n / 8) % 2] END,
        CASE WHEN n % 3 = 0 THEN '[\"suffix-typo\",\"sibling-mismatch\"]' ELSE '[\"' ||
            (ARRAY['suffix-typo', 'suffix-embedded', 'suffix-glued', 'confusable'])[1 + (n / 16) % 4] || '\"]' END,
        'unit' || floor(2000 * power(random(), 4)) || '.army.ml' AS domain
    FROM (SELECT n, (extract(epoch FROM now()) * 1000)::bigint - (random() * 90 * 86400000)::bigint AS t
          FROM generate_series(1, 10000000) AS n) AS numbers) AS named;
    ALTER TABLE events ADD PRIMARY KEY (id);
    CREATE INDEX events_time ON events (time, id);
    CREATE INDEX events_group ON events (group_id, time, id);
    CREATE INDEX events_domain ON events (domain, time, id) WHERE domain IS NOT NULL;
    CREATE INDEX events_address ON events (address, time, id) WHERE address IS NOT NULL;
";

/// The counts that the server would have made.
const COUNTS: &str = "
    INSERT INTO counts_hourly SELECT time - time % 3600000, group_id, host, action, severity, count(*)
        FROM events GROUP BY 1, 2, 3, 4, 5;
    INSERT INTO counts_daily SELECT '', hour - hour % 86400000, group_id, host, action, severity, sum(n)
        FROM counts_hourly GROUP BY 2, 3, 4, 5, 6;
    INSERT INTO counts_daily
        SELECT reason, day, group_id, host, action, severity, sum(n)
        FROM (SELECT reasons, time - time % 86400000 AS day, group_id, host, action, severity, count(*) AS n
              FROM events GROUP BY 1, 2, 3, 4, 5, 6) AS alike, jsonb_array_elements_text(reasons::jsonb) AS reason
        GROUP BY 1, 2, 3, 4, 5, 6;
    INSERT INTO domains_daily
        SELECT time - time % 86400000, group_id, domain, count(*), count(*) FILTER (WHERE action = 'sent-anyway')
        FROM events GROUP BY 1, 2, 3;
    INSERT INTO domains_seen SELECT domain, min(time) FROM events GROUP BY 1;
    INSERT INTO addresses_seen SELECT address, lower(address), max(time - time % 86400000) FROM events GROUP BY 1;
    ANALYZE;
";

pub(crate) fn run() {
    let place = Place::postgres_without_sync();
    let Database::Postgres(url) = &place.database else { return };
    runtime().block_on(async {
        let store = Store::connect(&place.database).await.unwrap();
        let begin = Instant::now();
        let mut connection = AnyConnection::connect(url).await.unwrap();
        sqlx::raw_sql(EVENTS).execute(&mut connection).await.unwrap();
        sqlx::raw_sql(COUNTS).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        report("made 10,000,000 events in", &format!("{:.0?}", begin.elapsed()), "");
        report("size of the database", &format!("{} MB", store.size().await.unwrap() >> 20), "");
        for days in [7, 30, DAYS] {
            let to = now();
            let filter = CountFilter { from: to - days * DAY, to, ..CountFilter::default() };
            let span = if days == 7 { Span::Hour } else { Span::Day };
            // The first query reads the disk and is reported apart, since people look more than once.
            let mut times = Vec::new();
            for _ in 0..5 {
                times.push(overview(&store, &filter, span).await);
            }
            let first = times[0];
            times.sort_unstable();
            let what = format!("all counts of the overview over {days} days");
            report(&what, &format!("{:.0?}", times[2]), "< 300 ms");
            report(&format!("{what}, the first time"), &format!("{first:.0?}"), "");
        }
        let filter =
            EventFilter { domain: Some("unit7.army.ml".to_owned()), ..EventFilter::default() };
        for (what, filter) in
            [("newest", EventFilter::default()), ("newest for one domain", filter)]
        {
            let begin = Instant::now();
            assert_eq!(store.events(&filter, None, 50).await.unwrap().events.len(), 50);
            report(&format!("the 50 {what} events"), &format!("{:.0?}", begin.elapsed()), "");
        }
        store.close().await;
    });
    let (server, _) = place.start(None);
    let page = Page::sign_in(place.path(), server.address, &server.set_up);
    for path in PAGES {
        let mut times: Vec<_> = (0..5).map(|_| page.get(path).1).collect();
        let first = times[0];
        times.sort_by(f64::total_cmp);
        let figure = format!("{:.0} ms", times[2] * 1000.0);
        report(path, &figure, &format!("< 300 ms; {:.0} ms the first time", first * 1000.0));
    }
}

/// Pages that people open: long and short periods, searches with many results, with few and with none.
const PAGES: [&str; 21] = [
    "/admin?days=7",
    "/admin?days=30",
    "/admin?days=90",
    "/admin?days=30&group=group-3",
    "/admin/events",
    "/admin/events?sort=oldest",
    "/admin/events?q=army",
    "/admin/events?q=unit7.",
    "/admin/events?q=unit19",
    "/admin/events?q=person17@",
    "/admin/events?q=person17@unit1999",
    "/admin/events?q=nobody",
    "/admin/events?q=unit0.&action=held-back",
    "/admin/events?action=corrected&group=group-3",
    "/admin/events?action=blocked",
    "/admin/events?severity=notice",
    "/admin/events?severity=notice&reason=suffix-glued",
    "/admin/domains",
    "/admin/domains?q=unit19",
    "/admin/domains?sort=flagged",
    "/admin/domains?sort=flagged&group=group-3&q=army",
];

/// A minimal browser: curl with a jar for cookies.
struct Page {
    origin: String,
    jar: PathBuf,
}

impl Page {
    fn sign_in(folder: &Path, address: SocketAddr, set_up: &str) -> Self {
        let page = Self { origin: format!("http://{address}"), jar: folder.join("cookies") };
        let (form, _) = page.get(set_up);
        let csrf =
            form.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        let password = "a sentence that nobody else knows";
        let fields =
            [("csrf", csrf.unwrap()), ("name", "ann"), ("password", password), ("again", password)];
        let fields = fields.map(|(name, value)| format!("{name}={value}"));
        let data = fields.iter().flat_map(|field| ["--data-urlencode", field]);
        let origin = format!("Origin: {}", page.origin);
        page.curl(set_up, &data.chain(["-H", &origin]).collect::<Vec<_>>());
        let (overview, _) = page.get("/admin");
        assert!(overview.contains("unit0.army.ml"), "not the overview: {overview}");
        page
    }

    /// The page, and how many seconds it took.
    fn get(&self, path: &str) -> (String, f64) {
        let text = self.curl(path, &["-w", "\n%{time_total}"]);
        let (page, seconds) = text.rsplit_once('\n').unwrap();
        (page.to_owned(), seconds.parse().unwrap())
    }

    fn curl(&self, path: &str, more: &[&str]) -> String {
        let mut command = Command::new("curl");
        command.args(["-s", "--fail", "-b"]).arg(&self.jar).arg("-c").arg(&self.jar).args(more);
        let output = command.arg(format!("{}{path}", self.origin)).output().unwrap();
        assert!(output.status.success(), "{path}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }
}

/// Runs the overview's queries in parallel, as its page does.
async fn overview(store: &Store, filter: &CountFilter, span: Span) -> Duration {
    let begin = Instant::now();
    let (over_time, actions, groups, hosts, reasons, domains) = tokio::join!(
        store.counts_over_time(filter, span),
        store.count_by(filter, CountKey::Action),
        store.count_by(filter, CountKey::Group),
        store.count_by(filter, CountKey::Host),
        store.count_by(filter, CountKey::Reason),
        store.top_domains(filter, 20),
    );
    assert!(!over_time.unwrap().is_empty() && !actions.unwrap().is_empty());
    assert_eq!((groups.unwrap().len(), hosts.unwrap().len()), (10, 2));
    assert!(!reasons.unwrap().is_empty());
    assert_eq!(domains.unwrap().len(), 20);
    begin.elapsed()
}
