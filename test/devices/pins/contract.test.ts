import t from 'tap';
import { pinsContract } from '../../contract/pins.ts';
import { pinsHostileContract, randomLine, seeded } from '../../contract/pins-hostile.ts';
import { pinsLifeContract } from '../../contract/pins-life.ts';
import { RawClient, startWith } from '../../contract/pins-process.ts';
import { buildPins, VIRTUAL } from './build.ts';

const SIMULATED = [buildPins('gpio_sim')];

t.test('C program, simulated lines', async (t) => {
  pinsContract(t, SIMULATED);
  pinsLifeContract(t, SIMULATED);
  pinsHostileContract(t, SIMULATED);
});

t.test('virtual twin', async (t) => {
  pinsContract(t, VIRTUAL);
  pinsLifeContract(t, VIRTUAL);
  pinsHostileContract(t, VIRTUAL);
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
