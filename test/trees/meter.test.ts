import t from 'tap';
import { CHUNK_BYTES_MAX } from '../../src/base/limits-chunks.ts';
import { Meter } from '../../src/trees/meter.ts';
import { MemoryChunks } from './memory-chunks.ts';

const PIECES = 10_000;

t.test('in the midst of a hole, of which nothing comes from outside, a signal is heard', async (t) => {
  const stop = new AbortController();
  const meter = new Meter(new MemoryChunks().import(), stop.signal);
  const reason = new Error('stop');
  setImmediate(() => stop.abort(reason));
  let given = 0;
  const giveAll = async () => {
    for (; given < PIECES; given += 1) await meter.gave(CHUNK_BYTES_MAX);
  };
  await t.rejects(giveAll(), reason);
  t.ok(given < PIECES, `after ${given} pieces`);
});
