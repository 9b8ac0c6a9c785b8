//! A running service, as commands ask it: with the token of `FUNDWATCH_TOKEN`, if there is one, and by TLS where its
//! address is `https://`.
//!
//! Whose certificates are believed is said with `--ca`: a service inside an office has a certificate of the office's
//! own authority, and nobody else's is to be believed for it.

mod tls;

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;
use ureq::{Agent, Body, RequestBuilder, http::Response};

use crate::args::{ServiceArgs, TlsArgs};
use crate::error::Error;

/// A running service.
pub struct Remote {
    at: String,
    agent: Agent,
    token: Option<String>,
}

impl Remote {
    /// The service that the arguments name; the token is that of the environment.
    ///
    /// # Errors
    /// An address that is none, files that are no certificates or keys.
    pub fn open(service: &ServiceArgs) -> Result<Remote, Error> {
        Remote::with(&service.at, &service.tls, std::env::var("FUNDWATCH_TOKEN").ok(), None)
    }

    /// The service at this address; who asks has this token, and waits so long for an answer.
    ///
    /// # Errors
    /// As [`Remote::open`].
    pub fn with(
        at: &str,
        tls: &TlsArgs,
        token: Option<String>,
        patience: Option<Duration>,
    ) -> Result<Remote, Error> {
        let at = at.trim_end_matches('/').to_owned();
        let config = Agent::config_builder().timeout_global(patience).http_status_as_error(false);
        let config = match tls::config(&at, tls)? {
            Some(tls) => config.tls_config(tls),
            None => config,
        };
        Ok(Remote { at, agent: config.build().into(), token: token.filter(|token| !token.is_empty()) })
    }

    /// Its address.
    pub fn at(&self) -> &str {
        &self.at
    }

    fn failed(&self, error: &ureq::Error) -> Error {
        match tls::why(error, &self.at) {
            Some(why) => Error::arguments(format!("{}: {why}", self.at)),
            None => Error::arguments(format!(
                "{}: {error}; is the service running, and is this its address?",
                self.at
            )),
        }
    }

    fn authorized<B>(&self, request: RequestBuilder<B>) -> RequestBuilder<B> {
        match &self.token {
            Some(token) => request.header("Authorization", format!("Bearer {token}")),
            None => request,
        }
    }

    /// Asks for something.
    ///
    /// # Errors
    /// It does not answer, or refuses and says why.
    pub fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        self.answer(self.authorized(self.agent.get(format!("{}{path}", self.at))).call())
    }

    /// Has something done.
    ///
    /// # Errors
    /// It does not answer, or refuses and says why.
    pub fn post<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, Error> {
        self.answer(self.authorized(self.agent.post(format!("{}{path}", self.at))).send_json(body))
    }

    /// Hands in changes as they are.
    ///
    /// # Errors
    /// It does not answer, or refuses and says why.
    pub fn hand_in<T: DeserializeOwned>(&self, changes: &[u8]) -> Result<T, Error> {
        self.answer(self.authorized(self.agent.post(format!("{}/v1/changes", self.at))).send(changes))
    }

    /// Asks for something; gives the status and the body as text.
    ///
    /// # Errors
    /// It does not answer.
    pub fn text(&self, path: &str) -> Result<(u16, String), Error> {
        let asked = self.authorized(self.agent.get(format!("{}{path}", self.at)));
        let mut answer = asked.call().map_err(|error| self.failed(&error))?;
        let status = answer.status().as_u16();
        Ok((status, answer.body_mut().read_to_string().map_err(|error| self.failed(&error))?))
    }

    fn answer<T: DeserializeOwned>(&self, answer: Result<Response<Body>, ureq::Error>) -> Result<T, Error> {
        let answer = answer.map_err(|error| self.failed(&error))?;
        let status = answer.status();
        let mut body = answer.into_body();
        let body: Value =
            body.with_config().limit(ANSWER_BYTES_MAX).read_json().map_err(|error| self.failed(&error))?;
        if !status.is_success() {
            let [title, detail] = ["title", "detail"].map(|name| body[name].as_str().unwrap_or_default());
            let hint = if status.as_u16() == 401 && self.token.is_none() {
                "; FUNDWATCH_TOKEN names you"
            } else {
                ""
            };
            return Err(Error::arguments(format!("{}: {title}: {detail}{hint}", self.at)));
        }
        serde_json::from_value(body)
            .map_err(|error| Error::arguments(format!("{}: the answer is not understood: {error}", self.at)))
    }
}

/// Bytes of an answer at the most: a page of rejects ends with the one that brings it to 1 MiB, and one may be as long.
const ANSWER_BYTES_MAX: u64 = 256 << 20;
