//! What `cargo xtask crash` runs: `invoice-crash prepare|work|judge --store sqlite --place FILE …`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use invoice_crash::journal::{History, Journal};
use invoice_crash::judge::judge;
use invoice_crash::store;
use invoice_crash::worker::{Broken, Settings, work};
use invoice_crash::world::prepare;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(2),
        Err(error) => {
            eprintln!("invoice-crash: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all is well.
async fn run() -> Result<bool> {
    let mut args = std::env::args().skip(1);
    let task = args.next().context("say what to do: prepare, work or judge")?;
    let options = Options::read(args)?;
    let seed = options.number("seed")?;
    let (store, place) = (options.text("store")?, options.text("place")?);
    if task == "prepare" {
        store::migrate(store, place).await?;
    }
    let store = store::open(store, place).await?;
    match task.as_str() {
        "prepare" => prepare(&store, seed).await?,
        "work" => {
            let settings = Settings {
                seed,
                worker: options.number("worker")?,
                journals: PathBuf::from(options.text("journals")?),
                limit: options.0.contains_key("limit").then(|| options.number("limit")).transpose()?,
                broken: options.0.get("broken").map(|name| Broken::parse(name)).transpose()?,
            };
            work(&store, &settings).await?;
        }
        "judge" => {
            let journals = PathBuf::from(options.text("journals")?);
            let histories: Vec<_> = (0..options.number("workers")?)
                .map(|worker| History::read(&Journal::path(&journals, worker)))
                .collect::<Result<_>>()?;
            let verdict = judge(&store, seed, &histories).await?;
            print!("{verdict}");
            return Ok(verdict.is_clean());
        }
        other => bail!("no task `{other}`"),
    }
    Ok(true)
}

/// `--name value`, each at most once.
struct Options(BTreeMap<String, String>);

impl Options {
    fn read(mut args: impl Iterator<Item = String>) -> Result<Self> {
        let mut options = BTreeMap::new();
        while let Some(name) = args.next() {
            let name = name.strip_prefix("--").with_context(|| format!("`{name}` is no option"))?;
            let value = args.next().with_context(|| format!("--{name} needs a value"))?;
            options.insert(name.to_owned(), value);
        }
        Ok(Self(options))
    }

    fn text(&self, name: &str) -> Result<&str> {
        self.0.get(name).map(String::as_str).with_context(|| format!("--{name} is missing"))
    }

    fn number(&self, name: &str) -> Result<u64> {
        self.text(name)?.parse().with_context(|| format!("--{name} is a number"))
    }
}
