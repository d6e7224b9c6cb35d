//! Hostile addresses: none is connected to.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;

/// A server that counts connections and answers each with this.
async fn server(answer: &'static str) -> (u16, Arc<AtomicUsize>) {
    // All addresses of this machine, of both families: what gets here at all is counted.
    let listener = match TcpListener::bind("[::]:0").await {
        Ok(listener) => listener,
        Err(_) => TcpListener::bind("0.0.0.0:0").await.expect("a port"),
    };
    let port = listener.local_addr().expect("bound").port();
    let count = Arc::new(AtomicUsize::new(0));
    let counter = count.clone();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            counter.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                let mut request = [0; 4096];
                let read = connection.read(&mut request).await.unwrap_or(0);
                let host = String::from_utf8_lossy(&request[..read]).lines().find(|line| line.starts_with("host:")).map(str::to_owned);
                let answer = answer.replace("HOST", &host.unwrap_or_default());
                let _ = connection.write_all(answer.as_bytes()).await;
            });
        }
    });
    (port, count)
}

fn get(url: String) -> Request {
    Request { method: "GET".to_owned(), url, headers: Vec::new(), resolve: None, timeout: Duration::from_secs(2) }
}

const HELLO: &str = "HTTP/1.1 200 OK\r\nx-host: HOST\r\ncontent-length: 5\r\n\r\nhello";

const HOSTILE: &[&str] = &[
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "2130706433",
    "017700000001",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "0x7f.0x0.0x0.0x1",
    "127.127.127.127",
    "127.0.0.1.",
    "0",
    "0.0.0.0",
    "0x0",
    "00000000",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[0:0:0:0:0:ffff:127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[2002:7f00:1::]",
    "[2002:7f00:0001::1]",
    "[fe80::1]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[ff02::1]",
    "[2001:db8::1]",
    "169.254.169.254",
    "2852039166",
    "0xa9fea9fe",
    "0251.0376.0251.0376",
    "[::ffff:169.254.169.254]",
    "[::ffff:a9fe:a9fe]",
    "169.254.170.2",
    "100.100.100.200",
    "100.64.0.1",
    "168.63.129.16",
    "192.0.0.192",
    "10.0.0.1",
    "10.1",
    "0xa000001",
    "012.0.0.1",
    "172.16.0.1",
    "172.31.255.254",
    "192.168.0.1",
    "192.168.1",
    "3232235521",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "240.0.0.1",
    "example.com@127.0.0.1",
    "user:password@127.0.0.1",
    "example.com:80@localhost",
    "1.1.1.1@127.0.0.1",
    "127.0.0.1%2523@127.0.0.1",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
    "%6c%6f%63%61%6c%68%6f%73%74",
    "%31%32%37.0.0.1",
    "1.1.1.1\\@127.0.0.1",
    "127.0.0.1\\.example.com",
    "localhost\t",
    "loc\nalhost",
];

#[tokio::test]
async fn hostile_addresses_get_no_connection() {
    assert!(HOSTILE.len() >= 60);
    let (port, connections) = server(HELLO).await;
    let outgoing = Outgoing::new([]).expect("a client");
    for host in HOSTILE {
        for url in [format!("http://{host}:{port}/"), format!("http:{host}:{port}"), format!("http:\\\\{host}:{port}\\")] {
            if host.starts_with("1.1.1.1\\") {
                // A backslash ends the host: this one is really for 1.1.1.1, and would leave the machine.
                continue;
            }
            assert!(outgoing.send(get(url.clone())).await.is_err(), "{url}");
        }
    }
    for url in
        ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1:70/", "http://", "//127.0.0.1", "unix:///run/x.sock", "data:,x", ""]
    {
        assert!(outgoing.send(get(url.to_owned())).await.is_err(), "{url}");
    }
    for target in ["127.0.0.1", "::1", "[::1]", "localhost", "169.254.169.254", "127.0.0.1:80", "0"] {
        let request = Request { resolve: Some(target.to_owned()), ..get(format!("http://example.com:{port}/")) };
        assert!(outgoing.send(request).await.is_err(), "{target}");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_listed_host_is_reached_and_no_other() {
    let (port, connections) = server(HELLO).await;
    let outgoing = Outgoing::new(["127.0.0.1".to_owned(), "*.internal".to_owned()]).expect("a client");
    let answer = outgoing.send(get(format!("http://127.0.0.1:{port}/"))).await.expect("an answer");
    assert_eq!((answer.status, answer.text().as_str()), (200, "hello"));
    assert!(outgoing.send(get(format!("http://localhost:{port}/"))).await.is_err());
    assert!(outgoing.send(get(format!("http://127.0.0.2:{port}/"))).await.is_err());
    let request = Request { resolve: Some("127.0.0.1".to_owned()), ..get(format!("http://shop.example:{port}/")) };
    let answer = outgoing.send(request).await.expect("an answer");
    assert_eq!(answer.headers["x-host"], format!("host: shop.example:{port}"));
    assert_eq!(connections.load(Ordering::SeqCst), 2);
    assert!(outgoing.hosts.allows("a.internal") && outgoing.hosts.allows("A.B.INTERNAL."));
    assert!(!outgoing.hosts.allows("internal") && !outgoing.hosts.allows("xinternal") && !outgoing.hosts.allows(".internal"));
}

#[tokio::test]
async fn a_redirect_is_an_answer() {
    let (port, _) = server("HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n").await;
    let outgoing = Outgoing::new(["127.0.0.1".to_owned()]).expect("a client");
    assert_eq!(outgoing.send(get(format!("http://127.0.0.1:{port}/"))).await.expect("an answer").status, 302);
}

#[tokio::test]
async fn a_body_without_an_end_is_cut_and_a_silent_server_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    tokio::spawn(async move {
        let (mut first, _) = listener.accept().await.expect("a connection");
        let _ = first.read(&mut [0; 4096]).await;
        let _ = first.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        while first.write_all(&[b'x'; 8192]).await.is_ok() {}
        let _silent = listener.accept().await;
        std::future::pending::<()>().await;
    });
    let outgoing = Outgoing::new(["127.0.0.1".to_owned()]).expect("a client");
    let url = format!("http://127.0.0.1:{port}/?token=t0ken");
    let answer = outgoing.send(get(url.clone())).await.expect("an answer");
    assert_eq!(answer.body.len(), BODY_LIMIT);
    let reason = outgoing.send(Request { timeout: Duration::from_millis(200), ..get(url) }).await.expect_err("silent");
    assert!(reason.what.contains("nothing within") && !reason.what.contains("t0ken"), "{reason}");
}
