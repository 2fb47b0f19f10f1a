/*
 * Delivery of one tenant's events: the log, two nodes that deliver live events, and one client that moves between them.
 *
 * The names are those of the code: TenantFeed (track, seen, last, gap filling, suspended), Replay (start, readUpTo), FanOut (pending frames,
 * LiveFrom), read.lua and open.lua (floor, epochs). docs/model.md says what is modelled, what is not, and how to read a trail.
 *
 * The model has no cycle: each fault and each request is counted down. So each run ends, and the end is checked by process "end": what the client
 * should have is there, or it has been told. That is the liveness property "when faults stop, each event is delivered or covered by a gap".
 */

/* Bounds; model/run sets them. */
#ifndef EVENTS
#define EVENTS 2   /* events that are broadcast */
#endif
#ifndef SCOPES
#define SCOPES 2   /* scopes of the client: 1: A; 2: A and B; 3: events may be in both */
#endif
#ifndef MOVES
#define MOVES 1    /* times that the client loses its stream */
#endif
#ifndef CUTS
#define CUTS 0     /* times that a node loses its connection to the broker */
#endif
#ifndef RESTARTS
#define RESTARTS 0 /* times that the broker restarts, with a part of its data */
#endif
#ifndef TRIMS
#define TRIMS 0    /* events that the log drops by retention */
#endif
#ifndef DROPS
#define DROPS 0    /* live events that are lost on an open connection */
#endif
#ifdef DROPS_LATE  /* after the restart alone */
#define MAY_DROP (restarts == 0)
#else
#define MAY_DROP true
#endif
#ifndef REPEATS
#define REPEATS 0  /* broadcasts that are sent again, as their answer was lost */
#endif
#ifndef PRIOR
#define PRIOR 1    /* 1: both scopes have had an event before the client comes; 0: they have had none */
#endif
#ifndef HEAD_FAILURES
#define HEAD_FAILURES 0 /* times that heads stay unknown although the broker is connected */
#endif

#define NODES 2
#define CHAINS 2   /* A and B; a chain links the events of a scope */

/* A position: (epoch, sequence) in one number, so that positions are compared as the code does. */
#define POS(e, s) ((e) * 16 + (s))
#define EPOCH(p) ((p) / 16)
#define SEQ(p) ((p) % 16)
#define NONE 0
#define END 255    /* after all positions */
#define ABSENT 255 /* no track: the head of the chain is not known yet */

#define IN_A(s) ((s) != 1)
#define IN_B(s) ((s) != 0)

/* The events in the order of their appends; what the checker knows and no part of the system does. */
byte appended;
byte at[EVENTS];      /* position */
byte scopes[EVENTS];  /* 0: A; 1: B; 2: both */
byte key[EVENTS];     /* of the broadcast; the same for one that was sent again and appended again */
byte stored;          /* bit g: the log has event g */
bool unstored;        /* a broadcast was answered with success and is not in the log */

/* The broker. */
byte epoch = 1, sequence = PRIOR, floor = PRIOR;
byte epochStart[RESTARTS + 2], epochEnd[RESTARTS + 2];
bool epochKnown[RESTARTS + 2];
byte chainHead[CHAINS] = POS(1, 1) * PRIOR;
bool joined[NODES];   /* the node has joined A and B */
bool up[NODES] = true;
typedef Wire { chan live = [2 * EVENTS] of { byte, byte, byte } } /* position, chain, previous sequence of the chain */
Wire wire[NODES];

/* The feed of a node. */
typedef Feed {
    byte base[CHAINS], seen[CHAINS];  /* Track */
    byte last, epoch, compared;
    byte epochFrom;     /* what is missing of the epoch before this sequence was told with the epoch; 0: nothing was told */
    bool again;         /* heads are compared again although the log has not moved on */
    bool filling, suspended;
    byte gap[CHAINS];                 /* the position up to which events are missing; NONE: no gap */
    byte start, readUpTo;
    bool incomplete;
    bool reading;                     /* a page was read, and is not replayed yet */
    byte pageFrom, page, pageLast;
    bool pageIncomplete;
    chan queued = [2 * EVENTS] of { byte, byte, byte }
}
Feed feed[NODES];

