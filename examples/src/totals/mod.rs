//! The `totals` example: reads an invoice document, prints its totals, or checks them against the printed ones.

mod check;
mod document;
mod json;
mod node;
mod problem;
mod reader;
mod show;

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

pub use problem::Problem;

use document::Document;

const USAGE: &str = "\
usage: totals FILE.json          prints lines, tax breakdown and totals
       totals --json FILE.json   the same for machines
       totals --check PATH...    compares files, or the .json files of folders, with their expected figures
";

/// Everything as it should be.
const DONE: u8 = 0;
/// A figure differs.
const DIFFERENT: u8 = 1;
/// An input that can't be used.
const UNUSABLE: u8 = 2;

enum Command {
    Show(PathBuf),
    Json(PathBuf),
    Check(Vec<PathBuf>),
}

/// Runs the program with these arguments (its own name left out) and returns its exit status: 0, 1 when a checked figure
/// differs, 2 when something can't be read.
pub fn run(arguments: &[OsString], out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    let done = match command(arguments) {
        Some(Command::Show(file)) => print(&file, out, err, show::table),
        Some(Command::Json(file)) => print(&file, out, err, json::figures),
        Some(Command::Check(paths)) => check_all(&paths, out, err),
        None => write!(err, "{USAGE}").map(|()| UNUSABLE),
    };
    // Whoever closed the pipe has read enough.
    done.unwrap_or(UNUSABLE)
}

fn command(arguments: &[OsString]) -> Option<Command> {
    let paths = |rest: &[OsString]| rest.iter().map(PathBuf::from).collect::<Vec<_>>();
    let is_option = |argument: &OsString| argument.to_string_lossy().starts_with('-');
    match arguments {
        [option, rest @ ..] if option == "--check" && !rest.is_empty() && !rest.iter().any(is_option) => {
            Some(Command::Check(paths(rest)))
        }
        [option, file] | [file, option] if option == "--json" && !is_option(file) => {
            Some(Command::Json(file.into()))
        }
        [file] if !is_option(file) => Some(Command::Show(file.into())),
        _ => None,
    }
}

fn print(
    file: &Path,
    out: &mut dyn Write,
    err: &mut dyn Write,
    shown: fn(&Document) -> Result<String, Problem>,
) -> std::io::Result<u8> {
    match document::read(file).and_then(|document| shown(&document)) {
        Ok(text) => {
            out.write_all(text.as_bytes())?;
            Ok(DONE)
        }
        Err(problem) => {
            writeln!(err, "{}", problem.in_file(file))?;
            Ok(UNUSABLE)
        }
    }
}

fn check_all(paths: &[PathBuf], out: &mut dyn Write, err: &mut dyn Write) -> std::io::Result<u8> {
    let (mut reproduced, mut status) = (0, DONE);
    let mut files = Vec::new();
    for path in paths {
        match files_in(path) {
            Ok(found) => files.extend(found),
            Err(problem) => {
                writeln!(err, "{}", problem.in_file(path))?;
                status = UNUSABLE;
            }
        }
    }
    for file in &files {
        match document::read(file).and_then(|document| check::differences(&document)) {
            Ok(differences) if differences.is_empty() => reproduced += 1,
            Ok(differences) => {
                for difference in differences {
                    let check::Difference { figure, expected, got } = difference;
                    let name = problem::short(&file.display().to_string());
                    writeln!(out, "{name}, {figure}, {expected}, {got}")?;
                }
                status = status.max(DIFFERENT);
            }
            Err(problem) => {
                writeln!(err, "{}", problem.in_file(file))?;
                status = UNUSABLE;
            }
        }
    }
    writeln!(out, "{reproduced} of {} reproduce", files.len())?;
    Ok(status)
}

/// The file itself, or the `.json` files of the folder, not of its sub-folders, in order of their names.
fn files_in(path: &Path) -> Result<Vec<PathBuf>, Problem> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let unreadable = |error: std::io::Error| Problem::new("", format!("can't be listed: {error}"));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.path();
        if file.extension().is_some_and(|extension| extension == "json") && !file.is_dir() {
            files.push(file);
        }
    }
    if files.is_empty() {
        return Err(Problem::new("", "no .json file in this folder"));
    }
    files.sort();
    Ok(files)
}
