//! Many seeds, and proof that the simulation would notice a broken scheduler.

use super::faults::Fired;
use super::world::{Tamper, World};
use tilework::sched::{Event, Failure, Scheduler, replay};

fn run(seed: u64, tamper: Option<Tamper>) -> (World, Result<Option<Failure>, String>) {
    let mut world = World::new(seed, tamper);
    let end = world.run();
    (world, end)
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn every_seed_ends_well_or_with_cause() {
    if let Some(seed) = number("TILEWORK_SIM_SEED") {
        let (world, end) = run(seed, None);
        if std::env::var("TILEWORK_SIM_TRACE").is_ok() {
            for (event, commands) in &world.story {
                println!("{event:?}\n    {commands:?}");
            }
        }
        println!("seed {seed}: {end:?}, {:?}, {} tasks\n{:?}", world.fired, world.graph.n_tasks(), world.faults);
        assert!(end.is_ok());
        return;
    }
    let n = number("TILEWORK_SIM_SEEDS").unwrap_or(if cfg!(debug_assertions) { 1500 } else { 3000 });
    let mut fired = Fired::default();
    let mut broken = Vec::new();
    for seed in 0..n {
        let (world, end) = run(seed, None);
        fired.add(&world.fired);
        if let Err(e) = &end {
            broken.push(format!("TILEWORK_SIM_SEED={seed} ({} tasks): {e}", world.graph.n_tasks()));
        }
        if seed % 100 == 0 {
            let (again, end_again) = run(seed, None);
            assert_eq!(world.trace, again.trace, "seed {seed} gives another run the second time");
            assert_eq!(end, end_again);
            let replayed = replay(world.graph.clone(), world.limits, world.scheduler.recorded());
            assert_eq!(world.trace, replayed, "seed {seed} replays differently");
        }
    }
    println!("{n} seeds: {fired:?}");
    assert!(broken.is_empty(), "{} of {n} seeds:\n{}", broken.len(), broken[..broken.len().min(12)].join("\n"));
    assert!(fired.missing().is_empty(), "faults that never fired: {:?}", fired.missing());
    assert!(fired.failed.iter().filter(|&&n| n > 0).count() >= 7, "ways to fail that never came: {:?}", fired.failed);
    assert!(fired.done * 2 > n, "most runs should succeed: {} of {n}", fired.done);
}

/// Takes any report of a task for the run that is under way, as a scheduler without fences would.
fn unfenced(scheduler: &Scheduler, event: Event) -> Event {
    match event {
        Event::Finished { worker, epoch, mut batch } if batch.len() == 1 => match scheduler.run_of(batch[0].task) {
            Some((worker, epoch, attempt)) => {
                batch[0].attempt = attempt;
                Event::Finished { worker, epoch, batch }
            }
            None => Event::Finished { worker, epoch, batch },
        },
        other => other,
    }
}

/// Believes that outputs are half as large as they are.
fn forgetful(_: &Scheduler, event: Event) -> Event {
    match event {
        Event::Finished { worker, epoch, mut batch } => {
            batch.iter_mut().for_each(|d| d.bytes /= 2);
            Event::Finished { worker, epoch, batch }
        }
        other => other,
    }
}

#[test]
fn a_broken_scheduler_is_caught() {
    for (name, tamper) in [("unfenced", unfenced as Tamper), ("forgetful", forgetful)] {
        let caught = (0..300).filter(|&seed| run(seed, Some(tamper)).1.is_err()).count();
        println!("{name}: caught by {caught} of 300 seeds");
        assert!(caught > 0, "the {name} scheduler was not caught by 300 seeds");
    }
}
