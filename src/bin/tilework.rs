fn main() {}

#[cfg(test)]
#[path = "../../datasets/mod.rs"]
mod datasets;
