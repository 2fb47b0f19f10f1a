package dev.carillon.page.revival;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.extension.ExtensionContext;
import dev.carillon.extension.Request;
import dev.carillon.page.context.ClientIdentity;
import dev.carillon.page.context.PageContext;
import dev.carillon.page.context.PageContexts;
import dev.carillon.page.journal.JournalEntry;
import dev.carillon.page.journal.JournalText;
import dev.carillon.page.journal.Journals;
import dev.carillon.page.request.RequestState;
import dev.carillon.scope.Tenant;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Brings contexts to this node: asks their owner to give them up, makes this node the owner by a compare-and-set of the journal, and declares the page again.
 * An owner that has failed is not asked, and one that does not answer is passed over; its next write is refused. One revival runs for a context, and at most
 * {@value #MAX_RUNNING} at a time; a further one waits for {@link #WAIT}, and is then refused with {@code overloaded}. Thread-safe; blocks.
 */
public final class Revivals {
    private static final int MAX_RUNNING = 64;
    private static final int MAX_TRIES = 3;
    private static final Duration WAIT = Duration.ofSeconds(2);

    private final ExtensionContext node;
    private final PageContexts contexts;
    private final Journals journals;
    private final PageLookup pages;
    private final RevivalMetrics metrics;
    private final Releases releases;
    private final UnreachableOwners unreachable;
    /** At most as many as requests to extensions. */
    private final Map<Wanted, CompletableFuture<Optional<PageContext>>> running = new ConcurrentHashMap<>();

    private final Semaphore permits = new Semaphore(MAX_RUNNING);

    private record Wanted(ClientIdentity client, String id) {}

    /** For which request a context is wanted. */
    public enum Use {
        STREAM,
        /** The context must have no stream, and the path of the request. */
        PAGE,
        ACTION
    }

    /**
     * The contexts of an application.
     *
     * @param name of its calls between nodes
     * @param limit how long the end of a running action is awaited
     */
    public Revivals(
            ExtensionContext node,
            PageContexts contexts,
            Journals journals,
            PageLookup pages,
            RevivalMetrics metrics,
            String name,
            Duration limit) {
        this.node = node;
        this.contexts = contexts;
        this.journals = journals;
        this.pages = pages;
        this.metrics = metrics;
        this.releases = new Releases(node, contexts, name, limit);
        this.unreachable = new UnreachableOwners(node.platform().nanoTime());
    }

    /** Answers the calls of other nodes. */
    public void listen() {
        releases.listen();
    }

    /** Whether a node has not answered a moment ago, and is not asked. */
    public boolean isUnreachable(JournalEntry.Owner owner) {
        return unreachable.contains(owner);
    }

    /** A node has not answered. */
    public void noteUnreachable(JournalEntry.Owner owner) {
        unreachable.add(owner);
    }

    /** The other node that owns a context by its journal; empty: none, or this one. */
    public Optional<JournalEntry.Owner> owner(Tenant tenant, String id) {
        return join(journals.find(tenant, id))
                .map(found -> found.entry().owner())
                .filter(owner -> !journals.isOwn(owner));
    }

    /**
     * A context of another node, or one that has ended, on this node.
     *
     * @param path of the request, for {@link Use#PAGE}
     * @return null: nothing of it is known
     * @throws CarillonException {@code context-refused} when it belongs to another client; {@code draining}, {@code context-moved}, {@code overloaded} and
     *     {@code broker-unavailable}: it may be there later
     */
    public @Nullable PageContext revive(Request request, String id, Use use, String path) {
        ClientIdentity client = ClientIdentity.of(request);
        CompletableFuture<Optional<PageContext>> mine = new CompletableFuture<>();
        Wanted wanted = new Wanted(client, id);
        CompletableFuture<Optional<PageContext>> other = running.putIfAbsent(wanted, mine);
        if (other != null) {
            boolean revived = join(other).isPresent();
            PageContext here = contexts.context(id, client);
            if (here == null && revived && use != Use.PAGE) {
                throw moved();
            }
            return here;
        }
        try {
            PageContext revived = counted(new Attempt(request, client, id, use, path));
            mine.complete(Optional.ofNullable(revived));
            return revived;
        } catch (Throwable e) {
            // An Error too: others wait for it.
            mine.completeExceptionally(e);
            throw e;
        } finally {
            running.remove(wanted, mine);
        }
    }

    /** Another node has taken a context over since it was revived here: it lives, so the page must not be loaded again. */
    public static CarillonException moved() {
        return new CarillonException(
                ErrorCode.CONTEXT_MOVED, "the page has moved to another node meanwhile; try again");
    }

    private @Nullable PageContext counted(Attempt attempt) {
        RevivalMetrics.Result result = RevivalMetrics.Result.FAILED;
        try {
            PageContext revived = attempt.run();
            result = revived == null ? RevivalMetrics.Result.ABSENT : RevivalMetrics.Result.REVIVED;
            return revived;
        } catch (CarillonException e) {
            result = switch (e.code()) {
                case CONTEXT_REFUSED -> RevivalMetrics.Result.REFUSED;
                case CONTEXT_MOVED, DRAINING, OVERLOADED -> RevivalMetrics.Result.POSTPONED;
                default -> RevivalMetrics.Result.FAILED;
            };
            throw e;
        } finally {
            metrics.count(result);
        }
    }

    private void acquire() {
        try {
            if (permits.tryAcquire(WAIT.toMillis(), TimeUnit.MILLISECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CarillonException(ErrorCode.OVERLOADED, "the page could not be opened again; try again", e);
        }
        throw new CarillonException(
                ErrorCode.OVERLOADED, MAX_RUNNING + " pages are being opened again, the maximum; try again");
    }

    /** One revival, on one thread. */
    private final class Attempt {
        private final Request request;
        private final ClientIdentity client;
        private final String id;
        private final Use use;
        private final String path;

        Attempt(Request request, ClientIdentity client, String id, Use use, String path) {
            this.request = request;
            this.client = client;
            this.id = id;
            this.use = use;
            this.path = path;
        }

        @Nullable
        PageContext run() {
            PageContext here = contexts.context(id, client);
            if (here != null) {
                return here;
            }
            Journals.Found found = released();
            if (found == null) {
                // Without a permit, so that made-up ids do not crowd out those of pages.
                return null;
            }
            acquire();
            try {
                return takeOver(found);
            } finally {
                permits.release();
            }
        }

        private @Nullable PageContext takeOver(Journals.Found first) {
            Journals.Found found = first;
            for (int tries = 1; found != null; tries++) {
                JournalEntry.Source source = found.entry().source();
                PageLookup.Target target = pages.find(source.pattern(), source.path());
                if (target == null) {
                    return null;
                }
                Optional<Journals.Found> taken = own(found);
                if (taken.isPresent()) {
                    return declare(target, taken.get());
                }
                if (tries == MAX_TRIES) {
                    throw new CarillonException(
                            ErrorCode.CONTEXT_MOVED, "other nodes have opened the page meanwhile; try again");
                }
                found = released();
            }
            return null;
        }

        /** The journal, after its owner has given the context up or cannot be asked. Null: there is none, or the owner keeps the context. */
        private Journals.@Nullable Found released() {
            Journals.Found found = find();
            if (node.isDraining() && (found != null || use != Use.PAGE)) {
                throw new CarillonException(ErrorCode.DRAINING, "the node is stopping; try again");
            }
            if (found == null) {
                // One that has not been saved yet has an owner, too.
                return askRecorded().equals(Releases.RELEASED) ? find() : null;
            }
            JournalEntry.Owner owner = found.entry().owner();
            if (journals.isOwn(owner) || unreachable.contains(owner)) {
                return found;
            }
            return switch (ask(owner)) {
                case Releases.RELEASED -> find();
                case Releases.KEPT -> null;
                default -> found;
            };
        }

        private String askRecorded() {
            try {
                return releases.ask(wanted()).orElse(Releases.ABSENT);
            } catch (CarillonException e) {
                return switch (e.code()) {
                    // It lives and is busy: the request is sent again.
                    case CONTEXT_REFUSED, CONTEXT_MOVED, OVERLOADED -> throw e;
                    default -> Releases.ABSENT;
                };
            }
        }

        private Releases.Wanted wanted() {
            return new Releases.Wanted(client, id, use);
        }

        /** An owner that does not answer is passed over: the revision of the journal then decides. */
        private String ask(JournalEntry.Owner owner) {
            try {
                return releases.ask(wanted(), owner).orElse(Releases.ABSENT);
            } catch (CarillonException e) {
                switch (e.code()) {
                    // It lives and is busy: the request is sent again.
                    case CONTEXT_REFUSED, CONTEXT_MOVED, OVERLOADED -> throw e;
                    default -> {}
                }
                if (e.code() == ErrorCode.NODE_UNREACHABLE) {
                    unreachable.add(owner);
                }
                return Releases.ABSENT;
            }
        }

        /** Null: there is none that this request may use. */
        private Journals.@Nullable Found find() {
            Journals.Found found = join(journals.find(client.tenant(), id)).orElse(null);
            if (found == null) {
                return null;
            }
            JournalEntry.Client saved = found.entry().client();
            if (!new ClientIdentity(client.tenant(), saved.session(), saved.user()).equals(client)) {
                throw new CarillonException(ErrorCode.CONTEXT_REFUSED, "the page belongs to another session");
            }
            return use == Use.PAGE && !found.entry().source().path().equals(path) ? null : found;
        }

        /** Empty: another node was faster, or the owner has saved it once more. */
        private Optional<Journals.Found> own(Journals.Found found) {
            JournalEntry next = found.entry().ownedBy(journals.newOwner());
            byte[] bytes = JournalText.write(next);
            return join(journals.takeOver(client.tenant(), id, bytes, found.revision()))
                    .map(revision -> new Journals.Found(next, bytes, revision));
        }

        private @Nullable PageContext declare(PageLookup.Target target, Journals.Found saved) {
            if (use == Use.PAGE) {
                return declareNow(target, saved);
            }
            // No middleware has run for this path, or it has run for an action.
            RequestState state = new RequestState(saved.entry().source().attributes());
            try {
                return state.call(() -> declareNow(target, saved));
            } finally {
                state.end();
            }
        }

        private @Nullable PageContext declareNow(PageLookup.Target target, Journals.Found saved) {
            return contexts.opening().revive(request, id, target.page(), target.parameters(), saved, use == Use.STREAM);
        }
    }

    private static <T> T join(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof CarillonException known ? known : e;
        }
    }
}
