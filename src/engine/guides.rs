//! The reference pictures of a run, brought to the noise of its steps.

use super::blend;
use super::error::{EngineError, Result};
use super::inputs::Inputs;
use super::invert::{Inversion, Trajectory};
use super::pass::Pass;
use super::pipeline::{Event, Pipeline, Stage, check, time_ids};
use super::pixels;
use super::sampler::{self, RowText};
use super::schedule::Scheduler;
use super::style::{Manner, layers};
use crate::recipe::{Anchor, Blend, Encoding, Recipe, Reference, References};
use candle_core::Tensor;
use std::ops::ControlFlow;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;

/// Rows that stand in front of every chunk; none without references.
#[derive(Default)]
pub(super) struct Guides {
    /// The captions' texts, a row each.
    pub texts: Vec<RowText>,
    trajectories: Vec<Trajectory>,
    weights: Vec<f32>,
    manners: Vec<Manner>,
    offset: usize,
}

impl Guides {
    /// As the sampler takes them.
    pub fn references(&self) -> sampler::References<'_> {
        sampler::References {
            trajectories: &self.trajectories,
            weights: &self.weights,
            manners: &self.manners,
            offset: self.offset,
        }
    }
}

/// The trajectories of the last set and what they were made of: the next run of a
/// studio is often of the same references.
pub(super) type Kept = Option<(String, Vec<Trajectory>)>;

impl Pipeline {
    /// Encodes a recipe's references.
    ///
    /// # Errors
    /// When a picture is missing, on a stop, or when a tensor operation fails.
    pub(super) fn guides(
        &self,
        recipe: &Recipe,
        inputs: &Inputs,
        scheduler: &Scheduler,
        stop: &AtomicBool,
        on_event: &mut dyn FnMut(Event),
    ) -> Result<Guides> {
        let Anchor::References(references) = &recipe.anchor else { return Ok(Guides::default()) };
        if inputs.references.len() != references.pictures.len() {
            return Err(EngineError::Unfit("a reference picture was not read".into()));
        }
        let texts = self.captions(recipe, references)?;
        let key = self.key(recipe, references);
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let trajectories = match kept {
            Some((of, trajectories)) if of == key => trajectories,
            _ => {
                let of = (references, scheduler);
                let made = self.trajectories(&key, of, inputs, &texts, stop, on_event)?;
                *self.kept.lock().unwrap_or_else(PoisonError::into_inner) =
                    Some((key, made.clone()));
                made
            }
        };
        let offset = match references.encoding {
            Encoding::Inversion { offset, .. } => offset as usize,
            Encoding::Noise { .. } => 0,
        };
        let weights = match references.blend {
            Blend::Attention => references.pictures.iter().map(|r| r.weight as f32).collect(),
            Blend::Linear | Blend::Slerp => vec![1.0],
        };
        let manners = self.manners(references)?;
        Ok(Guides { texts, trajectories, weights, manners, offset })
    }

    /// How each picture lends; none where all do as the set says.
    fn manners(&self, references: &References) -> Result<Vec<Manner>> {
        if references.pictures.iter().all(Reference::lends_as_usual) {
            return Ok(Vec::new());
        }
        let manner = |reference: &Reference| {
            let layers = reference.layers.as_ref();
            Ok(Manner {
                window: reference.window,
                layers: layers.map(|layers| layers::mask(layers, &self.spec.unet)).transpose()?,
                reference_weight: reference.reference_weight,
                score_scale: reference.score_scale,
            })
        };
        references.pictures.iter().map(manner).collect()
    }

    /// Everything that decides the trajectories, this model apart. Shares do not,
    /// unless latents are blended by them.
    fn key(&self, recipe: &Recipe, references: &References) -> String {
        let pictures: Vec<_> = references.pictures.iter().map(|r| (&r.hash, &r.caption)).collect();
        let negative = &recipe.negative_prompt;
        let (encoding, fit) = (references.encoding, references.fit);
        let device = (self.device_name(), self.dtype);
        let steps = (recipe.size, recipe.steps, recipe.scheduler);
        let blended = match references.blend {
            Blend::Attention => String::new(),
            how => format!(" {how:?} {:?}", shares(references)),
        };
        format!("{pictures:?} {negative:?} {encoding:?} {fit:?} {steps:?} {device:?}{blended}")
    }

