package dev.carillon.node;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ConfigException;
import dev.carillon.base.Key;
import dev.carillon.base.Platform;
import dev.carillon.base.Settings;
import dev.carillon.broker.BrokerAddress;
import dev.carillon.jwt.JwtAuthorizer;
import dev.carillon.jwt.JwtConfig;
import dev.carillon.jwt.KeysFuzz;
import dev.carillon.scope.Cursor;
import dev.carillon.scope.EventIds;
import dev.carillon.scope.EventWire;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Selector;
import dev.carillon.scope.Tenant;
import dev.carillon.secret.KeyFormat;
import dev.carillon.transport.HttpFuzz;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A target of Jazzer: one input is a text or bytes for one of the parsers of what comes from outside. Each throws what it declares and
 * nothing else, and what it accepts comes back the same. Says at its end how many each accepted.
 */
public final class InputsFuzz {
    private static final String SECRET = "do-not-show-me";
    private static final JwtAuthorizer AUTHORIZER = new JwtAuthorizer(
            JwtConfig.of("HS256", TestCluster.KEY, false), new SimpleMeterRegistry(), Platform.system());
    /** Keys whose values are not names of files. */
    private static final List<String> KEYS = NodeKeys.ALL.stream()
            .map(Key::name)
            .filter(name -> !name.endsWith("-file") && !name.startsWith("tls-"))
            .toList();

    private static final NodeConfig CONFIG = TestCluster.config("n", "memory", Map.of());

    /** Of an EC key; valid until 2036. */
    private static final byte[] CERTIFICATE = resource("/fuzz/certificate.pem");

    private static final Map<String, Integer> ACCEPTED = new TreeMap<>();

    private InputsFuzz() {}

    public static void fuzzerTestOneInput(FuzzedDataProvider data) {
        switch (data.consumeInt(0, 13)) {
            case 0 -> wire(data.consumeRemainingAsBytes());
            case 1 -> cursor(data.consumeBoolean() ? Cursor.PREFIX + data.consumeRemainingAsString() : text(data));
            case 2 -> id("urn:uuid:" + data.consumeRemainingAsString());
            case 3 -> position(data);
            case 4 -> scope(text(data));
            case 5 -> tenant(text(data));
            case 6 -> broker(data);
            case 7 -> token(data);
            case 8 -> setting(data);
            case 9 -> accepted("frames", HttpFuzz.webSocket(data));
            case 10 -> accepted("cookie", HttpFuzz.cookies(data, CONFIG.http));
            case 11 -> accepted("key", KeysFuzz.key(data));
            case 12 -> accepted("keys", KeysFuzz.set(data));
            default -> files(data);
        }
    }

    private static void files(FuzzedDataProvider data) {
        byte[] certificate = data.consumeBoolean() ? CERTIFICATE.clone() : data.consumeBytes(data.consumeInt(0, 200));
        for (int n = data.consumeInt(0, 3); n > 0 && certificate.length > 0; n--) {
            certificate[data.consumeInt(0, certificate.length - 1)] = data.consumeByte();
        }
        accepted("tls", HttpFuzz.tls(certificate, KeysFuzz.pem(data, true), data.consumeRemainingAsString()));
    }

