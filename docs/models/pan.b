	switch (t->back) {
	default: Uerror("bad return move");
	case  0: goto R999; /* nothing to undo */

		 /* PROC :init: */

	case 3: // STATE 1
		;
		;
		delproc(0, now._nr_pr-1);
		;
		goto R999;

	case 4: // STATE 2
		;
		;
		delproc(0, now._nr_pr-1);
		;
		goto R999;

	case 5: // STATE 3
		;
		((P4 *)_this)->s = trpt->bup.oval;
		;
		goto R999;

	case 6: // STATE 4
		;
		((P4 *)_this)->s = trpt->bup.oval;
		;
		goto R999;

	case 7: // STATE 7
		;
	/* 0 */	((P4 *)_this)->s = trpt->bup.oval;
		;
		delproc(0, now._nr_pr-1);
		;
		goto R999;

	case 8: // STATE 8
		;
		;
		delproc(0, now._nr_pr-1);
		;
		goto R999;

	case 9: // STATE 10
		;
		;
		delproc(0, now._nr_pr-1);
		;
		goto R999;
;
		;
		;
		;
		
	case 12: // STATE 15
		;
		;
		delproc(0, now._nr_pr-1);
		;
		goto R999;
;
		;
		;
		;
		;
		;
		
	case 16: // STATE 19
		;
		p_restor(II);
		;
		;
		goto R999;

		 /* PROC fate */
;
		;
		
	case 18: // STATE 2
		;
		now.dead = trpt->bup.oval;
		;
		goto R999;

	case 19: // STATE 3
		;
		((P3 *)_this)->kills = trpt->bup.oval;
		;
		goto R999;
;
		;
		
	case 21: // STATE 5
		;
		now.dead = trpt->bup.oval;
		;
		goto R999;

	case 22: // STATE 6
		;
		((P3 *)_this)->kills = trpt->bup.oval;
		;
		goto R999;
;
		;
		
	case 24: // STATE 8
		;
		now.dead = trpt->bup.oval;
		;
		goto R999;

	case 25: // STATE 9
		;
		((P3 *)_this)->kills = trpt->bup.oval;
		;
		goto R999;
;
		;
		
	case 27: // STATE 26
		;
		now.slot[1] = trpt->bup.ovals[15];
		now.slot[0] = trpt->bup.ovals[14];
		now.base[1] = trpt->bup.ovals[13];
		now.base[0] = trpt->bup.ovals[12];
		now.stands[1] = trpt->bup.ovals[11];
		now.stands[0] = trpt->bup.ovals[10];
		now.decided[1] = trpt->bup.ovals[9];
		now.decided[0] = trpt->bup.ovals[8];
		now.applied[1] = trpt->bup.ovals[7];
		now.applied[0] = trpt->bup.ovals[6];
		now.version[1] = trpt->bup.ovals[5];
		now.version[0] = trpt->bup.ovals[4];
		now.lock[1] = trpt->bup.ovals[3];
		now.lock[0] = trpt->bup.ovals[2];
		now.dead = trpt->bup.ovals[1];
		now.powerLost = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 16);
		goto R999;

	case 28: // STATE 33
		;
		now.finished = trpt->bup.oval;
		;
		goto R999;

	case 29: // STATE 34
		;
		p_restor(II);
		;
		;
		goto R999;

		 /* PROC recoverer */
;
		;
		;
		;
		
	case 32: // STATE 8
		;
		now.lock[ Index(((P2 *)_this)->s, 2) ] = trpt->bup.oval;
		;
		goto R999;
;
		
	case 33: // STATE 10
		goto R999;

	case 34: // STATE 23
		;
		now.lock[ Index(((P2 *)_this)->s, 2) ] = trpt->bup.ovals[2];
		now.applied[ Index(((P2 *)_this)->s, 2) ] = trpt->bup.ovals[1];
		now.version[ Index(((P2 *)_this)->s, 2) ] = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 3);
		goto R999;

	case 35: // STATE 23
		;
		now.lock[ Index(((P2 *)_this)->s, 2) ] = trpt->bup.oval;
		;
		goto R999;
;
		;
		
	case 37: // STATE 26
		;
		((P2 *)_this)->seen = trpt->bup.oval;
		;
		goto R999;
;
		;
		
	case 39: // STATE 37
		;
		now.durableBase[ Index(((P2 *)_this)->s, 2) ] = trpt->bup.ovals[4];
		now.durableStands[ Index(((P2 *)_this)->s, 2) ] = trpt->bup.ovals[3];
		now.durableDecided[ Index(((P2 *)_this)->s, 2) ] = trpt->bup.ovals[2];
		now.durableApplied[ Index(((P2 *)_this)->s, 2) ] = trpt->bup.ovals[1];
		now.durableVersion[ Index(((P2 *)_this)->s, 2) ] = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 5);
		goto R999;
