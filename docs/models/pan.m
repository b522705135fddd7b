#define rand	pan_rand
#define pthread_equal(a,b)	((a)==(b))
#if defined(HAS_CODE) && defined(VERBOSE)
	#ifdef BFS_PAR
		bfs_printf("Pr: %d Tr: %d\n", II, t->forw);
	#else
		cpu_printf("Pr: %d Tr: %d\n", II, t->forw);
	#endif
#endif
	switch (t->forw) {
	default: Uerror("bad forward move");
	case 0:	/* if without executable clauses */
		continue;
	case 1: /* generic 'goto' or 'skip' */
		IfNotBlocked
		_m = 3; goto P999;
	case 2: /* generic 'else' */
		IfNotBlocked
		if (trpt->o_pm&1) continue;
		_m = 3; goto P999;

		 /* PROC :init: */
	case 3: // STATE 1 - sqlite-commit.pml:203 - [(run transaction(0))] (0:0:0 - 1)
		IfNotBlocked
		reached[4][1] = 1;
		if (!(addproc(II, 1, 0, 0)))
			continue;
		_m = 3; goto P999; /* 0 */
	case 4: // STATE 2 - sqlite-commit.pml:203 - [(run transaction(1))] (0:0:0 - 1)
		IfNotBlocked
		reached[4][2] = 1;
		if (!(addproc(II, 1, 0, 1)))
			continue;
		_m = 3; goto P999; /* 0 */
	case 5: // STATE 3 - sqlite-commit.pml:204 - [s = 0] (0:0:1 - 1)
		IfNotBlocked
		reached[4][3] = 1;
		(trpt+1)->bup.oval = ((int)((P4 *)_this)->s);
		((P4 *)_this)->s = 0;
#ifdef VAR_RANGES
		logval(":init::s", ((int)((P4 *)_this)->s));
#endif
		;
		_m = 3; goto P999; /* 0 */
	case 6: // STATE 4 - sqlite-commit.pml:204 - [s = 1] (0:0:1 - 1)
		IfNotBlocked
		reached[4][4] = 1;
		(trpt+1)->bup.oval = ((int)((P4 *)_this)->s);
		((P4 *)_this)->s = 1;
#ifdef VAR_RANGES
		logval(":init::s", ((int)((P4 *)_this)->s));
#endif
		;
		_m = 3; goto P999; /* 0 */
	case 7: // STATE 7 - sqlite-commit.pml:205 - [(run writer(s))] (0:0:1 - 3)
		IfNotBlocked
		reached[4][7] = 1;
		if (!(addproc(II, 1, 1, ((int)((P4 *)_this)->s))))
			continue;
		if (TstOnly) return 1; /* TT */
		/* dead 1: s */  (trpt+1)->bup.oval = ((P4 *)_this)->s;
#ifdef HAS_CODE
		if (!readtrail)
#endif
			((P4 *)_this)->s = 0;
		_m = 3; goto P999; /* 0 */
	case 8: // STATE 8 - sqlite-commit.pml:205 - [(run fate())] (0:0:0 - 1)
		IfNotBlocked
		reached[4][8] = 1;
		if (!(addproc(II, 1, 3, 0)))
			continue;
		_m = 3; goto P999; /* 0 */
	case 9: // STATE 10 - sqlite-commit.pml:208 - [(run recoverer(3))] (0:0:0 - 1)
		IfNotBlocked
		reached[4][10] = 1;
		if (!(addproc(II, 1, 2, 3)))
			continue;
		_m = 3; goto P999; /* 0 */
	case 10: // STATE 11 - sqlite-commit.pml:208 - [((finished==5))] (0:0:0 - 1)
		IfNotBlocked
		reached[4][11] = 1;
		if (!((((int)now.finished)==5)))
			continue;
		_m = 3; goto P999; /* 0 */
	case 11: // STATE 12 - sqlite-commit.pml:208 - [((finished==4))] (0:0:0 - 1)
		IfNotBlocked
		reached[4][12] = 1;
		if (!((((int)now.finished)==4)))
			continue;
		_m = 3; goto P999; /* 0 */
	case 12: // STATE 15 - sqlite-commit.pml:209 - [(run recoverer(4))] (0:0:0 - 3)
		IfNotBlocked
		reached[4][15] = 1;
		if (!(addproc(II, 1, 2, 4)))
			continue;
		_m = 3; goto P999; /* 0 */
	case 13: // STATE 16 - sqlite-commit.pml:210 - [(((finished==6)||((finished==5)&&(_nr_pr==1))))] (0:0:0 - 1)
		IfNotBlocked
		reached[4][16] = 1;
		if (!(((((int)now.finished)==6)||((((int)now.finished)==5)&&(((int)now._nr_pr)==1)))))
			continue;
		_m = 3; goto P999; /* 0 */
	case 14: // STATE 17 - sqlite-commit.pml:212 - [assert((!((stands[(1-0)]&&(applied[0]<decided[(1-0)])))&&!((stands[(1-1)]&&(applied[1]<decided[(1-1)])))))] (0:0:0 - 1)
		IfNotBlocked
		reached[4][17] = 1;
		spin_assert(( !((((int)now.stands[ Index((1-0), 2) ])&&(((int)now.applied[0])<((int)now.decided[ Index((1-0), 2) ]))))&& !((((int)now.stands[ Index((1-1), 2) ])&&(((int)now.applied[1])<((int)now.decided[ Index((1-1), 2) ]))))), "( !((stands[(1-0)]&&(applied[0]<decided[(1-0)])))&& !((stands[(1-1)]&&(applied[1]<decided[(1-1)]))))", II, tt, t);
		_m = 3; goto P999; /* 0 */
	case 15: // STATE 18 - sqlite-commit.pml:213 - [assert(((applied[0]==decided[1])&&(applied[1]==decided[0])))] (0:0:0 - 1)
		IfNotBlocked
		reached[4][18] = 1;
		spin_assert(((((int)now.applied[0])==((int)now.decided[1]))&&(((int)now.applied[1])==((int)now.decided[0]))), "((applied[0]==decided[1])&&(applied[1]==decided[0]))", II, tt, t);
		_m = 3; goto P999; /* 0 */
	case 16: // STATE 19 - sqlite-commit.pml:214 - [-end-] (0:0:0 - 1)
		IfNotBlocked
		reached[4][19] = 1;
		if (!delproc(1, II)) continue;
		_m = 3; goto P999; /* 0 */

		 /* PROC fate */
	case 17: // STATE 1 - sqlite-commit.pml:181 - [(((kills<2)&&!((dead&(1<<0)))))] (0:0:0 - 1)
		IfNotBlocked
		reached[3][1] = 1;
		if (!(((((int)((P3 *)_this)->kills)<2)&& !((((int)now.dead)&(1<<0))))))
			continue;
		_m = 3; goto P999; /* 0 */
	case 18: // STATE 2 - sqlite-commit.pml:181 - [dead = (dead|1)] (0:0:1 - 1)
		IfNotBlocked
		reached[3][2] = 1;
		(trpt+1)->bup.oval = ((int)now.dead);
		now.dead = (((int)now.dead)|1);
#ifdef VAR_RANGES
		logval("dead", ((int)now.dead));
#endif
		;
		_m = 3; goto P999; /* 0 */
	case 19: // STATE 3 - sqlite-commit.pml:181 - [kills = (kills+1)] (0:0:1 - 1)
		IfNotBlocked
		reached[3][3] = 1;
		(trpt+1)->bup.oval = ((int)((P3 *)_this)->kills);
		((P3 *)_this)->kills = (((int)((P3 *)_this)->kills)+1);
#ifdef VAR_RANGES
		logval("fate:kills", ((int)((P3 *)_this)->kills));
#endif
		;
		_m = 3; goto P999; /* 0 */
	case 20: // STATE 4 - sqlite-commit.pml:182 - [(((kills<2)&&!((dead&(1<<1)))))] (0:0:0 - 1)
		IfNotBlocked
		reached[3][4] = 1;
		if (!(((((int)((P3 *)_this)->kills)<2)&& !((((int)now.dead)&(1<<1))))))
			continue;
		_m = 3; goto P999; /* 0 */
	case 21: // STATE 5 - sqlite-commit.pml:182 - [dead = (dead|2)] (0:0:1 - 1)
		IfNotBlocked
		reached[3][5] = 1;
		(trpt+1)->bup.oval = ((int)now.dead);
		now.dead = (((int)now.dead)|2);
#ifdef VAR_RANGES
		logval("dead", ((int)now.dead));
#endif
		;
		_m = 3; goto P999; /* 0 */
	case 22: // STATE 6 - sqlite-commit.pml:182 - [kills = (kills+1)] (0:0:1 - 1)
		IfNotBlocked
		reached[3][6] = 1;
		(trpt+1)->bup.oval = ((int)((P3 *)_this)->kills);
		((P3 *)_this)->kills = (((int)((P3 *)_this)->kills)+1);
#ifdef VAR_RANGES
		logval("fate:kills", ((int)((P3 *)_this)->kills));
#endif
		;
		_m = 3; goto P999; /* 0 */
	case 23: // STATE 7 - sqlite-commit.pml:183 - [(((kills<2)&&!((dead&(1<<2)))))] (0:0:0 - 1)
		IfNotBlocked
		reached[3][7] = 1;
		if (!(((((int)((P3 *)_this)->kills)<2)&& !((((int)now.dead)&(1<<2))))))
			continue;
		_m = 3; goto P999; /* 0 */
	case 24: // STATE 8 - sqlite-commit.pml:183 - [dead = (dead|4)] (0:0:1 - 1)
		IfNotBlocked
		reached[3][8] = 1;
		(trpt+1)->bup.oval = ((int)now.dead);
		now.dead = (((int)now.dead)|4);
#ifdef VAR_RANGES
		logval("dead", ((int)now.dead));
#endif
		;
		_m = 3; goto P999; /* 0 */
	case 25: // STATE 9 - sqlite-commit.pml:183 - [kills = (kills+1)] (0:0:1 - 1)
		IfNotBlocked
		reached[3][9] = 1;
		(trpt+1)->bup.oval = ((int)((P3 *)_this)->kills);
		((P3 *)_this)->kills = (((int)((P3 *)_this)->kills)+1);
#ifdef VAR_RANGES
		logval("fate:kills", ((int)((P3 *)_this)->kills));
#endif
		;
		_m = 3; goto P999; /* 0 */
	case 26: // STATE 10 - sqlite-commit.pml:184 - [((!(powerLost)&&(finished==0)))] (0:0:0 - 1)
		IfNotBlocked
		reached[3][10] = 1;
		if (!(( !(((int)now.powerLost))&&(((int)now.finished)==0))))
			continue;
		_m = 3; goto P999; /* 0 */
	case 27: // STATE 11 - sqlite-commit.pml:186 - [powerLost = 1] (0:33:16 - 1)
		IfNotBlocked
		reached[3][11] = 1;
		(trpt+1)->bup.ovals = grab_ints(16);
		(trpt+1)->bup.ovals[0] = ((int)now.powerLost);
		now.powerLost = 1;
#ifdef VAR_RANGES
		logval("powerLost", ((int)now.powerLost));
#endif
		;
		/* merge: dead = 15(33, 12, 33) */
		reached[3][12] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.dead);
		now.dead = 15;
