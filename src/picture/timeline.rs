//! What was done when: one row a thread, one colour a stage, gaps where a thread had nothing to do.

use super::svg::{Anchor, DIM, INK, Svg, grouped};
use crate::execute::{Timeline, TraceEvent, TraceStage};

const WIDTH: f64 = 1200.0;
const LEFT: f64 = 110.0;
const RIGHT: f64 = 150.0;
const TOP: f64 = 132.0;
const ROW: f64 = 34.0;
const GAP: f64 = 14.0;
/// Height of the mark below an event that tells its swath.
const MARK: f64 = 5.0;
/// Swaths whose ends are marked at most.
const MOST_MARKS: usize = 60;

fn colour(stage: TraceStage) -> &'static str {
    match stage {
        TraceStage::Decode => "#0969da",
        TraceStage::Ingest => "#54aeff",
        TraceStage::Upload => "#1b9e9e",
        TraceStage::Compute => "#1a7f37",
        TraceStage::Readback => "#bf3989",
        TraceStage::Overview => "#d4a72c",
        TraceStage::Encode => "#e16f24",
        TraceStage::Write => "#6f42c1",
    }
}

/// Draws a timeline as SVG.
pub fn of_timeline(timeline: &Timeline) -> String {
    let mut svg = Svg::new();
    let seconds = timeline.seconds.max(1e-6);
    let width = WIDTH - LEFT - RIGHT;
    let x = |at: f64| LEFT + at / seconds * width;
    let bottom = TOP + timeline.threads.len() as f64 * (ROW + GAP);
    svg.bold((20.0, 34.0), 20.0, "What was done when");
    svg.text((20.0, 58.0), 13.0, Anchor::Start, &headline(timeline));
    legend(&mut svg, timeline);
    ticks(&mut svg, seconds, x, bottom);
    for (thread, name) in timeline.threads.iter().enumerate() {
        let y = TOP + thread as f64 * (ROW + GAP);
        svg.text((LEFT - 10.0, y + ROW * 0.62), 13.0, Anchor::End, name);
        svg.rect((LEFT, y), (width, ROW), "fill=\"#eaeef2\"");
        let events: Vec<&TraceEvent> = timeline.events.iter().filter(|e| e.thread() == thread).collect();
        for run in runs(&events, seconds / width * 0.25) {
            let words = format!("{}, swath {}, lane {}: {}", run.stage.name(), run.swath + 1, run.lane + 1, span(run.start, run.end));
            let style = format!("fill=\"{}\"", colour(run.stage));
            svg.hint((x(run.start), y), ((x(run.end) - x(run.start)).max(0.6), ROW), &style, &words);
            // Which swath it was of: dark and light in turn.
            let shade = if run.swath % 2 == 0 { INK } else { "#afb8c1" };
            svg.rect((x(run.start), y + ROW), (x(run.end) - x(run.start), MARK), &format!("fill=\"{shade}\""));
        }
        let busy: f64 = union(&events);
        svg.text((WIDTH - RIGHT + 10.0, y + ROW * 0.62), 13.0, Anchor::Start, &format!("{:.0} % busy", busy / seconds * 100.0));
    }
    swath_ends(&mut svg, timeline, x, bottom);
    let below = bottom + 44.0;
    let notes = [
        "The mark below every piece of work tells its swath: dark for the 1st, 3rd, 5th ..., light for the 2nd, 4th, 6th ...",
        "Grey is idle: a thread waits for work. One of the workers follows the plan besides, and works like the others while it waits.",
        "A dashed line is where the last segment of a swath was written; work on later swaths is under way by then.",
    ];
    for (i, note) in notes.iter().enumerate() {
        svg.dim((20.0, below + 18.0 * i as f64), 12.0, Anchor::Start, note);
    }
    svg.finish(WIDTH, below + 54.0)
}

fn headline(timeline: &Timeline) -> String {
    let is_worker = |name: &&String| name.starts_with("worker");
    let workers = timeline.threads.iter().filter(is_worker).count();
    let of_workers: Vec<f64> = timeline
        .threads
        .iter()
        .enumerate()
        .filter(|(_, name)| is_worker(name))
        .map(|(i, _)| union(&timeline.events.iter().filter(|e| e.thread() == i).collect::<Vec<_>>()))
        .collect();
    let busy = of_workers.iter().sum::<f64>() / (timeline.seconds.max(1e-9) * workers.max(1) as f64) * 100.0;
    let swaths = timeline.events.iter().map(TraceEvent::swath).max().map_or(0, |s| s + 1);
    let kept = grouped(timeline.events.len());
    let dropped = match timeline.dropped {
        0 => String::new(),
        dropped => format!("; {} later events were not kept, so the picture ends early", grouped(dropped as usize)),
    };
    format!("{:.3} s, {} swaths, {workers} workers {busy:.0} % busy, {kept} events{dropped}", timeline.seconds, grouped(swaths))
}

