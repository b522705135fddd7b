/*
 * How a transaction over several SQLite files commits everywhere or nowhere (decision 0010), as a model for spin.
 *
 *     spin -a sqlite-commit.pml && cc -w -O2 -DSAFETY -DCOLLAPSE -DVECTORSZ=4096 -o pan pan.c && ./pan -m200000
 *
 * searches all of it in about ten minutes with 6 GiB: 142,849,580 states, no errors (spin 6.5.2). Without one of the three
 * defines below (-DSYNCS_BASE=0 to spin) it fails within seconds.
 *
 * Two shards. Transaction 0 decides on shard 0, transaction 1 on shard 1, each writes both. A plain writer writes either shard.
 * Any of them may be killed between any two steps; once, the machine may lose power, which takes back what shards have
 * committed without a sync. Afterwards, and while others run, somebody recovers.
 *
 * A shard's rows are its version: each commit makes it one more. A row log is right only on the version that the transaction
 * had seen: `replay` asserts it, and so catches a write that slips in between a decision and its application.
 *
 * What it showed while it was written: who retires a decision must see it applied, sync, and only then retire. A recoverer that
 * synced first and looked afterwards lost a commit with the power.
 */

#ifndef SYNCS_BASE
#define SYNCS_BASE 1    /* 0: participants' earlier commits are not synced before the decision: fails */
#endif
#ifndef CHECKS_SLOTS
#define CHECKS_SLOTS 1  /* 0: writers do not look for decisions they would overtake: fails */
#endif
#ifndef SYNCS_RETIRED
#define SYNCS_RETIRED 1 /* 0: a decision is retired before its participant is synced: fails */
#endif

#define NOBODY 255
#define OTHER(s) (1 - (s))

/* What processes see of a shard, and what survives a loss of power. */
byte lock[2] = NOBODY;
byte version[2];
byte durableVersion[2];
/* The last decision of the other shard's that has been applied here; decisions are numbered per shard. */
byte applied[2];
byte durableApplied[2];
/* On its commit point: the number of the last decision, whether it still stands, and the version its row log is for. */
byte decided[2];
byte durableDecided[2];
bool stands[2];
bool durableStands[2];
byte base[2];
byte durableBase[2];

/* The epoch page: a slot for each transaction; it outlives processes, not the machine. */
bool slot[2];

bool powerLost = false;
byte dead = 0;          /* a bit for each process that was killed */
byte finished = 0;

#define ALIVE(p) (!(dead & (1 << (p))))
/* A process may be gone at any point; its locks and what it had not committed go with it. */
#define STEP(p) if :: !ALIVE(p) -> goto gone :: else fi

inline sync(s) {
    durableVersion[s] = version[s]; durableApplied[s] = applied[s];
    durableDecided[s] = decided[s]; durableStands[s] = stands[s]; durableBase[s] = base[s]
}

/* Whether the other shard's decision waits for this one. */
#define WAITS(s) (stands[OTHER(s)] && applied[s] < decided[OTHER(s)])

/* With the lock of s: applies the row log of the other shard's decision, if it has one for s. */
inline replay(s) {
    if
    :: WAITS(s) ->
        assert(version[s] == base[OTHER(s)]);
        version[s]++; applied[s] = decided[OTHER(s)]
    :: else
    fi
}

/* Transaction t decides on shard t. The shards are locked in either order. */
proctype transaction(byte t) {
    byte first, second;
    if :: first = 0; second = 1 :: first = 1; second = 0 fi;

    /* Statements: take both locks, or give up (a busy time-out ends deadlocks). Whoever gets a lock looks at the slots. */
    STEP(t);
    atomic { lock[first] == NOBODY -> lock[first] = t }
    STEP(t);
    atomic { if :: CHECKS_SLOTS && slot[OTHER(t)] -> replay(first) :: else fi }
    STEP(t);
    if
    :: atomic { lock[second] == NOBODY -> lock[second] = t }
    :: atomic { lock[second] != NOBODY -> lock[first] = NOBODY; goto done }
    fi;
    STEP(t);
    atomic { if :: CHECKS_SLOTS && slot[OTHER(t)] -> replay(second) :: else fi }

    /* Commit. */
    STEP(t);
    slot[t] = true;
    STEP(t);
    atomic { if :: SYNCS_BASE -> sync(OTHER(t)) :: else fi }
    STEP(t);
    /* The decision: with its row log, synced, in the transaction of the commit point itself. */
    atomic {
        if :: !ALIVE(t) -> goto gone :: else fi;
        version[t]++; decided[t]++; stands[t] = true; base[t] = version[OTHER(t)];
        sync(t); lock[t] = NOBODY
    }
    STEP(t);
    atomic {
        if :: !ALIVE(t) -> goto gone :: else fi;
        assert(version[OTHER(t)] == base[t]);
        version[OTHER(t)]++; applied[OTHER(t)] = decided[t]; lock[OTHER(t)] = NOBODY
    }
    STEP(t);
    slot[t] = false;
    STEP(t);
    /* Retire: later, by itself, when it writes its shard again. */
    atomic { if :: SYNCS_RETIRED -> sync(OTHER(t)) :: else fi }
    STEP(t);
    atomic {
        if :: !ALIVE(t) -> goto gone :: else fi;
        if :: lock[t] == NOBODY && applied[OTHER(t)] >= decided[t] -> stands[t] = false :: else fi
    }
done:
gone:
    atomic {
        if :: lock[0] == t -> lock[0] = NOBODY :: else fi;
        if :: lock[1] == t -> lock[1] = NOBODY :: else fi;
        finished++
    }
}

