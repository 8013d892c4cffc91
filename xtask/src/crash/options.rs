//! What a crash run is asked for.

use anyhow::{Context, Result, bail};

use crate::provision::random;

/// A store that can be killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Store {
    Sqlite,
    Postgres,
    Mongo,
}

impl Store {
    const ALL: [Self; 3] = [Self::Sqlite, Self::Postgres, Self::Mongo];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::Mongo => "mongo",
        }
    }

    /// Whether it has a server that can be killed beside the workers.
    pub(super) const fn has_server(self) -> bool {
        !matches!(self, Self::Sqlite)
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Options {
    pub(super) stores: Vec<Store>,
    /// How often something is killed on the way.
    pub(super) rounds: u64,
    /// At least so many invoices.
    pub(super) issues: u64,
    pub(super) seed: u64,
    /// How the workers are broken, for a judge that must notice.
    pub(super) broken: Option<String>,
}

impl Options {
    pub(super) fn read(args: &[String]) -> Result<Self> {
        let mut options = Self {
            stores: Store::ALL.to_vec(),
            rounds: 24,
            issues: 10_000,
            seed: random() >> 32,
            broken: None,
        };
        let mut args = args.iter();
        while let Some(name) = args.next() {
            let value = args.next().with_context(|| format!("{name} needs a value"))?;
            let number = || value.parse().with_context(|| format!("{name} takes a number, not `{value}`"));
            match name.as_str() {
                "--store" => {
                    let store = Store::ALL.into_iter().find(|store| store.name() == value);
                    options.stores = vec![store.with_context(|| format!("no store `{value}`"))?];
                }
                "--rounds" => options.rounds = number()?,
                "--issues" => options.issues = number()?,
                "--seed" => options.seed = number()?,
                "--broken" => options.broken = Some(value.clone()),
                _ => bail!("no option `{name}`; there are --store --rounds --issues --seed --broken"),
            }
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Options> {
        Options::read(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn the_long_form_runs_on_every_store() {
        let options = read("").unwrap();
        assert_eq!(options.stores, Store::ALL);
        assert!(options.rounds >= 20 && options.issues >= 10_000 && options.broken.is_none());
    }

    #[test]
    fn each_option_says_one_thing() {
        let options = read("--store postgres --rounds 3 --issues 30 --seed 9 --broken forgetful").unwrap();
        let broken = Some("forgetful".to_owned());
        assert_eq!(
            options,
            Options { stores: vec![Store::Postgres], rounds: 3, issues: 30, seed: 9, broken }
        );
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for line in ["--store oracle", "--rounds many", "--rounds", "--quick yes"] {
            assert!(read(line).is_err(), "{line}");
        }
    }
}
