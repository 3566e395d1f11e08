//! Compressed bodies of files: made once, so that no request waits for the compression.

use std::io::Write;

use axum::{
    body::Bytes,
    http::{HeaderMap, header},
};
use brotli::{CompressorWriter, enc::BrotliEncoderParams};
use flate2::{Compression, write::GzEncoder};

/// Brotli's quality, of 0 to 11: the last two steps take ten times as long and gain a few percent.
const BROTLI_QUALITY: i32 = 9;

/// The encoding of a body in a response.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Encoding {
    Brotli,
    Gzip,
    Identity,
}

impl Encoding {
    pub(super) const ALL: [Self; 3] = [Self::Brotli, Self::Gzip, Self::Identity];

    /// The name in `Content-Encoding`.
    pub(crate) fn name(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
            Self::Identity => None,
        }
    }
}

/// A body in each encoding that makes it smaller.
#[derive(Debug)]
pub(crate) struct Packed {
    brotli: Option<Bytes>,
    gzip: Option<Bytes>,
}

impl Packed {
    /// `made` is the body that Brotli compressed earlier, if there is one.
    pub(crate) fn new(body: &[u8], made: Option<&Bytes>) -> Self {
        let worth_it = |packed: Vec<u8>| {
            (!packed.is_empty() && packed.len() < body.len() / 10 * 9).then(|| packed.into())
        };
        let brotli = made.cloned().or_else(|| worth_it(brotli(body)));
        Self { brotli, gzip: worth_it(gzip(body)) }
    }

    pub(crate) fn get(&self, encoding: Encoding) -> Option<Bytes> {
        match encoding {
            Encoding::Brotli => self.brotli.clone(),
            Encoding::Gzip => self.gzip.clone(),
            Encoding::Identity => None,
        }
    }
}

fn brotli(body: &[u8]) -> Vec<u8> {
    let params = BrotliEncoderParams {
        quality: BROTLI_QUALITY,
        size_hint: body.len(),
        ..BrotliEncoderParams::default()
    };
    let mut out = Vec::new();
    let mut writer = CompressorWriter::with_params(&mut out, 1 << 16, &params);
    // Writing to memory should not fail; if it does, the server sends the body uncompressed.
    let is_whole = writer.write_all(body).is_ok();
    drop(writer);
    if is_whole { out } else { Vec::new() }
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut writer = GzEncoder::new(Vec::new(), Compression::best());
    writer.write_all(body).and_then(|()| writer.finish()).unwrap_or_default()
}

/// The encodings that a request accepts (RFC 9110 §12.5.3), the smallest first and uncompressed
/// last.
pub(super) fn accepted(headers: &HeaderMap) -> impl Iterator<Item = Encoding> {
    let (mut brotli, mut gzip) = (false, false);
    for list in headers.get_all(header::ACCEPT_ENCODING) {
        for entry in list.to_str().unwrap_or_default().split(',') {
            let (name, parameters) = entry.split_once(';').unwrap_or((entry, ""));
            let quality = parameters.trim().strip_prefix("q=").unwrap_or("1");
            let is_wanted = quality.parse().is_ok_and(|quality: f32| quality > 0.0);
            match name.trim() {
                "br" => brotli = is_wanted,
                "gzip" => gzip = is_wanted,
                _ => {}
            }
        }
    }
    let wanted = [(brotli, Encoding::Brotli), (gzip, Encoding::Gzip), (true, Encoding::Identity)];
    wanted.into_iter().filter_map(|(is_wanted, encoding)| is_wanted.then_some(encoding))
}
