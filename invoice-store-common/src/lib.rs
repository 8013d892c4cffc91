#![doc = include_str!("../README.md")]

pub mod bound;
pub mod combine;
pub mod gather;
pub mod identity;
pub mod lists;
pub mod migrations;
pub mod pages;
pub mod predict;
pub mod statement;
pub mod unreadable;
