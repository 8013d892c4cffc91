//! The canonical form of what documents are made of.

use super::{Canonical, Canonicalize};
use crate::credit_note::CreditShare;
use crate::document::{
    AccountingRate, AccountingTotal, Content, Delivery, Due, EarlyPayment, IssueFacts, Note, Origin,
    PaymentInstruction, PaymentTerms, Preceding, References,
};
use crate::line::InvoicePeriod;
use crate::series::CounterKey;
use crate::totals::{PayableRounding, PriceMode, Rounding};
use crate::{Address, CreditLine, CreditScope, Party, RoundingMode};

impl Canonicalize for Address {
    fn canonicalize(&self, out: &mut Canonical) {
        let Self { lines, postal_code, city, subdivision, country } = self;
        out.list(lines, |out, line| out.text(line));
        out.optional_text(postal_code.as_ref());
        out.optional_text(city.as_ref());
        out.optional_text(subdivision.as_ref());
        out.text(country.code());
    }
}

impl Canonicalize for Party {
    fn canonicalize(&self, out: &mut Canonical) {
        let Self {
            name,
            trading_name,
            address,
            vat_id,
            tax_registration,
            legal_id,
            electronic_address,
            contact_name,
            phone,
            email,
        } = self;
        out.text(name);
        out.optional_text(trading_name.as_ref());
        out.optional(address.as_ref());
        for text in [vat_id, tax_registration, legal_id, electronic_address, contact_name, phone, email] {
            out.optional_text(text.as_ref());
        }
    }
}

impl Canonicalize for PaymentTerms {
    fn canonicalize(&self, out: &mut Canonical) {
        let Self { due, early_payment, text } = self;
        match due {
            Due::OnReceipt => out.text("on_receipt"),
            Due::Days(days) => {
                out.text("days");
                out.u64(u64::from(*days));
            }
            Due::DaysAfterMonthEnd(days) => {
                out.text("days_after_month_end");
                out.u64(u64::from(*days));
            }
            Due::On(date) => {
                out.text("on");
                out.date(*date);
            }
        }
        out.option(early_payment.as_ref(), |out, EarlyPayment { days, percent }| {
            out.u64(u64::from(*days));
            out.decimal(percent.get());
        });
        out.optional_text(text.as_ref());
    }
}

impl Canonicalize for PaymentInstruction {
    fn canonicalize(&self, out: &mut Canonical) {
        match self {
            Self::CreditTransfer { iban, bic, account_name, remittance } => {
                out.text("credit_transfer");
                out.text(iban.as_str());
                out.optional_text(bic.as_ref());
                out.optional_text(account_name.as_ref());
                out.optional_text(remittance.as_ref());
            }
            Self::Account { account, bank } => {
                out.text("account");
                out.text(account);
                out.optional_text(bank.as_ref());
            }
            Self::DirectDebit { mandate, iban } => {
                out.text("direct_debit");
                out.text(mandate);
                out.option(iban.as_ref(), |out, iban| out.text(iban.as_str()));
            }
            Self::Other { text } => {
                out.text("other");
                out.text(text);
            }
        }
    }
}

impl Canonicalize for Note {
    fn canonicalize(&self, out: &mut Canonical) {
        let Self { text, subject } = self;
        out.text(text);
        out.optional_text(subject.as_ref());
    }
}

impl Canonicalize for Preceding {
    fn canonicalize(&self, out: &mut Canonical) {
        let Self { number, issue_date } = self;
        out.text(number);
        out.optional_date(*issue_date);
    }
}

impl Canonicalize for References {
    fn canonicalize(&self, out: &mut Canonical) {
        let Self {
            buyer_reference,
            project,
            contract,
            purchase_order,
            sales_order,
            despatch_advice,
            preceding,
        } = self;
        for text in [buyer_reference, project, contract, purchase_order, sales_order, despatch_advice] {
            out.optional_text(text.as_ref());
        }
        out.values(preceding);
    }
}

impl Canonicalize for Delivery {
    fn canonicalize(&self, out: &mut Canonical) {
        let Self { name, address } = self;
        out.optional_text(name.as_ref());
        out.value(address);
    }
}

impl Canonicalize for AccountingRate {
    fn canonicalize(&self, out: &mut Canonical) {
        let Self { currency, rate, date, source } = self;
        out.currency(*currency);
        out.decimal(rate.get());
        out.date(*date);
        out.text(source);
    }
}

