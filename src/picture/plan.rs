//! A plan as a picture: the raster to scale with its swaths, lanes, chunks and tiles, and beside it what happens where
//! two swaths meet.

use super::{
    axis::Axis,
    seam,
    svg::{Anchor, DIM, Svg, grouped, shortened},
};
use crate::{
    plan::{DecodeMode, Plan, Unit},
    raster::{ByteSize, Span},
};

const WIDTH: f64 = 1200.0;
const LEFT: f64 = 150.0;
const TOP: f64 = 104.0;
/// Room of the raster.
const MOST: (f64, f64) = (560.0, 520.0);
/// Where the explanations begin.
const ASIDE: f64 = 760.0;
/// Height of a swath below which the middle is left out to make the rest larger.
const READABLE: f64 = 22.0;
/// Thickness that long rasters are given where that is possible.
const THICK: f64 = 140.0;
/// Grid lines nearer than this are not drawn.
const FINE: f64 = 4.0;

const CHUNK: &str = "stroke=\"#80ccff\" stroke-width=\"4\"";
const TILE: &str = "stroke=\"#d1590f\" stroke-width=\"1.1\"";
const SWATH: &str = "stroke=\"#24292f\" stroke-width=\"1.6\"";
const LANE: &str = "stroke=\"#24292f\" stroke-width=\"1.6\" stroke-dasharray=\"7 4\"";
const THIS: &str = "fill=\"#4ac26b\" fill-opacity=\"0.45\"";
const DECODED: &str = "fill=\"none\" stroke=\"#0550ae\" stroke-width=\"2\" stroke-dasharray=\"4 3\"";

/// Draws a plan as SVG.
pub fn of_plan(plan: &Plan) -> String {
    let mut svg = Svg::new();
    let (cols, rows) = axes(plan);
    let unit = plan.schedule.unit(1.min(plan.swaths() - 1), 1.min(plan.lanes.len() - 1));
    svg.bold((20.0, 34.0), 20.0, &format!("How {} x {} pixels are computed", grouped(plan.spec.cols), grouped(plan.spec.rows)));
    svg.text((20.0, 58.0), 13.0, Anchor::Start, &headline(plan));
    raster(&mut svg, plan, &cols, &rows);
    this_unit(&mut svg, plan, &unit, &cols, &rows);
    tears(&mut svg, plan, &cols, &rows);
    let below = legend(&mut svg, plan, &unit, &cols, &rows);
    let below = seam::between_swaths(&mut svg, plan, (ASIDE, below + 34.0));
    let below = seam::between_lanes(&mut svg, plan, (ASIDE, below + 30.0));
    let mut y = below.max(rows.end() + if cols.tear().is_some() { 18.0 } else { 0.0 }) + 40.0;
    svg.line((20.0, y - 22.0), (WIDTH - 20.0, y - 22.0), "stroke=\"#d0d7de\"");
    for line in plan.to_string().lines() {
        let (name, rest) = line.split_at(line.find(' ').unwrap_or(line.len()));
        svg.dim((20.0, y), 12.0, Anchor::Start, name);
        svg.text((96.0, y), 12.0, Anchor::Start, &shortened(rest.trim(), 180));
        y += 17.0;
    }
    svg.finish(WIDTH, y + 8.0)
}

fn headline(plan: &Plan) -> String {
    let count = |n: usize, what: &str| format!("{} {what}{}", grouped(n), if n == 1 { "" } else { "s" });
    let device = match &plan.device {
        None => "the CPU computes".to_owned(),
        Some(d) => format!("{} of {} device memory", ByteSize::b(d.peak), plan.budget.device),
    };
    format!(
        "{} of {} rows, {}; {}; {} of {} host memory, {device}",
        count(plan.swaths(), "swath"),
        grouped(plan.schedule.swath_rows),
        count(plan.lanes.len(), "lane"),
        count(plan.execution.threads, "thread"),
        ByteSize::b(plan.host.peak as u64),
        plan.budget.host,
    )
}

/// One scale for rows and columns; where swaths would be too thin to see, larger, and the middle is left out.
fn axes(plan: &Plan) -> (Axis, Axis) {
    let spec = &plan.spec;
    let (swath, lane) = (plan.schedule.swath_rows.min(spec.rows), plan.lanes.first().map_or(spec.cols, |l| l.len()));
    let fit = (MOST.0 / spec.cols as f64).min(MOST.1 / spec.rows as f64);
    let chunks = spec.sources.iter().flat_map(|s| &s.planes).map(|p| p.rows.min(p.cols));
    let segments = spec.outputs.iter().map(|o| o.segment_rows.min(o.segment_cols));
    // Two segments or chunks side by side stay visible.
    let largest = chunks.chain(segments).max().unwrap_or(1).min(spec.cols.max(spec.rows)) as f64;
    let wanted = (READABLE / swath as f64).min(130.0 / largest).min(40.0);
    // A raster that is long and thin is drawn thick enough to be seen, two swaths and lanes still side by side.
    let thick = (THICK / spec.cols.min(spec.rows) as f64).min(130.0 / swath.max(lane.min(spec.rows)) as f64);
    let scale = fit.max(wanted).max(thick.min(130.0 / largest));
    (Axis::new(LEFT, spec.cols, scale, MOST.0, lane.min(spec.cols)), Axis::new(TOP, spec.rows, scale, MOST.1, swath))
}

