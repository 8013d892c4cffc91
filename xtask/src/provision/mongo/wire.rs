//! As much of MongoDB's protocol as it takes to make a replica set and to ask who its primary is.
//!
//! By hand, because a driver would bring an asynchronous runtime, TLS and a hundred crates into the program that every
//! task is run by. Documents are JSON values on our side: a command of ours needs no type that JSON lacks, and of an
//! answer only such fields are looked at.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Map, Number, Value};

const CONNECT: Duration = Duration::from_secs(1);
const ANSWER: Duration = Duration::from_secs(30);
/// `OP_MSG`.
const MESSAGE: i32 = 2013;
/// Length, request, request answered, kind; then flags, and the kind of the only section.
const HEADER: usize = 4 * 4 + 4 + 1;
/// Far more than any answer we ask for.
const LONGEST: usize = 1 << 20;

/// Runs a command on the database `admin` of the server at a loopback port; an answer that is not `ok` is an error.
pub(super) fn ask(port: u16, command: &str, argument: &Value) -> Result<Map<String, Value>> {
    let mut stream = TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), CONNECT)?;
    stream.set_read_timeout(Some(ANSWER))?;
    stream.write_all(&message(command, argument)?)?;
    let mut header = [0; HEADER];
    stream.read_exact(&mut header)?;
    let length = header.first_chunk().map_or(0, |length| i32::from_le_bytes(*length));
    let length = usize::try_from(length)?.checked_sub(HEADER).filter(|length| *length <= LONGEST);
    let mut body = vec![0; length.context("an answer has a length that cannot be")?];
    stream.read_exact(&mut body)?;
    let answer = Reader(&body).document().context("an answer is no document")?;
    // A double, an integer or a boolean, depending on the command and the server's version.
    if answer.get("ok").is_none_or(|ok| ok.as_f64() != Some(1.0) && ok != &Value::Bool(true)) {
        let text = answer.get("errmsg").and_then(Value::as_str).unwrap_or("no reason was given");
        bail!("the server refuses {command}: {text}");
    }
    Ok(answer)
}

fn message(command: &str, argument: &Value) -> Result<Vec<u8>> {
    // The command must be the document's first field.
    let mut body = Vec::new();
    element(&mut body, command, argument)?;
    element(&mut body, "$db", &Value::from("admin"))?;
    let body = enclosed(&body)?;
    let mut message = i32::try_from(HEADER + body.len())?.to_le_bytes().to_vec();
    for number in [1, 0, MESSAGE, 0] {
        message.extend(i32::to_le_bytes(number));
    }
    message.push(0);
    message.extend(body);
    Ok(message)
}

/// A document of these elements: its length, they, a zero.
fn enclosed(elements: &[u8]) -> Result<Vec<u8>> {
    let mut document = i32::try_from(elements.len() + 5)?.to_le_bytes().to_vec();
    document.extend(elements);
    document.push(0);
    Ok(document)
}

fn element(bytes: &mut Vec<u8>, name: &str, value: &Value) -> Result<()> {
    let (kind, content) = match value {
        Value::Null => (0x0A, Vec::new()),
        Value::Bool(value) => (0x08, vec![u8::from(*value)]),
        Value::Number(number) => match number.as_i64() {
            Some(number) => match i32::try_from(number) {
                Ok(number) => (0x10, number.to_le_bytes().to_vec()),
                Err(_) => (0x12, number.to_le_bytes().to_vec()),
            },
            None => bail!("{number} is not a whole number"),
        },
        Value::String(text) => {
            let mut content = i32::try_from(text.len() + 1)?.to_le_bytes().to_vec();
            content.extend(text.bytes());
            content.push(0);
            (0x02, content)
        }
        Value::Array(values) => {
            let mut elements = Vec::new();
            for (index, value) in values.iter().enumerate() {
                element(&mut elements, &index.to_string(), value)?;
            }
            (0x04, enclosed(&elements)?)
        }
        Value::Object(fields) => {
            let mut elements = Vec::new();
            for (name, value) in fields {
                element(&mut elements, name, value)?;
            }
            (0x03, enclosed(&elements)?)
        }
    };
    bytes.push(kind);
    bytes.extend(name.bytes());
    bytes.push(0);
    bytes.extend(content);
    Ok(())
}

