//! When and how to pay.

use invoice_core::{Code, Due, EarlyPayment, Iban, PaymentInstruction, PaymentTerms};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::read::{At, Reader};
use super::{schema, whole};

/// From when a document is overdue (BT-9).
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Due, example = json!({"kind": "days", "days": 30}))]
pub(crate) struct DueBody {
    /// Which rule.
    #[schema(value_type = schema::DueKind)]
    kind: String,
    /// How many days, for `days` (after the issue date) and `days_after_month_end`.
    #[schema(maximum = 65535)]
    #[serde(default, deserialize_with = "whole::optional")]
    days: Option<u16>,
    /// The day, for `on`.
    #[schema(value_type = Option<schema::Date>)]
    date: Option<String>,
}

impl From<Due> for DueBody {
    fn from(due: Due) -> Self {
        let (kind, days, date) = match due {
            Due::OnReceipt => ("on_receipt", None, None),
            Due::Days(days) => ("days", Some(days), None),
            Due::DaysAfterMonthEnd(days) => ("days_after_month_end", Some(days), None),
            Due::On(date) => ("on", None, Some(date.to_string())),
        };
        Self { kind: kind.to_owned(), days, date }
    }
}

impl DueBody {
    fn read(self, reader: &mut Reader, at: &At<'_>) -> Option<Due> {
        let mut refuse = |field, code, detail| {
            reader.add(&at.field(field), code, detail);
            None
        };
        match (self.kind.as_str(), self.days, self.date) {
            ("on_receipt", None, None) => Some(Due::OnReceipt),
            ("days", Some(days), None) => Some(Due::Days(days)),
            ("days_after_month_end", Some(days), None) => Some(Due::DaysAfterMonthEnd(days)),
            ("on", None, Some(date)) => Some(Due::On(reader.date(&at.field("date"), &date)?)),
            ("on_receipt" | "on", Some(_), _) => {
                refuse("days", Code::Inconsistent, "this kind takes no number of days")
            }
            ("on", None, None) => refuse("date", Code::Required, "state the day"),
            ("on_receipt" | "days" | "days_after_month_end", _, Some(_)) => {
                refuse("date", Code::Inconsistent, "this kind takes no day")
            }
            ("days" | "days_after_month_end", None, None) => {
                refuse("days", Code::Required, "state how many days")
            }
            _ => refuse("kind", Code::Unknown, "not one of on_receipt, days, days_after_month_end, on"),
        }
    }
}

/// A discount for paying early.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EarlyPayment, example = json!({"days": 10, "percent": "2"}))]
pub(crate) struct EarlyPaymentBody {
    /// Days after the issue date, the last one included.
    #[schema(maximum = 65535)]
    #[serde(deserialize_with = "whole::number")]
    days: u16,
    /// The discount in percent of the payable amount.
    #[schema(value_type = schema::Decimal)]
    percent: String,
}

/// Payment terms (BT-9, BT-20).
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PaymentTerms, example = json!({
    "due": {"kind": "days", "days": 30}, "early_payment": {"days": 10, "percent": "2"}
}))]
pub(crate) struct TermsBody {
    /// From when the document is overdue (BT-9).
    due: DueBody,
    /// A discount for paying early.
    early_payment: Option<EarlyPaymentBody>,
    /// The terms in words (BT-20).
    #[schema(value_type = Option<schema::ShortLines>)]
    text: Option<String>,
}

impl From<&PaymentTerms> for TermsBody {
    fn from(terms: &PaymentTerms) -> Self {
        let early = |early: EarlyPayment| EarlyPaymentBody {
            days: early.days(),
            percent: early.percent().to_string(),
        };
        Self {
            due: terms.due().into(),
            early_payment: terms.early_payment().map(early),
            text: terms.text().map(str::to_owned),
        }
    }
}

impl TermsBody {
    pub(crate) fn read(self, reader: &mut Reader, at: &At<'_>) -> Option<PaymentTerms> {
        let due = self.due.read(reader, &at.field("due"));
        let early = match self.early_payment {
            Some(early) => {
                let at = at.field("early_payment");
                let percent = reader.parse(&at.field("percent"), &early.percent);
                percent.map(|percent| Some(EarlyPayment::new(early.days, percent)))
            }
            None => Some(None),
        };
        let mut terms = PaymentTerms::new(due?);
        if let Some(early) = early? {
            terms = terms.with_early_payment(early);
        }
        if let Some(text) = self.text {
            terms = terms.with_text(text);
        }
        Some(terms)
    }
}

