use crate::{Money, Quantity};

/// What to credit.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Request {
    /// Everything that is left.
    Full,
    /// These parts, each at most once.
    Parts(Vec<PartRequest>),
    /// An amount with tax, spread over the tax groups and their parts by what is left of them.
    Amount(Money),
}

/// How much of one part to credit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartRequest {
    pub(super) part: usize,
    pub(super) amount: PartAmount,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PartAmount {
    Left,
    Net(Money),
    Quantity { credited: Quantity, of: Quantity },
}

impl PartRequest {
    /// All that is left of a part: the line at this place, counted from zero, or one of the parts after the lines.
    ///
    /// ```
    /// use invoice_core::credit::{PartRequest, Request};
    ///
    /// let both = Request::Parts(vec![PartRequest::left(0), PartRequest::left(3)]);
    /// ```
    pub fn left(part: usize) -> Self {
        Self { part, amount: PartAmount::Left }
    }

    /// A net amount of a part, with the sign of the part.
    ///
    /// ```
    /// use invoice_core::credit::PartRequest;
    /// use invoice_core::{Currency, Money};
    ///
    /// let some = PartRequest::net(0, Money::parse("12.50", Currency::EUR)?);
    /// # Ok::<(), invoice_core::MoneyError>(())
    /// ```
    pub fn net(part: usize, amount: Money) -> Self {
        Self { part, amount: PartAmount::Net(amount) }
    }

    /// So much of the line's quantity: its net amount × `credited` ÷ `of`, rounded, and no more than what is left. The
    /// last return of a line is better credited with [`PartRequest::left`], so that rounding leaves nothing over.
    ///
    /// ```
    /// use invoice_core::credit::PartRequest;
    ///
    /// let one_of_three = PartRequest::quantity(0, "1".parse()?, "3".parse()?);
    /// # Ok::<(), invoice_core::NumberError>(())
    /// ```
    pub fn quantity(part: usize, credited: Quantity, of: Quantity) -> Self {
        Self { part, amount: PartAmount::Quantity { credited, of } }
    }
}
