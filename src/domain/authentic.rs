//! What the inbox asks of a body that came from outside: that its sender was proven.

/// A body whose sender was proven. Implemented only by what a verification yields, so that nothing else gets in: it is
/// made by checking these very bytes, and by nothing else.
pub trait Authentic {
    /// The door that it came through, as the store writes it.
    const SOURCE: &'static str;
    /// The bytes, exactly as they were checked.
    fn into_body(self) -> Vec<u8>;
}
