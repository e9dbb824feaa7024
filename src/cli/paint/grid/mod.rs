//! `predella grid`: what an option does, on one sheet.

mod cells;

use std::time::Instant;

use clap::Args;
use serde_json::json;

use super::folder::Folder;
use super::painter::{Done, Painter};
use super::{Job, PaintArgs, load, prepare, preview, report};
use crate::cli::error::CliError;
use crate::cli::interrupt::Interrupt;
use crate::cli::machine;
use crate::cli::output::Output;
use crate::cli::pictures::{self, sheet_of};
use crate::cli::values::show_seconds;
use crate::engine::{Inputs, Plan};
use crate::recipe::{Axis, yaml};
use cells::{Cell, Legend, cells};

const EXAMPLES: &str = "\
Examples:
  predella grid \"a fox\" \"a bear\" --axis weight=0..2:5
  predella grid \"a fox\" -r ink.png -r oil.png --axis share=0..1:5
  predella grid \"a fox\" -r ink.png --axis layers=all,up,style --axis end=0.3,0.6,1
  predella grid \"a fox\" \"a bear\" --axis style=watercolour,linocut,neon";

/// Paint a set once for each value of an option, with the same noise, and show it on one sheet.
///
/// With one axis each row of the sheet is a set; with two and a single picture the second axis
/// goes from left to right. A .yaml file beside the sheet says what stands where.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct GridArgs {
    /// An option and its values, as weight=0..2:5 or layers=all,up,style; give one or two.
    ///
    /// Options are weight, scale, strength, layers, start, end, curve, share-steps, fade, adain
    /// (on, off or letters as q+k), dropout, subject-keys, swap, pool, query-guidance,
    /// prompted-only, recolour, style, blend, guidance, steps, negative; share, of the first
    /// reference; seed, of the first picture; or a field of the recipe, as control.scale.
    #[arg(short, long = "axis", value_name = "NAME=VALUES", value_parser = Axis::parse, required = true)]
    #[arg(help_heading = "Grid")]
    axes: Vec<Axis>,
    #[command(flatten)]
    paint: PaintArgs,
}

/// Paints a grid, or says what it would be.
///
/// # Errors
/// Every cell is checked before the model is loaded.
pub fn run(args: GridArgs, out: &Output) -> Result<(), CliError> {
    let begun = Instant::now();
    machine::threads(args.paint.machine.threads)?;
    let result = (args.paint.result.dry_run, args.paint.result.show);
    let target = args.paint.result.out.clone();
    let job = prepare(args.paint, out)?;
    let cells = cells(&args.axes, &job.recipe)?;
    let jobs = cells.iter().map(|cell| job.at(cell)).collect::<Result<Vec<_>, _>>()?;
    if result.0 {
        return dry_run(&cells, &jobs, out);
    }
    if result.1 {
        pictures::get_ready(out)?;
    }
    let first = Folder::open(&target)?;
    let interrupt = Interrupt::install()?;
    let pipeline = load(&job, out)?;
    out.say(&format!("{} times: {}", jobs.len(), report::opening(&job, &pipeline.device_name())));
    let (mut painted, mut legend) = (Vec::new(), Legend::new(&args.axes, &job.recipe));
    let mut done: Vec<Vec<Done>> = Vec::new();
    for (cell, job) in cells.iter().zip(&jobs) {
        let folder = Folder::open(&target)?;
        out.say(&cell.to_string());
        let mut painter = Painter::new(job, &folder, &interrupt, out);
        let result = painter.paint(&pipeline);
        let ending = painter.end(result, false, false);
        if let Some(mut error) = ending.error {
            let rest = cells.len() - done.len();
            error.message = format!("{} ({rest} of {} not painted)", error.message, cells.len());
            return Err(error);
        }
        legend.add(cell, &ending.done);
        painted.extend(ending.pictures);
        done.push(ending.done);
    }
    let sheet = sheet_of(&painted, legend.columns())?;
    let count = painted.len();
    let path = first.save_named(count, "grid", "png", &pictures::encode_plain(&sheet)?)?;
    legend.sheet(&path);
    let text = yaml::to_string(&legend).map_err(|error| CliError::failed(error.to_string()))?;
    let words = first.save_named(count, "grid", "yaml", text.as_bytes())?;
    if out.is_json() {
        let seconds = begun.elapsed().as_secs_f64();
        out.document(&json!({
            "status": "done", "grid": legend, "sheet": path, "legend": words, "panels": done,
            "recipe": job.recipe, "seconds": seconds,
        }));
        return Ok(());
    }
    if result.1 {
        pictures::show(out, &sheet)?;
    }
    out.line(&path.display().to_string());
    out.line(&words.display().to_string());
    Ok(())
}

impl Job {
    /// The same at a cell of a grid.
    fn at(&self, cell: &Cell) -> Result<Self, CliError> {
        let recipe = cell.recipe.clone();
        let inputs = Inputs::load(&recipe, std::path::Path::new(""))?;
        let plan = Plan::new(&self.model, &recipe, &self.options, &self.limits)?;
        let (model, options, limits) = (self.model.clone(), self.options, self.limits);
        Ok(Self { model, recipe, inputs, plan, options, limits, warnings: Vec::new() })
    }
}

/// A line for each cell, and what all of them take.
fn dry_run(cells: &[Cell], jobs: &[Job], out: &Output) -> Result<(), CliError> {
    let Some(job) = jobs.first() else { return Ok(()) };
    let device = job.options.device.open()?;
    let speed = machine::speed(&device, job.plan.rows.clamp(1, 16))?;
    let macs: u64 = jobs.iter().map(|job| job.plan.macs).sum();
    let seconds = macs as f64 / speed;
    if out.is_json() {
        let cells: Vec<_> = cells.iter().map(|cell| json!({ "values": cell.values() })).collect();
        out.document(&json!({
            "dry_run": true, "cells": cells, "panels": job.plan.panels(), "recipe": job.recipe,
            "macs": macs, "estimate": { "seconds": seconds, "macs_per_second": speed },
        }));
        return Ok(());
    }
    for (cell, job) in cells.iter().zip(jobs) {
        out.line(&format!("{cell}: sharing {}", preview::sharing(&job.plan)));
    }
    let all = job.plan.panels() * cells.len();
    out.line(&format!("{all} pictures in about {}", show_seconds(seconds)));
    Ok(())
}
