//! What must be survived, room by room.

mod session;
