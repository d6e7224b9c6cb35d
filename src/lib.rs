//! Botadura launches what you push: a self-hosted deployment bot.
//!
//! The map, from the outside in. ARCHITECTURE.md walks through it.
//!
//! - [`cli`]: what people type. [`app`]: the composition root, which wires everything below.
//! - [`web`]: GitHub's webhook, the API, health and metrics. It verifies, stores and reads; it decides nothing.
//! - [`engine`]: the order of things. Deliveries become proposals, proposals deployments, deployments entries in a journal.
//! - [`steps`]: the kinds of step, each a small state machine over the outside world.
//! - [`surfaces`]: where people read, brought to what it should show.
//! - [`github`]: webhooks verified and interpreted, repositories read with git.
//! - [`store`]: everything durable.
//! - [`domain`]: what all of that means. Pure: it knows no clock, no network, no disk.

pub mod app;
pub mod cli;
pub mod clock;
pub mod domain;
pub mod engine;
pub mod github;
pub mod settings;
pub mod steps;
pub mod store;
pub mod surfaces;
pub mod telemetry;
pub mod web;
