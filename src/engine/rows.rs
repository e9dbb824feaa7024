//! Rows of latents that the network sees together, step by step.

use super::control::Steering;
use super::error::Result;
use super::pass::Pass;
use super::sampler::{RowText, Sampler, guidance_input, guide};
use super::style::{Lenders, Lent, Lookout, Sharing, StyleContext, Watched};
use super::unet::UNetInput;
use candle_core::{DType, Result as TensorResult, Tensor};
use std::sync::Arc;

/// One guidance batch: what its rows are told, share and follow.
pub(super) struct RowBatch<'a> {
    sampler: &'a Sampler<'a>,
    input: UNetInput,
    lenders: Vec<Lenders>,
    /// Looks out for the subjects of those that lend.
    lookout: Option<Arc<Lookout>>,
    steering: Option<Steering<'a>>,
    rows: usize,
    dtype: DType,
}

impl<'a> RowBatch<'a> {
    /// Rows with their texts; `lenders` says for each whose style it takes.
    ///
    /// # Errors
    /// When the texts do not fit each other.
    pub fn new(
        sampler: &'a Sampler<'a>,
        texts: &'a [RowText],
        lenders: Vec<Lenders>,
        dtype: DType,
    ) -> Result<Self> {
        let halves = sampler.halves();
        let maps = || texts.iter().map(|text| text.control.as_ref()).collect();
        let steps = sampler.scheduler.timesteps().len();
        let steering = sampler.control.and_then(|net| Steering::new(net, maps(), halves, steps));
        let input = guidance_input(texts, halves, dtype)?;
        let rows = texts.len();
        let watched = (0..rows).filter(|row| lenders.iter().flatten().any(|l| l.row == *row));
        let watched = watched.map(|lender| Watched {
            row: (halves - 1) * rows + lender,
            lender,
            words: texts[lender].subject.clone(),
        });
        let watches = sampler.style.is_some_and(|style| style.subject_keys < 1.0);
        let lookout = watches.then(|| Arc::new(Lookout::new(watched.collect())));
        Ok(Self { sampler, input, lenders, lookout, steering, rows, dtype })
    }

    /// The guided prediction of step `index` for latents (rows, channels, height,
    /// width) as they enter it.
    ///
    /// # Errors
    /// When a tensor operation fails.
    pub fn predict(&self, latents: &Tensor, index: usize) -> Result<Tensor> {
        let sampler = self.sampler;
        let timestep = sampler.scheduler.timesteps()[index];
        let scaled = sampler.scheduler.scale_input(latents, index)?.to_dtype(self.dtype)?;
        let batch = Tensor::cat(&vec![&scaled; sampler.halves()], 0)?;
        let control = match &self.steering {
            Some(steering) => steering.residuals(&batch, timestep, &self.input, index)?,
            None => None,
        };
        let style = self.sharing(index, (latents.dim(2)?, latents.dim(3)?));
        let pass = Pass { style: style.as_ref(), probe: None, watch: sampler.watch };
        let raw = sampler.unet.forward(&batch, timestep, &self.input, control.as_ref(), pass)?;
        let raw = raw.to_dtype(DType::F32)?;
        let guided = guide(&raw, self.rows, sampler.guidance_scale)?;
        let strength = sampler.style.map_or(0.0, |style| style.query_guidance);
        let steps = sampler.scheduler.timesteps().len();
        let leaks = self.shared().filter(|_| strength > 0.0);
        let Some(style) = leaks.and_then(|sharing| sharing.leaked(index, steps)) else {
            return Ok(guided);
        };
        let control = control.map(|all| all.rows(self.prompted(), self.rows)).transpose()?;
        let pass = Pass { style: Some(&style), probe: None, watch: None };
        let input = self.prompted_input()?;
        let leaked = sampler.unet.forward(&scaled, timestep, &input, control.as_ref(), pass)?;
        let off = (raw.narrow(0, self.prompted(), self.rows)? - leaked.to_dtype(DType::F32)?)?;
        self.moved(&guided, &(off * strength)?)
    }

    /// The first row of the half with the prompt.
    fn prompted(&self) -> usize {
        (self.sampler.halves() - 1) * self.rows
    }

    /// What that half is told.
    fn prompted_input(&self) -> Result<UNetInput> {
        let (from, rows) = (self.prompted(), self.rows);
        let added = match &self.input.added {
            Some((pooled, ids)) => Some((pooled.narrow(0, from, rows)?, ids[from..].to_vec())),
            None => None,
        };
        Ok(UNetInput { context: self.input.context.narrow(0, from, rows)?, added })
    }

    /// A prediction moved by `off`, but for the rows that take nobody's style.
    fn moved(&self, prediction: &Tensor, off: &Tensor) -> Result<Tensor> {
        let moved = (prediction + off)?;
        let row = |(row, lenders): (usize, &Lenders)| {
            let of = if lenders.is_empty() { prediction } else { &moved };
            of.narrow(0, row, 1)
        };
        let rows = self.lenders.iter().enumerate().map(row);
        Ok(Tensor::cat(&rows.collect::<TensorResult<Vec<_>>>()?, 0)?)
    }

    /// What is shared in all steps.
    fn shared(&self) -> Option<Sharing<'_>> {
        let Sampler { style, layers, swaps, references, .. } = *self.sampler;
        let (lenders, manners) = (&self.lenders, references.manners);
        Some(Sharing {
            style: style?,
            layers,
            swaps,
            lenders,
            manners,
            halves: self.sampler.halves(),
        })
    }

    /// What is shared in a step by latents of this height and width.
    fn sharing(&self, index: usize, size: (usize, usize)) -> Option<StyleContext> {
        let style = self.sampler.style?;
        let mut context = self.shared()?.at(index, self.sampler.scheduler.timesteps().len())?;
        if style.dropout > 0.0 || style.pool > 0 || self.lookout.is_some() {
            let lent = Lent {
                dropout: style.dropout,
                seed: style.dropout_seed,
                step: index,
                subject_keys: style.subject_keys,
                masks: Arc::new(self.lookout.as_ref().map(|w| w.masks()).unwrap_or_default()),
                per_half: self.rows,
                pool: style.pool as usize,
                size,
            };
            context.lend(Some(lent), self.lookout.clone());
        }
        Some(context)
    }
}
