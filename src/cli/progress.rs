//! The progress of runs, on standard error: one line that is redrawn on a terminal, a plain line every few seconds elsewhere.
//!
//! Drawing is left to the thread that samples memory; threads that run tasks only count, under a short lock.

use crate::base::bytes::format_bytes;
use crate::base::event::{Event, Watch};
use crate::dashboard::format_duration;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use parking_lot::Mutex;
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// How often the line is redrawn at most.
const REDRAW: Duration = Duration::from_millis(100);
/// Runs shorter than this show nothing on a terminal.
const PATIENCE: Duration = Duration::from_millis(250);
/// How often a plain line is written.
const PLAIN: Duration = Duration::from_secs(5);
/// Steps of the bar.
const STEPS: u64 = 1000;

/// A watcher that shows progress. The line goes away when the run ends, well or not, and when the bar is dropped.
#[derive(Debug)]
pub struct Bar(Mutex<State>);

#[derive(Default)]
struct Layer {
    n_planned: u64,
    n_done: u64,
    ns: u64,
}

enum Output {
    Terminal(Option<ProgressBar>),
    Plain(Box<dyn Write + Send>),
    Quiet,
}

struct State {
    output: Output,
    begin: Instant,
    drawn: Option<Instant>,
    layers: Vec<Layer>,
    n_planned: u64,
    n_done: u64,
    used_bytes: u64,
    budget_bytes: u64,
    spilled_bytes: u64,
    /// The largest share shown: a bar does not go back.
    share: f64,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {} tasks", self.n_done, self.n_planned)
    }
}

impl Bar {
    /// A bar on standard error; nothing at all if `quiet`.
    pub fn new(quiet: bool) -> Bar {
        Bar::on(match quiet {
            true => Output::Quiet,
            false if std::io::stderr().is_terminal() => Output::Terminal(None),
            false => Output::Plain(Box::new(std::io::stderr())),
        })
    }

    fn on(output: Output) -> Bar {
        Bar(Mutex::new(State {
            output,
            begin: Instant::now(),
            drawn: None,
            layers: Vec::new(),
            n_planned: 0,
            n_done: 0,
            used_bytes: 0,
            budget_bytes: 0,
            spilled_bytes: 0,
            share: 0.0,
        }))
    }

    /// Takes the line away, so that something else can be written. The next event may bring it back.
    pub fn clear(&self) {
        self.0.lock().clear();
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.get_mut().clear();
    }
}

impl Watch for Bar {
    fn event(&self, event: &Event) {
        let mut s = self.0.lock();
        match event {
            Event::Planned { n_tasks, layer_tasks, budget_bytes, .. } => {
                s.clear();
                (s.begin, s.drawn, s.share, s.n_done) = (Instant::now(), None, 0.0, 0);
                (s.n_planned, s.budget_bytes) = (*n_tasks as u64, *budget_bytes);
                s.layers = layer_tasks.iter().map(|&n| Layer { n_planned: n as u64, ..Layer::default() }).collect();
            }
            Event::TasksDone(tasks) => {
                for t in tasks {
                    s.n_done += 1;
                    if let Some(layer) = s.layers.get_mut(t.layer as usize) {
                        layer.n_done += 1;
                        layer.ns += t.end_ns.saturating_sub(t.start_ns);
                    }
                }
                // Where nobody samples memory, somebody must draw.
                s.draw(Instant::now(), 5);
            }
            Event::Memory { used_bytes, .. } => {
                s.used_bytes = *used_bytes;
                s.draw(Instant::now(), 1);
            }
            Event::Spilled { bytes, .. } => s.spilled_bytes += bytes,
            Event::Dropped { .. } => {}
            Event::Finished { .. } => s.clear(),
        }
    }
}

/// Share of the work that is done: tasks weighted by how long those of their layer take, as far as is known by now.
fn share(layers: &[Layer]) -> f64 {
    let (n, ns) = layers.iter().fold((0, 0), |(n, ns), l| (n + l.n_done, ns + l.ns));
    if n == 0 {
        return 0.0;
    }
    let mean = ns as f64 / n as f64 + 1.0; // a nanosecond, so that tasks without any time count too
    let (mut done, mut left) = (0.0, 0.0);
    for l in layers {
        let mean = if l.n_done == 0 { mean } else { l.ns as f64 / l.n_done as f64 + 1.0 };
        done += mean * l.n_done.min(l.n_planned) as f64;
        left += mean * l.n_planned.saturating_sub(l.n_done) as f64;
    }
    if done + left > 0.0 { done / (done + left) } else { 0.0 }
}

impl State {
    fn clear(&mut self) {
        if let Output::Terminal(bar) = &mut self.output
            && let Some(bar) = bar.take()
        {
            bar.finish_and_clear();
        }
    }

    /// Draws, unless that was done less than `slack` times the usual interval ago.
    fn draw(&mut self, now: Instant, slack: u32) {
        let every = match self.output {
            Output::Quiet => return,
            Output::Terminal(_) => REDRAW * slack,
            Output::Plain(_) => PLAIN,
        };
        let early = match self.drawn {
            Some(last) => now - last < every,
            None => now - self.begin < if matches!(self.output, Output::Plain(_)) { PLAIN } else { PATIENCE },
        };
        if early {
            return;
        }
        self.drawn = Some(now);
        self.share = self.share.max(share(&self.layers));
        let text = self.text(now - self.begin);
        match &mut self.output {
            Output::Terminal(bar) => {
                let bar = bar.get_or_insert_with(terminal_bar);
                bar.set_position((self.share * STEPS as f64) as u64);
                bar.set_message(text);
                bar.tick();
            }
            // A line that cannot be written is no reason to stop a run.
            Output::Plain(out) => drop(writeln!(out, "{:3.0}%  {text}", self.share * 100.0)),
            Output::Quiet => {}
        }
    }

