//! What mails say, by language.

use std::borrow::Cow;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};

/// A language that there are texts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    En,
    De,
    Fr,
}

type Texts = FluentBundle<FluentResource>;

static EN: LazyLock<Texts> = LazyLock::new(|| texts(Language::En));
static DE: LazyLock<Texts> = LazyLock::new(|| texts(Language::De));
static FR: LazyLock<Texts> = LazyLock::new(|| texts(Language::Fr));

fn texts(language: Language) -> Texts {
    // What a broken line leaves readable is used; a test finds the line.
    let resource = FluentResource::try_new(language.source().to_owned()).unwrap_or_else(|(rest, _)| rest);
    let mut texts = FluentBundle::new_concurrent(language.tag().parse().into_iter().collect());
    // A mail of plain text shows the marks.
    texts.set_use_isolating(false);
    // A resource that comes alone overrides nothing.
    let _ = texts.add_resource(resource);
    texts
}

impl Language {
    const ALL: [Self; 3] = [Self::En, Self::De, Self::Fr];

    /// That of a language tag, whatever its region; English if there is none, or no text in it.
    pub(super) fn of(tag: Option<&str>) -> Self {
        let language = tag.and_then(|tag| tag.split(['-', '_']).next()).unwrap_or_default();
        let known = Self::ALL.into_iter().find(|known| known.tag().eq_ignore_ascii_case(language));
        known.unwrap_or(Self::En)
    }

    const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
            Self::Fr => "fr",
        }
    }

    const fn source(self) -> &'static str {
        match self {
            Self::En => include_str!("locales/en.ftl"),
            Self::De => include_str!("locales/de.ftl"),
            Self::Fr => include_str!("locales/fr.ftl"),
        }
    }

    fn texts(self) -> &'static Texts {
        match self {
            Self::En => &EN,
            Self::De => &DE,
            Self::Fr => &FR,
        }
    }

    /// A text by its name; a text that is missing is its name.
    pub(super) fn text(self, name: &str) -> String {
        self.text_with(name, &FluentArgs::new())
    }

    /// A text with something to be filled in.
    pub(super) fn text_with(self, name: &str, given: &FluentArgs<'_>) -> String {
        let texts = self.texts();
        let Some(pattern) = texts.get_message(name).and_then(|message| message.value()) else {
            return name.to_owned();
        };
        let text: Cow<'_, str> = texts.format_pattern(pattern, Some(given), &mut Vec::new());
        text.into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(language: Language) -> Vec<&'static str> {
        language.source().lines().filter_map(|line| Some(line.split_once(" = ")?.0)).collect()
    }

    #[test]
    fn every_language_has_every_text_with_the_same_gaps() {
        let gaps = |language: Language| -> Vec<_> {
            language.source().lines().map(|line| line.matches("{ $").count()).collect()
        };
        for language in Language::ALL {
            assert!(FluentResource::try_new(language.source().to_owned()).is_ok(), "{language:?}");
            assert_eq!(names(language), names(Language::En), "{language:?}");
            assert_eq!(gaps(language), gaps(Language::En), "{language:?}");
        }
    }

    #[test]
    fn a_region_says_nothing_and_an_unknown_language_is_english() {
        for (tag, expected) in
            [("de-AT", Language::De), ("FR", Language::Fr), ("en-GB", Language::En), ("it", Language::En)]
        {
            assert_eq!(Language::of(Some(tag)), expected, "{tag}");
        }
        assert_eq!(Language::of(None), Language::En);
    }
}
