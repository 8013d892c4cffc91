//! Messages by code and language.

use std::collections::HashMap;
use std::sync::LazyLock;

use fluent_bundle::FluentResource;
use fluent_bundle::concurrent::FluentBundle;

/// A language that messages are there in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Locale {
    En,
    De,
    Fr,
}

/// The messages of one language, formatted once: none of them takes an argument.
type Messages = HashMap<String, String>;

static EN: LazyLock<Messages> = LazyLock::new(|| messages(Locale::En));
static DE: LazyLock<Messages> = LazyLock::new(|| messages(Locale::De));
static FR: LazyLock<Messages> = LazyLock::new(|| messages(Locale::Fr));

fn messages(locale: Locale) -> Messages {
    // What a broken line leaves readable is used; a test finds the line.
    let resource = FluentResource::try_new(locale.source().to_owned()).unwrap_or_else(|(rest, _)| rest);
    let names = locale.source().lines().filter_map(|line| line.split_once(" = ")).map(|(name, _)| name);
    let mut bundle = FluentBundle::new_concurrent(locale.tag().parse().into_iter().collect());
    let mut errors = Vec::new();
    // A resource that comes alone overrides nothing.
    let _ = bundle.add_resource(resource);
    let text = |name: &str| {
        let pattern = bundle.get_message(name)?.value()?;
        Some((name.to_owned(), bundle.format_pattern(pattern, None, &mut errors).into_owned()))
    };
    names.filter_map(text).collect()
}

impl Locale {
    pub(super) const ALL: [Self; 3] = [Self::En, Self::De, Self::Fr];
    pub(crate) const DEFAULT: Self = Self::En;

    /// The language tag (BCP 47).
    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
            Self::Fr => "fr",
        }
    }

    const fn source(self) -> &'static str {
        match self {
            Self::En => include_str!("../locales/en.ftl"),
            Self::De => include_str!("../locales/de.ftl"),
            Self::Fr => include_str!("../locales/fr.ftl"),
        }
    }

    fn messages(self) -> &'static Messages {
        match self {
            Self::En => &EN,
            Self::De => &DE,
            Self::Fr => &FR,
        }
    }

    /// The title of a problem.
    pub(super) fn title(self, code: &'static str) -> &'static str {
        self.message(&format!("problem-{}", code.replace('_', "-")), code)
    }

    /// The message for a field.
    pub(super) fn field(self, code: &'static str) -> &'static str {
        self.message(&format!("field-{}", code.replace('_', "-")), code)
    }

    /// A label on a printed document.
    pub(crate) fn label(self, label: &'static str) -> &'static str {
        self.message(&format!("print-{label}"), label)
    }

    fn message(self, key: &str, code: &'static str) -> &'static str {
        self.messages().get(key).map_or(code, String::as_str)
    }

    /// The language asked for by `?locale=`, else the one best liked by `Accept-Language`, else English.
    pub(crate) fn negotiate(query: Option<&str>, accept: Option<&str>) -> Self {
        let asked = query.into_iter().flat_map(|query| query.split('&'));
        let mut asked = asked.filter_map(|pair| pair.strip_prefix("locale="));
        if let Some(locale) = asked.find_map(Self::of_tag) {
            return locale;
        }
        let mut best = (0, Self::DEFAULT);
        for range in accept.unwrap_or_default().split(',') {
            let (tag, quality) = range.split_once(';').unwrap_or((range, ""));
            let quality = thousandths(quality.trim());
            if let Some(locale) = Self::of_tag(tag.trim())
                && quality > best.0
            {
                best = (quality, locale);
            }
        }
        best.1
    }

    /// A region or script says nothing to these catalogues: `de-AT` is German.
    pub(crate) fn of_tag(tag: &str) -> Option<Self> {
        let language = tag.split(['-', '_']).next()?;
        Self::ALL.into_iter().find(|locale| locale.tag().eq_ignore_ascii_case(language))
    }
}

/// The weight of a language range (RFC 9110 section 12.4.2), 0 to 1000; one that can't be read counts nothing.
fn thousandths(parameter: &str) -> u32 {
    if parameter.is_empty() {
        return 1_000;
    }
    let Some(value) = parameter.strip_prefix("q=") else { return 0 };
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
    match (whole.parse::<u32>(), digits.parse::<u32>()) {
        (Ok(whole), Ok(fraction)) => (whole * 1_000 + fraction).min(1_000),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{FieldError, ProblemCode};

    fn expected() -> BTreeSet<String> {
        let problems = ProblemCode::ALL.iter().map(|code| ("problem", code.as_str()));
        let fields = invoice_core::Code::ALL.iter().map(|code| code.as_str());
        let own = [FieldError::UNKNOWN_FIELD, FieldError::WRONG_TYPE];
        let fields = fields.chain(own).map(|code| ("field", code));
        let labels = crate::print::labels().map(|label| ("print", label));
        let all = problems.chain(fields).chain(labels);
        all.map(|(kind, code)| format!("{kind}-{}", code.replace('_', "-"))).collect()
    }

    #[test]
    fn every_catalogue_has_a_message_for_every_code_and_no_other() {
        for locale in Locale::ALL {
            let found: BTreeSet<String> = locale.messages().keys().cloned().collect();
            let missing: Vec<_> = expected().difference(&found).cloned().collect();
            let foreign: Vec<_> = found.difference(&expected()).cloned().collect();
            assert_eq!((missing, foreign), (vec![], vec![]), "{}", locale.tag());
            assert!(FluentResource::try_new(locale.source().to_owned()).is_ok(), "{}", locale.tag());
        }
    }

    #[test]
    fn the_query_decides_before_the_header_and_the_header_by_its_weights() {
        let negotiate = Locale::negotiate;
        assert_eq!(negotiate(Some("limit=1&locale=fr"), Some("de")), Locale::Fr);
        assert_eq!(negotiate(Some("locale=xx"), Some("de-AT, en;q=0.9")), Locale::De);
        assert_eq!(negotiate(None, Some("it, fr;q=0.4, de;q=0.75, en;q=0.5")), Locale::De);
        assert_eq!(negotiate(None, Some("fr;q=0, *;q=1")), Locale::En);
        assert_eq!(negotiate(None, None), Locale::En);
    }
}
