//! The signature of a webhook: HMAC-SHA256 over the raw bytes of its body, in `X-Hub-Signature-256`.
//!
//! A missing or malformed header is refused before any byte of the body is read, and the body is checked chunk by chunk
//! as it comes in, so that nobody who lacks a secret makes the server hold anything. The signature covers the body
//! alone: no header, neither the event's name nor the delivery's id, can be believed for its sake. The older
//! `X-Hub-Signature` (SHA-1) is not read.
//!
//! Source: <https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries>.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::domain::authentic::Authentic;

/// The header that carries the signature.
pub const HEADER: &str = "X-Hub-Signature-256";

/// The least length of a secret, in bytes.
pub const SHORTEST_SECRET: usize = 16;

const PREFIX: &str = "sha256=";

/// The secrets that a webhook may be signed with: one, or several while one is being replaced. Never shown.
#[derive(Clone)]
pub struct Secrets(Vec<Hmac<Sha256>>);

/// Why a list of secrets cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// Without a secret, every message would have to be believed or refused.
    #[error("there is no webhook secret; give at least one")]
    None,
    /// A secret that could be guessed.
    #[error("webhook secret {number} is {length} bytes long; {SHORTEST_SECRET} are the least, and 32 random ones are good")]
    TooShort {
        /// Which of the list, counted from 1.
        number: usize,
        /// Its length in bytes.
        length: usize,
    },
}

/// Why a message is not believed. Says nothing about the secrets or the right signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The header is not there.
    #[error("there is no {HEADER} header")]
    Missing,
    /// The header is there more than once.
    #[error("there is more than one {HEADER} header")]
    Repeated,
    /// The header is something else than `sha256=` and 64 lower-case hexadecimal digits, which is what GitHub sends.
    #[error("the {HEADER} header is not 'sha256=' and 64 lower-case hexadecimal digits")]
    Malformed,
    /// None of our secrets makes this signature of this body.
    #[error("the signature is not one of ours")]
    Wrong,
}

impl Secrets {
    /// Takes the secrets as bytes, the newest first. Surrounding white space belongs to a secret.
    pub fn new<S: AsRef<[u8]>>(secrets: impl IntoIterator<Item = S>) -> Result<Self, Unusable> {
        let mut keyed = Vec::new();
        for (index, secret) in secrets.into_iter().enumerate() {
            let secret = secret.as_ref();
            if secret.len() < SHORTEST_SECRET {
                return Err(Unusable::TooShort { number: index + 1, length: secret.len() });
            }
            keyed.push(keyed_with(secret));
        }
        if keyed.is_empty() { Err(Unusable::None) } else { Ok(Self(keyed)) }
    }

    /// How many there are.
    #[expect(clippy::len_without_is_empty, reason = "there is always at least one")]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({}, redacted)", self.0.len())
    }
}

/// One message on its way in. Made from the header alone, fed with the body as it arrives, and asked at the end.
#[derive(Debug)]
#[must_use = "a message is believed only after `finish` has said so"]
pub struct Verifier {
    candidates: Secrets,
    claimed: [u8; 32],
}

impl Verifier {
    /// Looks at the header, or at all headers of this name: there must be exactly one.
    pub fn new<'a>(secrets: &Secrets, headers: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, Refusal> {
        let mut headers = headers.into_iter();
        let header = headers.next().ok_or(Refusal::Missing)?;
        if headers.next().is_some() {
            return Err(Refusal::Repeated);
        }
        let digits = header.strip_prefix(PREFIX.as_bytes()).ok_or(Refusal::Malformed)?;
        if digits.iter().any(u8::is_ascii_uppercase) {
            return Err(Refusal::Malformed);
        }
        let mut claimed = [0; 32];
        hex::decode_to_slice(digits, &mut claimed).map_err(|_| Refusal::Malformed)?;
        Ok(Self { candidates: secrets.clone(), claimed })
    }

    /// Takes the next bytes of the body, as they came.
    pub fn update(&mut self, chunk: &[u8]) {
        for candidate in &mut self.candidates.0 {
            candidate.update(chunk);
        }
    }

    /// Whether one of the secrets made this signature, and which, counted from 0 in the order in which they were given.
    /// Every secret is compared, in constant time.
    pub fn finish(self) -> Result<usize, Refusal> {
        let mut matched = None;
        for (index, candidate) in self.candidates.0.into_iter().enumerate() {
            let verdict = candidate.verify_slice(&self.claimed);
            matched = matched.or(verdict.is_ok().then_some(index));
        }
        matched.ok_or(Refusal::Wrong)
    }
}

