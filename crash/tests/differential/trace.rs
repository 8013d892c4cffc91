//! Plays a trace: chooses steps, takes each on every store, compares.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::{Debug, Display};

use chrono::{Days, NaiveDate};
use futures::future::join_all;
use invoice_core::ports::ClaimedEvent;
use invoice_core::service::Call;
use invoice_core::{
    Actor, ClientId, CreditNoteId, Hash, IdempotencyKey, InvoiceId, ItemId, PaymentId, QuoteId, Role,
    SeriesId, TeamId, UserId, Version,
};
use invoice_crash::random::Random;
use uuid::Uuid;

use crate::lists::Reading;
use crate::player::Player;

/// What differs.
pub(crate) type Wrong = String;

const DAY: i64 = 86_400_000;

/// What there is in one team, deleted or not, the newest last.
#[derive(Default)]
pub(crate) struct Known {
    pub(crate) clients: Vec<ClientId>,
    pub(crate) items: Vec<ItemId>,
    pub(crate) series: Vec<SeriesId>,
    pub(crate) invoices: Vec<InvoiceId>,
    pub(crate) notes: Vec<CreditNoteId>,
    pub(crate) quotes: Vec<QuoteId>,
    pub(crate) payments: Vec<PaymentId>,
}

pub(crate) struct Trace {
    pub(crate) seed: u64,
    pub(crate) players: Vec<Player>,
    pub(crate) random: Random,
    pub(crate) today: NaiveDate,
    pub(crate) teams: Vec<(TeamId, Known)>,
    /// The team of the step.
    pub(crate) team: usize,
    pub(crate) keys: VecDeque<(IdempotencyKey, Hash)>,
    pub(crate) claimed: Vec<ClaimedEvent>,
    /// What the last steps were about, so that several in a row are about the same.
    pub(crate) invoice_in_hand: Option<InvoiceId>,
    pub(crate) quote_in_hand: Option<QuoteId>,
    /// Lists that have another page.
    pub(crate) readings: Vec<Reading>,
    count: u64,
    last: String,
    /// By the first word or two of a step: how often accepted and refused.
    outcomes: BTreeMap<String, [u64; 2]>,
}

