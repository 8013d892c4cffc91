//! A team with people of every role, who make things in it.

use invoice_core::{Permission, Role};
use serde_json::{Value, json};

use crate::support::{App, Client, PASSWORD, email};

/// What a route is about, in the state that it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Client,
    ArchivedClient,
    Item,
    ArchivedItem,
    Draft,
    Invoice,
    WrittenOff,
    Uncollectible,
    CreditDraft,
    CreditNote,
    QuoteDraft,
    Quote,
    Payment,
    Allocated,
    Series,
    Team,
    Member,
    Invitation,
    ApiKey,
    Session,
}

impl Kind {
    /// The path where one is read, with as many `{}` as it has identifiers.
    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::Client | Self::ArchivedClient => "/clients/{}",
            Self::Item | Self::ArchivedItem => "/items/{}",
            Self::Draft | Self::Invoice | Self::WrittenOff | Self::Uncollectible => "/invoices/{}",
            Self::CreditDraft | Self::CreditNote => "/credit-notes/{}",
            Self::QuoteDraft | Self::Quote => "/quotes/{}",
            Self::Payment | Self::Allocated => "/payments/{}",
            Self::Series => "/series/{}",
            Self::Team => "/teams/{}",
            Self::Member => "/teams/{}/members/{}",
            Self::Invitation => "/teams/{}/invitations/{}",
            Self::ApiKey => "/teams/{}/api-keys/{}",
            Self::Session => "/auth/sessions/{}",
        }
    }
}

/// Something of a team's: the identifiers in its path, and the invoice that it belongs to.
#[derive(Debug, Clone)]
pub(super) struct Thing {
    pub(super) ids: Vec<String>,
    pub(super) invoice: String,
}

pub(super) struct Person<'a> {
    pub(super) role: Role,
    pub(super) name: String,
    pub(super) user: String,
    pub(super) client: Client<'a>,
}

pub(super) struct Side<'a> {
    pub(super) app: &'a App,
    /// In every text that the team writes.
    pub(super) word: String,
    pub(super) team: String,
    /// An owner who prepares what others are tried on.
    pub(super) founder: Person<'a>,
    /// One of each role, weakest first.
    pub(super) people: Vec<Person<'a>>,
    customer: String,
}

impl<'a> Side<'a> {
    pub(super) async fn new(app: &'a App, word: &str) -> Self {
        let name = format!("{word}-founder");
        let person = app.person(&name).await;
        let path = person.team(word).await;
        let client = person.working_in(&path).await;
        let user = client.get("/users/me").await.expect(200).text("/id");
        let founder = Person { role: Role::Owner, name, user, client };
        let mut people = Vec::new();
        for role in Role::ALL {
            let name = format!("{word}-{role}");
            let person = app.person(&name).await;
            let place = app.join(&path, &founder.client, &person, role.as_str()).await;
            let user = place.rsplit('/').next().unwrap().to_owned();
            people.push(Person { role, name, user, client: person.working_in(&path).await });
        }
        let team = path.trim_start_matches("/teams/").to_owned();
        let mut side = Self { app, word: word.to_owned(), team, founder, people, customer: String::new() };
        side.set_up().await;
        side
    }

    async fn set_up(&mut self) {
        let word = &self.word;
        let owner = &self.founder.client;
        let address = json!({"lines": [word], "city": word, "country": "DE"});
        let party = json!({"name": word, "address": address, "vat_id": "DE123456789"});
        owner.put("/supplier", json!({"party": party, "time_zone": "Europe/Berlin"})).await.expect(200);
        for kind in ["invoice", "credit_note", "quote", "pro_forma"] {
            let pattern = format!("{kind}-{word}-{{year}}-{{seq:05}}");
            let body =
                json!({"document_type": kind, "pattern": pattern, "reset": "yearly", "from": "2026-01-01"});
            owner.post("/series", body).await.expect(201);
        }
        self.customer = self.client(&self.founder).await;
    }

