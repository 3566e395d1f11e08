//! The requests to an OpenID provider: its metadata, its keys, and codes for tokens.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use tokio::{sync::Semaphore, task::spawn_blocking};
use url::Url;

use super::{
    OidcOptions, Refusal,
    claims::{self, Claims},
    http::{self, Http},
    keys::Keys,
    metadata::Metadata,
    token::{self, Expected, Token},
};
use crate::{client::TrustError, server::limits::Rates};

/// How long metadata and keys are kept. The server may believe a withdrawn key for this long.
const FRESH: Duration = Duration::from_hours(1);

/// The server fetches the keys at most this often in a minute. Without a limit, each token that
/// names an unknown key would cause a request to the provider.
const KEY_FETCHES_PER_MINUTE: u32 = 6;

/// The most sign-ins that talk to the provider at a time; others wait.
const PLACES: usize = 8;

/// A provider, with its metadata and keys.
#[derive(Debug)]
pub(crate) struct Provider {
    options: OidcOptions,
    http: Http,
    /// The address to which the provider sends people back.
    redirect_uri: String,
    /// The address to which the provider sends people after they have signed out.
    signed_out_uri: String,
    places: Arc<Semaphore>,
    metadata: Mutex<Option<Known<Metadata>>>,
    keys: Mutex<Option<Known<Keys>>>,
    key_fetches: Rates,
}

/// Fetched values, and the time of the request.
#[derive(Debug)]
struct Known<T> {
    at: Instant,
    value: Arc<T>,
}

impl<T> Known<T> {
    fn fresh(known: &Mutex<Option<Self>>) -> Option<Arc<T>> {
        let known = known.lock().unwrap_or_else(PoisonError::into_inner);
        known.as_ref().filter(|it| it.at.elapsed() < FRESH).map(|it| Arc::clone(&it.value))
    }

    fn keep(known: &Mutex<Option<Self>>, value: T) -> Arc<T> {
        let value = Arc::new(value);
        let kept = Self { at: Instant::now(), value: Arc::clone(&value) };
        *known.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
        value
    }
}

/// The values that a browser brings back from the provider, and those with which this server sent
/// it there.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) code: String,
    /// The issuer that the answer names (RFC 9207).
    pub(crate) issuer: Option<String>,
    pub(crate) nonce: String,
    pub(crate) verifier: String,
    /// Seconds since 1970.
    pub(crate) now: i64,
    /// The earliest time at which the person must have signed in.
    pub(crate) signed_in_since: Option<i64>,
}

/// The person who has signed in.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    /// Unique at the provider, and never given to somebody else.
    pub(crate) subject: String,
    /// The names that the account may get, the best first.
    pub(crate) names: Vec<String>,
    pub(crate) groups: Vec<String>,
    /// When the person has last signed in at the provider, in seconds since 1970, if the provider
    /// says so.
    pub(crate) signed_in_at: Option<i64>,
    /// The ID token, for signing out.
    pub(crate) id_token: String,
}

/// The values with which a browser is sent to the provider.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question<'a> {
    pub(crate) state: &'a str,
    pub(crate) nonce: &'a str,
    pub(crate) challenge: &'a str,
    /// Whether the person has to sign in now, even if already signed in.
    pub(crate) anew: bool,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: Option<String>,
    access_token: Option<String>,
}

#[derive(Deserialize)]
struct TokenError {
    error: String,
}

impl Provider {
    /// A provider that the server has not asked anything yet. `base` is the address at which
    /// browsers reach this server.
    ///
    /// # Errors
    ///
    /// If the file with the authorities for the provider cannot be used.
    pub(crate) fn new(options: OidcOptions, base: &str) -> Result<Self, TrustError> {
        Ok(Self {
            http: Http::new(options.ca.as_deref())?,
            options,
            redirect_uri: format!("{base}/admin/sign-in/oidc/callback"),
            signed_out_uri: format!("{base}/admin/signed-out"),
            places: Arc::new(Semaphore::new(PLACES)),
            metadata: Mutex::default(),
            keys: Mutex::default(),
            key_fetches: Rates::new(KEY_FETCHES_PER_MINUTE),
        })
    }

    /// The provider's own name for itself.
    pub(crate) fn issuer(&self) -> &str {
        &self.options.issuer
    }

