use invoice_core::ports::InvoiceSummary;
use invoice_core::service::check_reason;
use invoice_core::{Code, InvoiceId, Violations};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::invoice::InvoiceRow;
use super::read::{At, Reader};
use super::schema;
use crate::Problem;

/// Most records of one bulk request.
const MOST: usize = 100;

/// Which invoices.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BulkInput, example = json!({"ids": ["inv_0192d3f0c1a47b3e8f7a5d6c4b3a2910"]}))]
pub(crate) struct BulkInput {
    /// 1 to 100 invoices, each once; taken in this order. What is no identifier is answered like one that is not there.
    #[schema(min_items = 1, max_items = 100)]
    ids: Vec<String>,
}

/// Which invoices, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BulkReasonInput, example = json!({
    "ids": ["inv_0192d3f0c1a47b3e8f7a5d6c4b3a2910"], "reason": "Issued by mistake"
}))]
pub(crate) struct BulkReasonInput {
    /// 1 to 100 invoices, each once; taken in this order. What is no identifier is answered like one that is not there.
    #[schema(min_items = 1, max_items = 100)]
    ids: Vec<String>,
    /// Why, in words.
    #[schema(value_type = schema::RequiredText)]
    pub(crate) reason: String,
}

/// Invoices as they were named. A malformed identifier is one that is not there.
pub(crate) type Named = Vec<(String, Option<InvoiceId>)>;

impl BulkInput {
    pub(crate) fn read(&self) -> Result<Named, Violations> {
        read(&self.ids)
    }
}

impl BulkReasonInput {
    /// A reason that can't be one is so for all of them.
    pub(crate) fn read(&self) -> Result<Named, Violations> {
        check_reason(&self.reason)?;
        read(&self.ids)
    }
}

fn read(ids: &[String]) -> Result<Named, Violations> {
    let (mut reader, at) = (Reader::default(), At::Body);
    let list = at.field("ids");
    if ids.is_empty() {
        reader.add(&list, Code::Required, "name at least one invoice");
    }
    if ids.len() > MOST {
        reader.add(&list, Code::TooLong, format!("more than {MOST} invoices"));
    }
    let mut known = std::collections::HashSet::new();
    for (index, id) in ids.iter().enumerate() {
        if !known.insert(id.as_str()) {
            reader.add(&list.index(index), Code::Repeated, "this invoice is named already");
        }
    }
    reader.finish(Some(ids.iter().map(|id| (id.clone(), id.parse().ok())).collect()))
}

/// What went wrong with one of them.
#[derive(Serialize, ToSchema)]
#[schema(as = BulkProblem)]
pub(crate) struct BulkProblem {
    /// The status that the request for it alone would have had.
    status: u16,
    /// A stable name of what went wrong.
    code: &'static str,
    /// One English sentence about it, for developers.
    detail: Option<String>,
    /// The fields that are wrong.
    errors: Vec<BulkField>,
}

/// A field that is wrong.
#[derive(Serialize, ToSchema)]
#[schema(as = BulkField)]
pub(crate) struct BulkField {
    /// The field, as an RFC 6901 JSON Pointer into the invoice.
    pointer: String,
    /// A stable name of the broken rule.
    code: &'static str,
}

/// What became of one invoice: it as it is now, or what went wrong.
#[derive(Serialize, ToSchema)]
#[schema(as = BulkResult)]
pub(crate) struct BulkResult<'a> {
    /// The identifier as it was named.
    id: &'a str,
    /// The invoice after it.
    invoice: Option<InvoiceRow<'a>>,
    /// Why nothing was done.
    problem: Option<BulkProblem>,
}

/// What became of each, in the order of the request.
#[derive(Serialize, ToSchema)]
#[schema(as = BulkResults)]
pub(crate) struct BulkResults<'a> {
    items: Vec<BulkResult<'a>>,
}

impl<'a> BulkResults<'a> {
    pub(crate) fn of(done: &'a [(String, Result<InvoiceSummary, Problem>)]) -> Self {
        let item = |(id, result): &'a (String, Result<InvoiceSummary, Problem>)| BulkResult {
            id,
            invoice: result.as_ref().ok().map(InvoiceRow::from),
            problem: result.as_ref().err().map(BulkProblem::from),
        };
        Self { items: done.iter().map(item).collect() }
    }
}

impl From<&Problem> for BulkProblem {
    fn from(problem: &Problem) -> Self {
        let errors = problem.errors().iter();
        let field =
            |error: &crate::FieldError| BulkField { pointer: error.pointer().to_owned(), code: error.code() };
        Self {
            status: problem.status().as_u16(),
            code: problem.code().as_str(),
            detail: problem.detail().map(str::to_owned),
            errors: errors.map(field).collect(),
        }
    }
}
