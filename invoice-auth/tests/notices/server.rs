use std::env;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use invoice_core::ports::{Clock as _, IdGenerator as _};
use invoice_core::system::{RandomIds, SystemClock};
use tokio::time::{sleep, timeout};

/// The Redis that all tests share; `cargo xtask test` starts one.
pub(crate) fn shared() -> String {
    env::var("INVOICE_TEST_REDIS_URL").expect(
        "INVOICE_TEST_REDIS_URL is not set: run `cargo xtask test`, or set it to the URL of a Redis that tests may use",
    )
}

/// A Redis of a test's own, to be stopped and started.
pub(crate) struct Server {
    port: u16,
    password: String,
    child: Option<Child>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let password = RandomIds::new().uuid(SystemClock.now()).simple().to_string();
        let mut server = Self { port, password, child: None };
        server.begin().await;
        server
    }

    pub(crate) fn url(&self) -> String {
        self.url_by(self.port)
    }

    /// The URL by way of another port.
    pub(crate) fn url_by(&self, port: u16) -> String {
        format!("redis://:{}@127.0.0.1:{port}", self.password)
    }

    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// Starts it on its port, and returns once it takes connections.
    pub(crate) async fn begin(&mut self) {
        let program = env::var("INVOICE_TEST_REDIS_SERVER").unwrap_or_else(|_| "redis-server".to_owned());
        // Settings by its standard input: loopback is open to everybody, and so are the arguments.
        let mut child = Command::new(&program)
            .arg("-")
            .current_dir(env::temp_dir())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{program} is not installed, or does not start: {error}"));
        let (port, password) = (self.port, &self.password);
        let settings =
            format!("bind 127.0.0.1\nport {port}\nrequirepass {password}\nsave \"\"\nappendonly no\n");
        child.stdin.take().unwrap().write_all(settings.as_bytes()).unwrap();
        self.child = Some(child);
        let answers = async {
            while TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))).is_err() {
                sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(Duration::from_secs(20), answers).await.expect("Redis takes connections");
    }

    pub(crate) fn end(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}