    /// Makes one, by this person if their role lets them.
    pub(super) async fn make(&self, kind: Kind, by: &Person<'_>) -> Thing {
        let founder = &self.founder.client;
        let mut invoice = String::new();
        let id = match kind {
            Kind::Client => self.client(by).await,
            Kind::ArchivedClient => archived("/clients", self.client(by).await, founder).await,
            Kind::Item => self.item(by).await,
            Kind::ArchivedItem => archived("/items", self.item(by).await, founder).await,
            Kind::Draft => self.draft(by).await,
            Kind::Invoice => self.invoice().await,
            Kind::WrittenOff => {
                let id = self.invoice().await;
                let body = json!({"reason": "other", "note": self.word});
                founder.post(&format!("/invoices/{id}/write-off"), body).await.expect(200);
                id
            }
            Kind::Uncollectible => {
                let path = format!("/invoices/{}/uncollectible", self.invoice().await);
                let etag = founder.get(path.trim_end_matches("/uncollectible")).await.expect(200).etag();
                founder.with("if-match", etag).put(&path, json!({})).await.expect(200).text("/id")
            }
            Kind::CreditDraft => self.credit(by, true).await,
            Kind::CreditNote => self.credit(&self.founder, false).await,
            Kind::QuoteDraft => self.quote(by).await,
            Kind::Quote => {
                let id = self.quote(&self.founder).await;
                founder.post(&format!("/quotes/{id}/publish"), json!({})).await.expect(200);
                id
            }
            Kind::Payment => self.payment(json!([])).await,
            Kind::Allocated => {
                invoice = self.invoice().await;
                self.payment(json!([{"invoice": invoice, "amount": "119.00"}])).await
            }
            Kind::Series => {
                let name = format!("{}{}", self.word, self.app.number());
                let body = json!({
                    "document_type": "invoice", "name": name, "pattern": format!("{name}-{{seq}}"),
                    "reset": "never", "from": "2026-01-01"
                });
                founder.post("/series", body).await.expect(201).text("/id")
            }
            Kind::Session => self.app.log_in(&by.name, PASSWORD).await.expect(200).text("/session"),
            Kind::Team => return self.under_team(None),
            Kind::Member => return self.under_team(Some(self.people[0].user.clone())),
            Kind::Invitation => {
                let body = json!({"email": self.unused(), "role": "viewer"});
                let path = format!("/teams/{}/invitations", self.team);
                return self.under_team(Some(founder.post(&path, body).await.expect(201).text("/id")));
            }
            Kind::ApiKey => {
                let path = format!("/teams/{}/api-keys", self.team);
                let made = founder.post(&path, json!({"name": self.word, "role": "viewer"})).await;
                return self.under_team(Some(made.expect(201).text("/key/id")));
            }
        };
        Thing { ids: vec![id], invoice }
    }

    /// One that was and is no more, for those that can go.
    pub(super) async fn gone(&self, kind: Kind, by: &Person<'_>) -> Option<Vec<String>> {
        let (path, id) = match kind {
            Kind::Client | Kind::ArchivedClient => ("/clients", self.client(by).await),
            Kind::Item | Kind::ArchivedItem => ("/items", self.item(by).await),
            Kind::Draft | Kind::Invoice | Kind::WrittenOff | Kind::Uncollectible => {
                ("/invoices", self.draft(by).await)
            }
            Kind::CreditDraft | Kind::CreditNote => ("/credit-notes", self.credit(by, true).await),
            Kind::QuoteDraft | Kind::Quote => ("/quotes", self.quote(by).await),
            Kind::Team => {
                let team = by.client.team(&self.word).await;
                ("/teams", team.trim_start_matches("/teams/").to_owned())
            }
            Kind::Invitation => {
                let ids = self.make(kind, by).await.ids;
                let path = format!("/teams/{}/invitations/{}", ids[0], ids[1]);
                self.founder.client.revoke(&path).await.expect(204);
                return Some(ids);
            }
            Kind::Member => {
                let guest = self.app.person(&format!("{}{}", self.word, self.app.number())).await;
                let team = format!("/teams/{}", self.team);
                let place = self.app.join(&team, &self.founder.client, &guest, "viewer").await;
                let etag = self.founder.client.get(&place).await.expect(200).etag();
                self.founder.client.delete(&place, &etag).await.expect(204);
                return Some(self.under_team(place.rsplit('/').next().map(str::to_owned)).ids);
            }
            // Issued and paid once, there for ever; and what has ended is still shown as such.
            Kind::Payment | Kind::Allocated | Kind::Series | Kind::ApiKey | Kind::Session => return None,
        };
        let path = format!("{path}/{id}");
        let client = if kind == Kind::Team { &by.client } else { &self.founder.client };
        let etag = client.get(&path).await.expect(200).etag();
        client.delete(&path, &etag).await.expect(204);
        Some(vec![id])
    }

