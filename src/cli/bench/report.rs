//! What was found, for people and for programs.

use serde::Serialize;
use serde_json::{Value, json};

use super::Bench;
use super::clock::{Spread, Times};
use super::op::Op;
use crate::cli::machine;
use crate::cli::output::Output;
use crate::engine::{device_name, memory};
use crate::util::text::bytes;

/// One measurement.
#[derive(Debug, Serialize)]
pub struct Found {
    /// The part that it belongs to.
    pub part: &'static str,
    /// What was run.
    pub name: String,
    /// The kernel and its sizes.
    #[serde(flatten)]
    pub op: Option<Op>,
    /// The numbers that it computed with.
    pub precision: &'static str,
    /// How long it took.
    #[serde(flatten)]
    pub times: Times,
    /// Multiply-adds, where they are known.
    pub macs: Option<u64>,
    /// The most memory that the process held meanwhile.
    pub peak_memory_bytes: Option<u64>,
    /// The same of the device, where it has memory of its own and tells.
    pub peak_device_memory_bytes: Option<u64>,
}

/// Everything, with what it was measured on.
pub struct Report {
    head: Value,
    title: String,
    found: Vec<Found>,
}

impl Bench<'_> {
    /// Times of one thing, with the memory that it took.
    pub(super) fn found(&self, part: &'static str, name: &str, times: Times) -> Found {
        Found {
            part,
            name: name.to_owned(),
            op: None,
            precision: self.dtype.as_str(),
            times,
            macs: None,
            peak_memory_bytes: machine::peak_memory(),
            peak_device_memory_bytes: memory::peak(&self.device),
        }
    }

    /// All of it.
    pub(super) fn report(&self, found: Vec<Found>) -> Report {
        let (name, device) = (&self.subject.name, device_name(&self.device));
        let (precision, threads) = (self.dtype.as_str(), rayon::current_num_threads());
        let (channels, height, width) = self.load.latents;
        let size = self.subject.size;
        let title = format!(
            "{name} on {device} in {precision}, {threads} threads; {} pictures of {}x{}",
            self.args.panels, size.width, size.height
        );
        let head = json!({
            "version": env!("CARGO_PKG_VERSION"),
            "model": name,
            "device": device,
            "precision": precision,
            "threads": threads,
            "panels": self.args.panels,
            "steps": self.args.steps,
            "rows": self.load.rows,
            "tokens": self.load.tokens,
            "size": size,
            "latents": { "channels": channels, "height": height, "width": width },
        });
        Report { head, title, found }
    }
}

impl Report {
    /// Prints it.
    pub fn print(self, out: &Output) {
        if out.is_json() {
            let mut document = self.head;
            document["measurements"] = json!(self.found);
            out.document(&document);
            return;
        }
        out.line(&self.title);
        let mut part = "";
        for found in &self.found {
            if found.part != part {
                part = found.part;
                let [wall, low, high, cpu] = ["wall ms", "low", "high", "cpu ms"];
                out.line(&format!(
                    "\n{part:<46}{wall:>10}{low:>10}{high:>10}{cpu:>10}{:>9}{:>10}",
                    "GMAC/s", "memory"
                ));
            }
            out.line(&found.line());
        }
    }
}

impl Found {
    fn line(&self) -> String {
        let Spread { median, low, high } = self.times.wall_ms;
        let speed = self.macs.map(|macs| format!("{:.1}", macs as f64 / median.max(1e-9) / 1e6));
        let memory = self.peak_device_memory_bytes.or(self.peak_memory_bytes).map(bytes);
        format!(
            "  {:<44}{:>10}{:>10}{:>10}{:>10}{:>9}{:>10}",
            self.name,
            digits(median),
            digits(low),
            digits(high),
            digits(self.times.cpu_ms.median),
            speed.unwrap_or_default(),
            memory.unwrap_or_default()
        )
    }
}

/// Four digits, more or less.
fn digits(ms: f64) -> String {
    match ms {
        ms if ms < 1.0 => format!("{ms:.4}"),
        ms if ms < 100.0 => format!("{ms:.2}"),
        ms => format!("{ms:.1}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_time_and_speed() {
        let spread = Spread { median: 2.0, low: 1.5, high: 250.0 };
        let found = Found {
            part: "kernels",
            name: "geglu 1 x 2 x 4".into(),
            op: Some(Op::Geglu { rows: 1, tokens: 2, channels: 4 }),
            precision: "f32",
            times: Times { samples: 5, wall_ms: spread, cpu_ms: spread },
            macs: Some(4_000_000),
            peak_memory_bytes: Some(5_000_000),
            peak_device_memory_bytes: None,
        };
        let words: Vec<String> = found.line().split_whitespace().map(str::to_owned).collect();
        assert_eq!(words[6..], ["2.00", "1.50", "250.0", "2.00", "2.0", "5.0", "MB"]);
        let value = json!(found);
        assert_eq!((&value["op"], &value["channels"]), (&json!("geglu"), &json!(4)));
        assert_eq!(value["wall_ms"]["median"], 2.0);
    }
}
