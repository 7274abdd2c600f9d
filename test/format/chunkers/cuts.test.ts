import t from 'tap';
import { type Cuts, cutsOn, otherCuts } from './cuts-run.ts';

/** The short form of `make chunks-cuts`. */
const MIB = 4;
/** Two engines, each fed in two ways, and an id; of two profiles. */
const LINES = 10;

t.test('both engines cut alike, on x86-64 and on arm64, fed whole pieces or single bytes', async (t) => {
  const [native, arm64] = [await cutsOn('native', MIB), await cutsOn('arm64', MIB)];
  t.equal(native.length, LINES);
  t.equal(arm64.length, LINES);
  t.ok(arm64.every(({ arch }) => arch === 'arm64'));
  const all: readonly Cuts[] = [...native, ...arm64];
  t.strictSame(otherCuts(all), []);
  const chunks = all.flatMap((cuts) => cuts.chunks ?? []);
  t.ok(
    chunks.every((count) => count > 20),
    'there was something to be cut',
  );
});
