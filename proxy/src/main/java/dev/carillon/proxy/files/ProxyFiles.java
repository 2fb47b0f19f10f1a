package dev.carillon.proxy.files;

import dev.carillon.proxy.ProxyConfigException;
import java.util.List;
import java.util.Optional;

/** Writes the configuration files of a proxy. */
public final class ProxyFiles {
    private ProxyFiles() {}

    /**
     * Writes the files for a site.
     *
     * @param version the oldest version that must read them; empty: the oldest that is supported. Newer versions read them too
     * @throws ProxyConfigException when the version is too old, or the proxy cannot do what the site needs
     */
    public static List<ConfigFile> write(Product product, Site site, Optional<Version> version) {
        Version wanted = version.orElse(product.oldest());
        if (wanted.compareTo(product.oldest()) < 0) {
            throw new ProxyConfigException(
                    "proxy-version", wanted, "must be " + product.oldest() + " or newer for " + product.title());
        }
        return switch (product) {
            case HAPROXY -> HaproxyFile.write(site, wanted);
            case CADDY -> CaddyFile.write(site, wanted);
            case NGINX -> NginxFile.write(site, wanted);
            case TRAEFIK -> TraefikFiles.write(site, wanted);
        };
    }
}
