//! How many panels, or windows of a panorama, are painted together.

use super::costs::Costs;
use super::error::{EngineError, Result};
use super::memory;
use super::panorama::Views;
use super::plan::{Anchoring, Limits};
use crate::recipe::Recipe;

/// Most panels painted together unless more are asked for: pictures then come
/// in rows, and carrying the anchor along costs an eighth at most.
const MAX_CHUNK: usize = 8;

/// What is to be shared out.
pub(super) struct Asked<'a> {
    pub recipe: &'a Recipe,
    pub anchoring: Anchoring,
    pub views: Option<&'a Views>,
    pub limits: &'a Limits,
    /// Bytes.
    pub budget: Option<u64>,
}

/// What the network and the decoder see in a run, in rows of one guidance half.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Load {
    /// Most rows at once.
    pub most: usize,
    /// Rows of all passes of one step.
    pub rows: usize,
    /// Windows of each panorama; 1 for a picture.
    pub windows: usize,
    /// Pictures, or pieces of them, that are decoded.
    pub decoded: usize,
}

impl Asked<'_> {
    fn panels(&self) -> usize {
        self.recipe.panels.len().saturating_sub(self.limits.painted)
    }

    /// Rows besides those of a batch, in the largest one.
    fn extra(&self) -> usize {
        let Anchoring { aligned, references } = self.anchoring;
        match references {
            0 => {
                let apart =
                    self.views.is_some() || self.panels() > MAX_CHUNK || self.limits.painted > 0;
                usize::from(aligned && apart)
            }
            references => references,
        }
    }

    /// Panels, or windows of one panorama, in a batch.
    ///
    /// # Errors
    /// When not even one fits the memory, or all must be painted together and cannot.
    pub fn batch(&self, costs: &Costs) -> Result<usize> {
        let count = self.views.map_or(self.panels(), Views::count);
        let extra = self.extra() as u64;
        let fixed = costs.fixed();
        let fitting = match self.budget {
            Some(bytes) => {
                let fits = memory::panels_that_fit(bytes, fixed, costs.row_bytes(), extra);
                fits.ok_or_else(|| EngineError::Memory {
                    needed_mb: costs.peak(1 + extra) >> 20,
                    available_mb: bytes >> 20,
                })?
            }
            None => usize::MAX,
        };
        let asked = self.limits.chunk;
        if self.recipe.style.full_share && self.anchoring.aligned {
            if fitting < count || self.limits.painted > 0 || asked.is_some_and(|n| n < count) {
                return Err(EngineError::Unfit(format!(
                    "with full sharing every panel sees every other, so all {} must be painted together",
                    self.recipe.panels.len()
                )));
            }
            return Ok(count);
        }
        match asked {
            Some(0) => Err(EngineError::Unfit("a chunk holds at least one panel".into())),
            Some(n) => Ok(n.min(fitting).min(count)),
            None => Ok(MAX_CHUNK.min(fitting).min(count)),
        }
    }

    /// Panels by their indices; a panorama is painted alone, and so is its anchor.
    pub fn chunks(&self, batch: usize) -> Vec<Vec<usize>> {
        let size = if self.views.is_some() { 1 } else { batch };
        let panels: Vec<usize> = (self.limits.painted..self.recipe.panels.len()).collect();
        panels.chunks(size.max(1)).map(<[usize]>::to_vec).collect()
    }

    /// What these chunks take.
    pub fn load(&self, chunks: &[Vec<usize>], batch: usize) -> Load {
        let Some(views) = self.views else {
            let rows = chunks.iter().map(|chunk| self.anchoring.rows_of(chunk));
            let decoded = chunks.iter().map(Vec::len).sum();
            let most = rows.clone().max().unwrap_or(0);
            return Load { most, rows: rows.sum(), windows: 1, decoded };
        };
        let (extra, count) = (self.extra(), views.count());
        let anchors = chunks.iter().filter(|chunk| self.is_anchor(chunk)).count();
        let wide = chunks.len() - anchors;
        Load {
            most: batch + extra,
            rows: anchors + wide * (count + count.div_ceil(batch.max(1)) * extra),
            windows: count,
            decoded: anchors + wide * views.tiles().count(),
        }
    }

    fn is_anchor(&self, chunk: &[usize]) -> bool {
        self.anchoring.aligned && self.anchoring.references == 0 && chunk == [0]
    }
}
