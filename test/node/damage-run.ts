import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { initSpace } from '../../src/node/init.ts';
import { openSpace } from '../../src/node/space.ts';
import { ledgerPath } from '../../src/node/space-folder.ts';
import { verifySpace } from '../../src/node/verify.ts';
import { examine, flipBit, learnSound, type Verdict } from './damage-flip.ts';
import { fillForDamage } from './damage-ledger.ts';
import { randomOf } from './damage-random.ts';
import { partsOf } from './made-space.ts';

const RELEASE = join(import.meta.dirname, '../..');

export interface FlipOptions {
  readonly flips: number;
  readonly seed: number;
  /** Badges in the ledger that is flipped. */
  readonly facts: number;
  /** Where that ledger is kept; made when it is not there. */
  readonly folder: string;
  /** Results, one JSON line each; those of the same ledger and seed are not made again. */
  readonly recordPath: string;
  readonly say: (text: string) => void;
}

/** One flip and its end. */
export interface FlipRecord extends Verdict {
  readonly ledger: string;
  readonly seed: number;
  readonly flip: number;
  readonly at: number;
  readonly bit: number;
}

/** Flips one random bit at a time, each on a copy, until there are `flips` results of this ledger and seed. */
export async function runFlips(options: FlipOptions): Promise<readonly FlipRecord[]> {
  const { flips, seed, folder, recordPath, say } = options;
  if (!existsSync(ledgerPath(folder))) await makeLedger(options);
  const { size } = statSync(ledgerPath(folder));
  const ledger = createHash('sha256')
    .update(readFileSync(ledgerPath(folder)))
    .digest('hex')
    .slice(0, 16);
  const done = recordsIn(recordPath).filter((record) => record.ledger === ledger && record.seed === seed);
  if (done.length > 0) say(`${done.length} of ${flips} done before`);
  const sound = await learnSound(folder, pastOf(options));
  const records = [...done];
  const known = new Set(done.map(({ flip }) => flip));
  const random = randomOf(seed);
  for (let flip = 0; flip < flips; flip += 1) {
    const [at, bit] = [random(size), random(8)];
    if (known.has(flip)) continue;
    const verdict = await examine(sound, (path) => flipBit(path, at, bit));
    const record = { ledger, seed, flip, at, bit, ...verdict };
    records.push(record);
    appendFileSync(recordPath, `${JSON.stringify(record)}\n`);
    if (records.length % 20 === 0) say(`${records.length} of ${flips}: ${summaryOf(records)}`);
  }
  return records;
}

/** How many had which end, and with which codes. */
export function summaryOf(records: readonly FlipRecord[]): string {
  const counts = new Map<string, number>();
  for (const { end, codes } of records) {
    const name = codes.length === 0 ? end : `${end} (${codes.toSorted().join(', ')})`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${count} ${name}`)
    .join('; ');
}

/** Three moments while the ledger was written. */
function pastOf({ folder }: FlipOptions): readonly number[] {
  return JSON.parse(readFileSync(join(folder, 'past.json'), 'utf8')) as number[];
}

function recordsIn(path: string): readonly FlipRecord[] {
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  return lines.flatMap((line) => {
    try {
      return [JSON.parse(line) as FlipRecord];
    } catch {
      // Empty, or half written by a run that was stopped.
      return [];
    }
  });
}

async function makeLedger({ folder, facts, say }: FlipOptions): Promise<void> {
  say('making the ledger');
  const draft = `${folder}.new`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  await initSpace({
    ...partsOf(draft),
    dapps: ['membership', 'door'],
    spaceName: 'Damage',
    founderName: 'Ada',
    nodeName: 'front',
    founderKey: { keyFile: `${folder}.founder.json` },
    configExample: join(RELEASE, 'src/node/blockmesh.example.toml'),
  });
  const beganMs = Date.now();
  const space = await openSpace(partsOf(draft));
  try {
    await fillForDamage(space, facts);
    const { findings } = await verifySpace(space, () => {});
    if (findings.length > 0) throw new Error(`the ledger is not sound: ${JSON.stringify(findings[0])}`);
  } finally {
    await space.close();
  }
  const spentMs = Date.now() - beganMs;
  writeFileSync(
    join(draft, 'past.json'),
    JSON.stringify([0.2, 0.5, 0.9].map((share) => Math.round(beganMs + share * spentMs))),
  );
  renameSync(draft, folder);
}
