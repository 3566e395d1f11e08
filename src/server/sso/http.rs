//! Requests to a provider, and the reading of its answers.

use std::{fmt::Display, path::Path, time::Duration};

use serde::Deserialize;
use ureq::{Agent, Body, http};

use super::Refusal;
use crate::client::{TrustError, agent};

/// The limit for one request. A sign-in makes up to five, which together must take less than a request to this
/// server may.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The largest answer. Metadata, key sets and tokens are a few KiB.
const MAX_ANSWER: u64 = 1 << 20;

#[derive(Debug)]
pub(super) struct Http(Agent);

impl Http {
    /// Trusts the system's authorities, and those in the file `ca` (PEM).
    ///
    /// # Errors
    ///
    /// If the file cannot be used.
    pub(super) fn new(ca: Option<&Path>) -> Result<Self, TrustError> {
        Ok(Self(agent(ca, TIMEOUT)?))
    }

    /// The document at an address, fetched with an access token if there is one.
    ///
    /// # Errors
    ///
    /// [`Refusal::Provider`], as for all functions below.
    pub(super) fn get(&self, url: &str, token: Option<&str>) -> Result<Vec<u8>, Refusal> {
        let mut request = self.0.get(url).header("Accept", "application/json");
        if let Some(token) = token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        let (status, body) = read(request.call(), url)?;
        if status == 200 {
            Ok(body)
        } else {
            Err(unavailable(url, &format!("it answers {status}")))
        }
    }

    /// The answer to a form, whatever its status.
    pub(super) fn post(
        &self,
        url: &str,
        authorization: Option<String>,
        form: Vec<(&str, &str)>,
    ) -> Result<(u16, Vec<u8>), Refusal> {
        let mut request = self.0.post(url).header("Accept", "application/json");
        if let Some(authorization) = authorization {
            request = request.header("Authorization", authorization);
        }
        read(request.send_form(form), url)
    }
}

/// Reads JSON.
pub(super) fn parse<T: for<'de> Deserialize<'de>>(bytes: &[u8], url: &str) -> Result<T, Refusal> {
    // The error's own text would quote a token.
    serde_json::from_slice(bytes)
        .map_err(|_| unavailable(url, &"its answer is not the JSON that the standards ask for"))
}

/// What the log says about a provider.
pub(super) fn unavailable(url: &str, what: &dyn Display) -> Refusal {
    Refusal::Provider(format!("{url}: {what}"))
}

fn read(
    answer: Result<http::Response<Body>, ureq::Error>,
    url: &str,
) -> Result<(u16, Vec<u8>), Refusal> {
    let answer = answer.map_err(|error| unavailable(url, &error))?;
    let status = answer.status().as_u16();
    let mut body = answer.into_body();
    let bytes = body.with_config().limit(MAX_ANSWER).read_to_vec();
    Ok((status, bytes.map_err(|error| unavailable(url, &error))?))
}
