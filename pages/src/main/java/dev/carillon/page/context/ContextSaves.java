package dev.carillon.page.context;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Threads;
import dev.carillon.page.journal.ContextJournal;
import dev.carillon.page.journal.JournalEntry;
import dev.carillon.page.journal.JournalText;
import dev.carillon.page.journal.Journals;
import dev.carillon.page.journal.RecentActions;
import dev.carillon.scope.Scope;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What of a context outlives its node: its journal, unless the page lives in memory only, and the keys of its actions. Thread-safe. */
public final class ContextSaves {
    private static final Duration CLAIM_PAUSE = Duration.ofMillis(100);
    private static final Logger LOGGER = LoggerFactory.getLogger(ContextSaves.class);

    private final PageContext context;
    private final JournalEntry.Owner owner;
    private final RecentActions actions = new RecentActions();
    private final Threads threads;
    /** Null: the page lives in memory only. Set while the page is declared. */
    private volatile @Nullable ContextJournal journal;

    private volatile boolean revived;
    /** Whether a signal has changed since the last state was taken. */
    private volatile boolean changed;
    /** Of the last state; the set of a context is replaced when it changes. Guarded by the lock of the context. */
    private Set<Scope> joined = Set.of();

    ContextSaves(PageContext context, JournalEntry.Owner owner, ContextServices services) {
        this.context = context;
        this.owner = owner;
        this.threads = services.platform().threads();
        this.journal = new ContextJournal(
                services.journals(),
                context.owner().tenant(),
                context.id(),
                owner.life(),
                services.platform().nanoTime(),
                () -> {
                    context.moved();
                    services.onMoved().accept(context);
                });
    }

    void memoryOnly() {
        journal = null;
    }

    /** Whether the context has a journal. */
    public boolean isSaved() {
        return journal != null;
    }

    /** Whether another node owns the context. */
    boolean hasMoved() {
        ContextJournal own = journal;
        return own != null && own.isMoved();
    }

    /** Whether the context was one of another node, or has ended here before. */
    boolean isRevived() {
        return revived;
    }

    public RecentActions actions() {
        return actions;
    }

    /** The page is about to be declared again. */
    void revive(Journals.Found saved) {
        revived = true;
        actions.restore(saved.entry().actions());
        ContextJournal own = journal;
        if (own != null) {
            own.begin(saved.bytes(), saved.revision());
        }
    }

    /** The page is declared: gives it the state that was saved. */
    void restore(JournalEntry saved) {
        context.parts().restore(saved.signals());
        context.events().restore(saved.joined());
    }

    /** A signal has changed. */
    void changed() {
        changed = true;
    }

    /** Whether the last state may be an old one. Holds the lock of the context. */
    @SuppressWarnings("ReferenceEquality")
    private boolean isOld(ContextJournal own) {
        return changed || !own.hasState() || joined != context.events().joined();
    }

    private byte[] state() {
        changed = false;
        joined = context.events().joined();
        return JournalText.write(new JournalEntry(
                owner,
                new JournalEntry.Client(
                        context.owner().session(), context.owner().user()),
                context.source(),
                context.parts().texts(),
                joined,
                actions.known()));
    }

    /** A turn begins: the state before it is the one to which an action may be said to begin. Holds the lock of the context. */
    void before() {
        ContextJournal own = journal;
        if (own != null && !own.hasState()) {
            own.state(state());
        }
    }

    /**
     * A turn has ended. An action is saved at once, other code soon. Holds the lock of the context.
     *
     * @param action key of the action; null: it was no action
     * @return why an action could not be saved; null: it is
     */
    @Nullable
    CarillonException after(@Nullable String action) {
        if (action != null) {
            actions.ended(action);
        }
        ContextJournal own = journal;
        if (own == null) {
            return null;
        }
        try {
            if (action != null || isOld(own)) {
                own.state(state());
            }
            if (action != null) {
                own.save();
            } else {
                CompletableFuture<?> _ = own.saveLater();
            }
            return null;
        } catch (CarillonException e) {
            if (action == null) {
                LOGGER.atWarn().addKeyValue("context", context.id()).log("a page is not saved: {}", e.getMessage());
                return null;
            }
            return e;
        }
    }

    /**
     * Saves that an action begins to have an effect outside of the tab. While the store does not answer, it tries again: the time limit of the action interrupts
     * it.
     */
    void claim(String action) {
        ContextJournal own = journal;
        while (own != null) {
            try {
                own.claim(action);
                return;
            } catch (CarillonException e) {
                if (e.code() != ErrorCode.BROKER_UNAVAILABLE && e.code() != ErrorCode.OVERLOADED) {
                    throw e;
                }
                threads.pause(CLAIM_PAUSE);
                if (Thread.currentThread().isInterrupted()) {
                    throw e;
                }
            }
        }
    }

    /** Saves what could not be saved before. */
    public void save() {
        ContextJournal own = journal;
        if (own != null) {
            own.save();
        }
    }

    /** Saves the state although no action ran, and does not wait. A running action saves it at its end. */
    CompletableFuture<Void> saveIdle() {
        ContextJournal own = journal;
        if (own == null || !context.isBuilt() || !context.lock().tryLock()) {
            return CompletableFuture.completedFuture(null);
        }
        try {
            own.state(state());
            return own.rewrite();
        } catch (CarillonException e) {
            LOGGER.atDebug().addKeyValue("context", context.id()).log("a page is not saved: {}", e.getMessage());
            return CompletableFuture.completedFuture(null);
        } finally {
            context.lock().unlock();
            context.refresh();
        }
    }

    /** Saves the last state of a context that has ended, if it has been saved before: most pages that never had a stream are left for good. */
    CompletableFuture<Void> saveLast() {
        ContextJournal own = journal;
        return own != null && own.hasState() ? saveIdle() : CompletableFuture.completedFuture(null);
    }

    /** Lets the journal live on. */
    CompletableFuture<Void> renew() {
        ContextJournal own = journal;
        return own == null ? CompletableFuture.completedFuture(null) : own.renew();
    }

    /**
     * Saves the state when the code that runs has ended, and gives the context up to any other node.
     *
     * @throws CarillonException {@code overloaded} when it does not end in time, and as {@link ContextJournal#save}
     */
    public void handOver(Duration limit) {
        context.lockWithin(limit);
        try {
            ContextJournal own = journal;
            if (own == null || context.isClosed() || !context.isBuilt()) {
                throw context.gone();
            }
            own.state(state());
            own.save();
            own.leave();
            context.moved();
        } finally {
            context.lock().unlock();
        }
    }
}
