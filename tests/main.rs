#[cfg(all(feature = "remote", feature = "cli"))]
mod remote;
