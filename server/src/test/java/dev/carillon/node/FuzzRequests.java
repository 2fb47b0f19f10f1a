package dev.carillon.node;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import dev.carillon.mercure.MercureHub;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Builds requests to a hub from fuzzer input; most are nearly valid. */
final class FuzzRequests {
    private static final String[] FIELDS = {
        "topic",
        "topic",
        "topic",
        "data",
        "id",
        "type",
        "retry",
        "private",
        "lastEventID",
        "last_event_id",
        "Last-Event-ID",
        "lastEventId",
        "authorization",
        "match",
        "",
    };
    private static final String[] PIECES = {
        "https://t.test/",
        "1",
        "{x}",
        "{+x}",
        "{/x*}",
        "{?a,b*}",
        "{x:3}",
        "{",
        "}",
        "*",
        "/",
        "%",
        "%2F",
        "%ff",
        "ü",
        "\ud83d\ude00",
        "\n",
        "\r",
        "\u0000",
        "\u2028",
        "/.well-known/mercure",
        "/.well-known/mercure/subscriptions/",
        "earliest",
        "urn:uuid:",
        "event: x",
        "c1.",
        "-1",
        "99999999999999999999",
        "x=",
    };
    private static final String[] CLAIMS = {
        "{\"mercure\":{\"publish\":[\"*\"],\"subscribe\":[\"*\"]}}",
        "{\"mercure\":{\"publish\":[]}}",
        "{\"mercure\":{\"subscribe\":[\"https://t.test/{x}\"],\"payload\":{\"a\":[1]}}}",
        "{\"https://mercure.rocks/\":{\"publish\":[\"https://t.test/{+x}\"]}}",
        "{\"mercure\":\"x\"}",
        "{\"mercure\":{\"publish\":\"*\"}}",
        "{\"mercure\":{\"publish\":[1,null,{}]}}",
        "{\"mercure\":{\"publish\":[\"*\"]},\"exp\":1}",
        "{\"mercure\":{\"publish\":[\"*\"]},\"exp\":\"x\"}",
        "{\"mercure\":{\"publish\":[\"*\"]},\"exp\":9e300}",
        "{\"mercure\":{\"publish\":[\"*\"]},\"nbf\":9999999999}",
        "{\"mercure\":{\"publish\":[\"*\"]},\"carillon\":{\"tenant\":\"{a b\"}}",
        "[]",
    };
    private static final String[] HEADERS = {
        "{\"alg\":\"HS256\"}", "{\"alg\":\"HS256\",\"typ\":\"JWT\"}", "{\"alg\":\"none\"}", "{\"alg\":\"HS512\"}",
                "{\"alg\":\"RS256\"}",
        "{\"alg\":\"HS256\",\"zip\":\"DEF\"}", "{\"alg\":\"HS256\",\"crit\":[\"x\"]}", "{\"alg\":1}", "{}", "[",
    };
    private static final String[] TYPES = {
        "application/x-www-form-urlencoded",
        "application/x-www-form-urlencoded; charset=latin1",
        "application/json",
        "",
        ";",
    };

    static final String GOOD_TOKEN = signed(HEADERS[0], CLAIMS[0]);

    private final FuzzedDataProvider data;

    FuzzRequests(FuzzedDataProvider data) {
        this.data = data;
    }

