//! Charts as the server draws them: SVG without styles, which needs no script. `www/admin/charts.js` puts
//! a chart that can be pointed at in their place, from the table that stands below each.

use std::fmt::Write;

use super::{page::number, time::Moment};

/// Columns on top of one another over time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chart {
    times: Vec<Moment>,
    series: Vec<Series>,
    hourly: bool,
    most: i64,
}

/// One colour of a chart.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    pub(crate) name: &'static str,
    /// The class of its colour.
    pub(crate) class: &'static str,
    pub(crate) values: Vec<i64>,
}

/// A rectangle, in a view box of 1000 by 200.
pub(crate) struct Rect {
    pub(crate) class: &'static str,
    pub(crate) x: String,
    pub(crate) y: String,
    pub(crate) width: String,
    pub(crate) height: String,
}

/// A row of the table: a time and its values.
pub(crate) struct Row {
    pub(crate) time: Moment,
    pub(crate) label: String,
    pub(crate) seconds: i64,
    pub(crate) values: Vec<i64>,
    pub(crate) total: i64,
}

const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 200.0;

impl Chart {
    pub(crate) fn new(times: Vec<Moment>, series: Vec<Series>, hourly: bool) -> Self {
        let total = |index: usize| {
            let values = series.iter().filter_map(|series| series.values.get(index));
            values.sum::<i64>()
        };
        let most = (0..times.len()).map(total).max().unwrap_or_default();
        Self { times, series, hourly, most }
    }

    pub(crate) fn series(&self) -> &[Series] {
        &self.series
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.most == 0
    }

    /// The highest column, for the axis.
    pub(crate) fn most(&self) -> String {
        number(self.most)
    }

    pub(crate) fn first(&self) -> String {
        self.times.first().map_or_else(String::new, |time| self.label(*time))
    }

    pub(crate) fn last(&self) -> String {
        self.times.last().map_or_else(String::new, |time| self.label(*time))
    }

    fn label(&self, time: Moment) -> String {
        if !self.hourly {
            return time.day();
        }
        let iso = time.iso();
        let (day, rest) = iso.split_once('T').unwrap_or((&iso, ""));
        format!("{day} {}", rest.get(..5).unwrap_or_default())
    }

    /// The rows of the table, the oldest first.
    pub(crate) fn rows(&self) -> Vec<Row> {
        let row = |(index, time): (usize, &Moment)| {
            let values = self.series.iter().filter_map(|series| series.values.get(index).copied());
            let values: Vec<i64> = values.collect();
            Row {
                time: *time,
                label: self.label(*time),
                seconds: time.0 / 1000,
                total: values.iter().sum(),
                values,
            }
        };
        self.times.iter().enumerate().map(row).collect()
    }

    #[expect(clippy::cast_precision_loss, reason = "a drawing has no more than a thousand pixels")]
    pub(crate) fn rects(&self) -> Vec<Rect> {
        let slot = WIDTH / self.times.len().max(1) as f64;
        let mut rects = Vec::new();
        for index in 0..self.times.len() {
            let mut top = HEIGHT;
            for series in &self.series {
                let value = series.values.get(index).copied().unwrap_or_default();
                if value <= 0 {
                    continue;
                }
                let height = value as f64 / self.most.max(1) as f64 * HEIGHT;
                top -= height;
                rects.push(Rect {
                    class: series.class,
                    x: short(index as f64 * slot + slot * 0.1),
                    y: short(top),
                    width: short(slot * 0.8),
                    height: short(height),
                });
            }
        }
        rects
    }
}

/// A bar in a row of a table: how long, in percent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bar {
    pub(crate) percent: i64,
}

impl Bar {
    /// Any number above zero is visible.
    pub(crate) fn new(value: i64, most: i64) -> Self {
        let percent = value.saturating_mul(100) / most.max(1);
        Self { percent: if value > 0 { percent.clamp(1, 100) } else { 0 } }
    }
}

fn short(number: f64) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write!(out, "{number:.2}");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart() -> Chart {
        let series = |name, values| Series { name, class: name, values };
        let times = vec![Moment(0), Moment(3_600_000)];
        Chart::new(times, vec![series("a", vec![1, 0]), series("b", vec![3, 2])], true)
    }

    #[test]
    fn columns_stand_on_one_another_and_fill_the_height() {
        let rects = chart().rects();
        let places: Vec<_> =
            rects.iter().map(|rect| (rect.class, rect.y.as_str(), rect.height.as_str())).collect();
        assert_eq!(
            places,
            [("a", "150.00", "50.00"), ("b", "0.00", "150.00"), ("b", "100.00", "100.00")]
        );
        assert!(Chart::default().rects().is_empty() && Chart::default().is_empty());
    }

    #[test]
    fn the_table_has_what_the_chart_shows() {
        let rows = chart().rows();
        assert_eq!(rows[0].values, [1, 3]);
        assert_eq!(
            (rows[1].total, rows[1].seconds, &*rows[1].label),
            (2, 3_600, "1970-01-01 01:00")
        );
        assert_eq!(chart().most(), "4");
    }

    #[test]
    fn a_bar_shows_any_number_above_zero() {
        assert_eq!(
            [(0, 5), (1, 1000), (5, 5), (0, 0)].map(|(a, b)| Bar::new(a, b).percent),
            [0, 1, 100, 0]
        );
    }
}