#ifdef VAR_RANGES
		logval("dead", ((int)now.dead));
#endif
		;
		/* merge: lock[0] = 255(33, 13, 33) */
		reached[3][13] = 1;
		(trpt+1)->bup.ovals[2] = ((int)now.lock[0]);
		now.lock[0] = 255;
#ifdef VAR_RANGES
		logval("lock[0]", ((int)now.lock[0]));
#endif
		;
		/* merge: lock[1] = 255(33, 14, 33) */
		reached[3][14] = 1;
		(trpt+1)->bup.ovals[3] = ((int)now.lock[1]);
		now.lock[1] = 255;
#ifdef VAR_RANGES
		logval("lock[1]", ((int)now.lock[1]));
#endif
		;
		/* merge: version[0] = durableVersion[0](33, 15, 33) */
		reached[3][15] = 1;
		(trpt+1)->bup.ovals[4] = ((int)now.version[0]);
		now.version[0] = ((int)now.durableVersion[0]);
#ifdef VAR_RANGES
		logval("version[0]", ((int)now.version[0]));
#endif
		;
		/* merge: version[1] = durableVersion[1](33, 16, 33) */
		reached[3][16] = 1;
		(trpt+1)->bup.ovals[5] = ((int)now.version[1]);
		now.version[1] = ((int)now.durableVersion[1]);
#ifdef VAR_RANGES
		logval("version[1]", ((int)now.version[1]));
#endif
		;
		/* merge: applied[0] = durableApplied[0](33, 17, 33) */
		reached[3][17] = 1;
		(trpt+1)->bup.ovals[6] = ((int)now.applied[0]);
		now.applied[0] = ((int)now.durableApplied[0]);
#ifdef VAR_RANGES
		logval("applied[0]", ((int)now.applied[0]));
#endif
		;
		/* merge: applied[1] = durableApplied[1](33, 18, 33) */
		reached[3][18] = 1;
		(trpt+1)->bup.ovals[7] = ((int)now.applied[1]);
		now.applied[1] = ((int)now.durableApplied[1]);
#ifdef VAR_RANGES
		logval("applied[1]", ((int)now.applied[1]));
#endif
		;
		/* merge: decided[0] = durableDecided[0](33, 19, 33) */
		reached[3][19] = 1;
		(trpt+1)->bup.ovals[8] = ((int)now.decided[0]);
		now.decided[0] = ((int)now.durableDecided[0]);
#ifdef VAR_RANGES
		logval("decided[0]", ((int)now.decided[0]));
#endif
		;
		/* merge: decided[1] = durableDecided[1](33, 20, 33) */
		reached[3][20] = 1;
		(trpt+1)->bup.ovals[9] = ((int)now.decided[1]);
		now.decided[1] = ((int)now.durableDecided[1]);
#ifdef VAR_RANGES
		logval("decided[1]", ((int)now.decided[1]));
#endif
		;
		/* merge: stands[0] = durableStands[0](33, 21, 33) */
		reached[3][21] = 1;
		(trpt+1)->bup.ovals[10] = ((int)now.stands[0]);
		now.stands[0] = ((int)now.durableStands[0]);
#ifdef VAR_RANGES
		logval("stands[0]", ((int)now.stands[0]));
#endif
		;
		/* merge: stands[1] = durableStands[1](33, 22, 33) */
		reached[3][22] = 1;
		(trpt+1)->bup.ovals[11] = ((int)now.stands[1]);
		now.stands[1] = ((int)now.durableStands[1]);
#ifdef VAR_RANGES
		logval("stands[1]", ((int)now.stands[1]));
#endif
		;
		/* merge: base[0] = durableBase[0](33, 23, 33) */
		reached[3][23] = 1;
		(trpt+1)->bup.ovals[12] = ((int)now.base[0]);
		now.base[0] = ((int)now.durableBase[0]);
#ifdef VAR_RANGES
		logval("base[0]", ((int)now.base[0]));
#endif
		;
		/* merge: base[1] = durableBase[1](33, 24, 33) */
		reached[3][24] = 1;
		(trpt+1)->bup.ovals[13] = ((int)now.base[1]);
		now.base[1] = ((int)now.durableBase[1]);
#ifdef VAR_RANGES
		logval("base[1]", ((int)now.base[1]));
#endif
		;
		/* merge: slot[0] = 0(33, 25, 33) */
		reached[3][25] = 1;
		(trpt+1)->bup.ovals[14] = ((int)now.slot[0]);
		now.slot[0] = 0;
#ifdef VAR_RANGES
		logval("slot[0]", ((int)now.slot[0]));
#endif
		;
		/* merge: slot[1] = 0(33, 26, 33) */
		reached[3][26] = 1;
		(trpt+1)->bup.ovals[15] = ((int)now.slot[1]);
		now.slot[1] = 0;
#ifdef VAR_RANGES
		logval("slot[1]", ((int)now.slot[1]));
#endif
		;
		/* merge: goto :b2(0, 28, 33) */
		reached[3][28] = 1;
		;
		_m = 3; goto P999; /* 16 */
	case 28: // STATE 33 - sqlite-commit.pml:197 - [finished = (finished+1)] (0:0:1 - 4)
		IfNotBlocked
		reached[3][33] = 1;
		(trpt+1)->bup.oval = ((int)now.finished);
		now.finished = (((int)now.finished)+1);
#ifdef VAR_RANGES
		logval("finished", ((int)now.finished));
#endif
		;
		_m = 3; goto P999; /* 0 */
	case 29: // STATE 34 - sqlite-commit.pml:198 - [-end-] (0:0:0 - 1)
		IfNotBlocked
		reached[3][34] = 1;
		if (!delproc(1, II)) continue;
		_m = 3; goto P999; /* 0 */

		 /* PROC recoverer */
	case 30: // STATE 1 - sqlite-commit.pml:151 - [((s<2))] (0:0:0 - 1)
		IfNotBlocked
		reached[2][1] = 1;
		if (!((((int)((P2 *)_this)->s)<2)))
			continue;
		_m = 3; goto P999; /* 0 */
	case 31: // STATE 2 - sqlite-commit.pml:152 - [(!(!((dead&(1<<me)))))] (0:0:0 - 1)
		IfNotBlocked
		reached[2][2] = 1;
		if (!( !( !((((int)now.dead)&(1<<((int)((P2 *)_this)->me)))))))
			continue;
		_m = 3; goto P999; /* 0 */
	case 32: // STATE 7 - sqlite-commit.pml:153 - [((lock[s]==255))] (24:0:1 - 1)
		IfNotBlocked
		reached[2][7] = 1;
		if (!((((int)now.lock[ Index(((int)((P2 *)_this)->s), 2) ])==255)))
			continue;
		/* merge: lock[s] = me(0, 8, 24) */
		reached[2][8] = 1;
		(trpt+1)->bup.oval = ((int)now.lock[ Index(((int)((P2 *)_this)->s), 2) ]);
		now.lock[ Index(((P2 *)_this)->s, 2) ] = ((int)((P2 *)_this)->me);
#ifdef VAR_RANGES
		logval("lock[recoverer:s]", ((int)now.lock[ Index(((int)((P2 *)_this)->s), 2) ]));
#endif
		;
		_m = 3; goto P999; /* 1 */
	case 33: // STATE 10 - sqlite-commit.pml:154 - [(!(!((dead&(1<<me)))))] (75:0:0 - 1)
		IfNotBlocked
		reached[2][10] = 1;
		if (!( !( !((((int)now.dead)&(1<<((int)((P2 *)_this)->me)))))))
			continue;
		/* merge: goto gone(0, 11, 75) */
		reached[2][11] = 1;
		;
		_m = 3; goto P999; /* 1 */
	case 34: // STATE 15 - sqlite-commit.pml:67 - [((stands[(1-s)]&&(applied[s]<decided[(1-s)])))] (56:0:3 - 1)
		IfNotBlocked
		reached[2][15] = 1;
		if (!((((int)now.stands[ Index((1-((int)((P2 *)_this)->s)), 2) ])&&(((int)now.applied[ Index(((int)((P2 *)_this)->s), 2) ])<((int)now.decided[ Index((1-((int)((P2 *)_this)->s)), 2) ])))))
			continue;
		/* merge: assert((version[s]==base[(1-s)]))(56, 16, 56) */
		reached[2][16] = 1;
		spin_assert((((int)now.version[ Index(((int)((P2 *)_this)->s), 2) ])==((int)now.base[ Index((1-((int)((P2 *)_this)->s)), 2) ])), "(version[s]==base[(1-s)])", II, tt, t);
		/* merge: version[s] = (version[s]+1)(56, 17, 56) */
		reached[2][17] = 1;
		(trpt+1)->bup.ovals = grab_ints(3);
		(trpt+1)->bup.ovals[0] = ((int)now.version[ Index(((int)((P2 *)_this)->s), 2) ]);
		now.version[ Index(((P2 *)_this)->s, 2) ] = (((int)now.version[ Index(((int)((P2 *)_this)->s), 2) ])+1);
#ifdef VAR_RANGES
		logval("version[recoverer:s]", ((int)now.version[ Index(((int)((P2 *)_this)->s), 2) ]));
