#![doc = include_str!("../README.md")]

pub mod bound;
pub mod combine;
pub mod identity;
pub mod lists;
pub mod migrations;
pub mod pages;
pub mod predict;
pub mod statement;
pub mod unreadable;