/// A body on its way in: what is checked is what is kept.
#[derive(Debug)]
#[must_use = "a body is believed only after `finish` has said so"]
pub struct Incoming {
    verifier: Verifier,
    body: Vec<u8>,
}

impl Incoming {
    /// A body of which nothing has come yet.
    pub fn new(verifier: Verifier) -> Self {
        Self { verifier, body: Vec::new() }
    }

    /// Makes room for this many more bytes.
    pub fn reserve(&mut self, bytes: usize) {
        self.body.reserve_exact(bytes);
    }

    /// Takes the next bytes, as they came.
    pub fn push(&mut self, chunk: &[u8]) {
        self.verifier.update(chunk);
        self.body.extend_from_slice(chunk);
    }

    /// The body, if one of the secrets signed it.
    pub fn finish(self) -> Result<Verified, Refusal> {
        let secret = self.verifier.finish()?;
        Ok(Verified { body: self.body, secret })
    }
}

/// A body that one of our secrets signed. Only [`Incoming::finish`] makes it.
pub struct Verified {
    body: Vec<u8>,
    secret: usize,
}

impl Verified {
    /// Which secret signed it, counted from 0 in the order in which they were given.
    pub fn secret(&self) -> usize {
        self.secret
    }
}

/// The body is not shown: it is long, and not ours.
impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Verified({} bytes, by secret {})", self.body.len(), self.secret)
    }
}

impl Authentic for Verified {
    const SOURCE: &'static str = "github";

    fn into_body(self) -> Vec<u8> {
        self.body
    }
}

/// The header's value for a body, as GitHub would send it.
pub fn sign(secret: &[u8], body: &[u8]) -> String {
    let mut mac = keyed_with(secret);
    mac.update(body);
    format!("{PREFIX}{}", hex::encode(mac.finalize().into_bytes()))
}

