//! Totals of an invoice document: `totals FILE.json`, `totals --json FILE.json`, `totals --check PATH…`.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let (mut out, mut err) = (std::io::stdout().lock(), std::io::stderr().lock());
    invoice_examples::totals::run(&arguments, &mut out, &mut err).into()
}
