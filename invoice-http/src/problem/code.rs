use axum::http::StatusCode;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident => $text:literal, $status:ident;)+) => {
        /// A stable, machine-readable name of what went wrong.
        ///
        /// The text of a code never changes; titles in each language are looked up by it.
        #[non_exhaustive]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ProblemCode { $($(#[$doc])* $name,)+ }

        impl ProblemCode {
            /// Every code, for catalogues of messages and for tests.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The stable text.
            ///
            /// ```
            /// assert_eq!(invoice_http::ProblemCode::NotFound.as_str(), "not_found");
            /// ```
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// The status it is answered with.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)+ }
            }
        }
    };
}

codes! {
    /// The body is not JSON: bad syntax, bad UTF-8, a lone surrogate, nested too deeply.
    MalformedJson => "malformed_json", BAD_REQUEST;
    /// A header has a form that it can't have.
    MalformedHeader => "malformed_header", BAD_REQUEST;
    /// The query has unknown or wrong parameters, or a combination that no index answers.
    InvalidQuery => "invalid_query", BAD_REQUEST;
    /// No credentials, or wrong ones.
    Unauthenticated => "unauthenticated", UNAUTHORIZED;
    /// The e-mail address, the password or both are wrong.
    InvalidCredentials => "invalid_credentials", UNAUTHORIZED;
    /// A refresh token is unknown, used or expired, or its session has ended.
    InvalidToken => "invalid_token", UNAUTHORIZED;
    /// A token that was mailed is unknown, used or expired.
    InvalidMailedToken => "invalid_mailed_token", BAD_REQUEST;
    /// The role lacks a permission.
    Forbidden => "forbidden", FORBIDDEN;
    /// It is not there, or another team's.
    NotFound => "not_found", NOT_FOUND;
    /// The path exists, and not with this method.
    MethodNotAllowed => "method_not_allowed", METHOD_NOT_ALLOWED;
    /// The state does not allow the action.
    IllegalTransition => "illegal_transition", CONFLICT;
    /// Others kept being faster.
    Conflict => "conflict", CONFLICT;
    /// Something that must be unique exists already.
    Duplicate => "duplicate", CONFLICT;
    /// Something to be deleted is still referred to.
    InUse => "in_use", CONFLICT;
    /// A team keeps at least one owner.
    LastOwner => "last_owner", CONFLICT;
    /// Nobody decides about a role above their own.
    RoleAboveOwn => "role_above_own", FORBIDDEN;
    /// A member already.
    AlreadyMember => "already_member", CONFLICT;
    /// Still in a team.
    StillInTeam => "still_in_team", CONFLICT;
    /// The e-mail address is not verified.
    Unverified => "unverified", FORBIDDEN;
    /// An API key can't do this.
    PersonOnly => "person_only", FORBIDDEN;
    /// The account has this e-mail address already.
    SameAddress => "same_address", CONFLICT;
    /// No team is active.
    NoTeam => "no_team", FORBIDDEN;
    /// `If-Match` names a version that is not the present one.
    PreconditionFailed => "precondition_failed", PRECONDITION_FAILED;
    /// The body is longer than this server takes.
    BodyTooLarge => "body_too_large", PAYLOAD_TOO_LARGE;
    /// The body is not of a media type that is taken here.
    UnsupportedMediaType => "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE;
    /// The body is JSON, and fields of it are wrong.
    Invalid => "invalid", UNPROCESSABLE_ENTITY;
    /// The idempotency key was used for another request.
    IdempotencyMismatch => "idempotency_mismatch", UNPROCESSABLE_ENTITY;
    /// An update needs `If-Match`.
    PreconditionRequired => "precondition_required", PRECONDITION_REQUIRED;
    /// Too many requests.
    TooManyRequests => "too_many_requests", TOO_MANY_REQUESTS;
    /// Something went wrong in the server.
    Internal => "internal", INTERNAL_SERVER_ERROR;
    /// The store can't be reached or is overloaded.
    Unavailable => "unavailable", SERVICE_UNAVAILABLE;
    /// The write may or may not have happened: repeat it with its idempotency key.
    UnknownOutcome => "unknown_outcome", SERVICE_UNAVAILABLE;
    /// The request took too long.
    Timeout => "timeout", SERVICE_UNAVAILABLE;
}
