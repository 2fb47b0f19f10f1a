package dev.carillon.transport;

import dev.carillon.base.ConfigException;
import dev.carillon.base.Key;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The PEM files of a node's certificate and key.
 *
 * @param certificate the chain, the node's own certificate first
 * @param key key of the first certificate: PKCS#8, RSA or EC, not encrypted
 */
public record TlsFiles(Path certificate, Path key) {
    public static final Key<String> CERTIFICATE = Key.text(
            "tls-certificate",
            "FILE",
            null,
            "Certificate chain in PEM; serves HTTPS with it, and reloads it when it changes.");
    public static final Key<String> KEY =
            Key.text("tls-key", "FILE", null, "Key of the first certificate, in PKCS#8 PEM, RSA or EC, not encrypted.");

    /**
     * @return empty when neither is given
     * @throws ConfigException for one without the other, and for an invalid path
     */
    public static Optional<TlsFiles> of(Optional<String> certificate, Optional<String> key) {
        if (certificate.isEmpty() && key.isEmpty()) {
            return Optional.empty();
        }
        if (certificate.isEmpty()) {
            throw new ConfigException(CERTIFICATE.name(), "(none)", "must be given together with " + KEY.name());
        }
        if (key.isEmpty()) {
            throw new ConfigException(KEY.name(), "(none)", "must be given together with " + CERTIFICATE.name());
        }
        return Optional.of(new TlsFiles(path(CERTIFICATE, certificate.get()), path(KEY, key.get())));
    }

    private static Path path(Key<?> of, String name) {
        try {
            return Path.of(name);
        } catch (InvalidPathException e) {
            throw new ConfigException(of.name(), name, "must be the path of a file");
        }
    }
}
