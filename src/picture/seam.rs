//! Where two swaths or two lanes meet, row by row: halos and carries, which are too thin to be seen at the raster's scale.

use super::{
    style::{FRAME, PAIR},
    svg::{Anchor, Svg, grouped},
};
use crate::{
    plan::{NodeKind, Plan, Step},
    raster::Span,
};

const COLUMN: f64 = 58.0;
/// Nodes and outputs that have room.
const MOST_COLUMNS: usize = 7;
const HEIGHT: f64 = 170.0;
const LANES_WIDTH: f64 = 300.0;
const BAR: f64 = 11.0;

/// The rows of every node around the end of a swath. Gives back where it ends.
pub fn between_swaths(svg: &mut Svg, plan: &Plan, (left, top): (f64, f64)) -> f64 {
    let swath = 1.min(plan.swaths().saturating_sub(2));
    if plan.swaths() < 2 {
        svg.bold((left, top), 14.0, "One swath: nothing is carried");
        return top;
    }
    let (now, next) = (plan.schedule.unit(swath, 0), plan.schedule.unit(swath + 1, 0));
    let border = now.rows.end;
    let ahead = now.steps.iter().map(|s| s.new_rows.end.saturating_sub(border)).max().unwrap_or(0);
    let (above, below) = ((2 * ahead + 3).clamp(5, 40), (ahead + 3).min(24));
    let view = Span::new(border.saturating_sub(above), (border + below).min(plan.spec.rows));
    let row = (HEIGHT / view.len().max(1) as f64).min(16.0);
    svg.bold((left, top), 14.0, &format!("Where swaths {} and {} meet, row by row", grouped(swath + 1), grouped(swath + 2)));
    let y0 = top + 40.0;
    let y = |at: usize| y0 + at.clamp(view.start, view.end).saturating_sub(view.start) as f64 * row;
    let columns = plan.spec.nodes.len().min(MOST_COLUMNS);
    for (i, node) in plan.spec.nodes.iter().enumerate().take(columns) {
        let x = left + 44.0 + i as f64 * COLUMN;
        svg.text((x + COLUMN / 2.0 - 6.0, y0 - 8.0), 11.0, Anchor::Middle, &node_name(&node.name));
        for (step, colour) in [(&now.steps[i], PAIR[0]), (&next.steps[i], PAIR[1])] {
            bar(svg, (x, y(step.new_rows.start), y(step.new_rows.end)), &format!("fill=\"{colour}\""));
        }
        let kept = now.steps[i].kept_rows();
        bar(svg, (x, y(kept.start), y(kept.end)), "fill=\"url(#kept)\"");
        for edge in view.iter().filter(|_| row >= 4.0) {
            svg.line((x, y(edge)), (x + COLUMN - 12.0, y(edge)), "stroke=\"#ffffff\" stroke-width=\"0.7\"");
        }
        let words = if kept.is_empty() { "keeps 0".to_owned() } else { format!("keeps {}", grouped(kept.len())) };
        svg.dim((x + COLUMN / 2.0 - 6.0, y(view.end) + 15.0), 10.5, Anchor::Middle, &words);
        svg.dim((x + COLUMN / 2.0 - 6.0, y(view.end) + 28.0), 10.5, Anchor::Middle, &halo(plan, i));
    }
    for at in [view.start, border, view.end] {
        svg.dim((left + 36.0, y(at) + 4.0), 10.5, Anchor::End, &at.to_string());
    }
    let right = left + 44.0 + columns as f64 * COLUMN;
    svg.line((left + 40.0, y(border)), (right, y(border)), &format!("stroke=\"{FRAME}\" stroke-width=\"1.6\""));
    let mut below = y(view.end) + 50.0;
    let (first, second) = (grouped(swath + 1), grouped(swath + 2));
    let mut entry = |style: &str, words: &str| {
        svg.rect((left, below - 10.0), (26.0, 12.0), style);
        svg.text((left + 36.0, below), 12.0, Anchor::Start, words);
        below += 19.0;
    };
    entry(&format!("fill=\"{}\"", PAIR[0]), &format!("rows that swath {first} computes; halos make inputs run ahead"));
    entry(&format!("fill=\"{}\"", PAIR[1]), &format!("rows that swath {second} computes: no row twice"));
    entry(
        "fill=\"url(#kept)\" stroke=\"#8250df\" stroke-width=\"0.5\"",
        &format!("carry: rows kept, because swath {second} looks back at them"),
    );
    svg.dim((left, below), 11.0, Anchor::Start, "halo n: looks n pixels beyond its own; input: read and converted");
    below += 19.0;
    if plan.spec.nodes.len() > columns {
        svg.dim((left, below), 12.0, Anchor::Start, &format!("… and {} more nodes", plan.spec.nodes.len() - columns));
        below += 19.0;
    }
    below
}

fn bar(svg: &mut Svg, (x, from, to): (f64, f64, f64), style: &str) {
    svg.rect((x, from), (COLUMN - 12.0, to - from), style);
}

/// As much of a node's name as has room.
fn node_name(name: &str) -> String {
    if name.chars().count() <= 10 { name.to_owned() } else { name.chars().take(9).chain(['…']).collect() }
}

fn halo(plan: &Plan, node: usize) -> String {
    match plan.spec.nodes[node].kind {
        NodeKind::Operator { halo_rows, .. } => format!("halo {halo_rows}"),
        NodeKind::Ingest { .. } => "input".to_owned(),
    }
}

/// The columns of every node around the edge between two lanes. Gives back where it ends.
pub fn between_lanes(svg: &mut Svg, plan: &Plan, (left, top): (f64, f64)) -> f64 {
    if plan.lanes.len() < 2 {
        return top;
    }
    let (now, next) = (plan.schedule.unit(0, 0), plan.schedule.unit(0, 1));
    let border = now.cols.end;
    let reach = now.steps.iter().map(|s: &Step| s.cols.end - border).max().unwrap_or(0) + 2;
    let view = Span::new(border.saturating_sub(reach), (border + reach).min(plan.spec.cols));
    let x0 = left + 60.0;
    let x = |at: usize| x0 + at.clamp(view.start, view.end).saturating_sub(view.start) as f64 * LANES_WIDTH / view.len() as f64;
    svg.bold((left, top), 14.0, "Where lanes 1 and 2 meet, column by column");
    let mut y = top + 18.0;
    for (i, node) in plan.spec.nodes.iter().enumerate().take(MOST_COLUMNS) {
        svg.text((x0 - 8.0, y + BAR + 3.0), 12.0, Anchor::End, &node_name(&node.name));
        for (j, (step, colour)) in [(&now.steps[i], PAIR[0]), (&next.steps[i], PAIR[1])].into_iter().enumerate() {
            svg.rect((x(step.cols.start), y + j as f64 * BAR), (x(step.cols.end) - x(step.cols.start), BAR), &format!("fill=\"{colour}\""));
        }
        let twice = now.steps[i].cols.intersect(next.steps[i].cols).len();
        let words = if twice == 0 { "none twice".to_owned() } else { format!("{} twice", grouped(twice)) };
        svg.dim((x0 + LANES_WIDTH + 8.0, y + BAR + 3.0), 10.5, Anchor::Start, &words);
        y += 2.0 * BAR + 6.0;
    }
    svg.line((x(border), top + 12.0), (x(border), y), &format!("stroke=\"{FRAME}\" stroke-width=\"1.6\""));
    svg.dim((x(border), y + 12.0), 10.5, Anchor::Middle, &format!("column {}", grouped(border)));
    y + 12.0
}
