//! Redis, for several processes.

mod throttle;

pub use throttle::RedisThrottle;
