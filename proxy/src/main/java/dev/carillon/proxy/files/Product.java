package dev.carillon.proxy.files;

import dev.carillon.proxy.ProxyConfigException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** A proxy of another project. */
public enum Product {
    HAPROXY("HAProxy", "2.6"),
    CADDY("Caddy", "2.6"),
    NGINX("nginx", "1.22"),
    TRAEFIK("Traefik", "3.7");

    private final String title;
    private final String oldest;

    Product(String title, String oldest) {
        this.title = title;
        this.oldest = oldest;
    }

    /** @throws ProxyConfigException for {@code proxy} when there is none of this name */
    public static Product named(String name) {
        return Arrays.stream(values())
                .filter(product -> product.id().equals(name))
                .findFirst()
                .orElseThrow(() -> new ProxyConfigException("proxy", name, "must be one of " + ids()));
    }

    /** The names of all, as {@code haproxy, caddy, …}. */
    public static String ids() {
        return Arrays.stream(values()).map(Product::id).collect(Collectors.joining(", "));
    }

    /** The name in lower case. */
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    public String title() {
        return title;
    }

    /** The oldest version that is supported. */
    Version oldest() {
        return Version.of(oldest);
    }
}
