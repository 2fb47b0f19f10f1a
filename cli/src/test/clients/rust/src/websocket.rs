//! A WebSocket of tokio-tungstenite that follows the commands on standard input; they are in ../../nodejs/websocket.cjs.

use futures::{SinkExt, StreamExt};
use std::io::{BufRead, Write};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{connect_async, MaybeTlsStream, WebSocketStream};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

fn say(fields: &[&str]) {
    let mut out = std::io::stdout();
    writeln!(out, "{}", fields.join("\t")).and_then(|_| out.flush()).expect("standard output");
}

fn commands() -> mpsc::UnboundedReceiver<String> {
    let (sender, receiver) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}

pub async fn follow() {
    let mut commands = commands();
    while let Some(line) = commands.recv().await {
        match open(&line.split('\t').collect::<Vec<_>>()).await {
            Ok(socket) => converse(socket, &mut commands).await,
            Err(e) => eprintln!("error: {e}"),
        }
    }
}

/// `connect`, URL, protocols, headers.
async fn open(fields: &[&str]) -> Result<Socket, Box<dyn std::error::Error>> {
    let mut request = fields[1].into_client_request()?;
    if !fields[2].is_empty() {
        request.headers_mut().insert("Sec-WebSocket-Protocol", fields[2].parse()?);
    }
    for header in &fields[3..] {
        let (name, value) = header.split_once(": ").ok_or("a header")?;
        request.headers_mut().insert(name.parse::<HeaderName>()?, value.parse::<HeaderValue>()?);
    }
    let (socket, response) = connect_async(request).await?;
    let header = |name: &str| response.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or("").to_string();
    say(&["open", &header("sec-websocket-protocol"), &header("sec-websocket-extensions")]);
    Ok(socket)
}

/// Until the connection ends.
async fn converse(mut socket: Socket, commands: &mut mpsc::UnboundedReceiver<String>) {
    let mut end = (1006, String::new());
    loop {
        tokio::select! {
            received = socket.next() => match received {
                Some(Ok(Message::Text(text))) => say(&["message", text.as_str()]),
                Some(Ok(Message::Pong(_))) => say(&["pong"]),
                Some(Ok(Message::Close(frame))) => {
                    end = frame.map_or((1005, String::new()), |f| (f.code.into(), f.reason.to_string()));
                }
                Some(Ok(_)) => (),
                Some(Err(e)) => eprintln!("error: {e}"),
                None => break,
            },
            Some(line) = commands.recv() => {
                let (command, text) = line.split_once('\t').unwrap_or((&line, ""));
                let sent = match command {
                    "send" => socket.send(Message::text(text)).await,
                    "ping" => socket.send(Message::Ping(Vec::new().into())).await,
                    "close" => socket.close(Some(CloseFrame { code: CloseCode::Normal, reason: "".into() })).await,
                    other => panic!("{other}: no such command"),
                };
                if let Err(e) = sent {
                    eprintln!("error: {e}");
                }
            }
        }
    }
    say(&["closed", &end.0.to_string(), &end.1]);
}
