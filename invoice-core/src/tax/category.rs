use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Code, Violation};

/// The category of a tax, a code of UNTDID 5305 (EN 16931 BT-118, BT-151, BT-95, BT-102).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub enum TaxCategory {
    /// `S`: charged at a standard or reduced rate.
    #[serde(rename = "S")]
    Standard,
    /// `Z`: taxed, at zero.
    #[serde(rename = "Z")]
    ZeroRated,
    /// `E`: exempt from tax; the reason is stated.
    #[serde(rename = "E")]
    Exempt,
    /// `AE`: reverse charge, the buyer accounts for the tax.
    #[serde(rename = "AE")]
    ReverseCharge,
    /// `K`: supply of goods to another member state of the European Economic Area.
    #[serde(rename = "K")]
    IntraCommunity,
    /// `G`: export outside the European Union.
    #[serde(rename = "G")]
    Export,
    /// `O`: outside the scope of the tax; it stands alone on a document.
    #[serde(rename = "O")]
    OutOfScope,
    /// `L`: general indirect tax of the Canary Islands (IGIC).
    #[serde(rename = "L")]
    CanaryIslands,
    /// `M`: tax of Ceuta and Melilla (IPSI).
    #[serde(rename = "M")]
    CeutaMelilla,
    /// `B`: Italian split payment; the tax is shown, and the buyer pays it to the state.
    #[serde(rename = "B")]
    SplitPayment,
}

impl TaxCategory {
    /// Every category.
    pub const ALL: [Self; 10] = [
        Self::Standard,
        Self::ZeroRated,
        Self::Exempt,
        Self::ReverseCharge,
        Self::IntraCommunity,
        Self::Export,
        Self::OutOfScope,
        Self::CanaryIslands,
        Self::CeutaMelilla,
        Self::SplitPayment,
    ];

    /// The category with this code.
    ///
    /// ```
    /// use invoice_core::tax::TaxCategory;
    ///
    /// assert_eq!(TaxCategory::new("AE")?, TaxCategory::ReverseCharge);
    /// assert!(TaxCategory::new("X").is_err());
    /// # Ok::<(), invoice_core::Violation>(())
    /// ```
    pub fn new(code: &str) -> Result<Self, Violation> {
        let found = Self::ALL.into_iter().find(|category| category.code() == code);
        found.ok_or_else(|| Violation::new("", Code::Unknown, "not one of S, Z, E, AE, K, G, O, L, M, B"))
    }

    /// The code of UNTDID 5305.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Standard => "S",
            Self::ZeroRated => "Z",
            Self::Exempt => "E",
            Self::ReverseCharge => "AE",
            Self::IntraCommunity => "K",
            Self::Export => "G",
            Self::OutOfScope => "O",
            Self::CanaryIslands => "L",
            Self::CeutaMelilla => "M",
            Self::SplitPayment => "B",
        }
    }

    /// Whether nothing is charged under it: Z, E, AE, K, G and O.
    pub const fn is_zero_rated(self) -> bool {
        matches!(self, Self::ZeroRated) || self.needs_reason()
    }

    /// Whether the document must say why nothing is charged: E, AE, K, G and O (BR-E-10, BR-AE-10, BR-IC-10,
    /// BR-G-10, BR-O-10).
    pub const fn needs_reason(self) -> bool {
        matches!(
            self,
            Self::Exempt | Self::ReverseCharge | Self::IntraCommunity | Self::Export | Self::OutOfScope
        )
    }
}

impl FromStr for TaxCategory {
    type Err = Violation;

    fn from_str(code: &str) -> Result<Self, Violation> {
        Self::new(code)
    }
}

impl fmt::Display for TaxCategory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}