#endif
		;
		/* merge: applied[s] = decided[(1-s)](56, 18, 56) */
		reached[2][18] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.applied[ Index(((int)((P2 *)_this)->s), 2) ]);
		now.applied[ Index(((P2 *)_this)->s, 2) ] = ((int)now.decided[ Index((1-((int)((P2 *)_this)->s)), 2) ]);
#ifdef VAR_RANGES
		logval("applied[recoverer:s]", ((int)now.applied[ Index(((int)((P2 *)_this)->s), 2) ]));
#endif
		;
		/* merge: .(goto)(56, 21, 56) */
		reached[2][21] = 1;
		;
		/* merge: lock[s] = 255(56, 23, 56) */
		reached[2][23] = 1;
		(trpt+1)->bup.ovals[2] = ((int)now.lock[ Index(((int)((P2 *)_this)->s), 2) ]);
		now.lock[ Index(((P2 *)_this)->s, 2) ] = 255;
#ifdef VAR_RANGES
		logval("lock[recoverer:s]", ((int)now.lock[ Index(((int)((P2 *)_this)->s), 2) ]));
#endif
		;
		_m = 3; goto P999; /* 5 */
	case 35: // STATE 21 - sqlite-commit.pml:72 - [.(goto)] (0:56:1 - 2)
		IfNotBlocked
		reached[2][21] = 1;
		;
		/* merge: lock[s] = 255(56, 23, 56) */
		reached[2][23] = 1;
		(trpt+1)->bup.oval = ((int)now.lock[ Index(((int)((P2 *)_this)->s), 2) ]);
		now.lock[ Index(((P2 *)_this)->s, 2) ] = 255;
#ifdef VAR_RANGES
		logval("lock[recoverer:s]", ((int)now.lock[ Index(((int)((P2 *)_this)->s), 2) ]));
#endif
		;
		_m = 3; goto P999; /* 1 */
	case 36: // STATE 25 - sqlite-commit.pml:157 - [((stands[(1-s)]&&(applied[s]>=decided[(1-s)])))] (0:0:0 - 1)
		IfNotBlocked
		reached[2][25] = 1;
		if (!((((int)now.stands[ Index((1-((int)((P2 *)_this)->s)), 2) ])&&(((int)now.applied[ Index(((int)((P2 *)_this)->s), 2) ])>=((int)now.decided[ Index((1-((int)((P2 *)_this)->s)), 2) ])))))
			continue;
		_m = 3; goto P999; /* 0 */
	case 37: // STATE 26 - sqlite-commit.pml:158 - [seen = decided[(1-s)]] (0:0:1 - 1)
		IfNotBlocked
		reached[2][26] = 1;
		(trpt+1)->bup.oval = ((int)((P2 *)_this)->seen);
		((P2 *)_this)->seen = ((int)now.decided[ Index((1-((int)((P2 *)_this)->s)), 2) ]);
#ifdef VAR_RANGES
		logval("recoverer:seen", ((int)((P2 *)_this)->seen));
#endif
		;
		_m = 3; goto P999; /* 0 */
	case 38: // STATE 27 - sqlite-commit.pml:159 - [(!(!((dead&(1<<me)))))] (0:0:0 - 1)
		IfNotBlocked
		reached[2][27] = 1;
		if (!( !( !((((int)now.dead)&(1<<((int)((P2 *)_this)->me)))))))
			continue;
		_m = 3; goto P999; /* 0 */
	case 39: // STATE 33 - sqlite-commit.pml:57 - [durableVersion[s] = version[s]] (0:46:5 - 1)
		IfNotBlocked
		reached[2][33] = 1;
		(trpt+1)->bup.ovals = grab_ints(5);
		(trpt+1)->bup.ovals[0] = ((int)now.durableVersion[ Index(((int)((P2 *)_this)->s), 2) ]);
		now.durableVersion[ Index(((P2 *)_this)->s, 2) ] = ((int)now.version[ Index(((int)((P2 *)_this)->s), 2) ]);
#ifdef VAR_RANGES
		logval("durableVersion[recoverer:s]", ((int)now.durableVersion[ Index(((int)((P2 *)_this)->s), 2) ]));
#endif
		;
		/* merge: durableApplied[s] = applied[s](46, 34, 46) */
		reached[2][34] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.durableApplied[ Index(((int)((P2 *)_this)->s), 2) ]);
		now.durableApplied[ Index(((P2 *)_this)->s, 2) ] = ((int)now.applied[ Index(((int)((P2 *)_this)->s), 2) ]);
#ifdef VAR_RANGES
		logval("durableApplied[recoverer:s]", ((int)now.durableApplied[ Index(((int)((P2 *)_this)->s), 2) ]));
#endif
		;
		/* merge: durableDecided[s] = decided[s](46, 35, 46) */
		reached[2][35] = 1;
		(trpt+1)->bup.ovals[2] = ((int)now.durableDecided[ Index(((int)((P2 *)_this)->s), 2) ]);
		now.durableDecided[ Index(((P2 *)_this)->s, 2) ] = ((int)now.decided[ Index(((int)((P2 *)_this)->s), 2) ]);
#ifdef VAR_RANGES
		logval("durableDecided[recoverer:s]", ((int)now.durableDecided[ Index(((int)((P2 *)_this)->s), 2) ]));
#endif
		;
		/* merge: durableStands[s] = stands[s](46, 36, 46) */
		reached[2][36] = 1;
		(trpt+1)->bup.ovals[3] = ((int)now.durableStands[ Index(((int)((P2 *)_this)->s), 2) ]);
		now.durableStands[ Index(((P2 *)_this)->s, 2) ] = ((int)now.stands[ Index(((int)((P2 *)_this)->s), 2) ]);
#ifdef VAR_RANGES
		logval("durableStands[recoverer:s]", ((int)now.durableStands[ Index(((int)((P2 *)_this)->s), 2) ]));
#endif
		;
		/* merge: durableBase[s] = base[s](46, 37, 46) */
		reached[2][37] = 1;
		(trpt+1)->bup.ovals[4] = ((int)now.durableBase[ Index(((int)((P2 *)_this)->s), 2) ]);
		now.durableBase[ Index(((P2 *)_this)->s, 2) ] = ((int)now.base[ Index(((int)((P2 *)_this)->s), 2) ]);
#ifdef VAR_RANGES
		logval("durableBase[recoverer:s]", ((int)now.durableBase[ Index(((int)((P2 *)_this)->s), 2) ]));
#endif
		;
		/* merge: .(goto)(46, 41, 46) */
		reached[2][41] = 1;
		;
		_m = 3; goto P999; /* 5 */
	case 40: // STATE 41 - sqlite-commit.pml:160 - [.(goto)] (0:46:0 - 2)
		IfNotBlocked
		reached[2][41] = 1;
		;
		_m = 3; goto P999; /* 0 */
	case 41: // STATE 43 - sqlite-commit.pml:161 - [(!(!((dead&(1<<me)))))] (0:0:0 - 1)
		IfNotBlocked
		reached[2][43] = 1;
		if (!( !( !((((int)now.dead)&(1<<((int)((P2 *)_this)->me)))))))
			continue;
		_m = 3; goto P999; /* 0 */
	case 42: // STATE 48 - sqlite-commit.pml:162 - [((lock[(1-s)]==255))] (0:0:0 - 1)
		IfNotBlocked
		reached[2][48] = 1;
		if (!((((int)now.lock[ Index((1-((int)((P2 *)_this)->s)), 2) ])==255)))
			continue;
		_m = 3; goto P999; /* 0 */
	case 43: // STATE 49 - sqlite-commit.pml:163 - [((!((dead&(1<<me)))&&(decided[(1-s)]==seen)))] (61:0:3 - 1)
		IfNotBlocked
		reached[2][49] = 1;
		if (!(( !((((int)now.dead)&(1<<((int)((P2 *)_this)->me))))&&(((int)now.decided[ Index((1-((int)((P2 *)_this)->s)), 2) ])==((int)((P2 *)_this)->seen)))))
			continue;
		if (TstOnly) return 1; /* TT */
		/* dead 1: seen */  (trpt+1)->bup.ovals = grab_ints(3);
		(trpt+1)->bup.ovals[0] = ((P2 *)_this)->seen;
#ifdef HAS_CODE
		if (!readtrail)
#endif
			((P2 *)_this)->seen = 0;
		/* merge: stands[(1-s)] = 0(61, 50, 61) */
		reached[2][50] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.stands[ Index((1-((int)((P2 *)_this)->s)), 2) ]);
		now.stands[ Index((1-((P2 *)_this)->s), 2) ] = 0;
#ifdef VAR_RANGES
		logval("stands[(1-recoverer:s)]", ((int)now.stands[ Index((1-((int)((P2 *)_this)->s)), 2) ]));
#endif
		;
		/* merge: .(goto)(61, 53, 61) */
		reached[2][53] = 1;
		;
		/* merge: .(goto)(61, 57, 61) */
		reached[2][57] = 1;
		;
		/* merge: s = (s+1)(61, 58, 61) */
		reached[2][58] = 1;
		(trpt+1)->bup.ovals[2] = ((int)((P2 *)_this)->s);
		((P2 *)_this)->s = (((int)((P2 *)_this)->s)+1);
#ifdef VAR_RANGES
		logval("recoverer:s", ((int)((P2 *)_this)->s));
#endif
		;
		/* merge: .(goto)(0, 62, 61) */
		reached[2][62] = 1;
		;
		_m = 3; goto P999; /* 5 */
	case 44: // STATE 53 - sqlite-commit.pml:163 - [.(goto)] (0:61:1 - 2)
		IfNotBlocked
		reached[2][53] = 1;
		;
		/* merge: .(goto)(61, 57, 61) */
		reached[2][57] = 1;
		;
		/* merge: s = (s+1)(61, 58, 61) */
		reached[2][58] = 1;
		(trpt+1)->bup.oval = ((int)((P2 *)_this)->s);
		((P2 *)_this)->s = (((int)((P2 *)_this)->s)+1);
#ifdef VAR_RANGES
		logval("recoverer:s", ((int)((P2 *)_this)->s));
