//! Contact sheets: pictures in a grid.

use image::{Rgb, RgbImage, imageops};

use super::PictureError;

/// How a contact sheet is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SheetOptions {
    /// Pictures in a row; 0 makes the sheet about square.
    pub columns: u32,
    /// Pixels around the sheet and between pictures.
    pub margin: u32,
    /// Colour of margins and empty cells.
    pub ground: [u8; 3],
    /// Most pixels of the whole sheet.
    pub pixels: u64,
}

impl Default for SheetOptions {
    fn default() -> Self {
        Self { columns: 0, margin: 8, ground: [255; 3], pixels: 256 * 1024 * 1024 }
    }
}

/// Puts pictures into a grid, row by row. Every cell is as large as the largest
/// picture; smaller ones are centred.
///
/// # Errors
/// When there are no pictures, or the sheet would be larger than allowed.
pub fn sheet(images: &[RgbImage], options: &SheetOptions) -> Result<RgbImage, PictureError> {
    let count = images.len() as u64;
    if count == 0 {
        return Err(PictureError::Make("there are no pictures for the sheet".into()));
    }
    let columns = match options.columns {
        0 => count.isqrt() + u64::from(count.isqrt().pow(2) < count),
        columns => u64::from(columns).min(count),
    };
    let side = |of: fn(&RgbImage) -> u32| u64::from(images.iter().map(of).max().unwrap_or(0));
    let (cell_w, cell_h) = (side(RgbImage::width), side(RgbImage::height));
    let margin = u64::from(options.margin);
    let width = columns * (cell_w + margin) + margin;
    let height = count.div_ceil(columns) * (cell_h + margin) + margin;
    let fits = width.checked_mul(height).is_some_and(|pixels| pixels <= options.pixels);
    let (Ok(w), Ok(h), true) = (u32::try_from(width), u32::try_from(height), fits) else {
        let message = format!("the sheet would have {width} x {height} pixels");
        return Err(PictureError::Make(message));
    };
    let mut sheet = RgbImage::from_pixel(w, h, Rgb(options.ground));
    for (n, image) in (0..).zip(images) {
        let (column, row): (u64, u64) = (n % columns, n / columns);
        let x = margin + column * (cell_w + margin) + (cell_w - u64::from(image.width())) / 2;
        let y = margin + row * (cell_h + margin) + (cell_h - u64::from(image.height())) / 2;
        imageops::replace(&mut sheet, image, x as i64, y as i64);
    }
    Ok(sheet)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(width: u32, height: u32, shade: u8) -> RgbImage {
        RgbImage::from_pixel(width, height, Rgb([shade; 3]))
    }

    #[test]
    fn pictures_stand_in_their_cells() {
        let images = [plain(4, 2, 1), plain(2, 2, 2), plain(4, 2, 3)];
        let options = SheetOptions { columns: 2, margin: 1, ground: [9; 3], ..Default::default() };
        let sheet = sheet(&images, &options).unwrap();
        let rows: Vec<String> = (0..sheet.height())
            .map(|y| (0..sheet.width()).map(|x| sheet.get_pixel(x, y).0[0].to_string()).collect())
            .collect();
        assert_eq!(
            rows,
            [
                "99999999999",
                "91111992299",
                "91111992299",
                "99999999999",
                "93333999999",
                "93333999999",
                "99999999999",
            ]
        );
    }

    #[test]
    fn the_grid_is_about_square_unless_told() {
        let size = |count: usize, columns: u32| {
            let options = SheetOptions { columns, margin: 0, ..Default::default() };
            let sheet = sheet(&vec![plain(10, 10, 0); count], &options).unwrap();
            (sheet.width() / 10, sheet.height() / 10)
        };
        assert_eq!(
            [(1, 0), (2, 0), (4, 0), (5, 0), (9, 0), (10, 0)].map(|(n, c)| size(n, c)),
            [(1, 1), (2, 1), (2, 2), (3, 2), (3, 3), (4, 3)]
        );
        assert_eq!([size(3, 1), size(3, 7), size(6, 4)], [(1, 3), (3, 1), (4, 2)]);
    }

    #[test]
    fn a_sheet_beyond_bounds_is_refused() {
        assert!(sheet(&[], &SheetOptions::default()).is_err());
        let options = SheetOptions { margin: u32::MAX, ..Default::default() };
        let error = sheet(&[plain(1, 1, 0)], &options).unwrap_err().to_string();
        assert!(error.contains("8589934591 x 8589934591"), "{error}");
        let options = SheetOptions { pixels: 99, margin: 0, ..Default::default() };
        assert!(sheet(&[plain(10, 10, 0)], &options).is_err());
    }
}
