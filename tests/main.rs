#[cfg(all(test, feature = "frame"))]
mod frame;
