import t from 'tap';
import { CLOCK_OFF_MS_MAX, DISK_FREE_BYTES_MIN } from '../../src/base/limits.ts';
import { OPERATIONS } from '../../src/node/operations/operations.ts';
import type { Space } from '../../src/node/space.ts';
import { systemRandomness } from '../../src/node/system.ts';
import { makeSpace, withSpace } from './made-space.ts';
import { ScriptedClock } from './scripted-clock.ts';

const add = (space: Space, member: string, name: string) => space.command('membership', 'member.add', { member, name });

t.test('node time never goes back, not over a start either', async (t) => {
  const { folder } = await makeSpace(t);
  const clock = new ScriptedClock();
  clock.wallMs = Date.now() + 3_600_000;
  const storedMs = clock.wallMs;
  await withSpace(folder, (space) => add(space, 'm-1', 'Bob'), { clock });
  clock.wallMs = storedMs - CLOCK_OFF_MS_MAX;
  await withSpace(
    folder,
    async (space) => {
      t.strictSame(space.clock.now(), { wallMs: storedMs, quality: 'synced' }, 'a little behind');
      clock.wallMs -= 1;
      t.strictSame(space.clock.now(), { wallMs: storedMs, quality: 'unknown' }, 'one of the two is wrong');
      await add(space, 'm-2', 'Eve');
      t.equal(space.journal.outcomeAt(space.journal.fold().position).at.wallMs, storedMs);
      clock.wallMs = storedMs + 5;
      t.strictSame(space.clock.now(), { wallMs: storedMs + 5, quality: 'synced' });
      clock.wallMs = storedMs;
      t.equal(space.clock.now().wallMs, storedMs + 5, 'nor within a life');
    },
    { clock },
  );
});

t.test('the last bytes of a disk are for facts and denials', async (t) => {
  const { folder } = await makeSpace(t);
  let freeBytes = DISK_FREE_BYTES_MIN;
  await withSpace(
    folder,
    async (space) => {
      await add(space, 'm-1', 'Bob');
      freeBytes -= 1;
      await t.rejects(add(space, 'm-2', 'Eve'), {
        code: 'disk_low',
        fields: { freeBytes, freeBytesMin: DISK_FREE_BYTES_MIN },
        advice: /Free space/,
      });
      const order = { kind: 'member.add', body: { member: 'm-2', name: 'Eve' } };
      await t.rejects(space.appendCommands('membership', [order]), { code: 'disk_low' });
      const { block } = await space.command('membership', 'member.suspend', { member: 'm-1', reason: 'lost keys' });
      await space.appendFact('mesh', 'device', { name: 'r', role: 'reader', family: 'rdm6300' });
      const resume = () => space.command('membership', 'member.resume', { member: 'm-1' }, { block, index: 0 });
      await t.rejects(resume(), { code: 'disk_low' }, 'what lifts a denial waits');
      const context = { space, randomness: systemRandomness, progress: () => {} };
      t.match(await OPERATIONS['space.show']?.(context, {}), { disk: { freeBytes, isLow: true } });
      freeBytes += 1;
      await resume();
      t.match(await OPERATIONS['space.show']?.(context, {}), { disk: { freeBytes, isLow: false } });
    },
    { freeBytes: () => freeBytes },
  );
});

t.test('a dapp is asked about the state as it was', async (t) => {
  const { folder } = await makeSpace(t);
  const clock = new ScriptedClock();
  clock.wallMs = Date.now() + 3_600_000;
  await withSpace(
    folder,
    async (space) => {
      await add(space, 'm-1', 'Bob');
      const atMs = clock.wallMs;
      clock.wallMs += 1;
      await space.command('membership', 'member.edit', { member: 'm-1', name: 'Robert' });
      const asked = (ms: number) => space.query('membership', 'member', { member: 'm-1' }, space.stateAt(ms));
      t.match(await asked(atMs), { name: 'Bob' });
      t.match(await asked(atMs + 1), { name: 'Robert' });
      t.match(await space.query('membership', 'member', { member: 'm-1' }), { name: 'Robert' });
      await t.rejects(asked(atMs - 1), { code: /./ }, 'before, there was no such member');
    },
    { clock },
  );
});
