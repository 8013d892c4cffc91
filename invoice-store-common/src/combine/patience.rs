//! Whether those who were answered come back soon.

/// After so many vain waits in a row the pauses between them grow no longer.
const MOST: u32 = 6;

/// A wait that was in vain is not repeated for a while, twice as long each time.
#[derive(Debug, Default)]
pub(super) struct Patience {
    in_vain: u32,
    /// Groups that are not waited after.
    rest: u32,
}

impl Patience {
    pub(super) fn is_worth_it(&mut self) -> bool {
        let is_over = self.rest == 0;
        self.rest = self.rest.saturating_sub(1);
        is_over
    }

    /// Whether they came.
    pub(super) fn learn(&mut self, came: bool) {
        self.in_vain = if came { 0 } else { (self.in_vain + 1).min(MOST) };
        self.rest = (1 << self.in_vain) - 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many groups there are before the next one that is waited after.
    fn groups(patience: &mut Patience) -> usize {
        std::iter::repeat_with(|| patience.is_worth_it()).take_while(|worth| !worth).count()
    }

    #[test]
    fn what_is_in_vain_is_done_ever_more_seldom() {
        let mut patience = Patience::default();
        let pauses = [false; 8].map(|came| {
            patience.learn(came);
            groups(&mut patience)
        });
        assert_eq!(pauses, [1, 3, 7, 15, 31, 63, 63, 63]);
    }

    #[test]
    fn whoever_comes_is_waited_for_each_time() {
        let mut patience = Patience::default();
        assert_eq!(groups(&mut patience), 0);
        patience.learn(false);
        patience.learn(true);
        assert_eq!([groups(&mut patience), groups(&mut patience)], [0, 0]);
    }
}
