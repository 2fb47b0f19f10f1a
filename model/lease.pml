/*
 * A lease of the cluster, for work that one node at a time may do; ClusterLease.
 *
 * Time passes for all, in ticks. A node reads it on its own monotonic clock; that of node 1 may lose a tick. The mutation of wall clocks reads them
 * instead. Requests to the store and their answers take any time, and a node may be paused at any step, also between "I hold the lease" and the
 * work: the receiver of the work compares fences.
 */

/* Bounds; model/run sets them. */
#ifndef TICKS
#define TICKS 7   /* of time */
#endif
#ifndef CRASHES
#define CRASHES 1 /* of nodes; each starts again */
#endif

#define LENGTH 3  /* of the lease */
#ifdef MUTATE_NO_MARGIN
#define MARGIN 0
#else
#define MARGIN 1  /* by which clocks may differ within the length */
#endif

byte now;
bool lost; /* a tick of the clock of node 1 */
#define TIME(n) (now - ((n) == 1 && lost -> 1 : 0))
/* The wall clock of node 1 is set wrong. */
#define WALL(n) (now + (n) * (LENGTH + 1))

/* The record in the store; it always names a holder, as an absent one is waited for, too. */
byte fence, revision, expiry;

typedef Node {
    bool held;
    byte renewed;                /* when the write was sent that acquired or renewed the lease */
    byte fence, revision;
    bool watched;
    byte watchedRevision, since; /* when the first answer with this revision arrived */
    byte generation
}
Node node[2];

byte accepted; /* the highest fence of work that its receiver took */
byte crashes = CRASHES;

/* By its own clock the node holds the lease. */
#define HOLDS(n) (node[n].held && TIME(n) - node[n].renewed < LENGTH - MARGIN)

inline forget() {
    node[n].held = false; node[n].renewed = 0; node[n].fence = 0; node[n].revision = 0;
    node[n].watched = false; node[n].watchedRevision = 0; node[n].since = 0;
    sent = 0; expected = 0; next = 0; read = 0; written = false
}

proctype member(byte n) {
    byte sent, expected, next, read, fenceOfWork;
    bool written, working;
end:
    do
    :: atomic {
        now < TICKS && node[n].held && TIME(n) > node[n].renewed ->
        sent = TIME(n); expected = node[n].revision; next = node[n].fence
       };
        goto write
    :: atomic {
        now < TICKS && !node[n].held ->
        expected = revision; next = fence + 1; read = expiry
       };
        goto look
    /* Work begins, and reaches its receiver at some time. */
    :: atomic { !working && HOLDS(n) -> working = true; fenceOfWork = node[n].fence; printf("node %d: begins work with fence %d\n", n, fenceOfWork) }
    :: atomic {
        working ->
        printf("node %d: its work with fence %d arrives\n", n, fenceOfWork);
        if
#ifndef MUTATE_FENCE_NOT_COMPARED
        :: fenceOfWork < accepted -> skip
#endif
        :: else -> assert(fenceOfWork >= accepted); accepted = fenceOfWork
        fi;
        working = false; fenceOfWork = 0
       }
    :: atomic { crashes > 0 && node[n].held -> crashes--; printf("node %d: crashes\n", n); forget(); working = false; fenceOfWork = 0 }
    od;
look:
    /* The answer of a read arrives: has the lease ended? */
    atomic {
        if
        :: !node[n].watched || node[n].watchedRevision != expected ->
            node[n].watched = true; node[n].watchedRevision = expected; node[n].since = TIME(n)
        :: else
        fi;
        if
#ifdef MUTATE_WALL_CLOCK
        :: WALL(n) >= read ->
#else
#ifdef MUTATE_LEASE_NOT_AWAITED
        :: true ->
#else
        :: TIME(n) - node[n].since >= LENGTH ->
#endif
#endif
            read = 0; sent = TIME(n); printf("node %d: the lease has ended\n", n)
        :: else -> expected = 0; next = 0; read = 0; goto end
        fi
    };
write:
    /* The write reaches the store. */
    atomic {
        if
#ifdef MUTATE_WRITE_WITHOUT_REVISION
        :: true ->
#else
        :: revision == expected ->
#endif
            revision++; fence = next; expiry = WALL(n) + LENGTH; expected = revision; written = true;
            printf("node %d: writes revision %d with fence %d\n", n, revision, fence)
        :: else
        fi
    };
    /* Its answer arrives. */
    atomic {
        if
        :: written ->
            node[n].held = true; node[n].revision = expected; node[n].fence = next;
#ifdef MUTATE_LEASE_COUNTED_FROM_ANSWER
            node[n].renewed = TIME(n);
#else
            node[n].renewed = sent;
#endif
            printf("node %d: holds the lease\n", n)
        :: else -> node[n].held = false; node[n].renewed = 0; node[n].fence = 0; node[n].revision = 0
        fi;
        node[n].watched = false; node[n].watchedRevision = 0; node[n].since = 0;
        sent = 0; expected = 0; next = 0; written = false
    };
    goto end
}

proctype clock() {
    do
    :: atomic { now < TICKS -> now++ }
    :: atomic { now > 0 && now < TICKS && !lost -> now++; lost = true; printf("clock: node 1 loses a tick\n") }
    :: now == TICKS -> break
    od
}

/* Never two nodes hold the lease. */
proctype safety() {
    assert(!(HOLDS(0) && HOLDS(1)))
}

init {
    atomic { run member(0); run member(1); run clock(); run safety() }
}
