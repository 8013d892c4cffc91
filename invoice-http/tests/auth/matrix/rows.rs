//! Who may do what: a row for each operation of the OpenAPI document.

use invoice_core::Permission;

use super::side::Kind;

/// Whom an operation lets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum May {
    /// Without a token.
    Anybody,
    /// Who is logged in, about themselves.
    Anyone,
    /// Members of the team whose role has this permission.
    Team(Permission),
    /// Members of the team what they made, accountants what anybody made.
    Maker,
}

/// An operation, whom it lets in, and a request that succeeds.
///
/// The body is the example of the OpenAPI document if it is not said here. Words such as `$client` stand for what the
/// request is given.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub(super) operation: &'static str,
    pub(super) may: May,
    pub(super) about: Option<Kind>,
    pub(super) body: Option<&'static str>,
    pub(super) query: &'static str,
    /// What is answered to those who may, where it is no success.
    pub(super) refused: Option<&'static str>,
    /// Done in a team of its own: people and teams are not the same after it.
    pub(super) lasting: bool,
}

const fn row(operation: &'static str, may: May) -> Row {
    Row { operation, may, about: None, body: None, query: "", refused: None, lasting: false }
}

const fn may(operation: &'static str, permission: Permission) -> Row {
    row(operation, May::Team(permission))
}

const fn read(operation: &'static str) -> Row {
    may(operation, Permission::Read)
}

const fn issue(operation: &'static str, kind: Kind) -> Row {
    may(operation, Permission::IssueDocuments).about(kind)
}

const fn pay(operation: &'static str, kind: Kind) -> Row {
    may(operation, Permission::HandlePayments).about(kind)
}

const fn maker(operation: &'static str, kind: Kind) -> Row {
    row(operation, May::Maker).about(kind)
}

impl Row {
    const fn about(mut self, kind: Kind) -> Self {
        self.about = Some(kind);
        self
    }

    const fn body(mut self, body: &'static str) -> Self {
        self.body = Some(body);
        self
    }

    const fn query(mut self, query: &'static str) -> Self {
        self.query = query;
        self
    }

    const fn refused(mut self, code: &'static str) -> Self {
        self.refused = Some(code);
        self
    }

    const fn lasting(mut self) -> Self {
        self.lasting = true;
        self
    }
}

pub(super) fn of(operation: &str) -> &'static Row {
    let found = ROWS.iter().find(|row| row.operation == operation);
    found.unwrap_or_else(|| panic!("`{operation}` has no row: say who may do it"))
}

