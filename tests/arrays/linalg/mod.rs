//! Linear algebra: NumPy's results where they are the only ones, else by what defines them; in every cut, by every executor.

mod complex;
mod factors;
mod products;
mod systems;
