package dev.carillon.proxy.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.proxy.ProxyConfigException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SiteTest {
    private static final Site SITE = Site.of(List.of(URI.create("http://node:8080")));

    @Test
    void a_health_check_that_notices_a_draining_node_too_late_is_refused() {
        refuses(
                () -> new Site.Timing(Duration.ofSeconds(2), 3, Duration.ofSeconds(6), Duration.ofSeconds(60)),
                "health-interval: 2s: must, times health-fall (3), be shorter than drain-notice (6s)");
        assertThat(new Site.Timing(Duration.ofMillis(1_900), 3, Duration.ofSeconds(6), Duration.ofSeconds(60))
                        .healthFall())
                .isEqualTo(3);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", "/", "events", "/a b", "/a\"b", "/a`b", "/a//b", "/a/", "/../b", "/a/..", "/a\nb", "/a{b}", "/a#b",
                "/é"
            })
    void a_path_that_could_change_a_file_is_refused(String path) {
        refuses(() -> new Site.Routes(List.of(path), Optional.empty(), List.of()), "only: ");
        refuses(() -> new Site.StaticFiles(path, "/srv"), "static: ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "srv", "/srv/../etc", "/s rv", "/srv;", "/srv\n}", "/srv$x", "/srv/"})
    void a_file_that_could_change_a_file_is_refused(String file) {
        refuses(() -> new Site.StaticFiles("/assets", file), "static: ");
        refuses(() -> new Site.Tls(file, "/key"), "tls-certificate: ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a b", "a`", "-a", "a..b", "a_b", "*.example.com", ""})
    void a_domain_that_is_no_name_of_a_host_is_refused(String domain) {
        refuses(() -> new Site.Domain(domain), "domain: ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a b", "::1", "[::1", "0.0.0.0;", "a\n"})
    void an_address_that_could_change_a_file_is_refused(String host) {
        refuses(() -> new Site.Listen(host, 80), "host: ");
    }

    @Test
    void health_check_and_cookie_are_below_the_base_path_of_the_nodes() {
        Site below = Site.of(List.of(URI.create("http://10.0.0.1:8080"))).withBasePath("/my/app");
        for (Product product : Product.values()) {
            String text = ProxyFiles.write(product, below, Optional.empty()).stream()
                    .map(ConfigFile::text)
                    .collect(Collectors.joining());
            assertThat(text).as(product.toString()).doesNotContain(" /_health");
            if (product != Product.NGINX) {
                assertThat(text).as(product.toString()).contains(" /my/app/_health");
            }
            if (product == Product.TRAEFIK) {
                assertThat(text).contains("path: /my/app\n");
            }
        }
        assertThat(SITE.withBasePath("/").basePath()).isEmpty();
        for (String path : List.of("//evil", "https://evil.example", "app", "/a b", "/a/")) {
            refuses(() -> SITE.withBasePath(path), "base-path: ");
        }
    }

    @Test
    void an_embedding_cookie_needs_https() {
        refuses(() -> SITE.withCookie(new Site.Cookie(false, true)), "embedding: true: needs HTTPS");
        assertThat(SITE.withCookie(new Site.Cookie(true, true)).cookieAttributes())
                .isEqualTo("; Path=/; HttpOnly; SameSite=None; Secure; Partitioned");
    }

    @Test
    void an_application_needs_paths_for_the_nodes() {
        refuses(
                () -> new Site.Routes(List.of(), Optional.of(URI.create("http://app:1")), List.of()),
                "application: http://app:1: needs only");
    }

    @Test
    void a_proxy_refuses_a_site_that_it_cannot_serve() {
        Site files = SITE.withRoutes(
                new Site.Routes(List.of(), Optional.empty(), List.of(new Site.StaticFiles("/assets", "/srv"))));
        Site domain = SITE.withSecurity(new Site.Domain("example.com"));
        refuses(() -> ProxyFiles.write(Product.HAPROXY, files, Optional.empty()), "static: /assets: HAProxy");
        refuses(() -> ProxyFiles.write(Product.TRAEFIK, files, Optional.empty()), "static: /assets: Traefik");
        refuses(() -> ProxyFiles.write(Product.HAPROXY, domain, Optional.empty()), "domain: example.com: HAProxy");
        refuses(
                () -> ProxyFiles.write(Product.NGINX, domain, Optional.of(Version.of("1.30"))),
                "domain: example.com: nginx");
        refuses(
                () -> ProxyFiles.write(Product.NGINX, SITE, Optional.empty()),
                "node: http://node:8080: must have an IP address");
        refuses(
                () -> ProxyFiles.write(
                        Product.HAPROXY,
                        SITE.withSecurity(new Site.Tls("/etc/site.pem", "/etc/key.pem")),
                        Optional.empty()),
                "tls-key: /etc/key.pem: must, for HAProxy,");
        refuses(
                () -> ProxyFiles.write(Product.CADDY, SITE, Optional.of(Version.of("2.5"))),
                "proxy-version: 2.5: must be 2.6 or newer");
        refuses(() -> Product.named("apache"), "proxy: apache: must be one of haproxy, caddy, nginx, traefik");
    }

    private static void refuses(ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOf(ProxyConfigException.class).hasMessageStartingWith(message);
    }
}
