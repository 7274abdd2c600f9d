import { openSpace } from '../../src/node/space.ts';
import { partsOf } from './made-space.ts';

/**
 * `FOLDER COUNT`: opens the space, appends COUNT facts and a suspension, each judged before the next, and ends without
 * closing: what was written since the last checkpoint stands in the write-ahead log alone.
 */
const [folder = '', count = '0'] = process.argv.slice(2);
const space = await openSpace(partsOf(folder));
for (let at = 0; at < Number(count); at += 1) {
  const event = String(at).padStart(16, '0');
  const body = { door: 'front', member: 'm-1', badge: 'b-1', rule: 'everyone', event, clock: 'synced', pulse: event };
  await space.appendFact('door', 'granted', body);
  if (at % 8 === 0) await space.fold.settled();
}
await space.command('membership', 'member.suspend', { member: 'm-1', reason: 'has not paid' });
process.exit(0);
