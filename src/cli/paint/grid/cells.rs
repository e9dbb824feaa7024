//! The cells of a grid, and the words beside its sheet.

use std::fmt;
use std::path::Path;

use serde::Serialize;

use crate::cli::error::CliError;
use crate::cli::paint::painter::Done;
use crate::recipe::{Axis, Recipe};

/// Most cells of a grid.
const MAX_CELLS: usize = 256;

/// A value of each axis, and the recipe there.
#[derive(Debug, Clone)]
pub struct Cell {
    values: Vec<(String, String)>,
    pub recipe: Recipe,
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let all: Vec<_> =
            self.values.iter().map(|(name, value)| format!("{name}={value}")).collect();
        f.write_str(&all.join(" "))
    }
}

impl Cell {
    /// The names of the axes and their values here.
    pub fn values(&self) -> &[(String, String)] {
        &self.values
    }
}

/// Every cell of one or two axes, the second one's values innermost.
///
/// # Errors
/// When a field does not take a value, or there are too many.
pub fn cells(axes: &[Axis], recipe: &Recipe) -> Result<Vec<Cell>, CliError> {
    if axes.len() > 2 {
        return Err(CliError::usage("a grid has one or two axes"));
    }
    let mut cells = vec![Cell { values: Vec::new(), recipe: recipe.clone() }];
    for axis in axes {
        let mut next = Vec::new();
        for cell in &cells {
            for value in &axis.values {
                let recipe = axis.apply(&cell.recipe, value).map_err(CliError::usage)?;
                let mut values = cell.values.clone();
                values.push((axis.name.clone(), value.clone()));
                next.push(Cell { values, recipe });
            }
        }
        cells = next;
    }
    match cells.len() {
        n if n > MAX_CELLS => Err(CliError::usage(format!("{n} cells are more than {MAX_CELLS}"))),
        _ => Ok(cells),
    }
}

/// What stands where on a grid's sheet.
#[derive(Debug, Serialize)]
pub struct Legend {
    sheet: String,
    axes: Vec<(String, Vec<String>)>,
    /// What stands above the columns: prompts, or the second axis's values.
    columns: Vec<String>,
    rows: Vec<Row>,
    #[serde(skip)]
    across: bool,
}

/// One row of the sheet.
#[derive(Debug, Serialize)]
struct Row {
    values: Vec<(String, String)>,
    pictures: Vec<String>,
}

impl Legend {
    /// An empty one.
    pub fn new(axes: &[Axis], recipe: &Recipe) -> Self {
        let across = axes.len() == 2 && recipe.panels.len() == 1;
        let columns = match axes {
            [_, second] if across => {
                second.values.iter().map(|value| format!("{}={value}", second.name)).collect()
            }
            _ => recipe.prompts(),
        };
        let axes = axes.iter().map(|axis| (axis.name.clone(), axis.values.clone())).collect();
        Self { sheet: String::new(), axes, columns, rows: Vec::new(), across }
    }

    /// Puts a painted cell where it stands.
    pub fn add(&mut self, cell: &Cell, done: &[Done]) {
        let name = |done: &Done| file_name(&done.path);
        let pictures = done.iter().map(name);
        let columns = self.columns.len();
        match self.rows.last_mut().filter(|row| self.across && row.pictures.len() < columns) {
            Some(row) => row.pictures.extend(pictures),
            None => {
                let count = if self.across { 1 } else { cell.values.len() };
                let values = cell.values.iter().take(count).cloned().collect();
                self.rows.push(Row { values, pictures: pictures.collect() });
            }
        }
    }

    /// Pictures side by side on the sheet.
    pub fn columns(&self) -> usize {
        self.columns.len()
    }

    /// Names the sheet.
    pub fn sheet(&mut self, path: &Path) {
        self.sheet = file_name(path);
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