    private static byte[] resource(String name) {
        try (InputStream in = Objects.requireNonNull(InputsFuzz.class.getResourceAsStream(name))) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void wire(byte[] bytes) {
        EventWire.Decoded decoded;
        try {
            decoded = EventWire.decode(bytes);
        } catch (EventWire.MalformedException e) {
            return;
        }
        byte[] encoded = EventWire.encode(decoded.event(), decoded.at());
        EventWire.Decoded again = EventWire.decode(encoded);
        require(Arrays.equals(encoded, EventWire.encode(again.event(), again.at())), "an event changes on its way");
        accepted("wire");
    }

    private static void cursor(String text) {
        Position at;
        try {
            at = Cursor.parse(text);
        } catch (CarillonException e) {
            return;
        }
        require(Cursor.parse(Cursor.of(at)).equals(at), "a cursor changes on its way: " + text);
        accepted("cursor");
    }

    private static void id(String text) {
        EventIds.position(text).ifPresent(at -> require(EventIds.of(at).equals(text), "an id with two forms: " + text));
    }

    private static void position(FuzzedDataProvider data) {
        if (data.consumeBoolean()) {
            Position at = new Position(
                    data.consumeLong(0, Position.MAX_EPOCH),
                    data.consumeLong(0, Position.MAX_SEQUENCE),
                    data.consumeLong(0, Long.MAX_VALUE));
            require(Position.parse(at.text()).equals(at), "a position changes on its way: " + at);
            require(Cursor.parse(Cursor.of(at)).equals(at), "a cursor changes on its way: " + at);
            require(
                    EventIds.position(EventIds.of(at))
                            .filter(p -> p.compareTo(at) == 0)
                            .isPresent(),
                    "an id loses its position: " + at);
            accepted("position");
            return;
        }
        try {
            Position at = Position.parse(data.consumeRemainingAsString());
            require(Position.parse(at.text()).equals(at), "a position changes on its way: " + at);
        } catch (IllegalArgumentException e) {
            // Declared.
        }
    }

    private static void scope(String text) {
        try {
            Scope scope = Scope.parse(text);
            require(Scope.parse(scope.text()).equals(scope), "a scope changes on its way: " + text);
            boolean _ = new Selector(text).matches(scope);
            accepted("scope");
        } catch (CarillonException | IllegalArgumentException e) {
            // Declared.
        }
    }

    private static void tenant(String text) {
        try {
            require(Tenant.ofToken(text).name().equals(text), "a tenant changes on its way: " + text);
            accepted("tenant");
        } catch (CarillonException | IllegalArgumentException e) {
            // Declared.
        }
    }

    private static void broker(FuzzedDataProvider data) {
        String before = data.consumeString(12);
        String text = data.pickValue(List.of("redis://", "rediss://", "nats://", "tls://", "memory:", "")) + before
                + ":" + SECRET + data.consumeString(12) + "@" + data.consumeRemainingAsString();
        String shown;
        try {
            shown = BrokerAddress.parse(text).toString();
            accepted("broker");
        } catch (ConfigException e) {
            shown = String.valueOf(e.getMessage());
        }
        require(!shown.contains(SECRET), "a password is shown");
    }

    private static void token(FuzzedDataProvider data) {
        String text;
        if (data.consumeBoolean()) {
            text = data.consumeRemainingAsString();
        } else {
            String header = data.pickValue(List.of(
                    "{\"alg\":\"HS256\"}",
                    "{\"alg\":\"none\"}",
                    "{\"alg\":\"HS512\"}",
                    "{\"alg\":\"HS256\",\"b64\":false}"));
            String claim = data.pickValue(List.of("carillon", "sub", "exp", "nbf", "aud", "iss"));
            String value = data.pickValue(List.of(
                    "{\"broadcast\":[\"*\"]}",
                    "{\"broadcast\":1}",
                    "{\"read\":[null]}",
                    "{\"tenant\":\"\"}",
                    "1e999",
                    "-1",
                    "[]"));
            String claims =
                    "{\"" + claim + "\":" + (data.consumeBoolean() ? value : data.consumeRemainingAsString()) + "}";
            text = signed(header, claims);
        }
        try {
            AUTHORIZER.authorize(text).toCompletableFuture().join();
            accepted("token");
        } catch (CarillonException e) {
            // Refused at once.
        } catch (CompletionException e) {
            require(e.getCause() instanceof CarillonException, "a token fails with " + e.getCause());
        }
    }

    private static void setting(FuzzedDataProvider data) {
        String key = data.pickValue(KEYS);
        boolean flagAlone = data.consumeInt(0, 3) > 0;
        String separator = data.pickValue(List.of("=", " : ", " ", "\\u", ""));
        String variable = data.pickValue(List.of("X", "CARILLON_PORT", "CARILLON_X", "MERCURE_PUBLISHER_JWT_KEY"));
        String value = text(data);
        KeyFormat.of(value);
        try {
            NodeConfig config = flagAlone
                    ? TestCluster.config("n", "memory", Map.of(key, value))
                    : fromEverySource(key + separator + value, variable, value);
            StartWarnings.of(config);
            accepted("setting");
        } catch (ConfigException e) {
            require(!String.valueOf(e.getMessage()).isBlank(), "an error without a reason");
        }
    }

    /** As a file, variables and flags give them; of the file what Java's properties make of a text. */
    private static NodeConfig fromEverySource(String line, String variable, String value) {
        Properties file = new Properties();
        try {
            file.load(new StringReader(line));
        } catch (IOException | IllegalArgumentException e) {
            throw new ConfigException("config", "file", "must be a properties file");
        }
        Map<String, String> entries = new TreeMap<>();
        file.stringPropertyNames().forEach(name -> entries.put(name, file.getProperty(name)));
        return NodeConfig.of(Settings.join(
                NodeKeys.ALL,
                Map.of("jwt-key", TestCluster.KEY, "secret", "a secret of the tests"),
                Map.of(variable, value),
                entries,
                List.of()));
    }

    private static String text(FuzzedDataProvider data) {
        StringBuilder text = new StringBuilder();
        for (int n = data.consumeInt(0, 4); n > 0; n--) {
            text.append(data.pickValue(List.of(
                    "topic:",
                    "user:",
                    "route:/",
                    "system",
                    "*",
                    "1",
                    "10s",
                    "/",
                    ",",
                    "=",
                    "https://",
                    "127.0.0.1",
                    "0.0.0.0/0",
                    "::1",
                    "-----BEGIN PUBLIC KEY-----",
                    "true",
                    "%",
                    "\u0000",
                    "\ud83d\ude00",
                    "true=1",
                    "a",
                    "-",
                    ":")));
        }
        return text + data.consumeRemainingAsString();
    }

    private static String signed(String header, String claims) {
        Base64.Encoder base64 = Base64.getUrlEncoder().withoutPadding();
        String text = base64.encodeToString(header.getBytes(StandardCharsets.UTF_8)) + "."
                + base64.encodeToString(claims.getBytes(StandardCharsets.UTF_8));
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(TestCluster.KEY.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            return text + "." + base64.encodeToString(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
        } catch (java.security.GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static void accepted(String what, boolean accepted) {
        if (accepted) {
            accepted(what);
        }
    }

    private static void accepted(String what) {
        ACCEPTED.merge(what, 1, Integer::sum);
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }

    public static void fuzzerTearDown() {
        System.out.println("accepted: " + ACCEPTED);
    }
}
