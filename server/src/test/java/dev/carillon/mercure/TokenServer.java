package dev.carillon.mercure;

import dev.carillon.auth.Grants;
import dev.carillon.base.Platform;
import dev.carillon.base.Settings;
import dev.carillon.http.Requests;
import dev.carillon.jwt.JwtConfig;
import dev.carillon.jwt.VerificationKey;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.undertow.Undertow;
import io.undertow.server.HttpServerExchange;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/** A server that answers with the grants of a request's token, at {@code /subscribe} and {@code /publish}. */
final class TokenServer implements AutoCloseable {
    static final String NODE_KEY = "the node's own key, of 32 bytes.";
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final AtomicInteger compiled = new AtomicInteger();
    private final Undertow server;

    TokenServer(Map<String, String> settings, InstantSource clock) {
        this(settings, JwtConfig.of("HS256", NODE_KEY, false), clock);
    }

    static TokenServer withoutNodeKey(Map<String, String> settings, InstantSource clock) {
        return new TokenServer(settings, new JwtConfig(new VerificationKey.None(), false), clock);
    }

    private TokenServer(Map<String, String> settings, JwtConfig node, InstantSource clock) {
        MercureTokens tokens = new MercureTokens(
                MercureConfig.of(Settings.of(MercureKeys.ALL, settings), node),
                new SimpleMeterRegistry(),
                Platform.system().clock(clock),
                claim -> {
                    compiled.incrementAndGet();
                    return new Grants(claim.tenant(), null, List.of(), List.of(), claim.expiresAt());
                },
                grants -> {});
        server = Undertow.builder()
                .addHttpListener(0, "127.0.0.1")
                .setIoThreads(1)
                .setWorkerThreads(1)
                .setHandler(exchange -> {
                    Function<HttpServerExchange, CompletionStage<MercureGrants>> side =
                            exchange.getRequestPath().equals("/publish") ? tokens::publisher : tokens::subscriber;
                    Requests.then(
                            exchange,
                            () -> side.apply(exchange),
                            granted -> exchange.getResponseSender()
                                    .send(granted.grants().tenant() + " " + granted.subscribe() + " "
                                            + granted.publish() + " " + granted.payload()));
                })
                .build();
        server.start();
    }

    /** The number of claims that were converted to grants. */
    int compiled() {
        return compiled.get();
    }

    String origin() {
        InetSocketAddress address =
                (InetSocketAddress) server.getListenerInfo().getFirst().getAddress();
        return "http://127.0.0.1:" + address.getPort();
    }

    /** @param headers alternating names and values */
    HttpResponse<String> subscribe(String query, String... headers) {
        return send("GET", "/subscribe" + query, headers);
    }

    /** @param headers alternating names and values */
    HttpResponse<String> publish(String... headers) {
        return send("POST", "/publish", headers);
    }

    private HttpResponse<String> send(String method, String target, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(origin() + target))
                .method(method, HttpRequest.BodyPublishers.noBody());
        if (headers.length > 0) {
            request.headers(headers);
        }
        try {
            return HTTP.send(request.build(), BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        server.stop();
    }
}
