package dev.carillon.cli;

import com.launchdarkly.eventsource.ConnectStrategy;
import com.launchdarkly.eventsource.ErrorStrategy;
import com.launchdarkly.eventsource.EventSource;
import com.launchdarkly.eventsource.FaultEvent;
import com.launchdarkly.eventsource.MessageEvent;
import com.launchdarkly.eventsource.StreamEvent;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Subscribes to a stream with the client that the first argument names, at the URL of the second; writes each event as ID, tab, data. */
final class SseClientMain {
    private static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    private static final PrintStream ERR = new PrintStream(System.err, true, StandardCharsets.UTF_8);

    private SseClientMain() {}

    public static void main(String[] args) throws InterruptedException {
        URI url = URI.create(args[1]);
        switch (args[0]) {
            case "okhttp-eventsource" -> okHttp(url);
            case "java-net-http" -> standard(url);
            default -> throw new IllegalArgumentException(args[0]);
        }
    }

    private static void event(String id, String data) {
        OUT.println(id + "\t" + data);
    }

    /** Reconnects by itself, with the last id that it saw. */
    private static void okHttp(URI url) {
        try (EventSource source = new EventSource.Builder(ConnectStrategy.http(url))
                .errorStrategy(ErrorStrategy.alwaysContinue())
                .build()) {
            for (StreamEvent event : source.anyEvents()) {
                switch (event) {
                    case MessageEvent message ->
                        event(String.valueOf(message.getLastEventId()), String.valueOf(message.getData()));
                    case FaultEvent fault -> ERR.println("error: " + fault.getCause());
                    default -> {
                        // A comment, or that a stream began.
                    }
                }
            }
        }
        ERR.println("gave up");
    }

    /** The JDK's client knows nothing of events: the loop is the application's. */
    private static void standard(URI url) throws InterruptedException {
        try (HttpClient http = HttpClient.newHttpClient()) {
            String last = "";
            while (true) {
                HttpRequest.Builder request = HttpRequest.newBuilder(url).header("Accept", "text/event-stream");
                if (!last.isEmpty()) {
                    request.header("Last-Event-ID", last);
                }
                try {
                    HttpResponse<Stream<String>> response =
                            http.send(request.build(), HttpResponse.BodyHandlers.ofLines());
                    String id = last;
                    String data = "";
                    for (Iterator<String> lines = response.body().iterator(); lines.hasNext(); ) {
                        String line = lines.next();
                        if (line.startsWith("id: ")) {
                            id = line.substring(4);
                        } else if (line.startsWith("data: ")) {
                            data = line.substring(6);
                        } else if (line.isEmpty() && !data.isEmpty()) {
                            event(id, data);
                            last = id;
                            data = "";
                        }
                    }
                    ERR.println("again: end of status " + response.statusCode());
                } catch (IOException | RuntimeException e) {
                    ERR.println("again: " + e);
                }
                TimeUnit.SECONDS.sleep(1);
            }
        }
    }
}
