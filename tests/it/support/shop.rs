//! A small API with a login, as a process of its own, in another language: its JSON, its cookies and its redirects are not ours.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// The API under way; it ends with the test.
pub struct Shop {
    child: Child,
    pub port: u16,
}

impl Shop {
    pub fn start() -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/support/shop_api.py");
        let mut child = Command::new("python3")
            .arg(script)
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 starts; `bash tests/run.sh` installs it");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("it is a pipe");
        BufReader::new(stdout).read_line(&mut line).expect("it says its port");
        Self { child, port: line.trim().parse().expect("a port") }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// How often it was asked for this and answered so, such as `POST /carts 201`.
    pub fn count(&self, what: &str) -> u64 {
        self.asked("/stats")[what].as_u64().unwrap_or(0)
    }

    /// Every value that it told somebody: tokens, carts, cookies, tickets.
    pub fn told(&self) -> Vec<String> {
        serde_json::from_value(self.asked("/told")).expect("it is a list of texts")
    }

    fn asked(&self, path: &str) -> Value {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        let request = format!("GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        let body = answer.split_once("\r\n\r\n").expect("an answer").1;
        serde_json::from_str(body).expect("it is JSON")
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
