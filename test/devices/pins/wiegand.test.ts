import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import t from 'tap';
import { type Framed, hexOf, WiegandFraming } from '../../../src/devices/pins/wiegand.ts';
import { seeded } from '../../contract/pins-hostile.ts';
import { buildFraming } from './build.ts';

const GAP_NS = 25_000_000n;
const US = 1_000n;

interface Vector {
  readonly name: string;
  /** Parts with commas between: `BITS every US`, `BIT after US`, `lost BIT after US`, `clock after US`. */
  readonly edges: string;
  readonly told: readonly string[];
}

const VECTORS: readonly Vector[] = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../vectors/wiegand-framing.json'), 'utf8'),
);

type Step =
  | { readonly type: 'edge'; readonly one: boolean; readonly ns: bigint; readonly lost: boolean }
  | { readonly type: 'tick'; readonly ns: bigint };

function edge(one: boolean, ns: bigint, lost = false): Step {
  return { type: 'edge', one, ns, lost };
}

/** The steps of a vector, and a look at the clock long afterwards. */
function stepsOf(edges: string): readonly Step[] {
  const steps: Step[] = [];
  let ns = 1_000_000_000n;
  for (const part of edges.split(', ')) {
    const match = /^(lost |clock )?([01]*)(?: ?(every|after) (-?[0-9.]+))?$/.exec(part);
    if (match === null) throw new Error(`not a part of a vector: ${part}`);
    const [, mark, bits = '', , usText = '1000'] = match;
    const apart = BigInt(Math.round(Number(usText) * 1_000));
    if (mark === 'clock ') steps.push({ type: 'tick', ns: ns + apart });
    for (const bit of bits) {
      ns += apart;
      steps.push(edge(bit === '1', ns, mark === 'lost '));
    }
  }
  return [...steps, { type: 'tick', ns: ns + 10n * GAP_NS }];
}

function textOf(framed: Framed | undefined): string {
  if (framed === undefined) return '-';
  if (framed.type === 'fault') return `fault ${framed.atNs} ${framed.reason}`;
  return `frame ${framed.atNs} ${framed.bits.length} ${hexOf(framed.bits)}`;
}

/** What each step told, `-` for nothing. */
function inTypeScript(steps: readonly Step[]): string[] {
  const framing = new WiegandFraming(GAP_NS);
  return steps.map((step) =>
    textOf(step.type === 'edge' ? framing.edge(step.one, step.ns, step.lost) : framing.tick(step.ns)),
  );
}

const program = buildFraming();

function inC(runs: readonly (readonly Step[])[]): string[][] {
  const line = (step: Step) =>
    step.type === 'edge' ? `edge ${Number(step.one)} ${step.ns} ${Number(step.lost)}` : `tick ${step.ns}`;
  const input = runs.map((steps) => [`gap ${GAP_NS}`, ...steps.map(line), ''].join('\n')).join('');
  const lines = execFileSync(program, { input, encoding: 'latin1', maxBuffer: 1 << 28 }).split('\n');
  return runs.map((steps) => lines.splice(0, steps.length));
}

t.test('vectors, in both languages', async (t) => {
  const runs = VECTORS.map(({ edges }) => stepsOf(edges));
  const told = inC(runs);
  for (const [index, { name, told: expected }] of VECTORS.entries()) {
    const wanted = expected.map((one) => {
      const [type, what = ''] = one.split(' ');
      return type === 'frame' ? `frame ${what.length} ${hexOf(what)}` : one;
    });
    for (const lines of [inTypeScript(runs[index] ?? []), told[index] ?? []]) {
      const said = lines.filter((line) => line !== '-').map((line) => line.replace(/ [0-9]{9,}/, ''));
      t.strictSame(said, wanted, name);
    }
  }
});

/** Distances around every bound there is, and everyday ones. */
const APART = [
  -5n,
  0n,
  1n,
  19_999n,
  20_000n,
  200_000n,
  1_000_000n,
  20_000_000n,
  GAP_NS - 1n,
  GAP_NS,
  GAP_NS + 1n,
  9n * GAP_NS,
];

