package dev.carillon.app;

/**
 * Figures of an application on the nodes of this process, since their start.
 *
 * @param contexts open now
 * @param sharedRenders of views of shared scopes
 * @param tabRenders of views of a tab
 * @param patches events with patches
 * @param actions that ran
 */
public record AppStatistics(long contexts, long sharedRenders, long tabRenders, long patches, long actions) {
    AppStatistics plus(AppStatistics other) {
        return new AppStatistics(
                contexts + other.contexts,
                sharedRenders + other.sharedRenders,
                tabRenders + other.tabRenders,
                patches + other.patches,
                actions + other.actions);
    }
}