#endif
		;
		/* merge: .(goto)(0, 62, 61) */
		reached[2][62] = 1;
		;
		_m = 3; goto P999; /* 3 */
	case 45: // STATE 58 - sqlite-commit.pml:166 - [s = (s+1)] (0:61:1 - 3)
		IfNotBlocked
		reached[2][58] = 1;
		(trpt+1)->bup.oval = ((int)((P2 *)_this)->s);
		((P2 *)_this)->s = (((int)((P2 *)_this)->s)+1);
#ifdef VAR_RANGES
		logval("recoverer:s", ((int)((P2 *)_this)->s));
#endif
		;
		/* merge: .(goto)(0, 62, 61) */
		reached[2][62] = 1;
		;
		_m = 3; goto P999; /* 1 */
	case 46: // STATE 64 - sqlite-commit.pml:171 - [((lock[0]==me))] (72:0:1 - 1)
		IfNotBlocked
		reached[2][64] = 1;
		if (!((((int)now.lock[0])==((int)((P2 *)_this)->me))))
			continue;
		/* merge: lock[0] = 255(0, 65, 72) */
		reached[2][65] = 1;
		(trpt+1)->bup.oval = ((int)now.lock[0]);
		now.lock[0] = 255;
#ifdef VAR_RANGES
		logval("lock[0]", ((int)now.lock[0]));
#endif
		;
		/* merge: .(goto)(0, 68, 72) */
		reached[2][68] = 1;
		;
		_m = 3; goto P999; /* 2 */
	case 47: // STATE 69 - sqlite-commit.pml:172 - [((lock[1]==me))] (76:0:3 - 1)
		IfNotBlocked
		reached[2][69] = 1;
		if (!((((int)now.lock[1])==((int)((P2 *)_this)->me))))
			continue;
		if (TstOnly) return 1; /* TT */
		/* dead 1: me */  (trpt+1)->bup.ovals = grab_ints(3);
		(trpt+1)->bup.ovals[0] = ((P2 *)_this)->me;
#ifdef HAS_CODE
		if (!readtrail)
#endif
			((P2 *)_this)->me = 0;
		/* merge: lock[1] = 255(76, 70, 76) */
		reached[2][70] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.lock[1]);
		now.lock[1] = 255;
#ifdef VAR_RANGES
		logval("lock[1]", ((int)now.lock[1]));
#endif
		;
		/* merge: .(goto)(76, 73, 76) */
		reached[2][73] = 1;
		;
		/* merge: finished = (finished+1)(76, 74, 76) */
		reached[2][74] = 1;
		(trpt+1)->bup.ovals[2] = ((int)now.finished);
		now.finished = (((int)now.finished)+1);
#ifdef VAR_RANGES
		logval("finished", ((int)now.finished));
#endif
		;
		_m = 3; goto P999; /* 3 */
	case 48: // STATE 73 - sqlite-commit.pml:173 - [.(goto)] (0:76:1 - 2)
		IfNotBlocked
		reached[2][73] = 1;
		;
		/* merge: finished = (finished+1)(76, 74, 76) */
		reached[2][74] = 1;
		(trpt+1)->bup.oval = ((int)now.finished);
		now.finished = (((int)now.finished)+1);
#ifdef VAR_RANGES
		logval("finished", ((int)now.finished));
#endif
		;
		_m = 3; goto P999; /* 1 */
	case 49: // STATE 76 - sqlite-commit.pml:175 - [-end-] (0:0:0 - 1)
		IfNotBlocked
		reached[2][76] = 1;
		if (!delproc(1, II)) continue;
		_m = 3; goto P999; /* 0 */

		 /* PROC writer */
	case 50: // STATE 1 - sqlite-commit.pml:133 - [((i<2))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][1] = 1;
		if (!((((int)((P1 *)_this)->i)<2)))
			continue;
		_m = 3; goto P999; /* 0 */
	case 51: // STATE 2 - sqlite-commit.pml:134 - [(!(!((dead&(1<<2)))))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][2] = 1;
		if (!( !( !((((int)now.dead)&(1<<2))))))
			continue;
		_m = 3; goto P999; /* 0 */
	case 52: // STATE 7 - sqlite-commit.pml:135 - [((lock[s]==255))] (13:0:1 - 1)
		IfNotBlocked
		reached[1][7] = 1;
		if (!((((int)now.lock[ Index(((int)((P1 *)_this)->s), 2) ])==255)))
			continue;
		/* merge: lock[s] = 2(0, 8, 13) */
		reached[1][8] = 1;
		(trpt+1)->bup.oval = ((int)now.lock[ Index(((int)((P1 *)_this)->s), 2) ]);
		now.lock[ Index(((P1 *)_this)->s, 2) ] = 2;
#ifdef VAR_RANGES
		logval("lock[writer:s]", ((int)now.lock[ Index(((int)((P1 *)_this)->s), 2) ]));
#endif
		;
		_m = 3; goto P999; /* 1 */
	case 53: // STATE 10 - sqlite-commit.pml:136 - [(!(!((dead&(1<<2)))))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][10] = 1;
		if (!( !( !((((int)now.dead)&(1<<2))))))
			continue;
		_m = 3; goto P999; /* 0 */
	case 54: // STATE 15 - sqlite-commit.pml:137 - [((1&&slot[(1-s)]))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][15] = 1;
		if (!((1&&((int)now.slot[ Index((1-((int)((P1 *)_this)->s)), 2) ]))))
			continue;
		_m = 3; goto P999; /* 0 */
	case 55: // STATE 16 - sqlite-commit.pml:67 - [((stands[(1-s)]&&(applied[s]<decided[(1-s)])))] (31:0:2 - 1)
		IfNotBlocked
		reached[1][16] = 1;
		if (!((((int)now.stands[ Index((1-((int)((P1 *)_this)->s)), 2) ])&&(((int)now.applied[ Index(((int)((P1 *)_this)->s), 2) ])<((int)now.decided[ Index((1-((int)((P1 *)_this)->s)), 2) ])))))
			continue;
		/* merge: assert((version[s]==base[(1-s)]))(31, 17, 31) */
		reached[1][17] = 1;
		spin_assert((((int)now.version[ Index(((int)((P1 *)_this)->s), 2) ])==((int)now.base[ Index((1-((int)((P1 *)_this)->s)), 2) ])), "(version[s]==base[(1-s)])", II, tt, t);
		/* merge: version[s] = (version[s]+1)(31, 18, 31) */
		reached[1][18] = 1;
		(trpt+1)->bup.ovals = grab_ints(2);
		(trpt+1)->bup.ovals[0] = ((int)now.version[ Index(((int)((P1 *)_this)->s), 2) ]);
		now.version[ Index(((P1 *)_this)->s, 2) ] = (((int)now.version[ Index(((int)((P1 *)_this)->s), 2) ])+1);
#ifdef VAR_RANGES
		logval("version[writer:s]", ((int)now.version[ Index(((int)((P1 *)_this)->s), 2) ]));
#endif
		;
		/* merge: applied[s] = decided[(1-s)](31, 19, 31) */
		reached[1][19] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.applied[ Index(((int)((P1 *)_this)->s), 2) ]);
		now.applied[ Index(((P1 *)_this)->s, 2) ] = ((int)now.decided[ Index((1-((int)((P1 *)_this)->s)), 2) ]);
#ifdef VAR_RANGES
		logval("applied[writer:s]", ((int)now.applied[ Index(((int)((P1 *)_this)->s), 2) ]));
#endif
		;
		/* merge: .(goto)(31, 22, 31) */
		reached[1][22] = 1;
		;
		/* merge: .(goto)(31, 26, 31) */
		reached[1][26] = 1;
		;
		_m = 3; goto P999; /* 5 */
	case 56: // STATE 22 - sqlite-commit.pml:72 - [.(goto)] (0:31:0 - 2)
		IfNotBlocked
		reached[1][22] = 1;
		;
		/* merge: .(goto)(31, 26, 31) */
		reached[1][26] = 1;
		;
		_m = 3; goto P999; /* 1 */
	case 57: // STATE 26 - sqlite-commit.pml:137 - [.(goto)] (0:31:0 - 2)
		IfNotBlocked
		reached[1][26] = 1;
		;
		_m = 3; goto P999; /* 0 */
	case 58: // STATE 28 - sqlite-commit.pml:138 - [(!(!((dead&(1<<2)))))] (0:0:0 - 1)
		IfNotBlocked
		reached[1][28] = 1;
		if (!( !( !((((int)now.dead)&(1<<2))))))
			continue;
		_m = 3; goto P999; /* 0 */
	case 59: // STATE 33 - sqlite-commit.pml:139 - [(!((dead&(1<<2))))] (43:0:3 - 1)
		IfNotBlocked
		reached[1][33] = 1;
		if (!( !((((int)now.dead)&(1<<2)))))
			continue;
		/* merge: version[s] = (version[s]+1)(43, 34, 43) */
		reached[1][34] = 1;
		(trpt+1)->bup.ovals = grab_ints(3);
		(trpt+1)->bup.ovals[0] = ((int)now.version[ Index(((int)((P1 *)_this)->s), 2) ]);
		now.version[ Index(((P1 *)_this)->s, 2) ] = (((int)now.version[ Index(((int)((P1 *)_this)->s), 2) ])+1);
#ifdef VAR_RANGES
		logval("version[writer:s]", ((int)now.version[ Index(((int)((P1 *)_this)->s), 2) ]));
#endif
		;
		/* merge: .(goto)(43, 37, 43) */
		reached[1][37] = 1;
		;
		/* merge: lock[s] = 255(43, 38, 43) */
		reached[1][38] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.lock[ Index(((int)((P1 *)_this)->s), 2) ]);
		now.lock[ Index(((P1 *)_this)->s, 2) ] = 255;
#ifdef VAR_RANGES
		logval("lock[writer:s]", ((int)now.lock[ Index(((int)((P1 *)_this)->s), 2) ]));
#endif
		;
		/* merge: i = (i+1)(43, 40, 43) */
		reached[1][40] = 1;
		(trpt+1)->bup.ovals[2] = ((int)((P1 *)_this)->i);
		((P1 *)_this)->i = (((int)((P1 *)_this)->i)+1);
#ifdef VAR_RANGES
		logval("writer:i", ((int)((P1 *)_this)->i));
