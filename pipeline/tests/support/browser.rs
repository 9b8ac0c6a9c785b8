//! A page as a real browser sees it: headless Chromium, told what to do over a pipe (the DevTools protocol).
//!
//! The program is `FUNDWATCH_CHROMIUM`, else a Chromium of the PATH. Where there is none a test passes and says so on
//! stderr, unless `FUNDWATCH_BROWSER=required`.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

/// After so long without an answer the browser hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// A browser that runs.
pub(crate) struct Browser {
    child: Child,
    to: ChildStdin,
    from: Receiver<Value>,
    calls: u64,
    /// What it told of the page since it was opened.
    told: Vec<Value>,
    session: String,
    _profile: TempDir,
}

/// What is to be seen on a page.
#[derive(Debug)]
pub(crate) struct Seen {
    /// Errors of the console: of scripts, of requests that failed, of what the page's policy forbade.
    pub(crate) errors: Vec<String>,
    /// Addresses that were asked for.
    pub(crate) requests: Vec<String>,
    /// Pixels that the page is wider than its window.
    pub(crate) overflow: i64,
    /// Its text, as a reader could copy it.
    pub(crate) text: String,
    /// Its title.
    pub(crate) title: String,
}

/// Says on stderr that a program is missing; fails where the surroundings require it.
pub(crate) fn missing(what: &str) {
    let required = std::env::var("FUNDWATCH_BROWSER").is_ok_and(|value| value == "required");
    assert!(!required, "FUNDWATCH_BROWSER=required, and there is no {what} here");
    eprintln!("not looked at: there is no {what} here");
}

/// A program of the PATH.
pub(crate) fn program(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|file| file.is_file())
}

impl Browser {
    /// Starts one; nothing if there is none and none is required.
    pub(crate) fn start() -> Option<Browser> {
        let named = std::env::var_os("FUNDWATCH_CHROMIUM").map(PathBuf::from);
        let found = named.or_else(|| program(&["chromium", "chromium-browser", "google-chrome"]));
        let Some(binary) = found else {
            missing("Chromium");
            return None;
        };
        let profile = tempfile::tempdir().expect("a folder for its profile");
        // The browser reads commands from its third pipe and answers on its fourth; a shell lays them there.
        let arguments: [OsString; 11] = [
            "--headless".into(),
            "--remote-debugging-pipe".into(),
            "--no-sandbox".into(),
            "--disable-gpu".into(),
            "--disable-dev-shm-usage".into(),
            "--disable-background-networking".into(),
            "--no-first-run".into(),
            "--hide-scrollbars".into(),
            "--force-device-scale-factor=1".into(),
            // Whatever leaves the page does not leave the machine.
            "--host-resolver-rules=MAP * ~NOTFOUND".into(),
            format!("--user-data-dir={}", profile.path().display()).into(),
        ];
        let mut child = Command::new("sh")
            .args(["-c", "exec \"$@\" 3<&0 4>&1 </dev/null >/dev/null", "sh"])
            .arg(binary)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell starts");
        let to = child.stdin.take().expect("it was asked for");
        let mut answers = BufReader::new(child.stdout.take().expect("it was asked for"));
        let (send, from) = channel();
        thread::spawn(move || {
            let mut message = Vec::new();
            // Messages end with a zero byte.
            while answers.read_until(0, &mut message).is_ok_and(|read| read > 0) {
                message.pop();
                let Ok(value) = serde_json::from_slice(&message) else { break };
                if send.send(value).is_err() {
                    break;
                }
                message.clear();
            }
        });
        let mut browser = Browser {
            child,
            to,
            from,
            calls: 0,
            told: Vec::new(),
            session: String::new(),
            _profile: profile,
        };
        let page = browser.call("Target.createTarget", json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": page["targetId"], "flatten": true });
        let session = browser.call("Target.attachToTarget", attach);
        browser.session = session["sessionId"].as_str().expect("a session has a name").to_owned();
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        Some(browser)
    }

    /// Opens a file in a window of this width.
    pub(crate) fn look(&mut self, file: &Path, width: u32) -> Seen {
        self.window(width, 900, "screen");
        self.told.clear();
        let address = format!("file://{}", file.canonicalize().expect("the page is there").display());
        self.call("Page.navigate", json!({ "url": address }));
        while !self.told.iter().any(|told| told["method"] == "Page.loadEventFired") {
            let told = self.hear();
            self.told.push(told);
        }
        let overflow = self.overflow();
        let text = self.ask("document.body.innerText");
        let title = self.ask("document.title");
        // What a page does a moment after it was loaded counts too.
        self.call(
            "Runtime.evaluate",
            json!({ "expression": "new Promise(r => setTimeout(r, 200))", "awaitPromise": true }),
        );
        let words = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Seen {
            errors: self.told.iter().filter_map(error).collect(),
            requests: self
                .told
                .iter()
                .filter(|told| told["method"] == "Network.requestWillBeSent")
                .map(|told| words(&told["params"]["request"]["url"]))
                .filter(|asked| *asked != address)
                .collect(),
            overflow,
            text: words(&text),
            title: words(&title),
        }
    }

    /// Pixels that the open page is wider than the text of an A4 sheet with the page's own margins.
    pub(crate) fn overflow_on_paper(&mut self) -> i64 {
        // 210 mm less 14 on each side.
        self.window(688, 900, "print");
        let overflow = self.overflow();
        self.window(1280, 900, "screen");
        overflow
    }

    /// The open page on paper.
    pub(crate) fn paper(&mut self) -> Vec<u8> {
        let answer =
            self.call("Page.printToPDF", json!({ "preferCSSPageSize": true, "printBackground": true }));
        from_base64(answer["data"].as_str().expect("a PDF"))
    }

    /// A part of the open page as a PNG: its upper left corner and its size in pixels.
    pub(crate) fn picture(&mut self, [x, y, width, height]: [u32; 4]) -> Vec<u8> {
        let clip = json!({ "x": x, "y": y, "width": width, "height": height, "scale": 1 });
        let asked = json!({ "format": "png", "clip": clip, "captureBeyondViewport": true, "optimizeForSpeed": false });
        let answer = self.call("Page.captureScreenshot", asked);
        from_base64(answer["data"].as_str().expect("a picture"))
    }

    /// Where an element of the open page begins, in pixels from above.
    pub(crate) fn top_of(&mut self, selector: &str) -> Option<i64> {
        let quoted = serde_json::to_string(selector).expect("a text can be written");
        let script =
            format!("Math.floor(document.querySelector({quoted})?.getBoundingClientRect().top + scrollY)");
        self.ask(&script).as_i64()
    }

    fn window(&mut self, width: u32, height: u32, media: &str) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", size);
        self.call("Emulation.setEmulatedMedia", json!({ "media": media }));
    }

