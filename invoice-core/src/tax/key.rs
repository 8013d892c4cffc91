use super::{TaxCategory, TaxScheme};
use crate::TaxRate;

/// What makes a group of the tax breakdown: scheme, category and rate, withheld taxes apart.
///
/// The order is that of the breakdown's rows: taxes charged before taxes withheld, then by scheme, category and rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct TaxKey {
    withheld: bool,
    scheme: TaxScheme,
    category: Option<TaxCategory>,
    rate: TaxRate,
}

impl TaxKey {
    #[inline]
    pub(crate) fn new(
        withheld: bool,
        scheme: TaxScheme,
        category: Option<TaxCategory>,
        rate: TaxRate,
    ) -> Self {
        Self { withheld, scheme, category, rate }
    }

    pub(crate) fn is_withheld(self) -> bool {
        self.withheld
    }

    pub(crate) fn scheme(self) -> TaxScheme {
        self.scheme
    }

    pub(crate) fn category(self) -> Option<TaxCategory> {
        self.category
    }

    pub(crate) fn rate(self) -> TaxRate {
        self.rate
    }
}
