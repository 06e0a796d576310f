//! Decodes a token to its payload's bytes, checking structure, header, algorithm and signature in that order.

use std::mem::MaybeUninit;

use memchr::{memchr, memrchr};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::header::Header;
use super::json::Strict;
use crate::base64url;
use crate::error::{Error, Malformed};
use crate::key::{Algorithm, KeyRing, twin_signature};
use crate::time::Timestamp;

/// Room for the payload of almost every token, on the stack.
const STACK_BUFFER: usize = 1024;
/// Room for every signature up to RSA with 8192 bits, on the stack.
const MAX_SIGNATURE: usize = 1024;

/// The buffer that a payload is decoded into. A large payload goes to the heap.
pub(crate) struct PayloadBuffer {
    stack: [MaybeUninit<u8>; STACK_BUFFER],
    heap: Vec<MaybeUninit<u8>>,
}

impl PayloadBuffer {
    pub(crate) fn new() -> Self {
        Self { stack: [MaybeUninit::uninit(); STACK_BUFFER], heap: Vec::new() }
    }

    fn room(&mut self, length: usize) -> &mut [MaybeUninit<u8>] {
        if length <= STACK_BUFFER {
            return &mut self.stack;
        }
        self.heap.resize(length, MaybeUninit::uninit());
        &mut self.heap
    }
}

/// The payload of a token whose signature is valid.
pub(crate) struct Opened<'b> {
    pub(crate) payload: &'b [u8],
    /// When the key that signed the token stops being trusted.
    pub(crate) key_retires_at: Option<Timestamp>,
}

/// Verifies a token's signature. The payload is not parsed before that.
pub(crate) fn open<'b>(
    keys: &KeyRing,
    token: &[u8],
    now: Timestamp,
    buffer: &'b mut PayloadBuffer,
) -> Result<Opened<'b>, Error> {
    let segments = Segments::of(token)?;
    let header_bytes;
    let (algorithm, kid) = match keys.known_header(segments.header) {
        Some((algorithm, kid)) => (algorithm, kid.map(Into::into)),
        None => {
            header_bytes = base64url::decode_to_vec(segments.header).ok_or(Malformed::Base64)?;
            let header = parse_header(&header_bytes)?;
            let algorithm = header.alg.parse().ok().filter(|alg| keys.has_algorithm(*alg));
            (algorithm.ok_or(Error::AlgorithmNotAllowed)?, header.kid)
        }
    };
    let mut signature = [MaybeUninit::uninit(); MAX_SIGNATURE];
    if base64url::decoded_length(segments.signature.len()) > MAX_SIGNATURE {
        return Err(Malformed::Signature.into());
    }
    let signature =
        base64url::decode(segments.signature, &mut signature).ok_or(Malformed::Base64)?;
    let room = buffer.room(base64url::decoded_length(segments.payload.len()));
    let payload = base64url::decode(segments.payload, room).ok_or(Malformed::Base64)?;

    let key = keys.signer_of(algorithm, kid.as_deref(), segments.signed, signature, now);
    let key_retires_at = key.ok_or(Error::InvalidSignature)?.retires_at();
    Ok(Opened { payload, key_retires_at })
}

/// Verifies a token's signature with the ring's keys and returns the payload's bytes, which need not
/// be JSON: JWS (RFC 7515) without the claims of JWT.
///
/// ```
/// use authx::{Algorithm, Key, KeyRing, Timestamp};
/// use authx::token::verify_signature;
///
/// // The payload is "hello", and the signature was not made with this key.
/// let ring = KeyRing::new([Key::from_weak_secret(Algorithm::Hs256, "secret")?])?;
/// let token = "eyJhbGciOiJIUzI1NiJ9.aGVsbG8.AAAA";
/// assert!(verify_signature(&ring, token, Timestamp::MIN).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`Error::Malformed`], [`Error::AlgorithmNotAllowed`] or [`Error::InvalidSignature`].
pub fn verify_signature(keys: &KeyRing, token: &str, now: Timestamp) -> Result<Vec<u8>, Error> {
    let mut buffer = PayloadBuffer::new();
    open(keys, token.as_bytes(), now, &mut buffer).map(|opened| opened.payload.to_vec())
}

