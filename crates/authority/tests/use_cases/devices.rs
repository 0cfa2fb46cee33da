//! The devices of a subject (S31, S32).

use quash_authority::{DeviceDescription, DevicePage, Ended, Error, JoinSession, SignIn, TokenReply};
use quash_core::ids::DeviceId;
use quash_core::revocation::reason::Reason;
use quash_storage::ports::Role;

use crate::scene::{Scene, client_id, scene, session_id, sign_in, subject};

fn device(id: &str) -> DeviceId {
    DeviceId::new(id).unwrap()
}

fn on(id: &str) -> SignIn {
    SignIn { device: DeviceDescription { id: Some(device(id)), ..Default::default() }, ..sign_in("alice") }
}

fn admin() -> Reason {
    Reason::known(Reason::ADMIN)
}

async fn live(scene: &Scene) -> Vec<(String, u64)> {
    let page = DevicePage::default();
    let page = scene.authority.list_devices(&scene.root(), &subject("alice"), page).await.unwrap();
    page.items.into_iter().map(|held| (held.device.id.as_str().to_owned(), held.live_sessions)).collect()
}

async fn end(scene: &Scene, id: &str) -> Option<Ended> {
    scene.authority.end_device(&scene.root(), &subject("alice"), &device(id), admin()).await.unwrap()
}

#[tokio::test]
async fn ending_a_device_is_one_entry_and_leaves_the_others_alone() {
    // S32
    let scene = scene().await;
    for id in ["phone", "phone", "tv"] {
        scene.opens(on(id)).await;
    }
    let before = scene.authority.head().await.unwrap().position;
    let ended = end(&scene, "phone").await.unwrap();
    assert_eq!(ended.position, before.next());
    assert_eq!(live(&scene).await, [("phone".into(), 0), ("tv".into(), 1)]);
    assert_eq!(end(&scene, "phone").await, Some(Ended { position: None }), "it is over already");
    assert_eq!(scene.authority.head().await.unwrap().position, ended.position.unwrap());
    assert_eq!(end(&scene, "car").await, None);
    let bob = subject("bob");
    assert_eq!(scene.authority.end_device(&scene.root(), &bob, &device("tv"), admin()).await.unwrap(), None);
}

#[tokio::test]
async fn a_user_ends_their_own_devices_and_nobody_elses() {
    // S32, attack row 37
    let scene = scene().await;
    let [phone, tv]: [TokenReply; 2] = [scene.opens(on("phone")).await, scene.opens(on("tv")).await];
    let bob = scene.signs_in("bob").await;
    let of_bob = scene.claims(&bob);
    assert_eq!(scene.authority.end_own_device(&of_bob, &device("tv"), "req").await.unwrap(), None);
    let of_phone = scene.claims(&phone);
    assert!(scene.authority.end_own_device(&of_phone, &device("tv"), "req").await.unwrap().is_some());
    assert_eq!(live(&scene).await, [("phone".into(), 1), ("tv".into(), 0)]);
    let own = scene.authority.own_devices(&of_phone, DevicePage::default()).await.unwrap();
    assert_eq!(own.items.len(), 1, "those that are signed in");
    let listed = scene.authority.session(&scene.root(), &session_id(&tv)).await.unwrap().unwrap();
    assert_eq!(listed.cut_by.unwrap().fact.reason.as_str(), Reason::KICKED);
    assert!(scene.authority.end_own_device(&of_phone, &device("phone"), "req").await.unwrap().is_some());
    let listed = scene.authority.session(&scene.root(), &session_id(&phone)).await.unwrap().unwrap();
    assert_eq!(listed.cut_by.unwrap().fact.reason.as_str(), Reason::LOGGED_OUT, "the one that asks");
}

#[tokio::test]
async fn a_user_ends_all_their_sessions_by_one_entry() {
    // S14, S31
    let scene = scene().await;
    let [phone, _tv]: [TokenReply; 2] = [scene.opens(on("phone")).await, scene.opens(on("tv")).await];
    let bob = scene.signs_in("bob").await;
    let before = scene.authority.head().await.unwrap().position;
    let ended = scene.authority.end_own_sessions(&scene.claims(&phone), "req").await.unwrap();
    assert_eq!(ended.position, before.next());
    assert_eq!(live(&scene).await, [("phone".into(), 0), ("tv".into(), 0)]);
    let listed = scene.authority.session(&scene.root(), &session_id(&bob)).await.unwrap().unwrap();
    assert_eq!(listed.cut_by, None);
}

#[tokio::test]
async fn devices_are_paged_by_id_while_they_come_and_go() {
    // S31
    let scene = scene().await;
    for id in ["c", "a", "e", "b"] {
        scene.opens(on(id)).await;
    }
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = DevicePage { after, limit: 2 };
        let page = scene.authority.list_devices(&scene.root(), &subject("alice"), page).await.unwrap();
        seen.extend(page.items.into_iter().map(|held| held.device.id.as_str().to_owned()));
        scene.opens(on("aa")).await;
        let Some(cursor) = page.next_cursor else { break };
        after = Some(device(&cursor));
    }
    assert_eq!(seen, ["a", "b", "c", "e"]);
    for limit in [0, 201] {
        let page = DevicePage { after: None, limit };
        let error = scene.authority.list_devices(&scene.root(), &subject("alice"), page).await.unwrap_err();
        assert!(matches!(error, Error::Request(error) if error.field == "limit"));
    }
}

#[tokio::test]
async fn a_credential_for_one_client_sees_its_devices_and_ends_none() {
    // Attack row 37: a device is not one client's alone.
    let scene = scene().await;
    scene.opens(on("phone")).await;
    let shared = session_id(&scene.opens(on("tv")).await);
    let join = JoinSession { client: client_id("shop"), scope: None };
    scene.authority.join(&scene.root(), &shared, join).await.unwrap();
    let caller = scene.caller(&[Role::Support], Some("shop")).await;
    let seen = scene.authority.list_devices(&caller, &subject("alice"), DevicePage::default()).await.unwrap();
    let seen: Vec<_> = seen.items.iter().map(|held| held.device.id.as_str()).collect();
    assert_eq!(seen, ["tv"]);
    let refused = scene.authority.end_device(&caller, &subject("alice"), &device("tv"), admin()).await;
    assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
    assert_eq!(live(&scene).await, [("phone".into(), 1), ("tv".into(), 1)]);
}