    /// What is said beside the bar.
    fn text(&self, elapsed: Duration) -> String {
        let mut text = format!("{}/{} tasks  {}", self.n_done.min(self.n_planned), self.n_planned, clock(elapsed));
        if self.share > 0.01 && self.share < 1.0 {
            let left = elapsed.mul_f64((1.0 - self.share) / self.share);
            text += &format!("  {} left", clock(left));
        }
        if self.budget_bytes > 0 {
            text += &format!("  memory {}/{}", format_bytes(self.used_bytes), format_bytes(self.budget_bytes));
        }
        if self.spilled_bytes > 0 {
            text += &format!("  spilled {}", format_bytes(self.spilled_bytes));
        }
        text
    }
}

/// Whole seconds: `12 s`, `3 min 20 s`.
fn clock(t: Duration) -> String {
    if t < Duration::from_secs(100) { format!("{} s", t.as_secs()) } else { format_duration(t.as_nanos() as u64) }
}

fn terminal_bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(STEPS), ProgressDrawTarget::stderr_with_hz(10));
    // Falls back to the plain style if the template were wrong; a test sees to it that it is not.
    if let Ok(style) = style() {
        bar.set_style(style);
    }
    bar
}

fn style() -> Result<ProgressStyle, indicatif::style::TemplateError> {
    Ok(ProgressStyle::with_template("{percent:>3}% {wide_bar:.cyan/dim} {msg}")?.progress_chars("━╸─"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::event::TaskDone;
    use std::sync::Arc;

    #[derive(Clone, Default)]
    struct Text(Arc<Mutex<Vec<u8>>>);

    impl Write for Text {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn plan(layer_tasks: &[usize]) -> Event {
        Event::Planned {
            n_tasks: layer_tasks.iter().sum(),
            layers: layer_tasks.iter().map(|n| n.to_string()).collect(),
            layer_tasks: layer_tasks.to_vec(),
            projected_bytes: 1,
            budget_bytes: 512 << 20,
        }
    }

    fn done(layer: u32, n: u32, ns: u64) -> Event {
        let t = |task| TaskDone { layer, task, worker: 0, start_ns: 5, end_ns: 5 + ns, read_bytes: 0, written_bytes: 0 };
        Event::TasksDone((0..n).map(t).collect())
    }

    #[test]
    fn the_share_is_weighted_by_time() {
        let bar = Bar::on(Output::Quiet);
        bar.event(&plan(&[100, 10]));
        assert_eq!(share(&bar.0.lock().layers), 0.0);
        bar.event(&done(0, 50, 1000));
        assert!((share(&bar.0.lock().layers) - 50.0 / 110.0).abs() < 1e-9, "nothing known of the second layer");
        bar.event(&done(1, 5, 9_009)); // ten times as long in all
        assert!((share(&bar.0.lock().layers) - 0.5).abs() < 1e-6);
        bar.event(&done(0, 60, 1000)); // ten of them made again
        bar.event(&done(1, 5, 9_009));
        assert_eq!(share(&bar.0.lock().layers), 1.0);
    }

    #[test]
    fn plain_lines_come_every_few_seconds() {
        let text = Text::default();
        let bar = Bar::on(Output::Plain(Box::new(text.clone())));
        bar.event(&plan(&[200]));
        bar.event(&done(0, 50, 1000));
        bar.event(&Event::Spilled { at_ns: 0, bytes: 3 << 30 });
        bar.event(&Event::Memory { at_ns: 0, used_bytes: 64 << 20, peak_bytes: 64 << 20, resident_bytes: 0 });
        assert!(text.0.lock().is_empty(), "too early");
        let begin = bar.0.lock().begin;
        for ms in [4_000, 5_000, 6_000, 9_900, 10_000] {
            bar.0.lock().draw(begin + Duration::from_millis(ms), 1);
        }
        bar.event(&Event::Finished { at_ns: 0, ok: true });
        let text = String::from_utf8(text.0.lock().clone()).unwrap();
        let line = |s: &str, left: &str| format!(" 25%  50/200 tasks  {s}  {left} left  memory 64 MiB/512 MiB  spilled 3 GiB\n");
        assert_eq!(text, line("5 s", "15 s") + &line("10 s", "30 s"));
    }

    #[test]
    fn the_template_is_valid_and_the_line_goes_away() {
        style().unwrap();
        let bar = Bar::on(Output::Terminal(None));
        bar.event(&plan(&[10]));
        let begin = bar.0.lock().begin;
        bar.0.lock().draw(begin + Duration::from_millis(10), 1);
        assert!(matches!(bar.0.lock().output, Output::Terminal(None)), "short runs show nothing");
        bar.0.lock().draw(begin + Duration::from_secs(1), 1);
        assert!(matches!(bar.0.lock().output, Output::Terminal(Some(_))));
        bar.event(&Event::Finished { at_ns: 0, ok: false });
        assert!(matches!(bar.0.lock().output, Output::Terminal(None)));
    }
}
