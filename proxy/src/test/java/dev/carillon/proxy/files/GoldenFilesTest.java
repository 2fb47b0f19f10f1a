package dev.carillon.proxy.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whole files, so that a change of the generator is seen as a change of its output. With {@code carillon.golden.write} it writes them. */
class GoldenFilesTest {
    private static final Path GOLDEN = Path.of("src/test/resources/files");

    private static final Site TWO =
            Site.of(List.of(URI.create("http://10.0.0.1:8080"), URI.create("http://10.0.0.2:8080")));
    private static final Site TLS = TWO.withListen(new Site.Listen("", 443))
            .withSecurity(new Site.Tls("/etc/proxy/site.crt", "/etc/proxy/site.key"));
    private static final Site DOMAIN =
            TWO.withListen(new Site.Listen("", 443)).withSecurity(new Site.Domain("push.example.com"));
    private static final Site BESIDE = TWO.withRoutes(new Site.Routes(
            List.of("/.well-known/mercure"), Optional.of(URI.create("http://127.0.0.1:3000")), List.of()));
    private static final Site FILES = TLS.withRoutes(
            new Site.Routes(List.of(), Optional.empty(), List.of(new Site.StaticFiles("/assets", "/srv/assets"))));

    private record Golden(Product product, String version, Site site) {}

    private static final Map<String, Golden> FILES_BY_NAME = Map.ofEntries(
            Map.entry("haproxy-tls", new Golden(Product.HAPROXY, "2.6", TLS)),
            Map.entry("haproxy-beside", new Golden(Product.HAPROXY, "2.6", BESIDE)),
            Map.entry("caddy-2.6-files", new Golden(Product.CADDY, "2.6", FILES)),
            Map.entry("caddy-2.11-domain", new Golden(Product.CADDY, "2.11", DOMAIN)),
            Map.entry("caddy-2.11-beside", new Golden(Product.CADDY, "2.11", BESIDE)),
            Map.entry("nginx-1.22-tls", new Golden(Product.NGINX, "1.22", TLS)),
            Map.entry(
                    "nginx-1.29.6-embedding",
                    new Golden(Product.NGINX, "1.29.6", FILES.withCookie(new Site.Cookie(false, true)))),
            Map.entry("traefik-tls", new Golden(Product.TRAEFIK, "3.7", TLS)),
            Map.entry("traefik-domain", new Golden(Product.TRAEFIK, "3.7", DOMAIN)));

    static Stream<String> names() {
        return FILES_BY_NAME.keySet().stream().sorted();
    }

    @ParameterizedTest
    @MethodSource("names")
    void generator_writes_the_golden_file(String name) throws IOException {
        Golden golden = Objects.requireNonNull(FILES_BY_NAME.get(name));
        for (ConfigFile file :
                ProxyFiles.write(golden.product(), golden.site(), Optional.of(Version.of(golden.version())))) {
            Path expected = GOLDEN.resolve(name).resolve(file.name());
            if (Boolean.getBoolean("carillon.golden.write")) {
                Files.createDirectories(expected.getParent());
                Files.writeString(expected, file.text());
            }
            assertThat(file.text()).isEqualTo(Files.readString(expected)).doesNotContain("%d", "\t");
        }
    }
}