fn legend(svg: &mut Svg, timeline: &Timeline) {
    let mut x = LEFT;
    for stage in TraceStage::ALL {
        let all: f64 = timeline.events.iter().filter(|e| e.stage() == stage).map(|e| e.end() - e.start()).sum();
        if all == 0.0 {
            continue;
        }
        svg.rect((x, 74.0), (14.0, 14.0), &format!("fill=\"{}\"", colour(stage)));
        let what = if stage == TraceStage::Decode { "read + decode" } else { stage.name() };
        let words = format!("{what} {all:.2} s");
        svg.text((x + 20.0, 86.0), 13.0, Anchor::Start, &words);
        x += 44.0 + 7.0 * words.chars().count() as f64;
    }
}

/// Time along the top, at round steps.
fn ticks(svg: &mut Svg, seconds: f64, x: impl Fn(f64) -> f64, bottom: f64) {
    let rough = seconds / 8.0;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|s| *s >= rough).unwrap_or(rough);
    let mut at = 0.0;
    while at <= seconds * 1.000_001 {
        svg.line((x(at), TOP - 8.0), (x(at), bottom), "stroke=\"#d0d7de\" stroke-width=\"1\"");
        svg.dim((x(at), TOP - 14.0), 11.0, Anchor::Middle, &seconds_text(at, step));
        at += step;
    }
}

fn seconds_text(at: f64, step: f64) -> String {
    if step < 0.001 {
        format!("{:.0} µs", at * 1e6)
    } else if step < 1.0 {
        format!("{:.0} ms", at * 1e3)
    } else {
        format!("{at:.0} s")
    }
}

/// Where each swath's last segment was written.
fn swath_ends(svg: &mut Svg, timeline: &Timeline, x: impl Fn(f64) -> f64, bottom: f64) {
    let mut ends: Vec<(usize, f64)> = Vec::new();
    for event in timeline.events.iter().filter(|e| e.stage() == TraceStage::Write) {
        match ends.iter_mut().rev().find(|(swath, _)| *swath == event.swath()) {
            Some((_, end)) => *end = end.max(event.end()),
            None => ends.push((event.swath(), event.end())),
        }
    }
    let every = ends.len().div_ceil(MOST_MARKS).max(1);
    let mut free = 0.0;
    for (swath, end) in ends.iter().filter(|(swath, _)| (swath + 1) % every == 0 || *swath + 1 == ends.len()) {
        svg.line((x(*end), TOP - 4.0), (x(*end), bottom + 4.0), &format!("stroke=\"{DIM}\" stroke-width=\"0.8\" stroke-dasharray=\"3 3\""));
        if x(*end) > free {
            svg.dim((x(*end), bottom + 16.0), 10.0, Anchor::Middle, &format!("{}", swath + 1));
            free = x(*end) + 24.0;
        }
    }
    if !ends.is_empty() {
        svg.dim((LEFT - 10.0, bottom + 16.0), 10.0, Anchor::End, "swath written");
    }
}

/// Neighbouring events that are drawn as one.
struct Run {
    stage: TraceStage,
    swath: usize,
    lane: usize,
    start: f64,
    end: f64,
}

/// Joins events of one stage of one unit whose gap is too small to be seen.
fn runs(events: &[&TraceEvent], invisible: f64) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for event in events {
        match runs.last_mut() {
            Some(run)
                if run.stage == event.stage()
                    && (run.swath, run.lane) == (event.swath(), event.lane())
                    && event.start() - run.end < invisible =>
            {
                run.end = run.end.max(event.end());
            }
            _ => runs.push(Run { stage: event.stage(), swath: event.swath(), lane: event.lane(), start: event.start(), end: event.end() }),
        }
    }
    runs
}

/// Seconds in which at least one of the events was going on; they are sorted by their start.
fn union(events: &[&TraceEvent]) -> f64 {
    let (mut busy, mut until) = (0.0, 0.0f64);
    for event in events {
        busy += (event.end() - event.start().max(until)).max(0.0);
        until = until.max(event.end());
    }
    busy
}

fn span(start: f64, end: f64) -> String {
    format!("{:.1} ms from {:.1} ms", (end - start) * 1e3, start * 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idle_time_and_busy_shares_are_shown() {
        let event = |stage, swath, thread, start, end| TraceEvent::new(stage, (swath, 0), thread, start, end);
        let timeline = Timeline {
            threads: vec!["worker-0".into(), "writer".into()],
            seconds: 10.0,
            dropped: 3,
            events: vec![
                event(TraceStage::Decode, 0, 0, 0.0, 4.0),
                event(TraceStage::Encode, 0, 0, 3.0, 5.0),
                event(TraceStage::Write, 0, 1, 5.0, 6.0),
            ],
        };
        let svg = of_timeline(&timeline);
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>"), "{svg}");
        for part in ["50 % busy</text>", "10 % busy</text>", "read + decode 4.00 s", "3 later events were not kept", "swath written"] {
            assert!(svg.contains(part), "{part}: {svg}");
        }
        assert!(of_timeline(&Timeline::default()).ends_with("</svg>"));
    }
}
