//! Small inputs from public bug reports about log readers: each gives the result in
//! `samples/expected.tsv`.

use std::fs;

use crate::scan::run::scan;

const SAMPLES: &str = "tests/scan/samples";

#[test]
fn every_sample_gives_the_expected_result() {
    let table = fs::read_to_string(format!("{SAMPLES}/expected.tsv")).unwrap();
    let mut wrong = Vec::new();
    for row in table.lines().skip(1) {
        let mut cells = row.split('\t').map(str::to_owned);
        let mut cell = || cells.next().unwrap_or_default();
        let (file, options, count, statuses, sender) = (cell(), cell(), cell(), cell(), cell());
        let (_note, time) = (cell(), cell());
        let mut times: Vec<&str> = time.split(',').filter(|time| !time.is_empty()).collect();
        times.sort_unstable();
        let mut arguments = vec!["--format".to_owned(), "jsonl".to_owned()];
        arguments.extend(options.split_whitespace().map(str::to_owned));
        arguments.push(format!("{SAMPLES}/{file}"));
        let ran = scan(&arguments);
        let deliveries = ran.deliveries();
        let mut found: Vec<String> =
            deliveries.iter().map(|it| it["status"].as_str().unwrap().to_owned()).collect();
        found.sort();
        let mut clock: Vec<&str> =
            deliveries.iter().filter_map(|it| it["time"].as_str()?.get(..19)).collect();
        clock.sort_unstable();
        let is_right = deliveries.len().to_string() == count
            && (statuses.is_empty() || found.join(",") == statuses)
            && (times.is_empty() || clock == times)
            && (sender.is_empty() || deliveries.iter().all(|it| it["sender"] == sender.as_str()))
            && deliveries
                .iter()
                .all(|it| !it["recipient"].as_str().unwrap().contains(['<', ' ', ',']))
            && ran.status == 1;
        if !is_right {
            wrong.push(format!("{file}: {} {}{}", ran.status, ran.stdout, ran.stderr));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
