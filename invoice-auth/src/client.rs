use std::net::IpAddr;

/// Where a request comes from, as far as whoever serves it knows: for limits, the list of sessions and the audit.
///
/// Behind a proxy the address must be the one that a *trusted* proxy tells; anything else lets an attacker choose
/// it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientInfo {
    address: Option<IpAddr>,
    user_agent: String,
    device: String,
}

impl ClientInfo {
    /// A client of which nothing is known.
    ///
    /// ```
    /// use invoice_auth::ClientInfo;
    ///
    /// let client = ClientInfo::new().with_address("192.0.2.1".parse().ok()).with_user_agent("curl/8");
    /// assert_eq!(client.device(), "curl/8");
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// From this address.
    #[must_use]
    pub fn with_address(self, address: Option<IpAddr>) -> Self {
        Self { address, ..self }
    }

    /// With what the `User-Agent` header said.
    #[must_use]
    pub fn with_user_agent(self, user_agent: impl Into<String>) -> Self {
        Self { user_agent: user_agent.into(), ..self }
    }

    /// With a name for the device, which the user sees in the list of sessions.
    #[must_use]
    pub fn with_device(self, device: impl Into<String>) -> Self {
        Self { device: device.into(), ..self }
    }

    /// The address.
    pub const fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// The `User-Agent`; may be empty.
    pub fn user_agent(&self) -> &str {
        &self.user_agent
    }

    /// The device's name, or else the `User-Agent`.
    pub fn device(&self) -> &str {
        if self.device.is_empty() { &self.user_agent } else { &self.device }
    }
}
