//! Subscribes to a stream with the client that the first argument names, at the URL of the second; writes each event as ID<TAB>DATA.

use eventsource_client::{Client, ClientBuilder, SSE};
use futures::StreamExt;
use launchdarkly_sdk_transport::HyperTransport;
use reqwest_eventsource::{Event, EventSource};
use std::io::Write;

mod websocket;

fn event(id: &str, data: &str) {
    let mut out = std::io::stdout();
    writeln!(out, "{id}\t{data}").and_then(|_| out.flush()).expect("standard output");
}

async fn eventsource_client(url: &str) {
    let transport = HyperTransport::builder().build_http().expect("a transport");
    let client = ClientBuilder::for_url(url).expect("a URL").build_with_transport(transport);
    let mut stream = client.stream();
    while let Some(next) = stream.next().await {
        match next {
            Ok(SSE::Event(e)) => event(e.id.as_deref().unwrap_or(""), &e.data),
            Ok(SSE::Connected(_)) => eprintln!("open"),
            Ok(SSE::Comment(_)) => (),
            Err(e) => eprintln!("error: {e:?}"),
        }
    }
    eprintln!("gave up");
}

/// With the gzip feature of reqwest, which asks for gzip and decodes it unseen.
async fn reqwest_eventsource(url: &str) {
    let client = reqwest::Client::new();
    let mut stream = EventSource::new(client.get(url)).expect("a request");
    while let Some(next) = stream.next().await {
        match next {
            Ok(Event::Message(e)) => event(&e.id, &e.data),
            Ok(Event::Open) => eprintln!("open"),
            Err(e) => eprintln!("error: {e:?}"),
        }
    }
    eprintln!("gave up");
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments[1].as_str() {
        "eventsource-client" => eventsource_client(&arguments[2]).await,
        "reqwest-eventsource" => reqwest_eventsource(&arguments[2]).await,
        "tokio-tungstenite" => websocket::follow().await,
        other => panic!("{other}: no such client"),
    }
}