    byte[] subscription() {
        StringBuilder request = new StringBuilder("GET ")
                .append(MercureHub.PATH)
                .append('?')
                .append(data.consumeInt(0, 9) == 9 ? raw() : form(true))
                .append(" HTTP/1.1\r\nHost: localhost\r\n");
        authorization(request);
        if (data.consumeBoolean()) {
            request.append("Last-Event-ID: ").append(headerText(text())).append("\r\n");
        }
        return request.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    byte[] publication() {
        StringBuilder head =
                new StringBuilder("POST ").append(MercureHub.PATH).append(" HTTP/1.1\r\nHost: localhost\r\n");
        authorization(head);
        String type = data.consumeInt(0, 9) == 9 ? data.pickValue(TYPES) : TYPES[0];
        head.append("Content-Type: ").append(type).append("\r\n");
        byte[] body = data.consumeInt(0, 9) == 9
                ? data.consumeBytes(200)
                : form(data.consumeInt(0, 9) < 9).getBytes(StandardCharsets.ISO_8859_1);
        head.append("Content-Length: ").append(body.length).append("\r\n\r\n");
        ByteArrayOutputStream request = new ByteArrayOutputStream();
        request.writeBytes(head.toString().getBytes(StandardCharsets.ISO_8859_1));
        request.writeBytes(body);
        return request.toByteArray();
    }

    /** @param encoded whether values are as a form has them */
    private String form(boolean encoded) {
        StringBuilder form = new StringBuilder();
        for (int n = data.consumeInt(0, 6); n > 0; n--) {
            String value = text();
            form.append(form.isEmpty() ? "" : "&")
                    .append(data.consumeInt(0, 9) == 9 ? target(data.consumeString(6)) : data.pickValue(FIELDS))
                    .append('=')
                    .append(encoded ? Hub.encoded(value) : target(value));
        }
        return form.toString();
    }

    private void authorization(StringBuilder head) {
        switch (data.consumeInt(0, 9)) {
            case 9 -> head.append("Authorization: ").append(headerText(text())).append("\r\n");
            case 8 ->
                head.append("Cookie: mercureAuthorization=")
                        .append(headerText(token()))
                        .append("\r\nOrigin: ")
                        .append(data.consumeBoolean() ? "http://localhost" : headerText(text()))
                        .append("\r\n");
            case 5, 6, 7 ->
                head.append("Authorization: Bearer ")
                        .append(headerText(token()))
                        .append("\r\n");
            case 4 -> {
                // None.
            }
            default -> head.append("Authorization: Bearer ").append(GOOD_TOKEN).append("\r\n");
        }
    }

    private String token() {
        if (data.consumeInt(0, 3) == 0) {
            String token = GOOD_TOKEN;
            int at = data.consumeInt(0, token.length());
            return token.substring(0, at)
                    + data.consumeString(4)
                    + token.substring(Math.min(token.length(), at + data.consumeInt(0, 3)));
        }
        String header = data.consumeInt(0, 3) == 0 ? data.pickValue(HEADERS) : HEADERS[0];
        String claims = data.pickValue(CLAIMS);
        if (data.consumeBoolean()) {
            int at = data.consumeInt(0, claims.length());
            claims = claims.substring(0, at) + text() + claims.substring(at);
        }
        return signed(header, claims);
    }

    private String text() {
        StringBuilder text = new StringBuilder();
        for (int n = data.consumeInt(0, 5); n > 0; n--) {
            String piece = data.consumeInt(0, 3) == 0 ? data.consumeString(10) : data.pickValue(PIECES);
            text.repeat(piece, data.consumeInt(0, 19) == 0 ? data.consumeInt(1, 300) : 1);
        }
        return text.toString();
    }

    /** Anything but what ends the request line, or a part of it. */
    private String raw() {
        return target(new String(data.consumeBytes(100), StandardCharsets.ISO_8859_1));
    }

    private static String target(String text) {
        return bytes(text).replaceAll("[\\r\\n\\x00 ]", "");
    }

    private static String headerText(String text) {
        return bytes(text).replaceAll("[\\r\\n\\x00]", "");
    }

    /** A character for each byte in UTF-8. */
    private static String bytes(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    private static String signed(String header, String claims) {
        String text = base64(header) + "." + base64(claims);
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(TestCluster.KEY.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            byte[] signature = mac.doFinal(text.getBytes(StandardCharsets.US_ASCII));
            return text + "." + Base64.getUrlEncoder().withoutPadding().encodeToString(signature);
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static String base64(String text) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