/* The client and its connection. */
mtype = { OFF, JOINING, REPLAYING, READ, BUFFERING, LIVE };
mtype = { EVENT, LATE, GAP };
mtype state = OFF;
byte home;            /* the node of the stream */
bool subscribed;      /* it has had a stream */
byte cursor;          /* the position of the last event that it received, or where its first stream began */
byte liveFrom, lastInLog;
byte since;           /* events before this one are older than its first stream */
byte received, told;  /* bit g: event g */
byte receivedKeys;
chan frames = [3 * EVENTS + 3] of { mtype, byte };  /* from the node in the present step */
chan pending = [3 * EVENTS + 3] of { mtype, byte }; /* buffered until the stream opens */
#define IDLE (empty(frames))
/* A node that the client has left for good is of no influence. */
#define ACTIVE(n) (empty(frames) && (home == n || moves > 0 || state == OFF))

/* The answer of a read of the log: bit g for event g. */
byte answer, answerLast;
bool answerIncomplete, answerUnknown;

byte moves = MOVES, cuts = CUTS, restarts = RESTARTS, trims = TRIMS, drops = DROPS, repeats = REPEATS;
byte headFailures = HEAD_FAILURES;

byte g, h, i, k, n0, p0, c0, v0, v1, e0; /* of atomic steps; 0 between them */

/* ---- The client ---- */

/* A gap covers the events after its cursor that were appended before the client was told: it reloads what depends on them. */
inline takeGap(after) {
    printf("client: gap after %d:%d\n", EPOCH(after), SEQ(after));
    g = 0;
    do
    :: g < appended -> if :: at[g] > after -> told = told | (1 << g) :: else fi; g++
    :: else -> break
    od;
    g = 0
}

/* The named event. */
inline takeLate(p) {
    printf("client: gap, late event %d:%d\n", EPOCH(p), SEQ(p));
    g = 0;
    do
    :: g < appended -> if :: at[g] == p -> told = told | (1 << g) :: else fi; g++
    :: else -> break
    od;
    g = 0
}

inline takeEvent(p) {
    printf("client: event %d:%d\n", EPOCH(p), SEQ(p));
    /* In log order, and none twice, in the whole life of the client with its cursor. */
    assert(p > cursor);
    cursor = p;
    g = 0;
    do
    :: g < appended && at[g] != p -> g++
    :: else -> break
    od;
    assert(g < appended);
    assert(!(received & (1 << g)));
    received = received | (1 << g);
    /* A broadcast that was sent again is received twice only if the log has lost the first one in between. */
    h = 0;
    do
    :: h < g -> assert(key[h] != key[g] || !(received & (1 << h)) || EPOCH(at[h]) < EPOCH(at[g])); h++
    :: else -> break
    od;
    g = 0; h = 0
}

/* Connection.send */
inline send(kind, p) {
    if
    :: kind == GAP -> takeGap(p)
    :: kind != GAP && p <= liveFrom -> skip
    :: kind == LATE && p > liveFrom && p <= lastInLog ->
#ifdef MUTATE_LATE_EVENT_DELIVERED
        takeEvent(p)
#else
        takeLate(p)
#endif
    :: else -> lastInLog = p; takeEvent(p)
    fi
}

/* FanOut, of node n: a frame for the connection. The client takes it before any other step. */
inline frame(n, kind, p) {
    if
    :: (state == LIVE || state == BUFFERING) && home == n -> frames!kind, p
    :: else
    fi
}

/* ---- The log ---- */

