package dev.carillon.page.signal;

import dev.carillon.scope.Scope;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;

/** The rendering of one view, which notes the signals that it reads. For one thread. */
public final class Rendering {
    private static final ScopedValue<Rendering> CURRENT = ScopedValue.newInstance();

    private final String view;
    private final Scope scope;
    private final Consumer<SignalKey> onRead;
    private final Set<SignalKey> reads = new HashSet<>();

    /** @param onRead called before the first read of each signal, so that no change after that read is missed */
    public Rendering(String view, Scope scope, Consumer<SignalKey> onRead) {
        this.view = view;
        this.scope = scope;
        this.onRead = onRead;
    }

    public String run(ScopedValue.CallableOp<String, RuntimeException> render) {
        return ScopedValue.where(CURRENT, this).call(render);
    }

    public Set<SignalKey> reads() {
        return reads;
    }

    /** Called before the value of a signal is read. */
    public static void reading(SignalKey key) {
        if (CURRENT.isBound()) {
            CURRENT.get().read(key);
        }
    }

    /** Called before the value of a signal is changed. */
    static void changing(SignalKey key) {
        if (CURRENT.isBound()) {
            throw new IllegalStateException(
                    "view \"" + CURRENT.get().view + "\" changes " + key + ": only actions may change signals");
        }
    }

    private void read(SignalKey key) {
        if (isNarrower(key.scope(), scope)) {
            throw new IllegalStateException("view \"" + view + "\" of scope " + scope + " reads " + key
                    + ", which is narrower: give the view the scope of the signal");
        }
        if (reads.add(key)) {
            onRead.accept(key);
        }
    }

    /** Whether clients of {@code wide} may have different values of a signal of {@code scope}. */
    private static boolean isNarrower(Scope scope, Scope wide) {
        int rank = rank(scope.kind());
        int wideRank = rank(wide.kind());
        return rank < wideRank || rank == wideRank && scope.kind().personal() && !scope.equals(wide);
    }

    private static int rank(Scope.Kind kind) {
        return switch (kind) {
            case TAB -> 0;
            case SESSION -> 1;
            case USER -> 2;
            case ROUTE, TOPIC -> 3;
            case GLOBAL, SYSTEM -> 4;
        };
    }
}
