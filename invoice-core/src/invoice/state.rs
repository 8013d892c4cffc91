//! What changes on an invoice after its issue, and what follows from it.

use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::credit::Credited;
use crate::totals::Totals;
use crate::{Currency, InvoiceId, Money, Timestamp, UserId};

/// The payment axis, derived from what is payable, credited, written off and allocated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentState {
    /// Nothing is due and nothing was paid: a draft, a void or a fully credited invoice, or one over zero.
    NothingDue,
    /// Something is due and nothing was paid.
    Unpaid,
    /// Something is due and something was paid.
    PartiallyPaid,
    /// Nothing is due any more.
    Paid,
    /// More was paid or credited than was payable.
    Overpaid,
}

impl PaymentState {
    /// All states.
    pub const ALL: [Self; 5] =
        [Self::NothingDue, Self::Unpaid, Self::PartiallyPaid, Self::Paid, Self::Overpaid];

    /// The name as stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NothingDue => "nothing_due",
            Self::Unpaid => "unpaid",
            Self::PartiallyPaid => "partially_paid",
            Self::Paid => "paid",
            Self::Overpaid => "overpaid",
        }
    }
}

crate::text::named!(PaymentState, "the payment state of an invoice");
crate::text::named!(Status, "the status of an invoice");

impl fmt::Display for PaymentState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What to show for an invoice: the first that fits, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Not issued.
    Draft,
    /// Cancelled before it was delivered.
    Void,
    /// Credited in full.
    Credited,
    /// More was paid or credited than was payable.
    Overpaid,
    /// Nothing is due any more.
    Paid,
    /// Marked as not to be expected any more.
    Uncollectible,
    /// Past its due date.
    Overdue,
    /// Something was paid.
    PartiallyPaid,
    /// Sent to the customer.
    Sent,
    /// Issued and not sent.
    Issued,
}

impl Status {
    /// All statuses, in the order in which the first that fits is shown.
    pub const ALL: [Self; 10] = [
        Self::Draft,
        Self::Void,
        Self::Credited,
        Self::Overpaid,
        Self::Paid,
        Self::Uncollectible,
        Self::Overdue,
        Self::PartiallyPaid,
        Self::Sent,
        Self::Issued,
    ];

    /// The name as stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Void => "void",
            Self::Credited => "credited",
            Self::Overpaid => "overpaid",
            Self::Paid => "paid",
            Self::Uncollectible => "uncollectible",
            Self::Overdue => "overdue",
            Self::PartiallyPaid => "partially_paid",
            Self::Sent => "sent",
            Self::Issued => "issued",
        }
    }

    /// What to show on a date for a stored status: a passed due date shows before those that follow it.
    pub(crate) fn on(self, as_of: NaiveDate, due_date: Option<NaiveDate>, due: Money) -> Self {
        if self > Self::Overdue && is_overdue(due_date, due, as_of) { Self::Overdue } else { self }
    }
}

/// Past the due date, with something due.
pub(super) fn is_overdue(due_date: Option<NaiveDate>, due: Money, as_of: NaiveDate) -> bool {
    due_date.is_some_and(|due_date| due_date < as_of) && due.is_positive()
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How often and when a document was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sent {
    pub(crate) count: u32,
    pub(crate) first_at: Timestamp,
    pub(crate) last_at: Timestamp,
}

impl Sent {
    /// How often.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// The first time.
    pub fn first_at(&self) -> Timestamp {
        self.first_at
    }

    /// The last time.
    pub fn last_at(&self) -> Timestamp {
        self.last_at
    }

    /// Counts one more sending.
    pub(crate) fn again(sent: &mut Option<Self>, at: Timestamp) {
        match sent {
            Some(sent) => {
                sent.count = sent.count.saturating_add(1);
                sent.last_at = at;
            }
            None => *sent = Some(Self { count: 1, first_at: at, last_at: at }),
        }
    }
}

/// Why a rest is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WriteOffReason {
    /// The discount for paying early was taken.
    EarlyPayment,
    /// The bank kept a fee.
    BankCharges,
    /// Too small to ask for.
    SmallDifference,
    /// The customer can't or won't pay.
    BadDebt,
    /// Anything else, told in the note.
    Other,
    /// An earlier write-off taken back, with a negative amount: by a use case, or because a credit note
    /// covers what had been given up.
    TakenBack,
}