/* Reads the events after a position; read.lua. */
inline read(after) {
    answer = 0; answerIncomplete = false; answerUnknown = false; answerLast = POS(epoch, sequence);
    v0 = SEQ(after); e0 = EPOCH(after);
#ifndef MUTATE_CURSOR_OF_OLD_EPOCH_ACCEPTED
    if
    :: after == NONE -> v0 = floor
    :: after != NONE && !epochKnown[e0] && e0 != epoch ->
        /* Of a lost epoch: continues at the start of the next one if an earlier one is known. */
        k = 1;
        do
        :: k < e0 && !epochKnown[k] -> k++
        :: else -> break
        od;
        answerIncomplete = true;
        if
        :: k < e0 ->
            do
            :: e0 < epoch && !epochKnown[e0] -> e0++
            :: else -> break
            od;
            v0 = epochStart[e0]
        :: else -> answerUnknown = true
        fi;
        k = 0
    :: else ->
        if
        :: e0 != epoch && v0 > epochEnd[e0] -> v0 = epochEnd[e0]; answerIncomplete = true
        :: else
        fi;
        if :: v0 < epochStart[e0] -> v0 = epochStart[e0] :: else fi
    fi;
#endif
    if
    :: after != NONE && !answerUnknown && v0 < floor -> answerIncomplete = true
    :: else
    fi;
    g = 0;
    do
    :: g < appended ->
        if
        :: !answerUnknown && (stored & (1 << g)) && SEQ(at[g]) > v0 -> answer = answer | (1 << g)
        :: else
        fi;
        g++
    :: else -> break
    od;
    g = 0; v0 = 0; e0 = 0
}

inline forgetAnswer() {
    answer = 0; answerLast = 0; answerIncomplete = false; answerUnknown = false
}

/* ---- The feed ---- */

inline openGap(n, c, seenAt, missing) {
    printf("node %d: gap in chain %d after %d:%d up to %d:%d\n", n, c, EPOCH(seenAt), SEQ(seenAt), EPOCH(missing), SEQ(missing));
    if
    :: !feed[n].filling || feed[n].start > seenAt ->
        feed[n].start = seenAt; feed[n].readUpTo = seenAt; feed[n].incomplete = false; feed[n].filling = true
    :: else
    fi;
    if :: missing > feed[n].gap[c] -> feed[n].gap[c] = missing :: else fi
}

inline seeEpoch(n, e, f) {
    if
    :: e > feed[n].epoch ->
        printf("node %d: epoch %d\n", n, e);
        e0 = feed[n].epoch;
        feed[n].epoch = e;
        if :: e0 != 0 -> feed[n].epochFrom = f :: else fi;
#ifndef MUTATE_EPOCH_NOT_TOLD
        if
        :: e0 != 0 ->
            v0 = (feed[n].last == NONE -> POS(e0, 0) : feed[n].last);
            frame(n, GAP, v0);
            v0 = 0
        :: else
        fi;
#endif
        e0 = 0
    :: else
    fi
}

/* Up to which sequence predecessors were delivered or told. Their epoch is unknown, and sequences start over if the broker has lost its data. */
#ifdef MUTATE_SEQUENCES_COMPARED_ACROSS_EPOCHS
#define COVERED_UP_TO(n, c, p) SEQ(feed[n].seen[c])
#else
#define COVERED_UP_TO(n, c, p) \
    ((EPOCH(p) < feed[n].epoch || EPOCH(feed[n].seen[c]) >= feed[n].epoch || feed[n].epochFrom == 0 || SEQ(feed[n].seen[c]) < feed[n].epochFrom) -> SEQ(feed[n].seen[c]) : feed[n].epochFrom - 1)
#endif

inline check(n, p, c, previous) {
    if
#ifndef MUTATE_SEQUENCE_NOT_CHECKED
    :: feed[n].seen[c] != ABSENT && p > feed[n].seen[c] && previous > COVERED_UP_TO(n, c, p) ->
        openGap(n, c, feed[n].seen[c], POS(EPOCH(p), previous));
        feed[n].queued!p, c, previous
#endif
    :: else ->
        if
        :: feed[n].seen[c] == ABSENT -> feed[n].base[c] = p - 1; feed[n].seen[c] = p
        :: feed[n].seen[c] != ABSENT && p > feed[n].seen[c] -> feed[n].seen[c] = p
        :: else
        fi;
        if
#ifndef MUTATE_DUPLICATE_DELIVERED
        :: p <= feed[n].last -> skip
#endif
        :: else ->
            seeEpoch(n, EPOCH(p), SEQ(p));
            feed[n].last = p;
            frame(n, EVENT, p)
        fi
    fi
}

inline receive(n, p, c, previous) {
    printf("node %d: live event %d:%d of chain %d, previous %d\n", n, EPOCH(p), SEQ(p), c, previous);
    if
    :: feed[n].filling -> feed[n].queued!p, c, previous
    :: else -> check(n, p, c, previous)
    fi
}

