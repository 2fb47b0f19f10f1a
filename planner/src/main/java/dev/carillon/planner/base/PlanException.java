package dev.carillon.planner.base;

/** A wish that cannot be planned. The message is one sentence: what stands against the wish, or which value breaks which rule. */
public final class PlanException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public PlanException(String message) {
        super(message);
    }
}
