//! Named tensors of one part of a model, checked against the shapes that the
//! configuration implies.

use super::error::{EngineError, Result};
use crate::models::{Dtype, Weights};
use candle_core::{DType, Device, Tensor};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

/// Where tensors come from.
pub trait Source: Send + Sync {
    /// The tensor of this name in its stored type, if there is one. `shape` is
    /// what the configuration means, which only a source without shapes of its
    /// own looks at.
    ///
    /// # Errors
    /// When its bytes cannot be read.
    fn tensor(&self, name: &str, shape: &[usize]) -> Result<Option<Tensor>>;
    /// Whether there is a tensor of this name.
    fn has(&self, name: &str) -> bool;
    /// Every name.
    fn names(&self) -> Vec<String>;
}

impl Source for HashMap<String, Tensor> {
    fn tensor(&self, name: &str, _shape: &[usize]) -> Result<Option<Tensor>> {
        Ok(self.get(name).cloned())
    }

    fn has(&self, name: &str) -> bool {
        self.contains_key(name)
    }

    fn names(&self) -> Vec<String> {
        self.keys().cloned().collect()
    }
}

impl Source for Weights {
    fn tensor(&self, name: &str, _shape: &[usize]) -> Result<Option<Tensor>> {
        let Some(view) = self.get(name) else { return Ok(None) };
        let dtype = match view.dtype {
            Dtype::F64 => DType::F64,
            Dtype::F32 => DType::F32,
            Dtype::F16 => DType::F16,
            Dtype::BF16 => DType::BF16,
            Dtype::I64 => DType::I64,
            Dtype::U8 => DType::U8,
            other => {
                return Err(EngineError::Weights {
                    file: self.files().next().unwrap_or_default().to_owned(),
                    message: format!(
                        "{name} has numbers of type {other:?}, which is not supported"
                    ),
                });
            }
        };
        Ok(Some(Tensor::from_raw_buffer(view.data, dtype, view.shape, &Device::Cpu)?))
    }

    fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    fn names(&self) -> Vec<String> {
        Weights::names(self).map(str::to_owned).collect()
    }
}

struct Store {
    part: String,
    source: Box<dyn Source>,
    device: Device,
    dtype: DType,
    used: Mutex<BTreeSet<String>>,
}

/// A place in a model's tree of tensors.
#[derive(Clone)]
pub struct Vars {
    store: Arc<Store>,
    prefix: String,
}

impl Vars {
    /// The root of a part. `part` names it in errors; tensors are moved to
    /// `device` and turned to `dtype` as they are asked for.
    pub fn new(part: &str, source: impl Source + 'static, device: &Device, dtype: DType) -> Self {
        let store = Store {
            part: part.to_owned(),
            source: Box::new(source),
            device: device.clone(),
            dtype,
            used: Mutex::default(),
        };
        Self { store: Arc::new(store), prefix: String::new() }
    }

    /// The place one name further down.
    pub fn at(&self, name: impl std::fmt::Display) -> Self {
        Self { store: self.store.clone(), prefix: self.path(name) }
    }

    /// The full dotted name of this place.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Whether a tensor of this name exists here.
    pub fn has(&self, name: &str) -> bool {
        self.store.source.has(&self.path(name))
    }

    /// The tensor of this name.
    ///
    /// # Errors
    /// When it is missing or has another shape.
    pub fn get(&self, shape: &[usize], name: &str) -> Result<Tensor> {
        let path = self.path(name);
        let Some(tensor) = self.store.source.tensor(&path, shape)? else {
            return Err(self.fault(format!("{path} is missing")));
        };
        if tensor.dims() != shape {
            return Err(self.fault(format!(
                "{path} has shape {:?} where the configuration means {shape:?}",
                tensor.dims()
            )));
        }
        self.store.used.lock().unwrap_or_else(PoisonError::into_inner).insert(path);
        Ok(tensor.to_device(&self.store.device)?.to_dtype(self.store.dtype)?)
    }

    /// Names that nothing has asked for: a sign of another architecture.
    pub fn unused(&self) -> Vec<String> {
        let used = self.store.used.lock().unwrap_or_else(PoisonError::into_inner);
        self.store.source.names().into_iter().filter(|n| !used.contains(n)).collect()
    }

    fn path(&self, name: impl std::fmt::Display) -> String {
        if self.prefix.is_empty() { name.to_string() } else { format!("{}.{name}", self.prefix) }
    }

    fn fault(&self, message: String) -> EngineError {
        EngineError::Weights { file: self.store.part.clone(), message }
    }
}