inline drain(n) {
    k = len(feed[n].queued);
    do
    :: k > 0 -> feed[n].queued?p0, c0, n0; receive(n, p0, c0, n0); k--
    :: else -> break
    od;
    p0 = 0; c0 = 0; n0 = 0
}

inline suspend(n) {
#ifndef MUTATE_NOT_SUSPENDED
    feed[n].suspended = true;
    if
    :: !feed[n].filling -> feed[n].filling = true; feed[n].start = END; feed[n].readUpTo = END; feed[n].incomplete = false
    :: else
    fi
#else
    skip
#endif
}

inline endFilling(n) {
    feed[n].filling = false; feed[n].start = 0; feed[n].readUpTo = 0; feed[n].incomplete = false
}

/* Of the feed: heads were compared after a possible loss. */
inline resume(n, known) {
    printf("node %d: heads compared, live events continue\n", n);
    feed[n].suspended = false;
    i = 0;
    do
    :: i < CHAINS ->
        if
        :: known && feed[n].seen[i] != ABSENT && chainHead[i] > feed[n].seen[i] -> openGap(n, i, feed[n].seen[i], chainHead[i])
        :: else
        fi;
        i++
    :: else -> break
    od;
    i = 0;
    if
    :: feed[n].filling && feed[n].gap[0] == NONE && feed[n].gap[1] == NONE -> endFilling(n); drain(n)
    :: else
    fi
}

/* Joined chains begin at their heads. */
inline begin(n) {
    i = 0;
    do
    :: i < CHAINS ->
        if
        :: feed[n].seen[i] == ABSENT -> feed[n].base[i] = chainHead[i]; feed[n].seen[i] = chainHead[i]
        :: else
        fi;
        i++
    :: else -> break
    od;
    i = 0
}

#define COVERS(n, c, p) ((p) > feed[n].base[c] && (p) <= feed[n].seen[c])
#define HAS_TRACK(n, c, s) (feed[n].seen[c] != ABSENT && (c == 0 -> IN_A(s) : IN_B(s)))

inline replayEvent(n, p, s) {
    v0 = 0; /* bit 0: joined before it; bit 1: delivered */
    i = 0;
    do
    :: i < CHAINS ->
        if
        :: HAS_TRACK(n, i, s) ->
            if :: p > feed[n].base[i] -> v0 = v0 | 1 :: else fi;
            if :: COVERS(n, i, p) -> v0 = v0 | 2 :: else fi;
            /* If the log is read from a later position on, an event before that may be missing in this chain, too. */
            if :: p > feed[n].seen[i] && feed[n].seen[i] >= feed[n].start -> feed[n].seen[i] = p :: else fi
        :: else
        fi;
        i++
    :: else -> break
    od;
    i = 0;
    if
    :: v0 == 1 && p > feed[n].last -> v0 = 0; seeEpoch(n, EPOCH(p), SEQ(p)); feed[n].last = p; frame(n, EVENT, p)
    :: v0 == 1 && p <= feed[n].last -> v0 = 0; frame(n, LATE, p)
    :: else
    fi;
    v0 = 0
}

inline tellLoss(n, after) {
#ifndef MUTATE_LOSS_NOT_TOLD
    frame(n, GAP, after)
#else
    skip
#endif
}

inline finish(n) {
#ifdef MUTATE_LOSS_TOLD_AT_END
    v0 = feed[n].incomplete;
#else
    v0 = 0;
#endif
    i = 0;
    do
    :: i < CHAINS ->
        if
        :: feed[n].gap[i] != NONE && feed[n].seen[i] != ABSENT && feed[n].gap[i] > feed[n].seen[i] && SEQ(feed[n].gap[i]) > COVERED_UP_TO(n, i, feed[n].gap[i]) ->
            v0 = 1;
            feed[n].seen[i] = feed[n].gap[i]
        :: else
        fi;
        feed[n].gap[i] = NONE;
        i++
    :: else -> break
    od;
    i = 0;
    e0 = feed[n].start;
    endFilling(n);
    if
    :: v0 -> v0 = 0; tellLoss(n, e0)
    :: else
    fi;
    v0 = 0; e0 = 0
}

