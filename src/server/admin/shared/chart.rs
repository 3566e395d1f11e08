//! Charts as the server draws them: SVG without styles, which needs no script. Each column is a
//! link to its events, and is as high as the chart. `www/admin/charts.js` shows the numbers of a
//! column below the chart while a pointer is on that column.

use std::fmt::Write;

use super::{page::number, time::Moment};
use crate::text::scale::Scale;

/// Stacked columns over time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chart {
    columns: Vec<Column>,
    series: Vec<Series>,
    scale: Scale,
    most: i64,
}

/// One colour of a chart.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    pub(crate) name: &'static str,
    /// The class of the colour.
    pub(crate) class: &'static str,
    pub(crate) values: Vec<i64>,
}

/// A column of the chart, and a row of the table.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    /// The time as a page shows it, and as machines read it: a day, or a moment.
    pub(crate) label: String,
    pub(crate) iso: String,
    pub(crate) values: Vec<i64>,
    pub(crate) total: i64,
    /// The address of the column's events.
    pub(crate) link: String,
    /// The position of the column, and its coloured parts.
    pub(crate) x: String,
    pub(crate) width: String,
    pub(crate) rects: Vec<Rect>,
    /// Everything about the column in one line.
    pub(crate) tip: String,
}

/// A rectangle, in a view box of 1000 by 200.
#[derive(Clone, Debug)]
pub(crate) struct Rect {
    pub(crate) class: &'static str,
    pub(crate) x: String,
    pub(crate) y: String,
    pub(crate) width: String,
    pub(crate) height: String,
}

/// Whether a column is an hour, or one or more days.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Unit {
    Hour,
    Day,
}

const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 200.0;

/// The most lines above the zero line.
const LINES: u64 = 4;

impl Chart {
    /// `link` gives the address of the events of the column that begins at a time.
    pub(crate) fn new(
        times: &[Moment],
        series: Vec<Series>,
        unit: Unit,
        link: impl Fn(Moment) -> String,
    ) -> Self {
        let values = |index: usize| -> Vec<i64> {
            let values = series.iter().filter_map(|series| series.values.get(index));
            values.copied().collect()
        };
        let most = (0..times.len()).map(|index| values(index).iter().sum()).max().unwrap_or(0);
        let scale = Scale::new(most.unsigned_abs(), LINES);
        let columns = times.iter().enumerate().map(|(index, time)| {
            let values = values(index);
            let (x, width) = slot(index, times.len());
            let label = label(*time, unit);
            Column {
                rects: stack(&series, &values, scale, (x, width)),
                tip: tip(&label, &series, &values),
                iso: if unit == Unit::Hour { time.iso() } else { time.day() },
                total: values.iter().sum(),
                link: link(*time),
                x: short(x),
                width: short(width),
                label,
                values,
            }
        });
        let columns = columns.collect();
        Self { columns, series, scale, most }
    }

    pub(crate) fn series(&self) -> &[Series] {
        &self.series
    }

    /// The columns, the oldest first.
    pub(crate) fn columns(&self) -> &[Column] {
        &self.columns
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.most == 0
    }

    /// The numbers beside the lines, from the highest down to zero.
    pub(crate) fn scale(&self) -> Vec<String> {
        self.scale.lines().rev().map(|line| number(line.cast_signed())).collect()
    }

    /// The positions of the lines, except zero.
    pub(crate) fn lines(&self) -> Vec<String> {
        let above_zero = self.scale.lines().skip(1);
        above_zero.map(|line| short(HEIGHT - self.scale.share(line) * HEIGHT)).collect()
    }

    /// The times below the chart: of the first column, the middle one and the last.
    pub(crate) fn times(&self) -> Vec<&str> {
        let last = self.columns.len().saturating_sub(1);
        let mut places = vec![0, last / 2, last];
        places.dedup();
        places.into_iter().filter_map(|place| Some(&*self.columns.get(place)?.label)).collect()
    }
}

#[expect(clippy::cast_precision_loss, reason = "a drawing has no more than a thousand pixels")]
fn slot(index: usize, columns: usize) -> (f64, f64) {
    let width = WIDTH / columns.max(1) as f64;
    (index as f64 * width, width)
}

fn stack(series: &[Series], values: &[i64], scale: Scale, (x, width): (f64, f64)) -> Vec<Rect> {
    let mut y = HEIGHT;
    let shown = series.iter().zip(values).filter(|(_, value)| **value > 0);
    shown
        .map(|(series, value)| {
            let height = scale.share(value.unsigned_abs()) * HEIGHT;
            y -= height;
            Rect {
                class: series.class,
                x: short(x + width * 0.1),
                y: short(y),
                width: short(width * 0.8),
                height: short(height),
            }
        })
        .collect()
}

fn label(time: Moment, unit: Unit) -> String {
    if unit == Unit::Day {
        return time.day();
    }
    let iso = time.iso();
    let (day, rest) = iso.split_once('T').unwrap_or((&iso, ""));
    format!("{day} {}", rest.get(..5).unwrap_or_default())
}

fn tip(label: &str, series: &[Series], values: &[i64]) -> String {
    let parts: Vec<String> = series
        .iter()
        .zip(values)
        .map(|(series, value)| format!("{} {}", series.name, number(*value)))
        .collect();
    format!("{label}: {}", parts.join(", "))
}

/// The length of a bar in a row of a table, in percent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bar {
    pub(crate) percent: i64,
}

impl Bar {
    /// A bar for any number above zero has to be visible.
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
        let times = [Moment(0), Moment(3_600_000)];
        let all = vec![series("a", vec![1, 0]), series("b", vec![3, 2])];
        Chart::new(&times, all, Unit::Hour, |time| format!("/{}", time.0))
    }

    #[test]
    fn columns_are_stacked_and_leave_no_gap_between_them() {
        let chart = chart();
        let rects = chart.columns().iter().flat_map(|column| &column.rects);
        let places: Vec<_> =
            rects.map(|rect| (rect.class, rect.y.as_str(), rect.height.as_str())).collect();
        assert_eq!(
            places,
            [("a", "150.00", "50.00"), ("b", "0.00", "150.00"), ("b", "100.00", "100.00")]
        );
        let slots: Vec<_> =
            chart.columns().iter().map(|column| (&*column.x, &*column.width)).collect();
        assert_eq!(slots, [("0.00", "500.00"), ("500.00", "500.00")], "no gap between them");
        assert!(Chart::default().columns().is_empty() && Chart::default().is_empty());
    }

    #[test]
    fn a_column_has_its_values_a_description_and_a_link() {
        let chart = chart();
        let [first, second] = chart.columns() else { panic!("{chart:?}") };
        assert_eq!((&first.values[..], first.total, &*first.link), (&[1, 3][..], 4, "/0"));
        assert_eq!(second.tip, "1970-01-01 01:00: a 0, b 2");
        assert_eq!(second.iso, "1970-01-01T01:00:00Z");
        assert_eq!(chart.times(), ["1970-01-01 00:00", "1970-01-01 01:00"]);
    }

    #[test]
    fn the_grid_lines_of_a_chart_are_at_round_numbers() {
        assert_eq!(chart().scale(), ["4", "3", "2", "1", "0"]);
        assert_eq!(chart().lines(), ["150.00", "100.00", "50.00", "0.00"]);
    }

    #[test]
    fn a_bar_is_visible_for_any_number_above_zero() {
        assert_eq!(
            [(0, 5), (1, 1000), (5, 5), (0, 0)].map(|(a, b)| Bar::new(a, b).percent),
            [0, 1, 100, 0]
        );
    }
}
