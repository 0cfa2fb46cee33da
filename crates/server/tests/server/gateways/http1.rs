//! As much of HTTP/1.1 (RFC 9112) as both ends of a gateway need here.

/// The length of the head at the beginning of `bytes`, its empty line included, once all of it is there.
pub(super) fn head_length(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4)
}

/// The first line, and the fields.
pub(super) fn head(bytes: &[u8]) -> (String, Vec<(String, String)>) {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let mut lines = text.split("\r\n");
    let first = lines.next().unwrap().to_owned();
    let fields = lines.filter_map(|line| line.split_once(':'));
    (first, fields.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect())
}

/// All values of a field, joined by commas; empty where there is none.
pub(super) fn field(fields: &[(String, String)], name: &str) -> String {
    let values = fields.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
    values.map(|(_, value)| value.as_str()).collect::<Vec<_>>().join(", ")
}

/// A body, and the fields behind it (RFC 9112 section 7.1.2).
pub(super) type Body = (Vec<u8>, Vec<(String, String)>);

/// The body at the beginning of `bytes`, once all of it is there. One without a length ends where the bytes do.
pub(super) fn body(fields: &[(String, String)], bytes: &[u8]) -> Option<Body> {
    if field(fields, "transfer-encoding").eq_ignore_ascii_case("chunked") {
        return unchunked(bytes);
    }
    let body = match field(fields, "content-length").parse() {
        Ok(length) => bytes.get(..length)?,
        Err(_) => bytes,
    };
    Some((body.to_vec(), Vec::new()))
}

fn unchunked(mut bytes: &[u8]) -> Option<Body> {
    let mut body = Vec::new();
    loop {
        let line = bytes.windows(2).position(|two| two == b"\r\n")?;
        let length = usize::from_str_radix(std::str::from_utf8(&bytes[..line]).unwrap().trim(), 16).unwrap();
        if length == 0 {
            // The end of the last chunk's line and the empty line are one pair where nothing is between them.
            return head_length(&bytes[line..]).map(|end| (body, head(&bytes[line..line + end]).1));
        }
        body.extend_from_slice(bytes.get(line + 2..line + 2 + length)?);
        bytes = bytes.get(line + 2 + length + 2..)?;
    }
}
