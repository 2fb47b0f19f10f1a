package dev.carillon.cluster;

import dev.carillon.secret.Secrets;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Base64;

/** Signs the calls of one generation of a node. Thread-safe. */
public final class CallSigner {
    /** Name of the header with the signature and the signed fields. */
    public static final String HEADER = CallHeader.NAME;

    private static final int NONCE_BYTES = 16;

    private final SecureRandom random;
    private final Secrets secrets;
    private final NodeIdentity self;
    private final InstantSource clock;

    /** A generation of a node. */
    public record NodeIdentity(String id, long generation) {}

    public CallSigner(Secrets secrets, NodeIdentity self, InstantSource clock, SecureRandom random) {
        this.random = random;
        this.secrets = secrets;
        this.self = self;
        this.clock = clock;
    }

    /**
     * Signs one call; every call needs a header of its own.
     *
     * @param path path with query, as sent
     */
    public String sign(NodeIdentity callee, String method, String path, byte[] body) {
        return signStream(callee, method, path, body).header();
    }

    /**
     * The signatures of a call with a streamed body.
     *
     * @param header covers the head
     * @param parts signs what follows the head
     */
    record Stream(String header, CallParts parts) {}

    /** As {@link #sign}, for a call whose body has a head, and parts that are not known yet. */
    Stream signStream(NodeIdentity callee, String method, String path, byte[] head) {
        byte[] nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        CallHeader header = new CallHeader(
                self.id(),
                self.generation(),
                callee.id(),
                callee.generation(),
                clock.millis(),
                Base64.getUrlEncoder().withoutPadding().encodeToString(nonce),
                CallHeader.digest(head));
        return new Stream(
                header.text(secrets.sign(CallHeader.PURPOSE, header.signed(method, path))),
                new CallParts(secrets, header.nonce()));
    }

    /** Whether the secret was generated for this process, so that no other node can verify these signatures. */
    boolean hasRandomSecret() {
        return secrets.isRandom();
    }

    NodeIdentity self() {
        return self;
    }
}
