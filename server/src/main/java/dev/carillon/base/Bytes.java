package dev.carillon.base;

/** Operations on byte arrays. */
public final class Bytes {
    private Bytes() {}

    /** Concatenates arrays into a new one. */
    public static byte[] join(byte[]... pieces) {
        int length = 0;
        for (byte[] piece : pieces) {
            length += piece.length;
        }
        byte[] all = new byte[length];
        int at = 0;
        for (byte[] piece : pieces) {
            System.arraycopy(piece, 0, all, at, piece.length);
            at += piece.length;
        }
        return all;
    }
}
