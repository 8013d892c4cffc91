//! The OpenAPI document, and what holds for every operation.

mod examples;
mod forms;

use std::sync::LazyLock;

use axum::body::Bytes;
use axum::extract::OriginalUri;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use utoipa::openapi::path::{HttpMethod, Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, HeaderBuilder, InfoBuilder, ObjectBuilder, OpenApi, OpenApiBuilder,
    Ref, RefOr, Required, Response, ResponseBuilder, Schema, Server, Type,
};
use utoipa::{PartialSchema as _, ToSchema as _};

use crate::problem::ProblemBody;
use crate::router::collected;

/// Where the document is.
pub(crate) const PATH: &str = "/openapi.json";

/// The OpenAPI 3.1 document of all routes, each with the errors it may answer.
///
/// ```
/// let document = invoice_http::openapi();
/// assert!(document.paths.paths.contains_key("/api/v1/invoices"));
/// ```
pub fn openapi() -> OpenApi {
    completed(collected())
}

/// The OpenAPI 3.1 document of all routes and those of accounts and teams.
///
/// ```
/// let document = invoice_http::openapi_with_auth();
/// assert!(document.paths.paths.contains_key("/api/v1/auth/login"));
/// ```
#[cfg(feature = "auth-routes")]
pub fn openapi_with_auth() -> OpenApi {
    let mut document = completed(crate::router::collected_with_auth());
    document.info.description =
        Some(concat!(include_str!("docs.md"), include_str!("docs_auth.md")).to_owned());
    document
}

fn completed(mut document: OpenApi) -> OpenApi {
    for (path, item) in &mut document.paths.paths {
        let operations = [
            (HttpMethod::Get, item.get.as_mut()),
            (HttpMethod::Put, item.put.as_mut()),
            (HttpMethod::Post, item.post.as_mut()),
            (HttpMethod::Patch, item.patch.as_mut()),
            (HttpMethod::Delete, item.delete.as_mut()),
        ];
        for (method, operation) in operations {
            if let Some(operation) = operation {
                if is_of_accounts(operation) {
                    accounts(path, &method, operation);
                } else {
                    conventions(path, &method, operation);
                }
            }
        }
    }
    if let Some(components) = document.components.as_mut() {
        examples::complete(components);
        forms::tell_apart(components);
    }
    document
}

/// The frame that the routes are collected into.
pub(crate) fn base() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Invoicing")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(include_str!("docs.md")))
        .build();
    let mut schemas = Vec::new();
    ProblemBody::schemas(&mut schemas);
    let components = ComponentsBuilder::new()
        .schemas_from_iter(schemas)
        .schema(ProblemBody::name(), ProblemBody::schema())
        .security_scheme("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)))
        .build();
    OpenApiBuilder::new()
        .info(info)
        .components(Some(components))
        .security(Some([SecurityRequirement::new::<_, [&str; 0], &str>("bearer", [])]))
        .build()
}

/// A version as an entity tag.
const ENTITY_TAG: &str = "^\"[1-9][0-9]*\"$";

/// A body that may be missing is not one that may be `null`.
fn optional_body(operation: &mut Operation) {
    let Some(RefOr::T(body)) = &mut operation.request_body else { return };
    for content in body.content.values_mut() {
        let RefOr::T(content) = content else { continue };
        if let Some(RefOr::T(Schema::OneOf(either))) = &content.schema {
            content.schema = either.items.iter().find(|item| matches!(item, RefOr::Ref(_))).cloned();
            body.required = Some(Required::False);
        }
    }
}

fn conventions(path: &str, method: &HttpMethod, operation: &mut Operation) {
    optional_body(operation);
    let of_one = path.contains('{');
    let mut parameters = Vec::new();
    let mut errors = ALWAYS.to_vec();
    if of_one || path.ends_with("/supplier") {
        errors.push(("404", "It is not there, or another team's."));
    }
    if *method != HttpMethod::Get {
        errors.push(("409", "The state does not allow it, or others were faster."));
        if of_one || *method != HttpMethod::Post {
            errors.push(("412", "It is not at the version named by `If-Match`."));
        }
        errors.push(("422", "Fields of the body are wrong, or the idempotency key was used otherwise."));
    }
    match method {
        HttpMethod::Post => {
            errors.push(("413", "The body is too large."));
            errors.push(("415", "The body is not JSON."));
            parameters.push(header(
                "Idempotency-Key",
                Required::False,
                "Makes the request repeatable: the same key and body are answered alike and done once.",
                ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[!-~]{1,255}$")),
            ));
            if of_one {
                parameters.push(if_match(Required::False, "The entity tag it must be at."));
            }
        }
        HttpMethod::Put | HttpMethod::Patch | HttpMethod::Delete => {
            errors.push(("428", "`If-Match` is missing."));
            let creates = path.ends_with("/supplier") && *method == HttpMethod::Put;
            let required = if creates { Required::False } else { Required::True };
            parameters.push(if_match(required, "The entity tag it was read with."));
            if *method != HttpMethod::Delete {
                errors.push(("413", "The body is too large."));
                errors.push(("415", "The body is not JSON."));
            }
        }
        _ => {}
    }
    add(operation, parameters, &errors);
}

