//! Redis, for several processes.

mod broadcast;
mod patient;
mod throttle;
mod windows;

pub use broadcast::RedisBroadcast;
pub use throttle::RedisThrottle;
pub use windows::{Counted, RedisWindows};
