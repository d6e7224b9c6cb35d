//! `http`: a request whose answer is judged, asked again until it is right or has been asked often enough.

use async_trait::async_trait;
use serde_json::Value;

use super::{
    Context, Op, Progress, Scope, Step,
    outgoing::{Answer, Request},
    process::Redactor,
    secrets::Secret,
};
use crate::domain::{
    deployment::Wake,
    manifest::{Http, SecretReference, Text},
    release::{Memo, Observation, Outputs, Reason},
};

/// How much of a wrong answer's body is told, in characters.
const SHOWN: usize = 200;

/// An `http` with its templates rendered.
pub struct HttpStep {
    request: Request,
    secrets: Vec<(String, SecretReference)>,
    expected: Expected,
    attempts: u32,
    every: std::time::Duration,
}

struct Expected {
    status: Vec<u16>,
    text: Option<String>,
    json: Option<Value>,
    headers: Vec<(String, String)>,
}

impl HttpStep {
    /// The step of a manifest.
    pub fn new(http: &Http, scope: &Scope) -> Result<Self, Reason> {
        let mut headers = Vec::new();
        let mut secrets = Vec::new();
        for (name, value) in &http.headers {
            match value {
                Text::Plain(template) => headers.push((name.clone(), scope.render(template)?)),
                Text::Secret(reference) => secrets.push((name.clone(), reference.clone())),
            }
        }
        let request = Request {
            method: http.method.clone(),
            url: scope.render(&http.url)?,
            headers,
            resolve: http.resolve.as_ref().map(|template| scope.render(template)).transpose()?,
            timeout: http.timeout,
        };
        let headers = http.expect.headers.iter().map(|(name, value)| Ok((name.clone(), scope.render(value)?)));
        let expected = Expected {
            status: http.expect.status.clone(),
            text: http.expect.body_contains.as_ref().map(|template| scope.render(template)).transpose()?,
            json: http.expect.json.clone(),
            headers: headers.collect::<Result<_, Reason>>()?,
        };
        Ok(Self { request, secrets, expected, attempts: http.attempts, every: http.every })
    }

    async fn apply(&self, cx: &Context, memo: Memo) -> Progress {
        let made = memo.get("attempts").and_then(Value::as_u64).and_then(|made| u32::try_from(made).ok()).unwrap_or(0);
        let asked = tokio::select! {
            biased;
            () = cx.detach.cancelled() => return Progress::Waiting { memo, until: Wake::at(cx.clock.now()) },
            () = cx.stop.cancelled() => return Progress::failed(Reason::new("it was stopped")),
            asked = self.ask(cx) => asked,
        };
        let reason = match asked {
            Ok(status) => {
                let outputs = Outputs::from([("status".to_owned(), status.to_string())]);
                return Progress::Done { outputs, release: None, artifacts: Vec::new() };
            }
            Err(reason) => reason,
        };
        let made = made.saturating_add(1);
        let now = cx.clock.now();
        let next = now.checked_add(self.every).unwrap_or(cx.deadline);
        if made >= self.attempts || next >= cx.deadline {
            let asked = if made == 1 { "asked once".to_owned() } else { format!("asked {made} times") };
            return Progress::failed(Reason { what: format!("{} ({asked})", reason.what), ..reason });
        }
        let memo = serde_json::json!({ "attempts": made, "last": reason.what });
        Progress::Waiting { memo, until: Wake::at(next) }
    }

    /// Asks once: the status of a right answer.
    async fn ask(&self, cx: &Context) -> Result<u16, Reason> {
        let mut request = self.request.clone();
        let mut secrets: Vec<Secret> = Vec::new();
        for (name, reference) in &self.secrets {
            let secret = cx.secrets.read(reference).await?;
            request.headers.push((name.clone(), secret.expose().to_owned()));
            secrets.push(secret);
        }
        let shown: Vec<&str> = secrets.iter().map(Secret::expose).collect();
        let answer = cx.outgoing.send(request).await?;
        self.expected.judge(&answer).map_err(|why| {
            let text = Redactor::redact(&shown, &answer.text());
            let start: String = text.trim().chars().take(SHOWN).collect();
            let reason = Reason::new(format!("the answer was {}, {}", answer.status, Redactor::redact(&shown, &why)));
            if start.is_empty() { reason } else { reason.look(start) }
        })?;
        Ok(answer.status)
    }
}

