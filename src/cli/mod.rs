//! What people type in a terminal.

pub mod demo {
    //! Temporary.
    pub mod app;
    pub mod shop;
}
