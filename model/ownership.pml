/*
 * The owner of a live page: its journal in the store, two nodes, and one client whose actions reach either of them.
 *
 * The names are those of the code: ContextJournal (claim, save, moved), RecentActions (ended, unknown), Revivals (released, own), Releases
 * (hand-over). docs/model.md says what is modelled, what is not, and how to read a trail.
 *
 * Each step of a request is a step of the model, and each may take any time: a node that is paused is one whose steps come late, also much later
 * than those of a node that has taken the page over. The model has no cycle, so each run ends, and process "finished" checks the end.
 */

/* Bounds; model/run sets them. */
#ifndef ACTIONS
#define ACTIONS 2       /* actions of the client */
#endif
#ifndef CRASHES
#define CRASHES 1       /* nodes that end; each starts again */
#endif
#ifndef CALL_FAILURES
#define CALL_FAILURES 1 /* requests and calls between nodes whose answer is lost, while they go on */
#endif
#ifndef STORE_FAILURES
#define STORE_FAILURES 1 /* writes of the journal whose answer is lost */
#endif
#ifndef STREAMS
#define STREAMS 1       /* streams of the page that open at some node and bring it along */
#endif

#define NODES 2
#define NO_ACTION 0
mtype = { WRITTEN, REFUSED, LOST };
#define BIT(a) (1 << (a))
#define MAX_TRIES 3

/* The journal in the store. A revision is never used twice. */
byte revision = 1, owner, ownerLife = 1;
byte savedState;    /* bit a: the state contains the change of action a */
byte savedEnded;    /* bit a: action a has run */
byte savedUnknown;  /* bit a: action a has begun; it may have had its effect */

/* What is shared by all, and outside of the page: a shared signal, a session value. */
byte effects[ACTIONS + 1];
bool hasEffect[ACTIONS + 1];

/* A node's copy of the page; life 0: it has none. */
typedef Page {
    byte life, revision, state, ended, unknown, running;
    bool locked, reviving, dirty
}
Page page[NODES];
byte generation[NODES]; /* of the process of a node */
byte lives = 1;

/* The client: the action that it waits for, the request that may answer, and the answer. */
mtype = { NOTHING, OK, UNKNOWN, FAILED };
byte current, serving;
mtype answer = NOTHING;
byte confirmed; /* bit a: action a was answered with success */
byte doubtful;  /* bit a: the client was told that the outcome of action a is not known */

byte crashes = CRASHES, callFailures = CALL_FAILURES, storeFailures = STORE_FAILURES, streams = STREAMS;

#define ALIVE (generation[n] == mine)
#define HERE (page[n].life != 0)
#define SAME (page[n].life == life) /* the page that the request began with */

inline drop(o) {
    page[o].life = 0; page[o].revision = 0; page[o].state = 0; page[o].ended = 0; page[o].unknown = 0; page[o].running = 0;
    page[o].locked = false; page[o].dirty = false
}

inline reply(kind) {
    if
    :: _pid == serving && answer == NOTHING -> answer = kind
    :: else
    fi
}

/* Writes the journal: the state before the action and that it begins, or the state. result: WRITTEN, REFUSED or LOST. */
inline put(begun) {
    result = WRITTEN; applied = true;
    if
    :: storeFailures > 0 -> storeFailures--; result = LOST; if :: applied = true :: applied = false fi
    :: true
    fi;
    if
    :: !applied -> skip
#ifdef MUTATE_WRITE_NOT_FENCED
    :: applied ->
#else
    :: applied && SAME && revision == page[n].revision ->
#endif
        printf("node %d: writes the journal with the actions %d, action %d has begun\n", n, page[n].state, begun);
        /* Two nodes do not own the page at a time. */
        assert(SAME && ownerLife == life);
        revision++;
        savedState = page[n].state;
        savedEnded = page[n].ended;
        savedUnknown = page[n].unknown | (begun != 0 -> BIT(begun) : 0);
        assert((savedState & confirmed) == confirmed);
        if
        :: result == WRITTEN -> page[n].revision = revision
        :: else
        fi
    :: else ->
        if
        :: result == WRITTEN -> result = REFUSED
        :: else
        fi
    fi;
    applied = false
}