#endif
		;
		/* merge: .(goto)(0, 44, 43) */
		reached[1][44] = 1;
		;
		_m = 3; goto P999; /* 5 */
	case 60: // STATE 37 - sqlite-commit.pml:139 - [.(goto)] (0:43:2 - 2)
		IfNotBlocked
		reached[1][37] = 1;
		;
		/* merge: lock[s] = 255(43, 38, 43) */
		reached[1][38] = 1;
		(trpt+1)->bup.ovals = grab_ints(2);
		(trpt+1)->bup.ovals[0] = ((int)now.lock[ Index(((int)((P1 *)_this)->s), 2) ]);
		now.lock[ Index(((P1 *)_this)->s, 2) ] = 255;
#ifdef VAR_RANGES
		logval("lock[writer:s]", ((int)now.lock[ Index(((int)((P1 *)_this)->s), 2) ]));
#endif
		;
		/* merge: i = (i+1)(43, 40, 43) */
		reached[1][40] = 1;
		(trpt+1)->bup.ovals[1] = ((int)((P1 *)_this)->i);
		((P1 *)_this)->i = (((int)((P1 *)_this)->i)+1);
#ifdef VAR_RANGES
		logval("writer:i", ((int)((P1 *)_this)->i));
#endif
		;
		/* merge: .(goto)(0, 44, 43) */
		reached[1][44] = 1;
		;
		_m = 3; goto P999; /* 3 */
	case 61: // STATE 46 - sqlite-commit.pml:144 - [((lock[s]==2))] (53:0:2 - 1)
		IfNotBlocked
		reached[1][46] = 1;
		if (!((((int)now.lock[ Index(((int)((P1 *)_this)->s), 2) ])==2)))
			continue;
		/* merge: lock[s] = 255(53, 47, 53) */
		reached[1][47] = 1;
		(trpt+1)->bup.ovals = grab_ints(2);
		(trpt+1)->bup.ovals[0] = ((int)now.lock[ Index(((int)((P1 *)_this)->s), 2) ]);
		now.lock[ Index(((P1 *)_this)->s, 2) ] = 255;
#ifdef VAR_RANGES
		logval("lock[writer:s]", ((int)now.lock[ Index(((int)((P1 *)_this)->s), 2) ]));
#endif
		;
		/* merge: .(goto)(53, 50, 53) */
		reached[1][50] = 1;
		;
		/* merge: finished = (finished+1)(53, 51, 53) */
		reached[1][51] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.finished);
		now.finished = (((int)now.finished)+1);
#ifdef VAR_RANGES
		logval("finished", ((int)now.finished));
#endif
		;
		_m = 3; goto P999; /* 3 */
	case 62: // STATE 50 - sqlite-commit.pml:144 - [.(goto)] (0:53:1 - 2)
		IfNotBlocked
		reached[1][50] = 1;
		;
		/* merge: finished = (finished+1)(53, 51, 53) */
		reached[1][51] = 1;
		(trpt+1)->bup.oval = ((int)now.finished);
		now.finished = (((int)now.finished)+1);
#ifdef VAR_RANGES
		logval("finished", ((int)now.finished));
#endif
		;
		_m = 3; goto P999; /* 1 */
	case 63: // STATE 53 - sqlite-commit.pml:145 - [-end-] (0:0:0 - 1)
		IfNotBlocked
		reached[1][53] = 1;
		if (!delproc(1, II)) continue;
		_m = 3; goto P999; /* 0 */

		 /* PROC transaction */
	case 64: // STATE 1 - sqlite-commit.pml:77 - [first = 0] (0:10:2 - 1)
		IfNotBlocked
		reached[0][1] = 1;
		(trpt+1)->bup.ovals = grab_ints(2);
		(trpt+1)->bup.ovals[0] = ((int)((P0 *)_this)->first);
		((P0 *)_this)->first = 0;
#ifdef VAR_RANGES
		logval("transaction:first", ((int)((P0 *)_this)->first));
#endif
		;
		/* merge: second = 1(10, 2, 10) */
		reached[0][2] = 1;
		(trpt+1)->bup.ovals[1] = ((int)((P0 *)_this)->second);
		((P0 *)_this)->second = 1;
#ifdef VAR_RANGES
		logval("transaction:second", ((int)((P0 *)_this)->second));
#endif
		;
		/* merge: .(goto)(0, 6, 10) */
		reached[0][6] = 1;
		;
		_m = 3; goto P999; /* 2 */
	case 65: // STATE 3 - sqlite-commit.pml:77 - [first = 1] (0:10:2 - 1)
		IfNotBlocked
		reached[0][3] = 1;
		(trpt+1)->bup.ovals = grab_ints(2);
		(trpt+1)->bup.ovals[0] = ((int)((P0 *)_this)->first);
		((P0 *)_this)->first = 1;
#ifdef VAR_RANGES
		logval("transaction:first", ((int)((P0 *)_this)->first));
#endif
		;
		/* merge: second = 0(10, 4, 10) */
		reached[0][4] = 1;
		(trpt+1)->bup.ovals[1] = ((int)((P0 *)_this)->second);
		((P0 *)_this)->second = 0;
#ifdef VAR_RANGES
		logval("transaction:second", ((int)((P0 *)_this)->second));
#endif
		;
		/* merge: .(goto)(0, 6, 10) */
		reached[0][6] = 1;
		;
		_m = 3; goto P999; /* 2 */
	case 66: // STATE 7 - sqlite-commit.pml:80 - [(!(!((dead&(1<<t)))))] (0:0:0 - 1)
		IfNotBlocked
		reached[0][7] = 1;
		if (!( !( !((((int)now.dead)&(1<<((int)((P0 *)_this)->t)))))))
			continue;
		_m = 3; goto P999; /* 0 */
	case 67: // STATE 12 - sqlite-commit.pml:81 - [((lock[first]==255))] (18:0:1 - 1)
		IfNotBlocked
		reached[0][12] = 1;
		if (!((((int)now.lock[ Index(((int)((P0 *)_this)->first), 2) ])==255)))
			continue;
		/* merge: lock[first] = t(0, 13, 18) */
		reached[0][13] = 1;
		(trpt+1)->bup.oval = ((int)now.lock[ Index(((int)((P0 *)_this)->first), 2) ]);
		now.lock[ Index(((P0 *)_this)->first, 2) ] = ((int)((P0 *)_this)->t);
#ifdef VAR_RANGES
		logval("lock[transaction:first]", ((int)now.lock[ Index(((int)((P0 *)_this)->first), 2) ]));
#endif
		;
		_m = 3; goto P999; /* 1 */
	case 68: // STATE 15 - sqlite-commit.pml:82 - [(!(!((dead&(1<<t)))))] (0:0:0 - 1)
		IfNotBlocked
		reached[0][15] = 1;
		if (!( !( !((((int)now.dead)&(1<<((int)((P0 *)_this)->t)))))))
			continue;
		_m = 3; goto P999; /* 0 */
	case 69: // STATE 20 - sqlite-commit.pml:83 - [((1&&slot[(1-t)]))] (0:0:0 - 1)
		IfNotBlocked
		reached[0][20] = 1;
		if (!((1&&((int)now.slot[ Index((1-((int)((P0 *)_this)->t)), 2) ]))))
			continue;
		_m = 3; goto P999; /* 0 */
	case 70: // STATE 21 - sqlite-commit.pml:67 - [((stands[(1-first)]&&(applied[first]<decided[(1-first)])))] (36:0:2 - 1)
		IfNotBlocked
		reached[0][21] = 1;
		if (!((((int)now.stands[ Index((1-((int)((P0 *)_this)->first)), 2) ])&&(((int)now.applied[ Index(((int)((P0 *)_this)->first), 2) ])<((int)now.decided[ Index((1-((int)((P0 *)_this)->first)), 2) ])))))
			continue;
		/* merge: assert((version[first]==base[(1-first)]))(36, 22, 36) */
		reached[0][22] = 1;
		spin_assert((((int)now.version[ Index(((int)((P0 *)_this)->first), 2) ])==((int)now.base[ Index((1-((int)((P0 *)_this)->first)), 2) ])), "(version[first]==base[(1-first)])", II, tt, t);
		/* merge: version[first] = (version[first]+1)(36, 23, 36) */
		reached[0][23] = 1;
		(trpt+1)->bup.ovals = grab_ints(2);
		(trpt+1)->bup.ovals[0] = ((int)now.version[ Index(((int)((P0 *)_this)->first), 2) ]);
		now.version[ Index(((P0 *)_this)->first, 2) ] = (((int)now.version[ Index(((int)((P0 *)_this)->first), 2) ])+1);
#ifdef VAR_RANGES
		logval("version[transaction:first]", ((int)now.version[ Index(((int)((P0 *)_this)->first), 2) ]));
#endif
		;
		/* merge: applied[first] = decided[(1-first)](36, 24, 36) */
		reached[0][24] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.applied[ Index(((int)((P0 *)_this)->first), 2) ]);
		now.applied[ Index(((P0 *)_this)->first, 2) ] = ((int)now.decided[ Index((1-((int)((P0 *)_this)->first)), 2) ]);
#ifdef VAR_RANGES
		logval("applied[transaction:first]", ((int)now.applied[ Index(((int)((P0 *)_this)->first), 2) ]));
#endif
		;
		/* merge: .(goto)(36, 27, 36) */
		reached[0][27] = 1;
		;
		/* merge: .(goto)(36, 31, 36) */
		reached[0][31] = 1;
		;
		_m = 3; goto P999; /* 5 */
	case 71: // STATE 27 - sqlite-commit.pml:72 - [.(goto)] (0:36:0 - 2)
		IfNotBlocked
		reached[0][27] = 1;
		;
		/* merge: .(goto)(36, 31, 36) */
		reached[0][31] = 1;
		;
		_m = 3; goto P999; /* 1 */
	case 72: // STATE 31 - sqlite-commit.pml:83 - [.(goto)] (0:36:0 - 2)
		IfNotBlocked
		reached[0][31] = 1;
		;
		_m = 3; goto P999; /* 0 */
	case 73: // STATE 33 - sqlite-commit.pml:84 - [(!(!((dead&(1<<t)))))] (0:0:0 - 1)
		IfNotBlocked
		reached[0][33] = 1;
		if (!( !( !((((int)now.dead)&(1<<((int)((P0 *)_this)->t)))))))
			continue;
		_m = 3; goto P999; /* 0 */
	case 74: // STATE 38 - sqlite-commit.pml:86 - [((lock[second]==255))] (50:0:1 - 1)
		IfNotBlocked
		reached[0][38] = 1;
		if (!((((int)now.lock[ Index(((int)((P0 *)_this)->second), 2) ])==255)))
			continue;
		/* merge: lock[second] = t(0, 39, 50) */
		reached[0][39] = 1;
		(trpt+1)->bup.oval = ((int)now.lock[ Index(((int)((P0 *)_this)->second), 2) ]);
		now.lock[ Index(((P0 *)_this)->second, 2) ] = ((int)((P0 *)_this)->t);
