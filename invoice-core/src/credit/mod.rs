//! stub
#![allow(missing_docs, unused)]
use crate::line::{DocumentAdjustment, Line};
use crate::totals::Totals;
use crate::{Code, Money, Violation};
use serde::{Deserialize, Serialize};
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    Full,
    Amount(Money),
}
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Credited {
    n: i64,
}
impl Credited {
    pub fn is_nothing(&self) -> bool {
        self.n == 0
    }
    pub fn is_complete(&self, b: &Basis) -> bool {
        self.n == b.total.minor()
    }
}
#[derive(Debug, Clone)]
pub struct Basis {
    total: Money,
}
impl Basis {
    pub fn new(
        _l: &[Line],
        _a: &[DocumentAdjustment],
        _c: &[DocumentAdjustment],
        t: &Totals,
    ) -> Result<Self, Violation> {
        Ok(Self { total: t.payable() })
    }
}
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditFigures {
    payable: Money,
    cumulative: Credited,
}
impl CreditFigures {
    pub fn payable(&self) -> Money {
        self.payable
    }
    pub fn cumulative(&self) -> &Credited {
        &self.cumulative
    }
}
pub fn plan(b: &Basis, c: &Credited, r: &Request) -> Result<CreditFigures, Violation> {
    let left = b.total.minor() - c.n;
    let n = match r {
        Request::Full => left,
        Request::Amount(m) => m.minor(),
    };
    if n <= 0 || n > left {
        return Err(Violation::new("/request", Code::CreditExceedsRemaining, "stub"));
    }
    Ok(CreditFigures {
        payable: Money::from_minor(n, b.total.currency())
            .map_err(|e| Violation::new("", e.code(), e.to_string()))?,
        cumulative: Credited { n: c.n + n },
    })
}

impl crate::seal::Canonicalize for CreditFigures {
    fn canonicalize(&self, out: &mut crate::seal::Canonical) {
        out.money(self.payable);
    }
}