/// A route of accounts and teams: no keys of repeatable requests, and versions where something has one to name.
fn accounts(path: &str, method: &HttpMethod, operation: &mut Operation) {
    optional_body(operation);
    let mut parameters = Vec::new();
    let mut errors = ALWAYS.to_vec();
    // A log-in may name a team.
    if path.contains('{') || path.ends_with("/auth/login") {
        errors.push(("404", "It is not there, or not the caller's."));
    }
    if *method != HttpMethod::Get {
        errors.push(("409", "A rule does not allow it, or others were faster."));
    }
    if matches!(method, HttpMethod::Post | HttpMethod::Patch) {
        errors.push(("413", "The body is too large."));
        errors.push(("415", "The body is not JSON."));
        errors.push(("422", "Fields of the body are wrong."));
    }
    let removes =
        *method == HttpMethod::Delete && (path.ends_with("/teams/{id}") || path.ends_with("/{user}"));
    if removes || *method == HttpMethod::Patch {
        errors.push(("412", "It is not at the version named by `If-Match`."));
        errors.push(("428", "`If-Match` is missing."));
        parameters.push(if_match(Required::True, "The entity tag it was read with."));
    }
    add(operation, parameters, &errors);
}

fn is_of_accounts(operation: &Operation) -> bool {
    let own = ["auth", "users", "teams", "members", "invitations", "api_keys"];
    operation.tags.iter().flatten().any(|tag| own.contains(&tag.as_str()))
}

/// What any operation may answer.
const ALWAYS: [(&str, &str); 6] = [
    ("400", "The request is malformed."),
    ("401", "No credentials, or wrong ones."),
    ("403", "The role does not allow it."),
    ("429", "Too many requests."),
    ("500", "Something went wrong in the server."),
    ("503", "Not available at the moment, or took too long."),
];

fn if_match(required: Required, description: &str) -> Parameter {
    let tag = ObjectBuilder::new().schema_type(Type::String).pattern(Some(ENTITY_TAG));
    // The interface sends an example unless it is deleted: there is one only where something must be sent.
    let tag = if matches!(required, Required::True) { tag.examples(["\"1\""]) } else { tag };
    header("If-Match", required, description, tag)
}

fn header(name: &str, required: Required, description: &str, schema: ObjectBuilder) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(required)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}

fn add(operation: &mut Operation, mut parameters: Vec<Parameter>, errors: &[(&str, &str)]) {
    parameters.push(
        ParameterBuilder::new()
            .name("locale")
            .parameter_in(ParameterIn::Query)
            .required(Required::False)
            .description(Some("The language of messages: en, de or fr. Before `Accept-Language`."))
            .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
            .build(),
    );
    operation.parameters.get_or_insert_default().extend(parameters.into_iter().map(RefOr::T));
    for (status, description) in errors {
        let response = operation.responses.responses.entry((*status).to_owned());
        response.or_insert_with(|| RefOr::T(problem(status, description)));
    }
}

fn problem(status: &str, description: &str) -> Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(ProblemBody::name()))).build();
    let response =
        ResponseBuilder::new().description(description).content("application/problem+json", content);
    let response = match status {
        "429" | "503" => {
            let seconds = ObjectBuilder::new().schema_type(Type::Integer);
            let header =
                HeaderBuilder::new().schema(Some(seconds)).description(Some("Seconds to wait.")).build();
            response.header("Retry-After", header)
        }
        _ => response,
    };
    response.build()
}

/// A document, and how it is written where nothing stands before its path.
struct Served {
    document: OpenApi,
    json: Bytes,
}

impl Served {
    fn new(document: OpenApi) -> Self {
        let json = json(&document);
        Self { document, json }
    }

    /// The document for whoever asked at this path: where the routes are nested, their paths follow what stands
    /// before its own.
    fn at(&self, path: &str) -> impl IntoResponse + use<> {
        let prefix = path.strip_suffix(PATH).unwrap_or_default();
        let json = if prefix.is_empty() {
            self.json.clone()
        } else {
            let mut document = self.document.clone();
            document.servers = Some(vec![Server::new(prefix)]);
            json(&document)
        };
        ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "public, max-age=300")], json)
    }
}

fn json(document: &OpenApi) -> Bytes {
    document.to_json().map_or_else(|_| Bytes::from_static(b"{}"), Bytes::from)
}

static SERVED: LazyLock<Served> = LazyLock::new(|| Served::new(openapi()));

pub(crate) async fn serve(OriginalUri(uri): OriginalUri) -> impl IntoResponse {
    SERVED.at(uri.path())
}

#[cfg(feature = "auth-routes")]
static SERVED_WITH_AUTH: LazyLock<Served> = LazyLock::new(|| Served::new(openapi_with_auth()));

#[cfg(feature = "auth-routes")]
pub(crate) async fn serve_with_auth(OriginalUri(uri): OriginalUri) -> impl IntoResponse {
    SERVED_WITH_AUTH.at(uri.path())
}
