//! The scheduler under simulation: random graphs, workers that die, late, repeated and reordered messages, full disks; every
//! choice follows from one seed. `TILEWORK_SIM_SEED=n` runs one seed again, `TILEWORK_SIM_SEEDS=n` that many.

mod dag;
mod directed;
mod faults;
mod rng;
mod seeds;
mod worker;
mod world;
