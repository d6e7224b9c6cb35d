//! What must happen, told from outside. A scenario's name is the requirement.

mod deploy;
