//! The denoising loop over windows.

use super::mosaic::Weight;
use super::views::Views;
use crate::engine::control::RowControl;
use crate::engine::error::{EngineError, Result};
use crate::engine::rows::RowBatch;
use crate::engine::sampler::{RowText, Sampler, StepView};
use crate::engine::style::{Lender, Lenders};
use candle_core::{DType, Result as TensorResult, Tensor};
use std::ops::ControlFlow;
use std::ops::Range;

/// One loop over the timesteps for a panorama.
pub struct Wide<'a> {
    /// The network, the steps, and how rows share style.
    pub sampler: &'a Sampler<'a>,
    /// The windows.
    pub views: &'a Views,
    /// Windows seen at once.
    pub batch: usize,
    /// Whether references follow each other along the panorama.
    pub along: bool,
}

/// Rows of a window's size that lend their style: a panel's noise, or room for
/// references, which are laid over it.
#[derive(Clone, Copy)]
pub struct Carried<'a> {
    /// Their latents before the first step (rows, channels, height, width).
    pub noise: &'a Tensor,
    /// Their texts.
    pub texts: &'a [RowText],
}

/// Windows that are seen together, behind what is carried.
struct Company<'a> {
    rows: RowBatch<'a>,
    views: Range<usize>,
}

impl Wide<'_> {
    /// Denoises standard normal noise (1, channels, height, width) of the canvas's
    /// size. `on_step` is called behind each step and may end the loop; `check`
    /// before each batch of windows. Gives the panorama's latents, and those of what
    /// was carried.
    ///
    /// # Errors
    /// [`EngineError::Stopped`] when `on_step` breaks, what `check` says, or when a
    /// tensor operation fails.
    pub fn sample(
        &self,
        noise: &Tensor,
        text: &RowText,
        carried: Option<Carried>,
        dtype: DType,
        check: &dyn Fn() -> Result<()>,
        on_step: &mut dyn FnMut(StepView) -> ControlFlow<()>,
    ) -> Result<(Tensor, Option<Tensor>)> {
        let scheduler = self.sampler.scheduler;
        let front = carried.map_or(&[][..], |carried| carried.texts);
        let texts = self.texts(front, text)?;
        let companies = self.companies(front.len(), &texts, dtype)?;
        let sigma = scheduler.init_noise_sigma();
        let mut canvas = (noise * sigma)?;
        let mut lending = match carried {
            Some(carried) => Some(self.sampler.references.lay_down((carried.noise * sigma)?, 0)?),
            None => None,
        };
        for index in 0..scheduler.timesteps().len() {
            let (prediction, front) =
                self.predict(&companies, &canvas, lending.as_ref(), index, check)?;
            let mut out = scheduler.step(&prediction, index, &canvas)?;
            let lent = match lending.zip(front) {
                Some((rows, prediction)) => Some(scheduler.step(&prediction, index, &rows)?),
                None => None,
            };
            if let Some(palette) = self.sampler.palette(index, lent.as_ref().map(|l| &l.clean))? {
                out = palette.apply(out, 0)?;
            }
            canvas = out.latents;
            lending = match lent {
                Some(lent) => Some(self.sampler.references.lay_down(lent.latents, index + 1)?),
                None => None,
            };
            let view =
                StepView { index, prediction: &prediction, latents: &canvas, clean: &out.clean };
            if on_step(view).is_break() {
                return Err(EngineError::Stopped);
            }
        }
        Ok((canvas, lending))
    }

    /// For each batch of windows the texts of its rows: what is carried, then the
    /// windows, each with its part of a control map.
    fn texts(&self, front: &[RowText], text: &RowText) -> Result<Vec<Vec<RowText>>> {
        let window = |view: usize| {
            let cut = |control: &RowControl| {
                let map = self.views.crop(&control.map, view)?;
                TensorResult::Ok(RowControl { map, ..control.clone() })
            };
            let control = text.control.as_ref().map(cut).transpose()?;
            Ok(RowText { control, ..text.clone() })
        };
        let batch = |views: Range<usize>| {
            let windows = views.map(window).collect::<TensorResult<Vec<_>>>()?;
            Ok([front, &windows].concat())
        };
        self.batches().map(batch).collect()
    }

    fn batches(&self) -> impl Iterator<Item = Range<usize>> {
        let (count, batch) = (self.views.count(), self.batch.max(1));
        (0..count).step_by(batch).map(move |from| from..(from + batch).min(count))
    }

    fn companies<'b>(
        &'b self,
        front: usize,
        texts: &'b [Vec<RowText>],
        dtype: DType,
    ) -> Result<Vec<Company<'b>>> {
        let shares = |view: usize| -> Vec<f32> {
            let even = self.sampler.references.weights.to_vec();
            match (self.along, even.as_slice()) {
                (true, _) => self.views.shares(view, front),
                (false, []) => vec![1.0; front],
                (false, _) => even,
            }
        };
        let lenders = |view: usize| -> Lenders {
            let shares = shares(view).into_iter().enumerate();
            shares.filter(|(_, share)| *share > 0.0).map(|(i, s)| Lender::new(i, s)).collect()
        };
        let company = |(views, texts): (Range<usize>, &'b Vec<RowText>)| {
            let windows = views.clone().map(lenders);
            let lenders: Vec<_> = vec![Lenders::new(); front].into_iter().chain(windows).collect();
            let rows = RowBatch::new(self.sampler, texts, lenders, dtype)?;
            Ok(Company { rows, views })
        };
        self.batches().zip(texts).map(company).collect()
    }

    /// The canvas's prediction, and that of what is carried.
    fn predict(
        &self,
        companies: &[Company],
        canvas: &Tensor,
        lending: Option<&Tensor>,
        index: usize,
        check: &dyn Fn() -> Result<()>,
    ) -> Result<(Tensor, Option<Tensor>)> {
        let mut mosaic = self.views.mosaic(canvas.dim(1)?, 1);
        let mut front = None;
        for company in companies {
            check()?;
            let mut rows: Vec<Tensor> = lending.cloned().into_iter().collect();
            for view in company.views.clone() {
                rows.push(self.views.crop(canvas, view)?);
            }
            let prediction = company.rows.predict(&Tensor::cat(&rows, 0)?, index)?;
            let carried = match lending {
                Some(lending) => lending.dim(0)?,
                None => 0,
            };
            for (row, view) in (carried..).zip(company.views.clone()) {
                let piece = prediction.narrow(0, row, 1)?;
                mosaic.add(&piece, self.views.start(view, 1), Weight::Even)?;
            }
            // It is the same in every batch.
            front = (carried > 0).then(|| prediction.narrow(0, 0, carried)).transpose()?;
        }
        Ok((mosaic.mean()?.to_device(canvas.device())?, front))
    }
}