impl Expected {
    /// What is wrong with an answer, in words that follow its status.
    fn judge(&self, answer: &Answer) -> Result<(), String> {
        let status = answer.status;
        if !(self.status.contains(&status) || self.status.is_empty() && (200..300).contains(&status)) {
            let wanted: Vec<String> = self.status.iter().map(u16::to_string).collect();
            return Err(if wanted.is_empty() {
                "expected is 200 to 299".to_owned()
            } else {
                format!("expected is {}", wanted.join(" or "))
            });
        }
        for (name, wanted) in &self.headers {
            let found = answer.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
            if found.as_ref() != Some(wanted) {
                return Err(format!(
                    "its header `{name}` is {}, expected is `{wanted}`",
                    found.map_or("not there".to_owned(), |found| format!("`{found}`"))
                ));
            }
        }
        if let Some(wanted) = self.text.as_ref().filter(|wanted| !answer.text().contains(*wanted)) {
            return Err(format!("and `{wanted}` does not stand in its body"));
        }
        if let Some(wanted) = &self.json {
            let found = serde_json::from_slice(&answer.body).map_err(|_| "and its body is not JSON".to_owned())?;
            if let Some(place) = missing(wanted, &found, "") {
                return Err(format!("and `{place}` in its JSON is not what is expected"));
            }
        }
        Ok(())
    }
}

/// The first place where what is wanted is not there: each key of an object counts, others do not; all else must be equal.
fn missing(wanted: &Value, found: &Value, place: &str) -> Option<String> {
    match (wanted, found) {
        (Value::Object(wanted), Value::Object(found)) => wanted.iter().find_map(|(key, wanted)| {
            let place = if place.is_empty() { key.clone() } else { format!("{place}.{key}") };
            found.get(key).map_or(Some(place.clone()), |found| missing(wanted, found, &place))
        }),
        _ => (wanted != found).then(|| if place.is_empty() { "the whole".to_owned() } else { place.to_owned() }),
    }
}

#[async_trait]
impl Step for HttpStep {
    /// A request leaves nothing that could be found.
    async fn observe(&self, _: &Context) -> Observation {
        Observation::Absent
    }

    async fn advance(&self, cx: &Context, op: Op<'_>, memo: Memo) -> Progress {
        match op {
            Op::Apply => self.apply(cx, memo).await,
            Op::Restore(_) | Op::CleanUp | Op::Retire | Op::Remove => Progress::done(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer {
            status,
            headers: [("x-version".parse().expect("a name"), "7".parse().expect("a value"))].into_iter().collect(),
            body: body.into(),
        }
    }

    fn expected() -> Expected {
        Expected { status: Vec::new(), text: None, json: None, headers: Vec::new() }
    }

    #[test]
    fn an_answer_is_judged_by_all_that_is_expected() {
        assert_eq!(expected().judge(&answer(204, "")), Ok(()));
        assert_eq!(expected().judge(&answer(302, "")), Err("expected is 200 to 299".to_owned()));
        let status = Expected { status: vec![302, 301], ..expected() };
        assert_eq!(status.judge(&answer(302, "")), Ok(()));
        assert_eq!(status.judge(&answer(200, "")), Err("expected is 302 or 301".to_owned()));
        let header = Expected { headers: vec![("X-Version".to_owned(), "8".to_owned())], ..expected() };
        assert_eq!(header.judge(&answer(200, "")), Err("its header `X-Version` is `7`, expected is `8`".to_owned()));
        let text = Expected { text: Some("ok".to_owned()), ..expected() };
        assert!(text.judge(&answer(200, "all ok")).is_ok() && text.judge(&answer(200, "no")).is_err());
    }

    #[test]
    fn json_is_contained_key_by_key() {
        let json = Expected { json: Some(json!({"status": "up", "db": {"ok": true}, "n": [1, 2]})), ..expected() };
        assert_eq!(json.judge(&answer(200, r#"{"status":"up","db":{"ok":true,"x":1},"n":[1,2],"more":0}"#)), Ok(()));
        assert!(json.judge(&answer(200, r#"{"status":"up","db":{"ok":false},"n":[1,2]}"#)).expect_err("wrong").contains("db.ok"));
        assert!(json.judge(&answer(200, r#"{"status":"up","db":{"ok":true}}"#)).expect_err("wrong").contains("`n`"));
        assert!(json.judge(&answer(200, "no")).is_err());
    }
}
