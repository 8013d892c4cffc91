//! Rows of a spreadsheet.
