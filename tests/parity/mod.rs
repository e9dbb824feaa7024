//! Agreement with the published reference implementation, tensor by tensor.

pub mod cases;
pub mod report;
pub mod set;

use report::{Line, Tolerance};
use set::Set;

/// How many goldens agreed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    pub ok: usize,
    pub failed: usize,
}

/// Runs every golden whose name holds `only`, printing a line for each.
pub fn run(set: &Set, only: &str, print: &mut dyn FnMut(String)) -> Count {
    let mut count = Count::default();
    for name in set.names().iter().filter(|name| name.contains(only)) {
        match cases::run(set, name) {
            Ok(lines) => lines.iter().for_each(|line| {
                *if line.ok { &mut count.ok } else { &mut count.failed } += 1;
                print(show(line));
            }),
            Err(error) => {
                count.failed += 1;
                print(format!("{name:<64} FAIL: {error}"));
            }
        }
    }
    count
}

fn show(line: &Line) -> String {
    let Line { name, relative, max_abs, tolerance, ok } = line;
    let bound = match tolerance {
        Tolerance::Exact => "exact".to_owned(),
        Tolerance::Relative(bound) => format!("{bound:.0e}"),
        Tolerance::Bytes => "u8".to_owned(),
    };
    let verdict = if *ok { "ok" } else { "FAIL" };
    format!("{name:<64} rel {relative:.1e}  max {max_abs:.1e}  tol {bound:<5}  {verdict}")
}
