package dev.carillon.proxy;

import dev.carillon.proxy.files.Site;
import java.nio.file.Path;
import java.util.Map;

/** The contract for the embedded proxy. */
class EmbeddedContractIT extends ProxyContract {
    @Override
    String title() {
        return "embedded";
    }

    @Override
    RunningProxy start(Site site) throws InterruptedException {
        if (!site.routes().equals(Site.Routes.ALL)) {
            throw new ProxyConfigException("only", site.routes().only(), "the embedded proxy has no routes");
        }
        ProxyConfig config = ProxyConfig.of(site.nodes())
                .withListen(new ProxyConfig.Listen(
                        site.listen().host(), site.listen().port()))
                .withHealth(new ProxyConfig.Health(
                        "/_health",
                        site.timing().healthInterval(),
                        ProxyConfig.Health.DEFAULT.timeout(),
                        site.timing().healthFall()))
                .withLimits(new ProxyConfig.Limits(
                        ProxyConfig.Limits.DEFAULT.connectTimeout(),
                        ProxyConfig.Limits.DEFAULT.responseTimeout(),
                        ProxyConfig.Limits.DEFAULT.idleTimeout(),
                        site.limits().maxConnections(),
                        site.limits().maxBodyBytes()))
                .withSecureCookie(site.cookie().secure())
                .withEmbedding(site.cookie().embedding());
        StickyProxy proxy = StickyProxy.start(
                site.security() instanceof Site.Tls tls
                        ? config.withTls(new ProxyConfig.TlsFiles(Path.of(tls.certificate()), Path.of(tls.key())))
                        : config);
        return new RunningProxy() {
            private boolean closed;

            @Override
            public int port() {
                return proxy.port();
            }

            @Override
            public String output() {
                return "";
            }

            @Override
            public void close() {
                if (!closed) {
                    closed = true;
                    proxy.close();
                }
            }
        };
    }

    @Override
    Map<ProxyCase, String> cannot() {
        return Map.of(
                ProxyCase.ONLY, "It has no routes: all requests go to the nodes.",
                ProxyCase.STATIC, "It serves no files; nodes do (`--static-dir`).");
    }
}
