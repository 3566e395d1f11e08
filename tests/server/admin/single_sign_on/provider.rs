//! A small OpenID provider: it signs in the person that a test names, and lies as the test tells it to.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use milguard::server::{OidcOptions, RoleMap, Secret, SignInOptions, SignInSource};
use ring::{
    hmac,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;

pub(super) const CLIENT: &str = "milguard";
const SECRET: &str = "the client's secret + more";

/// The signature of an ID token.
#[derive(Clone, Copy, Debug)]
pub(super) enum Signing {
    /// A valid signature.
    Key,
    /// A signature by a key that is not published, under the name of a published key.
    ForeignKey,
    /// A signature by a key whose name is not published.
    UnknownKey,
    /// The algorithm `none`, with an empty signature.
    None,
    /// The algorithm `HS256`, with the public key as the secret.
    Hmac,
}

/// The provider's next answers.
#[derive(Clone, Debug)]
pub(super) struct Says {
    /// Members of the ID token that are changed; null leaves one out.
    pub(super) claims: Value,
    /// Members of the token's header that differ.
    pub(super) header: Value,
    pub(super) signing: Signing,
    /// The answer of the user-info endpoint.
    pub(super) userinfo: Value,
    /// An answer instead of tokens.
    pub(super) refuses: Option<(u16, &'static str)>,
    /// The provider's name for itself in the answer that the browser brings.
    pub(super) issuer_parameter: Option<&'static str>,
}

impl Default for Says {
    fn default() -> Self {
        Self {
            claims: json!({}),
            header: json!({}),
            signing: Signing::Key,
            userinfo: json!({}),
            refuses: None,
            issuer_parameter: None,
        }
    }
}

pub(super) struct Provider {
    pub(super) issuer: String,
    state: Arc<Mutex<State>>,
}

struct State {
    address: SocketAddr,
    says: Says,
    key: EcdsaKeyPair,
    kid: String,
    /// The parameters that belong to each code.
    codes: BTreeMap<String, BTreeMap<String, String>>,
    metadata: Value,
    requests: Vec<String>,
}

impl Provider {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let issuer = format!("http://{address}");
        let state = Arc::new(Mutex::new(State {
            address,
            says: Says::default(),
            key: new_key(),
            kid: "first".to_owned(),
            codes: BTreeMap::new(),
            metadata: json!({}),
            requests: Vec::new(),
        }));
        let shared = Arc::clone(&state);
        // The thread ends with the process, because nothing can stop code that waits for a
        // connection.
        thread::spawn(move || {
            for stream in listener.incoming() {
                let state = Arc::clone(&shared);
                thread::spawn(move || stream.map(|stream| serve(&stream, &state)));
            }
        });
        Self { issuer, state }
    }

    /// The options by which a server uses this provider.
    pub(super) fn options(&self) -> SignInOptions {
        let group = |name: &str| vec![name.to_owned()];
        SignInOptions {
            passwords: true,
            source: Some(SignInSource::Oidc(OidcOptions {
                issuer: self.issuer.clone(),
                client_id: CLIENT.to_owned(),
                client_secret: Some(Secret::new(SECRET)),
                name: "the Ministry".to_owned(),
                ca: None,
                scopes: group("profile"),
                user_claim: "preferred_username".to_owned(),
                groups_claim: "groups".to_owned(),
            })),
            roles: RoleMap {
                admin: group("mail-admins"),
                analyst: group("soc"),
                viewer: group("staff"),
                within: [
                    "navy-admins=admin:navy",
                    "fleet-soc=analyst:fleet",
                    "navy-soc=analyst:navy",
                ]
                .map(|entry| entry.parse().unwrap())
                .to_vec(),
            },
        }
    }

    pub(super) fn says(&self, says: Says) {
        self.state.lock().unwrap().says = says;
    }

    /// Makes true statements about a person.
    pub(super) fn knows(&self, subject: &str, name: &str, groups: &[&str]) {
        let claims = json!({ "sub": subject, "preferred_username": name, "groups": groups });
        self.says(Says { claims, ..Says::default() });
    }

    /// Changes the provider's statements about itself.
    pub(super) fn describes_itself(&self, metadata: Value) {
        self.state.lock().unwrap().metadata = metadata;
    }

    /// Signs with a new key from now on; the old one is no longer published.
    pub(super) fn rotate(&self) {
        let mut state = self.state.lock().unwrap();
        state.key = new_key();
        state.kid = format!("{}-next", state.kid);
    }

    /// How often a path was asked for.
    pub(super) fn count(&self, path: &str) -> usize {
        self.state.lock().unwrap().requests.iter().filter(|it| *it == path).count()
    }

    /// The address to which the browser returns after the person has signed in.
    pub(super) fn answer(&self, location: &str) -> String {
        let url = Url::parse(location).unwrap();
        let asked: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
        assert_eq!(format!("{}/authorize", self.issuer), location.split('?').next().unwrap());
        for (name, value) in [
            ("response_type", "code"),
            ("client_id", CLIENT),
            ("scope", "openid profile"),
            ("code_challenge_method", "S256"),
        ] {
            assert_eq!(asked[name], value, "{name}");
        }
        let back = Url::parse(&asked["redirect_uri"]).unwrap();
        assert_eq!((back.scheme(), back.path()), ("https", "/admin/sign-in/oidc/callback"));
        let mut state = self.state.lock().unwrap();
        let code = format!("code-{}", state.codes.len());
        let issuer = state.says.issuer_parameter;
        let issuer = issuer.map_or_else(String::new, |issuer| format!("&iss={issuer}"));
        let query = format!("code={code}&state={}{issuer}", asked["state"]);
        state.codes.insert(code, asked);
        format!("{}?{query}", back.path())
    }
}

fn new_key() -> EcdsaKeyPair {
    let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
    let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap()
}

fn serve(stream: &TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    if reader.read_line(&mut line).is_err() {
        return;
    }
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let (status, text) = {
        let mut state = state.lock().unwrap();
        state.requests.push(path.clone());
        state.respond(&path, &headers, &body)
    };
    let response = format!(
        "HTTP/1.1 {status} x\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{text}",
        text.len()
    );
    let _ = { stream }.write_all(response.as_bytes());
}

impl State {
    fn respond(
        &mut self,
        path: &str,
        headers: &BTreeMap<String, String>,
        body: &[u8],
    ) -> (u16, String) {
        match path {
            "/.well-known/openid-configuration" => {
                let base = format!("http://{}", self.address);
                let own = json!({
                    "issuer": base,
                    "authorization_endpoint": format!("{base}/authorize"),
                    "token_endpoint": format!("{base}/token"),
                    "jwks_uri": format!("{base}/keys"),
                    "userinfo_endpoint": format!("{base}/me"),
                    "end_session_endpoint": format!("{base}/leave?from=here"),
                });
                (200, merged(own, &self.metadata).to_string())
            }
            "/keys" => (200, self.keys().to_string()),
            "/me" if headers.get("authorization").map(String::as_str) == Some("Bearer access") => {
                (200, self.says.userinfo.to_string())
            }
            "/token" => match self.says.refuses {
                Some((status, text)) => (status, text.to_owned()),
                None => self.token(headers, body),
            },
            _ => (404, String::new()),
        }
    }

    fn keys(&self) -> Value {
        let point = self.key.public_key().as_ref();
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        json!({ "keys": [
            { "kty": "oct", "kid": "symmetric", "k": encode(point) },
            { "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.kid,
              "x": encode(&point[1..33]), "y": encode(&point[33..]) },
        ] })
    }

    fn token(&mut self, headers: &BTreeMap<String, String>, body: &[u8]) -> (u16, String) {
        let form: BTreeMap<String, String> = form_urlencoded::parse(body).into_owned().collect();
        let pair = STANDARD.encode(format!("{CLIENT}:the+client%27s+secret+%2B+more"));
        assert_eq!(headers["authorization"], format!("Basic {pair}"));
        assert!(!form.contains_key("client_secret"));
        // A code works once.
        let Some(asked) = self.codes.remove(&form["code"]) else {
            return (400, json!({ "error": "invalid_grant" }).to_string());
        };
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&form["code_verifier"]));
        assert_eq!(challenge, asked["code_challenge"]);
        assert_eq!(form["redirect_uri"], asked["redirect_uri"]);
        assert_eq!(form["grant_type"], "authorization_code");
        let now = jiff::Timestamp::now().as_second();
        let right = json!({
            "iss": format!("http://{}", self.address), "aud": CLIENT, "sub": "1",
            "exp": now + 300, "iat": now, "auth_time": now, "nonce": asked["nonce"],
        });
        let token = self.sign(&merged(right, &self.says.claims));
        let tokens = json!({ "access_token": "access", "token_type": "Bearer", "id_token": token });
        (200, tokens.to_string())
    }

    fn sign(&self, claims: &Value) -> String {
        let (algorithm, kid) = match self.says.signing {
            Signing::Key | Signing::ForeignKey => ("ES256", self.kid.clone()),
            Signing::UnknownKey => ("ES256", "unknown".to_owned()),
            Signing::None => ("none", self.kid.clone()),
            Signing::Hmac => ("HS256", self.kid.clone()),
        };
        let header = merged(json!({ "alg": algorithm, "kid": kid }), &self.says.header);
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encode(&header), encode(claims));
        let by = |key: &EcdsaKeyPair| {
            key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap().as_ref().to_vec()
        };
        let signature = match self.says.signing {
            Signing::Key => by(&self.key),
            Signing::ForeignKey | Signing::UnknownKey => by(&new_key()),
            Signing::None => Vec::new(),
            Signing::Hmac => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, self.key.public_key().as_ref());
                hmac::sign(&key, signed.as_bytes()).as_ref().to_vec()
            }
        };
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// The members of both values; null in `other` removes a member.
fn merged(mut value: Value, other: &Value) -> Value {
    let members = value.as_object_mut().unwrap();
    for (name, value) in other.as_object().unwrap() {
        members.insert(name.clone(), value.clone());
    }
    members.retain(|_, value| !value.is_null());
    value
}