inline replayPage(n) {
    printf("node %d: replays the page that was read after %d:%d\n", n, EPOCH(feed[n].pageFrom), SEQ(feed[n].pageFrom));
    feed[n].reading = false;
    if
    :: feed[n].filling && feed[n].readUpTo == feed[n].pageFrom ->
#ifndef MUTATE_LOSS_TOLD_AT_END
        /* Before the events after the loss: a client that receives one of them may leave, and resume after it. */
        if
        :: feed[n].pageIncomplete && !feed[n].incomplete -> tellLoss(n, feed[n].start)
        :: else
        fi;
#endif
        feed[n].incomplete = feed[n].incomplete || feed[n].pageIncomplete;
        k = 0;
        do
        :: k < EVENTS ->
            if
            :: feed[n].page & (1 << k) -> replayEvent(n, at[k], scopes[k])
            :: else
            fi;
            k++
        :: else -> break
        od;
        k = 0;
        feed[n].readUpTo = feed[n].pageLast;
        if
        :: feed[n].suspended -> skip
        :: else -> finish(n); drain(n)
        fi
    :: else
    fi;
    feed[n].page = 0; feed[n].pageFrom = 0; feed[n].pageLast = 0; feed[n].pageIncomplete = false
}

#define BEHIND(n, c) (feed[n].seen[c] != ABSENT && chainHead[c] > feed[n].seen[c] && !(feed[n].filling && feed[n].gap[c] != NONE))

/* The head is after an event that is missing while another gap of the chain is filled: it is compared again. */
#define FILLED(n, c) (feed[n].seen[c] != ABSENT && chainHead[c] > feed[n].seen[c] && feed[n].filling && feed[n].gap[c] != NONE)

proctype node(byte n) {
    byte p, c, previous;
end:
    do
    /* A live event arrives. */
    #ifdef MUTATE_SCOPES_WITHOUT_COMMON_ORDER
    :: atomic {
        ACTIVE(n) && len(wire[n].live) > 0 ->
        if
        :: wire[n].live??[_, 0, _] -> wire[n].live??p, 0, previous; c = 0
        :: wire[n].live??[_, 1, _] -> wire[n].live??p, 1, previous; c = 1
        fi;
        receive(n, p, c, previous); p = 0; c = 0; previous = 0
       }
#else
    :: atomic { ACTIVE(n) && len(wire[n].live) > 0 -> wire[n].live?p, c, previous; receive(n, p, c, previous); p = 0; c = 0; previous = 0 }
#endif
#ifdef HEADS_LATE
    /* ChainStarts: the heads of joined chains become known. */
    :: atomic { ACTIVE(n) && up[n] && joined[n] && feed[n].seen[0] == ABSENT -> begin(n) }
    :: atomic { ACTIVE(n) && up[n] && joined[n] && feed[n].seen[1] == ABSENT -> begin(n) }
#endif
    /* Missing events are read, and replayed when the page has arrived. */
    :: atomic {
        ACTIVE(n) && up[n] && feed[n].filling && !feed[n].suspended && !feed[n].reading ->
        read(feed[n].readUpTo);
        feed[n].reading = true;
        feed[n].pageFrom = feed[n].readUpTo;
        feed[n].page = answer; feed[n].pageLast = answerLast; feed[n].pageIncomplete = answerIncomplete;
        forgetAnswer()
       }
    :: atomic { ACTIVE(n) && feed[n].reading -> replayPage(n) }
    /*
     * The tick: the epoch of the log, and heads that are ahead, if the log has moved on since the last one. The grace time is not modelled: heads
     * count at once. A tick that would find nothing is left out.
     */
    :: atomic {
        ACTIVE(n) && up[n] && joined[n] && (POS(epoch, sequence) > feed[n].compared || feed[n].again) &&
            (epoch > feed[n].epoch || BEHIND(n, 0) || BEHIND(n, 1)) ->
        feed[n].compared = POS(epoch, sequence);
        seeEpoch(n, epoch, sequence + 1);
#ifdef MUTATE_HEAD_DURING_FILLING_FORGOTTEN
        feed[n].again = false;
#else
        feed[n].again = FILLED(n, 0) || FILLED(n, 1);
#endif
#ifndef MUTATE_HEADS_NOT_COMPARED
        i = 0;
        do
        :: i < CHAINS ->
            if
            :: BEHIND(n, i) -> openGap(n, i, feed[n].seen[i], chainHead[i])
            :: else
            fi;
            i++
        :: else -> break
        od;
        i = 0
#endif
       }
    /* The connection is back: interests are joined again, then heads are compared. */
    :: atomic { ACTIVE(n) && !up[n] -> up[n] = true }
    :: atomic {
        ACTIVE(n) && up[n] && feed[n].suspended ->
#ifdef MUTATE_HEADS_NOT_COMPARED_AFTER_LOSS
        resume(n, false)
#else
        resume(n, true)
#endif
       }
    :: atomic { ACTIVE(n) && up[n] && feed[n].suspended && headFailures > 0 -> headFailures--; resume(n, false) }
    od
}

