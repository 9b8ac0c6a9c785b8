//! A running service, as commands ask it: with the token of `FUNDWATCH_TOKEN`, if there is one.

use serde::de::DeserializeOwned;
use serde_json::Value;
use ureq::RequestBuilder;

use crate::error::Error;

/// A running service.
pub struct Remote<'a> {
    at: &'a str,
}

impl<'a> Remote<'a> {
    /// At this address.
    pub fn at(at: &'a str) -> Remote<'a> {
        Remote { at: at.trim_end_matches('/') }
    }

    fn failed(&self, error: impl std::fmt::Display) -> Error {
        Error::arguments(format!(
            "{}: {error}; is the service running, and is this its address (--at)?",
            self.at
        ))
    }

    /// Asks for something.
    ///
    /// # Errors
    /// It does not answer, or refuses and says why.
    pub fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        let asked = authorized(ureq::get(format!("{}{path}", self.at)));
        self.answer(asked.config().http_status_as_error(false).build().call())
    }

    /// Has something done.
    ///
    /// # Errors
    /// It does not answer, or refuses and says why.
    pub fn post<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, Error> {
        let asked = authorized(ureq::post(format!("{}{path}", self.at)));
        self.answer(asked.config().http_status_as_error(false).build().send_json(body))
    }

    fn answer<T: DeserializeOwned>(
        &self,
        answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<T, Error> {
        let answer = answer.map_err(|error| self.failed(error))?;
        let is_done = answer.status().is_success();
        let body: Value = answer.into_body().read_json().map_err(|error| self.failed(error))?;
        if !is_done {
            let [title, detail] = ["title", "detail"].map(|name| body[name].as_str().unwrap_or_default());
            return Err(Error::arguments(format!("{title}: {detail}")));
        }
        serde_json::from_value(body).map_err(|error| self.failed(error))
    }
}

/// A request with the token of the environment.
pub(crate) fn authorized<B>(request: RequestBuilder<B>) -> RequestBuilder<B> {
    match std::env::var("FUNDWATCH_TOKEN") {
        Ok(token) if !token.is_empty() => request.header("Authorization", format!("Bearer {token}")),
        _ => request,
    }
}
