//! The chart over time, as coordinates for inline SVG: no script, and it prints.

use super::report::{Row, grouped};
use crate::scan::Status;
use crate::text::scale::Scale;

const WIDTH: u32 = 880;
const HEIGHT: u32 = 240;
const LEFT: u32 = 64;
const TOP: u32 = 12;
const BOTTOM: u32 = 40;

/// The most lines above the zero line.
const LINES: u64 = 5;

/// A part of a bar.
pub(super) struct Bar {
    pub(super) status: &'static str,
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) title: String,
}

/// A text at an axis.
pub(super) struct Label {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) text: String,
}

/// Bars over time, stacked by status.
pub(super) struct Chart {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) left: u32,
    pub(super) right: u32,
    pub(super) bars: Vec<Bar>,
    pub(super) periods: Vec<Label>,
    /// Labels of the lines across the chart.
    pub(super) ticks: Vec<Label>,
}

impl Chart {
    /// One bar for each of `rows`, in their order.
    #[expect(clippy::cast_precision_loss, reason = "the places of pixels")]
    pub(super) fn new(rows: &[Row]) -> Self {
        let most = rows.iter().map(|row| row.counts.all()).max().unwrap_or_default().max(1);
        let scale = Scale::new(most, LINES);
        let plot_height = f64::from(HEIGHT - TOP - BOTTOM);
        let y_of = |count: u64| f64::from(TOP) + plot_height * (1.0 - scale.share(count));
        let slot = f64::from(WIDTH - LEFT) / rows.len().max(1) as f64;
        let width = (slot * 0.8).min(48.0);
        let mut bars = Vec::new();
        let mut periods = Vec::new();
        // There is room for 12 labels.
        let every = rows.len().div_ceil(12).max(1);
        for (index, row) in rows.iter().enumerate() {
            let middle = f64::from(LEFT) + slot * (index as f64 + 0.5);
            let mut below = 0;
            for status in Status::ALL {
                let count = row.counts.of(status);
                if count > 0 {
                    let (y, base) = (y_of(below + count), y_of(below));
                    bars.push(Bar {
                        status: status.as_str(),
                        x: middle - width / 2.0,
                        y,
                        width,
                        height: base - y,
                        title: format!("{}: {} {status}", row.name, grouped(count)),
                    });
                    below += count;
                }
            }
            if index % every == 0 {
                let y = f64::from(HEIGHT - BOTTOM + 20);
                periods.push(Label { x: middle, y, text: row.name.clone() });
            }
        }
        let ticks = scale.lines().map(|count| Label {
            x: f64::from(LEFT - 8),
            y: y_of(count),
            text: grouped(count),
        });
        let ticks = ticks.collect();
        Self { width: WIDTH, height: HEIGHT, left: LEFT, right: WIDTH, bars, periods, ticks }
    }
}
