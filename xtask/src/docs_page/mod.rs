//! `cargo xtask docs-page`: the documentation at `/docs`, used in a browser as a newcomer would.

use std::fs;

use anyhow::Result;

use crate::command::{program, root, run as run_command};
use crate::features::target;
use crate::provision::{Engine, chromium, npm_install};

/// Where the script is, below the root.
const HERE: &str = "xtask/src/docs_page";
const EMAIL: &str = "ada@example.org";
const PASSWORD: &str = "correct horse battery staple";

/// Opens the page, logs in, and creates a client and an invoice; screenshots stay in `target/docs-page`.
pub(crate) fn run() -> Result<()> {
    let folder = root().join(HERE);
    npm_install(&folder)?;
    let browser = chromium()?;
    let engine = Engine::start(&Engine::build()?, &[])?;
    engine.create_user(EMAIL, PASSWORD, "Muster GmbH")?;
    let pictures = target()?.join("docs-page");
    fs::create_dir_all(&pictures)?;
    let mut visit = program("node");
    visit.current_dir(folder).arg("visit.js").arg(engine.url()).arg(browser).args([EMAIL, PASSWORD]);
    run_command(visit.arg(pictures.join("page.png")))
}