/* After a refused write: is the journal that of this life? Then an earlier write was applied whose answer was lost. */
inline readAgain() {
    if
    :: SAME && ownerLife == life -> page[n].revision = revision; result = WRITTEN
#ifdef MUTATE_LIFE_NOT_COMPARED
    :: SAME && ownerLife != life -> page[n].revision = revision; result = WRITTEN
#else
    :: SAME && ownerLife != life -> printf("node %d: the page has moved\n", n); drop(n)
#endif
    :: else
    fi
}

/* One request at a node: action a, or with NO_ACTION a stream. It follows ActionRoutes, Revivals and ActionRunner. */
proctype request(byte n; byte a) {
    byte mine = generation[n];
    byte life, tries, foundRevision, foundState, foundEnded, foundUnknown, asked;
    mtype result = NOTHING;
    bool passedOn, applied;

route:
    atomic {
        if
        :: !ALIVE -> goto dead
        :: ALIVE && HERE -> goto here
        :: ALIVE && !HERE && !passedOn && a != NO_ACTION && owner != n && page[owner].life != 0 ->
            /* The action is passed on to the owner that the journal names. */
            passedOn = true;
            if
            :: printf("node %d: passes action %d on to node %d\n", n, a, owner); n = owner; mine = generation[n]; goto here
            :: callFailures > 0 ->
                callFailures--;
                printf("node %d: passes action %d on to node %d, the answer is lost\n", n, a, owner);
                run request(owner, a)
            fi
        :: else
        fi
    };
revive:
    /* One revival runs for a page at a node; others wait for it. */
    atomic {
        (!ALIVE || HERE || !page[n].reviving) ->
        if
        :: !ALIVE -> goto dead
        :: ALIVE && HERE -> goto here
        :: else -> page[n].reviving = true; tries = 0
        fi
    };
find:
    atomic {
        if
        :: !ALIVE -> goto dead
        :: else
        fi;
        foundRevision = revision; foundState = savedState; foundEnded = savedEnded; foundUnknown = savedUnknown;
        asked = owner;
        if
        :: asked == n || page[asked].life == 0 -> goto own
        :: asked != n && page[asked].life != 0 && callFailures > 0 ->
            callFailures--;
            printf("node %d: node %d does not answer and is passed over\n", n, asked);
            goto own
        :: asked != n && page[asked].life != 0
        fi
    };
    /* Releases: the owner waits for the end of its action, saves the page and gives it up. */
    atomic {
        (!ALIVE || page[asked].life == 0 || !page[asked].locked) ->
        if
        :: !ALIVE -> goto dead
        :: ALIVE && page[asked].life == 0 -> goto own
        :: else
        fi;
        if
        :: page[asked].life == ownerLife ->
            revision++;
            savedState = page[asked].state; savedEnded = page[asked].ended; savedUnknown = page[asked].unknown;
            printf("node %d: saves the page with the actions %d and gives it up\n", asked, savedState);
            assert((savedState & confirmed) == confirmed);
            drop(asked)
        :: else -> printf("node %d: the page has moved\n", asked); drop(asked); goto postponed
        fi
    };
    /* The journal is read again. */
    atomic {
        if
        :: !ALIVE -> goto dead
        :: else
        fi;
        foundRevision = revision; foundState = savedState; foundEnded = savedEnded; foundUnknown = savedUnknown
    };
own:
    /* The journal becomes that of this node, if it has not changed since it was read. */
    atomic {
        if
        :: !ALIVE -> goto dead
        :: else
        fi;
        if
#ifdef MUTATE_TAKEOVER_NOT_FENCED
        :: true ->
#else
        :: revision == foundRevision ->
#endif
            revision++;
            owner = n;
            lives++;
            ownerLife = lives; life = lives;
            savedState = foundState; savedEnded = foundEnded; savedUnknown = foundUnknown;
            foundRevision = revision;
            printf("node %d: takes the page over with the actions %d\n", n, savedState);
            assert((savedState & confirmed) == confirmed)
#ifndef MUTATE_TAKEOVER_NOT_FENCED
        :: else ->
            tries++;
            if
            :: tries < MAX_TRIES -> goto find
            :: else -> goto postponed
            fi
#endif
        fi
    };
    /* The page is declared again, and its signals get their saved values. */
    atomic {
        if
        :: !ALIVE -> goto dead
        :: else
        fi;
        drop(n);
        page[n].life = life; page[n].revision = foundRevision; page[n].state = foundState;
#ifndef MUTATE_IDS_NOT_RESTORED
        page[n].ended = foundEnded;
#endif
#ifndef MUTATE_BEGUN_NOT_RESTORED
        page[n].unknown = foundUnknown;
#endif
        page[n].reviving = false
    };

here:
    /* RecentActions: an action that has run, runs or may have run does not run again. */
    atomic {
        if
        :: !ALIVE -> goto dead
        :: ALIVE && !HERE -> goto failed
        :: else
        fi;
        life = page[n].life;
        if
        :: a == NO_ACTION -> goto end
#ifndef MUTATE_IDS_NOT_COMPARED
        :: a != NO_ACTION && (page[n].running & BIT(a)) -> goto wait
        :: a != NO_ACTION && !(page[n].running & BIT(a)) && (page[n].ended & BIT(a)) -> goto answered
        :: a != NO_ACTION && !(page[n].running & BIT(a)) && !(page[n].ended & BIT(a)) && (page[n].unknown & BIT(a)) ->
            printf("node %d: the outcome of action %d is unknown\n", n, a);
            assert(hasEffect[a]);
            reply(UNKNOWN);
            goto end
#endif
        :: else -> page[n].running = page[n].running | BIT(a)
        fi
    };
    /* Its turn. */
    atomic {
        (!ALIVE || !SAME || !page[n].locked) ->
        if
        :: !ALIVE -> goto dead
        :: ALIVE && !SAME -> goto failed
        :: else -> page[n].locked = true; printf("node %d: action %d begins\n", n, a)
        fi
    };
    if
    :: atomic { !hasEffect[a] -> goto change }
    :: hasEffect[a]
    fi;
claim:
#ifndef MUTATE_EFFECT_NOT_CLAIMED
    atomic {
        if
        :: !ALIVE -> goto dead
        :: else
        fi;
        put(a);
        if
        :: result == REFUSED -> readAgain(); if :: result == WRITTEN -> goto claim :: else -> goto failed fi
        :: result == LOST -> goto claim
        :: else
        fi
    };
#endif
    /* The effect outside of the page, perhaps long after. */
    atomic {
        if
        :: !ALIVE -> goto dead
        :: else
        fi;
        effects[a]++;
        printf("node %d: action %d has its effect\n", n, a);
        assert(effects[a] == 1)
    };
change:
    atomic {
        if
        :: !ALIVE -> goto dead
        :: ALIVE && !SAME -> goto failed
        :: else
        fi;
        assert(!(page[n].state & BIT(a)));
        page[n].state = page[n].state | BIT(a);
        page[n].ended = page[n].ended | BIT(a);
        page[n].dirty = true
#ifdef MUTATE_ANSWER_BEFORE_JOURNAL
        ;
        reply(OK)
#endif
    };
save:
    atomic {
        if
        :: !ALIVE -> goto dead
        :: else
        fi;
        put(0);
        if
        :: result == REFUSED -> readAgain(); if :: result == WRITTEN -> goto save :: else -> goto failed fi
        :: result == LOST -> goto unsaved
        :: else -> page[n].dirty = false
        fi;
        page[n].locked = false; page[n].running = page[n].running & ~BIT(a);
        reply(OK);
        goto end
    };
unsaved:
    /* It has run and is not known to be saved: the client sends it again, and it is saved then. */
    atomic {
        if
        :: !ALIVE -> goto dead
        :: else
        fi;
        if
        :: SAME -> page[n].locked = false; page[n].running = page[n].running & ~BIT(a)
        :: else
        fi;
        goto failed
    };
wait:
    atomic {
        (!ALIVE || !SAME || !(page[n].running & BIT(a))) ->
        if
        :: !ALIVE -> goto dead
        :: ALIVE && SAME && (page[n].ended & BIT(a)) -> goto answered
        :: else -> goto failed
        fi
    };
answered:
    /* Saved now, if it could not be saved before. */
    atomic {
        if
        :: !ALIVE -> goto dead
        :: ALIVE && !SAME -> goto failed
        :: else
        fi;
#ifndef MUTATE_REPEAT_NOT_SAVED
        if
        :: page[n].dirty ->
            put(0);
            if
            :: result == REFUSED -> readAgain(); if :: result == WRITTEN -> goto answered :: else -> goto failed fi
            :: result == LOST -> goto failed
            :: else -> page[n].dirty = false
            fi
        :: else
        fi;
#endif
        printf("node %d: action %d has ended before\n", n, a);
        reply(OK);
        goto end
    };
postponed:
    atomic {
        if
        :: ALIVE -> page[n].reviving = false
        :: else
        fi
    };
failed:
dead:
    atomic { reply(FAILED) };
end:
    skip
}

