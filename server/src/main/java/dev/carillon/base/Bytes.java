package dev.carillon.base;

/** Pieces of bytes. */
public final class Bytes {
    private Bytes() {}

    /** One after the other, in a new array. */
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
