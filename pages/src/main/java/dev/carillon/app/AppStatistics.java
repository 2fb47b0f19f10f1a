package dev.carillon.app;

/**
 * Figures of an application on the nodes of this process, since their start.
 *
 * @param contexts open now
 * @param sharedRenders of views of shared scopes
 * @param tabRenders of views of a tab
 * @param cacheHits views of shared scopes that a tab took as they were when it opened
 * @param patches events with patches
 * @param actions that ran
 */
public record AppStatistics(
        long contexts, long sharedRenders, long tabRenders, long cacheHits, long patches, long actions) {
    static final AppStatistics NONE = new AppStatistics(0, 0, 0, 0, 0, 0);

    AppStatistics plus(AppStatistics other) {
        return new AppStatistics(
                contexts + other.contexts,
                sharedRenders + other.sharedRenders,
                tabRenders + other.tabRenders,
                cacheHits + other.cacheHits,
                patches + other.patches,
                actions + other.actions);
    }
}