pub(super) const ROWS: &[Row] = &[
    read("list_audit"),
    read("verify"),
    read("list_clients"),
    may("create_client", Permission::WriteOwn),
    read("read_client").about(Kind::Client),
    maker("update_client", Kind::Client),
    maker("delete_client", Kind::Client),
    maker("archive_client", Kind::Client),
    maker("restore_client", Kind::ArchivedClient),
    read("report_statement").about(Kind::Client).query("currency=EUR"),
    read("list_items"),
    may("create_item", Permission::WriteOwn)
        .body(r#"{"code": "$unique", "name": "Lamp", "currency": "EUR", "price": "19.95"}"#),
    read("read_item").about(Kind::Item),
    maker("update_item", Kind::Item).body(r#"{"code": "$unique"}"#),
    maker("delete_item", Kind::Item),
    maker("archive_item", Kind::Item),
    maker("restore_item", Kind::ArchivedItem),
    read("list_invoices"),
    may("create_invoice", Permission::WriteOwn),
    may("create_and_publish_invoice", Permission::IssueDocuments),
    read("preview_invoice"),
    read("read_invoice").about(Kind::Invoice),
    read("print_invoice").about(Kind::Invoice),
    read("list_invoice_audit").about(Kind::Invoice),
    maker("update_invoice", Kind::Draft),
    maker("delete_invoice", Kind::Draft),
    issue("publish_invoice", Kind::Draft),
    issue("send_invoice", Kind::Invoice),
    issue("void_invoice", Kind::Invoice),
    issue("revise_invoice", Kind::Invoice),
    issue("credit_invoice", Kind::Invoice),
    pay("pay_invoice", Kind::Invoice).body(r#"{"amount": "50.00", "currency": "EUR"}"#),
    pay("write_off_invoice", Kind::Invoice),
    pay("take_back_write_off", Kind::WrittenOff),
    pay("mark_invoice_uncollectible", Kind::Invoice),
    pay("unmark_invoice_uncollectible", Kind::Uncollectible),
    may("publish_invoices", Permission::IssueDocuments).body(r#"{"ids": ["$draft"]}"#),
    may("send_invoices", Permission::IssueDocuments),
    may("void_invoices", Permission::IssueDocuments).body(r#"{"ids": ["$invoice"], "reason": "Twice"}"#),
    may("import_invoice", Permission::IssueDocuments).body(IMPORTED),
    may("export_invoices", Permission::Export),
    read("list_credit_notes"),
    read("read_credit_note").about(Kind::CreditNote),
    maker("update_credit_note", Kind::CreditDraft),
    maker("delete_credit_note", Kind::CreditDraft),
    issue("publish_credit_note", Kind::CreditDraft),
    issue("send_credit_note", Kind::CreditNote),
    may("import_credit_note", Permission::IssueDocuments).body(IMPORTED_NOTE),
    read("list_quotes"),
    may("create_quote", Permission::WriteOwn),
    read("read_quote").about(Kind::Quote),
    maker("update_quote", Kind::QuoteDraft),
    maker("delete_quote", Kind::QuoteDraft),
    issue("publish_quote", Kind::QuoteDraft),
    issue("send_quote", Kind::Quote),
    issue("accept_quote", Kind::Quote),
    issue("decline_quote", Kind::Quote),
    issue("convert_quote", Kind::Quote),
    read("list_payments"),
    may("record_payment", Permission::HandlePayments).body(PAYMENT),
    read("read_payment").about(Kind::Payment),
    pay("allocate_payment", Kind::Payment),
    pay("deallocate_payment", Kind::Allocated)
        .body(r#"{"allocations": [{"invoice": "$its_invoice", "amount": "50.00"}], "currency": "EUR"}"#),
    pay("refund_payment", Kind::Payment),
    pay("reverse_payment", Kind::Allocated),
    read("report_aging"),
    read("report_revenue").query("from=2026-01&to=2026-12"),
    read("report_taxes").query("from=2026-01&to=2026-12"),
    read("list_series"),
    read("read_series").about(Kind::Series),
    may("create_series", Permission::ManageSeries).body(SERIES),
    may("archive_series", Permission::ManageSeries).about(Kind::Series),
    read("read_supplier"),
    may("replace_supplier", Permission::ManageSupplier),
    may("update_supplier", Permission::ManageSupplier),
    row("read_keys", May::Anybody),
    row("register", May::Anybody).body(r#"{"email": "$unused", "password": "$password", "name": "Ada"}"#),
    row("log_in", May::Anybody).body(r#"{"email": "$email", "password": "$password", "team": "$team"}"#),
    row("refresh", May::Anybody).refused("invalid_token"),
    row("verify_email", May::Anybody).refused("invalid_mailed_token"),
    row("confirm_email_change", May::Anybody).refused("invalid_mailed_token"),
    row("reset_password", May::Anybody).refused("invalid_mailed_token"),
    row("request_password_reset", May::Anybody).body(r#"{"email": "$unused"}"#),
    row("resend_verification", May::Anyone),
    row("request_email_change", May::Anyone).body(r#"{"email": "$unused", "password": "$password"}"#),
    row("change_password", May::Anyone)
        .body(r#"{"current_password": "$password", "password": "a much better one than that"}"#)
        .lasting(),
    row("log_out", May::Anyone).lasting(),
    row("log_out_everywhere", May::Anyone).lasting(),
    row("list_sessions", May::Anyone),
    row("revoke_session", May::Anyone).about(Kind::Session),
    row("read_profile", May::Anyone),
    row("update_profile", May::Anyone),
    row("delete_profile", May::Anyone).body(r#"{"password": "$password"}"#).refused("still_in_team"),
    row("list_teams", May::Anyone),
    row("create_team", May::Anyone),
    row("accept_invitation", May::Anyone).refused("invalid_mailed_token"),
    read("search_users").query("prefix=o"),
    read("read_team").about(Kind::Team),
    read("switch_team").about(Kind::Team),
    read("leave_team").about(Kind::Team).lasting(),
    may("update_team", Permission::ManageSupplier).about(Kind::Team),
    may("delete_team", Permission::DeleteTeam).about(Kind::Team).lasting(),
    may("transfer_team", Permission::TransferTeam).about(Kind::Team).lasting(),
    may("read_security_audit", Permission::ManageMembers).about(Kind::Team),
    read("list_members").about(Kind::Team),
    read("read_member").about(Kind::Member),
    may("update_member", Permission::ManageMembers).about(Kind::Member).lasting(),
    may("remove_member", Permission::ManageMembers).about(Kind::Member).lasting(),
    may("list_invitations", Permission::ManageMembers).about(Kind::Team),
    may("create_invitation", Permission::ManageMembers)
        .about(Kind::Team)
        .body(r#"{"email": "$unused", "role": "viewer"}"#),
    may("revoke_invitation", Permission::ManageMembers).about(Kind::Invitation),
    may("list_api_keys", Permission::ManageApiKeys).about(Kind::Team),
    may("create_api_key", Permission::ManageApiKeys).about(Kind::Team),
    may("revoke_api_key", Permission::ManageApiKeys).about(Kind::ApiKey),
];

const IMPORTED: &str = r#"{
    "client": "$client", "currency": "EUR", "delivered": true, "issue_date": "2025-11-30", "number": "$unique",
    "payable": "119.00", "lines": [
        {"name": "Lamp", "price": "25.00", "quantity": "4", "taxes": [{"category": "S", "rate": "19"}]}
    ]
}"#;

const IMPORTED_NOTE: &str = r#"{
    "currency": "EUR", "invoice": "$invoice", "issue_date": "2026-03-02", "number": "$unique", "payable": "119.00",
    "reason": "Goods returned", "scope": {"kind": "full"}
}"#;

const PAYMENT: &str = r#"{
    "client": "$customer", "amount": "150.00", "currency": "EUR", "date": "2026-03-02",
    "allocations": [{"invoice": "$invoice", "amount": "119.00"}]
}"#;

const SERIES: &str = r#"{
    "document_type": "invoice", "name": "$unique", "pattern": "$unique-{seq}", "reset": "never", "from": "2026-01-01"
}"#;
