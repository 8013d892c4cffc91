//! Altering records, by way of their stored form.

use invoice_core::TeamId;
use invoice_core::change::Record;
use invoice_core::ports::StoreError;
use serde_json::{Map, Value, json};

use super::fault::Mangled;

/// The record with its stored form altered.
pub(super) fn altered(
    record: &Record,
    alter: impl FnOnce(&mut Map<String, Value>),
) -> Result<Record, StoreError> {
    let mut value = serde_json::to_value(record).map_err(StoreError::backend)?;
    if let Some(fields) = value.get_mut("record").and_then(Value::as_object_mut) {
        alter(fields);
    }
    serde_json::from_value(value).map_err(StoreError::backend)
}

pub(super) fn at_version(record: &Record, version: u64) -> Result<Record, StoreError> {
    altered(record, |fields| drop(fields.insert("version".to_owned(), json!(version))))
}

pub(super) fn of_team(record: &Record, team: TeamId) -> Result<Record, StoreError> {
    altered(record, |fields| drop(fields.insert("team".to_owned(), json!(team.to_string()))))
}

/// The new record with all that only the old one says.
pub(super) fn merged(old: &Record, new: &Record) -> Result<Record, StoreError> {
    let old = serde_json::to_value(old).map_err(StoreError::backend)?;
    let old = old.get("record").and_then(Value::as_object).cloned().unwrap_or_default();
    altered(new, |fields| {
        for (name, value) in old {
            fields.entry(name).or_insert(value);
        }
    })
}

/// An issued invoice with another content.
pub(super) fn touched(record: &Record) -> Result<Record, StoreError> {
    if record.number().is_none() {
        return Ok(record.clone());
    }
    altered(record, |fields| {
        if let Some(content) = fields.get_mut("content").and_then(Value::as_object_mut) {
            content.insert("language".to_owned(), json!("xx"));
        }
    })
}

/// The record as a store keeps it that can't keep all.
pub(super) fn mangled(record: &Record, what: Mangled) -> Result<Record, StoreError> {
    altered(record, |fields| fields.values_mut().for_each(|value| mangle(value, what))).and_then(|record| {
        match what {
            Mangled::Notes => altered(&record, |fields| {
                for name in ["internal_notes", "note", "description", "archived_at"] {
                    fields.remove(name);
                }
            }),
            Mangled::Keys => altered(&record, |fields| {
                if let Some(Value::Object(metadata)) = fields.get_mut("metadata") {
                    let pairs = std::mem::take(metadata).into_iter();
                    *metadata = pairs.map(|(key, value)| (key.replace(['$', '.'], "_"), value)).collect();
                }
            }),
            _ => Ok(record),
        }
    })
}

fn mangle(value: &mut Value, what: Mangled) {
    match value {
        Value::String(text) => *text = mangled_text(text, what),
        Value::Array(values) => values.iter_mut().for_each(|value| mangle(value, what)),
        Value::Object(fields) => fields.values_mut().for_each(|value| mangle(value, what)),
        _ => {}
    }
}

fn mangled_text(text: &str, what: Mangled) -> String {
    match what {
        Mangled::FourByteCharacters => {
            text.chars().map(|char| if char > '\u{ffff}' { '?' } else { char }).collect()
        }
        Mangled::LongTexts => text.chars().take(255).collect(),
        Mangled::Spaces => text.trim().to_owned(),
        Mangled::Decimals if text.contains('.') => {
            text.parse::<f64>().map_or_else(|_| text.to_owned(), |number| number.to_string())
        }
        Mangled::Milliseconds if text.ends_with('Z') && text.len() == 24 => {
            text.get(..20).map_or_else(|| text.to_owned(), |seconds| format!("{seconds}000Z"))
        }
        _ => text.to_owned(),
    }
}