proctype client() {
    byte n;
    do
    :: current == ACTIONS + 1 -> break
    :: atomic {
        current <= ACTIONS ->
        if :: n = 0 :: n = 1 fi;
        printf("client: sends action %d to node %d\n", current, n);
        serving = run request(n, current);
        n = 0
       };
        if
        :: atomic {
            answer == OK ->
            printf("client: action %d is done\n", current);
            confirmed = confirmed | BIT(current);
            current++
           }
        :: atomic { answer == UNKNOWN -> doubtful = doubtful | BIT(current); current++ }
        :: atomic { answer == FAILED -> printf("client: action %d has failed\n", current) }
        :: atomic { answer == NOTHING && callFailures > 0 -> callFailures--; printf("client: gets no answer\n") }
        fi;
        atomic { answer = NOTHING; serving = 0 }
    od
}

proctype faults() {
    byte n;
end:
    do
    :: atomic {
        crashes > 0 ->
        crashes--;
        if :: n = 0 :: n = 1 fi;
        printf("node %d: crashes and starts again\n", n);
        generation[n]++;
        drop(n);
        page[n].reviving = false;
        n = 0
       }
    :: atomic {
        streams > 0 ->
        streams--;
        if :: n = 0 :: n = 1 fi;
        printf("client: opens a stream at node %d\n", n);
        run request(n, NO_ACTION);
        n = 0
       }
    od
}

/* When nothing happens any more: the client has an answer to each action. */
proctype finished() {
    byte a = 1;
    timeout ->
    atomic {
        assert(current == ACTIONS + 1);
        assert((savedState & confirmed) == confirmed);
        do
        :: a <= ACTIONS ->
            assert(!(confirmed & BIT(a)) || !hasEffect[a] || effects[a] == 1);
            assert((confirmed | doubtful) & BIT(a));
            a++
        :: else -> break
        od
    }
}

init {
    atomic {
        current = 1;
        do
        :: current <= ACTIONS ->
            if
            :: hasEffect[current] = true
            :: hasEffect[current] = false
            fi;
            current++
        :: else -> break
        od;
        current = 1;
        page[0].life = 1; page[0].revision = revision;
        run client(); run faults(); run finished()
    }
}
