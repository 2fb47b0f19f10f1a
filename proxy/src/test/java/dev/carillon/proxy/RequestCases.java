package dev.carillon.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.proxy.files.Site;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;

/** Cases about requests: routes, headers, limits, logs. */
final class RequestCases {
    private RequestCases() {}

    static void forwarded(ProxyContract contract) throws Exception {
        TestNode node = contract.node();
        RunningProxy proxy = contract.run(ProxyContract.site(node));
        contract.await(() -> contract.get(
                        proxy,
                        "/",
                        String.join(
                                "\r\n",
                                "X-Forwarded-For: 203.0.113.9",
                                "X-Forwarded-Proto: https",
                                "X-Forwarded-Host: evil.test",
                                "X-Forwarded-Port: 1",
                                "Forwarded: for=203.0.113.9",
                                ""))
                .isFrom(node));

        TestNode.Request request = node.requests.getLast();
        assertThat(request.header("X-Forwarded-For")).containsExactly("127.0.0.1");
        assertThat(request.header("X-Forwarded-Proto")).containsExactly("http");
        assertThat(request.header("X-Forwarded-Host")).containsExactly("proxy.test");
        assertThat(request.header("X-Forwarded-Port")).doesNotContain("1");
        assertThat(request.header("Forwarded")).isEmpty();
        assertThat(request.header("Host")).containsExactly("proxy.test");
    }

    static void target(ProxyContract contract) throws Exception {
        TestNode node = contract.node();
        RunningProxy proxy = contract.run(ProxyContract.site(node));
        String target = "/a%2Fb//c%20d/?topic=x%2Fy&q=a+b%20c&topic=%C3%A9";
        contract.await(() -> contract.get(proxy, target, "").isFrom(node));

        assertThat(node.requests.getLast().target()).isEqualTo(target);
    }

    static void bodyLimit(ProxyContract contract) throws Exception {
        TestNode node = contract.node();
        RunningProxy proxy = contract.run(ProxyContract.site(node).withLimits(new Site.Limits(1_000, 200)));
        contract.await(() -> contract.get(proxy, "/", "").isFrom(node));

        try (RawClient client = contract.client(proxy)) {
            client.send("POST /large HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 1001\r\n\r\n"
                    + "x".repeat(1_001));
            assertThat(ProxyContract.answer(client).status()).isEqualTo(413);
        }
        try (RawClient client = contract.client(proxy)) {
            client.send("POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 1000\r\n\r\n"
                    + "x".repeat(1_000));
            assertThat(ProxyContract.answer(client).isFrom(node)).isTrue();
        }
    }

    static void longHead(ProxyContract contract) throws Exception {
        TestNode node = contract.node();
        RunningProxy proxy = contract.run(ProxyContract.site(node));
        String value = "x".repeat(16 * 1024);

        contract.await(
                () -> contract.get(proxy, "/", "X-Long: " + value + "\r\n").isFrom(node));
        assertThat(node.requests.getLast().header("X-Long")).containsExactly(value);
    }

    static void slowHead(ProxyContract contract) throws Exception {
        TestNode node = contract.node();
        RunningProxy proxy = contract.run(ProxyContract.site(node));
        contract.await(() -> contract.get(proxy, "/", "").isFrom(node));
        RawClient client = contract.client(proxy);
        client.send("GET / HTTP/1.1\r\nHost: h\r\nX-");

        // The proxy may answer 408 first.
        String _ = client.rest();
        assertThat(node.requests).noneMatch(request -> !request.header("X-").isEmpty());
    }

    static void logs(ProxyContract contract) throws Exception {
        TestNode node = contract.node();
        TestNode.Answer plain = node.answer;
        node.answer = (request, socket) -> {
            if (request.target().startsWith("/fails")) {
                socket.close();
            } else {
                plain.to(request, socket);
            }
        };
        RunningProxy proxy = contract.run(ProxyContract.site(node));
        contract.await(() -> contract.get(proxy, "/", "").isFrom(node));
        String headers =
                "Authorization: Bearer T0KEN\r\nCookie: session=T0KEN\r\nReferer: http://h/?authorization=T0KEN\r\n";
        for (String path : List.of("/events", "/fails", "/%zz", "/events")) {
            try (RawClient client = contract.client(proxy)) {
                ProxyContract.answer(client.get(path + "?authorization=T0KEN", headers + "Connection: close\r\n"));
            }
        }
        try (RawClient client = contract.client(proxy)) {
            ProxyContract.answer(client.send("GET /?authorization=T0KEN HTTP/1.1\r\nHost: h\r\nA b: T0KEN\r\n\r\n"));
        }
        node.die();
        ProxyContract.Answer _ = contract.get(proxy, "/gone?authorization=T0KEN", headers);
        proxy.close();

        assertThat(proxy.output()).doesNotContain("T0KEN");
    }

    static void only(ProxyContract contract) throws Exception {
        TestNode node = contract.node();
        TestNode application = contract.node();
        RunningProxy proxy = contract.run(ProxyContract.site(node)
                .withRoutes(new Site.Routes(
                        List.of("/.well-known/mercure", "/events"), Optional.of(application.url()), List.of())));

        contract.await(() -> contract.get(proxy, "/events?a=b", "").isFrom(node));
        assertThat(contract.get(proxy, "/.well-known/mercure/subscriptions", "").isFrom(node))
                .isTrue();
        for (String path : List.of("/", "/events2", "/event", "/.well-known/", "/broadcast", "/_health")) {
            ProxyContract.Answer answer = contract.get(proxy, path, "");
            // The test node itself answers the health check.
            assertThat(path.equals("/_health") || answer.isFrom(application))
                    .as(path)
                    .isTrue();
        }

        RunningProxy alone = contract.run(
                ProxyContract.site(node).withRoutes(new Site.Routes(List.of("/events"), Optional.empty(), List.of())));
        contract.await(() -> contract.get(alone, "/events", "").isFrom(node));
        assertThat(contract.get(alone, "/broadcast", "").status()).isEqualTo(404);
    }

    static void files(ProxyContract contract) throws Exception {
        TestNode node = contract.node();
        Path served = Files.createDirectory(contract.dir.resolve("public"));
        Files.setPosixFilePermissions(contract.dir, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.setPosixFilePermissions(served, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.writeString(served.resolve("page.css"), "body {}");
        Files.writeString(contract.dir.resolve("secret"), "secret");
        RunningProxy proxy = contract.run(ProxyContract.site(node)
                .withRoutes(new Site.Routes(
                        List.of(), Optional.empty(), List.of(new Site.StaticFiles("/assets", served.toString())))));

        ProxyContract.Answer file = contract.get(proxy, "/assets/page.css", "");
        assertThat(file.status()).isEqualTo(200);
        assertThat(file.rest()).contains("body {}");
        assertThat(file.head().header("Content-Type").getFirst()).startsWith("text/css");
        assertThat(contract.get(proxy, "/assets/none.css", "").status()).isEqualTo(404);
        for (String path :
                List.of("/assets/../secret", "/assets/%2e%2e/secret", "/assets/..%2fsecret", "/assets../secret")) {
            assertThat(contract.get(proxy, path, "").rest()).as(path).doesNotContain("secret");
        }
        contract.await(() -> contract.get(proxy, "/other", "").isFrom(node));
    }
}
