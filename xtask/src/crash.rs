//! `cargo xtask crash`: workers issue invoices while they and the server are killed, and then a judge looks.

mod journal;
mod options;
mod stage;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::command::{cargo, program, run as run_command};
use crate::features::target;
use crate::provision::{Folder, Mongo, MongoSettings, Postgres, Random, Settings};
use journal::Stall;
use options::{Options, Store};
use stage::{Server, Stage, Victims};

/// Processes that issue.
const WORKERS: usize = 4;
/// Without a new acknowledgement for so long, something hangs.
const PATIENCE: Duration = Duration::from_secs(90);
const POLL: Duration = Duration::from_millis(3);

/// The workers and what they need, which is built soonest.
const WORKERS_ALONE: &[&str] = &["--package", "invoice-crash", "--bin", "invoice-crash"];
/// All that the tests are made of: the features of dependencies are then those of the tests, which find them built.
const WORKERS_AND_TESTS: &[&str] = &["--workspace", "--all-features", "--bins", "--tests"];

/// A run on each store that `args` choose.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let options = Options::read(args)?;
    must_be_clean(&build(WORKERS_ALONE)?, &options)
}

/// The short form, before the tests: every store, and then broken workers, to see that the judge would notice.
pub(crate) fn short() -> Result<()> {
    let binary = build(WORKERS_AND_TESTS)?;
    let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
    must_be_clean(&binary, &Options::read(&words("--rounds 4 --issues 400"))?)?;
    for broken in ["too-early", "forgetful"] {
        let line = format!("--rounds 4 --issues 100 --store sqlite --broken {broken}");
        if is_clean(&binary, &Options::read(&words(&line))?)? {
            bail!("the judge found nothing wrong with workers that are broken ({broken})");
        }
        println!("which is right: the workers are broken ({broken})");
    }
    Ok(())
}

/// Builds the program of the workers and the judge, and says where it is.
fn build(what: &[&str]) -> Result<PathBuf> {
    run_command(cargo().arg("build").args(what))?;
    Ok(target()?.join("debug").join("invoice-crash"))
}

fn must_be_clean(binary: &Path, options: &Options) -> Result<()> {
    if !is_clean(binary, options)? {
        bail!("not everything is as it must be; the seed was {}", options.seed);
    }
    Ok(())
}

/// Whether the judge found nothing wrong on any store.
fn is_clean(binary: &Path, options: &Options) -> Result<bool> {
    let mut clean = true;
    for store in &options.stores {
        let name = store.name();
        clean &= play(binary, *store, options).with_context(|| format!("crash run on {name}"))?;
    }
    Ok(clean)
}

/// One run; whether the judge found nothing wrong.
fn play(binary: &Path, store: Store, options: &Options) -> Result<bool> {
    let start = Instant::now();
    let mut random = Random::new(options.seed);
    let folder = Folder::new("crash")?;
    // Durable, as in production: what a kill of the server leaves is what it had acknowledged.
    let server = match store {
        Store::Postgres => Some(Server::Postgres(Postgres::start(&Settings::durable())?)),
        Store::Mongo => Some(Server::Mongo(Mongo::start(&MongoSettings::replicated())?, None)),
        Store::Sqlite => None,
    };
    let place = match &server {
        Some(server) => server.url().to_owned(),
        None => folder.path().join("invoices.db").to_string_lossy().into_owned(),
    };
    println!("{}: seed {}, {} issues, {} kills", store.name(), options.seed, options.issues, options.rounds);
    let common = [
        ("store", store.name().to_owned()),
        ("place", place),
        ("seed", options.seed.to_string()),
        ("journals", folder.path().to_string_lossy().into_owned()),
    ];
    let common: Vec<_> = common.into_iter().flat_map(|(name, value)| [format!("--{name}"), value]).collect();
    run_quietly(binary, "prepare", &common)?;

    let mut stage = Stage::new(
        binary.to_owned(),
        common.clone(),
        journals(folder.path()),
        server,
        options.broken.as_deref(),
    );
    for worker in 0..WORKERS {
        stage.start(worker)?;
    }
    let stall = Stall::watch(journals(folder.path()));
    let mut killed = Killed::default();
    for round in 1..=options.rounds {
        // A kill at each equal part of the way, give or take.
        let goal = options.issues * round / (options.rounds + 1);
        wait_for(&mut stage, goal)?;
        std::thread::sleep(Duration::from_millis(random.below(40)));
        let victims = Victims::choose(&mut random, round, WORKERS, store.has_server());
        killed.count(&victims);
        stage.kill(&victims)?;
    }
    wait_for(&mut stage, options.issues)?;
    let stall = stall.end()?;
    let all = Victims { server: false, workers: (0..WORKERS).collect() };
    killed.count(&all);
    stage.end(&all)?;
    stage.settle()?;
    println!(
        "{} processes and {} servers killed, {} issues acknowledged in {} s, at most {} ms without any",
        killed.workers,
        killed.servers,
        stage.acknowledged()?,
        start.elapsed().as_secs(),
        stall.as_millis(),
    );
    let judged =
        program(binary).arg("judge").args(&common).args(["--workers", &WORKERS.to_string()]).status()?;
    match judged.code() {
        Some(0) => Ok(true),
        Some(2) => Ok(false),
        _ => bail!("the judge failed: {judged}"),
    }
}

fn journals(folder: &Path) -> Vec<PathBuf> {
    (0..WORKERS).map(|worker| folder.join(format!("worker-{worker}"))).collect()
}

fn run_quietly(binary: &Path, task: &str, options: &[String]) -> Result<()> {
    let status = program(binary).arg(task).args(options).status()?;
    if !status.success() {
        bail!("`invoice-crash {task}` failed: {status}");
    }
    Ok(())
}

/// Until so many issues were acknowledged.
fn wait_for(stage: &mut Stage, goal: u64) -> Result<()> {
    let mut best = 0;
    let mut since = Instant::now();
    loop {
        let count = stage.acknowledged()?;
        if count >= goal {
            return Ok(());
        }
        stage.check()?;
        if count > best {
            (best, since) = (count, Instant::now());
        } else if since.elapsed() > PATIENCE {
            bail!("nothing was acknowledged for {} s", PATIENCE.as_secs());
        }
        std::thread::sleep(POLL);
    }
}

#[derive(Default)]
struct Killed {
    servers: usize,
    workers: usize,
}

impl Killed {
    fn count(&mut self, victims: &Victims) {
        self.servers += usize::from(victims.server);
        self.workers += victims.workers.len();
    }
}
