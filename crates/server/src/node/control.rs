//! The control socket: how a command on the same machine asks a running server for a backup.
//!
//! A Unix socket in the data directory, for its owner alone, so it needs no credential: who can open it can read
//! the store. One line asks, one line answers:
//!
//! ```text
//! backup /path/to/new/file        ok 1759…: the position that the copy was made at
//! anything else                   error expected `backup PATH`
//! ```

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use quash_storage::embedded::EmbeddedStore;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};

use crate::listen::stop::Stop;
use crate::paths::DataDirectory;

/// The longest line taken, in bytes.
const LONGEST_LINE: u64 = 8192;
/// How long a client may take to say what it wants.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where the control socket is.
pub fn path(data: &DataDirectory) -> PathBuf {
    data.path().join("control.sock")
}

/// Takes the socket. Call it after the store was opened: its lock proves that no other server uses the directory,
/// so that a socket found there was left behind.
///
/// # Errors
/// What the operating system says.
pub fn bind(data: &DataDirectory) -> io::Result<UnixListener> {
    let path = path(data);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&path)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Answers until `stop` is spoken.
pub async fn serve(listener: UnixListener, store: Arc<EmbeddedStore>, mut stop: Stop) {
    loop {
        let accepted = tokio::select! {
            () = stop.wait() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => drop(tokio::spawn(answer(stream, Arc::clone(&store)))),
            Err(error) => {
                tracing::warn!(%error, "the control socket takes no connection");
                tokio::time::sleep(PATIENCE).await;
            }
        }
    }
}

async fn answer(stream: UnixStream, store: Arc<EmbeddedStore>) {
    let (from, mut to) = stream.into_split();
    let mut line = String::new();
    let mut from = BufReader::new(from.take(LONGEST_LINE));
    let read = from.read_line(&mut line);
    let Ok(Ok(_)) = tokio::time::timeout(PATIENCE, read).await else { return };
    let reply = match line.trim_end_matches('\n').strip_prefix("backup ") {
        Some(path) => backup(&store, Path::new(path)).await,
        None => "error expected `backup PATH`\n".to_owned(),
    };
    // Whoever asked may be gone: the backup is made all the same.
    let _ = to.write_all(reply.as_bytes()).await;
}

async fn backup(store: &EmbeddedStore, path: &Path) -> String {
    if !path.is_absolute() {
        return "error expected an absolute path\n".to_owned();
    }
    match store.backup_to(path).await {
        Ok(head) => format!("ok {}\n", head.position),
        Err(error) => format!("error {error}\n"),
    }
}

/// Asks the server that uses `data` for a backup to `to`, an absolute path. `None`: no server is running there.
///
/// # Errors
/// What went wrong, in one line.
pub async fn ask_for_backup(data: &DataDirectory, to: &Path) -> Option<Result<String, String>> {
    // Nothing there, or left behind by a server that was killed.
    let Ok(mut stream) = UnixStream::connect(path(data)).await else { return None };
    Some(converse(&mut stream, to).await)
}

async fn converse(stream: &mut UnixStream, to: &Path) -> Result<String, String> {
    let Some(to) = to.to_str().filter(|to| !to.contains('\n')) else {
        return Err("the path is not plain text".to_owned());
    };
    let failed = |error: io::Error| format!("the server did not answer: {error}");
    stream.write_all(format!("backup {to}\n").as_bytes()).await.map_err(failed)?;
    let mut reply = String::new();
    stream.take(LONGEST_LINE).read_to_string(&mut reply).await.map_err(failed)?;
    match reply.trim_end().split_once(' ') {
        Some(("ok", position)) => Ok(position.to_owned()),
        Some(("error", why)) => Err(why.to_owned()),
        _ => Err("the server ended before it answered".to_owned()),
    }
}
