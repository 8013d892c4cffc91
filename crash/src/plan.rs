//! What each worker sets out to do: a function of the seed, the worker and a count, so that it need not be stored.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context, Result};
use invoice_core::line::Line;
use invoice_core::tax::{Tax, TaxCategory};
use invoice_core::{
    Content, Currency, Due, Hash, IdempotencyKey, InvoiceData, Metadata, PaymentTerms, Timestamp,
};

use crate::random::Random;
use crate::world::{CLIENTS, SERIES, TEAMS, Team};

/// The metadata that says which order an invoice is for.
pub const ORDER: &str = "order";

/// One invoice to be issued: the `count`th of a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Order {
    /// The worker.
    pub worker: u64,
    /// Its place among the worker's.
    pub count: u64,
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.worker, self.count)
    }
}

impl FromStr for Order {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let (worker, count) = text.split_once('-').context("an order is WORKER-COUNT")?;
        Ok(Self { worker: worker.parse()?, count: count.parse()? })
    }
}

/// How an order is carried out.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The order.
    pub order: Order,
    /// The team, by its place.
    pub team: usize,
    /// Drafted and then issued, or both in one commit.
    pub in_two_steps: bool,
    /// Whether it is tried again with the identifiers of the first time, that of the commit among them. If not, only the
    /// idempotency key tells that it is the same.
    pub same_ids: bool,
    seed: u64,
}

impl Plan {
    /// The plan of an order. Every other invoice goes to the first series of the first team.
    pub fn new(seed: u64, order: Order) -> Self {
        let mut random = Self::random(seed, order, "where");
        let is_hot = random.chance(1, 2);
        let team = if is_hot { 0 } else { random.below(TEAMS) };
        Self {
            order,
            team: usize::try_from(team).unwrap_or(0),
            in_two_steps: random.chance(1, 3),
            same_ids: random.chance(1, 2),
            seed,
        }
    }

    fn random(seed: u64, order: Order, what: &str) -> Random {
        let what = what.bytes().fold(0, |sum, byte| sum * 256 + u64::from(byte));
        Random::of(&[seed, order.worker, order.count, what])
    }

    /// Where the identifiers of one of its commits come from.
    pub fn ids(&self, step: &str) -> Random {
        Self::random(self.seed, self.order, step)
    }

    /// The key of one of its commits.
    pub fn key(&self, step: &str) -> Result<IdempotencyKey> {
        Ok(IdempotencyKey::new(format!("{}/{}/{step}", self.seed, self.order))?)
    }

    /// What must be equal for a repetition to be one.
    pub fn fingerprint(&self, step: &str) -> Hash {
        Hash::from_bytes(Self::random(self.seed, self.order, step).bytes())
    }

    /// When it is carried out, each time it is tried.
    pub fn now(&self, team: &Team) -> Timestamp {
        team.now.plus_millis(i64::try_from(self.order.count).unwrap_or(0))
    }

    /// The invoice.
    pub fn invoice(&self, team: &Team) -> Result<InvoiceData> {
        let mut random = Self::random(self.seed, self.order, "what");
        let series = if self.team == 0 && random.chance(7, 8) { 0 } else { random.below(SERIES) };
        let series = team.series.get(usize::try_from(series)?).context("no such series")?;
        let client = team.clients.get(usize::try_from(random.below(CLIENTS))?).context("no such client")?;
        let currency = if random.chance(1, 8) { Currency::CHF } else { Currency::EUR };
        let lines =
            (0..=random.below(4)).map(|place| line(place, &mut random)).collect::<Result<Vec<_>>>()?;
        let content = Content::new(*client, currency)
            .with_series(*series)
            .with_lines(lines)
            .with_terms(PaymentTerms::new(Due::Days(u16::try_from(random.below(120))?)));
        let metadata = Metadata::new().with(ORDER, self.order.to_string());
        Ok(InvoiceData { metadata, ..InvoiceData::new(content) })
    }
}

fn line(place: u64, random: &mut Random) -> Result<Line> {
    let (category, rate) = match random.below(3) {
        0 => (TaxCategory::Standard, "20"),
        1 => (TaxCategory::Standard, "10"),
        _ => (TaxCategory::ZeroRated, "0"),
    };
    let quantity = (1 + random.below(20)).to_string();
    let price = format!("{}.{:02}", random.below(500), random.below(100));
    let line = Line::new(format!("{}", place + 1), "Coffee", quantity.parse()?, price.parse()?)?;
    Ok(line.with_tax(Tax::vat(category, rate.parse()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_read_back_as_written() {
        let order = Order { worker: 3, count: 1_200 };
        assert_eq!(order.to_string().parse::<Order>().unwrap(), order);
        assert!("3".parse::<Order>().is_err());
    }

    #[test]
    fn a_plan_is_the_same_each_time_and_no_two_share_a_key() {
        let plan = |count| Plan::new(7, Order { worker: 1, count });
        assert_eq!(plan(5).fingerprint("draft"), plan(5).fingerprint("draft"));
        assert_eq!(plan(5).ids("draft").number(), plan(5).ids("draft").number());
        assert_ne!(plan(5).key("draft").unwrap(), plan(6).key("draft").unwrap());
        assert_ne!(plan(5).key("draft").unwrap(), plan(5).key("issue").unwrap());
    }

    #[test]
    fn about_every_other_order_is_for_the_hot_team() {
        let hot =
            (0..1_000).filter(|count| Plan::new(7, Order { worker: 1, count: *count }).team == 0).count();
        assert!((500..700).contains(&hot), "{hot}");
    }
}
