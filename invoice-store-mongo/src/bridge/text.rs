//! Short texts without an allocation.

/// Room for the longest decimal, identifier or instant.
const ROOM: usize = 48;

/// A short ASCII text, put together from its end.
pub(super) struct Text {
    bytes: [u8; ROOM],
    start: usize,
}

impl Text {
    pub(super) fn new() -> Self {
        Self { bytes: [0; ROOM], start: ROOM }
    }

    /// Puts a byte in front. What has no room is left out, and then [`Text::get`] gives nothing.
    #[inline]
    pub(super) fn put(&mut self, byte: u8) {
        self.start = self.start.wrapping_sub(1);
        if let Some(place) = self.bytes.get_mut(self.start) {
            *place = byte;
        }
    }

    /// Puts a number of so many digits in front.
    #[inline]
    pub(super) fn put_digits(&mut self, mut number: u64, digits: u32) {
        for _ in 0..digits {
            self.put(digit(number % 10));
            number /= 10;
        }
    }

    pub(super) fn get(&self) -> Option<&str> {
        self.bytes.get(self.start..).and_then(|text| std::str::from_utf8(text).ok())
    }
}

/// The digit of a number below ten.
#[inline]
pub(super) fn digit(number: u64) -> u8 {
    b'0' + u8::try_from(number).unwrap_or(0)
}

/// The number that digits alone make; they are few enough to fit.
#[inline]
pub(super) fn number(digits: &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = number.checked_mul(10)?.checked_add(digit.into())?;
    }
    Some(number)
}
