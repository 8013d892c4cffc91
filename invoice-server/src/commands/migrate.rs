//! The databases' schema.

use invoice_store_sqlite::Status;

use crate::cli::{Down, Migrate};
use crate::config::Config;
use crate::store::Stores;

pub(super) async fn run(what: Migrate, config: &Config) -> anyhow::Result<()> {
    let (billing, identity) = (&config.billing, config.identity.as_ref());
    let stores = match what {
        Migrate::Up => Stores::open(billing, identity).await?,
        Migrate::Down(_) | Migrate::Status => Stores::open_existing(billing, identity).await?,
    };
    match what {
        Migrate::Up => {
            for (name, store) in stores.each() {
                show(name, store.migrate().await?);
            }
        }
        Migrate::Status => {
            for (name, store) in stores.each() {
                show(name, store.status().await?);
            }
        }
        Migrate::Down(Down { steps, force, identity }) => {
            let (name, store) =
                if identity { ("identity", stores.identity()) } else { ("invoices", &stores.billing) };
            show(name, store.rollback(steps, force).await?);
        }
    }
    Ok(())
}

fn show(name: &str, status: Status) {
    println!("{name}: version {} of {}", status.current(), status.newest());
}
