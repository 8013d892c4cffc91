use std::time::{Duration, Instant};

use invoice_auth::{Broadcast as _, Notice};
use invoice_core::{SessionId, TeamId, UserId};
use uuid::Uuid;

use crate::ear::{Process, master};
use crate::proxy::Proxy;
use crate::server::{Server, shared};

fn session(number: u128) -> Notice {
    Notice::Session(SessionId::from_uuid(Uuid::from_u128(number)))
}

#[tokio::test(flavor = "multi_thread")]
async fn others_hear_what_a_process_tells_and_it_does_not_hear_itself() {
    let (url, master) = (shared(), master(11));
    let mut one = Process::on(&url, &master).await;
    let mut other = Process::on(&url, &master).await;
    let member = Notice::Member(TeamId::from_uuid(Uuid::from_u128(1)), UserId::from_uuid(Uuid::from_u128(2)));
    for notice in [&session(1), &member, &Notice::Keys] {
        one.broadcast.tell(notice).await;
    }
    let told = [Notice::Everything, session(1), member, Notice::Keys];
    other.until("all that was told, in its order", |heard| heard == told).await;
    other.broadcast.tell(&session(2)).await;
    one.until("what the other tells", |heard| heard == [Notice::Everything, session(2)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deployments_on_one_server_do_not_meet() {
    let url = shared();
    let mut one = Process::on(&url, &master(12)).await;
    let foreign = Process::on(&url, &master(13)).await;
    let own = Process::on(&url, &master(12)).await;
    foreign.broadcast.tell(&session(1)).await;
    own.broadcast.tell(&session(2)).await;
    one.until("its own", |heard| heard.contains(&session(2))).await;
    assert!(!one.heard().contains(&session(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_hear_each_other_while_the_master_key_changes() {
    let url = shared();
    let mut before = Process::on(&url, &master(14).with_previous(master(15))).await;
    let mut after = Process::on(&url, &master(15).with_previous(master(14))).await;
    before.broadcast.tell(&session(1)).await;
    after.until("what is told under the old one", |heard| heard.contains(&session(1))).await;
    after.broadcast.tell(&session(2)).await;
    before.until("what is told under the new one", |heard| heard.contains(&session(2))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_lost_the_server_forgets_everything_when_it_is_back_and_hears_again() {
    let mut server = Server::start().await;
    let mut one = Process::on(&server.url(), &master(16)).await;
    let mut other = Process::on(&server.url(), &master(16)).await;
    for round in 1..=3 {
        server.end();
        one.broadcast.tell(&Notice::Keys).await;
        server.begin().await;
        for process in [&mut one, &mut other] {
            let everything = |heard: &[Notice]| {
                heard.iter().filter(|notice| **notice == Notice::Everything).count() == round + 1
            };
            process.until("everything is forgotten", everything).await;
        }
        let notice = session(round as u128);
        one.broadcast.tell(&notice).await;
        other.until("what is told after it", |heard| heard.contains(&notice)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_fell_silent_is_given_up_for_another() {
    let server = Server::start().await;
    let mut proxy = Proxy::to(server.port()).await;
    let mut process = Process::on(&server.url_by(proxy.port()), &master(17)).await;
    proxy.fall_silent(true);
    proxy.until_another_connects().await;
    proxy.fall_silent(false);
    process.until("everything is forgotten", |heard| heard == [Notice::Everything, Notice::Everything]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn telling_takes_a_second_at_most_while_the_server_is_away_or_silent() {
    let mut server = Server::start().await;
    let proxy = Proxy::to(server.port()).await;
    let silent = Process::on(&server.url_by(proxy.port()), &master(18)).await;
    proxy.fall_silent(true);
    let away = Process::on(&server.url(), &master(18)).await;
    server.end();
    for process in [silent, away] {
        let begun = Instant::now();
        process.broadcast.tell(&Notice::Keys).await;
        assert!(begun.elapsed() < Duration::from_millis(1_500), "{:?}", begun.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_later_version_tells_makes_everything_forgotten() {
    let server = Server::start().await;
    let mut process = Process::on(&server.url(), &master(19)).await;
    let mut connection =
        redis::Client::open(server.url()).unwrap().get_multiplexed_async_connection().await.unwrap();
    let channels: Vec<String> =
        redis::cmd("PUBSUB").arg("CHANNELS").query_async(&mut connection).await.unwrap();
    let [channel] = channels.as_slice() else { panic!("one channel: {channels:?}") };
    let publish = redis::cmd("PUBLISH").arg(channel).arg("{\"from\":\"x\",\"notice\":\"new\"}").to_owned();
    publish.exec_async(&mut connection).await.unwrap();
    process.until("everything is forgotten", |heard| heard == [Notice::Everything, Notice::Everything]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_gone_listens_no_more() {
    let server = Server::start().await;
    let process = Process::on(&server.url(), &master(20)).await;
    let mut connection =
        redis::Client::open(server.url()).unwrap().get_multiplexed_async_connection().await.unwrap();
    drop(process);
    let gone = async {
        loop {
            let channels: Vec<String> =
                redis::cmd("PUBSUB").arg("CHANNELS").query_async(&mut connection).await.unwrap();
            if channels.is_empty() {
                break;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), gone).await.expect("nobody listens");
}

#[tokio::test]
async fn a_url_that_is_none_is_refused_without_being_shown() {
    let refused =
        invoice_auth::redis::RedisBroadcast::open("redis//:secret@x", &master(1)).await.unwrap_err();
    assert!(!format!("{refused:?} {refused}").contains("secret"));
}
