//! What every room needs and none owns: durable files, text that is safe to
//! show, the time of day. Nothing here knows what predella is about.

pub mod append;
pub mod clock;
pub mod fault;
pub mod fs;
pub mod lock;
mod metered;
pub mod stamps;
pub mod text;
pub mod yaml_cost;

pub use metered::metered;
