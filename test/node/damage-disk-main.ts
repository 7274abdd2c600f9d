import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '../../src/base/json.ts';
import { openSpace, type Space } from '../../src/node/space.ts';
import { verifySpace } from '../../src/node/verify.ts';
import { failureOf } from './damage-answers.ts';
import { partsOf } from './made-space.ts';

/**
 * A process with a space on a small disk, one JSON line for each thing it does.
 *
 * `fill FOLDER` leaves LEFT_BYTES free and appends facts until the disk takes no more, tells what commands, reads and
 * decisions say then, and ends without closing, as a crash would. `open FOLDER` opens, and tells how many of what.
 * `free FOLDER` makes room, appends again, closes, opens and verifies.
 */

const LEFT_BYTES = 3_000_000;
const FACTS_MAX = 20_000;
const MIN_BYTES = 64 * 1024;
const [task = '', folder = ''] = process.argv.slice(2);
const ballast = join(folder, 'ballast');

const tell = (line: JsonObject) => void process.stdout.write(`${JSON.stringify(line)}\n`);

if (task === 'fill') await fill();
else if (task === 'open') await look();
else await free();
// As a crash would: nothing is closed that is open still.
process.exit(0);

async function fill(): Promise<void> {
  const { bavail, bsize } = statfsSync(folder);
  writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - LEFT_BYTES)));
  const space = await openSpace(partsOf(folder));
  for (let at = 0; at < FACTS_MAX; at += 1) if (!(await append(space, at))) break;
  await attempt('command', () => space.command('membership', 'member.add', { member: 'm-late', name: 'Late' }));
  await attempt('denial', () => space.command('membership', 'member.suspend', { member: 'm-1', reason: 'late' }));
  await attempt('settled', () => space.fold.settled());
  await attempt('read', async () => space.state.read('membership', 'member/m-1'));
  await attempt('query', () => space.query('membership', 'members', {}));
}

async function append(space: Space, at: number): Promise<boolean> {
  const event = String(at).padStart(16, '0');
  const body = { door: 'front', member: 'm-1', badge: 'b-1', rule: 'everyone', event, clock: 'synced', pulse: event };
  try {
    const { block } = await space.appendFact('door', 'granted', body);
    tell({ acknowledged: block });
    return true;
  } catch (error) {
    tell({ failed: 'append', ...plain(error) });
    return false;
  }
}

async function attempt(what: string, run: () => Promise<unknown>): Promise<void> {
  try {
    tell({ done: what, result: JSON.stringify((await run()) ?? null) });
  } catch (error) {
    tell({ failed: what, ...plain(error) });
  }
}

async function look(): Promise<void> {
  await attempt('open', async () => {
    const space = await openSpace(partsOf(folder));
    tell({ done: 'count', result: JSON.stringify(space.blocks.counts()) });
    await space.close();
  });
}

async function free(): Promise<void> {
  rmSync(ballast);
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < MIN_BYTES) throw new Error('the ballast made no room');
  const space = await openSpace(partsOf(folder));
  await space.fold.settled();
  if (!(await append(space, FACTS_MAX))) return;
  await space.close();
  const again = await openSpace(partsOf(folder));
  const { findings } = await verifySpace(again, () => {});
  tell({ done: 'verify', result: JSON.stringify(findings) });
  // Ids of all blocks, for whoever knows which were acknowledged.
  for (let arrival = 0; ; ) {
    const page = again.blocks.after(arrival, 256);
    for (const block of page) tell({ held: block.id });
    arrival = page.at(-1)?.arrival ?? arrival;
    if (page.length < 256) break;
  }
  await again.close();
}

function plain(error: unknown): JsonObject {
  const { code, advice, message } = failureOf(error, folder);
  return { code, advice: advice ?? null, message };
}
