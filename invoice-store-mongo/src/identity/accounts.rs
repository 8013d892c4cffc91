//! Accounts, keys and the audit.

use async_trait::async_trait;
use invoice_core::identity::{ApiKey, EmailKey, Fingerprint, IdentityKey, SecurityEvent, SigningKey, User};
use invoice_core::ports::identity::{ApiKeys, SecurityAudit, SigningKeys, Users};
use invoice_core::ports::{Page, PageRequest, StoreError};
use invoice_core::{ApiKeyId, AuditId, TeamId, Timestamp, UserId};
use invoice_store_common::pages::{first_before, position};
use mongodb::bson::doc;
use mongodb::bson::raw::RawDocument;
use uuid::Uuid;

use super::keys;
use super::queries::{Query, many, one, one_record, page_of, record};
use crate::MongoStore;
use crate::error::store_error;
use crate::layout::{Fields, instant};

fn api_key(document: &RawDocument) -> Result<ApiKey, StoreError> {
    let key: ApiKey = record(keys::API_KEY, document)?;
    Ok(match Fields(document).instant("last_used_at")? {
        Some(at) => key.used(at),
        None => key,
    })
}

fn event(document: &RawDocument) -> Result<SecurityEvent, StoreError> {
    record(keys::SECURITY_EVENT, document)
}

#[async_trait]
impl Users for MongoStore {
    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        one_record(self, keys::USER, Query::by_key(&IdentityKey::User(id))?).await
    }

    async fn user_by_email(&self, key: &EmailKey) -> Result<Option<User>, StoreError> {
        one_record(self, keys::USER, Query::by_email(key)).await
    }
}

#[async_trait]
impl ApiKeys for MongoStore {
    async fn api_key(&self, team: TeamId, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError> {
        let found = one(self, Query::by_key(&IdentityKey::ApiKey(team, id))?).await?;
        found.as_deref().map(api_key).transpose()
    }

    async fn api_key_by_fingerprint(&self, fingerprint: Fingerprint) -> Result<Option<ApiKey>, StoreError> {
        let query = Query::by_fingerprint(keys::API_KEY, "api_key_fingerprint", fingerprint);
        one(self, query).await?.as_deref().map(api_key).transpose()
    }

    async fn api_keys(&self, team: TeamId, request: &PageRequest) -> Result<Page<ApiKey>, StoreError> {
        let first = first_before(position(request, ApiKeyId::as_uuid)?);
        let of = ("team_id", team.as_uuid());
        let query = |first, limit| Query::newest(keys::API_KEY, "api_key_team", of, first, limit);
        page_of(self, first, request, query, api_key, ApiKey::id).await
    }

    async fn touch_api_key(&self, team: TeamId, id: ApiKeyId, at: Timestamp) -> Result<(), StoreError> {
        let Query { filter, .. } = Query::by_key(&IdentityKey::ApiKey(team, id))?;
        let later = doc! { "$max": { "last_used_at": instant(at) } };
        self.identity().update_one(filter, later).await.map(drop).map_err(store_error)
    }
}

#[async_trait]
impl SigningKeys for MongoStore {
    async fn signing_keys(&self) -> Result<Vec<SigningKey>, StoreError> {
        let found = many(self, Query::signing_keys()).await?;
        found.iter().map(|document| record(keys::SIGNING_KEY, document)).collect()
    }
}

impl MongoStore {
    async fn security_events(
        &self,
        index: &'static str,
        of: (&'static str, Uuid),
        request: &PageRequest,
    ) -> Result<Page<SecurityEvent>, StoreError> {
        let first = first_before(position(request, AuditId::as_uuid)?);
        let query = |first, limit| Query::newest(keys::SECURITY_EVENT, index, of, first, limit);
        page_of(self, first, request, query, event, SecurityEvent::id).await
    }
}

#[async_trait]
impl SecurityAudit for MongoStore {
    async fn events_of_team(
        &self,
        team: TeamId,
        request: &PageRequest,
    ) -> Result<Page<SecurityEvent>, StoreError> {
        self.security_events("security_event_team", ("team_id", team.as_uuid()), request).await
    }

    async fn events_of_user(
        &self,
        user: UserId,
        request: &PageRequest,
    ) -> Result<Page<SecurityEvent>, StoreError> {
        self.security_events("security_event_user", ("user_id", user.as_uuid()), request).await
    }
}
