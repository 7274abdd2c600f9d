import t from 'tap';
import { pinsContract } from '../../contract/pins.ts';
import { pinsHostileContract, randomLine, seeded } from '../../contract/pins-hostile.ts';
import { pinsLifeContract, pinsRefusingContract } from '../../contract/pins-life.ts';
import { RawClient, startWith } from '../../contract/pins-process.ts';
import { buildPins, VIRTUAL } from './build.ts';

const SIMULATED = [buildPins('gpio_sim')];
const SUITES = [pinsContract, pinsLifeContract, pinsRefusingContract, pinsHostileContract];

t.test('C program, simulated lines', async (t) => {
  for (const suite of SUITES) suite(t, (t) => startWith(t, SIMULATED));
});

t.test('virtual twin', async (t) => {
  for (const suite of SUITES) suite(t, (t) => startWith(t, VIRTUAL));
});

/** Everything but times, which are the only numbers of six digits or more, and the random epoch. */
function masked(line: string): string {
  return line.replace(/\b[0-9]{6,}\b/g, 'NS').replace(/^ok hello 2 \w+/, 'ok hello 2 EPOCH');
}

t.test('both say the same to the same 3,000 random lines', async (t) => {
  const pins = [await startWith(t, SIMULATED)(), await startWith(t, VIRTUAL)()];
  for (const seed of [1, 2, 3]) {
    const clients = pins.map((one) => new RawClient(one.socketPath));
    const random = seeded(seed);
    for (let i = 0; i < 1_000; i += 1) {
      const line = randomLine(random);
      const [simulated, virtual] = await Promise.all(clients.map((client) => client.askAll(line)));
      const [ours, theirs] = [simulated?.map(masked).join('\n'), virtual?.map(masked).join('\n')];
      if (ours !== theirs) t.equal(ours, theirs, `seed ${seed}, line ${i}: ${line}`);
    }
    for (const client of clients) {
      t.match(await client.ask('hello 2'), /^ok /, 'and nobody was dropped on the way');
      await client.close();
    }
  }
});

/**
 * A file of plausible declarations, most of which pass; lines, names and chips meet again and again. Nothing that is
 * held comes to its longest time: that it does in one program a moment before the other is no difference.
 */
function randomFile(random: (below: number) => number): string[] {
  const pick = (from: readonly string[]) => from[random(from.length)] ?? '';
  const pin = () =>
    pick(['line=A', 'line=B', 'chip=c,line=A', 'chip=c,offset=1', 'chip=c,offset=2', 'line=C', 'line=D']);
  const name = () => pick(['a', 'b', 'c', 'd', 'e', 'f']);
  const slip = () => (random(25) === 0 ? pick([',', ',x=1', ',offset=9', ',chip=0', '=', ' ', ',active=on']) : '');
  const shapes = [
    () =>
      `--output ${name()},${pin()},${pick(['active=high,safe=low', 'active=low,safe=high'])},longest=${pick(['50000', '60000'])}`,
    () => `--input ${name()},${pin()},active=${pick(['high', 'low'])},bias=${pick(['pull-up', 'pull-down', 'none'])}`,
    () => `--input ${name()},${pin()},active=low,bias=none,debounce=${pick(['0', '5', '20', '1001'])}`,
    () => `--wiegand ${name()},chip=c,d0_offset=${random(4)},d1_offset=${random(4)}`,
    () => `--wiegand ${name()},d0=${pick(['A', 'B'])},d1=${pick(['C', 'D'])},gap=${pick(['25', '30'])}`,
  ];
  return Array.from({ length: random(5) }, () => `${(shapes[random(shapes.length)] ?? (() => ''))()}${slip()}`);
}

t.test('both make the same of the same 1,000 random reloads', async (t) => {
  const pins = [await startWith(t, SIMULATED)({ file: [] }), await startWith(t, VIRTUAL)({ file: [] })];
  const clients = pins.map((one) => new RawClient(one.socketPath));
  const random = seeded(4);
  const replies = new Set<string>();
  let isClaimFaulty: boolean = false;
  for (let i = 0; i < 1_000; i += 1) {
    const file = randomFile(random);
    // Two claims that fail in one reload would lose a line for good, and end the process.
    const what: string = isClaimFaulty || random(2) === 0 ? 'off' : 'claim';
    const faults: string[] = random(4) === 0 ? [`fault ${['a', 'b', 'c'][random(3)]},${what},1`] : [];
    isClaimFaulty ||= faults.length > 0 && what === 'claim';
    const holds = Array.from({ length: random(3) }, () => `hold ${['a', 'b', 'c', 'd'][random(4)]} h${i}-${random(9)}`);
    const said = pins.map(async (one, at) => {
      one.writeOptions(file);
      for (const fault of faults) await one.drive.line(fault);
      const lines: string[] = [];
      for (const ask of [...holds, 'reload', 'list', 'inputs']) lines.push(...((await clients[at]?.askAll(ask)) ?? []));
      return lines
        .map((line) =>
          masked(line)
            .replace(/\/\S+options/, 'FILE')
            .replace(/^(error line_failed \w+:).*/, '$1'),
        )
        .join('\n');
    });
    const [simulated = '', virtual = ''] = await Promise.all(said);
    if (simulated !== virtual) t.equal(simulated, virtual, `reload ${i}: ${file.join('; ')}; ${faults}; ${holds}`);
    if (simulated.includes('error line_busy')) isClaimFaulty = false;
    for (const [, reply = ''] of simulated.matchAll(/^(ok reload|error [a-z_]+)/gm)) replies.add(reply);
  }
  t.match([...replies].sort().join(', '), /bad_options.*line_busy.*line_failed.*ok reload/, 'of every kind');
});
