package dev.carillon.lab.soak;

/** Load on one node, on threads of its own. */
sealed interface Load extends AutoCloseable permits Churn, HealthLoad {
    /** What was done so far, in a few words. */
    String progress();

    @Override
    void close();
}
