//! A real browser: headless Chromium, driven over WebDriver (W3C).

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

/// A browser with one window.
pub struct Browser {
    driver: Child,
    port: u16,
    session: String,
    _profile: TempDir,
}

impl Browser {
    /// Starts one whose window has this size.
    pub fn start(width: u32, height: u32) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("bound").port();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts; `bash tests/run.sh` installs it");
        let profile = tempfile::tempdir().expect("a folder");
        let mut browser = Self { driver, port, session: String::new(), _profile: profile };
        browser.wait_for_driver();
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
        ]
        .map(str::to_owned);
        let mut arguments = arguments.to_vec();
        arguments.push(format!("--window-size={width},{height}"));
        arguments.push(format!("--user-data-dir={}", browser._profile.path().display()));
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": {"args": arguments},
            "goog:loggingPrefs": {"browser": "ALL"},
        }}});
        let session = browser.ask("POST", "/session", &wanted);
        browser.session =
            session["sessionId"].as_str().unwrap_or_else(|| panic!("no session: {session}")).to_owned();
        browser
    }

    #[expect(clippy::disallowed_methods, reason = "another process has no clock of ours")]
    fn wait_for_driver(&self) {
        for _ in 0..400 {
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(25));
        }
        panic!("chromedriver does not listen within 10 s");
    }

    /// Opens a file.
    pub fn open(&self, file: &Path) {
        self.ask_session("/url", &json!({"url": format!("file://{}", file.display())}));
    }

    /// What a script returns, in the page.
    pub fn run(&self, script: &str) -> Value {
        self.ask_session("/execute/sync", &json!({"script": script, "args": []}))
    }

    /// Moves the mouse to a place in the window, in pixels.
    pub fn point_at(&self, x: i64, y: i64) {
        let actions = json!({"actions": [{"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"},
            "actions": [{"type": "pointerMove", "duration": 0, "x": x - 1, "y": y},
                        {"type": "pointerMove", "duration": 0, "x": x, "y": y}]}]});
        self.ask_session("/actions", &actions);
    }

    /// Presses a key and lets it go; WebDriver numbers those that write nothing, such as the arrows.
    pub fn press(&self, key: &str) {
        let actions = json!({"actions": [{"type": "key", "id": "keyboard",
            "actions": [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]}]});
        self.ask_session("/actions", &actions);
    }

    /// Makes the page believe that its reader wants it dark.
    pub fn darken(&self) {
        let features = json!([{"name": "prefers-color-scheme", "value": "dark"}]);
        let command = json!({"cmd": "Emulation.setEmulatedMedia", "params": {"features": features}});
        self.ask_session("/goog/cdp/execute", &command);
    }

    /// Makes the window as narrow as a telephone.
    pub fn narrow(&self, width: u32) {
        let size = json!({"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": true});
        self.ask_session(
            "/goog/cdp/execute",
            &json!({"cmd": "Emulation.setDeviceMetricsOverride", "params": size}),
        );
    }

    /// What the page has complained of since it was last asked.
    pub fn complaints(&self) -> Vec<String> {
        let log = self.ask_session("/se/log", &json!({"type": "browser"}));
        let entries = log.as_array().cloned().unwrap_or_default();
        entries.iter().map(|entry| entry["message"].to_string()).collect()
    }

    fn ask_session(&self, path: &str, body: &Value) -> Value {
        self.ask("POST", &format!("/session/{}{path}", self.session), body)
    }

    /// One exchange with the driver; its answer's value.
    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("the driver listens");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout");
        let body = body.to_string();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.port,
            body.len()
        )
        .expect("the driver reads");
        let mut answer = Vec::new();
        let mut part = [0; 4_096];
        // The driver may keep the connection open: the announced length is what counts.
        let (head, mut rest) = loop {
            let length = stream.read(&mut part).expect("the driver answers");
            assert!(length > 0, "the driver has closed: {}", String::from_utf8_lossy(&answer));
            answer.extend_from_slice(&part[..length]);
            if let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") {
                break (String::from_utf8_lossy(&answer[..end]).to_lowercase(), answer[end + 4..].to_vec());
            }
        };
        let announced = head.lines().find_map(|line| line.strip_prefix("content-length:")).expect("a length");
        let announced: usize = announced.trim().parse().expect("a number");
        while rest.len() < announced {
            let length = stream.read(&mut part).expect("the driver goes on");
            assert!(length > 0, "the driver has closed");
            rest.extend_from_slice(&part[..length]);
        }
        let answer: Value = serde_json::from_slice(&rest[..announced]).expect("JSON");
        assert!(head.starts_with("http/1.1 200"), "{method} {path}: {answer}");
        answer["value"].clone()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !self.session.is_empty() && !std::thread::panicking() {
            self.ask("DELETE", &format!("/session/{}", self.session), &json!({}));
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
