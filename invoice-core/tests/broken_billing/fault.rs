//! What can be wrong with a store.

use invoice_core::ports::Unique;

/// One deliberate defect. Each is one that an adapter could have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// None: the store is sound.
    Nothing,

    // Commits.
    /// Part of a commit that fails stays.
    Leaves(Part),
    /// A commit of several writes loses the last one.
    LosesTheLastWrite,
    /// Whatever version is stored will do.
    IgnoresStaleVersions,
    /// Nobody counts the rows an update or deletion met: an update inserts, a deletion of nothing succeeds.
    IgnoresAbsentRecords,
    /// Both.
    IgnoresVersions,
    IgnoresGuards,
    /// An insert of what exists overwrites it.
    InsertsReplace,
    /// A record is written to the team it says, not to the one that writes.
    TrustsTheTeamOfRecords,
    /// A commit that failed once fails for ever.
    RemembersFailures,
    /// A deletion hides nothing.
    KeepsWhatIsDeleted,
    /// An update leaves what the new record does not say.
    MergesUpdates,
    /// An update writes into what the issue froze.
    TouchesWhatIsFrozen,
    /// A record is not kept as it is.
    Mangles(Mangled),

    // Batches.
    StopsAtTheFirstFailure,
    FailsBatchesAsOne,
    ReversesBatches,
    AnswersEmptyBatches,

    // Retries.
    ForgetsCommits,
    SharesCommitIdentifiers,
    ForgetsKeys,
    AcceptsAnyBody,
    /// The key is looked up before the commit, not in it.
    LooksForKeysTooEarly,
    SharesKeys,
    KeepsNoAnswers,

    // Numbers.
    /// The receipt tells what was predicted before the counter was locked.
    TellsPredictedNumbers,
    /// Counters are locked in the order of the issues.
    LocksAsGiven,
    /// One counter for all that is issued in one commit.
    SharesACounter,
    ReversesIssues,
    LetsDatesGoBack,
    StartsAtOne,
    ForgetsPeriods,
    /// Imported documents take numbers of a series.
    NumbersImports,
    /// An issue of nothing numbers whatever is written first.
    BindsStrayIssues,
    /// Numbers and references are looked up without regard to case and spaces.
    FoldsLookups,

    // What is unique, and what refers to what.
    /// A duplicate is taken for written.
    Swallows(Unique),
    KeepsNamesOfArchivedSeries,
    UniqueInAllTeams,
    IdentifiersInAllTeams,
    IgnoresMissingReferences,
    IgnoresUse,
    /// Both.
    IgnoresForeignKeys,
    /// References are checked before the writes, not after them.
    ChecksReferencesTooEarly,

    // Teams.
    /// A read that finds nothing looks into the other teams.
    Leaks(Read),
    UpdatesInAllTeams,
    DeletesInAllTeams,
    GuardsInAllTeams,
    ReferencesInAllTeams,

    // Reads and lists.
    IgnoresTheChosenSeries,
    ReplacesAMissingSeries,
    TakesAnySeries,
    TakesArchivedSeries,
    PagesByOffset,
    OverfillsPages,
    SkipsARowBetweenPages,
    ReversesLists,
    IgnoresForeignCursors,
    IgnoresSort,
    IgnoresDirection,
    AnswersAnyQuery,
    CountsWithoutSort,
    ListsStaleRows,
    JoinsCurrentNames,
    SortsByWholeTexts,
    ComparesCases,
    TakesPrefixesForPatterns,
    Ignores(Filter),

    // Reports.
    AgesADayEarly,
    AgesADayLate,
    AgesForAllClients,
    AgesWhatIsPaid,
    TaxesByIssueDate,
    TaxesWhatIsVoid,
    TaxesAdvancesTwice,
    ForgetsCreditNotes,
    CountsRevenueOfAll,
    OpensStatementsAtZero,
    OpensPagesAtZero,
    ForgetsRefunds,
    StatesAllCurrencies,

    // Trail.
    LosesTheTrail,
    ReversesTheTrail,
    ForgetsNumbersInTheTrail,
    ForgetsTheDead,
    StartsChainsAtTheirBeginning,
    ReadsChainsToTheirEnd,
    /// Chains are read from a copy made at the issue.
    ReadsChainsFromACopy,

    // Outbox.
    LosesEvents,
    /// Each event is alone: nothing waits for what comes before it.
    SeparatesEvents,
    HandsOutLaterEventsFirst,
    HandsOutYoungestFirst,
    HandsOutTwice,
    IgnoresLeases,
    LeasesForEver,
    LetsAnyoneAcknowledge,
    CountsAllAcknowledged,
    RetriesAtOnce,
    BuriesInPlace,
    ForgetsReasons,
    RevivesNothing,
    IgnoresLimits,
}

/// What stays of a commit that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    AWrite,
    TheTrail,
    TheEvents,
    TheKey,
    TheNumber,
}

/// What is not kept as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mangled {
    /// Three bytes a character.
    FourByteCharacters,
    /// 255 characters a text.
    LongTexts,
    Spaces,
    /// Binary fractions.
    Decimals,
    Milliseconds,
    /// `$` and `.` mean something.
    Keys,
    Notes,
}

/// A method that reads for a team.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Read {
    Idempotency,
    Invoice,
    InvoiceByNumber,
    InvoiceWithContext,
    Invoices,
    CountInvoices,
    CreditNote,
    CreditNoteByNumber,
    CreditNotes,
    Quote,
    QuoteByNumber,
    Quotes,
    Client,
    Clients,
    Item,
    Items,
    Supplier,
    Series,
    AllSeries,
    TradingContext,
    Payment,
    PaymentByReference,
    Payments,
    Aging,
    TaxSummary,
    Revenue,
    Statement,
    Audit,
    Counters,
    Counter,
    Chain,
}

/// A field of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Filter {
    Status,
    PaymentState,
    Kind,
    Client,
    Currency,
    Metadata,
    Issued,
    Due,
    OverdueAsOf,
    OverdueNotNoted,
    AmountFrom,
    AmountTo,
    NumberPrefix,
    CustomerPrefix,
    ClientName,
    ClientArchived,
    ClientMetadata,
    ItemName,
    ItemArchived,
    NoteInvoice,
    NoteClient,
    NoteIssued,
    QuoteKind,
    QuoteStatus,
    QuoteClient,
    QuoteExpired,
    PaymentClient,
    PaymentInvoice,
    PaymentUnallocated,
    AuditSubject,
}
