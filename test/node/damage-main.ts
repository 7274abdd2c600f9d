import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { BAD_ENDS } from './damage-flip.ts';
import { runFlips, summaryOf } from './damage-run.ts';

// `make damage N=1000 SEED=1`: exit code 1 when a flipped bit makes a wrong answer, or goes unnoticed.

const { N = '1000', SEED = '1' } = process.env;
const build = join(import.meta.dirname, '../../build');
mkdirSync(build, { recursive: true });
const records = await runFlips({
  flips: Number(N),
  seed: Number(SEED),
  facts: 500,
  folder: join(build, 'damage/space'),
  recordPath: join(build, 'damage.jsonl'),
  say: (text) => void process.stderr.write(`damage: ${text}\n`),
});
const bad = records.filter(({ end }) => BAD_ENDS.includes(end));
process.stdout.write(`${records.length} bits flipped, SEED=${SEED}: ${summaryOf(records)}\n`);
for (const { flip, at, bit, end, detail } of bad) {
  process.stdout.write(`bad: flip ${flip}, byte ${at}, bit ${bit}: ${end}: ${detail}\n`);
}
process.exitCode = bad.length === 0 ? 0 : 1;