    /// The name of the provider, for people.
    pub(crate) fn name(&self) -> &str {
        &self.options.name
    }

    /// The address to send a browser to.
    ///
    /// # Errors
    ///
    /// [`Refusal::Provider`].
    pub(crate) async fn address(
        self: &Arc<Self>,
        question: Question<'_>,
    ) -> Result<String, Refusal> {
        let metadata = self.metadata().await?;
        let mut url = parse(&metadata.authorization_endpoint)?;
        let mut scopes: Vec<&str> = self.options.scopes.iter().map(String::as_str).collect();
        if !scopes.contains(&"openid") {
            scopes.insert(0, "openid");
        }
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.options.client_id)
            .append_pair("redirect_uri", &self.redirect_uri)
            .append_pair("scope", &scopes.join(" "))
            .append_pair("state", question.state)
            .append_pair("nonce", question.nonce)
            .append_pair("code_challenge", question.challenge)
            .append_pair("code_challenge_method", "S256");
        if question.anew {
            url.query_pairs_mut().append_pair("prompt", "login").append_pair("max_age", "0");
        }
        Ok(url.into())
    }

    /// The address that signs the person out at the provider too; `None` if the provider has no such page.
    ///
    /// # Errors
    ///
    /// [`Refusal::Provider`].
    pub(crate) async fn sign_out(
        self: &Arc<Self>,
        id_token: Option<&str>,
    ) -> Result<Option<String>, Refusal> {
        let metadata = self.metadata().await?;
        let Some(endpoint) = &metadata.end_session_endpoint else { return Ok(None) };
        let mut url = parse(endpoint)?;
        url.query_pairs_mut()
            .append_pair("client_id", &self.options.client_id)
            .append_pair("post_logout_redirect_uri", &self.signed_out_uri);
        if let Some(token) = id_token {
            url.query_pairs_mut().append_pair("id_token_hint", token);
        }
        Ok(Some(url.into()))
    }

    /// Trades a code for tokens and finds out who has signed in.
    ///
    /// # Errors
    ///
    /// Why the answer lets nobody in; see [`Refusal`].
    pub(crate) async fn identify(self: &Arc<Self>, answer: Answer) -> Result<Identity, Refusal> {
        let metadata = self.metadata().await?;
        let is_silent = answer.issuer.is_none();
        if answer.issuer.as_ref().is_some_and(|issuer| *issuer != self.options.issuer)
            || is_silent && metadata.authorization_response_iss_parameter_supported
        {
            return Err(Refusal::Issuer);
        }
        self.beside(move |provider| provider.exchange(&metadata, &answer)).await
    }

    /// The provider's metadata, fetched if it is unknown or an hour old.
    async fn metadata(self: &Arc<Self>) -> Result<Arc<Metadata>, Refusal> {
        if let Some(metadata) = Known::fresh(&self.metadata) {
            return Ok(metadata);
        }
        self.beside(Self::discover).await.inspect_err(|refusal| {
            tracing::warn!(detail = refusal.detail(), "the sign-in provider is not available");
        })
    }

    /// Asks whether the provider can be used.
    ///
    /// # Errors
    ///
    /// [`Refusal::Provider`].
    pub(crate) async fn reach(self: &Arc<Self>) -> Result<(), Refusal> {
        self.beside(|provider| {
            let metadata = provider.discover()?;
            provider.fetch_keys(&metadata).map(drop)
        })
        .await
    }

    /// Runs a blocking request to the provider on a thread of its own.
    async fn beside<T: Send + 'static>(
        self: &Arc<Self>,
        job: impl FnOnce(&Self) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        // The semaphore is never closed, and a job does not panic.
        let failed = || Refusal::Provider("the request was not made".to_owned());
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| failed())?;
        let provider = Arc::clone(self);
        let work = spawn_blocking(move || {
            let done = job(&provider);
            // The job keeps its place to the end, even if the visitor has left meanwhile.
            drop(place);
            done
        });
        work.await.map_err(|_| failed())?
    }

    fn discover(&self) -> Result<Arc<Metadata>, Refusal> {
        let metadata = Metadata::fetch(&self.http, &self.options.issuer)?;
        Ok(Known::keep(&self.metadata, metadata))
    }

    fn exchange(&self, metadata: &Metadata, answer: &Answer) -> Result<Identity, Refusal> {
        let tokens = self.trade(metadata, answer)?;
        let id_token = tokens.id_token.ok_or(Refusal::Malformed)?;
        let mut claims = self.verify(metadata, &Token::read(&id_token)?)?;
        let expected = Expected {
            issuer: &self.options.issuer,
            client_id: &self.options.client_id,
            nonce: &answer.nonce,
            now: answer.now,
            signed_in_since: answer.signed_in_since,
        };
        token::check(&claims, &expected)?;
        // The time comes from the signed token: the claims of the user-info endpoint below carry no
        // signature.
        let signed_in_at = claims::seconds(&claims, "auth_time");
        let OidcOptions { user_claim, groups_claim, .. } = &self.options;
        let is_complete = [user_claim, groups_claim].iter().all(|it| claims::has(&claims, it));
        // Core §5.4: the claims of a scope may be only at the user-info endpoint.
        if let (false, Some(url), Some(token)) =
            (is_complete, &metadata.userinfo_endpoint, &tokens.access_token)
        {
            let more: Claims = http::parse(&self.http.get(url, Some(token))?, url)?;
            if claims::text(&more, "sub") != claims::text(&claims, "sub") {
                return Err(Refusal::OtherSubject);
            }
            for (name, value) in more {
                claims.entry(name).or_insert(value);
            }
        }
        let names = [user_claim.as_str(), "preferred_username", "email"];
        let names = names.iter().flat_map(|name| claims::texts(&claims, name)).collect();
        Ok(Identity {
            subject: claims::text(&claims, "sub").unwrap_or_default().to_owned(),
            names,
            groups: claims::texts(&claims, groups_claim),
            signed_in_at,
            id_token,
        })
    }

    /// RFC 6749 §4.1.3, with RFC 7636 §4.5.
    fn trade(&self, metadata: &Metadata, answer: &Answer) -> Result<Tokens, Refusal> {
        let url = &metadata.token_endpoint;
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", &answer.code),
            ("redirect_uri", &self.redirect_uri),
            ("code_verifier", &answer.verifier),
        ];
        let OidcOptions { client_id, client_secret, .. } = &self.options;
        let authorization = match client_secret {
            Some(secret) if metadata.takes_basic() => {
                let pair = format!("{}:{}", encode(client_id), encode(secret.expose()));
                Some(format!("Basic {}", STANDARD.encode(pair)))
            }
            secret => {
                form.push(("client_id", client_id));
                form.extend(secret.iter().map(|secret| ("client_secret", secret.expose())));
                None
            }
        };
        let (status, body) = self.http.post(url, authorization, form)?;
        if status == 200 {
            return http::parse(&body, url);
        }
        let error = serde_json::from_slice::<TokenError>(&body).map(|it| it.error);
        let plain = |word: &str| word.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_');
        match error {
            Ok(error) if error.len() < 64 && plain(&error) => Err(Refusal::Code(error)),
            _ => Err(http::unavailable(url, &format!("it answers {status}"))),
        }
    }

    /// The claims of a token. If no known key fits, the server fetches the keys again.
    fn verify(&self, metadata: &Metadata, token: &Token<'_>) -> Result<Claims, Refusal> {
        let known = Known::fresh(&self.keys);
        let known = known.map_or_else(|| self.fetch_keys(metadata), Ok)?;
        match token.verify(&known) {
            Err(refusal @ (Refusal::UnknownKey | Refusal::Signature)) => {
                if self.key_fetches.take("", Instant::now()).is_err() {
                    return Err(refusal);
                }
                token.verify(&*self.fetch_keys(metadata)?)
            }
            result => result,
        }
    }

    fn fetch_keys(&self, metadata: &Metadata) -> Result<Arc<Keys>, Refusal> {
        let url = &metadata.jwks_uri;
        let keys = Keys::read(&self.http.get(url, None)?);
        let keys =
            keys.ok_or_else(|| http::unavailable(url, &"its answer is not a set of keys"))?;
        Ok(Known::keep(&self.keys, keys))
    }
}

fn parse(url: &str) -> Result<Url, Refusal> {
    url.parse().map_err(|error| http::unavailable(url, &error))
}

/// RFC 6749 §2.3.1: both parts are encoded as a form is.
fn encode(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