/* ---- The broker, and what happens to it ---- */

inline deliver(n, p, c, previous) {
    if
    :: joined[n] && up[n] -> wire[n].live!p, c, previous
    :: joined[n] && up[n] && drops > 0 && MAY_DROP -> drops--; printf("broker: live event for node %d is lost\n", n)
    :: !(joined[n] && up[n])
    fi
}

inline link(c) {
    v0 = SEQ(chainHead[c]);
    chainHead[c] = POS(epoch, sequence);
    n0 = 0;
    do
    :: n0 < NODES -> deliver(n0, chainHead[c], c, v0); n0++
    :: else -> break
    od;
    n0 = 0; v0 = 0
}

/* One append: the position, and the live event to interested nodes, in one step. */
inline append(s, sender) {
    sequence++;
    printf("broker: append %d:%d, scopes %d\n", epoch, sequence, s);
    at[appended] = POS(epoch, sequence);
    scopes[appended] = s;
    key[appended] = sender;
    stored = stored | (1 << appended);
    appended++;
    c0 = 0;
    do
    :: c0 < CHAINS ->
        if
        :: (c0 == 0 -> IN_A(s) : IN_B(s)) -> link(c0)
        :: else
        fi;
        c0++
    :: else -> break
    od;
    c0 = 0
}

inline disconnect(n) {
    printf("node %d: connection lost\n", n);
    up[n] = false;
    do
    :: len(wire[n].live) > 0 -> wire[n].live?_, _, _
    :: else -> break
    od;
    suspend(n)
}

/* The broker comes back with the events of the log up to a sequence, or with nothing. */
inline restart(kept) {
    printf("broker: restarts with the events up to %d\n", kept);
    epochEnd[epoch] = kept;
    epochKnown[epoch] = true;
    /* The list of epochs is as old as the log. */
    k = 1;
    do
    :: k < epoch ->
        if :: epochEnd[k] > kept -> epochEnd[k] = kept :: else fi;
        if :: epochStart[k] > kept -> epochStart[k] = kept :: else fi;
        k++
    :: else -> break
    od;
    k = 0;
    v0 = (kept == 0 -> NONE : POS(1, 1) * PRIOR);
    chainHead[0] = v0; chainHead[1] = v0; v0 = 0;
    do
    :: k < appended ->
        if
        :: (stored & (1 << k)) && SEQ(at[k]) > kept -> stored = stored & ~(1 << k)
        :: else
        fi;
        /* The last position of a chain outlives its event. */
        if
        :: SEQ(at[k]) <= kept ->
            if :: IN_A(scopes[k]) -> chainHead[0] = at[k] :: else fi;
            if :: IN_B(scopes[k]) -> chainHead[1] = at[k] :: else fi
        :: else
        fi;
        k++
    :: else -> break
    od;
    k = 0;
    sequence = kept;
    if :: floor > kept -> floor = kept :: else fi;
#ifndef MUTATE_EPOCH_KEPT
    epoch++;
#endif
    epochStart[epoch] = kept;
    n0 = 0;
    do
    :: n0 < NODES -> disconnect(n0); n0++
    :: else -> break
    od;
    n0 = 0
}