impl Trace {
    pub(crate) fn new(seed: u64, players: Vec<Player>) -> Self {
        let team = |number| (TeamId::from_uuid(Uuid::from_u128(number)), Known::default());
        Self {
            seed,
            players,
            random: Random::of(&[seed]),
            today: NaiveDate::from_ymd_opt(2026, 3, 2).unwrap(),
            teams: vec![team(1), team(2)],
            team: 0,
            keys: VecDeque::new(),
            claimed: Vec::new(),
            invoice_in_hand: None,
            quote_in_hand: None,
            readings: Vec::new(),
            count: 0,
            last: String::new(),
            outcomes: BTreeMap::new(),
        }
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    pub(crate) fn last(&self) -> &str {
        &self.last
    }

    pub(crate) async fn play(&mut self, steps: u64) -> Result<(), Wrong> {
        for team in 0..self.teams.len() {
            self.team = team;
            self.set_up().await?;
        }
        while self.count < steps {
            self.team = usize::from(self.random.chance(1, 8));
            match self.random.below(100) {
                0..8 => self.step_catalog().await?,
                8..36 => self.step_invoice().await?,
                36..46 => self.step_credit().await?,
                46..54 => self.step_quote().await?,
                54..70 => self.step_payment().await?,
                70..74 => self.pass_or_sweep().await?,
                74..80 => self.step_commit().await?,
                80..86 => self.step_outbox().await?,
                _ => self.step_read().await?,
            }
        }
        self.compare_everything().await
    }

    /// One step on every store, at once. The answers must be the same; the first is given back.
    pub(crate) async fn all<T: Debug + PartialEq, E: Debug>(
        &mut self,
        what: impl Display,
        step: impl AsyncFn(&Player) -> Result<T, E>,
    ) -> Result<Result<T, E>, Wrong> {
        self.count += 1;
        self.last = what.to_string();
        let answer = self.same(step).await?;
        let name: Vec<_> = self.last.split(' ').take(2).collect();
        let outcome = self.outcomes.entry(name.join(" ")).or_default();
        outcome[usize::from(answer.is_err())] += 1;
        Ok(answer)
    }

    /// The same without counting as a step.
    pub(crate) async fn same<T: Debug + PartialEq, E: Debug>(
        &self,
        step: impl AsyncFn(&Player) -> Result<T, E>,
    ) -> Result<Result<T, E>, Wrong> {
        let mut answers = join_all(self.players.iter().map(|player| step(player))).await;
        for (player, answer) in self.players.iter().zip(&answers).skip(1) {
            let is_same = match (&answers[0], answer) {
                (Ok(expected), Ok(found)) => expected == found,
                // Errors are not comparable: they may hold the error of a driver.
                (Err(expected), Err(found)) => format!("{expected:?}") == format!("{found:?}"),
                _ => false,
            };
            if !is_same {
                return Err(difference(&format!("{:?}", answers[0]), player.name, &format!("{answer:?}")));
            }
        }
        Ok(answers.swap_remove(0))
    }

    /// What the first store says, to choose a step by.
    pub(crate) async fn peek<T>(&self, read: impl AsyncFn(&Player) -> T) -> T {
        read(&self.players[0]).await
    }

    pub(crate) fn summary(&self) -> String {
        let lines = self
            .outcomes
            .iter()
            .map(|(name, [done, refused])| format!("{name}: {done} done, {refused} refused"));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// A trace in which nothing works compares nothing.
    pub(crate) fn assert_that_much_happened(&self, steps: u64) {
        let done: u64 = self.outcomes.values().map(|[done, _]| done).sum();
        assert!(done * 2 > steps, "only {done} of {steps} steps were accepted");
        if steps >= STEPS_FOR_ALL {
            let never: Vec<_> = self.outcomes.iter().filter(|(_, [done, _])| *done == 0).collect();
            assert!(never.len() < 4, "never accepted: {never:?}");
        }
    }

    // What steps are made of.

    pub(crate) fn known(&mut self) -> &mut Known {
        &mut self.teams[self.team].1
    }

    pub(crate) fn team_id(&self) -> TeamId {
        self.teams[self.team].0
    }

    pub(crate) fn owner(&self) -> Actor {
        Actor::user(self.team_id(), UserId::from_uuid(Uuid::from_u128(1)), Role::Owner)
    }

    /// Mostly the owner without conditions.
    pub(crate) fn call(&mut self) -> Call {
        let actor = match self.random.below(30) {
            0 => Actor::user(self.team_id(), UserId::from_uuid(Uuid::from_u128(2)), Role::Member),
            1 => Actor::user(self.team_id(), UserId::from_uuid(Uuid::from_u128(3)), Role::Viewer),
            2 => Actor::system(self.team_id()),
            _ => self.owner(),
        };
        let mut call = Call::new(actor);
        match self.random.below(24) {
            0 => {
                // Used before, mostly for something else.
                let at = usize::try_from(self.random.below(8)).unwrap();
                if let Some((key, fingerprint)) = self.keys.get(at).cloned() {
                    call = call.with_idempotency(key, fingerprint);
                }
            }
            1 => {
                let at = usize::try_from(self.random.below(8)).unwrap();
                if let Some((key, _)) = self.keys.get(at).cloned() {
                    call = call.with_idempotency(key, Hash::from_bytes(self.random.bytes()));
                }
            }
            2..6 => {
                let key = IdempotencyKey::new(format!("key-{}", self.count)).unwrap();
                let fingerprint = Hash::from_bytes(self.random.bytes());
                self.keys.push_front((key.clone(), fingerprint));
                self.keys.truncate(30);
                call = call.with_idempotency(key, fingerprint);
            }
            6 => {
                let version = (0..self.random.below(4)).fold(Version::FIRST, |version, _| version.next());
                call = call.if_version(version);
            }
            _ => {}
        }
        call
    }

    /// A day near today.
    pub(crate) fn day(&mut self, back: u64, ahead: u64) -> NaiveDate {
        let offset = self.random.below(back + ahead + 1);
        self.today - Days::new(back) + Days::new(offset)
    }

    /// One of the last few, so that steps meet.
    pub(crate) fn pick<T: Copy>(&mut self, of: impl Fn(&Known) -> &Vec<T>, last: u64) -> Option<T> {
        let team = if self.random.chance(1, 60) { 1 - self.team } else { self.team };
        let back = if self.random.chance(1, 10) { self.random.below(1_000) } else { self.random.below(last) };
        let all = of(&self.teams[team].1);
        let back = usize::try_from(back).unwrap().checked_rem(all.len())?;
        all.get(all.len() - 1 - back).copied()
    }

    pub(crate) fn pass(&mut self, days: u64) {
        self.today = self.today + Days::new(days);
        for player in &self.players {
            player.clock.advance_millis(i64::try_from(days).unwrap() * DAY);
        }
    }
}

/// In so many steps nearly everything is accepted now and then.
const STEPS_FOR_ALL: u64 = 5_000;

/// Both texts from where they part.
fn difference(expected: &str, name: &str, found: &str) -> Wrong {
    let parts = expected.char_indices().zip(found.chars());
    let at = parts.take_while(|((_, one), other)| one == other).last().map_or(0, |((at, _), _)| at);
    let start = expected.floor_char_boundary(at.saturating_sub(200));
    let cut = |text: &str| {
        let end = text.floor_char_boundary((at + 400).min(text.len()));
        text.get(start..end).unwrap_or(text).to_owned()
    };
    format!("memory: …{}…\n{name}: …{}…", cut(expected), cut(found))
}
