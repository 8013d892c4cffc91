//! Records by their identifiers, asked for together: a question of many costs the server and the driver little more than
//! one of one.
//!
//! Whoever finds nobody ahead asks at once. Whoever comes while a question is under way waits until it comes back, and then
//! all who wait are asked for in one question. It costs nothing where nobody meets; no one waits for a question that
//! takes long.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use invoice_core::TeamId;
use invoice_core::ports::StoreError;
use mongodb::bson::doc;
use mongodb::bson::raw::{RawDocument, RawDocumentBuf};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::{BY_ID, Question, plain};
use crate::MongoStore;
use crate::layout::uuid;

/// Questions under way at once, where they take long.
const LANES: usize = 8;
/// Whoever comes after so long does not wait for what is under way: documents may have to come from a disk.
const SLOW: Duration = Duration::from_millis(5);
/// Askers that are answered together.
const MOST: usize = 64;
/// Who waits for longer asks alone: what is under way may be stuck.
const STUCK: Duration = Duration::from_millis(50);

/// Who waits for documents. Who asked goes away with the whole of it when that fails, and asks alone.
#[derive(Default)]
pub(crate) struct Gathered(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    under_way: usize,
    /// When the last question was asked.
    asked: Option<Instant>,
    askers: Vec<Asker>,
}

struct Asker {
    ids: Vec<RawDocumentBuf>,
    told: oneshot::Sender<Vec<RawDocumentBuf>>,
}

impl Gathered {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place among those who wait; `None` if the caller is to ask at once.
    fn wait(&self, ids: &[RawDocumentBuf]) -> Option<oneshot::Receiver<Vec<RawDocumentBuf>>> {
        let mut waiting = self.waiting();
        let is_slow = || waiting.asked.is_none_or(|asked| asked.elapsed() > SLOW);
        if waiting.under_way == 0 || (waiting.under_way < LANES && is_slow()) {
            waiting.under_way += 1;
            waiting.asked = Some(Instant::now());
            return None;
        }
        let (told, answer) = oneshot::channel();
        waiting.askers.push(Asker { ids: ids.to_vec(), told });
        Some(answer)
    }

    /// Those who wait, as many as are answered together; where nobody does, a lane is free again.
    fn next(&self) -> Vec<Asker> {
        let mut waiting = self.waiting();
        // Whoever asked alone, or went away, is not asked for again.
        waiting.askers.retain(|asker| !asker.told.is_closed());
        let together = waiting.askers.len().min(MOST);
        let rest = waiting.askers.split_off(together);
        let next = std::mem::replace(&mut waiting.askers, rest);
        if next.is_empty() {
            waiting.under_way -= 1;
        } else {
            waiting.asked = Some(Instant::now());
        }
        next
    }
}

/// Held by whoever asks. However it ends, those who wait are asked for.
struct Lane(MongoStore);

impl Drop for Lane {
    fn drop(&mut self) {
        let askers = self.0.shared.gathered.next();
        if askers.is_empty() {
            return;
        }
        let lane = Self(self.0.clone());
        // Without a runtime nobody can be served; those who wait notice, and ask alone.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move { lane.0.serve(askers).await });
        }
    }
}

impl MongoStore {
    /// The kinds and records of documents with these identifiers, all of one team, where they are there.
    pub(super) async fn gather(
        &self,
        team: TeamId,
        ids: Vec<RawDocumentBuf>,
    ) -> Result<Vec<RawDocumentBuf>, StoreError> {
        if self.is_sharded() {
            // Teams are in different places, which a router finds by the team.
            return self.find_all(among(&ids, Some(team))?).await;
        }
        let Some(answer) = self.shared.gathered.wait(&ids) else {
            let _lane = Lane(self.clone());
            return self.find_all(among(&ids, None)?).await;
        };
        match timeout(STUCK, answer).await {
            Ok(Ok(found)) => Ok(found),
            _ => self.find_all(among(&ids, None)?).await,
        }
    }

    /// Asks for all of them together, and tells each. Who is not told asks alone, and finds out why.
    async fn serve(&self, askers: Vec<Asker>) {
        let ids: Vec<_> = askers.iter().flat_map(|asker| asker.ids.iter().cloned()).collect();
        let Ok(question) = among(&ids, None) else { return };
        let Ok(documents) = self.find_all(question).await else { return };
        let of_id = |document| Some((RawDocument::get_document(document, "_id").ok()?.as_bytes(), document));
        let found: HashMap<&[u8], &RawDocument> =
            documents.iter().filter_map(|document| of_id(document)).collect();
        for Asker { ids, told } in askers {
            let own = ids.iter().filter_map(|id| found.get(id.as_bytes()));
            // Whoever went away does not want to know.
            let _ = told.send(own.map(|document| (*document).to_owned()).collect());
        }
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
