//! A store in memory, for tests and small data.

use super::key::{Store, check_key, check_prefix, too_short};
use crate::base::Result;
use parking_lot::RwLock;
use std::collections::BTreeMap;
use std::ops::Range;

/// Values in memory.
#[derive(Debug, Default)]
pub struct MemoryStore {
    values: RwLock<BTreeMap<String, Vec<u8>>>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> MemoryStore {
        MemoryStore::default()
    }
}

impl Store for MemoryStore {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        check_key(key)?;
        Ok(self.values.read().get(key).cloned())
    }

    fn get_range(&self, key: &str, range: Range<u64>) -> Result<Option<Vec<u8>>> {
        check_key(key)?;
        let values = self.values.read();
        let Some(value) = values.get(key) else { return Ok(None) };
        let part = usize::try_from(range.start).ok().zip(usize::try_from(range.end).ok()).and_then(|(a, b)| value.get(a..b));
        part.map(|p| Some(p.to_vec())).ok_or_else(|| too_short(key, &range, value.len() as u64))
    }

    fn size(&self, key: &str) -> Result<Option<u64>> {
        check_key(key)?;
        Ok(self.values.read().get(key).map(|v| v.len() as u64))
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<()> {
        check_key(key)?;
        self.values.write().insert(key.to_string(), value.to_vec());
        Ok(())
    }

    fn erase(&self, key: &str) -> Result<bool> {
        check_key(key)?;
        Ok(self.values.write().remove(key).is_some())
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>> {
        check_prefix(prefix)?;
        let below = |k: &str| prefix.is_empty() || k.strip_prefix(prefix).is_some_and(|r| r.is_empty() || r.starts_with('/'));
        Ok(self.values.read().keys().filter(|k| below(k)).cloned().collect())
    }

    fn stamp(&self, key: &str) -> Result<Option<u128>> {
        check_key(key)?;
        Ok(self.values.read().get(key).map(|v| xxhash_rust::xxh3::xxh3_128(v)))
    }

    fn label(&self) -> String {
        "memory".to_string()
    }
}
