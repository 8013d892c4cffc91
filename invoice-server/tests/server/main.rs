//! The program as its users have it: started, asked over HTTP, told to stop.

mod errands;
mod serving;
mod sink;
mod story;
mod support;
