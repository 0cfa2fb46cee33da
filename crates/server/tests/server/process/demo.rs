//! `quash demo`, as a newcomer runs it.

use std::process::Command;

#[test]
fn the_demo_runs_the_main_job_from_end_to_end() {
    let ran = Command::new(env!("CARGO_BIN_EXE_quash")).arg("demo").output().unwrap();
    let (said, complained) = (
        String::from_utf8_lossy(&ran.stdout).into_owned(),
        String::from_utf8_lossy(&ran.stderr).into_owned(),
    );
    assert!(ran.status.success(), "{said}{complained}");
    for step in [
        "sign alice in",
        "check the phone's token",
        "renew",
        "log out",
        "refused",
        "everywhere: one durable entry",
        "in force at 1 edge",
        "refused at the edge",
    ] {
        assert!(said.contains(step), "no `{step}` in: {said}");
    }
}