function randomSteps(random: (below: number) => number): readonly Step[] {
  const steps: Step[] = [];
  let ns = 5n;
  const isLong = random(8) === 0;
  for (let at = isLong ? 300 : random(40); at >= 0; at -= 1) {
    const apart = APART[isLong && random(60) > 0 ? 6 : random(APART.length)] ?? 0n;
    if (random(6) === 0) steps.push({ type: 'tick', ns: ns + apart });
    else {
      ns += apart;
      steps.push(edge(random(2) === 1, ns, random(40) === 0));
    }
  }
  return steps;
}

t.test('both languages tell the same of 20,000 random runs', async (t) => {
  const random = seeded(20_261_123);
  const runs = Array.from({ length: 20_000 }, () => randomSteps(random));
  const told = inC(runs);
  const kinds = new Set<string>();
  for (const [index, steps] of runs.entries()) {
    const [ours, theirs] = [inTypeScript(steps).join('\n'), (told[index] ?? []).join('\n')];
    if (ours !== theirs) t.equal(ours, theirs, `run ${index}`);
    for (const [kind = ''] of ours.matchAll(/frame|[a-z]+_[a-z]+|glitch/g)) kinds.add(kind);
  }
  t.strictSame(
    [...kinds].sort(),
    ['frame', 'glitch', 'lost_edges', 'over_long', 'too_short'],
    'and all there is to tell',
  );
});

const bits = fc.string({ unit: fc.constantFrom('0', '1'), minLength: 1, maxLength: 132 });
const frames = fc.array(
  fc.tuple(bits, fc.integer({ min: 20, max: 20_000 }), fc.integer({ min: 25_001, max: 90_000 })),
  {
    minLength: 1,
    maxLength: 8,
  },
);

/** The edges of whole frames, each after a gap, and what is to be told of them. */
function edgesOf(list: readonly (readonly [string, number, number])[]) {
  const edges: Step[] = [];
  const expected: string[] = [];
  let ns = 0n;
  for (const [text, everyUs, gapUs] of list) {
    ns += BigInt(gapUs - everyUs) * US;
    let overNs = 0n;
    for (const [at, bit] of [...text].entries()) {
      ns += BigInt(everyUs) * US;
      edges.push(edge(bit === '1', ns));
      if (at === 128) overNs = ns;
    }
    if (text.length > 128) expected.push(`fault ${overNs} over_long`);
    else if (text.length < 4) expected.push(`fault ${ns} too_short`);
    else expected.push(`frame ${ns} ${text.length} ${hexOf(text)}`);
  }
  return { edges, expected, endNs: ns };
}

t.test('whole frames come out as they went in, however late they are read', async () => {
  await fc.assert(
    fc.property(frames, fc.array(fc.nat({ max: 1_000 })), (list, looks) => {
      const { edges, expected, endNs } = edgesOf(list);
      // A look at the clock anywhere between two reads, never before an edge that has happened has been read.
      const steps = edges.flatMap((one, index) => {
        const next = edges[index + 1]?.ns ?? endNs;
        const look = looks[index % (looks.length || 1)];
        return look === undefined
          ? [one]
          : [one, { type: 'tick' as const, ns: one.ns + ((next - one.ns) * BigInt(look)) / 1_001n }];
      });
      for (const run of [edges, steps]) {
        const told = inTypeScript([...run, { type: 'tick', ns: endNs + 2n * GAP_NS }]).filter((line) => line !== '-');
        if (told.join() !== expected.join()) throw new Error(`${told.join()} instead of ${expected.join()}`);
      }
    }),
    { numRuns: 500 },
  );
});

t.test('a frame one edge of which was lost is never told', async () => {
  await fc.assert(
    fc.property(frames, fc.nat(), (list, which) => {
      const { edges, endNs } = edgesOf(list);
      const lost = which % edges.length;
      const rest = edges.flatMap((one, index): readonly Step[] => {
        if (index === lost) return [];
        return [index === lost + 1 && one.type === 'edge' ? edge(one.one, one.ns, true) : one];
      });
      const told = inTypeScript([...rest, { type: 'tick', ns: endNs + 2n * GAP_NS }]);
      const whole = new Set(edgesOf(list).expected);
      // The very last edge can be missed only by the number of the next one, which may be a day away.
      const isSeen = lost < edges.length - 1;
      const strange = told.filter((line) => line.startsWith('frame') && !whole.has(line));
      if (isSeen && strange.length > 0) throw new Error(strange.join());
    }),
    { numRuns: 500 },
  );
});
