import { join } from 'node:path';
import { RELEASE } from '../bench-space.ts';
import type { Bench } from '../row.ts';
import { corpusIn, ROOTS, warm } from './corpora.ts';
import { rowsOf, runsOver } from './measure.ts';

const ROUNDS = 3;

/** Corpora are large, and made of what Debian has today: they are kept between runs. */
export const CORPORA_FOLDER = join(RELEASE, 'build/bench-corpora');

/** Ours against others' backups, on root filesystems; `make bench-backups` takes the other corpora, too. */
export const backupBench: Bench = {
  names: ['backup_vs_restic', 'backup_vs_borg', 'backup_vs_casync', 'backup_stored'],
  run: async (work) => {
    const corpus = await corpusIn(CORPORA_FOLDER, ROOTS.name, work.say);
    await warm(corpus);
    return rowsOf(ROOTS.what, await runsOver(corpus, ROUNDS, work));
  },
};