    fn overflow(&mut self) -> i64 {
        self.ask("document.documentElement.scrollWidth - window.innerWidth")
            .as_i64()
            .expect("a number")
            .max(0)
    }

    fn ask(&mut self, script: &str) -> Value {
        self.call("Runtime.evaluate", json!({ "expression": script, "returnByValue": true }))["result"]["value"].take()
    }

    fn call(&mut self, method: &str, params: Value) -> Value {
        self.calls += 1;
        let mut message = json!({ "id": self.calls, "method": method, "params": params });
        if !self.session.is_empty() {
            message["sessionId"] = self.session.clone().into();
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.to.write_all(&bytes).and_then(|()| self.to.flush()).expect("the browser listens");
        loop {
            let mut told = self.hear();
            if told["id"] == self.calls {
                assert!(told["error"].is_null(), "{method}: {}", told["error"]);
                return told["result"].take();
            }
            self.told.push(told);
        }
    }

    fn hear(&mut self) -> Value {
        self.from.recv_timeout(PATIENCE).expect("the browser answers")
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Asked to go it takes its helpers along; one that does not listen is ended.
        let asked =
            self.to.write_all(b"{\"id\":0,\"method\":\"Browser.close\"}\0").and_then(|()| self.to.flush());
        for _ in 0..100 {
            if asked.is_err() || !matches!(self.child.try_wait(), Ok(None)) {
                break;
            }
            thread::sleep(Duration::from_millis(50));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What is wrong, if this message of the browser says that something is.
fn error(told: &Value) -> Option<String> {
    let params = &told["params"];
    match told["method"].as_str()? {
        "Runtime.exceptionThrown" => Some(params["exceptionDetails"].to_string()),
        "Runtime.consoleAPICalled" if params["type"] == "error" => Some(params["args"].to_string()),
        "Log.entryAdded" if params["entry"]["level"] == "error" => Some(params["entry"]["text"].to_string()),
        _ => None,
    }
}

/// Bytes of a text in base 64.
fn from_base64(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut held, mut bits) = (0u32, 0);
    for letter in text.bytes() {
        let six = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => break,
        };
        held = held << 6 | u32::from(six);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xff).expect("eight bits"));
        }
    }
    bytes
}

/// Sheets of a PDF as Chromium writes it, and whether each of them is A4.
pub(crate) fn sheets(pdf: &[u8]) -> (usize, bool) {
    let text = String::from_utf8_lossy(pdf);
    let boxes: Vec<&str> = text
        .split("/MediaBox")
        .skip(1)
        .filter_map(|rest| rest.split('[').nth(1)?.split(']').next())
        .collect();
    let is_a4 = |sides: &&str| {
        let sides: Vec<f64> = sides.split_whitespace().filter_map(|side| side.parse().ok()).collect();
        // 210 x 297 mm in points.
        matches!(sides[..], [_, _, width, height] if (width - 595.0).abs() < 2.0 && (height - 842.0).abs() < 2.0)
    };
    (boxes.len(), boxes.iter().all(is_a4))
}
