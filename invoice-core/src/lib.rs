//! The pure domain of an embeddable invoicing engine.

pub mod credit;
pub mod line;
mod money;
mod number;
pub mod tax;
mod text;
pub mod totals;
mod violation;

pub use money::{Currency, Money, MoneyError, RoundingMode};
pub use number::{BaseQuantity, ExchangeRate, NumberError, Percentage, Quantity, TaxRate, UnitPrice};
pub use violation::{Code, Violation, Violations};
