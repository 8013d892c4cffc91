//! How another command finds what this one was told.

use std::path::Path;

use crate::store::StoreUrl;

/// The flags that lead to the same stores, each with a space before it; `None` if there would be a secret in them.
pub(super) fn of(
    file: Option<&str>,
    billing: &StoreUrl,
    identity: Option<&StoreUrl>,
    key: Option<&Path>,
) -> Option<String> {
    let mut flags = Vec::new();
    if let Some(file) = file {
        flags.push(("--config", file.to_owned()));
    }
    if file.is_some() || *billing != StoreUrl::default() {
        flags.push(("--database-url", billing.file()?));
    }
    if let Some(identity) = identity {
        flags.push(("--identity-url", identity.file()?));
    }
    if let Some(key) = key {
        flags.push(("--master-key-file", key.display().to_string()));
    }
    Some(
        flags
            .into_iter()
            .flat_map(|(flag, value)| [" ".to_owned(), flag.to_owned(), " ".to_owned(), quoted(&value)])
            .collect(),
    )
}

/// As a shell reads it.
fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._:-".contains(c);
    if text.chars().all(is_plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_and_servers_are_not_since_they_have_passwords() {
        let url = |text: &str| StoreUrl::parse(text).unwrap();
        let flags =
            |billing: &str, identity: Option<&str>| of(None, &url(billing), identity.map(url).as_ref(), None);
        assert_eq!(flags("sqlite:invoices.db", None).as_deref(), Some(""));
        assert_eq!(
            flags("sqlite:it's mine.db", Some("sqlite:/srv/a.db")).as_deref(),
            Some(" --database-url 'sqlite:it'\\''s mine.db' --identity-url sqlite:/srv/a.db")
        );
        assert_eq!(flags("postgres://app:hunter2@localhost/bills", None), None);
        assert_eq!(flags("sqlite::memory:", None), None);
    }
}
