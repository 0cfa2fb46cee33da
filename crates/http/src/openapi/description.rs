//! What one route takes and gives, told to readers of the OpenAPI document.

use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::{Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{Content, Ref, RefOr, Required, Response};
use utoipa::{PartialSchema, ToSchema};

use crate::access::Access;
use crate::oauth::error_body::OAuthError;
use crate::problem::Problem;
use crate::reply;
use crate::request::body::{FORM, JSON};
use crate::route::RouteInfo;

/// The names of the ways to prove oneself, as the document lists them.
pub(super) const SERVICE_KEY: &str = "service_key";
pub(super) const ACCESS_TOKEN: &str = "access_token";
pub(super) const CLIENT: &str = "client_secret_basic";

/// A schema with its name.
pub(super) type Named = (String, RefOr<Schema>);

/// What one route takes and gives.
pub(crate) struct Description {
    summary: &'static str,
    parameters: Vec<Parameter>,
    request: Option<RequestBody>,
    success: (&'static str, Response),
    is_oauth: bool,
    schemas: Vec<Named>,
}

impl Description {
    /// A route that does what `summary` says: a sentence without its period.
    pub(crate) fn new(summary: &'static str) -> Self {
        let success = (reply::OK, Response::new("Done"));
        Self { summary, parameters: vec![], request: None, success, is_oauth: false, schemas: vec![] }
    }

    /// It takes `T` as JSON.
    pub(crate) fn takes<T: ToSchema>(self) -> Self {
        self.request::<T>(JSON, true)
    }

    /// It takes `T` as JSON, or nothing.
    pub(crate) fn may_take<T: ToSchema>(self) -> Self {
        self.request::<T>(JSON, false)
    }

    /// It takes `T` as a form, and fails in OAuth's format.
    pub(crate) fn takes_form<T: ToSchema>(self) -> Self {
        Self { is_oauth: true, ..self.request::<T>(FORM, true) }
    }

    /// It answers with `T` as JSON.
    pub(crate) fn gives<T: ToSchema>(self) -> Self {
        self.response::<T>(reply::OK)
    }

    /// It answers with a page of `T` as JSON.
    pub(crate) fn gives_page<T: ToSchema>(mut self) -> Self {
        self.note::<T>();
        let cursor =
            ObjectBuilder::new().schema_type(SchemaType::from_iter([Type::String, Type::Null])).description(
                Some("What the next page is asked for with, as `cursor`; null when this is the last"),
            );
        let page = ObjectBuilder::new()
            .property("items", ArrayBuilder::new().items(reference::<T>()))
            .required("items")
            .property("next_cursor", cursor)
            .required("next_cursor");
        let name = format!("PageOf{}", T::name());
        self.schemas.push((name.clone(), RefOr::T(Schema::Object(page.build()))));
        self.respond(reply::OK, RefOr::Ref(Ref::from_schema_name(name)))
    }

    /// It makes something and answers with `T` as JSON.
    pub(crate) fn creates<T: ToSchema>(self) -> Self {
        self.response::<T>(reply::CREATED)
    }

    /// It answers with text of the type `media_type`.
    pub(crate) fn gives_text(self, media_type: &str) -> Self {
        let text = ObjectBuilder::new().schema_type(Type::String).build();
        let response = ResponseBuilder::new()
            .description("Done")
            .content(media_type, Content::new(Some(RefOr::T(Schema::Object(text)))))
            .build();
        Self { success: (reply::OK, response), ..self }
    }

    /// It switches to WebSocket, over which `messages` go.
    pub(crate) fn upgrades(self, messages: &str) -> Self {
        let response =
            ResponseBuilder::new().description(format!("Switches to WebSocket; messages: {messages}"));
        Self { success: (reply::SWITCHING, response.build()), ..self }
    }

    /// The query may hold `name`.
    pub(crate) fn query(self, name: &str, text: &str) -> Self {
        self.parameter(name, text, ParameterIn::Query, Required::False)
    }

    /// The path holds `name`.
    pub(crate) fn path(self, name: &str, text: &str) -> Self {
        self.parameter(name, text, ParameterIn::Path, Required::True)
    }

    /// The headers may hold `name`.
    pub(crate) fn header(self, name: &str, text: &str) -> Self {
        self.parameter(name, text, ParameterIn::Header, Required::False)
    }

    /// The usual two parameters of a list.
    pub(crate) fn paged(self) -> Self {
        let cursor = "Continue after the page that gave this as its `next_cursor`";
        self.query("cursor", cursor).query("limit", "At most so many items, 1 to 200; 50 unless said")
    }

    /// The schemas that the operation names.
    pub(super) fn take_schemas(&mut self) -> Vec<Named> {
        std::mem::take(&mut self.schemas)
    }

    /// The operation at its place in the table.
    pub(crate) fn operation(self, info: RouteInfo) -> Operation {
        let failure = if self.is_oauth { reference::<OAuthError<'_>>() } else { reference::<Problem<'_>>() };
        let media_type = if self.is_oauth { JSON } else { "application/problem+json" };
        let failure = ResponseBuilder::new()
            .description("Not done")
            .content(media_type, ContentBuilder::new().schema(Some(failure)).build())
            .build();
        let (status, success) = self.success;
        let mut operation = OperationBuilder::new()
            .summary(Some(self.summary))
            .tag(tag(info.path))
            .response(status, success)
            .response("default", failure)
            .request_body(self.request);
        for parameter in self.parameters {
            operation = operation.parameter(parameter);
        }
        operation.securities(security(info.access)).build()
    }

    fn request<T: ToSchema>(mut self, media_type: &str, required: bool) -> Self {
        self.note::<T>();
        let required = if required { Required::True } else { Required::False };
        let content = ContentBuilder::new().schema(Some(reference::<T>())).build();
        let request = RequestBodyBuilder::new().content(media_type, content).required(Some(required));
        Self { request: Some(request.build()), ..self }
    }

    fn response<T: ToSchema>(mut self, status: &'static str) -> Self {
        self.note::<T>();
        self.respond(status, reference::<T>())
    }

    fn respond(self, status: &'static str, schema: RefOr<Schema>) -> Self {
        let content = ContentBuilder::new().schema(Some(schema)).build();
        let response = ResponseBuilder::new().description("Done").content(JSON, content).build();
        Self { success: (status, response), ..self }
    }

    fn parameter(mut self, name: &str, text: &str, place: ParameterIn, required: Required) -> Self {
        let schema = ObjectBuilder::new().schema_type(Type::String).build();
        let parameter = ParameterBuilder::new()
            .name(name)
            .description(Some(text))
            .parameter_in(place)
            .required(required)
            .schema(Some(RefOr::T(Schema::Object(schema))));
        self.parameters.push(parameter.build());
        self
    }

    fn note<T: ToSchema>(&mut self) {
        self.schemas.push(named::<T>());
        T::schemas(&mut self.schemas);
    }
}

/// `T` with its name.
pub(super) fn named<T: ToSchema>() -> Named {
    (T::name().into_owned(), <T as PartialSchema>::schema())
}

fn reference<T: ToSchema>() -> RefOr<Schema> {
    RefOr::Ref(Ref::from_schema_name(T::name()))
}

/// The part of the surface that a path belongs to.
fn tag(path: &str) -> &'static str {
    match path.split('/').nth(1) {
        Some("v1") => "native",
        Some("oauth" | ".well-known") => "oauth",
        Some("auth") => "forward-auth",
        _ => "operations",
    }
}

fn security(access: Access) -> Option<Vec<SecurityRequirement>> {
    let by = |name: &str| SecurityRequirement::new(name, [] as [&str; 0]);
    match access {
        Access::Open => None,
        Access::Service(_) => Some(vec![by(SERVICE_KEY)]),
        Access::User | Access::Bearer => Some(vec![by(ACCESS_TOKEN)]),
        Access::Client => Some(vec![by(CLIENT)]),
        Access::ClientOrService(_) => Some(vec![by(CLIENT), by(SERVICE_KEY)]),
    }
}