/// The other token that verifies wherever `token` does, if its algorithm is malleable (ECDSA).
/// `token`'s signature must have been verified.
pub(crate) fn twin(token: &str) -> Option<String> {
    let segments = Segments::of(token.as_bytes()).ok()?;
    let header_bytes = base64url::decode_to_vec(segments.header)?;
    let algorithm = parse_header(&header_bytes).ok()?.alg.parse::<Algorithm>().ok()?;
    let signature = base64url::decode_to_vec(segments.signature)?;
    let mut other = token[..=segments.signed.len()].to_owned();
    base64url::encode_into(&twin_signature(algorithm, &signature)?, &mut other);
    Some(other)
}

/// The header fields that a token which replaces this one takes over: `typ`, and `kid` where the same key signs both.
/// The token's signature must have been verified.
pub(crate) fn header_to_keep(keys: &KeyRing, token: &str) -> Map<String, Value> {
    let mut kept = Map::new();
    let Ok(segments) = Segments::of(token.as_bytes()) else { return kept };
    let parse = |bytes: Vec<u8>| serde_json::from_slice::<Map<String, Value>>(&bytes).ok();
    let Some(mut header) = base64url::decode_to_vec(segments.header).and_then(parse) else {
        return kept;
    };
    let signature = base64url::decode_to_vec(segments.signature).unwrap_or_default();
    let signer = keys.signer();
    if let Some(typ) = header.remove("typ") {
        kept.insert("typ".to_owned(), typ);
    }
    if let Some(kid) = header.remove("kid")
        && signer.kid().is_none()
        && signer.verify(segments.signed, &signature)
    {
        kept.insert("kid".to_owned(), kid);
    }
    kept
}

/// The payload's bytes of a token whose signature held.
pub(crate) fn payload_of(token: &str) -> Result<Vec<u8>, Error> {
    let segments = Segments::of(token.as_bytes())?;
    base64url::decode_to_vec(segments.payload).ok_or_else(|| Malformed::Base64.into())
}

/// The header of a token as JSON, without verification: for inspection, never for a decision.
///
/// # Errors
///
/// [`Error::Malformed`] where the string is no token.
pub fn decode_unverified_header(token: &str) -> Result<Box<RawValue>, Error> {
    let segments = Segments::of(token.as_bytes())?;
    json_object(segments.header, Malformed::Header)
}

/// The claims of a token as JSON, without verification: for inspection, never for a decision.
///
/// # Errors
///
/// [`Error::Malformed`] where the string is no token.
pub fn decode_unverified_payload(token: &str) -> Result<Box<RawValue>, Error> {
    let segments = Segments::of(token.as_bytes())?;
    json_object(segments.payload, Malformed::Payload)
}

/// The three segments of a compact JWS (RFC 7515 section 7.1).
struct Segments<'t> {
    header: &'t [u8],
    payload: &'t [u8],
    signature: &'t [u8],
    /// Header, dot and payload: the bytes that are signed.
    signed: &'t [u8],
}

impl<'t> Segments<'t> {
    fn of(token: &'t [u8]) -> Result<Self, Malformed> {
        let first = memchr(b'.', token).ok_or(Malformed::Segments)?;
        let last = memrchr(b'.', token).filter(|last| *last > first).ok_or(Malformed::Segments)?;
        // With a fourth segment, the payload contains a dot, which is not valid base64url.
        Ok(Self {
            header: &token[..first],
            payload: &token[first + 1..last],
            signature: &token[last + 1..],
            signed: &token[..last],
        })
    }
}

fn parse_header(bytes: &[u8]) -> Result<Header<'_>, Malformed> {
    let json = std::str::from_utf8(bytes).map_err(|_| Malformed::Header)?;
    serde_json::from_str(json).map_err(|_| Malformed::Header)
}

/// A payload's claims, or `None` if it is no JSON object, or a key occurs twice in any object of it.
pub(crate) fn strict_object(payload: &[u8]) -> Option<Map<String, Value>> {
    serde_json::from_slice::<Strict>(payload).ok()?;
    serde_json::from_slice(payload).ok()
}

fn json_object(segment: &[u8], malformed: Malformed) -> Result<Box<RawValue>, Error> {
    let bytes = base64url::decode_to_vec(segment).ok_or(Malformed::Base64)?;
    serde_json::from_slice::<Strict>(&bytes)
        .and_then(|_| serde_json::from_slice::<Box<RawValue>>(&bytes))
        .ok()
        .filter(|value| value.get().starts_with('{'))
        .ok_or_else(|| malformed.into())
}
