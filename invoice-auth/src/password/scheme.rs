use invoice_core::{Code, Violation};

/// How much a guess may cost at least and at most. Tests may be cheaper.
const CHEAP: bool = cfg!(any(test, feature = "testing"));
const BCRYPT: std::ops::RangeInclusive<u32> = if CHEAP { 4..=16 } else { 10..=16 };

/// Cost of argon2id (RFC 9106, version 0x13), with 16 bytes of salt and 32 of hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Argon2Params {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

impl Argon2Params {
    /// The least memory of those that OWASP recommends (its "Password Storage Cheat Sheet", 2025).
    const LEAST_KIB: u32 = 7 << 10;
    /// What the cheapest of them comes to, in passes over KiB.
    const LEAST_WORK: u32 = 5 * Self::LEAST_KIB;
    /// What a kept hash may ask for: a row that was tampered with is not to take the machine's memory.
    const MOST_KIB: u32 = 1 << 20;
    const MOST_PASSES: u32 = 64;
    const MOST_LANES: u32 = 16;

    /// So many KiB of memory, passes over it and lanes. No less than what OWASP holds for the least: 7 MiB, and
    /// 35 MiB over all passes; no more than 1 GiB, 64 passes and 16 lanes. Lanes are computed one after another.
    ///
    /// ```
    /// use invoice_auth::Argon2Params;
    ///
    /// let params = Argon2Params::new(64 << 10, 3, 1)?;
    /// assert_ne!(params, Argon2Params::default());
    /// assert!(Argon2Params::new(8 << 10, 1, 1).is_err());
    /// # Ok::<(), invoice_core::Violation>(())
    /// ```
    pub fn new(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, Violation> {
        let wrong = |pointer, detail| Err(Violation::new(pointer, Code::OutOfRange, detail));
        if !(Self::LEAST_KIB..=Self::MOST_KIB).contains(&memory_kib) {
            return wrong("/memory_kib", "not 7 MiB to 1 GiB");
        }
        if !(1..=Self::MOST_PASSES).contains(&passes) || memory_kib.saturating_mul(passes) < Self::LEAST_WORK
        {
            return wrong("/passes", "not 1 to 64, or too few for so little memory");
        }
        if !(1..=Self::MOST_LANES).contains(&lanes) {
            return wrong("/lanes", "not 1 to 16");
        }
        Ok(Self { memory_kib, passes, lanes })
    }

    /// For tests: next to no work, and no protection.
    #[cfg(any(test, feature = "testing"))]
    pub const fn cheap() -> Self {
        Self { memory_kib: 8, passes: 1, lanes: 1 }
    }

    /// Those of a kept hash, which may be from days when less was enough.
    pub(super) fn of_kept(params: &argon2::Params) -> Option<Self> {
        let (memory_kib, passes, lanes) = (params.m_cost(), params.t_cost(), params.p_cost());
        (memory_kib <= Self::MOST_KIB && passes <= Self::MOST_PASSES && lanes <= Self::MOST_LANES)
            .then_some(Self { memory_kib, passes, lanes })
    }

    /// How much memory one hash takes, in KiB.
    pub const fn memory_kib(self) -> u32 {
        self.memory_kib
    }

    /// How often the memory is gone over.
    pub const fn passes(self) -> u32 {
        self.passes
    }

    /// Of how many lanes the memory is made.
    pub const fn lanes(self) -> u32 {
        self.lanes
    }
}

impl Default for Argon2Params {
    /// 19 MiB, two passes, one lane: what OWASP recommends.
    fn default() -> Self {
        Self { memory_kib: 19 << 10, passes: 2, lanes: 1 }
    }
}

/// How new passwords are hashed. Hashes of the other scheme or of other parameters still work, and are replaced at
/// the next log-in.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordScheme {
    /// argon2id, kept as a PHC string.
    Argon2id(Argon2Params),
    /// bcrypt of this cost, 10 to 16, over an HMAC-SHA-256 of the password with the salt's text as its key: it reads
    /// all of a long password, and the hash of a password that leaked elsewhere can't be tried in the password's
    /// place. Kept as `$bcrypt-sha256$v=2,t=2b,r=…$…$…`, the form that Python's passlib gave it.
    Bcrypt(u32),
}

impl PasswordScheme {
    /// bcrypt of cost 12.
    ///
    /// ```
    /// use invoice_auth::PasswordScheme;
    ///
    /// assert_eq!(PasswordScheme::bcrypt(), PasswordScheme::Bcrypt(12));
    /// ```
    pub const fn bcrypt() -> Self {
        Self::Bcrypt(12)
    }

    pub(super) fn check(self) -> Result<Self, Violation> {
        match self {
            Self::Bcrypt(cost) if !BCRYPT.contains(&cost) => {
                let detail = format!("not {} to {}", BCRYPT.start(), BCRYPT.end());
                Err(Violation::new("/scheme/cost", Code::OutOfRange, detail))
            }
            _ => Ok(self),
        }
    }
}

impl Default for PasswordScheme {
    /// argon2id with 19 MiB, two passes, one lane.
    fn default() -> Self {
        Self::Argon2id(Argon2Params::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_that_owasp_recommends_is_taken() {
        for (mib, passes) in [(46, 1), (19, 2), (12, 3), (9, 4), (7, 5)] {
            assert!(Argon2Params::new(mib << 10, passes, 1).is_ok(), "{mib} MiB, {passes} passes");
        }
    }

    #[test]
    fn what_is_weaker_or_would_take_the_machine_is_refused_by_name() {
        for (params, pointer) in [
            ((6 << 10, 9, 1), "/memory_kib"),
            ((2 << 20, 2, 1), "/memory_kib"),
            ((7 << 10, 4, 1), "/passes"),
            ((19 << 10, 1, 1), "/passes"),
            ((19 << 10, 65, 1), "/passes"),
            ((19 << 10, 2, 0), "/lanes"),
            ((19 << 10, 2, 17), "/lanes"),
        ] {
            let violation = Argon2Params::new(params.0, params.1, params.2).unwrap_err();
            assert_eq!(violation.pointer(), pointer, "{params:?}");
        }
    }

    #[test]
    fn bcrypt_of_a_cost_that_is_no_protection_or_never_ends_is_refused() {
        for cost in [0, 3, 17, 31, 32] {
            assert!(PasswordScheme::Bcrypt(cost).check().is_err(), "{cost}");
        }
        assert!(PasswordScheme::bcrypt().check().is_ok());
    }
}
