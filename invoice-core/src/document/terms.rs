//! When and how a document is to be paid.

use std::fmt;

use chrono::NaiveDate;
use iban::IbanLike as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::text::{SHORT, collect, collect_lines, collect_required, collect_required_lines};
use crate::time::{collect_date, end_of_month, plus_days};
use crate::{Code, Percentage, Violation, Violations};

/// From when a document is overdue (BT-9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "value", deny_unknown_fields)]
pub enum Due {
    /// On the issue date.
    OnReceipt,
    /// So many days after the issue date.
    Days(u16),
    /// So many days after the end of the month of issue.
    DaysAfterMonthEnd(u16),
    /// On a fixed date.
    On(NaiveDate),
}

/// A discount for paying early, such as 2 % within 10 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EarlyPayment {
    pub(crate) days: u16,
    pub(crate) percent: Percentage,
}

impl EarlyPayment {
    /// A discount of `percent` of the payable amount when paid within `days` of the issue date.
    ///
    /// ```
    /// use invoice_core::EarlyPayment;
    ///
    /// let skonto = EarlyPayment::new(10, "2".parse()?);
    /// assert_eq!(skonto.days(), 10);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub const fn new(days: u16, percent: Percentage) -> Self {
        Self { days, percent }
    }

    /// Days after the issue date, the last one included.
    pub const fn days(&self) -> u16 {
        self.days
    }

    /// The discount in percent of the payable amount.
    pub const fn percent(&self) -> Percentage {
        self.percent
    }
}

/// Payment terms (BT-9, BT-20).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaymentTerms {
    pub(crate) due: Due,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) early_payment: Option<EarlyPayment>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) text: Option<String>,
}

impl PaymentTerms {
    /// Terms with a due date and nothing else.
    ///
    /// ```
    /// use invoice_core::{Due, PaymentTerms};
    ///
    /// let issued = chrono::NaiveDate::from_ymd_opt(2026, 1, 15).unwrap();
    /// assert_eq!(PaymentTerms::new(Due::Days(30)).due_date(issued).to_string(), "2026-02-14");
    /// assert_eq!(PaymentTerms::new(Due::DaysAfterMonthEnd(10)).due_date(issued).to_string(), "2026-02-10");
    /// ```
    pub const fn new(due: Due) -> Self {
        Self { due, early_payment: None, text: None }
    }

    /// Adds a discount for paying early.
    #[must_use]
    pub fn with_early_payment(mut self, discount: EarlyPayment) -> Self {
        self.early_payment = Some(discount);
        self
    }

    /// The terms in words (BT-20).
    #[must_use]
    pub fn with_text(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }

    /// The rule for the due date.
    pub fn due(&self) -> Due {
        self.due
    }

    /// The discount for paying early.
    pub fn early_payment(&self) -> Option<EarlyPayment> {
        self.early_payment
    }

    /// The terms in words (BT-20).
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// The due date (BT-9) of a document issued on `issue_date`.
    pub fn due_date(&self, issue_date: NaiveDate) -> NaiveDate {
        match self.due {
            Due::OnReceipt => issue_date,
            Due::Days(days) => plus_days(issue_date, u32::from(days)),
            Due::DaysAfterMonthEnd(days) => plus_days(end_of_month(issue_date), u32::from(days)),
            Due::On(date) => date,
        }
    }

    pub(crate) fn validate(&self, pointer: &str, found: &mut Violations) {
        if let Due::On(date) = self.due {
            collect_date(found, &format!("{pointer}/due"), Some(date));
        }
        if let Some(discount) = &self.early_payment {
            let percent = discount.percent.get();
            if percent.is_sign_negative() || percent.is_zero() || percent > rust_decimal::Decimal::ONE_HUNDRED
            {
                let detail = "a discount is more than 0 and at most 100 percent";
                found.add(format!("{pointer}/early_payment/percent"), Code::OutOfRange, detail);
            }
        }
        collect_lines(found, &format!("{pointer}/text"), self.text.as_deref(), SHORT);
    }
}

/// An International Bank Account Number (ISO 13616), country form and check digits verified.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Iban(iban::Iban);

impl Iban {
    /// An IBAN, with or without spaces.
    ///
    /// ```
    /// use invoice_core::Iban;
    ///
    /// assert_eq!(Iban::new("DE44 5001 0517 5407 3249 31")?.as_str(), "DE44500105175407324931");
    /// assert!(Iban::new("DE45 5001 0517 5407 3249 31").is_err());
    /// # Ok::<(), invoice_core::Violation>(())
    /// ```
    pub fn new(text: &str) -> Result<Self, Violation> {
        text.parse::<iban::Iban>()
            .map(Self)
            .map_err(|_| Violation::new("", Code::BadIban, "not an IBAN with valid check digits"))
    }

    /// The electronic form, without spaces.
    pub fn as_str(&self) -> &str {
        self.0.electronic_str()
    }
}

impl fmt::Display for Iban {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Iban {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Iban {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Iban {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::read(deserializer, Self::new)
    }
}

/// How to pay (BG-16).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum PaymentInstruction {
    /// To a bank account (BG-17).
    CreditTransfer {
        /// The account (BT-84).
        iban: Iban,
        /// The bank's BIC, ISO 9362 (BT-86).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bic: Option<String>,
        /// Whom the account belongs to (BT-85).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account_name: Option<String>,
        /// What to write on the transfer (BT-83).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        remittance: Option<String>,
    },
    /// To an account without an IBAN (BT-84).
    Account {
        /// The account as the bank writes it.
        account: String,
        /// The bank's BIC or clearing number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bank: Option<String>,
    },
    /// Collected by the supplier (BG-19).
    DirectDebit {
        /// The mandate (BT-89).
        mandate: String,
        /// The debited account (BT-91).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        iban: Option<Iban>,
    },
    /// Any other way, in words (BT-82).
    Other {
        /// How to pay.
        text: String,
    },
}

impl PaymentInstruction {
    /// A transfer to an IBAN.
    ///
    /// ```
    /// use invoice_core::{Iban, PaymentInstruction};
    ///
    /// let transfer = PaymentInstruction::credit_transfer(Iban::new("DE44500105175407324931")?);
    /// assert!(matches!(transfer, PaymentInstruction::CreditTransfer { .. }));
    /// # Ok::<(), invoice_core::Violation>(())
    /// ```
    pub const fn credit_transfer(iban: Iban) -> Self {
        Self::CreditTransfer { iban, bic: None, account_name: None, remittance: None }
    }

    pub(crate) fn validate(&self, pointer: &str, found: &mut Violations) {
        match self {
            Self::CreditTransfer { iban: _, bic, account_name, remittance } => {
                if let Some(bic) = bic
                    && !(matches!(bic.len(), 8 | 11) && bic.bytes().all(|b| b.is_ascii_alphanumeric()))
                {
                    found.add(
                        format!("{pointer}/bic"),
                        Code::Malformed,
                        "a BIC has 8 or 11 letters and digits",
                    );
                }
                collect(found, &format!("{pointer}/account_name"), account_name.as_deref(), SHORT);
                collect(found, &format!("{pointer}/remittance"), remittance.as_deref(), SHORT);
            }
            Self::Account { account, bank } => {
                collect_required(found, &format!("{pointer}/account"), account, SHORT);
                collect(found, &format!("{pointer}/bank"), bank.as_deref(), SHORT);
            }
            Self::DirectDebit { mandate, iban: _ } => {
                collect_required(found, &format!("{pointer}/mandate"), mandate, SHORT);
            }
            Self::Other { text } => collect_required_lines(found, &format!("{pointer}/text"), text, SHORT),
        }
    }
}
