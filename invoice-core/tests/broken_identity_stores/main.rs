//! Broken stores are caught: each case of the identity contract has been seen failing.

#![expect(clippy::unwrap_used, reason = "a wrapper of a test store may panic")]

mod commits;
mod faults;
mod reads;
mod store;

use std::sync::Arc;
use std::time::Duration;

use invoice_core::ports::identity::IdentityPorts;
use invoice_core::testing::contract::Case;
use invoice_core::testing::contract::identity::CASES;

use faults::Fault;
use store::Broken;

/// Ample for the memory store, short enough to wait for a store that blocks.
const LIMIT: Duration = Duration::from_secs(5);

fn outcome(fault: Fault, name: &str) -> Result<(), String> {
    let case = CASES.iter().find(|case| case.name() == name).unwrap_or_else(|| panic!("no case {name}"));
    let make = move || async move { IdentityPorts::from_store(&Arc::new(Broken::new(fault))) };
    case.outcome_within(if fault == Fault::Blocks { LIMIT / 20 } else { LIMIT }, make)
}

#[test]
fn every_fault_is_caught_by_the_cases_named_for_it() {
    let mut missed = Vec::new();
    for fault in Fault::ALL {
        for case in fault.caught_by() {
            if outcome(*fault, case).is_ok() {
                missed.push(format!("{fault:?} passes {case}"));
            }
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn every_case_is_seen_failing() {
    let named: Vec<_> = Fault::ALL.iter().flat_map(|fault| fault.caught_by()).collect();
    let unseen: Vec<_> = CASES.iter().map(Case::name).filter(|name| !named.contains(&name)).collect();
    assert!(unseen.is_empty(), "cases that no fault is named for: {unseen:#?}");
}

#[test]
fn the_wrapper_itself_breaks_nothing() {
    for case in CASES {
        assert_eq!(outcome(Fault::None, case.name()), Ok(()), "{}", case.name());
    }
}

#[test]
fn a_store_that_blocks_is_given_up_on() {
    let sentence = outcome(Fault::Blocks, "users_read_back_as_written").unwrap_err();
    assert!(sentence.contains("did not end"), "{sentence}");
}
