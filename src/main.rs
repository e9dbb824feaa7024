//! The `predella` program: hooks, then the command line.

use std::process::ExitCode;

/// Painting allocates and frees large tensors all the time; the system's
/// allocator gives them back to the kernel and asks again, page by page.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Only the panic hook is of use here: other faults have their own words.
    // Without it a panic is merely reported plainly.
    let _ = color_eyre::install();
    start_log();
    predella::cli::main(std::env::args_os())
}

/// Writes what the rooms trace to standard error when `PREDELLA_LOG` asks for
/// it, for instance with `debug` or `predella=trace`.
fn start_log() {
    if let Ok(filter) = tracing_subscriber::EnvFilter::try_from_env("PREDELLA_LOG") {
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    }
}
