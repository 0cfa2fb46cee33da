//! What `serve --dev` makes and shows.

use base64_simd::URL_SAFE_NO_PAD;

use crate::config::secret_file;
use crate::exit::Failure;
use crate::paths::DataDirectory;
use crate::secret::Secret;

/// The admin key that an earlier start made in `data`, or a new one.
///
/// # Errors
/// A key file that others can read, no random bytes, a directory that can not be written.
pub fn admin_key(data: &DataDirectory) -> Result<Secret, Failure> {
    let path = data.dev_admin_key();
    if path.exists() {
        let read = secret_file::read(&path);
        return read.map_err(|error| Failure::because(&path.display().to_string(), error));
    }
    let key = random_key()?;
    let written = secret_file::create(&path, key.expose());
    written.map_err(|error| Failure::because(&path.display().to_string(), error))?;
    Ok(key)
}

/// A new key of 256 random bits.
///
/// # Errors
/// No random bytes.
pub fn random_key() -> Result<Secret, Failure> {
    let mut bytes = [0; 32];
    quash_jose::random::fill(&mut bytes).map_err(|error| Failure::because("no key", error))?;
    Ok(Secret::new(URL_SAFE_NO_PAD.encode_to_string(bytes).into_bytes()))
}

/// What to paste into a shell. Shows `key` where it was made here, not one that the operator brought.
pub fn welcome(url: &str, key: Option<&Secret>) -> String {
    let key = key.and_then(Secret::as_key).map_or("$QUASH_ADMIN_KEY".to_owned(), str::to_owned);
    format!(
        r#"quash is listening on {url}
admin key: {key}

Paste this into another shell: sign in, check, revoke, check again.

  export QUASH_URL={url} QUASH_ADMIN_KEY={key}
  A="Authorization: Bearer $QUASH_ADMIN_KEY" J="Content-Type: application/json"
  T=$(curl -s $QUASH_URL/v1/sessions -H "$A" -H "$J" -d '{{"subject":"alice","client_id":"web"}}' | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
  curl -i $QUASH_URL/auth/check -H "Authorization: Bearer $T"
  curl -s $QUASH_URL/v1/revocations -H "$A" -H "$J" -d '{{"target":{{"type":"subject","id":"alice"}}}}'
  curl -i $QUASH_URL/auth/check -H "Authorization: Bearer $T"
"#
    )
}
