//! Whoever may introspect at the authority may do so at its edges (design section 9).

use base64_simd::STANDARD;

use super::authority::Authority;
use super::node::Plan;
use super::until::until_is;
use crate::process::overlay::write_secret;

#[test]
fn a_credential_works_at_an_edge_from_its_making_to_its_removal() {
    let authority = Authority::start();
    let edge = Plan::of("one", &authority).start();
    let token = authority.token("alice");
    let (id, key) = authority.new_credential();
    let bearer = format!("Bearer {key}");
    until_is("known at the edge", 200, || edge.introspect_as(&bearer, &token).0);
    authority.delete_credential(&id);
    until_is("forgotten at the edge", 401, || edge.introspect_as(&bearer, &token).0);
}

#[test]
fn a_client_proves_itself_at_an_edge_with_its_own_secret() {
    let data = tempfile::tempdir().unwrap();
    let secret = "a secret of the shop: 32 bytes and more".replace(' ', "-");
    write_secret(data.path(), &secret);
    let client = "[[client]]\nid = \"shop\"\ntype = \"confidential\"\nsecret_file = \"shared.secret\"\n";
    let authority = Authority::configured_in(data, client);
    let edge = Plan::of("one", &authority).start();
    let token = authority.token("alice");
    let basic = |secret: &str| format!("Basic {}", STANDARD.encode_to_string(format!("shop:{secret}")));
    let (status, said) = edge.introspect_as(&basic(&secret), &token);
    assert_eq!((status, &said["sub"]), (200, &"alice".into()));
    assert_eq!(edge.introspect_as(&basic("a guess"), &token).0, 401);
}