impl Canonicalize for AccountingTotal {
    fn canonicalize(&self, out: &mut Canonical) {
        let Self { tax_total, rate, rate_date, source } = self;
        out.money(*tax_total);
        out.decimal(rate.get());
        out.date(*rate_date);
        out.text(source);
    }
}

impl Canonicalize for CreditScope {
    fn canonicalize(&self, out: &mut Canonical) {
        match self {
            Self::Full => out.text("full"),
            Self::Lines(lines) => {
                out.text("lines");
                out.values(lines);
            }
            Self::Amount(amount) => {
                out.text("amount");
                out.money(*amount);
            }
        }
    }
}

impl Canonicalize for CreditLine {
    fn canonicalize(&self, out: &mut Canonical) {
        let Self { line, share } = self;
        out.text(line);
        match share {
            CreditShare::Left => out.text("left"),
            CreditShare::Net(amount) => {
                out.text("net");
                out.money(*amount);
            }
            CreditShare::Quantity(quantity) => {
                out.text("quantity");
                out.decimal(quantity.get());
            }
        }
    }
}

impl Canonicalize for InvoicePeriod {
    fn canonicalize(&self, out: &mut Canonical) {
        out.optional_date(self.start());
        out.optional_date(self.end());
    }
}

impl Canonicalize for PayableRounding {
    fn canonicalize(&self, out: &mut Canonical) {
        match self {
            Self::None => out.text("none"),
            Self::Amount(amount) => {
                out.text("amount");
                out.money(*amount);
            }
            Self::Increment(increment) => {
                out.text("increment");
                out.money(*increment);
            }
        }
    }
}

impl Canonicalize for Content {
    fn canonicalize(&self, out: &mut Canonical) {
        let Self {
            client,
            currency,
            prices,
            rounding,
            tax_rounding,
            lines,
            allowances,
            charges,
            prepaid,
            payable_rounding,
            advances,
            series,
            issue_date,
            supply_date,
            tax_point,
            period,
            delivery,
            terms,
            instructions,
            notes,
            references,
            accounting_rate,
            simplified,
            language,
        } = self;
        out.uuid(client.as_uuid());
        out.currency(*currency);
        out.text(match prices {
            PriceMode::Net => "net",
            PriceMode::TaxInclusive => "tax_inclusive",
        });
        out.text(match rounding {
            Rounding::Currency => "currency",
            Rounding::Precise => "precise",
        });
        out.text(match tax_rounding {
            RoundingMode::HalfAwayFromZero => "half_away_from_zero",
            RoundingMode::Down => "down",
        });
        out.values(lines);
        out.values(allowances);
        out.values(charges);
        out.optional_money(*prepaid);
        out.value(payable_rounding);
        out.list(advances, |out, advance| out.uuid(advance.as_uuid()));
        out.option(*series, |out, series| out.uuid(series.as_uuid()));
        out.optional_date(*issue_date);
        out.optional_date(*supply_date);
        out.optional_date(*tax_point);
        out.optional(period.as_ref());
        out.optional(delivery.as_ref());
        out.optional(terms.as_ref());
        out.values(instructions);
        out.values(notes);
        out.value(references);
        out.optional(accounting_rate.as_ref());
        out.flag(*simplified);
        out.optional_text(language.as_ref());
    }
}

impl Canonicalize for IssueFacts {
    fn canonicalize(&self, out: &mut Canonical) {
        let Self {
            issue_date,
            due_date,
            tax_point,
            supplier,
            customer,
            accounting,
            advances,
            issued_at,
            issued_by,
        } = self;
        out.date(*issue_date);
        out.optional_date(*due_date);
        out.date(*tax_point);
        out.value(supplier);
        out.value(customer);
        out.optional(accounting.as_ref());
        out.values(advances);
        out.instant(*issued_at);
        out.option(*issued_by, |out, user| out.uuid(user.as_uuid()));
    }
}

impl Canonicalize for Origin {
    fn canonicalize(&self, out: &mut Canonical) {
        match self {
            Self::Counter { .. } => out.text("counter"),
            Self::Imported { .. } => out.text("imported"),
        }
        let CounterKey { series, period } = self.counter();
        out.uuid(series.as_uuid());
        out.text(&period.to_string());
        out.u64(self.seq());
    }
}