#ifdef VAR_RANGES
		logval("lock[transaction:second]", ((int)now.lock[ Index(((int)((P0 *)_this)->second), 2) ]));
#endif
		;
		/* merge: .(goto)(0, 46, 50) */
		reached[0][46] = 1;
		;
		_m = 3; goto P999; /* 2 */
	case 75: // STATE 41 - sqlite-commit.pml:87 - [((lock[second]!=255))] (173:0:2 - 1)
		IfNotBlocked
		reached[0][41] = 1;
		if (!((((int)now.lock[ Index(((int)((P0 *)_this)->second), 2) ])!=255)))
			continue;
		if (TstOnly) return 1; /* TT */
		/* dead 1: second */  (trpt+1)->bup.ovals = grab_ints(2);
		(trpt+1)->bup.ovals[0] = ((P0 *)_this)->second;
#ifdef HAS_CODE
		if (!readtrail)
#endif
			((P0 *)_this)->second = 0;
		/* merge: lock[first] = 255(173, 42, 173) */
		reached[0][42] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.lock[ Index(((int)((P0 *)_this)->first), 2) ]);
		now.lock[ Index(((P0 *)_this)->first, 2) ] = 255;
#ifdef VAR_RANGES
		logval("lock[transaction:first]", ((int)now.lock[ Index(((int)((P0 *)_this)->first), 2) ]));
#endif
		;
		/* merge: goto done(173, 43, 173) */
		reached[0][43] = 1;
		;
		_m = 3; goto P999; /* 2 */
	case 76: // STATE 47 - sqlite-commit.pml:89 - [(!(!((dead&(1<<t)))))] (0:0:0 - 1)
		IfNotBlocked
		reached[0][47] = 1;
		if (!( !( !((((int)now.dead)&(1<<((int)((P0 *)_this)->t)))))))
			continue;
		_m = 3; goto P999; /* 0 */
	case 77: // STATE 52 - sqlite-commit.pml:90 - [((1&&slot[(1-t)]))] (0:0:0 - 1)
		IfNotBlocked
		reached[0][52] = 1;
		if (!((1&&((int)now.slot[ Index((1-((int)((P0 *)_this)->t)), 2) ]))))
			continue;
		_m = 3; goto P999; /* 0 */
	case 78: // STATE 53 - sqlite-commit.pml:67 - [((stands[(1-second)]&&(applied[second]<decided[(1-second)])))] (68:0:2 - 1)
		IfNotBlocked
		reached[0][53] = 1;
		if (!((((int)now.stands[ Index((1-((int)((P0 *)_this)->second)), 2) ])&&(((int)now.applied[ Index(((int)((P0 *)_this)->second), 2) ])<((int)now.decided[ Index((1-((int)((P0 *)_this)->second)), 2) ])))))
			continue;
		/* merge: assert((version[second]==base[(1-second)]))(68, 54, 68) */
		reached[0][54] = 1;
		spin_assert((((int)now.version[ Index(((int)((P0 *)_this)->second), 2) ])==((int)now.base[ Index((1-((int)((P0 *)_this)->second)), 2) ])), "(version[second]==base[(1-second)])", II, tt, t);
		/* merge: version[second] = (version[second]+1)(68, 55, 68) */
		reached[0][55] = 1;
		(trpt+1)->bup.ovals = grab_ints(2);
		(trpt+1)->bup.ovals[0] = ((int)now.version[ Index(((int)((P0 *)_this)->second), 2) ]);
		now.version[ Index(((P0 *)_this)->second, 2) ] = (((int)now.version[ Index(((int)((P0 *)_this)->second), 2) ])+1);
#ifdef VAR_RANGES
		logval("version[transaction:second]", ((int)now.version[ Index(((int)((P0 *)_this)->second), 2) ]));
#endif
		;
		/* merge: applied[second] = decided[(1-second)](68, 56, 68) */
		reached[0][56] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.applied[ Index(((int)((P0 *)_this)->second), 2) ]);
		now.applied[ Index(((P0 *)_this)->second, 2) ] = ((int)now.decided[ Index((1-((int)((P0 *)_this)->second)), 2) ]);
#ifdef VAR_RANGES
		logval("applied[transaction:second]", ((int)now.applied[ Index(((int)((P0 *)_this)->second), 2) ]));
#endif
		;
		/* merge: .(goto)(68, 59, 68) */
		reached[0][59] = 1;
		;
		/* merge: .(goto)(68, 63, 68) */
		reached[0][63] = 1;
		;
		_m = 3; goto P999; /* 5 */
	case 79: // STATE 59 - sqlite-commit.pml:72 - [.(goto)] (0:68:0 - 2)
		IfNotBlocked
		reached[0][59] = 1;
		;
		/* merge: .(goto)(68, 63, 68) */
		reached[0][63] = 1;
		;
		_m = 3; goto P999; /* 1 */
	case 80: // STATE 63 - sqlite-commit.pml:90 - [.(goto)] (0:68:0 - 2)
		IfNotBlocked
		reached[0][63] = 1;
		;
		_m = 3; goto P999; /* 0 */
	case 81: // STATE 65 - sqlite-commit.pml:93 - [(!(!((dead&(1<<t)))))] (0:0:0 - 1)
		IfNotBlocked
		reached[0][65] = 1;
		if (!( !( !((((int)now.dead)&(1<<((int)((P0 *)_this)->t)))))))
			continue;
		_m = 3; goto P999; /* 0 */
	case 82: // STATE 70 - sqlite-commit.pml:94 - [slot[t] = 1] (0:0:1 - 2)
		IfNotBlocked
		reached[0][70] = 1;
		(trpt+1)->bup.oval = ((int)now.slot[ Index(((int)((P0 *)_this)->t), 2) ]);
		now.slot[ Index(((P0 *)_this)->t, 2) ] = 1;
#ifdef VAR_RANGES
		logval("slot[transaction:t]", ((int)now.slot[ Index(((int)((P0 *)_this)->t), 2) ]));
#endif
		;
		_m = 3; goto P999; /* 0 */
	case 83: // STATE 71 - sqlite-commit.pml:95 - [(!(!((dead&(1<<t)))))] (0:0:0 - 1)
		IfNotBlocked
		reached[0][71] = 1;
		if (!( !( !((((int)now.dead)&(1<<((int)((P0 *)_this)->t)))))))
			continue;
		_m = 3; goto P999; /* 0 */
	case 84: // STATE 77 - sqlite-commit.pml:57 - [durableVersion[(1-t)] = version[(1-t)]] (0:90:5 - 1)
		IfNotBlocked
		reached[0][77] = 1;
		(trpt+1)->bup.ovals = grab_ints(5);
		(trpt+1)->bup.ovals[0] = ((int)now.durableVersion[ Index((1-((int)((P0 *)_this)->t)), 2) ]);
		now.durableVersion[ Index((1-((P0 *)_this)->t), 2) ] = ((int)now.version[ Index((1-((int)((P0 *)_this)->t)), 2) ]);
#ifdef VAR_RANGES
		logval("durableVersion[(1-transaction:t)]", ((int)now.durableVersion[ Index((1-((int)((P0 *)_this)->t)), 2) ]));
#endif
		;
		/* merge: durableApplied[(1-t)] = applied[(1-t)](90, 78, 90) */
		reached[0][78] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.durableApplied[ Index((1-((int)((P0 *)_this)->t)), 2) ]);
		now.durableApplied[ Index((1-((P0 *)_this)->t), 2) ] = ((int)now.applied[ Index((1-((int)((P0 *)_this)->t)), 2) ]);
#ifdef VAR_RANGES
		logval("durableApplied[(1-transaction:t)]", ((int)now.durableApplied[ Index((1-((int)((P0 *)_this)->t)), 2) ]));
#endif
		;
		/* merge: durableDecided[(1-t)] = decided[(1-t)](90, 79, 90) */
		reached[0][79] = 1;
		(trpt+1)->bup.ovals[2] = ((int)now.durableDecided[ Index((1-((int)((P0 *)_this)->t)), 2) ]);
		now.durableDecided[ Index((1-((P0 *)_this)->t), 2) ] = ((int)now.decided[ Index((1-((int)((P0 *)_this)->t)), 2) ]);
#ifdef VAR_RANGES
		logval("durableDecided[(1-transaction:t)]", ((int)now.durableDecided[ Index((1-((int)((P0 *)_this)->t)), 2) ]));
#endif
		;
		/* merge: durableStands[(1-t)] = stands[(1-t)](90, 80, 90) */
		reached[0][80] = 1;
		(trpt+1)->bup.ovals[3] = ((int)now.durableStands[ Index((1-((int)((P0 *)_this)->t)), 2) ]);
		now.durableStands[ Index((1-((P0 *)_this)->t), 2) ] = ((int)now.stands[ Index((1-((int)((P0 *)_this)->t)), 2) ]);
#ifdef VAR_RANGES
		logval("durableStands[(1-transaction:t)]", ((int)now.durableStands[ Index((1-((int)((P0 *)_this)->t)), 2) ]));
#endif
		;
		/* merge: durableBase[(1-t)] = base[(1-t)](90, 81, 90) */
		reached[0][81] = 1;
		(trpt+1)->bup.ovals[4] = ((int)now.durableBase[ Index((1-((int)((P0 *)_this)->t)), 2) ]);
		now.durableBase[ Index((1-((P0 *)_this)->t), 2) ] = ((int)now.base[ Index((1-((int)((P0 *)_this)->t)), 2) ]);