fn raster(svg: &mut Svg, plan: &Plan, cols: &Axis, rows: &Axis) {
    let (all_cols, all_rows) = (Span::new(0, plan.spec.cols), Span::new(0, plan.spec.rows));
    fill(svg, cols, rows, (all_cols, all_rows), "fill=\"#f6f8fa\"");
    for swath in (0..plan.swaths()).filter(|s| s % 2 == 1 && rows.edge(plan.schedule.rows(*s).start).is_some()) {
        fill(svg, cols, rows, (all_cols, plan.schedule.rows(swath)), "fill=\"#dfe6ee\"");
    }
    if let Some(plane) = plan.spec.sources.first().and_then(|s| s.planes.first()) {
        grid(svg, cols, rows, plan, (plane.cols, plane.rows), CHUNK);
    }
    if let Some(output) = plan.spec.outputs.first() {
        grid(svg, cols, rows, plan, (output.segment_cols, output.segment_rows), TILE);
    }
    let mut free = 0.0;
    for swath in 0..plan.swaths() {
        let span = plan.schedule.rows(swath);
        let (Some(top), Some(bottom)) = (rows.edge(span.start), rows.edge(span.end)) else { continue };
        across(svg, cols, plan, top, SWATH);
        across(svg, cols, plan, bottom, SWATH);
        let middle = (top + bottom) / 2.0 + 4.0;
        if middle >= free {
            svg.text((LEFT - 12.0, middle), 12.0, Anchor::End, &format!("swath {}", grouped(swath + 1)));
            if bottom - top > 40.0 {
                svg.dim((LEFT - 12.0, middle + 15.0), 11.0, Anchor::End, &format!("rows {span}"));
            }
            free = middle + 15.0;
        }
    }
    let mut free = 0.0;
    for (lane, span) in plan.lanes.iter().enumerate() {
        let (Some(left), Some(right)) = (cols.edge(span.start), cols.edge(span.end)) else { continue };
        for x in [left, right] {
            for (y, height) in rows.parts(all_rows) {
                svg.line((x, y), (x, y + height), if plan.lanes.len() > 1 { LANE } else { SWATH });
            }
        }
        let middle = (left + right) / 2.0;
        if plan.lanes.len() > 1 && middle - 26.0 > free {
            svg.text((middle, TOP - 8.0), 12.0, Anchor::Middle, &format!("lane {}", grouped(lane + 1)));
            free = middle + 26.0;
        }
    }
}

/// Lines of chunks or segments, where they can be told apart.
fn grid(svg: &mut Svg, cols: &Axis, rows: &Axis, plan: &Plan, (width, height): (usize, usize), style: &str) {
    if !too_fine(cols, width) {
        for x in (0..=plan.spec.cols).step_by(width.max(1)).filter_map(|c| cols.edge(c)) {
            rows.parts(Span::new(0, plan.spec.rows)).iter().for_each(|(y, h)| svg.line((x, *y), (x, y + h), style));
        }
    }
    if !too_fine(rows, height) {
        for y in (0..=plan.spec.rows).step_by(height.max(1)).filter_map(|r| rows.edge(r)) {
            across(svg, cols, plan, y, style);
        }
    }
}

fn too_fine(axis: &Axis, step: usize) -> bool {
    axis.parts(Span::new(0, step)).iter().map(|(_, length)| length).sum::<f64>() < FINE
}

fn across(svg: &mut Svg, cols: &Axis, plan: &Plan, y: f64, style: &str) {
    cols.parts(Span::new(0, plan.spec.cols)).iter().for_each(|(x, w)| svg.line((*x, y), (x + w, y), style));
}

fn fill(svg: &mut Svg, cols: &Axis, rows: &Axis, (wide, high): (Span, Span), style: &str) {
    for (x, w) in cols.parts(wide) {
        for (y, h) in rows.parts(high) {
            svg.rect((x, y), (w, h), style);
        }
    }
}

/// One swath (in one lane) as an example: what it writes, and what is decoded for it.
fn this_unit(svg: &mut Svg, plan: &Plan, unit: &Unit, cols: &Axis, rows: &Axis) {
    fill(svg, cols, rows, (unit.cols, unit.rows), THIS);
    fill(svg, cols, rows, decoded(plan, unit), DECODED);
}