;
		
	case 40: // STATE 41
		goto R999;
;
		;
		;
		;
		
	case 43: // STATE 58
		;
		((P2 *)_this)->s = trpt->bup.ovals[2];
		now.stands[ Index((1-((P2 *)_this)->s), 2) ] = trpt->bup.ovals[1];
	/* 0 */	((P2 *)_this)->seen = trpt->bup.ovals[0];
		;
		;
		ungrab_ints(trpt->bup.ovals, 3);
		goto R999;

	case 44: // STATE 58
		;
		((P2 *)_this)->s = trpt->bup.oval;
		;
		goto R999;

	case 45: // STATE 58
		;
		((P2 *)_this)->s = trpt->bup.oval;
		;
		goto R999;

	case 46: // STATE 65
		;
		now.lock[0] = trpt->bup.oval;
		;
		goto R999;

	case 47: // STATE 74
		;
		now.finished = trpt->bup.ovals[2];
		now.lock[1] = trpt->bup.ovals[1];
	/* 0 */	((P2 *)_this)->me = trpt->bup.ovals[0];
		;
		;
		ungrab_ints(trpt->bup.ovals, 3);
		goto R999;

	case 48: // STATE 74
		;
		now.finished = trpt->bup.oval;
		;
		goto R999;

	case 49: // STATE 76
		;
		p_restor(II);
		;
		;
		goto R999;

		 /* PROC writer */
;
		;
		;
		;
		
	case 52: // STATE 8
		;
		now.lock[ Index(((P1 *)_this)->s, 2) ] = trpt->bup.oval;
		;
		goto R999;
;
		;
		;
		;
		
	case 55: // STATE 19
		;
		now.applied[ Index(((P1 *)_this)->s, 2) ] = trpt->bup.ovals[1];
		now.version[ Index(((P1 *)_this)->s, 2) ] = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 2);
		goto R999;
;
		
	case 56: // STATE 22
		goto R999;
;
		
	case 57: // STATE 26
		goto R999;
;
		;
		
	case 59: // STATE 40
		;
		((P1 *)_this)->i = trpt->bup.ovals[2];
		now.lock[ Index(((P1 *)_this)->s, 2) ] = trpt->bup.ovals[1];
		now.version[ Index(((P1 *)_this)->s, 2) ] = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 3);
		goto R999;

	case 60: // STATE 40
		;
		((P1 *)_this)->i = trpt->bup.ovals[1];
		now.lock[ Index(((P1 *)_this)->s, 2) ] = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 2);
		goto R999;

	case 61: // STATE 51
		;
		now.finished = trpt->bup.ovals[1];
		now.lock[ Index(((P1 *)_this)->s, 2) ] = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 2);
		goto R999;

	case 62: // STATE 51
		;
		now.finished = trpt->bup.oval;
		;
		goto R999;

	case 63: // STATE 53
		;
		p_restor(II);
		;
		;
		goto R999;

		 /* PROC transaction */

	case 64: // STATE 2
		;
		((P0 *)_this)->second = trpt->bup.ovals[1];
		((P0 *)_this)->first = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 2);
		goto R999;

	case 65: // STATE 4
		;
		((P0 *)_this)->second = trpt->bup.ovals[1];
		((P0 *)_this)->first = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 2);
		goto R999;
;
		;
		
	case 67: // STATE 13
		;
		now.lock[ Index(((P0 *)_this)->first, 2) ] = trpt->bup.oval;
		;
		goto R999;
;
		;
		;
		;
		
	case 70: // STATE 24
		;
		now.applied[ Index(((P0 *)_this)->first, 2) ] = trpt->bup.ovals[1];
		now.version[ Index(((P0 *)_this)->first, 2) ] = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 2);
		goto R999;
;
		
	case 71: // STATE 27
		goto R999;
;
		
	case 72: // STATE 31
		goto R999;
;
		;
		
	case 74: // STATE 39
		;
		now.lock[ Index(((P0 *)_this)->second, 2) ] = trpt->bup.oval;
		;
		goto R999;

	case 75: // STATE 42
		;
		now.lock[ Index(((P0 *)_this)->first, 2) ] = trpt->bup.ovals[1];
	/* 0 */	((P0 *)_this)->second = trpt->bup.ovals[0];
		;
		;
		ungrab_ints(trpt->bup.ovals, 2);
		goto R999;
