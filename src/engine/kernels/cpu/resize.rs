//! Nearest-neighbour resize.

use candle_core::{Result, Tensor};

use super::super::nearest_indices;
use super::activation::each_chunk;
use super::memory::{Out, build, data};

/// See [`crate::engine::kernels::upsample_nearest`].
///
/// # Errors
/// If `x` is not of single precision on the CPU.
pub(super) fn upsample_nearest(x: &Tensor, height: usize, width: usize) -> Result<Tensor> {
    let (images, channels, from_height, from_width) = x.dims4()?;
    let x = x.contiguous()?;
    let x_data = data(&x);
    let values = x_data.slice()?;
    let (down, across) = (nearest_indices(from_height, height), nearest_indices(from_width, width));
    let fill = |out: Out| {
        each_chunk(images * channels, height * width, |from, to| {
            for plane in from..to {
                let picture = &values[plane * from_height * from_width..];
                for (y, &source) in down.iter().enumerate() {
                    let to = out.at((plane * height + y) * width);
                    if y > 0 && down[y - 1] == source {
                        // SAFETY: the row above is whole, and both are this task's own.
                        unsafe { std::ptr::copy_nonoverlapping(to.sub(width), to, width) };
                        continue;
                    }
                    let row = &picture[source as usize * from_width..][..from_width];
                    for (x, &column) in across.iter().enumerate() {
                        // SAFETY: `x` is below the width of this row of the result.
                        unsafe { to.add(x).write(row[column as usize]) };
                    }
                }
            }
        });
        Ok(())
    };
    // SAFETY: the chunks cover all planes, and each plane is written row by row.
    unsafe { build((images, channels, height, width), fill) }
}
