package dev.carillon.cluster;

import dev.carillon.secret.Secrets;

/**
 * Signs and verifies the parts of a body that is streamed. Each signature covers the nonce of the call and the index of the part, so no part can be changed, left
 * out, repeated or moved to another call. Immutable.
 */
record CallParts(Secrets secrets, String nonce) {
    /** Size limit of a part. */
    static final int MAX_BYTES = 16 * 1024;
    /** An HMAC of 256 bits in Base64. */
    static final int SIGNATURE_BYTES = 43;
    /** Length and signature. */
    static final int HEAD_BYTES = Integer.BYTES + SIGNATURE_BYTES;

    private static final String PURPOSE = "node-call-part";

    /** @param part an empty one ends the body */
    String sign(long index, byte[] part) {
        return secrets.sign(PURPOSE, signed(index, part));
    }

    boolean verify(long index, byte[] part, String signature) {
        return secrets.verify(PURPOSE, signed(index, part), signature);
    }

    private String signed(long index, byte[] part) {
        return "carillon-call-part\n" + nonce + "\n" + index + "\n" + CallHeader.digest(part);
    }
}