;
		;
		;
		;
		
	case 78: // STATE 56
		;
		now.applied[ Index(((P0 *)_this)->second, 2) ] = trpt->bup.ovals[1];
		now.version[ Index(((P0 *)_this)->second, 2) ] = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 2);
		goto R999;
;
		
	case 79: // STATE 59
		goto R999;
;
		
	case 80: // STATE 63
		goto R999;
;
		;
		
	case 82: // STATE 70
		;
		now.slot[ Index(((P0 *)_this)->t, 2) ] = trpt->bup.oval;
		;
		goto R999;
;
		;
		
	case 84: // STATE 81
		;
		now.durableBase[ Index((1-((P0 *)_this)->t), 2) ] = trpt->bup.ovals[4];
		now.durableStands[ Index((1-((P0 *)_this)->t), 2) ] = trpt->bup.ovals[3];
		now.durableDecided[ Index((1-((P0 *)_this)->t), 2) ] = trpt->bup.ovals[2];
		now.durableApplied[ Index((1-((P0 *)_this)->t), 2) ] = trpt->bup.ovals[1];
		now.durableVersion[ Index((1-((P0 *)_this)->t), 2) ] = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 5);
		goto R999;
;
		
	case 85: // STATE 85
		goto R999;
;
		;
		;
		
	case 87: // STATE 92
		goto R999;

	case 88: // STATE 100
		;
		now.base[ Index(((P0 *)_this)->t, 2) ] = trpt->bup.ovals[3];
		now.stands[ Index(((P0 *)_this)->t, 2) ] = trpt->bup.ovals[2];
		now.decided[ Index(((P0 *)_this)->t, 2) ] = trpt->bup.ovals[1];
		now.version[ Index(((P0 *)_this)->t, 2) ] = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 4);
		goto R999;

	case 89: // STATE 107
		;
		now.lock[ Index(((P0 *)_this)->t, 2) ] = trpt->bup.ovals[5];
		now.durableBase[ Index(((P0 *)_this)->t, 2) ] = trpt->bup.ovals[4];
		now.durableStands[ Index(((P0 *)_this)->t, 2) ] = trpt->bup.ovals[3];
		now.durableDecided[ Index(((P0 *)_this)->t, 2) ] = trpt->bup.ovals[2];
		now.durableApplied[ Index(((P0 *)_this)->t, 2) ] = trpt->bup.ovals[1];
		now.durableVersion[ Index(((P0 *)_this)->t, 2) ] = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 6);
		goto R999;
;
		;
		;
		
	case 91: // STATE 114
		goto R999;

	case 92: // STATE 122
		;
		now.lock[ Index((1-((P0 *)_this)->t), 2) ] = trpt->bup.ovals[2];
		now.applied[ Index((1-((P0 *)_this)->t), 2) ] = trpt->bup.ovals[1];
		now.version[ Index((1-((P0 *)_this)->t), 2) ] = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 3);
		goto R999;
;
		;
		
	case 94: // STATE 129
		;
		now.slot[ Index(((P0 *)_this)->t, 2) ] = trpt->bup.oval;
		;
		goto R999;
;
		;
		
	case 96: // STATE 140
		;
		now.durableBase[ Index((1-((P0 *)_this)->t), 2) ] = trpt->bup.ovals[4];
		now.durableStands[ Index((1-((P0 *)_this)->t), 2) ] = trpt->bup.ovals[3];
		now.durableDecided[ Index((1-((P0 *)_this)->t), 2) ] = trpt->bup.ovals[2];
		now.durableApplied[ Index((1-((P0 *)_this)->t), 2) ] = trpt->bup.ovals[1];
		now.durableVersion[ Index((1-((P0 *)_this)->t), 2) ] = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 5);
		goto R999;
;
		
	case 97: // STATE 144
		goto R999;
;
		;
		;
		
	case 99: // STATE 151
		goto R999;

	case 100: // STATE 157
		;
		now.stands[ Index(((P0 *)_this)->t, 2) ] = trpt->bup.oval;
		;
		goto R999;
;
		
	case 101: // STATE 160
		goto R999;

	case 102: // STATE 163
		;
		now.lock[0] = trpt->bup.oval;
		;
		goto R999;

	case 103: // STATE 172
		;
		now.finished = trpt->bup.ovals[2];
		now.lock[1] = trpt->bup.ovals[1];
	/* 0 */	((P0 *)_this)->t = trpt->bup.ovals[0];
		;
		;
		ungrab_ints(trpt->bup.ovals, 3);
		goto R999;

	case 104: // STATE 172
		;
		now.finished = trpt->bup.oval;
		;
		goto R999;

	case 105: // STATE 174
		;
		p_restor(II);
		;
		;
		goto R999;
	}