    /// The entity tag of something of this team's.
    pub(super) async fn etag(&self, kind: Kind, ids: &[String]) -> String {
        let mut path = kind.path().to_owned();
        for id in ids {
            path = path.replacen("{}", id, 1);
        }
        self.founder.client.get(&path).await.expect(200).etag()
    }

    /// The client of the team's invoices and payments.
    pub(super) fn customer(&self) -> &str {
        &self.customer
    }

    /// An address that nobody has.
    pub(super) fn unused(&self) -> String {
        email(&format!("{}-guest-{}", self.word, self.app.number()))
    }

    fn under_team(&self, id: Option<String>) -> Thing {
        Thing { ids: [self.team.clone()].into_iter().chain(id).collect(), invoice: String::new() }
    }

    /// The person if they may make drafts, or else the founder.
    fn writer<'b>(&'b self, by: &'b Person<'_>) -> &'b Client<'b> {
        if by.role.may(Permission::WriteOwn) { &by.client } else { &self.founder.client }
    }

    async fn client(&self, by: &Person<'_>) -> String {
        let address = json!({"lines": [self.word], "city": self.word, "country": "AT"});
        let body = json!({
            "party": {"name": self.word, "address": address}, "internal_notes": self.word,
            "metadata": {"shop": self.word}
        });
        self.writer(by).post("/clients", body).await.expect(201).text("/id")
    }

    async fn item(&self, by: &Person<'_>) -> String {
        let code = format!("{}-{}", self.word, self.app.number());
        let body = json!({"code": code, "name": self.word, "currency": "EUR", "price": "19.95"});
        self.writer(by).post("/items", body).await.expect(201).text("/id")
    }

    fn content(&self) -> Value {
        let tax = json!({"category": "S", "rate": "19"});
        let lines = json!([{"name": self.word, "quantity": "4", "price": "25.00", "taxes": [tax]}]);
        json!({"client": self.customer, "currency": "EUR", "lines": lines, "internal_notes": self.word})
    }

    /// Of 119.00 EUR with its tax, like all the others.
    async fn draft(&self, by: &Person<'_>) -> String {
        let mut body = self.content();
        body["terms"] = json!({"due": {"kind": "days", "days": 14}});
        self.writer(by).post("/invoices", body).await.expect(201).text("/id")
    }

    async fn invoice(&self) -> String {
        let id = self.draft(&self.founder).await;
        self.founder.client.post(&format!("/invoices/{id}/publish"), json!({})).await.expect(200);
        id
    }

    async fn quote(&self, by: &Person<'_>) -> String {
        let mut body = self.content();
        body["valid_until"] = json!("2026-04-30");
        self.writer(by).post("/quotes", body).await.expect(201).text("/id")
    }

    async fn credit(&self, by: &Person<'_>, draft: bool) -> String {
        let path = format!("/invoices/{}/credit-notes", self.invoice().await);
        let note = json!({"reason": self.word, "scope": {"kind": "full"}});
        let made = self.writer(by).post(&path, json!({"credit_note": note, "draft": draft})).await;
        made.expect(201).text("/id")
    }

    async fn payment(&self, allocations: Value) -> String {
        let body = json!({
            "client": self.customer, "amount": "150.00", "currency": "EUR", "date": "2026-03-02",
            "note": self.word, "allocations": allocations
        });
        self.founder.client.post("/payments", body).await.expect(201).text("/id")
    }
}

async fn archived(list: &str, id: String, by: &Client<'_>) -> String {
    by.post(&format!("{list}/{id}/archive"), json!({})).await.expect(200);
    id
}