/* Writes one shard, without a sync. */
proctype writer(byte s) {
    byte i = 0;
    do
    :: i < 1 ->
        STEP(2);
        atomic { lock[s] == NOBODY -> lock[s] = 2 }
        STEP(2);
        atomic { if :: CHECKS_SLOTS && slot[OTHER(s)] -> replay(s) :: else fi }
        STEP(2);
        atomic { if :: ALIVE(2) -> version[s]++ :: else fi; lock[s] = NOBODY }
        i++
    :: else -> break
    od;
gone:
    atomic { if :: lock[s] == 2 -> lock[s] = NOBODY :: else fi; finished++ }
}

/* Recovers at any time, as every process does when it opens the database: what it finds it applies, then retires. */
proctype recoverer(byte me) {
    byte s = 0, seen;
    do
    :: s < 2 ->
        STEP(me);
        atomic { lock[s] == NOBODY -> lock[s] = me }
        atomic { if :: !ALIVE(me) -> goto gone :: else fi; replay(s); lock[s] = NOBODY }
        /* Seen to be applied, then synced, then retired: in this order. */
        if
        :: stands[OTHER(s)] && applied[s] >= decided[OTHER(s)] ->
            seen = decided[OTHER(s)];
            STEP(me);
            atomic { if :: SYNCS_RETIRED -> sync(s) :: else fi };
            STEP(me);
            atomic { lock[OTHER(s)] == NOBODY ->
                if :: ALIVE(me) && decided[OTHER(s)] == seen -> stands[OTHER(s)] = false :: else fi }
        :: else
        fi;
        s++
    :: else -> break
    od;
gone:
    atomic {
        if :: lock[0] == me -> lock[0] = NOBODY :: else fi;
        if :: lock[1] == me -> lock[1] = NOBODY :: else fi;
        finished++
    }
}

/* Kills, and once takes the power. */
proctype fate() {
    byte kills = 0;
    do
    :: kills < 2 && ALIVE(0) -> dead = dead | 1; kills++
    :: kills < 2 && ALIVE(1) -> dead = dead | 2; kills++
    :: kills < 2 && ALIVE(2) -> dead = dead | 4; kills++
    :: !powerLost && finished == 0 ->
        atomic {
            powerLost = true; dead = 15; lock[0] = NOBODY; lock[1] = NOBODY;
            version[0] = durableVersion[0]; version[1] = durableVersion[1];
            applied[0] = durableApplied[0]; applied[1] = durableApplied[1];
            decided[0] = durableDecided[0]; decided[1] = durableDecided[1];
            stands[0] = durableStands[0]; stands[1] = durableStands[1];
            base[0] = durableBase[0]; base[1] = durableBase[1];
            slot[0] = false; slot[1] = false
        };
        break
    :: break
    od;
    finished++
}

init {
    byte s;
    atomic {
        run transaction(0); run transaction(1);
        if :: s = 0 :: s = 1 fi;
        run writer(s); run fate()
    }
    /* One recovers beside them, one when all is over. */
    if :: run recoverer(3); finished == 5 :: finished == 4 fi;
    run recoverer(4);
    (finished == 6 || finished == 5 && _nr_pr == 1);
    /* Everywhere or nowhere. */
    assert(!WAITS(0) && !WAITS(1));
    assert(applied[0] == decided[1] && applied[1] == decided[0])
}
