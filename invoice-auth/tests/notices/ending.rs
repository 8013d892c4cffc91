use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use invoice_auth::redis::RedisBroadcast;
use invoice_auth::testing::{MemoryMailer, settings};
use invoice_auth::{Auth, Broadcast, Listener, MasterKey, NoClaims, Notice, Tokens};
use invoice_core::ports::identity::IdentityPorts;
use invoice_core::system::RandomIds;
use invoice_core::testing::FixedClock;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::common::{PASSWORD, World, client, secret, stores::in_memory};
use crate::server::shared;

const ROUNDS: usize = 50;
const BOUND: Duration = Duration::from_secs(1);

/// Redis, and when it is heard.
struct Heard(RedisBroadcast, watch::Sender<bool>);

#[async_trait]
impl Broadcast for Heard {
    async fn tell(&self, notice: &Notice) {
        self.0.tell(notice).await;
    }

    fn subscribe(&self, listener: Listener) {
        let heard = self.1.clone();
        self.0.subscribe(Box::new(move |notice| {
            listener(notice);
            heard.send_replace(true);
        }));
    }
}

/// A process that is connected. Its clock stands still: what it forgets it was told to forget.
async fn process(
    ports: &IdentityPorts,
    clock: &Arc<FixedClock>,
    mailer: &Arc<MemoryMailer>,
    master: u8,
) -> Auth {
    let master = || MasterKey::from_bytes([master; 32]);
    let (sender, mut heard) = watch::channel(false);
    let broadcast = Heard(RedisBroadcast::open(&shared(), &master()).await.unwrap(), sender);
    let auth = Auth::builder(ports.clone(), master(), settings(), mailer.clone())
        .clock(clock.clone(), Arc::new(RandomIds::new()))
        .broadcast(Arc::new(broadcast))
        .build()
        .await
        .unwrap();
    timeout(Duration::from_secs(20), heard.wait_for(|heard| *heard)).await.unwrap().unwrap();
    auth
}

async fn processes(master: u8) -> (World, [Auth; 2]) {
    let ports = in_memory();
    let (clock, mailer) = (Arc::new(FixedClock::default()), Arc::new(MemoryMailer::new()));
    let here = process(&ports, &clock, &mailer, master).await;
    let there = process(&ports, &clock, &mailer, master).await;
    (World { auth: here.clone(), ports, clock, mailer }, [here, there])
}

async fn is_in(auth: &Auth, tokens: &Tokens) -> bool {
    auth.authenticate::<NoClaims>(tokens.access.expose(), client()).await.is_ok()
}

/// How long the other process goes on taking the tokens.
async fn until_refused(there: &Auth, tokens: &Tokens) -> Duration {
    let begun = Instant::now();
    let refused = async {
        while is_in(there, tokens).await {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(20), refused).await.expect("it is told");
    begun.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_out_is_effective_in_another_process_within_a_second() {
    let (world, [here, there]) = processes(21).await;
    world.person("ada").await;
    let mut longest = Duration::ZERO;
    for round in 0..ROUNDS {
        let tokens = world.log_in("ada", PASSWORD).await.unwrap();
        let caller = world.caller(&tokens).await;
        assert!(is_in(&here, &tokens).await && is_in(&there, &tokens).await, "round {round}");
        if round % 2 == 0 {
            here.log_out(&caller).await.unwrap();
        } else {
            here.log_out_everywhere(&caller).await.unwrap();
        }
        assert!(!is_in(&here, &tokens).await, "at once in process");
        longest = longest.max(until_refused(&there, &tokens).await);
    }
    println!("{ROUNDS} log-outs: the other process refused {longest:?} after the answer at the latest");
    assert!(longest < BOUND, "{longest:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_password_and_a_revoked_key_are_effective_in_another_process_within_a_second() {
    let (world, [here, there]) = processes(22).await;
    let tokens = world.person("ada").await;
    let caller = world.caller(&tokens).await;
    assert!(is_in(&there, &tokens).await);
    here.change_password(&caller, &secret(PASSWORD), &secret("another horse battery")).await.unwrap();
    assert!(until_refused(&there, &tokens).await < BOUND);

    let tokens = world.log_in("ada", "another horse battery").await.unwrap();
    assert!(is_in(&there, &tokens).await);
    let kid = here.keys().list().await.unwrap()[0].kid.clone();
    here.keys().revoke(&kid, None).await.unwrap();
    assert!(!is_in(&here, &tokens).await, "at once in process");
    assert!(until_refused(&there, &tokens).await < BOUND);
}
