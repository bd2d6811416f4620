//! HTTP/2 by hand (RFC 9113, 4.1), for servers that do what a library would not.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const GOAWAY: u8 = 7;
pub const END_STREAM: u8 = 1;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;

/// A server's end of a connection.
pub struct Frames {
    stream: TcpStream,
}

impl Frames {
    /// Takes the client's preface and says what is allowed: at most `streams` at once.
    pub async fn start(mut stream: TcpStream, streams: u32) -> Option<Self> {
        let mut preface = [0; 24];
        stream.read_exact(&mut preface).await.ok()?;
        let mut frames = Self { stream };
        frames.allow(streams).await;
        Some(frames)
    }

    pub async fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let length = u32::try_from(payload.len()).expect("a short payload").to_be_bytes();
        let mut frame = vec![length[1], length[2], length[3], kind, flags];
        frame.extend_from_slice(&stream.to_be_bytes());
        frame.extend_from_slice(payload);
        let _ = self.stream.write_all(&frame).await;
    }

    /// SETTINGS_MAX_CONCURRENT_STREAMS.
    pub async fn allow(&mut self, streams: u32) {
        self.send(SETTINGS, 0, 0, &[&[0, 3], streams.to_be_bytes().as_slice()].concat()).await;
    }

    pub async fn reset(&mut self, stream: u32, code: u32) {
        self.send(RST_STREAM, 0, stream, &code.to_be_bytes()).await;
    }

    pub async fn go_away(&mut self, last: u32, code: u32) {
        self.send(GOAWAY, 0, 0, &[last.to_be_bytes(), code.to_be_bytes()].concat()).await;
    }

    /// `:status: 200` is one byte in HPACK's static table.
    pub async fn answer(&mut self, stream: u32, body: &[u8]) {
        self.send(HEADERS, END_HEADERS, stream, &[0x88]).await;
        self.send(DATA, END_STREAM, stream, body).await;
    }

    /// The head of an answer whose body is still to come.
    pub async fn head(&mut self, stream: u32) {
        self.send(HEADERS, END_HEADERS, stream, &[0x88]).await;
    }

    /// The next frame that is of interest: its kind and stream. Settings are acknowledged.
    pub async fn next(&mut self) -> Option<(u8, u32)> {
        loop {
            let mut head = [0; 9];
            self.stream.read_exact(&mut head).await.ok()?;
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
            let mut payload = vec![0; length];
            self.stream.read_exact(&mut payload).await.ok()?;
            let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
            match (head[3], head[4] & ACK) {
                (SETTINGS, 0) => self.send(SETTINGS, ACK, 0, &[]).await,
                (HEADERS | RST_STREAM | GOAWAY, _) => return Some((head[3], stream)),
                _ => {}
            }
        }
    }

    /// The stream of the next request.
    pub async fn request(&mut self) -> Option<u32> {
        loop {
            if let (HEADERS, stream) = self.next().await? {
                return Some(stream);
            }
        }
    }
}
