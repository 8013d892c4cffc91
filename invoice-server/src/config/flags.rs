//! How another command finds what this one was told.

use std::path::Path;

use invoice_auth::TokenMode;

use crate::store::StoreUrl;

/// Where accounts and their keys are, as this command was told.
pub(super) struct Told<'a> {
    pub(super) file: Option<&'a str>,
    pub(super) billing: &'a StoreUrl,
    pub(super) identity: Option<&'a StoreUrl>,
    pub(super) tokens: TokenMode,
    pub(super) key: Option<&'a Path>,
    pub(super) previous: Option<&'a Path>,
}

impl Told<'_> {
    /// The flags that lead to the same stores and keys, each with a space before it; `None` if there would be a secret
    /// in them.
    pub(super) fn flags(&self) -> Option<String> {
        let mut flags = Vec::new();
        if let Some(file) = self.file {
            flags.push(("--config", file.to_owned()));
        }
        if self.file.is_some() || *self.billing != StoreUrl::default() {
            flags.push(("--database-url", self.billing.file()?));
        }
        if let Some(identity) = self.identity {
            flags.push(("--identity-url", identity.file()?));
        }
        // Whoever signs otherwise makes a key of their own.
        match self.tokens {
            TokenMode::Es256 => flags.push(("--tokens", "es256".to_owned())),
            TokenMode::Derived => flags.push(("--tokens", "derived".to_owned())),
            _ => {}
        }
        let keys = [("--master-key-file", self.key), ("--previous-master-key-file", self.previous)];
        flags.extend(keys.into_iter().filter_map(|(flag, path)| Some((flag, path?.display().to_string()))));
        let typed: Vec<_> = flags.iter().map(|(flag, value)| format!(" {flag} {}", quoted(value))).collect();
        Some(typed.concat())
    }
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
        let flags = |billing: &str, identity: Option<&str>| {
            let (billing, identity) = (url(billing), identity.map(url));
            let told = Told {
                file: None,
                billing: &billing,
                identity: identity.as_ref(),
                tokens: TokenMode::EdDsa,
                key: None,
                previous: None,
            };
            told.flags()
        };
        assert_eq!(flags("sqlite:invoices.db", None).as_deref(), Some(""));
        assert_eq!(
            flags("sqlite:it's mine.db", Some("sqlite:/srv/a.db")).as_deref(),
            Some(" --database-url 'sqlite:it'\\''s mine.db' --identity-url sqlite:/srv/a.db")
        );
        assert_eq!(flags("postgres://app:hunter2@localhost/bills", None), None);
        assert_eq!(flags("sqlite::memory:", None), None);
    }
}
