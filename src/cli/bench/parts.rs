//! Kernels, one step, one decoding.

use candle_core::DType;

use super::clock::{self, Times};
use super::network::{Network, Step};
use super::report::Found;
use super::shapes::{self, of_decoder, of_text, of_unet};
use super::work::Inputs;
use super::{Bench, op::Op};
use crate::cli::error::CliError;
use crate::cli::machine;
use crate::engine::EngineError;
use crate::engine::pass::Pass;
use crate::engine::random::RandomTensors;

/// Samples at least of a kernel, and of a network.
const KERNEL_SAMPLES: usize = 5;
const NETWORK_SAMPLES: usize = 5;

impl Bench<'_> {
    /// Each kernel in the shapes that the model calls, in the numbers that it
    /// is called with: the decoder and the text encoders always use f32.
    pub(super) fn kernels(&self, found: &mut Vec<Found>) -> Result<(), CliError> {
        let spec = &self.subject.spec;
        let full = of_decoder(&spec.vae, self.load).into_iter().chain(of_text(self.load.tokens));
        let unet = of_unet(&spec.unet, self.load).into_iter().map(|op| (op, self.dtype));
        let wanted: Vec<_> =
            unet.chain(full.map(|op| (op, DType::F32))).filter(|(op, _)| self.names(op)).collect();
        if let (true, Some(text)) = (wanted.is_empty(), &self.args.only) {
            return Err(CliError::usage(format!("no kernel's line holds {text:?}"))
                .hint("leave out --only to see them all"));
        }
        let random = RandomTensors::new(&self.device, DType::F32)?;
        for (op, dtype) in wanted {
            let name = op.to_string();
            self.progress.message(&name);
            let times = self.kernel(&random, &op, dtype)?;
            let mut kernel = self.found("kernels", &name, times);
            kernel.macs = op.macs();
            kernel.precision = dtype.as_str();
            kernel.op = Some(op);
            found.push(kernel);
        }
        Ok(())
    }

    /// Whether the kernel was asked for.
    fn names(&self, op: &Op) -> bool {
        self.args.only.as_ref().is_none_or(|text| op.to_string().contains(text))
    }

    fn kernel(&self, random: &RandomTensors, op: &Op, dtype: DType) -> Result<Times, EngineError> {
        machine::forget_peak(&self.device);
        let work = Inputs { random, dtype }.work(op)?;
        clock::measure(&self.device, self.effort(KERNEL_SAMPLES), &mut || {
            work()?;
            Ok(())
        })
    }

    /// One UNet step of the guidance batch, each row on its own and with the
    /// style of its set's first row.
    pub(super) fn step(&self, network: &Network, found: &mut Vec<Found>) -> Result<(), CliError> {
        let random = RandomTensors::new(&self.device, self.dtype)?;
        let step = Step::new(network.unet(), &random, self.load, self.subject.size)?;
        drop(random);
        let shapes::Load { rows, halves, latents, tokens } = self.load;
        for (shared, name) in [(false, "plain"), (true, "shared")] {
            let name = format!("{name}, {rows} rows");
            self.progress.message(&format!("step, {name}"));
            machine::forget_peak(&self.device);
            let times = clock::measure(&self.device, self.effort(NETWORK_SAMPLES), &mut || {
                step.run(network.unet(), shared)
            })?;
            let keys = if shared { 2.0 - halves as f64 / rows as f64 } else { 1.0 };
            let mut found_step = self.found("step", &name, times);
            found_step.macs =
                Some(rows as u64 * self.subject.spec.unet_macs(latents, tokens, keys));
            found.push(found_step);
        }
        Ok(())
    }

    /// One picture from its latents, in f32 as everywhere.
    pub(super) fn decode(&self, network: &Network, found: &mut Vec<Found>) -> Result<(), CliError> {
        let (channels, height, width) = self.load.latents;
        let random = RandomTensors::new(&self.device, DType::F32)?;
        let latents = random.tensor("latents", &[1, channels, height, width], 1.0, 0.0)?;
        drop(random);
        self.progress.message("decoding");
        machine::forget_peak(&self.device);
        let times = clock::measure(&self.device, self.effort(NETWORK_SAMPLES), &mut || {
            network.vae().decode(&latents, Pass::default())?;
            Ok(())
        })?;
        let mut decode = self.found("decode", "one picture", times);
        decode.macs = Some(self.subject.spec.decode_macs(self.load.latents));
        decode.precision = DType::F32.as_str();
        found.push(decode);
        Ok(())
    }
}
