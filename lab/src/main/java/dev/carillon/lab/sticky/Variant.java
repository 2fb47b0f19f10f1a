package dev.carillon.lab.sticky;

/** How a request is routed. */
public enum Variant {
    STICKY(true, true),
    RANDOM(false, true),
    STICKY_WITHOUT_OWNER(true, false),
    RANDOM_WITHOUT_OWNER(false, false);

    private final boolean sticky;
    private final boolean owner;

    Variant(boolean sticky, boolean owner) {
        this.sticky = sticky;
        this.owner = owner;
    }

    /** Whether every request of a tab goes to its node; otherwise each goes to any node. */
    public boolean isSticky() {
        return sticky;
    }

    /** Whether nodes pass actions on to the node of their tab. */
    public boolean hasOwnerRouting() {
        return owner;
    }

    /** Base path of the application that has the owner routing of this variant. */
    String base() {
        return owner ? StickyApps.OWNER : StickyApps.ALONE;
    }
}