#ifdef VAR_RANGES
		logval("durableBase[(1-transaction:t)]", ((int)now.durableBase[ Index((1-((int)((P0 *)_this)->t)), 2) ]));
#endif
		;
		/* merge: .(goto)(90, 85, 90) */
		reached[0][85] = 1;
		;
		_m = 3; goto P999; /* 5 */
	case 85: // STATE 85 - sqlite-commit.pml:96 - [.(goto)] (0:90:0 - 2)
		IfNotBlocked
		reached[0][85] = 1;
		;
		_m = 3; goto P999; /* 0 */
	case 86: // STATE 87 - sqlite-commit.pml:97 - [(!(!((dead&(1<<t)))))] (0:0:0 - 1)
		IfNotBlocked
		reached[0][87] = 1;
		if (!( !( !((((int)now.dead)&(1<<((int)((P0 *)_this)->t)))))))
			continue;
		_m = 3; goto P999; /* 0 */
	case 87: // STATE 92 - sqlite-commit.pml:100 - [(!(!((dead&(1<<t)))))] (173:0:0 - 1)
		IfNotBlocked
		reached[0][92] = 1;
		if (!( !( !((((int)now.dead)&(1<<((int)((P0 *)_this)->t)))))))
			continue;
		/* merge: goto gone(0, 93, 173) */
		reached[0][93] = 1;
		;
		_m = 3; goto P999; /* 1 */
	case 88: // STATE 97 - sqlite-commit.pml:101 - [version[t] = (version[t]+1)] (0:106:4 - 2)
		IfNotBlocked
		reached[0][97] = 1;
		(trpt+1)->bup.ovals = grab_ints(4);
		(trpt+1)->bup.ovals[0] = ((int)now.version[ Index(((int)((P0 *)_this)->t), 2) ]);
		now.version[ Index(((P0 *)_this)->t, 2) ] = (((int)now.version[ Index(((int)((P0 *)_this)->t), 2) ])+1);
#ifdef VAR_RANGES
		logval("version[transaction:t]", ((int)now.version[ Index(((int)((P0 *)_this)->t), 2) ]));
#endif
		;
		/* merge: decided[t] = (decided[t]+1)(106, 98, 106) */
		reached[0][98] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.decided[ Index(((int)((P0 *)_this)->t), 2) ]);
		now.decided[ Index(((P0 *)_this)->t, 2) ] = (((int)now.decided[ Index(((int)((P0 *)_this)->t), 2) ])+1);
#ifdef VAR_RANGES
		logval("decided[transaction:t]", ((int)now.decided[ Index(((int)((P0 *)_this)->t), 2) ]));
#endif
		;
		/* merge: stands[t] = 1(106, 99, 106) */
		reached[0][99] = 1;
		(trpt+1)->bup.ovals[2] = ((int)now.stands[ Index(((int)((P0 *)_this)->t), 2) ]);
		now.stands[ Index(((P0 *)_this)->t, 2) ] = 1;
#ifdef VAR_RANGES
		logval("stands[transaction:t]", ((int)now.stands[ Index(((int)((P0 *)_this)->t), 2) ]));
#endif
		;
		/* merge: base[t] = version[(1-t)](106, 100, 106) */
		reached[0][100] = 1;
		(trpt+1)->bup.ovals[3] = ((int)now.base[ Index(((int)((P0 *)_this)->t), 2) ]);
		now.base[ Index(((P0 *)_this)->t, 2) ] = ((int)now.version[ Index((1-((int)((P0 *)_this)->t)), 2) ]);
#ifdef VAR_RANGES
		logval("base[transaction:t]", ((int)now.base[ Index(((int)((P0 *)_this)->t), 2) ]));
#endif
		;
		_m = 3; goto P999; /* 3 */
	case 89: // STATE 101 - sqlite-commit.pml:57 - [durableVersion[t] = version[t]] (0:112:6 - 1)
		IfNotBlocked
		reached[0][101] = 1;
		(trpt+1)->bup.ovals = grab_ints(6);
		(trpt+1)->bup.ovals[0] = ((int)now.durableVersion[ Index(((int)((P0 *)_this)->t), 2) ]);
		now.durableVersion[ Index(((P0 *)_this)->t, 2) ] = ((int)now.version[ Index(((int)((P0 *)_this)->t), 2) ]);
#ifdef VAR_RANGES
		logval("durableVersion[transaction:t]", ((int)now.durableVersion[ Index(((int)((P0 *)_this)->t), 2) ]));
#endif
		;
		/* merge: durableApplied[t] = applied[t](112, 102, 112) */
		reached[0][102] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.durableApplied[ Index(((int)((P0 *)_this)->t), 2) ]);
		now.durableApplied[ Index(((P0 *)_this)->t, 2) ] = ((int)now.applied[ Index(((int)((P0 *)_this)->t), 2) ]);
#ifdef VAR_RANGES
		logval("durableApplied[transaction:t]", ((int)now.durableApplied[ Index(((int)((P0 *)_this)->t), 2) ]));
#endif
		;
		/* merge: durableDecided[t] = decided[t](112, 103, 112) */
		reached[0][103] = 1;
		(trpt+1)->bup.ovals[2] = ((int)now.durableDecided[ Index(((int)((P0 *)_this)->t), 2) ]);
		now.durableDecided[ Index(((P0 *)_this)->t, 2) ] = ((int)now.decided[ Index(((int)((P0 *)_this)->t), 2) ]);
#ifdef VAR_RANGES
		logval("durableDecided[transaction:t]", ((int)now.durableDecided[ Index(((int)((P0 *)_this)->t), 2) ]));
#endif
		;
		/* merge: durableStands[t] = stands[t](112, 104, 112) */
		reached[0][104] = 1;
		(trpt+1)->bup.ovals[3] = ((int)now.durableStands[ Index(((int)((P0 *)_this)->t), 2) ]);
		now.durableStands[ Index(((P0 *)_this)->t, 2) ] = ((int)now.stands[ Index(((int)((P0 *)_this)->t), 2) ]);
#ifdef VAR_RANGES
		logval("durableStands[transaction:t]", ((int)now.durableStands[ Index(((int)((P0 *)_this)->t), 2) ]));
#endif
		;
		/* merge: durableBase[t] = base[t](112, 105, 112) */
		reached[0][105] = 1;
		(trpt+1)->bup.ovals[4] = ((int)now.durableBase[ Index(((int)((P0 *)_this)->t), 2) ]);
		now.durableBase[ Index(((P0 *)_this)->t, 2) ] = ((int)now.base[ Index(((int)((P0 *)_this)->t), 2) ]);
#ifdef VAR_RANGES
		logval("durableBase[transaction:t]", ((int)now.durableBase[ Index(((int)((P0 *)_this)->t), 2) ]));
#endif
		;
		/* merge: lock[t] = 255(112, 107, 112) */
		reached[0][107] = 1;
		(trpt+1)->bup.ovals[5] = ((int)now.lock[ Index(((int)((P0 *)_this)->t), 2) ]);
		now.lock[ Index(((P0 *)_this)->t, 2) ] = 255;
#ifdef VAR_RANGES
		logval("lock[transaction:t]", ((int)now.lock[ Index(((int)((P0 *)_this)->t), 2) ]));
#endif
		;
		_m = 3; goto P999; /* 5 */
	case 90: // STATE 109 - sqlite-commit.pml:104 - [(!(!((dead&(1<<t)))))] (0:0:0 - 1)
		IfNotBlocked
		reached[0][109] = 1;
		if (!( !( !((((int)now.dead)&(1<<((int)((P0 *)_this)->t)))))))
			continue;
		_m = 3; goto P999; /* 0 */
	case 91: // STATE 114 - sqlite-commit.pml:106 - [(!(!((dead&(1<<t)))))] (173:0:0 - 1)
		IfNotBlocked
		reached[0][114] = 1;
		if (!( !( !((((int)now.dead)&(1<<((int)((P0 *)_this)->t)))))))
			continue;
		/* merge: goto gone(0, 115, 173) */
		reached[0][115] = 1;
		;
		_m = 3; goto P999; /* 1 */
	case 92: // STATE 119 - sqlite-commit.pml:107 - [assert((version[(1-t)]==base[t]))] (0:127:3 - 2)
		IfNotBlocked
		reached[0][119] = 1;
		spin_assert((((int)now.version[ Index((1-((int)((P0 *)_this)->t)), 2) ])==((int)now.base[ Index(((int)((P0 *)_this)->t), 2) ])), "(version[(1-t)]==base[t])", II, tt, t);
		/* merge: version[(1-t)] = (version[(1-t)]+1)(127, 120, 127) */
		reached[0][120] = 1;
		(trpt+1)->bup.ovals = grab_ints(3);
		(trpt+1)->bup.ovals[0] = ((int)now.version[ Index((1-((int)((P0 *)_this)->t)), 2) ]);
		now.version[ Index((1-((P0 *)_this)->t), 2) ] = (((int)now.version[ Index((1-((int)((P0 *)_this)->t)), 2) ])+1);
#ifdef VAR_RANGES
		logval("version[(1-transaction:t)]", ((int)now.version[ Index((1-((int)((P0 *)_this)->t)), 2) ]));
#endif
		;
		/* merge: applied[(1-t)] = decided[t](127, 121, 127) */
		reached[0][121] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.applied[ Index((1-((int)((P0 *)_this)->t)), 2) ]);
		now.applied[ Index((1-((P0 *)_this)->t), 2) ] = ((int)now.decided[ Index(((int)((P0 *)_this)->t), 2) ]);
#ifdef VAR_RANGES
		logval("applied[(1-transaction:t)]", ((int)now.applied[ Index((1-((int)((P0 *)_this)->t)), 2) ]));
#endif
		;
		/* merge: lock[(1-t)] = 255(127, 122, 127) */
		reached[0][122] = 1;
		(trpt+1)->bup.ovals[2] = ((int)now.lock[ Index((1-((int)((P0 *)_this)->t)), 2) ]);
		now.lock[ Index((1-((P0 *)_this)->t), 2) ] = 255;
#ifdef VAR_RANGES
		logval("lock[(1-transaction:t)]", ((int)now.lock[ Index((1-((int)((P0 *)_this)->t)), 2) ]));
