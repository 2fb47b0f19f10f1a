package dev.carillon.cluster;

import dev.carillon.secret.Secrets;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Base64;

/** Signs the calls of one life of a node. Thread-safe. */
public final class CallSigner {
    /** The header that holds the signature, and what is signed. */
    public static final String HEADER = CallHeader.NAME;

    private static final int NONCE_BYTES = 16;

    private final SecureRandom random;
    private final Secrets secrets;
    private final Self self;
    private final InstantSource clock;

    /** One life of a node. */
    public record Self(String id, long generation) {}

    public CallSigner(Secrets secrets, Self self, InstantSource clock, SecureRandom random) {
        this.random = random;
        this.secrets = secrets;
        this.self = self;
        this.clock = clock;
    }

    /**
     * The header of one call; a second call needs another.
     *
     * @param path with the query, as it is sent
     */
    public String sign(Self callee, String method, String path, byte[] body) {
        byte[] nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        CallHeader header = new CallHeader(
                self.id(),
                self.generation(),
                callee.id(),
                callee.generation(),
                clock.millis(),
                Base64.getUrlEncoder().withoutPadding().encodeToString(nonce),
                CallHeader.digest(body));
        return header.text(secrets.sign(CallHeader.PURPOSE, header.signed(method, path)));
    }

    /** Whether no other node can verify what this one signs, as its secret was made for this process. */
    boolean isAlone() {
        return secrets.isRandom();
    }

    Self self() {
        return self;
    }
}