/// Columns and rows of the first source that are decoded for a unit and were not before.
fn decoded(plan: &Plan, unit: &Unit) -> (Span, Span) {
    let taken = unit.sources.first().copied().unwrap_or_default();
    let (rows, cols) = (taken.rows, taken.cols);
    let first = plan.spec.sources.first().and_then(|s| s.planes.first());
    let (Some(plane), Some(mode)) = (first, plan.execution.modes.first().and_then(|m| m.first())) else { return (cols, rows) };
    let whole = |at: usize, step: usize, most: usize| at.next_multiple_of(step.max(1)).min(most);
    let wide = Span::new(cols.start / plane.cols * plane.cols, whole(cols.end, plane.cols, plan.spec.cols));
    // The lane before has decoded the chunks that reach over its edge.
    let wide = match unit.lane.checked_sub(1).map(|lane| plan.schedule.unit(unit.swath, lane).sources[0].cols) {
        Some(before) => Span::new(wide.start.max(whole(before.end, plane.cols, plan.spec.cols)), wide.end),
        None => wide,
    };
    match mode {
        DecodeMode::RowCursors => (wide, rows),
        DecodeMode::WholeChunks => {
            (wide, Span::new(whole(rows.start, plane.rows, plan.spec.rows), whole(rows.end, plane.rows, plan.spec.rows)))
        }
    }
}

/// Says what was left out.
fn tears(svg: &mut Svg, plan: &Plan, cols: &Axis, rows: &Axis) {
    if let Some((y, out)) = rows.tear() {
        let from = out.start.div_ceil(plan.schedule.swath_rows);
        let swaths = (out.end / plan.schedule.swath_rows).saturating_sub(from);
        let words = format!("… {} more swaths, rows {out} …", grouped(swaths));
        svg.dim(((LEFT + cols.end()) / 2.0, y + 4.0), 12.0, Anchor::Middle, &words);
    }
    if let Some((x, out)) = cols.tear() {
        let words = format!("… {} more columns …", grouped(out.len()));
        svg.dim((x, rows.end() + 18.0), 12.0, Anchor::Middle, &words);
        let zigzag: Vec<(f64, f64)> = (0..)
            .map(|i| (x + if i % 2 == 0 { -3.0 } else { 3.0 }, TOP + 8.0 * f64::from(i)))
            .take_while(|(_, y)| *y <= rows.end())
            .collect();
        svg.path(&zigzag, &format!("fill=\"none\" stroke=\"{DIM}\" stroke-width=\"1\""));
    }
}

fn legend(svg: &mut Svg, plan: &Plan, unit: &Unit, cols: &Axis, rows: &Axis) -> f64 {
    svg.bold((ASIDE, TOP + 6.0), 14.0, "The raster, to scale");
    let mut y = TOP + 30.0;
    let mut entry = |draw: &dyn Fn(&mut Svg, f64), words: &str| {
        draw(svg, y);
        svg.text((ASIDE + 40.0, y), 12.5, Anchor::Start, words);
        y += 21.0;
    };
    let line = |style: &'static str| move |svg: &mut Svg, y: f64| svg.line((ASIDE, y - 4.0), (ASIDE + 30.0, y - 4.0), style);
    let fine = |fine: bool| if fine { " (too fine to be drawn)" } else { "" };
    let whole = |w: usize, h: usize| too_fine(cols, w) && too_fine(rows, h);
    entry(&line(SWATH), "swath: rows that are computed in one go, top to bottom");
    if plan.lanes.len() > 1 {
        entry(&line(LANE), "lane: columns of a swath, left to right");
    }
    if let Some(plane) = plan.spec.sources.first().and_then(|s| s.planes.first()) {
        let words = format!("chunks of the input, {} x {}{}", plane.cols, plane.rows, fine(whole(plane.cols, plane.rows)));
        entry(&line(CHUNK), &words);
    }
    if let Some(output) = plan.spec.outputs.first() {
        let others = if plan.spec.outputs.len() > 1 { " first" } else { "" };
        let (w, h) = (output.segment_cols, output.segment_rows);
        let words = format!("tiles or strips of the{others} output, {w} x {h}{}", fine(whole(w, h)));
        entry(&line(TILE), &words);
    }
    let lane = if plan.lanes.len() > 1 { format!(", lane {}", unit.lane + 1) } else { String::new() };
    let swatch = |style: &'static str| move |svg: &mut Svg, y: f64| svg.rect((ASIDE, y - 11.0), (30.0, 13.0), style);
    entry(&swatch(THIS), &format!("for example swath {}{lane}: rows {}", unit.swath + 1, unit.rows));
    let (_, rows) = decoded(plan, unit);
    let words = if rows.is_empty() {
        "nothing is decoded for it: its chunks are held".to_owned()
    } else {
        format!("decoded for it, once: rows {rows}")
    };
    entry(&swatch(DECODED), &words);
    y
}
