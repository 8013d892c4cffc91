//! Which key holds what. A text under a key that is not here stays a text.
//!
//! Each looks at the length first: a record has hundreds of keys to look up.

/// Amounts, quantities, prices, percentages and rates.
pub(super) fn is_decimal(key: &str) -> bool {
    match key.len() {
        3 => matches!(key, "net" | "tax"),
        4 => matches!(key, "rate"),
        5 => matches!(key, "gross" | "parts" | "price" | "value"),
        6 => matches!(key, "amount"),
        7 => matches!(key, "charges" | "payable" | "percent" | "prepaid" | "taxable"),
        8 => matches!(key, "quantity" | "rounding"),
        9 => matches!(key, "tax_total"),
        10 => matches!(key, "allowances" | "line_total"),
        11 => matches!(key, "advance_net" | "advance_tax" | "gross_price"),
        12 => matches!(key, "charge_total"),
        13 => matches!(key, "advance_total" | "base_quantity" | "tax_exclusive" | "tax_inclusive"),
        14 => matches!(key, "price_discount" | "withheld_total"),
        15 => matches!(key, "advance_taxable" | "allowance_total"),
        _ => false,
    }
}

/// Calendar dates.
pub(super) fn is_date(key: &str) -> bool {
    match key.len() {
        3 => matches!(key, "end"),
        4 => matches!(key, "date" | "from"),
        5 => matches!(key, "start" | "value"),
        8 => matches!(key, "due_date"),
        9 => matches!(key, "rate_date" | "tax_point"),
        10 => matches!(key, "issue_date"),
        11 => matches!(key, "supply_date" | "valid_until"),
        13 => matches!(key, "overdue_noted"),
        15 => matches!(key, "last_issue_date"),
        _ => false,
    }
}

/// Instants.
pub(super) fn is_instant(key: &str) -> bool {
    key == "at" || key.ends_with("_at")
}

/// The prefix of the identifiers under a key. That of a record's own `id` is by its kind.
pub(super) fn prefix(key: &str) -> Option<&'static str> {
    Some(match key {
        "client" => "cli",
        "team" => "team",
        "created_by" | "issued_by" | "invited_by" | "by" | "user" | "actor" => "usr",
        "invoice" | "replaces" | "replaced_by" | "converted_to" | "advances" | "deducted_in" => "inv",
        "series" => "ser",
        "commit" => "cmt",
        _ => return None,
    })
}

/// The prefix of a record's own `id`, by the record's kind.
pub(super) fn id_of(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "client" => "cli",
        "item" => "itm",
        "series" => "ser",
        "invoice" => "inv",
        "credit_note" => "crn",
        "quote" => "quo",
        "payment" => "pay",
        "user" => "usr",
        "team" => "team",
        "invitation" => "ivt",
        "session" => "ses",
        "one_time_token" => "ott",
        "api_key" => "key",
        "security_event" => "aud",
        _ => return None,
    })
}
