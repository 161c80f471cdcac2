//! Seeded generators of large sample data: nothing is downloaded, and any block can be made alone.
//!
//! Each generator is a pure function of (seed, position), so the data does not depend on chunks, threads or order.
//! They know nothing of Tilework: they fill plain slices (or write text).

pub mod climate;
pub mod dem;
pub mod noise;
pub mod pdsh;
pub mod scene;
pub mod zones;

/// One entry of the catalogue.
#[derive(Clone, Copy, Debug)]
pub struct Dataset {
    /// The name a user asks for.
    pub name: &'static str,
    /// What it is, in one sentence.
    pub doc: &'static str,
    /// Length along each axis by default (bands, time first); for tables, the scale factor in thousandths.
    pub default_shape: &'static [usize],
    /// Seed by default.
    pub default_seed: u64,
}

/// All data sets, by name.
pub const CATALOGUE: [Dataset; 5] = [
    Dataset {
        name: "climate",
        doc: "Daily temperature in kelvin, float32, time x latitude x longitude: seasons, weather and noise.",
        default_shape: &[3652, 720, 1440],
        default_seed: 4,
    },
    Dataset {
        name: "dem",
        doc: "Elevation in metres, float32, nodata -9999: fractal terrain on a 10 m grid.",
        default_shape: &[16384, 16384],
        default_seed: 2,
    },
    Dataset {
        name: "pdsh",
        doc: "The eight tables of the decision-support benchmark (tpchgen), as CSV or pipe-divided text.",
        default_shape: &[1000],
        default_seed: 0,
    },
    Dataset {
        name: "scene",
        doc: "Red and near infrared, uint16, nodata 0 on 3 % of the pixels: octaves plus four noise bits.",
        default_shape: &[2, 16384, 16384],
        default_seed: 1,
    },
    Dataset {
        name: "zones",
        doc: "Labels 1 to 1000 of a Voronoi diagram, uint16, 0 = no zone.",
        default_shape: &[16384, 16384],
        default_seed: 3,
    },
];

#[cfg(test)]
mod tests {
    use super::CATALOGUE;

    #[test]
    fn catalogue_is_sorted_and_filled_in() {
        assert!(CATALOGUE.windows(2).all(|p| p[0].name < p[1].name), "not sorted by name, or a name twice");
        for d in CATALOGUE {
            assert!(d.doc.ends_with('.') && !d.default_shape.is_empty(), "{}", d.name);
        }
        let mut seeds: Vec<u64> = CATALOGUE.iter().map(|d| d.default_seed).collect();
        seeds.sort_unstable();
        seeds.dedup();
        assert_eq!(seeds.len(), CATALOGUE.len(), "two data sets share a seed, so their noise is alike");
    }
}
