package dev.carillon.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.proxy.files.Site;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** Cases about the sticky cookie. */
final class StickyCases {
    private StickyCases() {}

    static void sticky(ProxyContract contract) throws Exception {
        TestNode first = contract.node();
        TestNode second = contract.node();
        RunningProxy proxy = contract.run(ProxyContract.site(first, second));

        for (TestNode node : List.of(first, second)) {
            String cookie = contract.cookieOf(proxy, node);
            for (int i = 0; i < 10; i++) {
                ProxyContract.Answer answer =
                        contract.get(proxy, "/", "Cookie: a=b; carillon_node=" + cookie + "; c=d\r\n");
                assertThat(answer.isFrom(node)).as("request %s", i).isTrue();
                assertThat(answer.head().cookie()).isIn("", cookie);
            }
        }
        assertThat(attributes(contract.get(proxy, "/", "")))
                .containsExactlyInAnyOrder("path=/", "httponly", "samesite=lax");
    }

    static void secure(ProxyContract contract) throws Exception {
        TestNode node = contract.node();
        RunningProxy proxy = contract.run(ProxyContract.site(node).withCookie(new Site.Cookie(true, false)));
        contract.cookieOf(proxy, node);

        assertThat(attributes(contract.get(proxy, "/", "")))
                .containsExactlyInAnyOrder("path=/", "httponly", "samesite=lax", "secure");
    }

    static void embedding(ProxyContract contract) throws Exception {
        TestNode node = contract.node();
        RunningProxy proxy = contract.run(ProxyContract.site(node).withCookie(new Site.Cookie(true, true)));
        contract.cookieOf(proxy, node);

        assertThat(attributes(contract.get(proxy, "/", "")))
                .containsExactlyInAnyOrder("path=/", "httponly", "samesite=none", "secure", "partitioned");
    }

    static void spread(ProxyContract contract) throws Exception {
        TestNode first = contract.node();
        TestNode second = contract.node();
        RunningProxy proxy = contract.run(ProxyContract.site(first, second));
        Set<String> cookies = new HashSet<>();

        contract.await(() -> cookies.add(contract.get(proxy, "/", "").head().cookie()) && cookies.size() == 2);
        assertThat(first.requests).isNotEmpty();
        assertThat(second.requests).isNotEmpty();
    }

    static void moved(ProxyContract contract) throws Exception {
        TestNode first = contract.node();
        TestNode second = contract.node();
        RunningProxy proxy = contract.run(ProxyContract.site(first, second));
        String cookie = contract.cookieOf(proxy, first);
        first.answer = (request, socket) -> {
            boolean sticky =
                    request.header("Cookie").stream().anyMatch(line -> line.contains("carillon_node=" + cookie));
            String expiry = sticky ? "\r\nSet-Cookie: carillon_node=; Path=/; Max-Age=0; HttpOnly" : "";
            TestNode.send(socket, 200, "text/event-stream" + expiry, first.name() + " ");
        };

        ProxyContract.Answer answer =
                contract.get(proxy, "/", "Accept: text/event-stream\r\nCookie: carillon_node=" + cookie + "\r\n");

        assertThat(answer.isFrom(first)).isTrue();
        assertThat(kept(answer.head().header("Set-Cookie"), cookie)).isEmpty();
    }

    /** The sticky cookie that a browser has after a response; empty: none, or one without a value. */
    private static String kept(List<String> lines, String before) {
        String value = before;
        for (String line : lines) {
            if (line.startsWith("carillon_node=")) {
                boolean ended = line.toLowerCase(Locale.ROOT).contains("max-age=0");
                value = ended ? "" : line.substring("carillon_node=".length(), line.indexOf(';'));
            }
        }
        return value;
    }

    /** Attributes of the sticky cookie that a response sets, in lower case. */
    private static List<String> attributes(ProxyContract.Answer answer) {
        String line = answer.head().header("Set-Cookie").stream()
                .filter(cookie -> cookie.startsWith("carillon_node="))
                .collect(Collectors.joining(", "));
        assertThat(line).isNotEmpty();
        return Arrays.stream(line.split(";", -1))
                .skip(1)
                .map(attribute -> attribute.strip().toLowerCase(Locale.ROOT))
                .toList();
    }
}
