//! The gateways, and what each of them can do.

use std::path::Path;
use std::process::Command;

/// A gateway with a configuration in `deploy/`.
#[expect(clippy::struct_excessive_bools, reason = "each is one row of a table of what gateways can do")]
pub(super) struct Kind {
    /// Its configuration, in `deploy/`. The tests load these very files, with nothing changed but three ports.
    pub(super) files: &'static [&'static str],
    /// The program in `target/test-dependencies/gateways/bin`.
    pub(super) program: &'static str,
    /// How it is started in a directory with these files.
    pub(super) start: fn(&mut Command, &Path),
    /// What it answers while quash does not.
    pub(super) undecided: u16,
    /// Whether it says then when to come back.
    pub(super) says_when: bool,
    /// Whether it gives up in seconds where quash takes a question and never answers.
    pub(super) gives_up: bool,
    /// Whether its clients get the body of a refusal.
    pub(super) passes_refusals: bool,
    /// Whether it takes methods that nobody has registered.
    pub(super) own_methods: bool,
    /// Whether it drops the fields behind a body.
    pub(super) drops_trailers: bool,
    /// Whether it asks over HTTP, so that a few lines can play its quash.
    pub(super) asks_http: bool,
}

const ABLE: Kind = Kind {
    files: &[],
    program: "",
    start: |_, _| {},
    undecided: 503,
    says_when: true,
    gives_up: true,
    passes_refusals: true,
    own_methods: true,
    drops_trailers: true,
    asks_http: true,
};

/// Its file goes into the `http` block of a configuration that is otherwise the system's.
pub(super) const NGINX: Kind = Kind {
    files: &["nginx/quash.conf"],
    program: "nginx",
    start: |command, directory| {
        let around = "daemon off; master_process off; pid nginx.pid; error_log stderr; events {}\n\
                      http { access_log off; include quash.conf; }\n";
        std::fs::write(directory.join("nginx.conf"), around).unwrap();
        command.arg("-p").arg(directory).args(["-c", "nginx.conf"]);
    },
    passes_refusals: false,
    ..ABLE
};

pub(super) const CADDY: Kind = Kind {
    files: &["caddy/Caddyfile"],
    program: "caddy",
    start: |command, directory| {
        // Its data, and the socket of its administration, which has a fixed port otherwise.
        let socket = format!("unix/{}", directory.join("admin.sock").display());
        command.env("XDG_DATA_HOME", directory).env("XDG_CONFIG_HOME", directory).env("CADDY_ADMIN", socket);
        command.args(["run", "--config", "Caddyfile"]);
    },
    ..ABLE
};

pub(super) const TRAEFIK: Kind = Kind {
    files: &["traefik/traefik.yml", "traefik/quash.yml"],
    program: "traefik",
    start: |command, _| {
        command.arg("--configFile=traefik.yml");
    },
    undecided: 500,
    says_when: false,
    // After 30 s, which can not be changed.
    gives_up: false,
    ..ABLE
};

pub(super) const HAPROXY: Kind = Kind {
    files: &["haproxy/haproxy.cfg", "haproxy/quash.lua"],
    program: "haproxy",
    start: |command, _| {
        command.args(["-db", "-f", "haproxy.cfg"]);
    },
    drops_trailers: false,
    ..ABLE
};

pub(super) const ENVOY_HTTP: Kind = Kind {
    files: &["envoy/http.yaml"],
    program: "envoy",
    start: |command, _| {
        command.args(["-c", "http.yaml", "--concurrency", "1", "--disable-hot-restart"]);
    },
    own_methods: false,
    ..ABLE
};

pub(super) const ENVOY_GRPC: Kind = Kind {
    files: &["envoy/grpc.yaml"],
    start: |command, _| {
        command.args(["-c", "grpc.yaml", "--concurrency", "1", "--disable-hot-restart"]);
    },
    asks_http: false,
    ..ENVOY_HTTP
};
