//! Checked weights, as the networks of candle-transformers ask for them.

use candle_core::{DType, Device, Error, Result as TensorResult, Shape, Tensor};
use candle_nn::var_builder::SimpleBackend;
use candle_nn::{Init, VarBuilder};

use super::{PerceiveError, Result};
use crate::engine::weights::Source;
use crate::models::{NetFolder, Weights};

/// A name, and the one that holds the same tensor where it is left out because
/// the two are tied.
pub(super) type Tied = (&'static str, &'static str);

struct Checked {
    weights: Weights,
    tied: &'static [Tied],
    /// A table that may be asked for with more rows than it has, which are zero.
    longer: Option<&'static str>,
}

impl Checked {
    fn find(&self, name: &str) -> TensorResult<Tensor> {
        let read = |name: &str| match Source::tensor(&self.weights, name, &[]) {
            Ok(found) => Ok(found),
            Err(error) => Err(Error::Msg(error.to_string())),
        };
        let other = self.tied.iter().find(|(tied, _)| *tied == name);
        let found = match (read(name)?, other) {
            (None, Some((_, other))) => read(other)?,
            (found, _) => found,
        };
        found.ok_or_else(|| Error::Msg(format!("{name} is missing")))
    }
}

impl SimpleBackend for Checked {
    fn get(
        &self,
        shape: Shape,
        name: &str,
        _: Init,
        dtype: DType,
        device: &Device,
    ) -> TensorResult<Tensor> {
        let mut tensor = self.find(name)?;
        if self.longer == Some(name)
            && let (&[rows, columns], &[wanted, _]) = (tensor.dims(), shape.dims())
            && rows < wanted
        {
            let more = Tensor::zeros((wanted - rows, columns), tensor.dtype(), tensor.device())?;
            tensor = Tensor::cat(&[tensor, more], 0)?;
        }
        if tensor.shape() != &shape {
            let text = format!(
                "{name} has shape {:?} where the configuration means {:?}",
                tensor.dims(),
                shape.dims()
            );
            return Err(Error::Msg(text));
        }
        tensor.to_device(device)?.to_dtype(dtype)
    }

    fn get_unchecked(&self, name: &str, dtype: DType, device: &Device) -> TensorResult<Tensor> {
        self.find(name)?.to_device(device)?.to_dtype(dtype)
    }

    fn contains_tensor(&self, name: &str) -> bool {
        self.weights.get(name).is_some()
    }
}

/// The weights of a folder in single precision.
///
/// # Errors
/// When there are none, or a file breaks its format.
pub(super) fn vars(
    folder: &NetFolder,
    tied: &'static [Tied],
    longer: Option<&'static str>,
    device: &Device,
) -> Result<VarBuilder<'static>> {
    let weights = folder.weights()?;
    let checked = Box::new(Checked { weights, tied, longer });
    Ok(VarBuilder::from_backend(checked, DType::F32, device.clone()))
}

/// A network that was built from a folder, or what is wrong with the folder.
///
/// # Errors
/// The folder's name and what is wrong.
pub(super) fn built<T>(folder: &NetFolder, network: TensorResult<T>) -> Result<T> {
    network.map_err(|error| {
        let text = error.to_string();
        let line = text.lines().next().unwrap_or_default().to_owned();
        PerceiveError::network(folder, line)
    })
}
