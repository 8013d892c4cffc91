//! Random steps. Picks and amounts are relative, so that a shrunken sequence still means something.

use proptest::prelude::*;

/// One of what is there when the step is taken, counted around.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Pick {
    /// Of those that the step is meant for, if there are any.
    Fitting(u8),
    Any(u8),
}

impl Pick {
    /// The place; `None` if there is nothing at all.
    pub(crate) fn of<T>(self, all: &[T], fits: impl Fn(&T) -> bool) -> Option<usize> {
        let (Self::Fitting(place) | Self::Any(place)) = self;
        let fitting: Vec<_> = (0..all.len()).filter(|place| fits(&all[*place])).collect();
        match usize::from(place).checked_rem(fitting.len()) {
            Some(index) if matches!(self, Self::Fitting(_)) => Some(fitting[index]),
            _ => usize::from(place).checked_rem(all.len()),
        }
    }
}

fn pick() -> impl Strategy<Value = Pick> {
    prop_oneof![4 => any::<u8>().prop_map(Pick::Fitting), 1 => any::<u8>().prop_map(Pick::Any)]
}

/// An amount relative to what it is about: what is due, what is left.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Amount {
    Nothing,
    Quarters(i64),
    All,
    TooMuch,
}

impl Amount {
    /// In minor units, always divisible by five, so that 20 % of it is exact, unless `base` is not.
    pub(crate) fn of(self, base: i64) -> i64 {
        match self {
            Self::Nothing => 0,
            Self::Quarters(quarters) => base * quarters / 4 / 5 * 5,
            Self::All => base,
            Self::TooMuch => base + 5,
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct LineStep {
    pub(crate) taxed: bool,
    pub(crate) quantity: i64,
    /// In minor units.
    pub(crate) price: i64,
}

#[derive(Debug, Clone)]
pub(crate) struct DocStep {
    pub(crate) client: usize,
    pub(crate) currency: usize,
    pub(crate) is_advance: bool,
    pub(crate) lines: Vec<LineStep>,
    pub(crate) prepaid: i64,
    pub(crate) due_days: u16,
    /// Days from today.
    pub(crate) date: Option<i64>,
    pub(crate) advances: Vec<Pick>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Share {
    Left,
    Net(Amount),
    Quantity(i64),
}

#[derive(Debug, Clone)]
pub(crate) enum ScopeStep {
    Full,
    Amount(Amount),
    Lines(Vec<(Pick, Share)>),
}

#[derive(Debug, Clone)]
pub(crate) enum Step {
    Create(DocStep),
    CreateAndIssue(DocStep),
    Edit(Pick, DocStep),
    Annotate(Pick),
    Delete(Pick),
    Issue(Pick),
    Send(Pick),
    View(Pick),
    Deliver(Pick),
    Void(Pick),
    Revise(Pick),
    MarkUncollectible(Pick),
    UnmarkUncollectible(Pick),
    WriteOff(Pick, Option<Amount>, Explained),
    TakeBackWriteOff(Pick),
    DraftCredit(Pick, ScopeStep, Option<i64>),
    EditCredit(Pick, ScopeStep),
    DeleteCredit(Pick),
    IssueCredit(Pick),
    SendCredit(Pick),
    AnnotateCredit(Pick),
    Credit(Pick, ScopeStep),
    Pay { invoice: Pick, amount: Option<Amount>, may_overpay: bool, reference: Option<u8> },
    Record { client: usize, currency: usize, amount: Received, date: i64, parts: Vec<(Pick, Amount)> },
    Allocate(Pick, Vec<(Pick, Amount)>),
    Deallocate(Pick, Vec<(Pick, Amount)>),
    Refund(Pick, Amount, Vec<(Pick, Amount)>),
    Reverse(Pick),
    Offer { doc: DocStep, is_pro_forma: bool, valid_days: Option<i64> },
    EditOffer(Pick, DocStep),
    DeleteOffer(Pick),
    IssueOffer(Pick),
    SendOffer(Pick),
    AnnotateOffer(Pick),
    Accept(Pick),
    Decline(Pick),
    Convert(Pick),
    ArchiveClient(usize),
    RestoreClient(usize),
    DeleteClient(usize),
    Sweep(i64),
    Pass(i64),
}

/// How much came in.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Received {
    /// Whatever it is for.
    Just(i64),
    /// What it is for and so much more.
    More(i64),
}

/// Whether a write-off says why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Explained {
    ByReason,
    ByNote,
    NotAtAll,
}

fn amount() -> impl Strategy<Value = Amount> {
    prop_oneof![
        1 => Just(Amount::Nothing),
        5 => (1..4_i64).prop_map(Amount::Quarters),
        5 => Just(Amount::All),
        1 => Just(Amount::TooMuch),
    ]
}

fn line() -> impl Strategy<Value = LineStep> {
    let price = prop_oneof![1 => Just(0_i64), 6 => (1..200_i64).prop_map(|fives| fives * 5)];
    (any::<bool>(), 1..4_i64, price).prop_map(|(taxed, quantity, price)| LineStep { taxed, quantity, price })
}

/// Mostly the first, so that documents and payments meet.
fn mostly_first() -> impl Strategy<Value = usize> {
    prop_oneof![9 => Just(0_usize), 1 => Just(1_usize)]
}

fn doc() -> BoxedStrategy<DocStep> {
    let count = prop_oneof![1 => Just(0_usize), 14 => 1..3_usize];
    let lines = count.prop_flat_map(|count| prop::collection::vec(line(), count));
    let prepaid = prop_oneof![12 => Just(0_i64), 2 => (1..20_i64).prop_map(|n| n * 5), 1 => Just(900_000)];
    let date = prop_oneof![9 => Just(None), 1 => (-3..2_i64).prop_map(Some)];
    let advances = prop_oneof![
        5 => Just(Vec::new()),
        3 => prop::collection::vec(pick(), 1),
        1 => prop::collection::vec(pick(), 2),
    ];
    let is_advance = prop_oneof![2 => Just(false), 1 => Just(true)];
    (mostly_first(), mostly_first(), is_advance, lines, prepaid, 0..25_u16, date, advances)
        .prop_map(|(client, currency, is_advance, lines, prepaid, due_days, date, advances)| {
            // Mostly not both; the refusal of both is still met now and then.
            let is_advance = is_advance && (advances.is_empty() || due_days == 0);
            DocStep { client, currency, is_advance, lines, prepaid, due_days, date, advances }
        })
        .boxed()
}

fn scope() -> BoxedStrategy<ScopeStep> {
    let share = prop_oneof![
        2 => Just(Share::Left),
        2 => amount().prop_map(Share::Net),
        2 => (0..5_i64).prop_map(Share::Quantity),
    ];
    prop_oneof![
        1 => Just(ScopeStep::Full),
        3 => amount().prop_map(ScopeStep::Amount),
        4 => prop::collection::vec((pick(), share), 1..3).prop_map(ScopeStep::Lines),
    ]
    .boxed()
}

fn parts() -> BoxedStrategy<Vec<(Pick, Amount)>> {
    let count = prop_oneof![2 => Just(0_usize), 6 => Just(1_usize), 3 => Just(2_usize)];
    count.prop_flat_map(|count| prop::collection::vec((pick(), amount()), count)).boxed()
}

fn invoice_step() -> BoxedStrategy<Step> {
    let explained = prop_oneof![
        4 => Just(Explained::ByReason),
        1 => Just(Explained::ByNote),
        1 => Just(Explained::NotAtAll),
    ];
    prop_oneof![
        5 => doc().prop_map(Step::Create),
        7 => doc().prop_map(Step::CreateAndIssue),
        4 => (pick(), doc()).prop_map(|(pick, doc)| Step::Edit(pick, doc)),
        1 => pick().prop_map(Step::Annotate),
        1 => pick().prop_map(Step::Delete),
        8 => pick().prop_map(Step::Issue),
        3 => pick().prop_map(Step::Send),
        1 => pick().prop_map(Step::View),
        1 => pick().prop_map(Step::Deliver),
        3 => pick().prop_map(Step::Void),
        4 => pick().prop_map(Step::Revise),
        3 => pick().prop_map(Step::MarkUncollectible),
        1 => pick().prop_map(Step::UnmarkUncollectible),
        1 => pick().prop_map(Step::TakeBackWriteOff),
        3 => (pick(), prop::option::of(amount()), explained)
            .prop_map(|(pick, amount, explained)| Step::WriteOff(pick, amount, explained)),
    ]
    .boxed()
}

fn credit_step() -> BoxedStrategy<Step> {
    let date = prop_oneof![4 => Just(None), 1 => (-3..2_i64).prop_map(Some)];
    prop_oneof![
        3 => (pick(), scope(), date).prop_map(|(pick, scope, date)| Step::DraftCredit(pick, scope, date)),
        1 => (pick(), scope()).prop_map(|(pick, scope)| Step::EditCredit(pick, scope)),
        1 => pick().prop_map(Step::DeleteCredit),
        3 => pick().prop_map(Step::IssueCredit),
        1 => pick().prop_map(Step::SendCredit),
        1 => pick().prop_map(Step::AnnotateCredit),
        6 => (pick(), scope()).prop_map(|(pick, scope)| Step::Credit(pick, scope)),
    ]
    .boxed()
}

fn payment_step() -> BoxedStrategy<Step> {
    let pay = (pick(), prop::option::of(amount()), any::<bool>(), prop::option::of(0..12_u8)).prop_map(
        |(invoice, amount, may_overpay, reference)| Step::Pay { invoice, amount, may_overpay, reference },
    );
    let date = prop_oneof![8 => -5..1_i64, 1 => Just(1_i64)];
    let received = prop_oneof![
        1 => (0..300_i64).prop_map(|fives| Received::Just(fives * 5)),
        2 => (0..100_i64).prop_map(|fives| Received::More(fives * 5)),
    ];
    let record = (mostly_first(), mostly_first(), received, date, parts()).prop_map(
        |(client, currency, amount, date, parts)| Step::Record { client, currency, amount, date, parts },
    );
    prop_oneof![
        6 => pay,
        4 => record,
        4 => (pick(), parts()).prop_map(|(pick, parts)| Step::Allocate(pick, parts)),
        3 => (pick(), parts()).prop_map(|(pick, parts)| Step::Deallocate(pick, parts)),
        3 => (pick(), amount(), parts()).prop_map(|(pick, amount, parts)| Step::Refund(pick, amount, parts)),
        2 => pick().prop_map(Step::Reverse),
    ]
    .boxed()
}

fn offer_step() -> BoxedStrategy<Step> {
    let offer = (doc(), any::<bool>(), prop::option::of(-1..20_i64))
        .prop_map(|(doc, is_pro_forma, valid_days)| Step::Offer { doc, is_pro_forma, valid_days });
    prop_oneof![
        4 => offer,
        1 => (pick(), doc()).prop_map(|(pick, doc)| Step::EditOffer(pick, doc)),
        1 => pick().prop_map(Step::DeleteOffer),
        5 => pick().prop_map(Step::IssueOffer),
        2 => pick().prop_map(Step::SendOffer),
        1 => pick().prop_map(Step::AnnotateOffer),
        2 => pick().prop_map(Step::Accept),
        1 => pick().prop_map(Step::Decline),
        2 => pick().prop_map(Step::Convert),
    ]
    .boxed()
}

fn other_step() -> BoxedStrategy<Step> {
    prop_oneof![
        1 => mostly_first().prop_map(Step::ArchiveClient),
        2 => mostly_first().prop_map(Step::RestoreClient),
        1 => mostly_first().prop_map(Step::DeleteClient),
        8 => (-3..10_i64).prop_map(Step::Sweep),
        12 => (1..40_i64).prop_map(Step::Pass),
    ]
    .boxed()
}

/// A life of so many steps. One that fails is shrunk by leaving steps out.
pub(crate) fn life(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Option<Step>>> {
    let step = prop_oneof![
        10 => invoice_step(),
        5 => credit_step(),
        7 => payment_step(),
        3 => offer_step(),
        3 => other_step(),
    ];
    prop::collection::vec(prop::option::weighted(0.99, step), count)
}
