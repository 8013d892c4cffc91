use axum::extract::FromRef;
use axum::response::Response;
use invoice_core::Permission;
use invoice_core::service::Error;
use utoipa_axum::router::OpenApiRouter;

use super::answer;
use crate::extract::{NoParams, Patch, Put, Reading, merge_patch};
use crate::wire::supplier::{SupplierInput, SupplierView};
use crate::{InvoiceState, Problem, ProblemCode};

pub(super) fn routes<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    InvoiceState: FromRef<S>,
{
    OpenApiRouter::new().routes(routes!(read, replace, update))
}

/// Reads the team's profile.
#[utoipa::path(get, path = "/supplier", tag = "supplier", operation_id = "read_supplier",
    responses((status = 200, description = "The profile.", body = SupplierView, headers(("ETag" = String)))))]
async fn read(reading: Reading, _: NoParams) -> Result<Response, Problem> {
    let profile = reading.billing().supplier(&reading.actor).await?;
    answer::record(profile.version(), &SupplierView::from(&profile))
}

/// Writes the team's profile. The first one needs no `If-Match`.
#[utoipa::path(put, path = "/supplier", tag = "supplier", operation_id = "replace_supplier",
    request_body = SupplierInput,
    responses((status = 200, description = "The profile.", body = SupplierView, headers(("ETag" = String)))))]
async fn replace(put: Put<SupplierInput>) -> Result<Response, Problem> {
    if !put.conditional {
        match put.billing().supplier(put.actor()).await {
            Ok(_) => return Err(Problem::new(ProblemCode::PreconditionRequired)),
            Err(Error::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let Put { state, call, body, .. } = put;
    let profile = body.read(call.actor().team())?;
    let profile = state.billing().set_supplier(&call, profile).await?;
    answer::record(profile.version(), &SupplierView::from(&profile))
}

/// Changes the team's profile by a JSON merge patch (RFC 7396) of its input.
#[utoipa::path(patch, path = "/supplier", tag = "supplier", operation_id = "update_supplier",
    request_body(content = crate::extract::SupplierPatch, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The profile.", body = SupplierView, headers(("ETag" = String)))))]
async fn update(patch: Patch) -> Result<Response, Problem> {
    let before = patch.billing().supplier(patch.actor()).await?;
    patch.check(before.version())?;
    if patch.body.is_empty() {
        patch.call.permit(Permission::ManageSupplier)?;
        return answer::record(before.version(), &SupplierView::from(&before));
    }
    let profile = merge_patch(&SupplierInput::from(&before), &patch.body)?.read(patch.actor().team())?;
    let profile = patch.billing().set_supplier(&patch.call, profile).await?;
    answer::record(profile.version(), &SupplierView::from(&profile))
}
