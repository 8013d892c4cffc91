//! From texts to values of the domain, collecting all that is wrong.

use std::str::FromStr;

use chrono::NaiveDate;
use invoice_core::{Code, Currency, IdError, Money, MoneyError, NumberError, Violation, Violations};
use serde::de::DeserializeOwned;
use serde::de::value::{Error as PlainError, StrDeserializer};

use crate::extract::plain;

/// Where in the body something stands. Costs nothing unless something is wrong there.
#[derive(Clone, Copy)]
pub(crate) enum At<'a> {
    Body,
    Field(&'a At<'a>, &'a str),
    Index(&'a At<'a>, usize),
}

impl<'a> At<'a> {
    pub(crate) fn field(&'a self, name: &'a str) -> Self {
        Self::Field(self, name)
    }

    pub(crate) fn index(&'a self, index: usize) -> Self {
        Self::Index(self, index)
    }

    /// The RFC 6901 JSON Pointer; names of fields need no escapes.
    pub(crate) fn pointer(&self) -> String {
        match self {
            Self::Body => String::new(),
            Self::Field(parent, name) => format!("{}/{name}", parent.pointer()),
            Self::Index(parent, index) => format!("{}/{index}", parent.pointer()),
        }
    }
}

/// What a text that is no value says about itself.
pub(crate) trait Wrong {
    fn violation(self, at: &At<'_>) -> Violation;
}

impl Wrong for Violation {
    fn violation(self, at: &At<'_>) -> Violation {
        self.under(&at.pointer())
    }
}

impl Wrong for IdError {
    fn violation(self, at: &At<'_>) -> Violation {
        Violation::new(at.pointer(), Code::Malformed, self.to_string())
    }
}

impl Wrong for NumberError {
    fn violation(self, at: &At<'_>) -> Violation {
        self.at(at.pointer())
    }
}

impl Wrong for MoneyError {
    fn violation(self, at: &At<'_>) -> Violation {
        self.at(at.pointer())
    }
}

impl Wrong for PlainError {
    fn violation(self, at: &At<'_>) -> Violation {
        Violation::new(at.pointer(), Code::Unknown, plain(&self.to_string()))
    }
}

/// A field that may be absent: the inner `None`. The outer one means that it was wrong, which was noted.
pub(crate) type Maybe<T> = Option<Option<T>>;

/// Collects what is wrong while a body is read.
#[derive(Default)]
pub(crate) struct Reader {
    found: Violations,
}

impl Reader {
    pub(crate) fn add(&mut self, at: &At<'_>, code: Code, detail: impl Into<String>) {
        self.found.add(at.pointer(), code, detail);
    }

    /// A value, or what is wrong with it noted.
    pub(crate) fn check<T, E: Wrong>(&mut self, at: &At<'_>, result: Result<T, E>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(wrong) => {
                self.found.push(wrong.violation(at));
                None
            }
        }
    }

    pub(crate) fn parse<T>(&mut self, at: &At<'_>, text: &str) -> Option<T>
    where
        T: FromStr,
        T::Err: Wrong,
    {
        self.check(at, text.parse())
    }

    /// A value that may be absent.
    pub(crate) fn optional<T>(&mut self, at: &At<'_>, text: Option<&str>) -> Maybe<T>
    where
        T: FromStr,
        T::Err: Wrong,
    {
        text.map_or(Some(None), |text| self.parse(at, text).map(Some))
    }

    /// A value known by its name.
    pub(crate) fn named<T: DeserializeOwned>(&mut self, at: &At<'_>, name: &str) -> Option<T> {
        let deserializer: StrDeserializer<'_, PlainError> = StrDeserializer::new(name);
        self.check(at, T::deserialize(deserializer))
    }

    /// A value known by its name, or the usual one.
    pub(crate) fn named_or_default<T: DeserializeOwned + Default>(
        &mut self,
        at: &At<'_>,
        name: Option<&str>,
    ) -> Option<T> {
        name.map_or_else(|| Some(T::default()), |name| self.named(at, name))
    }

    pub(crate) fn date(&mut self, at: &At<'_>, text: &str) -> Option<NaiveDate> {
        self.check(at, date(text))
    }

    pub(crate) fn optional_date(&mut self, at: &At<'_>, text: Option<&str>) -> Maybe<NaiveDate> {
        text.map_or(Some(None), |text| self.date(at, text).map(Some))
    }

    /// An amount; without its currency, which was wrong itself, nothing is said about it.
    pub(crate) fn money(&mut self, at: &At<'_>, text: &str, currency: Option<Currency>) -> Option<Money> {
        let amount = Money::parse(text, currency?);
        self.check(at, amount)
    }

    pub(crate) fn optional_money(
        &mut self,
        at: &At<'_>,
        text: Option<&str>,
        currency: Option<Currency>,
    ) -> Maybe<Money> {
        text.map_or(Some(None), |text| self.money(at, text, currency).map(Some))
    }

    /// Each of a list.
    pub(crate) fn each<W, T>(
        &mut self,
        at: &At<'_>,
        list: Vec<W>,
        mut read: impl FnMut(&mut Self, &At<'_>, W) -> Option<T>,
    ) -> Option<Vec<T>> {
        let mut values = Vec::with_capacity(list.len());
        let mut complete = true;
        for (index, wire) in list.into_iter().enumerate() {
            match read(self, &at.index(index), wire) {
                Some(value) => values.push(value),
                None => complete = false,
            }
        }
        complete.then_some(values)
    }

    /// The value that was read, or all that is wrong.
    pub(crate) fn finish<T>(self, value: Option<T>) -> Result<T, Violations> {
        self.found.into_result()?;
        // Whoever gives nothing has said why.
        value.ok_or_else(|| Violation::new("", Code::Malformed, "not readable").into())
    }
}

/// A day as `2026-03-02`, and in no other form.
pub(crate) fn date(text: &str) -> Result<NaiveDate, Violation> {
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let plain =
        text.len() == 10 && text.split('-').map(str::len).eq([4, 2, 2]) && text.split('-').all(digits);
    let day = if plain { text.parse().ok() } else { None };
    day.ok_or_else(|| Violation::new("", Code::Malformed, "not a day such as 2026-03-02"))
}

/// The name that a value is stored and sent by.
pub(crate) fn name_of<T: serde::Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}
