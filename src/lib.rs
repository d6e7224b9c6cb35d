//! Botadura launches what you push: a self-hosted deployment bot.

pub mod cli;
pub mod domain;
pub mod engine;
pub mod github;
pub mod settings;
pub mod steps;
pub mod store;
pub mod surfaces;
pub mod web;