#endif
		;
		_m = 3; goto P999; /* 3 */
	case 93: // STATE 124 - sqlite-commit.pml:110 - [(!(!((dead&(1<<t)))))] (0:0:0 - 1)
		IfNotBlocked
		reached[0][124] = 1;
		if (!( !( !((((int)now.dead)&(1<<((int)((P0 *)_this)->t)))))))
			continue;
		_m = 3; goto P999; /* 0 */
	case 94: // STATE 129 - sqlite-commit.pml:111 - [slot[t] = 0] (0:0:1 - 2)
		IfNotBlocked
		reached[0][129] = 1;
		(trpt+1)->bup.oval = ((int)now.slot[ Index(((int)((P0 *)_this)->t), 2) ]);
		now.slot[ Index(((P0 *)_this)->t, 2) ] = 0;
#ifdef VAR_RANGES
		logval("slot[transaction:t]", ((int)now.slot[ Index(((int)((P0 *)_this)->t), 2) ]));
#endif
		;
		_m = 3; goto P999; /* 0 */
	case 95: // STATE 130 - sqlite-commit.pml:112 - [(!(!((dead&(1<<t)))))] (0:0:0 - 1)
		IfNotBlocked
		reached[0][130] = 1;
		if (!( !( !((((int)now.dead)&(1<<((int)((P0 *)_this)->t)))))))
			continue;
		_m = 3; goto P999; /* 0 */
	case 96: // STATE 136 - sqlite-commit.pml:57 - [durableVersion[(1-t)] = version[(1-t)]] (0:149:5 - 1)
		IfNotBlocked
		reached[0][136] = 1;
		(trpt+1)->bup.ovals = grab_ints(5);
		(trpt+1)->bup.ovals[0] = ((int)now.durableVersion[ Index((1-((int)((P0 *)_this)->t)), 2) ]);
		now.durableVersion[ Index((1-((P0 *)_this)->t), 2) ] = ((int)now.version[ Index((1-((int)((P0 *)_this)->t)), 2) ]);
#ifdef VAR_RANGES
		logval("durableVersion[(1-transaction:t)]", ((int)now.durableVersion[ Index((1-((int)((P0 *)_this)->t)), 2) ]));
#endif
		;
		/* merge: durableApplied[(1-t)] = applied[(1-t)](149, 137, 149) */
		reached[0][137] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.durableApplied[ Index((1-((int)((P0 *)_this)->t)), 2) ]);
		now.durableApplied[ Index((1-((P0 *)_this)->t), 2) ] = ((int)now.applied[ Index((1-((int)((P0 *)_this)->t)), 2) ]);
#ifdef VAR_RANGES
		logval("durableApplied[(1-transaction:t)]", ((int)now.durableApplied[ Index((1-((int)((P0 *)_this)->t)), 2) ]));
#endif
		;
		/* merge: durableDecided[(1-t)] = decided[(1-t)](149, 138, 149) */
		reached[0][138] = 1;
		(trpt+1)->bup.ovals[2] = ((int)now.durableDecided[ Index((1-((int)((P0 *)_this)->t)), 2) ]);
		now.durableDecided[ Index((1-((P0 *)_this)->t), 2) ] = ((int)now.decided[ Index((1-((int)((P0 *)_this)->t)), 2) ]);
#ifdef VAR_RANGES
		logval("durableDecided[(1-transaction:t)]", ((int)now.durableDecided[ Index((1-((int)((P0 *)_this)->t)), 2) ]));
#endif
		;
		/* merge: durableStands[(1-t)] = stands[(1-t)](149, 139, 149) */
		reached[0][139] = 1;
		(trpt+1)->bup.ovals[3] = ((int)now.durableStands[ Index((1-((int)((P0 *)_this)->t)), 2) ]);
		now.durableStands[ Index((1-((P0 *)_this)->t), 2) ] = ((int)now.stands[ Index((1-((int)((P0 *)_this)->t)), 2) ]);
#ifdef VAR_RANGES
		logval("durableStands[(1-transaction:t)]", ((int)now.durableStands[ Index((1-((int)((P0 *)_this)->t)), 2) ]));
#endif
		;
		/* merge: durableBase[(1-t)] = base[(1-t)](149, 140, 149) */
		reached[0][140] = 1;
		(trpt+1)->bup.ovals[4] = ((int)now.durableBase[ Index((1-((int)((P0 *)_this)->t)), 2) ]);
		now.durableBase[ Index((1-((P0 *)_this)->t), 2) ] = ((int)now.base[ Index((1-((int)((P0 *)_this)->t)), 2) ]);
#ifdef VAR_RANGES
		logval("durableBase[(1-transaction:t)]", ((int)now.durableBase[ Index((1-((int)((P0 *)_this)->t)), 2) ]));
#endif
		;
		/* merge: .(goto)(149, 144, 149) */
		reached[0][144] = 1;
		;
		_m = 3; goto P999; /* 5 */
	case 97: // STATE 144 - sqlite-commit.pml:114 - [.(goto)] (0:149:0 - 2)
		IfNotBlocked
		reached[0][144] = 1;
		;
		_m = 3; goto P999; /* 0 */
	case 98: // STATE 146 - sqlite-commit.pml:115 - [(!(!((dead&(1<<t)))))] (0:0:0 - 1)
		IfNotBlocked
		reached[0][146] = 1;
		if (!( !( !((((int)now.dead)&(1<<((int)((P0 *)_this)->t)))))))
			continue;
		_m = 3; goto P999; /* 0 */
	case 99: // STATE 151 - sqlite-commit.pml:117 - [(!(!((dead&(1<<t)))))] (173:0:0 - 1)
		IfNotBlocked
		reached[0][151] = 1;
		if (!( !( !((((int)now.dead)&(1<<((int)((P0 *)_this)->t)))))))
			continue;
		/* merge: goto gone(0, 152, 173) */
		reached[0][152] = 1;
		;
		_m = 3; goto P999; /* 1 */
	case 100: // STATE 156 - sqlite-commit.pml:118 - [(((lock[t]==255)&&(applied[(1-t)]>=decided[t])))] (173:0:1 - 1)
		IfNotBlocked
		reached[0][156] = 1;
		if (!(((((int)now.lock[ Index(((int)((P0 *)_this)->t), 2) ])==255)&&(((int)now.applied[ Index((1-((int)((P0 *)_this)->t)), 2) ])>=((int)now.decided[ Index(((int)((P0 *)_this)->t), 2) ])))))
			continue;
		/* merge: stands[t] = 0(173, 157, 173) */
		reached[0][157] = 1;
		(trpt+1)->bup.oval = ((int)now.stands[ Index(((int)((P0 *)_this)->t), 2) ]);
		now.stands[ Index(((P0 *)_this)->t, 2) ] = 0;
#ifdef VAR_RANGES
		logval("stands[transaction:t]", ((int)now.stands[ Index(((int)((P0 *)_this)->t), 2) ]));
#endif
		;
		/* merge: .(goto)(173, 160, 173) */
		reached[0][160] = 1;
		;
		_m = 3; goto P999; /* 2 */
	case 101: // STATE 160 - sqlite-commit.pml:119 - [.(goto)] (0:173:0 - 2)
		IfNotBlocked
		reached[0][160] = 1;
		;
		_m = 3; goto P999; /* 0 */
	case 102: // STATE 162 - sqlite-commit.pml:123 - [((lock[0]==t))] (170:0:1 - 1)
		IfNotBlocked
		reached[0][162] = 1;
		if (!((((int)now.lock[0])==((int)((P0 *)_this)->t))))
			continue;
		/* merge: lock[0] = 255(0, 163, 170) */
		reached[0][163] = 1;
		(trpt+1)->bup.oval = ((int)now.lock[0]);
		now.lock[0] = 255;
#ifdef VAR_RANGES
		logval("lock[0]", ((int)now.lock[0]));
#endif
		;
		/* merge: .(goto)(0, 166, 170) */
		reached[0][166] = 1;
		;
		_m = 3; goto P999; /* 2 */
	case 103: // STATE 167 - sqlite-commit.pml:124 - [((lock[1]==t))] (174:0:3 - 1)
		IfNotBlocked
		reached[0][167] = 1;
		if (!((((int)now.lock[1])==((int)((P0 *)_this)->t))))
			continue;
		if (TstOnly) return 1; /* TT */
		/* dead 1: t */  (trpt+1)->bup.ovals = grab_ints(3);
		(trpt+1)->bup.ovals[0] = ((P0 *)_this)->t;
#ifdef HAS_CODE
		if (!readtrail)
#endif
			((P0 *)_this)->t = 0;
		/* merge: lock[1] = 255(174, 168, 174) */
		reached[0][168] = 1;
		(trpt+1)->bup.ovals[1] = ((int)now.lock[1]);
		now.lock[1] = 255;
#ifdef VAR_RANGES
		logval("lock[1]", ((int)now.lock[1]));
#endif
		;
		/* merge: .(goto)(174, 171, 174) */
		reached[0][171] = 1;
		;
		/* merge: finished = (finished+1)(174, 172, 174) */
		reached[0][172] = 1;
		(trpt+1)->bup.ovals[2] = ((int)now.finished);
		now.finished = (((int)now.finished)+1);
#ifdef VAR_RANGES
		logval("finished", ((int)now.finished));
#endif
		;
		_m = 3; goto P999; /* 3 */
	case 104: // STATE 171 - sqlite-commit.pml:125 - [.(goto)] (0:174:1 - 2)
		IfNotBlocked
		reached[0][171] = 1;
		;
		/* merge: finished = (finished+1)(174, 172, 174) */
		reached[0][172] = 1;
		(trpt+1)->bup.oval = ((int)now.finished);
		now.finished = (((int)now.finished)+1);
#ifdef VAR_RANGES
		logval("finished", ((int)now.finished));
#endif
		;
		_m = 3; goto P999; /* 1 */
	case 105: // STATE 174 - sqlite-commit.pml:127 - [-end-] (0:0:0 - 1)
		IfNotBlocked
		reached[0][174] = 1;
		if (!delproc(1, II)) continue;
		_m = 3; goto P999; /* 0 */
	case  _T5:	/* np_ */
		if (!((!(trpt->o_pm&4) && !(trpt->tau&128))))
			continue;
		/* else fall through */
	case  _T2:	/* true */
		_m = 3; goto P999;
#undef rand
	}

