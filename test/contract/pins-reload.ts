import { once } from 'node:events';
import type { Test } from 'tap';
import { allRecords, type Cleaner, RawClient, type StartPins, untimed, WAITED_MS } from './pins-process.ts';

const DOOR = '--output door,chip=test-chip,line=DOOR,active=high,safe=low,longest=60000';
const LATHE = '--output lathe,chip=test-chip,offset=3,active=low,safe=high,longest=60000';
const BRIEF = '--output brief,line=BRIEF,active=high,safe=low,longest=80';
const EXIT = '--input exit,chip=test-chip,line=EXIT,active=low,bias=pull-up,debounce=0';
const GATE = '--wiegand gate,chip=test-chip,d0=GATE_D0,d1=GATE_D1';

/** `reload` by the rules of PROTOCOL.md, on the program and the lines that `begin` starts. */
export function pinsReloadContract(t: Test, begin: (t: Cleaner) => StartPins): void {
  t.test('what is new comes, what is gone goes, what is unchanged is not touched', async (t) => {
    const pins = await begin(t)({ file: ['# first', '', DOOR, LATHE, EXIT] });
    const client = new RawClient(pins.socketPath);
    await client.ask('watch');
    await pins.drive.level('exit', 'low');
    await client.eventsUntil(/ exit active /);
    const pulse = await client.ask(`pulse door ${WAITED_MS} runs-on`);
    await client.ask('hold lathe goes');
    pins.writeOptions([BRIEF, '# the same, its words in another order', DOOR_SHUFFLED, EXIT, GATE]);
    t.equal(await client.ask('reload'), 'ok reload 2 1');
    t.same((await client.eventsUntil(/ off lathe /)).map(untimed), [
      'event on door runs-on 1',
      'event on lathe goes 2',
      'event off lathe goes 2 stopped',
    ]);
    t.match(await client.ask('pulse lathe 10 late'), /^error unknown_output /);
    t.match(await client.askAll('list'), ['output brief off low low 80', 'output door on high low 60000', 'ok list 2']);
    t.equal(await client.ask(`pulse door ${WAITED_MS} runs-on`), pulse, 'what it was asked is still known');
    t.match((await client.askAll('inputs'))[0], /^input exit active /);
    await pins.drive.level('exit', 'high');
    t.match((await client.eventsUntil(/ exit inactive /)).at(-1), / 2$/, 'its edges are counted on');
    t.match(await client.ask('pulse brief 10 new'), /^ok pulse new 3 /);
    await pins.drive.frame('gate', '10101');
    await client.eventsUntil(/^event wiegand gate \d+ 5 15$/);
    const records = await allRecords(client);
    t.match(records[1], { id: 'goes', output: 'lathe', end: 'stopped' }, 'the record outlives its output');
    if (records[0]?.end === '-') await client.eventsUntil(/ off door /);
    const door = (await allRecords(client))[0];
    t.ok(door?.end === 'timer' && door.offNs - door.onNs >= BigInt(WAITED_MS) * 1_000_000n, 'its pulse ran to its end');
    t.match(await pins.stop(), { code: 0, stderr: '' });
  });

  t.test('a file that does not pass changes nothing', async (t) => {
    const pins = await begin(t)({ file: [DOOR, EXIT] });
    const client = new RawClient(pins.socketPath);
    await client.ask('hold door h');
    const bad: [string[], RegExp][] = [
      [[DOOR, LATHE, '--input exit,line=EXIT'], /line 3: --input exit: active=high or active=low is needed$/],
      [[DOOR, DOOR], /line 2: --output door: this name is given twice$/],
      [
        [DOOR, '--output other,chip=test-chip,line=DOOR,active=high,safe=low,longest=1'],
        /line 2: .*door has the same pin$/,
      ],
      [[DOOR, '--input door,line=EXIT,active=low,bias=none'], /line 2: --input door: this name is given twice$/],
      [['--socket x'], /line 1: --socket: expected --output, --input or --wiegand and its value$/],
      [['--output'], /line 1: --output: expected /],
      [[' --output door'], /line 1: : expected /],
      [['--wiegand gate,d0=A,d1=A'], /line 1: --wiegand gate: d0 and d1 are the same pin$/],
      [['x'.repeat(300)], /line 1: x{64,200}/],
      [
        ['--input \u00fc,line=EXIT,active=low,bias=none'],
        /line 1: --input \?+,line=EXIT\S*,active.* a name has 1 to 32/,
      ],
      [['#'.repeat(70_000)], /over 65536 bytes$/],
    ];
    for (const [lines, text] of bad) {
      pins.writeOptions(lines);
      t.match(
        await client.ask('reload'),
        new RegExp(`^error bad_options .*${text.source}`),
        lines.join(' ').slice(0, 60),
      );
    }
    t.match((await client.askAll('list'))[0], 'output door on high low 60000');
    t.match(await client.askAll('inputs'), [/^input exit inactive /, 'ok inputs 1']);
    pins.writeOptions([]);
    t.equal(await client.ask('reload'), 'ok reload 0 2', 'a file that declares nothing passes');
    t.same([await client.askAll('list'), await client.askAll('inputs')], [['ok list 0'], ['ok inputs 0']]);
    t.equal(await client.ask('reload'), 'ok reload 0 0');
    t.match((await allRecords(client))[0], { id: 'h', end: 'stopped' });
  });

  t.test('without an options file there is nothing to reload', async (t) => {
    const pins = await begin(t)();
    const client = new RawClient(pins.socketPath);
    t.match(await client.ask('reload'), /^error bad_options .*without --options FILE$/);
    t.equal((await client.askAll('list')).at(-1), 'ok list 2');
  });

  t.test('a declaration that changed, on the same line', async (t) => {
    const pins = await begin(t)({ file: [DOOR, EXIT] });
    const client = new RawClient(pins.socketPath);
    await client.ask('watch');
    await client.ask('pulse door 50000 p');
    pins.writeOptions([DOOR.replace('60000', '70'), EXIT]);
    t.equal(await client.ask('reload'), 'ok reload 1 1', 'its longest time');
    t.match((await client.eventsUntil(/ off door /)).at(-1), / p 1 \d+ stopped$/);
    t.equal((await client.askAll('list'))[0], 'output door off low low 70');
    t.match(await client.ask('pulse door 71 q'), /^error too_long /);

    pins.writeOptions([DOOR.replace('door', 'gate').replace('60000', '70'), EXIT]);
    t.equal(await client.ask('reload'), 'ok reload 1 1', 'its name');
    t.match(await client.ask('pulse gate 10 q'), /^ok pulse q 2 /);
    await client.eventsUntil(/ off gate q /);

    pins.writeOptions([DOOR.replace('active=high,safe=low', 'active=low,safe=high'), EXIT]);
    t.equal(await client.ask('reload'), 'ok reload 1 1', 'its levels');
    t.equal((await client.askAll('list'))[0], 'output door off high high 60000');

    const turned = [DOOR.replace('line=DOOR', 'line=EXIT'), EXIT.replace('line=EXIT', 'line=DOOR')];
    await client.ask('hold door h');
    pins.writeOptions(turned);
    t.equal(await client.ask('reload'), 'ok reload 2 2', 'the line of the output is an input, and the other way round');
    t.match((await client.eventsUntil(/ off door h /)).at(-1), / stopped$/);
    t.match(await client.ask('pulse door 10 r'), /^ok pulse r /);
    await pins.drive.level('exit', 'low');
    await client.eventsUntil(/^event input exit active \d+ 1$/);
  });

  t.test('a hundred reloads leave nothing behind', async (t) => {
    const pins = await begin(t)({ file: [DOOR] });
    const [client, other] = [new RawClient(pins.socketPath), new RawClient(pins.socketPath)];
    await client.ask('hold door kept');
    for (let round = 0; round < 50; round += 1) {
      pins.writeOptions([LATHE, DOOR, EXIT, GATE]);
      t.equal(await client.ask('reload'), 'ok reload 3 0');
      pins.writeOptions([DOOR]);
      t.equal(await other.ask('reload'), 'ok reload 0 3');
    }
    t.same(await client.askAll('list'), ['output door on high low 60000', 'ok list 1']);
    client.socket.end();
    await once(client.socket, 'close');
    t.same(await other.askAll('list'), ['output door off low low 60000', 'ok list 1']);
  });
}

const DOOR_SHUFFLED = '--output door,longest=60000,safe=low,line=DOOR,active=high,chip=test-chip';
