//! Claims: instants, parties, the session, the team.

use serde_json::json;

use super::super::forge::{Forge, text};
use super::Attack;
use crate::token::checklist::Check;

pub(super) const INSTANTS: &[Attack] = &[
    ("exp missing", Check::Required, "missing_claim", |forge| forge.claiming("exp", json!(null))),
    ("iat missing", Check::Required, "missing_claim", |forge| forge.claiming("iat", json!(null))),
    ("exp as a text", Check::Integers, "malformed_claim", |forge| {
        forge.claiming("exp", json!((forge.now + 900).to_string()))
    }),
    ("exp as null", Check::Integers, "malformed_claim", |forge| exp(forge, "null")),
    ("exp with a fraction", Check::Integers, "malformed_claim", |forge| exp(forge, "9999999999.5")),
    ("exp with an empty fraction", Check::Integers, "malformed_claim", |forge| exp(forge, "9999999999.0")),
    ("exp with an exponent", Check::Integers, "malformed_claim", |forge| exp(forge, "1e11")),
    ("exp negative", Check::Integers, "malformed_claim", |forge| exp(forge, "-1")),
    ("exp beyond the calendar", Check::Integers, "malformed_claim", |forge| exp(forge, "253402300800")),
    ("exp huge", Check::Integers, "malformed_claim", |forge| exp(forge, "99999999999999999999")),
    ("exp astronomic", Check::Integers, "malformed_claim", |forge| exp(forge, &"9".repeat(400))),
    ("iat as a text", Check::Integers, "malformed_claim", |forge| forge.claiming("iat", json!("1"))),
    ("nbf as a text", Check::Integers, "malformed_claim", |forge| forge.claiming("nbf", json!("1"))),
    ("sv as a text", Check::Integers, "malformed_claim", |forge| forge.claiming("sv", json!("1"))),
    ("expired", Check::Expiry, "expired", |forge| forge.claiming("exp", json!(forge.now - 3_600))),
    ("expired when the leeway is over", Check::Expiry, "expired", |forge| {
        forge.claiming("exp", json!(forge.now - 30))
    }),
    ("exp 0", Check::Expiry, "expired", |forge| forge.claiming("exp", json!(0))),
    ("nbf in the future", Check::NotBefore, "not_yet_valid", |forge| {
        forge.claiming("nbf", json!(forge.now + 31))
    }),
    ("iat in the future", Check::IssuedAt, "issued_in_future", |forge| {
        forge.claiming("iat", json!(forge.now + 31))
    }),
];

fn exp(forge: &Forge, written: &str) -> String {
    let sound = format!("\"exp\":{}", forge.payload["exp"]);
    forge.rewritten(&sound, &format!("\"exp\":{written}"))
}

pub(super) const PARTIES: &[Attack] = &[
    ("another issuer", Check::Issuer, "issuer", |forge| {
        forge.claiming("iss", json!("https://mallory.example"))
    }),
    ("an issuer with a slash more", Check::Issuer, "issuer", |forge| {
        forge.claiming("iss", json!("https://bills.example/"))
    }),
    ("an issuer in another case", Check::Issuer, "issuer", |forge| {
        forge.claiming("iss", json!("https://Bills.example"))
    }),
    ("an empty issuer", Check::Issuer, "issuer", |forge| forge.claiming("iss", json!(""))),
    ("a list of issuers with ours", Check::IssuerText, "malformed_claim", |forge| {
        forge.claiming("iss", json!(["https://mallory.example", "https://bills.example"]))
    }),
    ("another audience", Check::Audience, "audience", |forge| forge.claiming("aud", json!("payroll"))),
    ("an audience that begins alike", Check::Audience, "audience", |forge| {
        forge.claiming("aud", json!("bills-staging"))
    }),
    ("a list of audiences without ours", Check::Audience, "audience", |forge| {
        forge.claiming("aud", json!(["payroll", "bill"]))
    }),
    ("an empty list of audiences", Check::Audience, "audience", |forge| forge.claiming("aud", json!([]))),
    ("a list of audiences with a number", Check::AudienceText, "malformed_claim", |forge| {
        forge.claiming("aud", json!(["bills", 5]))
    }),
    ("another client", Check::Client, "client", |forge| forge.claiming("client_id", json!("payroll"))),
];

pub(super) const SESSION: &[Attack] = &[
    ("a session nobody knows", Check::SessionKnown, "unknown_session", |forge| {
        let mut claims = forge.payload.clone();
        claims.insert("sid".into(), json!("ses_00000000000000000000000000000001"));
        claims.remove("team");
        forge.sign(&text(&forge.header), &text(&claims))
    }),
    ("another user's session", Check::SessionUser, "other_user", |forge| {
        forge.claiming("sid", json!(forge.bobs_session))
    }),
    ("another user in one's own session", Check::SessionUser, "other_user", |forge| {
        forge.claiming("sub", json!("usr_00000000000000000000000000000001"))
    }),
    ("a session version behind", Check::SessionVersion, "session_version", |forge| {
        forge.claiming("sv", json!(0))
    }),
    ("a session version ahead", Check::SessionVersion, "session_version", |forge| {
        forge.claiming("sv", json!(2))
    }),
    ("a user epoch behind", Check::UserEpoch, "user_epoch", |forge| forge.claiming("uv", json!(0))),
    ("a user epoch ahead", Check::UserEpoch, "user_epoch", |forge| forge.claiming("uv", json!(2))),
    ("a team one is not in", Check::TeamMember, "not_in_team", |forge| {
        forge.claiming("team", json!("team_00000000000000000000000000000001"))
    }),
];

/// For Ada's session and account once they have ended.
pub(super) const ENDED: &[Attack] = &[
    ("a revoked session, at its present version", Check::SessionRevoked, "revoked", |forge| {
        forge.claiming("sv", json!(2))
    }),
    ("a disabled account", Check::UserDisabled, "disabled", |forge| forge.genuine.clone()),
    ("a session that ended by itself", Check::SessionIdle, "session_ended", |forge| {
        forge.claiming("exp", json!(forge.now + 8 * 86_400))
    }),
];
