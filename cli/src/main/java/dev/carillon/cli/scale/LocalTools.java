package dev.carillon.cli.scale;

import dev.carillon.cli.base.Console;
import dev.carillon.cli.base.InstalledProxy;
import dev.carillon.cli.base.LocalCertificate;
import dev.carillon.lab.scale.ScaleTools;
import dev.carillon.proxy.files.Site;
import org.jspecify.annotations.Nullable;

/** A certificate and the proxies of this machine, made when a point needs them. For one thread. */
final class LocalTools implements AutoCloseable {
    private final Console console;
    private @Nullable LocalCertificate certificate;

    LocalTools(Console console) {
        this.console = console;
    }

    ScaleTools tools() {
        return new ScaleTools(
                console.commands(),
                () -> {
                    LocalCertificate made = certificate();
                    return new ScaleTools.Certificate(made.certificate(), made.key(), made.trusting());
                },
                point -> new InstalledProxy(
                        InstalledProxy.product(point.proxy()),
                        console.variables(),
                        point.connections(),
                        point.transport().equals("plain")
                                ? new Site.Plain()
                                : new Site.Tls(
                                        certificate().certificate().toString(),
                                        certificate().key().toString())),
                console.err());
    }

    private LocalCertificate certificate() {
        LocalCertificate known = certificate;
        if (known == null) {
            known = LocalCertificate.make();
            certificate = known;
        }
        return known;
    }

    @Override
    public void close() {
        if (certificate != null) {
            certificate.close();
        }
    }
}
