//! A strict reader of JSON (RFC 8259) for headers and claims.
//!
//! Of its own, because it has to tell members that are there twice at any depth, to hand out numbers as they are
//! written and nested values as they stand, and to do the same whatever features the application's other crates
//! switch on in `serde_json` (`arbitrary_precision` changes what a number looks like to a visitor).

use std::borrow::Cow;

/// Deepest nesting, the outermost object counted.
pub(super) const MAX_DEPTH: usize = 16;
/// Most members of one object, and most elements of one list.
pub(super) const MAX_MEMBERS: usize = 128;

/// What is wrong with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    Syntax,
    Duplicate,
    TooComplex,
}

/// A value; what is nested is checked and stands as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value<'a> {
    Text(Cow<'a, str>),
    Number(&'a str),
    List(&'a str),
    Object(&'a str),
    Literal,
}

pub(super) type Members<'a> = Vec<(Cow<'a, str>, Value<'a>)>;

/// What is insisted on. All of it, except where a test shows why.
#[derive(Debug, Clone, Copy)]
pub(super) struct Strictness {
    /// No member twice.
    pub(super) unique: bool,
    /// Nothing after the value.
    pub(super) whole: bool,
}

impl Strictness {
    pub(super) const FULL: Self = Self { unique: true, whole: true };
}

/// The members of a text that is one object.
pub(super) fn object(text: &str, strictness: Strictness) -> Result<Members<'_>, Flaw> {
    let mut reader = Reader { text, at: 0, strictness };
    reader.space();
    reader.expect(b'{')?;
    let members = reader.members(1)?;
    reader.end()?;
    Ok(members)
}

/// The elements of a text that is one list.
pub(super) fn list(text: &str) -> Result<Vec<Value<'_>>, Flaw> {
    let mut reader = Reader { text, at: 0, strictness: Strictness::FULL };
    reader.space();
    reader.expect(b'[')?;
    let elements = reader.elements(1)?;
    reader.end()?;
    Ok(elements)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    strictness: Strictness,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn next(&mut self) -> Result<u8, Flaw> {
        let byte = self.peek().ok_or(Flaw::Syntax)?;
        self.at += 1;
        Ok(byte)
    }

    fn expect(&mut self, wanted: u8) -> Result<(), Flaw> {
        if self.next()? == wanted { Ok(()) } else { Err(Flaw::Syntax) }
    }

    fn take(&mut self, wanted: u8) -> bool {
        let there = self.peek() == Some(wanted);
        self.at += usize::from(there);
        there
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn end(&mut self) -> Result<(), Flaw> {
        self.space();
        if self.peek().is_none() || !self.strictness.whole { Ok(()) } else { Err(Flaw::Syntax) }
    }

    fn since(&self, start: usize) -> Result<&'a str, Flaw> {
        self.text.get(start..self.at).ok_or(Flaw::Syntax)
    }

    /// After the opening brace.
    fn members(&mut self, depth: usize) -> Result<Members<'a>, Flaw> {
        let mut members = Members::with_capacity(if depth == 1 { 16 } else { 0 });
        self.space();
        if self.take(b'}') {
            return Ok(members);
        }
        loop {
            self.space();
            self.expect(b'"')?;
            let name = self.string()?;
            if self.strictness.unique && members.iter().any(|(known, _)| *known == name) {
                return Err(Flaw::Duplicate);
            }
            if members.len() == MAX_MEMBERS {
                return Err(Flaw::TooComplex);
            }
            self.space();
            self.expect(b':')?;
            members.push((name, self.value(depth)?));
            match self.separator()? {
                b',' => {}
                b'}' => return Ok(members),
                _ => return Err(Flaw::Syntax),
            }
        }
    }

    /// After the opening bracket.
    fn elements(&mut self, depth: usize) -> Result<Vec<Value<'a>>, Flaw> {
        let mut elements = Vec::new();
        self.space();
        if self.take(b']') {
            return Ok(elements);
        }
        loop {
            if elements.len() == MAX_MEMBERS {
                return Err(Flaw::TooComplex);
            }
            elements.push(self.value(depth)?);
            match self.separator()? {
                b',' => {}
                b']' => return Ok(elements),
                _ => return Err(Flaw::Syntax),
            }
        }
    }

    fn separator(&mut self) -> Result<u8, Flaw> {
        self.space();
        self.next()
    }

    /// A value inside of something that is `depth` deep.
    fn value(&mut self, depth: usize) -> Result<Value<'a>, Flaw> {
        self.space();
        let start = self.at;
        match self.next()? {
            b'"' => self.string().map(Value::Text),
            b'{' | b'[' if depth >= MAX_DEPTH => Err(Flaw::TooComplex),
            b'{' => {
                self.members(depth + 1)?;
                self.since(start).map(Value::Object)
            }
            b'[' => {
                self.elements(depth + 1)?;
                self.since(start).map(Value::List)
            }
            first @ (b'-' | b'0'..=b'9') => {
                self.number(first)?;
                self.since(start).map(Value::Number)
            }
            b't' => self.literal("rue"),
            b'f' => self.literal("alse"),
            b'n' => self.literal("ull"),
            _ => Err(Flaw::Syntax),
        }
    }

    fn literal(&mut self, rest: &str) -> Result<Value<'a>, Flaw> {
        for wanted in rest.bytes() {
            self.expect(wanted)?;
        }
        Ok(Value::Literal)
    }

    fn number(&mut self, first: u8) -> Result<(), Flaw> {
        let first = if first == b'-' { self.next()? } else { first };
        match first {
            b'0' => {}
            b'1'..=b'9' => while self.digit() {},
            _ => return Err(Flaw::Syntax),
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _sign = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        Ok(())
    }

    fn digit(&mut self) -> bool {
        let there = self.peek().is_some_and(|byte| byte.is_ascii_digit());
        self.at += usize::from(there);
        there
    }

    fn digits(&mut self) -> Result<(), Flaw> {
        if !self.digit() {
            return Err(Flaw::Syntax);
        }
        while self.digit() {}
        Ok(())
    }

    /// After the opening quote.
    fn string(&mut self) -> Result<Cow<'a, str>, Flaw> {
        let start = self.at;
        self.plain();
        let plain = self.since(start)?;
        match self.next()? {
            b'"' => Ok(Cow::Borrowed(plain)),
            b'\\' => self.escaped(plain.to_owned()).map(Cow::Owned),
            _ => Err(Flaw::Syntax),
        }
    }

    /// Goes on to what ends a run of plain characters: a quote, a backslash, a control character or the end.
    fn plain(&mut self) {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let plain = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20));
        self.at += plain.unwrap_or(rest.len());
    }

    /// After the first backslash.
    fn escaped(&mut self, mut text: String) -> Result<String, Flaw> {
        loop {
            text.push(match self.next()? {
                byte @ (b'"' | b'\\' | b'/') => char::from(byte),
                b'b' => '\u{8}',
                b'f' => '\u{c}',
                b'n' => '\n',
                b'r' => '\r',
                b't' => '\t',
                b'u' => self.code_point()?,
                _ => return Err(Flaw::Syntax),
            });
            let start = self.at;
            self.plain();
            text.push_str(self.since(start)?);
            match self.next()? {
                b'"' => return Ok(text),
                b'\\' => {}
                _ => return Err(Flaw::Syntax),
            }
        }
    }

    /// After `\u`; a surrogate stands only in a pair.
    fn code_point(&mut self) -> Result<char, Flaw> {
        let first = self.code_unit()?;
        if let Some(character) = char::from_u32(u32::from(first)) {
            return Ok(character);
        }
        self.expect(b'\\')?;
        self.expect(b'u')?;
        let second = self.code_unit()?;
        let mut decoded = char::decode_utf16([first, second]);
        decoded.next().and_then(Result::ok).ok_or(Flaw::Syntax)
    }

    fn code_unit(&mut self) -> Result<u16, Flaw> {
        let mut unit: u16 = 0;
        for _ in 0..4 {
            let digit = char::from(self.next()?).to_digit(16).ok_or(Flaw::Syntax)?;
            unit = (unit << 4) | u16::try_from(digit).map_err(|_| Flaw::Syntax)?;
        }
        Ok(unit)
    }
}

#[cfg(test)]
mod tests;
