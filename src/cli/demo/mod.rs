//! `botadura demo`: the tour, on real processes, with no account and no network.

pub mod app;
pub mod shop;