/// How to pay (BG-16). Which fields are taken depends on the kind.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PaymentInstruction, example = json!({
    "kind": "credit_transfer", "iban": "DE44500105175407324931", "remittance": "INV-2026-00001"
}))]
pub(crate) struct InstructionBody {
    /// Which way.
    #[schema(value_type = schema::InstructionKind)]
    kind: String,
    /// The account to pay to (BT-84), or that is debited (BT-91).
    iban: Option<String>,
    /// The bank's BIC (BT-86), of a credit transfer.
    #[schema(pattern = "^[A-Za-z0-9]{8}([A-Za-z0-9]{3})?$")]
    bic: Option<String>,
    /// Whom the account belongs to (BT-85), of a credit transfer.
    #[schema(value_type = Option<schema::ShortText>)]
    account_name: Option<String>,
    /// What to write on the transfer (BT-83).
    #[schema(value_type = Option<schema::ShortText>)]
    remittance: Option<String>,
    /// The account as the bank writes it, for `account`.
    #[schema(value_type = Option<schema::RequiredText>)]
    account: Option<String>,
    /// The bank's BIC or clearing number, for `account`.
    #[schema(value_type = Option<schema::ShortText>)]
    bank: Option<String>,
    /// The mandate (BT-89), for `direct_debit`.
    #[schema(value_type = Option<schema::RequiredText>)]
    mandate: Option<String>,
    /// How to pay in words (BT-82), for `other`.
    #[schema(value_type = Option<schema::RequiredLines>)]
    text: Option<String>,
}

impl InstructionBody {
    const fn empty(kind: String) -> Self {
        Self {
            kind,
            iban: None,
            bic: None,
            account_name: None,
            remittance: None,
            account: None,
            bank: None,
            mandate: None,
            text: None,
        }
    }

    pub(crate) fn read(self, reader: &mut Reader, at: &At<'_>) -> Option<PaymentInstruction> {
        let taken: &[&str] = match self.kind.as_str() {
            "credit_transfer" => &["iban", "bic", "account_name", "remittance"],
            "account" => &["account", "bank"],
            "direct_debit" => &["mandate", "iban"],
            "other" => &["text"],
            _ => {
                let detail = "not one of credit_transfer, account, direct_debit, other";
                reader.add(&at.field("kind"), Code::Unknown, detail);
                return None;
            }
        };
        let present = [
            ("iban", self.iban.is_some()),
            ("bic", self.bic.is_some()),
            ("account_name", self.account_name.is_some()),
            ("remittance", self.remittance.is_some()),
            ("account", self.account.is_some()),
            ("bank", self.bank.is_some()),
            ("mandate", self.mandate.is_some()),
            ("text", self.text.is_some()),
        ];
        let mut clean = true;
        for (name, _) in present.iter().filter(|(name, present)| *present && !taken.contains(name)) {
            reader.add(&at.field(name), Code::Inconsistent, "this kind does not take this field");
            clean = false;
        }
        // The first field taken is the one that is needed; a mandate stands without its account.
        let (needed, _) = taken.split_first()?;
        if !present.contains(&(needed, true)) {
            reader.add(&at.field(needed), Code::Required, "this kind needs this field");
            clean = false;
        }
        let iban = match self.iban {
            Some(iban) => reader.check(&at.field("iban"), Iban::new(&iban)).map(Some),
            None => Some(None),
        };
        let iban = iban.filter(|_| clean)?;
        Some(match self.kind.as_str() {
            "credit_transfer" => PaymentInstruction::CreditTransfer {
                iban: iban?,
                bic: self.bic,
                account_name: self.account_name,
                remittance: self.remittance,
            },
            "account" => PaymentInstruction::Account { account: self.account?, bank: self.bank },
            "direct_debit" => PaymentInstruction::DirectDebit { mandate: self.mandate?, iban },
            _ => PaymentInstruction::Other { text: self.text? },
        })
    }
}

impl From<&PaymentInstruction> for InstructionBody {
    fn from(instruction: &PaymentInstruction) -> Self {
        let kind = |name: &str| Self::empty(name.to_owned());
        match instruction.clone() {
            PaymentInstruction::CreditTransfer { iban, bic, account_name, remittance } => Self {
                iban: Some(iban.as_str().to_owned()),
                bic,
                account_name,
                remittance,
                ..kind("credit_transfer")
            },
            PaymentInstruction::Account { account, bank } => {
                Self { account: Some(account), bank, ..kind("account") }
            }
            PaymentInstruction::DirectDebit { mandate, iban } => Self {
                mandate: Some(mandate),
                iban: iban.map(|iban| iban.as_str().to_owned()),
                ..kind("direct_debit")
            },
            PaymentInstruction::Other { text } => Self { text: Some(text), ..kind("other") },
        }
    }
}
