//! A mail server that keeps what it gets.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

pub(crate) struct Sink {
    port: u16,
    mails: Receiver<String>,
}

impl Sink {
    pub(crate) fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, mails) = channel();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let sender = sender.clone();
                thread::spawn(move || converse(&stream, &sender));
            }
        });
        Self { port, mails }
    }

    pub(crate) fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// The next mail: its envelope, its head and its body.
    pub(crate) fn next(&self) -> String {
        self.mails.recv_timeout(Duration::from_secs(30)).expect("no mail came")
    }
}

/// As much of RFC 5321 as it takes.
fn converse(stream: &TcpStream, sender: &Sender<String>) -> Option<()> {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let say = |text: &str| write!(&mut &*stream, "{text}\r\n").ok();
    say("220 sink")?;
    let mut mail = String::new();
    while let Some(line) = lines.next() {
        match line.split([' ', ':']).next().unwrap_or_default() {
            "DATA" => {
                say("354 go on")?;
                for line in lines.by_ref().take_while(|line| line != ".") {
                    mail.push_str(&line);
                    mail.push('\n');
                }
                sender.send(std::mem::take(&mut mail)).ok()?;
                say("250 kept")?;
            }
            "QUIT" => {
                say("221 bye")?;
                return Some(());
            }
            "MAIL" | "RCPT" => {
                mail.push_str(&line);
                mail.push('\n');
                say("250 yes")?;
            }
            _ => {
                say("250 sink")?;
            }
        }
    }
    Some(())
}
