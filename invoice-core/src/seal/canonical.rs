//! Canonical bytes, version 1: every value has one form, independent of how it is stored or sent.
//!
//! Integers are big-endian; a text is its length in bytes (u64) and its UTF-8; a decimal is its value
//! times 10⁸ (i128), so that `1.5` and `1.50` are one; an amount is its count of minor units (i64) and
//! its currency; a date counts days from 0001-01-01; an instant counts milliseconds from 1970; an option
//! starts with 0 or 1; a list starts with its length.

use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::Hash;
use crate::{Currency, Money, Timestamp};

/// Hashes canonical bytes as they are written.
pub(crate) struct Canonical(Sha256);

/// Something with a canonical form. Implementations take their value apart without `..`, so that a new
/// field can't be left out of the seal by accident.
pub(crate) trait Canonicalize {
    fn canonicalize(&self, out: &mut Canonical);
}

impl Canonical {
    pub(crate) fn new(version: u8) -> Self {
        let mut out = Self(Sha256::new());
        out.text("invoice-core seal");
        out.byte(version);
        out
    }

    pub(crate) fn finish(self) -> Hash {
        Hash(self.0.finalize().into())
    }

    pub(crate) fn byte(&mut self, byte: u8) {
        self.0.update([byte]);
    }

    pub(crate) fn count(&mut self, count: usize) {
        self.u64(count as u64);
    }

    pub(crate) fn u64(&mut self, value: u64) {
        self.0.update(value.to_be_bytes());
    }

    /// An amount in minor units of a currency stated elsewhere.
    pub(crate) fn units(&mut self, units: i64) {
        self.0.update(units.to_be_bytes());
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.count(text.len());
        self.0.update(text.as_bytes());
    }

    pub(crate) fn flag(&mut self, flag: bool) {
        self.byte(u8::from(flag));
    }

    pub(crate) fn uuid(&mut self, uuid: Uuid) {
        self.0.update(uuid.as_bytes());
    }

    pub(crate) fn hash(&mut self, hash: Hash) {
        self.0.update(hash.as_bytes());
    }

    pub(crate) fn decimal(&mut self, decimal: Decimal) {
        // Inputs have at most 19 digits, 8 of them fractional, so the scaled value fits easily.
        let missing = 8_u32.saturating_sub(decimal.scale());
        let scaled = decimal.mantissa().saturating_mul(10_i128.pow(missing));
        self.0.update(scaled.to_be_bytes());
    }

    pub(crate) fn currency(&mut self, currency: Currency) {
        self.text(currency.code());
    }

    pub(crate) fn money(&mut self, money: Money) {
        self.0.update(money.minor().to_be_bytes());
        self.currency(money.currency());
    }

    pub(crate) fn date(&mut self, date: NaiveDate) {
        self.0.update(date.num_days_from_ce().to_be_bytes());
    }

    pub(crate) fn instant(&mut self, instant: Timestamp) {
        self.0.update(instant.as_millis().to_be_bytes());
    }

    pub(crate) fn option<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.flag(value.is_some());
        if let Some(value) = value {
            write(self, value);
        }
    }

    pub(crate) fn list<T>(&mut self, values: &[T], mut write: impl FnMut(&mut Self, &T)) {
        self.count(values.len());
        for value in values {
            write(self, value);
        }
    }

    pub(crate) fn optional_text(&mut self, text: Option<&String>) {
        self.option(text, |out, text| out.text(text));
    }

    pub(crate) fn optional_date(&mut self, date: Option<NaiveDate>) {
        self.option(date, Self::date);
    }

    pub(crate) fn optional_money(&mut self, money: Option<Money>) {
        self.option(money, Self::money);
    }

    pub(crate) fn value(&mut self, value: &impl Canonicalize) {
        value.canonicalize(self);
    }

    pub(crate) fn values<T: Canonicalize>(&mut self, values: &[T]) {
        self.list(values, |out, value| value.canonicalize(out));
    }

    pub(crate) fn optional<T: Canonicalize>(&mut self, value: Option<&T>) {
        self.option(value, |out, value| value.canonicalize(out));
    }
}
