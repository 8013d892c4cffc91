use crate::line::MOST_TAXES;

/// The places of a few groups, in order; held without an allocation, because every set of taxes has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub(crate) struct Rows {
    places: [u32; MOST_TAXES],
    count: u8,
}

impl Rows {
    /// `None` for more groups than a set of taxes can have.
    pub(crate) fn new(places: impl IntoIterator<Item = usize>) -> Option<Self> {
        let mut rows = Self::default();
        for place in places {
            *rows.places.get_mut(usize::from(rows.count))? = u32::try_from(place).ok()?;
            rows.count += 1;
        }
        rows.places.get_mut(..usize::from(rows.count))?.sort_unstable();
        Some(rows)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        let places = self.places.iter().take(usize::from(self.count));
        // No platform here has pointers under 32 bits.
        places.map(|place| usize::try_from(*place).unwrap_or(usize::MAX))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }
}
