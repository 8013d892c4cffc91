//! What a draft has to obey.

use std::collections::HashSet;

use super::Content;
use crate::document::validate_notes;
use crate::text::{SHORT, collect};
use crate::time::collect_date;
use crate::{Code, Violations};

impl Content {
    /// Everything wrong with it as a draft; pointers are relative to the content. What issuing asks for
    /// beyond this is checked when it is issued.
    pub fn validate(&self) -> Result<(), Violations> {
        let mut found = Violations::new();
        if self.lines.len() > Self::MAX_LINES {
            found.add("/lines", Code::TooLong, format!("more than {} lines", Self::MAX_LINES));
            return Err(found);
        }
        for (name, count) in [
            ("/allowances", self.allowances.len()),
            ("/charges", self.charges.len()),
            ("/advances", self.advances.len()),
            ("/instructions", self.instructions.len()),
        ] {
            if count > Self::MAX_ADJUSTMENTS {
                found.add(name, Code::TooLong, format!("more than {}", Self::MAX_ADJUSTMENTS));
            }
        }
        if !found.is_empty() {
            return Err(found);
        }
        if self.prepaid.is_some_and(crate::Money::is_negative) {
            found.add("/prepaid", Code::Negative, "what was paid before is not negative");
        }
        let mut ids = HashSet::with_capacity(self.lines.len());
        for (index, line) in self.lines.iter().enumerate() {
            if let Err(violations) = line.validate() {
                found.absorb(&format!("/lines/{index}"), violations);
            }
            if !ids.insert(line.id()) {
                found.add(format!("/lines/{index}/id"), Code::Repeated, "another line has this identifier");
            }
        }
        for (name, adjustments) in [("allowances", &self.allowances), ("charges", &self.charges)] {
            for (index, adjustment) in adjustments.iter().enumerate() {
                if let Err(violations) = adjustment.validate() {
                    found.absorb(&format!("/{name}/{index}"), violations);
                }
            }
        }
        self.validate_dates(&mut found);
        if let Some(delivery) = &self.delivery {
            delivery.validate("/delivery", &mut found);
        }
        if let Some(terms) = &self.terms {
            terms.validate("/terms", &mut found);
        }
        for (index, instruction) in self.instructions.iter().enumerate() {
            instruction.validate(&format!("/instructions/{index}"), &mut found);
        }
        validate_notes(&self.notes, &mut found);
        self.references.validate("/references", &mut found);
        if let Some(rate) = &self.accounting_rate {
            rate.validate("/accounting_rate", &mut found);
        }
        collect(&mut found, "/language", self.language.as_deref(), SHORT);
        for (index, advance) in self.advances.iter().enumerate() {
            if self.advances.iter().take(index).any(|earlier| earlier == advance) {
                found.add(format!("/advances/{index}"), Code::Repeated, "this advance is deducted already");
            }
        }
        found.into_result()
    }

    fn validate_dates(&self, found: &mut Violations) {
        for (pointer, date) in [
            ("/issue_date", self.issue_date),
            ("/supply_date", self.supply_date),
            ("/tax_point", self.tax_point),
        ] {
            collect_date(found, pointer, date);
        }
    }
}
