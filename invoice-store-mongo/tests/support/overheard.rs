//! What a store asks its server, and how the server goes about it.

#![allow(dead_code, clippy::expect_used, reason = "each test file takes what it needs")]

use std::sync::{Arc, Mutex};

use invoice_store_mongo::MongoStore;
use invoice_store_mongo::mongodb::Client;
use invoice_store_mongo::mongodb::bson::{Bson, Document, doc};
use invoice_store_mongo::mongodb::event::EventHandler;
use invoice_store_mongo::mongodb::event::command::CommandEvent;
use invoice_store_mongo::mongodb::options::ClientOptions;

/// The commands that read, as they were sent.
#[derive(Clone, Default)]
pub(crate) struct Overheard(Arc<Mutex<Vec<Document>>>);

impl Overheard {
    /// A store that is listened to.
    pub(crate) async fn store(&self, database: &str) -> MongoStore {
        let mut options = ClientOptions::parse(crate::support::uri()).await.expect("a URI");
        let heard = self.clone();
        options.command_event_handler = Some(EventHandler::callback(move |event| {
            if let CommandEvent::Started(event) = event
                && matches!(event.command_name.as_str(), "find" | "aggregate")
            {
                heard.0.lock().expect("nobody panics over it").push(event.command);
            }
        }));
        let client = Client::with_options(options).expect("the options of a URI");
        MongoStore::from_client(client, database).await.expect("the test server answers")
    }

    /// What was heard since.
    pub(crate) fn take(&self) -> Vec<Document> {
        std::mem::take(&mut *self.0.lock().expect("nobody panics over it"))
    }
}

/// What the server says of a command that it ran.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// Each step that reads or sorts, from the last to the first.
    pub(crate) steps: Vec<String>,
    pub(crate) keys: i64,
    pub(crate) documents: i64,
    pub(crate) millis: i64,
}

impl Plan {
    pub(crate) async fn of(store: &MongoStore, mut command: Document) -> Self {
        // What a session adds can't be explained.
        for name in ["lsid", "$db", "$clusterTime", "$readPreference", "readConcern"] {
            command.remove(name);
        }
        let explain = doc! { "explain": command, "verbosity": "executionStats" };
        let answer = store.database().run_command(explain).await.expect("a plan");
        let mut plan = Self::default();
        plan.visit(&answer);
        assert!(!plan.steps.is_empty(), "there is no plan in {answer}");
        plan
    }

    pub(crate) fn reads_all(&self) -> bool {
        self.steps.iter().any(|step| step == "COLLSCAN")
    }

    pub(crate) fn sorts(&self) -> bool {
        self.steps.iter().any(|step| step == "SORT")
    }

    fn visit(&mut self, part: &Document) {
        if let Ok(stats) = part.get_document("executionStats") {
            let count = |name: &str| match stats.get(name) {
                Some(Bson::Int32(count)) => i64::from(*count),
                Some(Bson::Int64(count)) => *count,
                _ => panic!("no {name} in {stats}"),
            };
            self.keys += count("totalKeysExamined");
            self.documents += count("totalDocsExamined");
            self.millis += count("executionTimeMillis");
            self.step(stats.get_document("executionStages").expect("what was executed"));
            return;
        }
        for value in part.values() {
            match value {
                Bson::Document(part) => self.visit(part),
                Bson::Array(parts) => {
                    parts.iter().filter_map(Bson::as_document).for_each(|part| self.visit(part));
                }
                _ => {}
            }
        }
    }

    fn step(&mut self, step: &Document) {
        let name = step.get_str("stage").unwrap_or_default();
        match name {
            "IXSCAN" => self.steps.push(step.get_str("indexName").unwrap_or_default().to_owned()),
            "COLLSCAN" | "SORT" | "SORT_MERGE" | "OR" => self.steps.push(name.to_owned()),
            _ => {}
        }
        for name in ["inputStage", "innerStage", "outerStage", "thenStage", "elseStage"] {
            if let Ok(input) = step.get_document(name) {
                self.step(input);
            }
        }
        if let Ok(inputs) = step.get_array("inputStages") {
            inputs.iter().filter_map(Bson::as_document).for_each(|input| self.step(input));
        }
    }
}
