//! PostgreSQL in a data directory of its own, reached through a Unix socket.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, anyhow, ensure};
use tempfile::TempDir;
use tokio_postgres::{Client, NoTls, Statement};

use super::process::Running;
use crate::callers::Caller;

/// A PostgreSQL server with fsync on, as it comes.
pub struct Postgres {
    socket: TempDir,
    _server: Running,
}

const SCHEMA: &str = "
    CREATE TABLE sessions (id text PRIMARY KEY, subject text NOT NULL, state smallint NOT NULL,
        ended_at timestamptz, reason text, ended_by text);
    CREATE TABLE log_head (position bigint NOT NULL);
    INSERT INTO log_head VALUES (0);
    CREATE TABLE entries (position bigint PRIMARY KEY, recorded_at timestamptz NOT NULL, issuer text NOT NULL,
        kind smallint NOT NULL, target text NOT NULL, effect smallint NOT NULL, retain_until timestamptz NOT NULL,
        reason text NOT NULL, actor text NOT NULL, cause text NOT NULL);";

/// One revocation in one transaction and one round trip: the session's state, the next position (the row lock on
/// the head is held to the commit, so positions are gapless and in commit order) and the entry.
const REVOKE: &str = "
    WITH ended AS (
        UPDATE sessions SET state = 1, ended_at = now(), reason = 'admin', ended_by = 'bench' WHERE id = $1),
    next AS (UPDATE log_head SET position = position + 1 RETURNING position)
    INSERT INTO entries SELECT position, now(), 'https://login.example.com', 3, $1, 0, now() + interval '11 minutes',
        'admin', 'bench', 'request' FROM next RETURNING position";

impl Postgres {
    /// Makes a database in `folder` and starts its server.
    pub async fn start(folder: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(folder)?;
        let socket = TempDir::new()?;
        let user = User::for_server()?;
        user.own(folder)?;
        user.own(socket.path())?;
        let data = folder.join("postgres");

        let mut initdb = user.command(&program("initdb")?);
        initdb.arg("--pgdata").arg(&data).args([
            "--username",
            "bench",
            "--auth",
            "trust",
            "--encoding",
            "UTF8",
        ]);
        let output = initdb.stdin(Stdio::null()).output().context("`initdb` can not be started")?;
        ensure!(output.status.success(), "initdb: {}", String::from_utf8_lossy(&output.stderr));

        let mut postgres = user.command(&program("postgres")?);
        postgres.arg("-D").arg(&data).arg("-k").arg(socket.path());
        postgres.args(["-c", "listen_addresses=", "-c", "fsync=on", "-c", "synchronous_commit=on"]);
        let mut server = Running::start(&mut postgres)?;
        let path = socket.path().join(".s.PGSQL.5432");
        server.wait_until(Duration::from_secs(30), || path.exists()).context("postgres")?;
        let postgres = Self { socket, _server: server };
        postgres.connect_when_ready().await?.batch_execute(SCHEMA).await?;
        Ok(postgres)
    }

    async fn connect_when_ready(&self) -> anyhow::Result<Client> {
        let mut attempts = 0;
        loop {
            match self.connect().await {
                Err(_) if attempts < 100 => attempts += 1,
                done => return done,
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn connect(&self) -> anyhow::Result<Client> {
        let settings = format!("host={} user=bench dbname=postgres", self.socket.path().display());
        let (client, connection) = tokio_postgres::connect(&settings, NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }

    /// A connection for one caller.
    pub async fn caller(&self) -> anyhow::Result<Connection> {
        let client = self.connect().await?;
        let revoke = client.prepare(REVOKE).await?;
        Ok(Connection { client, revoke })
    }

    /// Puts live sessions with these ids into the registry.
    pub async fn open_sessions(&self, ids: &[String]) -> anyhow::Result<()> {
        let client = self.connect().await?;
        let sql = "INSERT INTO sessions (id, subject, state) SELECT id, 'usr_' || md5(id), 0 FROM unnest($1::text[]) AS id";
        client.execute(sql, &[&ids]).await?;
        client.batch_execute("ANALYZE sessions").await?;
        Ok(())
    }
}

/// One caller's connection.
pub struct Connection {
    client: Client,
    revoke: Statement,
}

impl Caller for Connection {
    async fn revoke(&mut self, session: String) -> anyhow::Result<()> {
        self.client.query_one(&self.revoke, &[&session]).await?;
        Ok(())
    }
}

/// Where Debian keeps the server's programs, else the `PATH`.
fn program(name: &str) -> anyhow::Result<PathBuf> {
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .map(|entries| entries.flatten().map(|entry| entry.path().join("bin").join(name)).collect())
        .unwrap_or_default();
    versions.retain(|path| path.exists());
    versions.sort();
    let on_path = || {
        let folders = std::env::var_os("PATH")?;
        std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.exists())
    };
    versions.pop().or_else(on_path).ok_or_else(|| anyhow!("`{name}` of PostgreSQL is not installed"))
}

/// Whom the server runs as: it refuses to run as root.
struct User(Option<(u32, u32)>);

impl User {
    fn for_server() -> anyhow::Result<Self> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self(None));
        }
        let accounts = fs::read_to_string("/etc/passwd")?;
        let ids = |name: &str| {
            let line = accounts.lines().find(|line| line.split(':').next() == Some(name))?;
            let mut fields = line.split(':').skip(2).map_while(|field| field.parse().ok());
            Some((fields.next()?, fields.next()?))
        };
        let found = ids("postgres").or_else(|| ids("nobody"));
        Ok(Self(Some(found.ok_or_else(|| anyhow!("there is no account `postgres` or `nobody`"))?)))
    }

    fn own(&self, folder: &Path) -> anyhow::Result<()> {
        if let Some((user, group)) = self.0 {
            std::os::unix::fs::chown(folder, Some(user), Some(group))?;
        }
        Ok(())
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        if let Some((user, group)) = self.0 {
            command.uid(user).gid(group).current_dir("/");
        }
        command
    }
}
