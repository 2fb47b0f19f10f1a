package dev.carillon.transport;

import dev.carillon.base.ConfigException;
import dev.carillon.base.Key;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Certificate and key as PEM files.
 *
 * @param certificate the chain, the node's own certificate first
 * @param key of the first certificate: PKCS#8, RSA or EC, not encrypted
 */
public record TlsFiles(Path certificate, Path key) {
    public static final Key<String> CERTIFICATE = Key.text(
            "tls-certificate",
            "FILE",
            null,
            "Chain of certificates in PEM: clients are served over HTTPS with it; read again when it changes.");
    public static final Key<String> KEY =
            Key.text("tls-key", "FILE", null, "Key of the first certificate, in PKCS#8 PEM, RSA or EC, not encrypted.");

    /**
     * @return empty where neither is given
     * @throws ConfigException for one without the other, and for a name that no file can have
     */
    public static Optional<TlsFiles> of(Optional<String> certificate, Optional<String> key) {
        if (certificate.isEmpty() && key.isEmpty()) {
            return Optional.empty();
        }
        if (certificate.isEmpty()) {
            throw new ConfigException(CERTIFICATE.name(), "(none)", "must be given beside " + KEY.name());
        }
        if (key.isEmpty()) {
            throw new ConfigException(KEY.name(), "(none)", "must be given beside " + CERTIFICATE.name());
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
