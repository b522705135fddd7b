#ifdef PEG
struct T_SRC {
	char *fl; int ln;
} T_SRC[NTRANS];

void
tr_2_src(int m, char *file, int ln)
{	T_SRC[m].fl = file;
	T_SRC[m].ln = ln;
}

void
putpeg(int n, int m)
{	printf("%5d	trans %4d ", m, n);
	printf("%s:%d\n",
		T_SRC[n].fl, T_SRC[n].ln);
}
#endif

void
settable(void)
{	Trans *T;
	Trans *settr(int, int, int, int, int, char *, int, int, int);

	trans = (Trans ***) emalloc(6*sizeof(Trans **));

	/* proctype 4: :init: */

	trans[4] = (Trans **) emalloc(20*sizeof(Trans *));

	T = trans[ 4][9] = settr(345,2,0,0,0,"ATOMIC", 0, 2, 0);
	T->nxt	= settr(345,2,1,0,0,"ATOMIC", 0, 2, 0);
	trans[4][1]	= settr(337,2,2,3,3,"(run transaction(0))", 0, 2, 0);
	trans[4][2]	= settr(338,2,5,4,4,"(run transaction(1))", 0, 2, 0);
	T = trans[4][5] = settr(341,2,0,0,0,"IF", 0, 2, 0);
	T = T->nxt	= settr(341,2,3,0,0,"IF", 0, 2, 0);
	    T->nxt	= settr(341,2,4,0,0,"IF", 0, 2, 0);
	trans[4][3]	= settr(339,2,7,5,5,"s = 0", 0, 2, 0);
	trans[4][6]	= settr(342,2,7,1,0,".(goto)", 0, 2, 0);
	trans[4][4]	= settr(340,2,7,6,6,"s = 1", 0, 2, 0);
	trans[4][7]	= settr(343,2,8,7,7,"(run writer(s))", 0, 2, 0);
	trans[4][8]	= settr(344,0,13,8,8,"(run fate())", 0, 2, 0);
	T = trans[4][13] = settr(349,0,0,0,0,"IF", 0, 2, 0);
	T = T->nxt	= settr(349,0,10,0,0,"IF", 0, 2, 0);
	    T->nxt	= settr(349,0,12,0,0,"IF", 0, 2, 0);
	trans[4][10]	= settr(346,0,11,9,9,"(run recoverer(3))", 0, 2, 0);
	trans[4][11]	= settr(347,0,15,10,0,"((finished==5))", 1, 2, 0);
	trans[4][14]	= settr(350,0,15,1,0,".(goto)", 0, 2, 0);
	trans[4][12]	= settr(348,0,15,11,0,"((finished==4))", 1, 2, 0);
	trans[4][15]	= settr(351,0,16,12,12,"(run recoverer(4))", 0, 2, 0);
	trans[4][16]	= settr(352,0,17,13,0,"(((finished==6)||((finished==5)&&(_nr_pr==1))))", 1, 2, 0);
	trans[4][17]	= settr(353,0,18,14,0,"assert((!((stands[(1-0)]&&(applied[0]<decided[(1-0)])))&&!((stands[(1-1)]&&(applied[1]<decided[(1-1)])))))", 1, 2, 0);
	trans[4][18]	= settr(354,0,19,15,0,"assert(((applied[0]==decided[1])&&(applied[1]==decided[0])))", 1, 2, 0);
	trans[4][19]	= settr(355,0,0,16,16,"-end-", 0, 3500, 0);

	/* proctype 3: fate */

	trans[3] = (Trans **) emalloc(35*sizeof(Trans *));

	trans[3][31]	= settr(333,0,30,1,0,".(goto)", 0, 2, 0);
	T = trans[3][30] = settr(332,0,0,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(332,0,1,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(332,0,4,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(332,0,7,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(332,0,10,0,0,"DO", 0, 2, 0);
	    T->nxt	= settr(332,0,29,0,0,"DO", 0, 2, 0);
	trans[3][1]	= settr(303,0,2,17,0,"(((kills<2)&&!((dead&(1<<0)))))", 1, 2, 0);
	trans[3][2]	= settr(304,0,3,18,18,"dead = (dead|1)", 1, 2, 0);
	trans[3][3]	= settr(305,0,30,19,19,"kills = (kills+1)", 0, 2, 0);
	trans[3][4]	= settr(306,0,5,20,0,"(((kills<2)&&!((dead&(1<<1)))))", 1, 2, 0);
	trans[3][5]	= settr(307,0,6,21,21,"dead = (dead|2)", 1, 2, 0);
	trans[3][6]	= settr(308,0,30,22,22,"kills = (kills+1)", 0, 2, 0);
	trans[3][7]	= settr(309,0,8,23,0,"(((kills<2)&&!((dead&(1<<2)))))", 1, 2, 0);
	trans[3][8]	= settr(310,0,9,24,24,"dead = (dead|4)", 1, 2, 0);
	trans[3][9]	= settr(311,0,30,25,25,"kills = (kills+1)", 0, 2, 0);
	trans[3][10]	= settr(312,0,27,26,0,"((!(powerLost)&&(finished==0)))", 1, 2, 0);
	T = trans[ 3][27] = settr(329,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(329,2,11,0,0,"ATOMIC", 1, 2, 0);
	trans[3][11]	= settr(313,0,33,27,27,"powerLost = 1", 1, 2, 0); /* m: 12 -> 0,33 */
	reached3[12] = 1;
	trans[3][12]	= settr(0,0,0,0,0,"dead = 15",0,0,0);
	trans[3][13]	= settr(0,0,0,0,0,"lock[0] = 255",0,0,0);
	trans[3][14]	= settr(0,0,0,0,0,"lock[1] = 255",0,0,0);
	trans[3][15]	= settr(0,0,0,0,0,"version[0] = durableVersion[0]",0,0,0);
	trans[3][16]	= settr(0,0,0,0,0,"version[1] = durableVersion[1]",0,0,0);
	trans[3][17]	= settr(0,0,0,0,0,"applied[0] = durableApplied[0]",0,0,0);
	trans[3][18]	= settr(0,0,0,0,0,"applied[1] = durableApplied[1]",0,0,0);
	trans[3][19]	= settr(0,0,0,0,0,"decided[0] = durableDecided[0]",0,0,0);
	trans[3][20]	= settr(0,0,0,0,0,"decided[1] = durableDecided[1]",0,0,0);
	trans[3][21]	= settr(0,0,0,0,0,"stands[0] = durableStands[0]",0,0,0);
	trans[3][22]	= settr(0,0,0,0,0,"stands[1] = durableStands[1]",0,0,0);
	trans[3][23]	= settr(0,0,0,0,0,"base[0] = durableBase[0]",0,0,0);
	trans[3][24]	= settr(0,0,0,0,0,"base[1] = durableBase[1]",0,0,0);
	trans[3][25]	= settr(0,0,0,0,0,"slot[0] = 0",0,0,0);
	trans[3][26]	= settr(0,0,0,0,0,"slot[1] = 0",0,0,0);
	trans[3][28]	= settr(330,0,33,1,0,"goto :b2", 0, 2, 0);
	trans[3][29]	= settr(331,0,33,1,0,"goto :b2", 0, 2, 0);
	trans[3][32]	= settr(334,0,33,1,0,"break", 0, 2, 0);
	trans[3][33]	= settr(335,0,34,28,28,"finished = (finished+1)", 1, 2, 0);
	trans[3][34]	= settr(336,0,0,29,29,"-end-", 0, 3500, 0);

	/* proctype 2: recoverer */

	trans[2] = (Trans **) emalloc(77*sizeof(Trans *));

	trans[2][62]	= settr(288,0,61,1,0,".(goto)", 0, 2, 0);
	T = trans[2][61] = settr(287,0,0,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(287,0,1,0,0,"DO", 0, 2, 0);
	    T->nxt	= settr(287,0,59,0,0,"DO", 0, 2, 0);
	trans[2][1]	= settr(227,0,5,30,0,"((s<2))", 0, 2, 0);
	T = trans[2][5] = settr(231,0,0,0,0,"IF", 0, 2, 0);
	T = T->nxt	= settr(231,0,2,0,0,"IF", 0, 2, 0);
	    T->nxt	= settr(231,0,4,0,0,"IF", 0, 2, 0);
	trans[2][2]	= settr(228,0,75,31,0,"(!(!((dead&(1<<me)))))", 1, 2, 0);
	trans[2][3]	= settr(229,0,75,1,0,"goto gone", 0, 2, 0);
	trans[2][6]	= settr(232,0,9,1,0,".(goto)", 0, 2, 0);
	trans[2][4]	= settr(230,0,9,2,0,"else", 0, 2, 0);
	T = trans[ 2][9] = settr(235,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(235,2,7,0,0,"ATOMIC", 1, 2, 0);
	trans[2][7]	= settr(233,4,24,32,32,"((lock[s]==255))", 1, 2, 0); /* m: 8 -> 24,0 */
	reached2[8] = 1;
	trans[2][8]	= settr(0,0,0,0,0,"lock[s] = me",0,0,0);
	T = trans[ 2][24] = settr(250,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(250,2,13,0,0,"ATOMIC", 1, 2, 0);
	T = trans[2][13] = settr(239,2,0,0,0,"IF", 1, 2, 0);
	T = T->nxt	= settr(239,2,10,0,0,"IF", 1, 2, 0);
	    T->nxt	= settr(239,2,12,0,0,"IF", 1, 2, 0);
	trans[2][10]	= settr(236,4,75,33,33,"(!(!((dead&(1<<me)))))", 1, 2, 0); /* m: 11 -> 75,0 */
	reached2[11] = 1;
	trans[2][11]	= settr(237,0,75,1,0,"goto gone", 1, 2, 0);
	trans[2][14]	= settr(240,2,22,1,0,".(goto)", 1, 2, 0);
	trans[2][12]	= settr(238,2,22,2,0,"else", 1, 2, 0);
	T = trans[ 2][22] = settr(248,0,0,0,0,"sub-sequence", 1, 2, 0);
	T->nxt	= settr(248,0,20,0,0,"sub-sequence", 1, 2, 0);
	T = trans[2][20] = settr(246,2,0,0,0,"IF", 1, 2, 0);
	T = T->nxt	= settr(246,2,15,0,0,"IF", 1, 2, 0);
	    T->nxt	= settr(246,2,19,0,0,"IF", 1, 2, 0);
	trans[2][15]	= settr(241,4,56,34,34,"((stands[(1-s)]&&(applied[s]<decided[(1-s)])))", 1, 2, 0); /* m: 16 -> 56,0 */
	reached2[16] = 1;
	trans[2][16]	= settr(0,0,0,0,0,"assert((version[s]==base[(1-s)]))",0,0,0);
	trans[2][17]	= settr(0,0,0,0,0,"version[s] = (version[s]+1)",0,0,0);
	trans[2][18]	= settr(0,0,0,0,0,"applied[s] = decided[(1-s)]",0,0,0);
	trans[2][21]	= settr(247,4,56,35,35,".(goto)", 1, 2, 0); /* m: 23 -> 0,56 */
	reached2[23] = 1;
	trans[2][19]	= settr(245,2,21,2,0,"else", 1, 2, 0);
	trans[2][23]	= settr(0,0,0,0,0,"lock[s] = 255",0,0,0);
	T = trans[2][56] = settr(282,0,0,0,0,"IF", 0, 2, 0);
	T = T->nxt	= settr(282,0,25,0,0,"IF", 0, 2, 0);
	    T->nxt	= settr(282,0,55,0,0,"IF", 0, 2, 0);
	trans[2][25]	= settr(251,0,26,36,0,"((stands[(1-s)]&&(applied[s]>=decided[(1-s)])))", 1, 2, 0);
	trans[2][26]	= settr(252,0,30,37,37,"seen = decided[(1-s)]", 1, 2, 0);
	T = trans[2][30] = settr(256,0,0,0,0,"IF", 0, 2, 0);
	T = T->nxt	= settr(256,0,27,0,0,"IF", 0, 2, 0);
	    T->nxt	= settr(256,0,29,0,0,"IF", 0, 2, 0);
	trans[2][27]	= settr(253,0,75,38,0,"(!(!((dead&(1<<me)))))", 1, 2, 0);
	trans[2][28]	= settr(254,0,75,1,0,"goto gone", 0, 2, 0);
	trans[2][31]	= settr(257,0,42,1,0,".(goto)", 0, 2, 0);
	trans[2][29]	= settr(255,0,42,2,0,"else", 0, 2, 0);
	T = trans[ 2][42] = settr(268,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(268,2,40,0,0,"ATOMIC", 1, 2, 0);
	T = trans[2][40] = settr(266,2,0,0,0,"IF", 1, 2, 0);
	T = T->nxt	= settr(266,2,32,0,0,"IF", 1, 2, 0);
	    T->nxt	= settr(266,2,39,0,0,"IF", 1, 2, 0);
	trans[2][32]	= settr(258,2,38,1,0,"(1)", 1, 2, 0);
	T = trans[ 2][38] = settr(264,0,0,0,0,"sub-sequence", 1, 2, 0);
	T->nxt	= settr(264,0,33,0,0,"sub-sequence", 1, 2, 0);
	trans[2][33]	= settr(259,4,46,39,39,"durableVersion[s] = version[s]", 1, 2, 0); /* m: 34 -> 0,46 */
	reached2[34] = 1;
	trans[2][34]	= settr(0,0,0,0,0,"durableApplied[s] = applied[s]",0,0,0);
	trans[2][35]	= settr(0,0,0,0,0,"durableDecided[s] = decided[s]",0,0,0);
	trans[2][36]	= settr(0,0,0,0,0,"durableStands[s] = stands[s]",0,0,0);
	trans[2][37]	= settr(0,0,0,0,0,"durableBase[s] = base[s]",0,0,0);
	trans[2][41]	= settr(267,0,46,40,40,".(goto)", 1, 2, 0);
	trans[2][39]	= settr(265,2,41,2,0,"else", 1, 2, 0);
	T = trans[2][46] = settr(272,0,0,0,0,"IF", 0, 2, 0);
	T = T->nxt	= settr(272,0,43,0,0,"IF", 0, 2, 0);
	    T->nxt	= settr(272,0,45,0,0,"IF", 0, 2, 0);
	trans[2][43]	= settr(269,0,75,41,0,"(!(!((dead&(1<<me)))))", 1, 2, 0);
	trans[2][44]	= settr(270,0,75,1,0,"goto gone", 0, 2, 0);
	trans[2][47]	= settr(273,0,54,1,0,".(goto)", 0, 2, 0);
	trans[2][45]	= settr(271,0,54,2,0,"else", 0, 2, 0);
	T = trans[ 2][54] = settr(280,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(280,2,48,0,0,"ATOMIC", 1, 2, 0);
	trans[2][48]	= settr(274,2,52,42,0,"((lock[(1-s)]==255))", 1, 2, 0);
	T = trans[2][52] = settr(278,2,0,0,0,"IF", 1, 2, 0);
	T = T->nxt	= settr(278,2,49,0,0,"IF", 1, 2, 0);
	    T->nxt	= settr(278,2,51,0,0,"IF", 1, 2, 0);
	trans[2][49]	= settr(275,0,61,43,43,"((!((dead&(1<<me)))&&(decided[(1-s)]==seen)))", 1, 2, 0); /* m: 50 -> 61,0 */
	reached2[50] = 1;
	trans[2][50]	= settr(0,0,0,0,0,"stands[(1-s)] = 0",0,0,0);
	trans[2][53]	= settr(279,0,61,44,44,".(goto)", 1, 2, 0); /* m: 58 -> 0,61 */
	reached2[58] = 1;
	trans[2][51]	= settr(277,2,53,2,0,"else", 1, 2, 0);
	trans[2][57]	= settr(283,0,58,1,0,".(goto)", 0, 2, 0); /* m: 58 -> 0,61 */
	reached2[58] = 1;
	trans[2][55]	= settr(281,0,58,2,0,"else", 0, 2, 0);
	trans[2][58]	= settr(284,0,61,45,45,"s = (s+1)", 0, 2, 0);
	trans[2][59]	= settr(285,0,75,2,0,"else", 0, 2, 0);
	trans[2][60]	= settr(286,0,75,1,0,"goto :b1", 0, 2, 0);
	trans[2][63]	= settr(289,0,75,1,0,"break", 0, 2, 0);
	T = trans[ 2][75] = settr(301,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(301,2,67,0,0,"ATOMIC", 1, 2, 0);
	T = trans[2][67] = settr(293,2,0,0,0,"IF", 1, 2, 0);
	T = T->nxt	= settr(293,2,64,0,0,"IF", 1, 2, 0);
	    T->nxt	= settr(293,2,66,0,0,"IF", 1, 2, 0);
	trans[2][64]	= settr(290,2,72,46,46,"((lock[0]==me))", 1, 2, 0); /* m: 65 -> 72,0 */
	reached2[65] = 1;
	trans[2][65]	= settr(0,0,0,0,0,"lock[0] = 255",0,0,0);
	trans[2][68]	= settr(294,2,72,1,0,".(goto)", 1, 2, 0);
	trans[2][66]	= settr(292,2,72,2,0,"else", 1, 2, 0);
	T = trans[2][72] = settr(298,2,0,0,0,"IF", 1, 2, 0);
	T = T->nxt	= settr(298,2,69,0,0,"IF", 1, 2, 0);
	    T->nxt	= settr(298,2,71,0,0,"IF", 1, 2, 0);
	trans[2][69]	= settr(295,4,76,47,47,"((lock[1]==me))", 1, 2, 0); /* m: 70 -> 76,0 */
	reached2[70] = 1;
	trans[2][70]	= settr(0,0,0,0,0,"lock[1] = 255",0,0,0);
	trans[2][73]	= settr(299,4,76,48,48,".(goto)", 1, 2, 0); /* m: 74 -> 0,76 */
	reached2[74] = 1;
	trans[2][71]	= settr(297,2,73,2,0,"else", 1, 2, 0);
	trans[2][74]	= settr(0,0,0,0,0,"finished = (finished+1)",0,0,0);
	trans[2][76]	= settr(302,0,0,49,49,"-end-", 0, 3500, 0);

	/* proctype 1: writer */

	trans[1] = (Trans **) emalloc(54*sizeof(Trans *));

	trans[1][44]	= settr(217,0,43,1,0,".(goto)", 0, 2, 0);
	T = trans[1][43] = settr(216,0,0,0,0,"DO", 0, 2, 0);
	T = T->nxt	= settr(216,0,1,0,0,"DO", 0, 2, 0);
	    T->nxt	= settr(216,0,41,0,0,"DO", 0, 2, 0);
	trans[1][1]	= settr(174,0,5,50,0,"((i<2))", 0, 2, 0);
	T = trans[1][5] = settr(178,0,0,0,0,"IF", 0, 2, 0);
	T = T->nxt	= settr(178,0,2,0,0,"IF", 0, 2, 0);
	    T->nxt	= settr(178,0,4,0,0,"IF", 0, 2, 0);
	trans[1][2]	= settr(175,0,52,51,0,"(!(!((dead&(1<<2)))))", 1, 2, 0);
	trans[1][3]	= settr(176,0,52,1,0,"goto gone", 0, 2, 0);
	trans[1][6]	= settr(179,0,9,1,0,".(goto)", 0, 2, 0);
	trans[1][4]	= settr(177,0,9,2,0,"else", 0, 2, 0);
	T = trans[ 1][9] = settr(182,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(182,2,7,0,0,"ATOMIC", 1, 2, 0);
	trans[1][7]	= settr(180,4,13,52,52,"((lock[s]==255))", 1, 2, 0); /* m: 8 -> 13,0 */
	reached1[8] = 1;
	trans[1][8]	= settr(0,0,0,0,0,"lock[s] = 2",0,0,0);
	T = trans[1][13] = settr(186,0,0,0,0,"IF", 0, 2, 0);
	T = T->nxt	= settr(186,0,10,0,0,"IF", 0, 2, 0);
	    T->nxt	= settr(186,0,12,0,0,"IF", 0, 2, 0);
	trans[1][10]	= settr(183,0,52,53,0,"(!(!((dead&(1<<2)))))", 1, 2, 0);
	trans[1][11]	= settr(184,0,52,1,0,"goto gone", 0, 2, 0);
	trans[1][14]	= settr(187,0,27,1,0,".(goto)", 0, 2, 0);
	trans[1][12]	= settr(185,0,27,2,0,"else", 0, 2, 0);
	T = trans[ 1][27] = settr(200,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(200,2,25,0,0,"ATOMIC", 1, 2, 0);
	T = trans[1][25] = settr(198,2,0,0,0,"IF", 1, 2, 0);
	T = T->nxt	= settr(198,2,15,0,0,"IF", 1, 2, 0);
	    T->nxt	= settr(198,2,24,0,0,"IF", 1, 2, 0);
	trans[1][15]	= settr(188,2,23,54,0,"((1&&slot[(1-s)]))", 1, 2, 0);
	T = trans[ 1][23] = settr(196,0,0,0,0,"sub-sequence", 1, 2, 0);
	T->nxt	= settr(196,0,21,0,0,"sub-sequence", 1, 2, 0);
	T = trans[1][21] = settr(194,2,0,0,0,"IF", 1, 2, 0);
	T = T->nxt	= settr(194,2,16,0,0,"IF", 1, 2, 0);
	    T->nxt	= settr(194,2,20,0,0,"IF", 1, 2, 0);
	trans[1][16]	= settr(189,4,31,55,55,"((stands[(1-s)]&&(applied[s]<decided[(1-s)])))", 1, 2, 0); /* m: 17 -> 31,0 */
	reached1[17] = 1;
	trans[1][17]	= settr(0,0,0,0,0,"assert((version[s]==base[(1-s)]))",0,0,0);
	trans[1][18]	= settr(0,0,0,0,0,"version[s] = (version[s]+1)",0,0,0);
	trans[1][19]	= settr(0,0,0,0,0,"applied[s] = decided[(1-s)]",0,0,0);
	trans[1][22]	= settr(195,4,31,56,56,".(goto)", 1, 2, 0); /* m: 26 -> 0,31 */
	reached1[26] = 1;
	trans[1][20]	= settr(193,2,22,2,0,"else", 1, 2, 0);
	trans[1][26]	= settr(199,0,31,57,57,".(goto)", 1, 2, 0);
	trans[1][24]	= settr(197,2,26,2,0,"else", 1, 2, 0);
	T = trans[1][31] = settr(204,0,0,0,0,"IF", 0, 2, 0);
	T = T->nxt	= settr(204,0,28,0,0,"IF", 0, 2, 0);
	    T->nxt	= settr(204,0,30,0,0,"IF", 0, 2, 0);
	trans[1][28]	= settr(201,0,52,58,0,"(!(!((dead&(1<<2)))))", 1, 2, 0);
	trans[1][29]	= settr(202,0,52,1,0,"goto gone", 0, 2, 0);
	trans[1][32]	= settr(205,0,39,1,0,".(goto)", 0, 2, 0);
	trans[1][30]	= settr(203,0,39,2,0,"else", 0, 2, 0);
	T = trans[ 1][39] = settr(212,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(212,2,36,0,0,"ATOMIC", 1, 2, 0);
	T = trans[1][36] = settr(209,2,0,0,0,"IF", 1, 2, 0);
	T = T->nxt	= settr(209,2,33,0,0,"IF", 1, 2, 0);
	    T->nxt	= settr(209,2,35,0,0,"IF", 1, 2, 0);
	trans[1][33]	= settr(206,0,43,59,59,"(!((dead&(1<<2))))", 1, 2, 0); /* m: 34 -> 43,0 */
	reached1[34] = 1;
	trans[1][34]	= settr(0,0,0,0,0,"version[s] = (version[s]+1)",0,0,0);
	trans[1][37]	= settr(210,0,43,60,60,".(goto)", 1, 2, 0); /* m: 38 -> 0,43 */
	reached1[38] = 1;
	trans[1][35]	= settr(208,2,37,2,0,"else", 1, 2, 0);
	trans[1][38]	= settr(0,0,0,0,0,"lock[s] = 255",0,0,0);
	trans[1][40]	= settr(0,0,0,0,0,"i = (i+1)",0,0,0);
	trans[1][41]	= settr(214,0,52,2,0,"else", 0, 2, 0);
	trans[1][42]	= settr(215,0,52,1,0,"goto :b0", 0, 2, 0);
	trans[1][45]	= settr(218,0,52,1,0,"break", 0, 2, 0);
	T = trans[ 1][52] = settr(225,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(225,2,49,0,0,"ATOMIC", 1, 2, 0);
	T = trans[1][49] = settr(222,2,0,0,0,"IF", 1, 2, 0);
	T = T->nxt	= settr(222,2,46,0,0,"IF", 1, 2, 0);
	    T->nxt	= settr(222,2,48,0,0,"IF", 1, 2, 0);
	trans[1][46]	= settr(219,4,53,61,61,"((lock[s]==2))", 1, 2, 0); /* m: 47 -> 53,0 */
	reached1[47] = 1;
	trans[1][47]	= settr(0,0,0,0,0,"lock[s] = 255",0,0,0);
	trans[1][50]	= settr(223,4,53,62,62,".(goto)", 1, 2, 0); /* m: 51 -> 0,53 */
	reached1[51] = 1;
	trans[1][48]	= settr(221,2,50,2,0,"else", 1, 2, 0);
	trans[1][51]	= settr(0,0,0,0,0,"finished = (finished+1)",0,0,0);
	trans[1][53]	= settr(226,0,0,63,63,"-end-", 0, 3500, 0);

	/* proctype 0: transaction */

	trans[0] = (Trans **) emalloc(175*sizeof(Trans *));

	T = trans[0][5] = settr(4,0,0,0,0,"IF", 0, 2, 0);
	T = T->nxt	= settr(4,0,1,0,0,"IF", 0, 2, 0);
	    T->nxt	= settr(4,0,3,0,0,"IF", 0, 2, 0);
	trans[0][1]	= settr(0,0,10,64,64,"first = 0", 0, 2, 0); /* m: 2 -> 0,10 */
	reached0[2] = 1;
	trans[0][2]	= settr(0,0,0,0,0,"second = 1",0,0,0);
	trans[0][6]	= settr(5,0,10,1,0,".(goto)", 0, 2, 0);
	trans[0][3]	= settr(2,0,10,65,65,"first = 1", 0, 2, 0); /* m: 4 -> 0,10 */
	reached0[4] = 1;
	trans[0][4]	= settr(0,0,0,0,0,"second = 0",0,0,0);
	T = trans[0][10] = settr(9,0,0,0,0,"IF", 0, 2, 0);
	T = T->nxt	= settr(9,0,7,0,0,"IF", 0, 2, 0);
	    T->nxt	= settr(9,0,9,0,0,"IF", 0, 2, 0);
	trans[0][7]	= settr(6,0,173,66,0,"(!(!((dead&(1<<t)))))", 1, 2, 0);
	trans[0][8]	= settr(7,0,173,1,0,"goto gone", 0, 2, 0);
	trans[0][11]	= settr(10,0,14,1,0,".(goto)", 0, 2, 0);
	trans[0][9]	= settr(8,0,14,2,0,"else", 0, 2, 0);
	T = trans[ 0][14] = settr(13,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(13,2,12,0,0,"ATOMIC", 1, 2, 0);
	trans[0][12]	= settr(11,4,18,67,67,"((lock[first]==255))", 1, 2, 0); /* m: 13 -> 18,0 */
	reached0[13] = 1;
	trans[0][13]	= settr(0,0,0,0,0,"lock[first] = t",0,0,0);
	T = trans[0][18] = settr(17,0,0,0,0,"IF", 0, 2, 0);
	T = T->nxt	= settr(17,0,15,0,0,"IF", 0, 2, 0);
	    T->nxt	= settr(17,0,17,0,0,"IF", 0, 2, 0);
	trans[0][15]	= settr(14,0,173,68,0,"(!(!((dead&(1<<t)))))", 1, 2, 0);
	trans[0][16]	= settr(15,0,173,1,0,"goto gone", 0, 2, 0);
	trans[0][19]	= settr(18,0,32,1,0,".(goto)", 0, 2, 0);
	trans[0][17]	= settr(16,0,32,2,0,"else", 0, 2, 0);
	T = trans[ 0][32] = settr(31,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(31,2,30,0,0,"ATOMIC", 1, 2, 0);
	T = trans[0][30] = settr(29,2,0,0,0,"IF", 1, 2, 0);
	T = T->nxt	= settr(29,2,20,0,0,"IF", 1, 2, 0);
	    T->nxt	= settr(29,2,29,0,0,"IF", 1, 2, 0);
	trans[0][20]	= settr(19,2,28,69,0,"((1&&slot[(1-t)]))", 1, 2, 0);
	T = trans[ 0][28] = settr(27,0,0,0,0,"sub-sequence", 1, 2, 0);
	T->nxt	= settr(27,0,26,0,0,"sub-sequence", 1, 2, 0);
	T = trans[0][26] = settr(25,2,0,0,0,"IF", 1, 2, 0);
	T = T->nxt	= settr(25,2,21,0,0,"IF", 1, 2, 0);
	    T->nxt	= settr(25,2,25,0,0,"IF", 1, 2, 0);
	trans[0][21]	= settr(20,4,36,70,70,"((stands[(1-first)]&&(applied[first]<decided[(1-first)])))", 1, 2, 0); /* m: 22 -> 36,0 */
	reached0[22] = 1;
	trans[0][22]	= settr(0,0,0,0,0,"assert((version[first]==base[(1-first)]))",0,0,0);
	trans[0][23]	= settr(0,0,0,0,0,"version[first] = (version[first]+1)",0,0,0);
	trans[0][24]	= settr(0,0,0,0,0,"applied[first] = decided[(1-first)]",0,0,0);
	trans[0][27]	= settr(26,4,36,71,71,".(goto)", 1, 2, 0); /* m: 31 -> 0,36 */
	reached0[31] = 1;
	trans[0][25]	= settr(24,2,27,2,0,"else", 1, 2, 0);
	trans[0][31]	= settr(30,0,36,72,72,".(goto)", 1, 2, 0);
	trans[0][29]	= settr(28,2,31,2,0,"else", 1, 2, 0);
	T = trans[0][36] = settr(35,0,0,0,0,"IF", 0, 2, 0);
	T = T->nxt	= settr(35,0,33,0,0,"IF", 0, 2, 0);
	    T->nxt	= settr(35,0,35,0,0,"IF", 0, 2, 0);
	trans[0][33]	= settr(32,0,173,73,0,"(!(!((dead&(1<<t)))))", 1, 2, 0);
	trans[0][34]	= settr(33,0,173,1,0,"goto gone", 0, 2, 0);
	trans[0][37]	= settr(36,0,45,1,0,".(goto)", 0, 2, 0);
	trans[0][35]	= settr(34,0,45,2,0,"else", 0, 2, 0);
	T = trans[0][45] = settr(44,0,0,0,0,"IF", 0, 2, 0);
	T = T->nxt	= settr(44,0,40,0,0,"IF", 0, 2, 0);
	    T->nxt	= settr(44,0,44,0,0,"IF", 0, 2, 0);
	T = trans[ 0][40] = settr(39,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(39,2,38,0,0,"ATOMIC", 1, 2, 0);
	trans[0][38]	= settr(37,0,50,74,74,"((lock[second]==255))", 1, 2, 0); /* m: 39 -> 50,0 */
	reached0[39] = 1;
	trans[0][39]	= settr(0,0,0,0,0,"lock[second] = t",0,0,0);
	trans[0][46]	= settr(45,0,50,1,0,".(goto)", 0, 2, 0);
	T = trans[ 0][44] = settr(43,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(43,2,41,0,0,"ATOMIC", 1, 2, 0);
	trans[0][41]	= settr(40,4,173,75,75,"((lock[second]!=255))", 1, 2, 0); /* m: 42 -> 173,0 */
	reached0[42] = 1;
	trans[0][42]	= settr(0,0,0,0,0,"lock[first] = 255",0,0,0);
	trans[0][43]	= settr(42,0,173,1,0,"goto done", 1, 2, 0);
	T = trans[0][50] = settr(49,0,0,0,0,"IF", 0, 2, 0);
	T = T->nxt	= settr(49,0,47,0,0,"IF", 0, 2, 0);
	    T->nxt	= settr(49,0,49,0,0,"IF", 0, 2, 0);
	trans[0][47]	= settr(46,0,173,76,0,"(!(!((dead&(1<<t)))))", 1, 2, 0);
	trans[0][48]	= settr(47,0,173,1,0,"goto gone", 0, 2, 0);
	trans[0][51]	= settr(50,0,64,1,0,".(goto)", 0, 2, 0);
	trans[0][49]	= settr(48,0,64,2,0,"else", 0, 2, 0);
	T = trans[ 0][64] = settr(63,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(63,2,62,0,0,"ATOMIC", 1, 2, 0);
	T = trans[0][62] = settr(61,2,0,0,0,"IF", 1, 2, 0);
	T = T->nxt	= settr(61,2,52,0,0,"IF", 1, 2, 0);
	    T->nxt	= settr(61,2,61,0,0,"IF", 1, 2, 0);
	trans[0][52]	= settr(51,2,60,77,0,"((1&&slot[(1-t)]))", 1, 2, 0);
	T = trans[ 0][60] = settr(59,0,0,0,0,"sub-sequence", 1, 2, 0);
	T->nxt	= settr(59,0,58,0,0,"sub-sequence", 1, 2, 0);
	T = trans[0][58] = settr(57,2,0,0,0,"IF", 1, 2, 0);
	T = T->nxt	= settr(57,2,53,0,0,"IF", 1, 2, 0);
	    T->nxt	= settr(57,2,57,0,0,"IF", 1, 2, 0);
	trans[0][53]	= settr(52,4,68,78,78,"((stands[(1-second)]&&(applied[second]<decided[(1-second)])))", 1, 2, 0); /* m: 54 -> 68,0 */
	reached0[54] = 1;
	trans[0][54]	= settr(0,0,0,0,0,"assert((version[second]==base[(1-second)]))",0,0,0);
	trans[0][55]	= settr(0,0,0,0,0,"version[second] = (version[second]+1)",0,0,0);
	trans[0][56]	= settr(0,0,0,0,0,"applied[second] = decided[(1-second)]",0,0,0);
	trans[0][59]	= settr(58,4,68,79,79,".(goto)", 1, 2, 0); /* m: 63 -> 0,68 */
	reached0[63] = 1;
	trans[0][57]	= settr(56,2,59,2,0,"else", 1, 2, 0);
	trans[0][63]	= settr(62,0,68,80,80,".(goto)", 1, 2, 0);
	trans[0][61]	= settr(60,2,63,2,0,"else", 1, 2, 0);
	T = trans[0][68] = settr(67,0,0,0,0,"IF", 0, 2, 0);
	T = T->nxt	= settr(67,0,65,0,0,"IF", 0, 2, 0);
	    T->nxt	= settr(67,0,67,0,0,"IF", 0, 2, 0);
	trans[0][65]	= settr(64,0,173,81,0,"(!(!((dead&(1<<t)))))", 1, 2, 0);
	trans[0][66]	= settr(65,0,173,1,0,"goto gone", 0, 2, 0);
	trans[0][69]	= settr(68,0,70,1,0,".(goto)", 0, 2, 0);
	trans[0][67]	= settr(66,0,70,2,0,"else", 0, 2, 0);
	trans[0][70]	= settr(69,0,74,82,82,"slot[t] = 1", 1, 2, 0);
	T = trans[0][74] = settr(73,0,0,0,0,"IF", 0, 2, 0);
	T = T->nxt	= settr(73,0,71,0,0,"IF", 0, 2, 0);
	    T->nxt	= settr(73,0,73,0,0,"IF", 0, 2, 0);
	trans[0][71]	= settr(70,0,173,83,0,"(!(!((dead&(1<<t)))))", 1, 2, 0);
	trans[0][72]	= settr(71,0,173,1,0,"goto gone", 0, 2, 0);
	trans[0][75]	= settr(74,0,86,1,0,".(goto)", 0, 2, 0);
	trans[0][73]	= settr(72,0,86,2,0,"else", 0, 2, 0);
	T = trans[ 0][86] = settr(85,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(85,2,84,0,0,"ATOMIC", 1, 2, 0);
	T = trans[0][84] = settr(83,2,0,0,0,"IF", 1, 2, 0);
	T = T->nxt	= settr(83,2,76,0,0,"IF", 1, 2, 0);
	    T->nxt	= settr(83,2,83,0,0,"IF", 1, 2, 0);
	trans[0][76]	= settr(75,2,82,1,0,"(1)", 1, 2, 0);
	T = trans[ 0][82] = settr(81,0,0,0,0,"sub-sequence", 1, 2, 0);
	T->nxt	= settr(81,0,77,0,0,"sub-sequence", 1, 2, 0);
	trans[0][77]	= settr(76,4,90,84,84,"durableVersion[(1-t)] = version[(1-t)]", 1, 2, 0); /* m: 78 -> 0,90 */
	reached0[78] = 1;
	trans[0][78]	= settr(0,0,0,0,0,"durableApplied[(1-t)] = applied[(1-t)]",0,0,0);
	trans[0][79]	= settr(0,0,0,0,0,"durableDecided[(1-t)] = decided[(1-t)]",0,0,0);
	trans[0][80]	= settr(0,0,0,0,0,"durableStands[(1-t)] = stands[(1-t)]",0,0,0);
	trans[0][81]	= settr(0,0,0,0,0,"durableBase[(1-t)] = base[(1-t)]",0,0,0);
	trans[0][85]	= settr(84,0,90,85,85,".(goto)", 1, 2, 0);
	trans[0][83]	= settr(82,2,85,2,0,"else", 1, 2, 0);
	T = trans[0][90] = settr(89,0,0,0,0,"IF", 0, 2, 0);
	T = T->nxt	= settr(89,0,87,0,0,"IF", 0, 2, 0);
	    T->nxt	= settr(89,0,89,0,0,"IF", 0, 2, 0);
	trans[0][87]	= settr(86,0,173,86,0,"(!(!((dead&(1<<t)))))", 1, 2, 0);
	trans[0][88]	= settr(87,0,173,1,0,"goto gone", 0, 2, 0);
	trans[0][91]	= settr(90,0,108,1,0,".(goto)", 0, 2, 0);
	trans[0][89]	= settr(88,0,108,2,0,"else", 0, 2, 0);
	T = trans[ 0][108] = settr(107,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(107,2,95,0,0,"ATOMIC", 1, 2, 0);
	T = trans[0][95] = settr(94,2,0,0,0,"IF", 1, 2, 0);
	T = T->nxt	= settr(94,2,92,0,0,"IF", 1, 2, 0);
	    T->nxt	= settr(94,2,94,0,0,"IF", 1, 2, 0);
	trans[0][92]	= settr(91,4,173,87,87,"(!(!((dead&(1<<t)))))", 1, 2, 0); /* m: 93 -> 173,0 */
	reached0[93] = 1;
	trans[0][93]	= settr(92,0,173,1,0,"goto gone", 1, 2, 0);
	trans[0][96]	= settr(95,2,97,1,0,".(goto)", 1, 2, 0); /* m: 97 -> 0,106 */
	reached0[97] = 1;
	trans[0][94]	= settr(93,2,97,2,0,"else", 1, 2, 0);
	trans[0][97]	= settr(96,2,106,88,88,"version[t] = (version[t]+1)", 1, 2, 0); /* m: 98 -> 0,106 */
	reached0[98] = 1;
	trans[0][98]	= settr(0,0,0,0,0,"decided[t] = (decided[t]+1)",0,0,0);
	trans[0][99]	= settr(0,0,0,0,0,"stands[t] = 1",0,0,0);
	trans[0][100]	= settr(0,0,0,0,0,"base[t] = version[(1-t)]",0,0,0);
	T = trans[ 0][106] = settr(105,0,0,0,0,"sub-sequence", 1, 2, 0);
	T->nxt	= settr(105,0,101,0,0,"sub-sequence", 1, 2, 0);
	trans[0][101]	= settr(100,4,112,89,89,"durableVersion[t] = version[t]", 1, 2, 0); /* m: 102 -> 0,112 */
	reached0[102] = 1;
	trans[0][102]	= settr(0,0,0,0,0,"durableApplied[t] = applied[t]",0,0,0);
	trans[0][103]	= settr(0,0,0,0,0,"durableDecided[t] = decided[t]",0,0,0);
	trans[0][104]	= settr(0,0,0,0,0,"durableStands[t] = stands[t]",0,0,0);
	trans[0][105]	= settr(0,0,0,0,0,"durableBase[t] = base[t]",0,0,0);
	trans[0][107]	= settr(0,0,0,0,0,"lock[t] = 255",0,0,0);
	T = trans[0][112] = settr(111,0,0,0,0,"IF", 0, 2, 0);
	T = T->nxt	= settr(111,0,109,0,0,"IF", 0, 2, 0);
	    T->nxt	= settr(111,0,111,0,0,"IF", 0, 2, 0);
	trans[0][109]	= settr(108,0,173,90,0,"(!(!((dead&(1<<t)))))", 1, 2, 0);
	trans[0][110]	= settr(109,0,173,1,0,"goto gone", 0, 2, 0);
	trans[0][113]	= settr(112,0,123,1,0,".(goto)", 0, 2, 0);
	trans[0][111]	= settr(110,0,123,2,0,"else", 0, 2, 0);
	T = trans[ 0][123] = settr(122,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(122,2,117,0,0,"ATOMIC", 1, 2, 0);
	T = trans[0][117] = settr(116,2,0,0,0,"IF", 1, 2, 0);
	T = T->nxt	= settr(116,2,114,0,0,"IF", 1, 2, 0);
	    T->nxt	= settr(116,2,116,0,0,"IF", 1, 2, 0);
	trans[0][114]	= settr(113,4,173,91,91,"(!(!((dead&(1<<t)))))", 1, 2, 0); /* m: 115 -> 173,0 */
	reached0[115] = 1;
	trans[0][115]	= settr(114,0,173,1,0,"goto gone", 1, 2, 0);
	trans[0][118]	= settr(117,2,119,1,0,".(goto)", 1, 2, 0); /* m: 119 -> 0,127 */
	reached0[119] = 1;
	trans[0][116]	= settr(115,2,119,2,0,"else", 1, 2, 0);
	trans[0][119]	= settr(118,4,127,92,92,"assert((version[(1-t)]==base[t]))", 1, 2, 0); /* m: 120 -> 0,127 */
	reached0[120] = 1;
	trans[0][120]	= settr(0,0,0,0,0,"version[(1-t)] = (version[(1-t)]+1)",0,0,0);
	trans[0][121]	= settr(0,0,0,0,0,"applied[(1-t)] = decided[t]",0,0,0);
	trans[0][122]	= settr(0,0,0,0,0,"lock[(1-t)] = 255",0,0,0);
	T = trans[0][127] = settr(126,0,0,0,0,"IF", 0, 2, 0);
	T = T->nxt	= settr(126,0,124,0,0,"IF", 0, 2, 0);
	    T->nxt	= settr(126,0,126,0,0,"IF", 0, 2, 0);
	trans[0][124]	= settr(123,0,173,93,0,"(!(!((dead&(1<<t)))))", 1, 2, 0);
	trans[0][125]	= settr(124,0,173,1,0,"goto gone", 0, 2, 0);
	trans[0][128]	= settr(127,0,129,1,0,".(goto)", 0, 2, 0);
	trans[0][126]	= settr(125,0,129,2,0,"else", 0, 2, 0);
	trans[0][129]	= settr(128,0,133,94,94,"slot[t] = 0", 1, 2, 0);
	T = trans[0][133] = settr(132,0,0,0,0,"IF", 0, 2, 0);
	T = T->nxt	= settr(132,0,130,0,0,"IF", 0, 2, 0);
	    T->nxt	= settr(132,0,132,0,0,"IF", 0, 2, 0);
	trans[0][130]	= settr(129,0,173,95,0,"(!(!((dead&(1<<t)))))", 1, 2, 0);
	trans[0][131]	= settr(130,0,173,1,0,"goto gone", 0, 2, 0);
	trans[0][134]	= settr(133,0,145,1,0,".(goto)", 0, 2, 0);
	trans[0][132]	= settr(131,0,145,2,0,"else", 0, 2, 0);
	T = trans[ 0][145] = settr(144,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(144,2,143,0,0,"ATOMIC", 1, 2, 0);
	T = trans[0][143] = settr(142,2,0,0,0,"IF", 1, 2, 0);
	T = T->nxt	= settr(142,2,135,0,0,"IF", 1, 2, 0);
	    T->nxt	= settr(142,2,142,0,0,"IF", 1, 2, 0);
	trans[0][135]	= settr(134,2,141,1,0,"(1)", 1, 2, 0);
	T = trans[ 0][141] = settr(140,0,0,0,0,"sub-sequence", 1, 2, 0);
	T->nxt	= settr(140,0,136,0,0,"sub-sequence", 1, 2, 0);
	trans[0][136]	= settr(135,4,149,96,96,"durableVersion[(1-t)] = version[(1-t)]", 1, 2, 0); /* m: 137 -> 0,149 */
	reached0[137] = 1;
	trans[0][137]	= settr(0,0,0,0,0,"durableApplied[(1-t)] = applied[(1-t)]",0,0,0);
	trans[0][138]	= settr(0,0,0,0,0,"durableDecided[(1-t)] = decided[(1-t)]",0,0,0);
	trans[0][139]	= settr(0,0,0,0,0,"durableStands[(1-t)] = stands[(1-t)]",0,0,0);
	trans[0][140]	= settr(0,0,0,0,0,"durableBase[(1-t)] = base[(1-t)]",0,0,0);
	trans[0][144]	= settr(143,0,149,97,97,".(goto)", 1, 2, 0);
	trans[0][142]	= settr(141,2,144,2,0,"else", 1, 2, 0);
	T = trans[0][149] = settr(148,0,0,0,0,"IF", 0, 2, 0);
	T = T->nxt	= settr(148,0,146,0,0,"IF", 0, 2, 0);
	    T->nxt	= settr(148,0,148,0,0,"IF", 0, 2, 0);
	trans[0][146]	= settr(145,0,173,98,0,"(!(!((dead&(1<<t)))))", 1, 2, 0);
	trans[0][147]	= settr(146,0,173,1,0,"goto gone", 0, 2, 0);
	trans[0][150]	= settr(149,0,161,1,0,".(goto)", 0, 2, 0);
	trans[0][148]	= settr(147,0,161,2,0,"else", 0, 2, 0);
	T = trans[ 0][161] = settr(160,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(160,2,154,0,0,"ATOMIC", 1, 2, 0);
	T = trans[0][154] = settr(153,2,0,0,0,"IF", 1, 2, 0);
	T = T->nxt	= settr(153,2,151,0,0,"IF", 1, 2, 0);
	    T->nxt	= settr(153,2,153,0,0,"IF", 1, 2, 0);
	trans[0][151]	= settr(150,4,173,99,99,"(!(!((dead&(1<<t)))))", 1, 2, 0); /* m: 152 -> 173,0 */
	reached0[152] = 1;
	trans[0][152]	= settr(151,0,173,1,0,"goto gone", 1, 2, 0);
	trans[0][155]	= settr(154,2,159,1,0,".(goto)", 1, 2, 0);
	trans[0][153]	= settr(152,2,159,2,0,"else", 1, 2, 0);
	T = trans[0][159] = settr(158,2,0,0,0,"IF", 1, 2, 0);
	T = T->nxt	= settr(158,2,156,0,0,"IF", 1, 2, 0);
	    T->nxt	= settr(158,2,158,0,0,"IF", 1, 2, 0);
	trans[0][156]	= settr(155,4,173,100,100,"(((lock[t]==255)&&(applied[(1-t)]>=decided[t])))", 1, 2, 0); /* m: 157 -> 173,0 */
	reached0[157] = 1;
	trans[0][157]	= settr(0,0,0,0,0,"stands[t] = 0",0,0,0);
	trans[0][160]	= settr(159,0,173,101,101,".(goto)", 1, 2, 0);
	trans[0][158]	= settr(157,2,160,2,0,"else", 1, 2, 0);
	T = trans[ 0][173] = settr(172,2,0,0,0,"ATOMIC", 1, 2, 0);
	T->nxt	= settr(172,2,165,0,0,"ATOMIC", 1, 2, 0);
	T = trans[0][165] = settr(164,2,0,0,0,"IF", 1, 2, 0);
	T = T->nxt	= settr(164,2,162,0,0,"IF", 1, 2, 0);
	    T->nxt	= settr(164,2,164,0,0,"IF", 1, 2, 0);
	trans[0][162]	= settr(161,2,170,102,102,"((lock[0]==t))", 1, 2, 0); /* m: 163 -> 170,0 */
	reached0[163] = 1;
	trans[0][163]	= settr(0,0,0,0,0,"lock[0] = 255",0,0,0);
	trans[0][166]	= settr(165,2,170,1,0,".(goto)", 1, 2, 0);
	trans[0][164]	= settr(163,2,170,2,0,"else", 1, 2, 0);
	T = trans[0][170] = settr(169,2,0,0,0,"IF", 1, 2, 0);
	T = T->nxt	= settr(169,2,167,0,0,"IF", 1, 2, 0);
	    T->nxt	= settr(169,2,169,0,0,"IF", 1, 2, 0);
	trans[0][167]	= settr(166,4,174,103,103,"((lock[1]==t))", 1, 2, 0); /* m: 168 -> 174,0 */
	reached0[168] = 1;
	trans[0][168]	= settr(0,0,0,0,0,"lock[1] = 255",0,0,0);
	trans[0][171]	= settr(170,4,174,104,104,".(goto)", 1, 2, 0); /* m: 172 -> 0,174 */
	reached0[172] = 1;
	trans[0][169]	= settr(168,2,171,2,0,"else", 1, 2, 0);
	trans[0][172]	= settr(0,0,0,0,0,"finished = (finished+1)",0,0,0);
	trans[0][174]	= settr(173,0,0,105,105,"-end-", 0, 3500, 0);
	/* np_ demon: */
	trans[_NP_] = (Trans **) emalloc(3*sizeof(Trans *));
	T = trans[_NP_][0] = settr(9997,0,1,_T5,0,"(np_)", 1,2,0);
	    T->nxt	  = settr(9998,0,0,_T2,0,"(1)",   0,2,0);
	T = trans[_NP_][1] = settr(9999,0,1,_T5,0,"(np_)", 1,2,0);
}

Trans *
settr(	int t_id, int a, int b, int c, int d,
	char *t, int g, int tpe0, int tpe1)
{	Trans *tmp = (Trans *) emalloc(sizeof(Trans));

	tmp->atom  = a&(6|32);	/* only (2|8|32) have meaning */
	if (!g) tmp->atom |= 8;	/* no global references */
	tmp->st    = b;
	tmp->tpe[0] = tpe0;
	tmp->tpe[1] = tpe1;
	tmp->tp    = t;
	tmp->t_id  = t_id;
	tmp->forw  = c;
	tmp->back  = d;
	return tmp;
}

Trans *
cpytr(Trans *a)
{	Trans *tmp = (Trans *) emalloc(sizeof(Trans));

	int i;
	tmp->atom  = a->atom;
	tmp->st    = a->st;
#ifdef HAS_UNLESS
	tmp->e_trans = a->e_trans;
	for (i = 0; i < HAS_UNLESS; i++)
		tmp->escp[i] = a->escp[i];
#endif
	tmp->tpe[0] = a->tpe[0];
	tmp->tpe[1] = a->tpe[1];
	for (i = 0; i < 6; i++)
	{	tmp->qu[i] = a->qu[i];
		tmp->ty[i] = a->ty[i];
	}
	tmp->tp    = (char *) emalloc(strlen(a->tp)+1);
	strcpy(tmp->tp, a->tp);
	tmp->t_id  = a->t_id;
	tmp->forw  = a->forw;
	tmp->back  = a->back;
	return tmp;
}

#ifndef NOREDUCE
int
srinc_set(int n)
{	if (n <= 2) return LOCAL;
	if (n <= 2+  DELTA) return Q_FULL_F; /* 's' or nfull  */
	if (n <= 2+2*DELTA) return Q_EMPT_F; /* 'r' or nempty */
	if (n <= 2+3*DELTA) return Q_EMPT_T; /* empty */
	if (n <= 2+4*DELTA) return Q_FULL_T; /* full  */
	if (n ==   5*DELTA) return GLOBAL;
	if (n ==   6*DELTA) return TIMEOUT_F;
	if (n ==   7*DELTA) return ALPHA_F;
	Uerror("cannot happen srinc_class");
	return BAD;
}
int
srunc(int n, int m)
{	switch(m) {
	case Q_FULL_F: return n-2;
	case Q_EMPT_F: return n-2-DELTA;
	case Q_EMPT_T: return n-2-2*DELTA;
	case Q_FULL_T: return n-2-3*DELTA;
	case ALPHA_F:
	case TIMEOUT_F: return 257; /* non-zero, and > MAXQ */
	}
	Uerror("cannot happen srunc");
	return 0;
}
#endif
int cnt;
#ifdef HAS_UNLESS
int
isthere(Trans *a, int b)
{	Trans *t;
	for (t = a; t; t = t->nxt)
		if (t->t_id == b)
			return 1;
	return 0;
}
#endif
#ifndef NOREDUCE
int
mark_safety(Trans *t) /* for conditional safety */
{	int g = 0, i, j, k;

	if (!t) return 0;
	if (t->qu[0])
		return (t->qu[1])?2:1;	/* marked */

	for (i = 0; i < 2; i++)
	{	j = srinc_set(t->tpe[i]);
		if (j >= GLOBAL && j != ALPHA_F)
			return -1;
		if (j != LOCAL)
		{	k = srunc(t->tpe[i], j);
			if (g == 0
			||  t->qu[0] != k
			||  t->ty[0] != j)
			{	t->qu[g] = k;
				t->ty[g] = j;
				g++;
	}	}	}
	return g;
}
#endif
void
retrans(int n, int m, int is, short srcln[], uchar reach[], uchar lpstate[])
	/* process n, with m states, is=initial state */
{	Trans *T0, *T1, *T2, *T3;
	Trans *T4, *T5; /* t_reverse or has_unless */
	int i;
#if defined(HAS_UNLESS) || !defined(NOREDUCE)
	int k;
#endif
#ifndef NOREDUCE
	int g, h, j, aa;
#endif
#ifdef HAS_UNLESS
	int p;
#endif
	if (state_tables >= 4)
	{	printf("STEP 1 %s\n", 
			procname[n]);
		for (i = 1; i < m; i++)
		for (T0 = trans[n][i]; T0; T0 = T0->nxt)
			crack(n, i, T0, srcln);
		return;
	}
	do {
		for (i = 1, cnt = 0; i < m; i++)
		{	T2 = trans[n][i];
			T1 = T2?T2->nxt:(Trans *)0;
/* prescan: */		for (T0 = T1; T0; T0 = T0->nxt)
/* choice in choice */	{	if (T0->st && trans[n][T0->st]
				&&  trans[n][T0->st]->nxt)
					break;
			}
#if 0
		if (T0)
		printf("\tstate %d / %d: choice in choice\n",
		i, T0->st);
#endif
			if (T0)
			for (T0 = T1; T0; T0 = T0->nxt)
			{	T3 = trans[n][T0->st];
				if (!T3->nxt)
				{	T2->nxt = cpytr(T0);
					T2 = T2->nxt;
					imed(T2, T0->st, n, i);
					continue;
				}
				do {	T3 = T3->nxt;
					T2->nxt = cpytr(T3);
					T2 = T2->nxt;
					imed(T2, T0->st, n, i);
				} while (T3->nxt);
				cnt++;
			}
		}
	} while (cnt);
	if (state_tables >= 3)
	{	printf("STEP 2 %s\n", 
			procname[n]);
		for (i = 1; i < m; i++)
		for (T0 = trans[n][i]; T0; T0 = T0->nxt)
			crack(n, i, T0, srcln);
		return;
	}
	for (i = 1; i < m; i++)
	{	if (trans[n][i] && trans[n][i]->nxt) /* optimize */
		{	T1 = trans[n][i]->nxt;
#if 0
			printf("\t\tpull %d (%d) to %d\n",
			T1->st, T1->forw, i);
#endif
			srcln[i] = srcln[T1->st];	/* Oyvind Teig, 5.2.0 */

			if (!trans[n][T1->st]) continue;
			T0 = cpytr(trans[n][T1->st]);
			trans[n][i] = T0;
			reach[T1->st] = 1;
			imed(T0, T1->st, n, i);
			for (T1 = T1->nxt; T1; T1 = T1->nxt)
			{
#if 0
			printf("\t\tpull %d (%d) to %d\n",
				T1->st, T1->forw, i);
#endif
		/*		srcln[i] = srcln[T1->st];  gh: not useful */
				if (!trans[n][T1->st]) continue;
				T0->nxt = cpytr(trans[n][T1->st]);
				T0 = T0->nxt;
				reach[T1->st] = 1;
				imed(T0, T1->st, n, i);
	}	}	}
	if (state_tables >= 2)
	{	printf("STEP 3 %s\n", 
			procname[n]);
		for (i = 1; i < m; i++)
		for (T0 = trans[n][i]; T0; T0 = T0->nxt)
			crack(n, i, T0, srcln);
		return;
	}
#ifdef HAS_UNLESS
	for (i = 1; i < m; i++)
	{	if (!trans[n][i]) continue;
		/* check for each state i if an
		 * escape to some state p is defined
		 * if so, copy and mark p's transitions
		 * and prepend them to the transition-
		 * list of state i
		 */
	 if (!like_java) /* the default */
	 {	for (T0 = trans[n][i]; T0; T0 = T0->nxt)
		for (k = HAS_UNLESS-1; k >= 0; k--)
		{	if (p = T0->escp[k])
			for (T1 = trans[n][p]; T1; T1 = T1->nxt)
			{	if (isthere(trans[n][i], T1->t_id))
					continue;
				T2 = cpytr(T1);
				T2->e_trans = p;
				T2->nxt = trans[n][i];
				trans[n][i] = T2;
		}	}
	 } else /* outermost unless checked first */
	 {	T4 = T3 = (Trans *) 0;
		for (T0 = trans[n][i]; T0; T0 = T0->nxt)
		for (k = HAS_UNLESS-1; k >= 0; k--)
		{	if (p = T0->escp[k])
			for (T1 = trans[n][p]; T1; T1 = T1->nxt)
			{	if (isthere(trans[n][i], T1->t_id))
					continue;
				T2 = cpytr(T1);
				T2->nxt = (Trans *) 0;
				T2->e_trans = p;
				if (T3)	T3->nxt = T2;
				else	T4 = T2;
				T3 = T2;
		}	}
		if (T4)
		{	T3->nxt = trans[n][i];
			trans[n][i] = T4;
		}
	 }
	}
#endif
#ifndef NOREDUCE
	for (i = 1; i < m; i++)
	{	if (a_cycles)
		{ /* moves through these states are visible */
	#if PROG_LAB>0 && defined(HAS_NP)
			if (progstate[n][i])
				goto degrade;
			for (T1 = trans[n][i]; T1; T1 = T1->nxt)
				if (progstate[n][T1->st])
					goto degrade;
	#endif
			if (accpstate[n][i] || visstate[n][i])
				goto degrade;
			for (T1 = trans[n][i]; T1; T1 = T1->nxt)
				if (accpstate[n][T1->st])
					goto degrade;
		}
		T1 = trans[n][i];
		if (!T1) continue;
		g = mark_safety(T1);	/* V3.3.1 */
		if (g < 0) goto degrade; /* global */
		/* check if mixing of guards preserves reduction */
		if (T1->nxt)
		{	k = 0;
			for (T0 = T1; T0; T0 = T0->nxt)
			{	if (!(T0->atom&8))
					goto degrade;
				for (aa = 0; aa < 2; aa++)
				{	j = srinc_set(T0->tpe[aa]);
					if (j >= GLOBAL && j != ALPHA_F)
						goto degrade;
					if (T0->tpe[aa]
					&&  T0->tpe[aa]
					!=  T1->tpe[0])
						k = 1;
			}	}
			/* g = 0;	V3.3.1 */
			if (k)	/* non-uniform selection */
			for (T0 = T1; T0; T0 = T0->nxt)
			for (aa = 0; aa < 2; aa++)
			{	j = srinc_set(T0->tpe[aa]);
				if (j != LOCAL)
				{	k = srunc(T0->tpe[aa], j);
					for (h = 0; h < 6; h++)
						if (T1->qu[h] == k
						&&  T1->ty[h] == j)
							break;
					if (h >= 6)
					{	T1->qu[g%6] = k;
						T1->ty[g%6] = j;
						g++;
			}	}	}
			if (g > 6)
			{	T1->qu[0] = 0;	/* turn it off */
				printf("pan: warning, line %d, ",
					srcln[i]);
			 	printf("too many stmnt types (%d)",
					g);
			  	printf(" in selection\n");
			  goto degrade;
			}
		}
		/* mark all options global if >=1 is global */
		for (T1 = trans[n][i]; T1; T1 = T1->nxt)
			if (!(T1->atom&8)) break;
		if (T1)
degrade:	for (T1 = trans[n][i]; T1; T1 = T1->nxt)
			T1->atom &= ~8;	/* mark as unsafe */
		/* can only mix 'r's or 's's if on same chan */
		/* and not mixed with other local operations */
		T1 = trans[n][i];
		if (!T1 || T1->qu[0]) continue;
		j = T1->tpe[0];
		if (T1->nxt && T1->atom&8)
		{ if (j == 5*DELTA)
		  {	printf("warning: line %d ", srcln[i]);
			printf("mixed condition ");
			printf("(defeats reduction)\n");
			goto degrade;
		  }
		  for (T0 = T1; T0; T0 = T0->nxt)
		  for (aa = 0; aa < 2; aa++)
		  if  (T0->tpe[aa] && T0->tpe[aa] != j)
		  {	printf("warning: line %d ", srcln[i]);
			printf("[%d-%d] mixed %stion ",
				T0->tpe[aa], j, 
				(j==5*DELTA)?"condi":"selec");
			printf("(defeats reduction)\n");
			printf("	'%s' <-> '%s'\n",
				T1->tp, T0->tp);
			goto degrade;
		} }
	}
#endif
	for (i = 1; i < m; i++)
	{	T2 = trans[n][i];
		if (!T2
		||  T2->nxt
		||  strncmp(T2->tp, ".(goto)", 7)
		||  !stopstate[n][i])
			continue;
		stopstate[n][T2->st] = 1;
	}
	if (state_tables && !verbose)
	{	if (dodot)
		{	char buf[256], *q = buf, *p = procname[n];
			while (*p != '\0')
			{	if (*p != ':')
				{	*q++ = *p;
				}
				p++;
			}
			*q = '\0';
			printf("digraph ");
			switch (Btypes[n]) {
			case I_PROC:  printf("init {\n"); break;
			case N_CLAIM: printf("claim_%s {\n", buf); break;
			case E_TRACE: printf("notrace {\n"); break;
			case N_TRACE: printf("trace {\n"); break;
			default:      printf("p_%s {\n", buf); break;
			}
			printf("size=\"8,10\";\n");
			printf("  GT [shape=box,style=dotted,label=\"%s\"];\n", buf);
			printf("  GT -> S%d;\n", is);
		} else
		{	switch (Btypes[n]) {
			case I_PROC:  printf("init\n"); break;
			case N_CLAIM: printf("claim %s\n", procname[n]); break;
			case E_TRACE: printf("notrace assertion\n"); break;
			case N_TRACE: printf("trace assertion\n"); break;
			default:      printf("proctype %s\n", procname[n]); break;
		}	}
		for (i = 1; i < m; i++)
		{	reach[i] = 1;
		}
		tagtable(n, m, is, srcln, reach);
		if (dodot) printf("}\n");
	} else
	for (i = 1; i < m; i++)
	{	int nrelse;
		if (Btypes[n] != N_CLAIM)
		{	for (T0 = trans[n][i]; T0; T0 = T0->nxt)
			{	if (T0->st == i
				&& strcmp(T0->tp, "(1)") == 0)
				{	printf("error: proctype '%s' ",
						procname[n]);
		  			printf("line %d, state %d: has un",
						srcln[i], i);
					printf("conditional self-loop\n");
					pan_exit(1);
		}	}	}
		nrelse = 0;
		for (T0 = trans[n][i]; T0; T0 = T0->nxt)
		{	if (strcmp(T0->tp, "else") == 0)
				nrelse++;
		}
		if (nrelse > 1)
		{	printf("error: proctype '%s' state",
				procname[n]);
		  	printf(" %d, inherits %d", i, nrelse);
		  	printf(" 'else' stmnts\n");
			pan_exit(1);
	}	}
#if !defined(LOOPSTATE) && !defined(BFS_PAR)
	if (state_tables)
#endif
	do_dfs(n, m, is, srcln, reach, lpstate);

	if (!t_reverse)
	{	return;
	}
	/* process n, with m states, is=initial state -- reverse list */
	if (!state_tables && Btypes[n] != N_CLAIM)
	{	for (i = 1; i < m; i++)
		{	Trans *Tx = (Trans *) 0; /* list of escapes */
			Trans *Ty = (Trans *) 0; /* its tail element */
			T1 = (Trans *) 0; /* reversed list */
			T2 = (Trans *) 0; /* its tail */
			T3 = (Trans *) 0; /* remembers possible 'else' */

			/* find unless-escapes, they should go first */
			T4 = T5 = T0 = trans[n][i];
	#ifdef HAS_UNLESS
			while (T4 && T4->e_trans) /* escapes are first in orig list */
			{	T5 = T4;	  /* remember predecessor */
				T4 = T4->nxt;
			}
	#endif
			/* T4 points to first non-escape, T5 to its parent, T0 to original list */
			if (T4 != T0)		 /* there was at least one escape */
			{	T3 = T5->nxt;		 /* start of non-escapes */
				T5->nxt = (Trans *) 0;	 /* separate */
				Tx = T0;		 /* start of the escapes */
				Ty = T5;		 /* its tail */
				T0 = T3;		 /* the rest, to be reversed */
			}
			/* T0 points to first non-escape, Tx to the list of escapes, Ty to its tail */

			/* first tail-add non-escape transitions, reversed */
			T3 = (Trans *) 0;
			for (T5 = T0; T5; T5 = T4)
			{	T4 = T5->nxt;
	#ifdef HAS_UNLESS
				if (T5->e_trans)
				{	printf("error: cannot happen!\n");
					continue;
				}
	#endif
				if (strcmp(T5->tp, "else") == 0)
				{	T3 = T5;
					T5->nxt = (Trans *) 0;
				} else
				{	T5->nxt = T1;
					if (!T1) { T2 = T5; }
					T1 = T5;
			}	}
			/* T3 points to a possible else, which is removed from the list */
			/* T1 points to the reversed list so far (without escapes) */
			/* T2 points to the tail element -- where the else should go */
			if (T2 && T3)
			{	T2->nxt = T3;	/* add else */
			} else
			{	if (T3) /* there was an else, but there's no tail */
				{	if (!T1)	/* and no reversed list */
					{	T1 = T3; /* odd, but possible */
					} else		/* even stranger */
					{	T1->nxt = T3;
			}	}	}

			/* add in the escapes, to that they appear at the front */
			if (Tx && Ty) { Ty->nxt = T1; T1 = Tx; }

			trans[n][i] = T1;
			/* reversed, with escapes first and else last */
	}	}
	if (state_tables && verbose)
	{	printf("FINAL proctype %s\n", 
			procname[n]);
		for (i = 1; i < m; i++)
		for (T0 = trans[n][i]; T0; T0 = T0->nxt)
			crack(n, i, T0, srcln);
	}
}
void
imed(Trans *T, int v, int n, int j)	/* set intermediate state */
{	progstate[n][T->st] |= progstate[n][v];
	accpstate[n][T->st] |= accpstate[n][v];
	stopstate[n][T->st] |= stopstate[n][v];
	mapstate[n][j] = T->st;
}
void
tagtable(int n, int m, int is, short srcln[], uchar reach[])
{	Trans *z;

	if (is >= m || !trans[n][is]
	||  is <= 0 || reach[is] == 0)
		return;
	reach[is] = 0;
	if (state_tables)
	for (z = trans[n][is]; z; z = z->nxt)
	{	if (dodot)
			dot_crack(n, is, z);
		else
			crack(n, is, z, srcln);
	}

	for (z = trans[n][is]; z; z = z->nxt)
	{
#ifdef HAS_UNLESS
		int i, j;
#endif
		tagtable(n, m, z->st, srcln, reach);
#ifdef HAS_UNLESS
		for (i = 0; i < HAS_UNLESS; i++)
		{	j = trans[n][is]->escp[i];
			if (!j) break;
			tagtable(n, m, j, srcln, reach);
		}
#endif
	}
}

extern Trans *t_id_lkup[];

void
dfs_table(int n, int m, int is, short srcln[], uchar reach[], uchar lpstate[])
{	Trans *z;

	if (is >= m || is <= 0 || !trans[n][is])
		return;
	if ((reach[is] & (4|8|16)) != 0)
	{	if ((reach[is] & (8|16)) == 16)	/* on stack, not yet recorded */
		{	lpstate[is] = 1;
			reach[is] |= 8; /* recorded */
			if (state_tables && verbose)
			{	printf("state %d line %d is a loopstate\n", is, srcln[is]);
		}	}
		return;
	}
	reach[is] |= (4|16);	/* visited | onstack */
	for (z = trans[n][is]; z; z = z->nxt)
	{	t_id_lkup[z->t_id] = z;
#ifdef HAS_UNLESS
		int i, j;
#endif
		dfs_table(n, m, z->st, srcln, reach, lpstate);
#ifdef HAS_UNLESS
		for (i = 0; i < HAS_UNLESS; i++)
		{	j = trans[n][is]->escp[i];
			if (!j) break;
			dfs_table(n, m, j, srcln, reach, lpstate);
		}
#endif
	}
	reach[is] &= ~16; /* no longer on stack */
}
void
do_dfs(int n, int m, int is, short srcln[], uchar reach[], uchar lpstate[])
{	int i;
	dfs_table(n, m, is, srcln, reach, lpstate);
	for (i = 0; i < m; i++)
		reach[i] &= ~(4|8|16);
}
void
crack(int n, int j, Trans *z, short srcln[])
{	int i;

	if (!z) return;
	printf("	state %3d -(tr %3d)-> state %3d  ",
		j, z->forw, z->st);
	printf("[id %3d tp %3d", z->t_id, z->tpe[0]);
	if (z->tpe[1]) printf(",%d", z->tpe[1]);
#ifdef HAS_UNLESS
	if (z->e_trans)
		printf(" org %3d", z->e_trans);
	else if (state_tables >= 2)
	for (i = 0; i < HAS_UNLESS; i++)
	{	if (!z->escp[i]) break;
		printf(" esc %d", z->escp[i]);
	}
#endif
	printf("]");
	printf(" [%s%s%s%s%s] %s:%d => ",
		z->atom&6?"A":z->atom&32?"D":"-",
		accpstate[n][j]?"a" :"-",
		stopstate[n][j]?"e" : "-",
		progstate[n][j]?"p" : "-",
		z->atom & 8 ?"L":"G",
		PanSource, srcln[j]);
	for (i = 0; z->tp[i]; i++)
		if (z->tp[i] == '\n')
			printf("\\n");
		else
			putchar(z->tp[i]);
	if (verbose && z->qu[0])
	{	printf("\t[");
		for (i = 0; i < 6; i++)
			if (z->qu[i])
				printf("(%d,%d)",
				z->qu[i], z->ty[i]);
		printf("]");
	}
	printf("\n");
	fflush(stdout);
}
/* spin -a m.pml; cc -o pan pan.c; ./pan -D | dot -Tps > foo.ps; ps2pdf foo.ps */
void
dot_crack(int n, int j, Trans *z)
{	int i;

	if (!z) return;
	printf("	S%d -> S%d  [color=black", j, z->st);

	if (z->atom&6) printf(",style=dashed");
	else if (z->atom&32) printf(",style=dotted");
	else if (z->atom&8) printf(",style=solid");
	else printf(",style=bold");

	printf(",label=\"");
	for (i = 0; z->tp[i]; i++)
	{	if (z->tp[i] == '\\'
		&&  z->tp[i+1] == 'n')
		{	i++; printf(" ");
		} else
		{	putchar(z->tp[i]);
	}	}
	printf("\"];\n");
	if (accpstate[n][j]) printf("  S%d [color=red,style=bold];\n", j);
	else if (progstate[n][j]) printf("  S%d [color=green,style=bold];\n", j);
	if (stopstate[n][j]) printf("  S%d [color=blue,style=bold,shape=box];\n", j);
}

#ifdef VAR_RANGES
#define BYTESIZE	32	/* 2^8 : 2^3 = 256:8 = 32 */

typedef struct Vr_Ptr {
	char	*nm;
	uchar	vals[BYTESIZE];
	struct Vr_Ptr *nxt;
} Vr_Ptr;
Vr_Ptr *ranges = (Vr_Ptr *) 0;

void
logval(char *s, int v)
{	Vr_Ptr *tmp;

	if (v<0 || v > 255) return;
	for (tmp = ranges; tmp; tmp = tmp->nxt)
		if (!strcmp(tmp->nm, s))
			goto found;
	tmp = (Vr_Ptr *) emalloc(sizeof(Vr_Ptr));
	tmp->nxt = ranges;
	ranges = tmp;
	tmp->nm = s;
found:
	tmp->vals[(v)/8] |= 1<<((v)%8);
}

void
dumpval(uchar X[], int range)
{	int w, x, i, j = -1;

	for (w = i = 0; w < range; w++)
	for (x = 0; x < 8; x++, i++)
	{
from:		if ((X[w] & (1<<x)))
		{	printf("%d", i);
			j = i;
			goto upto;
	}	}
	return;
	for (w = 0; w < range; w++)
	for (x = 0; x < 8; x++, i++)
	{
upto:		if (!(X[w] & (1<<x)))
		{	if (i-1 == j)
				printf(", ");
			else
				printf("-%d, ", i-1);
			goto from;
	}	}
	if (j >= 0 && j != 255)
		printf("-255");
}

void
dumpranges(void)
{	Vr_Ptr *tmp;
	printf("\nValues assigned within ");
	printf("interval [0..255]:\n");
	for (tmp = ranges; tmp; tmp = tmp->nxt)
	{	printf("\t%s\t: ", tmp->nm);
		dumpval(tmp->vals, BYTESIZE);
		printf("\n");
	}
}
#endif