proctype broker() {
    byte s, kept;
end:
    do
    :: atomic {
        IDLE && appended < EVENTS ->
        if
        :: s = 0
#if SCOPES > 1
        :: s = 1
#endif
#if SCOPES > 2
        :: s = 2
#endif
        fi;
        append(s, appended);
        s = 0
       }
#ifdef MUTATE_ANSWER_BEFORE_APPEND
    /* The answer went out, and the append fails. */
    :: atomic { IDLE && appended < EVENTS && !unstored && (!up[0] || !up[1]) -> unstored = true }
#endif
    /* The answer was lost, so the broadcast is sent again. The broker knows its key as long as it keeps its data. */
    :: atomic {
        IDLE && repeats > 0 && appended > 0 && appended < EVENTS ->
        repeats--;
        if
#ifndef MUTATE_REPEAT_APPENDED
        :: stored & (1 << (appended - 1)) -> skip
#endif
        :: else -> append(scopes[appended - 1], key[appended - 1])
        fi
       }
    :: atomic { IDLE && cuts > 0 -> if :: joined[0] -> n0 = 0 :: joined[1] -> n0 = 1 fi; cuts--; disconnect(n0); n0 = 0 }
    :: atomic {
        IDLE && restarts > 0 ->
        restarts--;
        kept = 0;
        do
        :: kept < sequence -> kept++
        :: break
        od;
        restart(kept);
#ifndef MUTATE_EPOCH_KEPT
        if
        :: kept == 0 ->
            /* The list of epochs is lost, too. */
            k = 1;
            do
            :: k < epoch -> epochKnown[k] = false; k++
            :: else -> break
            od;
            k = 0
        :: skip
        fi;
#endif
        kept = 0
       }
    /* Retention. */
    :: atomic {
        IDLE && trims > 0 && stored ->
        trims--;
        k = 0;
        do
        :: !(stored & (1 << k)) -> k++
        :: else -> break
        od;
        stored = stored & ~(1 << k);
        floor = SEQ(at[k]);
        printf("broker: trims up to %d\n", floor);
        k = 0
       }
    od
}

/* ---- The stream of the client ---- */

/* The client does not come back to a node. */
inline forget(n) {
    joined[n] = false; up[n] = true;
    do
    :: len(wire[n].live) > 0 -> wire[n].live?_, _, _
    :: else -> break
    od;
    do
    :: len(feed[n].queued) > 0 -> feed[n].queued?_, _, _
    :: else -> break
    od;
    i = 0;
    do
    :: i < CHAINS -> feed[n].base[i] = 0; feed[n].seen[i] = ABSENT; feed[n].gap[i] = 0; i++
    :: else -> break
    od;
    i = 0;
    feed[n].last = 0; feed[n].epochFrom = 0; feed[n].epoch = 0; feed[n].compared = 0; feed[n].again = false; feed[n].suspended = false; feed[n].reading = false;
    feed[n].page = 0; feed[n].pageFrom = 0; feed[n].pageLast = 0; feed[n].pageIncomplete = false;
    endFilling(n)
}

/* A page for the client; Replay.writePage. start: where it resumes. */
inline writePage(start) {
#ifndef MUTATE_TRIM_NOT_TOLD
    if
#ifdef MUTATE_CURSOR_OF_OLD_EPOCH_ACCEPTED
    :: start != NONE && !gapAdded && answerIncomplete ->
#else
    :: start != NONE && !gapAdded && (answerIncomplete || EPOCH(answerLast) != EPOCH(start)) ->
#endif
        gapAdded = true; takeGap(start)
    :: else
    fi;
#endif
    k = 0;
    do
    :: k < EVENTS ->
        if
        :: (answer & (1 << k)) && at[k] > written -> written = at[k]; takeEvent(at[k])
        :: else
        fi;
        k++
    :: else -> break
    od;
    k = 0;
    readUpTo = answerLast;
    if :: answerLast > written -> written = answerLast :: else fi;
    forgetAnswer()
}

inline readForClient() {
    v1 = readUpTo;
    do
    :: true ->
        read(v1);
        if
        :: answerUnknown && v1 == start && start != NONE -> gapAdded = true; takeGap(start); v1 = NONE
        :: else -> break
        fi
    od;
    v1 = 0;
    writePage(start)
}

