//! The request that is sent to every contestant, like one from a browser's script.

use bytes::Bytes;
use http::Request;
use http_body_util::Empty;

const HEADERS: [(&str, &str); 5] = [
    ("host", "api.example.com"),
    ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
    ("accept", "application/json"),
    ("accept-language", "en-US,en;q=0.5"),
    ("accept-encoding", "gzip, deflate, br"),
];

pub fn built(token: &str) -> Request<Empty<Bytes>> {
    let mut request = Request::get("/");
    for (name, value) in HEADERS {
        request = request.header(name, value);
    }
    let request = request.header("authorization", format!("Bearer {token}"));
    request.body(Empty::new()).expect("a request")
}

/// The request as HTTP/1.1 sends it.
pub fn http1(token: &str) -> String {
    let mut request = "GET / HTTP/1.1\r\n".to_owned();
    for (name, value) in HEADERS {
        request += &format!("{name}: {value}\r\n");
    }
    request + &format!("authorization: Bearer {token}\r\n\r\n")
}