/// A rest that is not asked for any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WriteOff {
    pub(crate) amount: Money,
    pub(crate) reason: WriteOffReason,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
    pub(crate) date: NaiveDate,
    pub(crate) by: Option<UserId>,
}

impl WriteOff {
    /// How much; negative where an earlier write-off is taken back.
    pub fn amount(&self) -> Money {
        self.amount
    }

    /// Why.
    pub fn reason(&self) -> WriteOffReason {
        self.reason
    }

    /// Why, in words.
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    /// The day in the team's zone.
    pub fn date(&self) -> NaiveDate {
        self.date
    }

    /// Who gave it up; `None` for the application itself.
    pub fn by(&self) -> Option<UserId> {
        self.by
    }
}

/// All that changes after the issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct InvoiceState {
    pub(crate) allocated: Money,
    pub(crate) credited: Money,
    pub(crate) written_off: Money,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) write_offs: Vec<WriteOff>,
    #[serde(default, skip_serializing_if = "Credited::is_empty")]
    pub(crate) credit: Credited,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) fully_credited: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sent: Option<Sent>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) viewed_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) delivered_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) voided_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) uncollectible_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) overdue_noted: Option<NaiveDate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) replaced_by: Option<InvoiceId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) deducted_in: Option<InvoiceId>,
}

impl InvoiceState {
    pub(crate) fn new(currency: Currency) -> Self {
        let zero = Money::zero(currency);
        Self {
            allocated: zero,
            credited: zero,
            written_off: zero,
            write_offs: Vec::new(),
            credit: Credited::default(),
            fully_credited: false,
            sent: None,
            viewed_at: None,
            delivered_at: None,
            voided_at: None,
            uncollectible_at: None,
            overdue_noted: None,
            replaced_by: None,
            deducted_in: None,
        }
    }

    pub(crate) fn is_delivered(&self) -> bool {
        self.sent.is_some() || self.viewed_at.is_some() || self.delivered_at.is_some()
    }

    /// Payable less all that settles it, in minor units; negative when overpaid. Four amounts, each below
    /// 10¹⁸, always fit an i64.
    fn balance(&self, issued: bool, totals: &Totals) -> i64 {
        if !issued || self.voided_at.is_some() {
            return 0;
        }
        totals.payable().minor() - self.credited.minor() - self.written_off.minor() - self.allocated.minor()
    }

    /// Takes back so much of what was written off, with an entry of its own.
    pub(crate) fn take_back(
        &mut self,
        units: i64,
        note: Option<String>,
        date: NaiveDate,
        by: Option<UserId>,
    ) {
        let currency = self.written_off.currency();
        self.written_off = Money::trusted(self.written_off.minor() - units, currency);
        let amount = Money::trusted(-units, currency);
        self.write_offs.push(WriteOff { amount, reason: WriteOffReason::TakenBack, note, date, by });
    }

    pub(crate) fn due(&self, issued: bool, totals: &Totals) -> Money {
        Money::trusted(self.balance(issued, totals).max(0), self.allocated.currency())
    }

    pub(crate) fn overpaid(&self, issued: bool, totals: &Totals) -> Money {
        Money::trusted((-self.balance(issued, totals)).max(0), self.allocated.currency())
    }

    pub(crate) fn payment_state(&self, issued: bool, totals: &Totals) -> PaymentState {
        let balance = self.balance(issued, totals);
        let paid = self.allocated.is_positive();
        if balance < 0 {
            PaymentState::Overpaid
        } else if balance > 0 {
            if paid { PaymentState::PartiallyPaid } else { PaymentState::Unpaid }
        } else if paid || self.written_off.is_positive() {
            PaymentState::Paid
        } else {
            PaymentState::NothingDue
        }
    }

    pub(crate) fn status(&self, issued: bool, totals: &Totals) -> Status {
        if !issued {
            return Status::Draft;
        }
        if self.voided_at.is_some() {
            return Status::Void;
        }
        if self.fully_credited {
            return Status::Credited;
        }
        match self.payment_state(issued, totals) {
            PaymentState::Overpaid => Status::Overpaid,
            PaymentState::Paid | PaymentState::NothingDue => Status::Paid,
            _ if self.uncollectible_at.is_some() => Status::Uncollectible,
            PaymentState::PartiallyPaid => Status::PartiallyPaid,
            PaymentState::Unpaid if self.is_delivered() => Status::Sent,
            PaymentState::Unpaid => Status::Issued,
        }
    }
}
