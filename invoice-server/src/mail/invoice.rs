//! Invoices to customers.

use async_trait::async_trait;
use invoice_core::service::NotReceived;
use invoice_core::{Code, Event, Invoice, Violation, Violations};
use invoice_http::{Delivery, Parcel};
use lettre::message::{Mailbox, SinglePart};
use lettre::{Address, AsyncTransport as _, Message};

use super::Post;
use super::cause::cause;

/// Mails the page of an invoice to its customer.
pub(crate) struct InvoiceMail(Post);

impl InvoiceMail {
    pub(crate) const fn new(post: Post) -> Self {
        Self(post)
    }

    fn message(&self, event: &Event, parcel: &Parcel) -> Result<Message, String> {
        let issued = parcel.invoice().issued().ok_or("not issued")?;
        let to = address(issued.customer().email()).map_err(|wrong| wrong.to_string())?;
        let from = plain(issued.supplier().name());
        // The answer goes to whom the invoice is from, if they have an address.
        let reply = issued.supplier().email().and_then(|email| email.parse::<Address>().ok());
        // The same event always makes the same identifier, so that a mail that comes again can be told.
        let id = format!("<{}@{}>", event.id, self.0.from.email.domain());
        let subject = format!("{} {}", plain(issued.number()), from);
        let mut message = Message::builder()
            .from(Mailbox::new(Some(from), self.0.from.email.clone()))
            .to(Mailbox::new(Some(plain(issued.customer().name())), to))
            .subject(subject)
            .message_id(Some(id));
        if let Some(reply) = reply {
            message = message.reply_to(Mailbox::new(None, reply));
        }
        let page = SinglePart::html(parcel.page().to_owned());
        message.singlepart(page).map_err(|error| error.to_string())
    }
}

#[async_trait]
impl Delivery for InvoiceMail {
    fn check(&self, invoice: &Invoice) -> Result<(), Violations> {
        // A draft is refused by the use case itself.
        let Some(issued) = invoice.issued() else { return Ok(()) };
        let (supplier, customer) = (issued.supplier(), issued.customer());
        let mut wrong = Violations::new();
        for (pointer, name) in
            [("/issued/supplier/name", supplier.name()), ("/issued/customer/name", customer.name())]
        {
            if plain(name) != name {
                wrong.add(pointer, Code::Malformed, "a line break or control character, in a mail's header");
            }
        }
        if let Err(violation) = address(customer.email()) {
            wrong.push(violation);
        }
        wrong.into_result()
    }

    async fn deliver(&self, event: &Event, parcel: &Parcel) -> Result<(), NotReceived> {
        let message = self.message(event, parcel).map_err(NotReceived::Ever)?;
        match self.0.transport.send(message).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_permanent() => Err(NotReceived::Ever(error.to_string())),
            Err(error) => Err(NotReceived::Yet(cause(&error))),
        }
    }
}

fn address(email: Option<&str>) -> Result<Address, Violation> {
    const POINTER: &str = "/issued/customer/email";
    let email =
        email.ok_or_else(|| Violation::new(POINTER, Code::Required, "the customer has no e-mail address"))?;
    email.trim().parse().map_err(|_| Violation::new(POINTER, Code::Malformed, "not an e-mail address"))
}

/// A text for a header: whatever could begin another header is a space. Sends are refused with such a name, and what
/// was recorded before there was a mail server comes here unrefused.
fn plain(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_with_a_second_header_in_it_is_refused() {
        for email in ["a@b.example\r\nBcc: c@d.example", "a@b.example, c@d.example", "", "a b@c.example"] {
            assert!(address(Some(email)).is_err(), "{email:?}");
        }
        assert!(address(None).is_err());
        assert!(address(Some("a@b.example")).is_ok());
    }

    #[test]
    fn names_stay_in_their_header() {
        assert_eq!(plain("Ada\r\nBcc: x@y.example"), "Ada  Bcc: x@y.example");
    }
}