    /// Takes inversions from the shelf, or makes them and lays them down there.
    fn trajectories(
        &self,
        key: &str,
        (references, scheduler): (&References, &Scheduler),
        inputs: &Inputs,
        texts: &[RowText],
        stop: &AtomicBool,
        on_event: &mut dyn FnMut(Event),
    ) -> Result<Vec<Trajectory>> {
        let (encoding, blend, shares) = (references.encoding, references.blend, shares(references));
        // Noise is added faster than a file is read.
        let inverts = matches!(encoding, Encoding::Inversion { .. });
        let shelf = self.shelf.as_ref().filter(|_| inverts);
        let found = shelf.and_then(|shelf| shelf.find(key, &self.device));
        let whole = |found: &Vec<Trajectory>| found.len() == texts.len();
        if let Some(found) = found.filter(whole) {
            return Ok(found);
        }
        let clean = match blend {
            Blend::Attention => self.clean(inputs)?,
            how => blend::blend(&self.clean(inputs)?, &shares, how)?,
        };
        let made = self.encode(encoding, &clean, scheduler, texts, stop, on_event)?;
        if let Some(shelf) = shelf {
            // A shelf that cannot be written costs time, not the pictures.
            shelf.keep(key, &made).unwrap_or_else(|error| tracing::warn!("{error}"));
        }
        Ok(made)
    }

    /// A text for each row: a picture's caption, or those of all that are blended.
    fn captions(&self, recipe: &Recipe, references: &References) -> Result<Vec<RowText>> {
        let negative = self.negative(recipe)?;
        let row = |caption: &str| {
            let prompt = self.text.encode_weighted(caption)?;
            let mut row = RowText::new(prompt, negative.clone(), time_ids(recipe.size));
            if recipe.style.subject_keys < 1.0 {
                let subject = caption.split(',').next().unwrap_or_default();
                row.subject = self.text.word_places(subject)?;
            }
            Ok(row)
        };
        let pictures = references.pictures.iter();
        if references.blend == Blend::Attention {
            return pictures.map(|r| row(&r.caption)).collect();
        }
        let blended = pictures.filter(|r| r.weight > 0.0).map(|r| r.caption.as_str());
        Ok(vec![row(&blended.collect::<Vec<_>>().join(", "))?])
    }

    /// The pictures' clean latents (references, channels, height, width).
    fn clean(&self, inputs: &Inputs) -> Result<Tensor> {
        let encode = |picture| {
            let pixels = pixels::from_image(picture, &self.device)?;
            Ok::<_, EngineError>(self.vae.encode(&pixels, Pass::default())?.contiguous()?)
        };
        let rows = inputs.references.iter().map(encode).collect::<Result<Vec<_>>>()?;
        Ok(Tensor::cat(&rows, 0)?)
    }

    fn encode(
        &self,
        encoding: Encoding,
        clean: &Tensor,
        scheduler: &Scheduler,
        texts: &[RowText],
        stop: &AtomicBool,
        on_event: &mut dyn FnMut(Event),
    ) -> Result<Vec<Trajectory>> {
        let guidance_scale = match encoding {
            Encoding::Noise { seed } => {
                // Each picture has a noise of its own, as panels have.
                let row = |i: usize| {
                    let clean = clean.narrow(0, i, 1)?.contiguous()?;
                    Trajectory::by_noise(scheduler, &clean, seed.wrapping_add(i as u64))
                };
                return (0..texts.len()).map(row).collect();
            }
            Encoding::Inversion { guidance_scale, .. } => guidance_scale,
        };
        on_event(Event::Stage(Stage::Invert));
        let (unet, dtype) = (&self.unet, self.dtype);
        let inversion = Inversion { unet, scheduler, guidance_scale, dtype };
        let steps = scheduler.timesteps().len();
        let mut failure = None;
        let made = inversion.run(clean, texts, &mut |step, latents| {
            let told = self.look(step, latents).and_then(|pictures| {
                on_event(Event::Inverted { step, steps, pictures });
                check(stop)
            });
            match told {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    failure = Some(error);
                    ControlFlow::Break(())
                }
            }
        });
        failure.map_or(made, Err)
    }
}

fn shares(references: &References) -> Vec<f64> {
    references.pictures.iter().map(|reference| reference.weight).collect()
}
