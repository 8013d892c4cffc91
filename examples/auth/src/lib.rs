//! Runnable examples of accounts, teams and tokens; see the `[[example]]` targets beside this folder.
