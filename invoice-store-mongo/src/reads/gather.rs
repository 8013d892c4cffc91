//! Records by their identifiers, asked for together.

use std::collections::HashMap;

use invoice_core::TeamId;
use invoice_core::ports::StoreError;
use invoice_store_common::gather::{self, Asks};
use mongodb::bson::doc;
use mongodb::bson::raw::{RawDocument, RawDocumentBuf};

use super::{BY_ID, Question, plain};
use crate::MongoStore;
use crate::layout::uuid;

/// The identifiers of documents, all of one team, and those of them that are there.
type Documents = Vec<RawDocumentBuf>;

pub(crate) type Gathered = gather::Gathered<Documents, Documents>;

/// Bytes of a document that is told with others.
const SMALL: usize = 64 * 1_024;

#[derive(Clone)]
struct Asked(MongoStore);

impl Asks for Asked {
    type Question = Documents;
    type Answer = Documents;

    fn gathered(&self) -> &Gathered {
        &self.0.shared.gathered
    }

    async fn ask(&self, ids: &Documents) -> Result<Documents, StoreError> {
        self.0.find_all(among(ids, None)?).await
    }

    async fn ask_together(&self, questions: &[Documents]) -> Result<Vec<Option<Documents>>, StoreError> {
        let documents = self.0.find_all(among(&questions.concat(), None)?).await?;
        let of_id = |document| Some((RawDocument::get_document(document, "_id").ok()?.as_bytes(), document));
        let found: HashMap<&[u8], &RawDocument> =
            documents.iter().filter_map(|document| of_id(document)).collect();
        let answer = |ids: &Documents| {
            let own = ids.iter().filter_map(|id| found.get(id.as_bytes()));
            let small = |document: &&RawDocument| {
                (document.as_bytes().len() <= SMALL).then(|| RawDocument::to_owned(document))
            };
            own.map(small).collect::<Option<Documents>>()
        };
        Ok(questions.iter().map(answer).collect())
    }
}

impl MongoStore {
    /// The kinds and records of documents with these identifiers, all of one team, where they are there.
    pub(super) async fn gather(&self, team: TeamId, ids: Documents) -> Result<Documents, StoreError> {
        if self.is_sharded() {
            // Teams are in different places, which a router finds by the team.
            return self.find_all(among(&ids, Some(team))?).await;
        }
        gather::gather(&Asked(self.clone()), ids).await
    }
}

/// The documents of these identifiers. By one and nothing else the server finds it without making a plan.
fn among(ids: &[RawDocumentBuf], team: Option<TeamId>) -> Result<Question, StoreError> {
    let question = if let ([id], None) = (ids, team) {
        Question::unguided(doc! { "_id": plain(id)? })
    } else {
        let ids = ids.iter().map(|id| plain(id)).collect::<Result<Vec<_>, _>>()?;
        let mut filter = doc! { "_id": { "$in": ids } };
        if let Some(team) = team {
            filter.insert("team", uuid(team.as_uuid()));
        }
        Question::over(BY_ID, filter)
    };
    Ok(question.showing(doc! { "kind": 1, "record": 1 }))
}
