//! `--dry-run`: what would be painted, how much memory and time it takes.

use serde_json::json;

use super::Job;
use crate::cli::error::CliError;
use crate::cli::output::Output;
use crate::cli::values::show_seconds;
use crate::cli::{machine, pictures};
use crate::engine::Plan;
use crate::engine::panorama::Views;
use crate::imaging::RgbImage;
use crate::imaging::control::drawn;
use crate::recipe::{ControlMap, Size};
use crate::util::text::bytes;

/// Prints the plan with an estimate from a short calibration of this machine.
///
/// # Errors
/// When the device fails.
pub fn print(job: &Job, out: &Output) -> Result<(), CliError> {
    let device = job.options.device.open()?;
    let speed = machine::speed(&device, job.plan.rows.clamp(1, 16))?;
    let seconds = job.plan.macs as f64 / speed;
    if out.is_json() {
        out.document(&document(job, speed, seconds));
        return Ok(());
    }
    for (i, panel) in job.recipe.panels.iter().enumerate() {
        let prompt = job.recipe.prompt(panel);
        out.line(&format!("{:>3}  {prompt}  (seed {})", i + 1, panel.seed));
    }
    for (name, value) in table(job, speed, seconds).into_iter().chain(maps(job)) {
        out.line(&format!("{name:<8} {value}"));
    }
    if out.shows_pictures() {
        job.inputs.maps.iter().try_for_each(|map| pictures::show(out, map))?;
    }
    Ok(())
}

/// A line for each control map.
fn maps(job: &Job) -> Vec<(&'static str, String)> {
    let asked = job.recipe.control.iter().flat_map(|control| &control.maps);
    let line = |(asked, map): (&ControlMap, &RgbImage)| {
        let whom = match asked.panel {
            Some(panel) => format!("picture {}", panel + 1),
            None => "all without one of their own".to_owned(),
        };
        let text = format!(
            "{} of {}, {:.1} % drawn, for {whom}: strength {}, from {} to {} of the steps",
            asked.kind.name(),
            asked.picture,
            drawn(map) * 100.0,
            asked.scale,
            asked.start,
            asked.end,
        );
        ("control", text)
    };
    asked.zip(&job.inputs.maps).map(line).collect()
}

fn table(job: &Job, speed: f64, seconds: f64) -> Vec<(&'static str, String)> {
    let (recipe, plan) = (&job.recipe, &job.plan);
    let (channels, height, width) = plan.latents;
    let times = &plan.timesteps;
    let ends = times.first().zip(times.last());
    let ends = ends.map(|(a, b)| format!(", from {a:.0} to {b:.0}")).unwrap_or_default();
    let (largest, of) = match plan.views {
        Some(_) => (plan.batch, " windows"),
        None => (plan.chunks.iter().map(Vec::len).max().unwrap_or(0), ""),
    };
    vec![
        ("model", recipe.model.name.clone()),
        ("device", format!("{}, {}", job.options.device, job.options.precision)),
        ("size", size(job)),
        ("latents", format!("{channels} x {height} x {width}")),
        ("steps", format!("{}{ends}", times.len())),
        ("sharing", sharing(plan)),
        (
            "chunks",
            format!("{} of at most {largest}{of}; {} rows at once", plan.chunks.len(), plan.rows),
        ),
        (
            "memory",
            format!("about {}, {} of it weights", bytes(plan.peak_bytes), bytes(plan.weight_bytes)),
        ),
        (
            "time",
            format!(
                "about {} ({:.2} T multiply-adds, {:.0} G a second measured)",
                show_seconds(seconds),
                plan.macs as f64 / 1e12,
                speed / 1e9
            ),
        ),
    ]
}

/// Where a plan shares.
pub fn sharing(plan: &Plan) -> String {
    match plan.sharing_layers {
        0 => "no, each picture is painted on its own".to_owned(),
        n => {
            let alone = match plan.swapping_layers {
                0 => String::new(),
                n => format!(", in {n} of them with what lends alone"),
            };
            format!("in {n} of {} self-attention layers{alone}", plan.layers)
        }
    }
}

/// The pictures' size, and how a panorama is put together.
fn size(job: &Job) -> String {
    let show = |size: Size| format!("{}x{}", size.width, size.height);
    let window = show(job.recipe.size);
    match (&job.plan.views, job.recipe.panorama) {
        (Some(views), Some(panorama)) => {
            let (whole, count) = (show(panorama.size), views.count());
            format!("{whole}, through {count} windows of {window}")
        }
        _ => window,
    }
}

fn document(job: &Job, speed: f64, seconds: f64) -> serde_json::Value {
    let plan = &job.plan;
    let (channels, height, width) = plan.latents;
    json!({
        "dry_run": true,
        "recipe": job.recipe,
        "plan": {
            "rows": plan.rows,
            "guided": plan.guided,
            "aligned": plan.aligned,
            "control": plan.control.as_ref().map(|net| net.name()),
            "steered": plan.steered,
            "drawn": job.inputs.maps.iter().map(drawn).collect::<Vec<_>>(),
            "chunks": plan.chunks,
            "windows": plan.views.as_ref().map(Views::count),
            "batch": plan.batch,
            "latents": { "channels": channels, "height": height, "width": width },
            "layers": plan.layers,
            "sharing_layers": plan.sharing_layers,
            "timesteps": plan.timesteps,
            "weight_bytes": plan.weight_bytes,
            "peak_bytes": plan.peak_bytes,
            "macs": plan.macs,
            "notes": plan.notes,
        },
        "estimate": { "seconds": seconds, "macs_per_second": speed },
        "warnings": job.warnings,
    })
}
