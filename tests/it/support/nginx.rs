//! A real server.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

/// A running nginx, in a folder of its own.
pub struct Nginx {
    child: Child,
    pub port: u16,
    folder: TempDir,
}

impl Nginx {
    /// Starts one on a free port. `http` says what the block of that name holds, given the folder and the port.
    pub fn start(http: impl Fn(&Path, u16) -> String) -> Self {
        // A port that is free now may be taken by a neighbour before nginx has it.
        (0..5).find_map(|_| Self::try_start(&http)).expect("nginx starts on one of five free ports")
    }

    fn try_start(http: impl Fn(&Path, u16) -> String) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let port = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("bound").port();
        let root = folder.path().display();
        let configuration = format!(
            "daemon off; master_process off; worker_processes 1; pid {root}/pid; error_log {root}/error.log;\n\
             events {{ worker_connections 1024; }}\n\
             http {{ log_format what '$server_protocol $ssl_protocol $connection'; access_log {root}/access.log what;\n\
               client_body_temp_path {root}/body; proxy_temp_path {root}/proxy; fastcgi_temp_path {root}/fastcgi;\n\
               uwsgi_temp_path {root}/uwsgi; scgi_temp_path {root}/scgi;\n\
               {} }}\n",
            http(folder.path(), port)
        );
        let file = folder.path().join("nginx.conf");
        fs::write(&file, configuration).expect("the configuration is written");
        let child = Command::new("nginx")
            .args(["-c", &file.display().to_string(), "-p", &root.to_string()])
            .stderr(Stdio::null())
            .spawn()
            .expect("nginx starts; `bash tests/run.sh` installs it");
        let mut nginx = Self { child, port, folder };
        nginx.listens().then_some(nginx)
    }

    /// Waits until it listens, or has given up. It writes its process id once all sockets are open.
    #[expect(clippy::disallowed_methods, reason = "another process has no clock of ours")]
    fn listens(&mut self) -> bool {
        for _ in 0..400 {
            if fs::metadata(self.folder.path().join("pid")).is_ok_and(|pid| pid.len() > 0) {
                return true;
            }
            if self.child.try_wait().expect("it can be waited for").is_some() {
                return false;
            }
            std::thread::sleep(Duration::from_millis(25));
        }
        panic!("nginx does not listen within 10 s");
    }

    /// What nginx says of each request: version of HTTP, version of TLS, number of the connection. It writes the log
    /// before it closes or reads on, so after a run it is whole.
    pub fn logged(&self) -> Vec<[String; 3]> {
        let text = fs::read_to_string(self.folder.path().join("access.log")).expect("the log is there");
        let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        text.lines().map(|line| words(line).try_into().expect("three words")).collect()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
