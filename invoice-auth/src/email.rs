use invoice_core::Violation;
use invoice_core::identity::EmailAddress;

/// Takes an e-mail address as it was typed. Its key, which is unique, is the address after NFC and case folding.
pub fn email_address(_text: &str) -> Result<EmailAddress, Violation> {
    unimplemented!()
}
