package dev.carillon.lab.scale;

import dev.carillon.lab.cluster.Commands;
import dev.carillon.lab.cluster.OtherProxy;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;

/**
 * What the run of a point needs from its caller.
 *
 * @param certificate makes the certificate for points with TLS, once
 * @param proxies of other projects
 * @param log receives the output of the processes and progress lines
 */
public record ScaleTools(Commands commands, Supplier<Certificate> certificate, Proxies proxies, PrintStream log) {
    /**
     * A certificate of this machine.
     *
     * @param file PEM
     * @param key PKCS#8 PEM
     * @param context trusts it
     */
    public record Certificate(Path file, Path key, SSLContext context) {}

    /** Finds proxies of other projects. */
    public interface Proxies {
        OtherProxy of(ScalePoint point);
    }
}
