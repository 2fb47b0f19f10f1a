package dev.carillon.fanout;

/** How long a hub may hold its I/O thread. */
final class Slice {
    private static final long NANOS = 4_000_000;
    /** So many questions are answered by one look at the clock. */
    private static final int STRIDE = 32;

    private long until;
    private int asked;
    private boolean over;

    void begin() {
        until = System.nanoTime() + NANOS;
        over = false;
    }

    /** Asked before each connection. */
    boolean isOver() {
        return ++asked % STRIDE == 0 ? isOverNow() : over;
    }

    /** After something that took as long as many questions. */
    void look() {
        asked = 0;
        boolean _ = isOverNow();
    }

    boolean isOverNow() {
        over = over || System.nanoTime() - until >= 0;
        return over;
    }
}
