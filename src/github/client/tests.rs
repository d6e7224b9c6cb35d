//! What needs no counterpart; the rest is in `tests/it/github.rs`.

use super::{
    access::{Known, Place},
    component,
    transport::Token,
};

#[test]
fn names_do_not_leave_their_component() {
    for (name, expected) in
        [("ada", "ada"), ("a/../b", "a%2F..%2Fb"), ("dependabot[bot]", "dependabot%5Bbot%5D"), ("a?b#c%", "a%3Fb%23c%25"), ("é", "%C3%A9")]
    {
        assert_eq!(component(name), expected);
    }
    assert_eq!(Place::Organization("a/b".to_owned()).path(), "/orgs/a%2Fb");
}

#[test]
fn a_token_is_not_shown() {
    assert_eq!(format!("{:?}", Token("ghs_secret".to_owned())), "[redacted]");
    Known::default().forget_token(&Place::Repository("acme/shop".to_owned()), &[]);
}