/// What is left of an answer. `None` is an answer that ends too early, or has a type never seen in one.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn document(&mut self) -> Option<Map<String, Value>> {
        let length = usize::try_from(self.int()?).ok()?.checked_sub(4)?;
        let mut inner = Reader(self.take(length)?);
        let mut fields = Map::new();
        loop {
            let [kind] = inner.array()?;
            if kind == 0 {
                return Some(fields);
            }
            let end = inner.0.iter().position(|byte| *byte == 0)?;
            let name = String::from_utf8_lossy(inner.take(end)?).into_owned();
            inner.take(1)?;
            fields.insert(name, inner.value(kind)?);
        }
    }

    /// Null stands for what JSON has no type for: identifiers, timestamps, binary data.
    fn value(&mut self, kind: u8) -> Option<Value> {
        Some(match kind {
            0x01 => Number::from_f64(f64::from_le_bytes(self.array()?)).map_or(Value::Null, Value::Number),
            0x02 => {
                let length = usize::try_from(self.int()?).ok()?;
                let text = self.take(length)?.strip_suffix(&[0])?;
                Value::String(String::from_utf8_lossy(text).into_owned())
            }
            0x03 => Value::Object(self.document()?),
            // An array is a document with its places as names.
            0x04 => Value::Array(self.document()?.into_iter().map(|(_, value)| value).collect()),
            0x05 => {
                let length = usize::try_from(self.int()?).ok()?;
                self.skip(length.checked_add(1)?)?
            }
            0x07 => self.skip(12)?,
            0x08 => Value::Bool(self.array()? != [0]),
            0x0A => Value::Null,
            0x10 => Value::from(self.int()?),
            0x11 => self.skip(8)?,
            0x09 | 0x12 => Value::from(i64::from_le_bytes(self.array()?)),
            _ => return None,
        })
    }

    fn int(&mut self) -> Option<i32> {
        self.array().map(i32::from_le_bytes)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn skip(&mut self, length: usize) -> Option<Value> {
        self.take(length).map(|_| Value::Null)
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use serde_json::json;

    use super::*;

    fn document(value: &Value) -> Vec<u8> {
        let mut elements = Vec::new();
        for (name, value) in value.as_object().unwrap() {
            element(&mut elements, name, value).unwrap();
        }
        enclosed(&elements).unwrap()
    }

    #[test]
    fn a_document_is_written_byte_for_byte_as_the_format_has_it() {
        assert_eq!(document(&json!({"hello": "world"})), b"\x16\0\0\0\x02hello\0\x06\0\0\0world\0\0");
    }

    #[test]
    fn what_is_written_is_read_again() {
        let value = json!({
            "none": null, "yes": true, "small": -7, "large": 5_000_000_000_i64, "text": "", "list": [1, "a", {"b": []}],
        });
        let bytes = document(&value);
        assert_eq!(Reader(&bytes).document().map(Value::Object), Some(value));
    }

    #[test]
    fn what_json_cannot_say_is_passed_over() {
        let mut elements = Vec::new();
        for (kind, length) in [(0x05_u8, 5 + 3), (0x07, 12), (0x11, 8)] {
            elements.extend([kind, b'x', 0]);
            let mut content = vec![0; length];
            if kind == 0x05 {
                content[0] = 3;
            }
            elements.extend(content);
        }
        elements.extend([0x01, b'd', 0]);
        elements.extend(1.0_f64.to_le_bytes());
        let bytes = enclosed(&elements).unwrap();
        assert_eq!(Reader(&bytes).document().map(Value::Object), Some(json!({"x": null, "d": 1.0})));
    }

    #[test]
    fn an_answer_that_ends_too_early_is_no_answer() {
        let bytes = document(&json!({"a": {"b": "c"}, "d": 1}));
        for end in 0..bytes.len() {
            assert_eq!(Reader(&bytes[..end]).document(), None, "{end}");
        }
        assert_eq!(Reader(b"\x08\0\0\0\xFFa\0\0").document(), None);
    }

    fn answer(document: &Value) -> Result<Map<String, Value>> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let bytes = self::document(document);
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = vec![0; message("hello", &json!(1)).unwrap().len()];
            stream.read_exact(&mut asked).unwrap();
            assert_eq!(asked, message("hello", &json!(1)).unwrap());
            let mut header = vec![0; HEADER];
            header[..4].copy_from_slice(&i32::try_from(HEADER + bytes.len()).unwrap().to_le_bytes());
            stream.write_all(&header).unwrap();
            stream.write_all(&bytes).unwrap();
        });
        let answer = ask(port, "hello", &json!(1));
        server.join().unwrap();
        answer
    }

    #[test]
    fn a_refusal_is_an_error_with_the_servers_reason() {
        let error = answer(&json!({"ok": 0, "errmsg": "no such command"})).unwrap_err().to_string();
        assert_eq!(error, "the server refuses hello: no such command");
        assert!(answer(&json!({})).is_err());
        assert_eq!(answer(&json!({"ok": 1, "me": "x"})).unwrap().get("me"), Some(&json!("x")));
    }
}