/* Live events after "from" follow. */
inline openStream(from) {
#ifdef MUTATE_PENDING_NOT_FILTERED
    liveFrom = 0;
#else
    liveFrom = from;
#endif
    lastInLog = from;
    printf("client: stream opens, live after %d:%d\n", EPOCH(from), SEQ(from));
    do
    :: len(pending) > 0 -> pending?kind, p; send(kind, p)
    :: else -> break
    od;
    kind = GAP; p = 0;
    state = LIVE;
#ifndef MUTATE_EPOCH_OF_STREAM_NOT_NOTED
    /* Feed.opened: the feed may not have seen an epoch yet, or a later one than that of the stream. */
    if
    :: feed[home].epoch == 0 -> feed[home].epoch = EPOCH(from)
    :: feed[home].epoch > EPOCH(from) -> takeGap(from)
    :: else
    fi;
    /* A chain may have been joined before the epoch began, and events after the start are the stream's. */
    if
    :: feed[home].epoch == EPOCH(from) && (feed[home].epochFrom == 0 || SEQ(from) + 1 < feed[home].epochFrom) -> feed[home].epochFrom = SEQ(from) + 1
    :: else
    fi
#endif
}

proctype client() {
    byte start, readUpTo, written, p;
    bool gapAdded;
    mtype kind = GAP;
end:
    do
    /* Connection.deliver */
    :: atomic {
        len(frames) > 0 ->
        do
        :: len(frames) > 0 ->
            frames?kind, p;
            if
            :: state == LIVE -> send(kind, p)
            :: state == BUFFERING -> pending!kind, p
            fi
        :: else -> break
        od;
        kind = GAP; p = 0
       }
    /* It connects to either node, which joins its scopes. */
    :: atomic {
        IDLE && state == OFF ->
        if
        :: home = 0
        :: subscribed -> home = 1 /* the nodes are alike at first */
        fi;
        if
        :: moves == 0 -> forget(1 - home)
        :: else
        fi;
        printf("client: connects to node %d, cursor %d:%d\n", home, EPOCH(cursor), SEQ(cursor));
        state = JOINING
       }
    :: atomic {
        IDLE && state == JOINING && up[home] ->
        joined[home] = true;
#ifndef HEADS_LATE
        begin(home);
#endif
        if
        :: !subscribed -> state = BUFFERING
        :: else -> state = REPLAYING; start = cursor; readUpTo = cursor; written = cursor
        fi
       }
    /*
     * A new client starts at the head. One that resumes reads what it missed; towards the end live events are buffered, and the log is read once
     * more.
     */
    :: atomic {
        IDLE && (state == REPLAYING || state == BUFFERING) && up[home] ->
        if
        :: !subscribed -> subscribed = true; since = appended; cursor = POS(epoch, sequence); readUpTo = cursor
        :: else -> readForClient()
        fi;
        if
#ifdef MUTATE_READ_BEFORE_JOIN
        :: state == REPLAYING -> state = READ
#else
        :: state == REPLAYING -> state = BUFFERING
#endif
        :: else ->
            openStream(readUpTo);
            start = 0; readUpTo = 0; written = 0; gapAdded = false
        fi
       }
#ifdef MUTATE_READ_BEFORE_JOIN
    :: atomic {
        IDLE && state == READ ->
        openStream(readUpTo);
        start = 0; readUpTo = 0; written = 0; gapAdded = false
       }
#endif
    /* The connection ends. */
    :: atomic {
        IDLE && moves > 0 && state != OFF ->
        moves--;
        printf("client: loses its stream\n");
        state = OFF;
        do
        :: len(pending) > 0 -> pending?_, _
        :: else -> break
        od;
        start = 0; readUpTo = 0; written = 0; gapAdded = false; liveFrom = 0; lastInLog = 0; home = 0
       }
    od
}

/* When nothing happens any more. */
proctype finished() {
    timeout ->
    atomic {
        printf("end: received %d, told %d of %d events since %d\n", received, told, appended, since);
        assert(state == LIVE);
        assert(appended == EVENTS);
        assert(!unstored);
        assert(!feed[home].filling);
        k = since;
        do
        :: k < appended ->
            assert((received | told) & (1 << k));
            k++
        :: else -> break
        od
    }
}

init {
    atomic {
        n0 = 0;
        do
        :: n0 < NODES -> feed[n0].seen[0] = ABSENT; feed[n0].seen[1] = ABSENT; n0++
        :: else -> break
        od;
        n0 = 0;
        run node(0); run node(1); run broker(); run client(); run finished()
    }
}
