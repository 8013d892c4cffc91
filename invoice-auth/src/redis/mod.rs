//! Redis, for several processes.

mod broadcast;
mod throttle;

pub use broadcast::RedisBroadcast;
pub use throttle::RedisThrottle;