fn keyed_with(secret: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(secret).expect("HMAC takes a key of any length")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECRET: &[u8] = b"It's a Secret to Everybody";
    const BODY: &[u8] = b"Hello, World!";
    const HEADER_VALUE: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    fn verify(secrets: &[&[u8]], header: &[u8], body: &[u8]) -> Result<usize, Refusal> {
        let secrets = Secrets::new(secrets).expect("long enough");
        let mut verifier = Verifier::new(&secrets, [header])?;
        verifier.update(body);
        verifier.finish()
    }

    #[test]
    fn githubs_own_example_is_believed_and_made_alike() {
        assert_eq!(sign(SECRET, BODY), HEADER_VALUE);
        assert_eq!(verify(&[SECRET], HEADER_VALUE.as_bytes(), BODY), Ok(0));
    }

    #[test]
    fn a_body_in_chunks_is_the_same_body() {
        let secrets = Secrets::new([SECRET]).expect("long enough");
        let mut verifier = Verifier::new(&secrets, [HEADER_VALUE.as_bytes()]).expect("well formed");
        BODY.chunks(3).for_each(|chunk| verifier.update(chunk));
        verifier.update(b"");
        assert_eq!(verifier.finish(), Ok(0));
    }

    #[test]
    fn what_was_checked_is_what_is_kept() {
        let secrets = Secrets::new([SECRET]).expect("long enough");
        let mut incoming = Incoming::new(Verifier::new(&secrets, [HEADER_VALUE.as_bytes()]).expect("well formed"));
        BODY.chunks(3).for_each(|chunk| incoming.push(chunk));
        let verified = incoming.finish().expect("signed");
        assert_eq!(format!("{verified:?}"), "Verified(13 bytes, by secret 0)");
        assert_eq!(verified.into_body(), BODY);
    }

    #[test]
    fn while_a_secret_is_replaced_both_are_good_and_told_apart() {
        let newer: &[u8] = b"the secret that comes after it";
        let both = [newer, SECRET];
        assert_eq!(verify(&both, HEADER_VALUE.as_bytes(), BODY), Ok(1));
        assert_eq!(verify(&both, sign(newer, BODY).as_bytes(), BODY), Ok(0));
        assert_eq!(verify(&[newer], HEADER_VALUE.as_bytes(), BODY), Err(Refusal::Wrong));
    }

    #[test]
    fn a_header_that_is_missing_repeated_or_malformed_is_refused_before_the_body() {
        let secrets = Secrets::new([SECRET]).expect("long enough");
        let refusal = |headers: &[&[u8]]| Verifier::new(&secrets, headers.iter().copied()).err();
        assert_eq!(refusal(&[]), Some(Refusal::Missing));
        assert_eq!(refusal(&[HEADER_VALUE.as_bytes(); 2]), Some(Refusal::Repeated));
        let upper = HEADER_VALUE.replace("757107ea", "757107EA");
        let sha1 = format!("sha1={}", &HEADER_VALUE["sha256=".len()..]);
        let long = format!("{HEADER_VALUE}00");
        let spaced = format!(" {HEADER_VALUE}");
        let not_hex = HEADER_VALUE.replace("75", "7g");
        for header in ["", "sha256=", &upper, &sha1, &long, &spaced, &not_hex, &HEADER_VALUE[..70], "SHA256=00", "sha256=é"] {
            assert_eq!(refusal(&[header.as_bytes()]), Some(Refusal::Malformed), "{header:?}");
        }
    }

    #[test]
    fn no_secret_or_a_short_one_is_refused_and_none_is_ever_shown() {
        assert_eq!(Secrets::new::<&[u8]>([]).err(), Some(Unusable::None));
        let lengths = Secrets::new([SECRET, b"fifteen bytes.."]).err();
        assert_eq!(lengths, Some(Unusable::TooShort { number: 2, length: 15 }));
        let shown = format!("{:?}", Secrets::new([SECRET]).expect("long enough"));
        assert_eq!(shown, "Secrets(1, redacted)");
    }

    #[derive(Debug, Clone)]
    enum Mutation {
        FlipBody(usize, u8),
        FlipHeader(usize, u8),
        CutBody(usize),
        CutHeader(usize),
        Append(Vec<u8>),
        Prepend(Vec<u8>),
        Secret(Vec<u8>),
    }

    fn mutation() -> impl Strategy<Value = Mutation> {
        let some_bytes = || prop::collection::vec(any::<u8>(), 1..8);
        prop_oneof![
            (any::<usize>(), 0..8u8).prop_map(|(at, bit)| Mutation::FlipBody(at, bit)),
            (any::<usize>(), 0..8u8).prop_map(|(at, bit)| Mutation::FlipHeader(at, bit)),
            any::<usize>().prop_map(Mutation::CutBody),
            any::<usize>().prop_map(Mutation::CutHeader),
            some_bytes().prop_map(Mutation::Append),
            some_bytes().prop_map(Mutation::Prepend),
            prop::collection::vec(any::<u8>(), 16..64).prop_map(Mutation::Secret),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(10_000) })]

        #[test]
        fn no_mutation_of_a_signed_message_is_believed(body in prop::collection::vec(any::<u8>(), 1..200), mutation in mutation()) {
            let (mut header, mut changed, mut secret) = (sign(SECRET, &body).into_bytes(), body.clone(), SECRET.to_vec());
            match mutation {
                Mutation::FlipBody(at, bit) => changed[at % body.len()] ^= 1 << bit,
                Mutation::FlipHeader(at, bit) => { let at = at % header.len(); header[at] ^= 1 << bit; }
                Mutation::CutBody(at) => changed.truncate(at % body.len()),
                Mutation::CutHeader(at) => { let at = at % header.len(); header.truncate(at); }
                Mutation::Append(bytes) => changed.extend(bytes),
                Mutation::Prepend(bytes) => changed = [bytes, changed].concat(),
                Mutation::Secret(other) => secret = other,
            }
            prop_assert!(verify(&[&secret], &header, &changed).is_err());
        }
    }
}
