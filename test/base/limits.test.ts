import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';

const BASE = join(import.meta.dirname, '../../src/base');
const SOURCE = readFileSync(join(BASE, 'limits.ts'), 'utf8');

/** A value that breaks each relation, with the words it is refused with. One for every `assert` of the file. */
const BREAKS: readonly (readonly [name: string, value: string, message: string])[] = [
  ['BODY_BYTES_MAX', '64 * 1024', 'a body that rides beside a block is smaller than a block'],
  ['STATE_VALUE_BYTES_MAX', '512 * 1024', 'a state value, in base64, fits in one line of the protocol'],
  ['CBOR_ITEMS_MAX', '3_000', 'a full block passes the codec'],
  ['SERIAL_READ_BYTES_MAX', '16 * 1024', 'one read never fills a window by itself'],
  ['SERIAL_WRITE_BYTES_MAX', '100', 'a command to a reader is written at once'],
  ['PIN_DIGITS_MIN', '12', 'a PIN can be typed'],
  ['PINS_RECORDS_PAGE_MAX', '129', 'a page fits a half-full buffer'],
  ['PINS_EVENTS_BURST_MAX', '8', 'a burst of every line fits'],
  ['PINS_FRAME_BITS_MAX', '129', 'a frame too long for us still fits the buffer of edges'],
  ['PULSE_INDEX_ROWS_MAX', '1_024', 'every pulse the pins process remembers is still in our index'],
  ['COMMAND_WAIT_MS_MAX', '30_000', 'a command is answered before its caller gives up'],
  ['DAPP_STOP_MS_MAX', '3_500', 'a stop can close the store'],
  ['BADGES_OPEN_ALL_MAX', '33', 'badges leave half of an agent to buttons, timers and people'],
  ['RPC_OUTGOING_BYTES_MAX', 'LINE_BYTES_MAX', 'a full line may wait while another is answered'],
  ['IMPORT_BLOCK_ENTRIES_MAX', '257', 'the commands of an import fit their blocks'],
  ['CSV_BYTES_MAX', '1024 * 1024', 'a table of members travels in one line of the protocol'],
  ['JSON_DEPTH_MAX', '23', 'what the ledger can nest fits in a message around it'],
  ['EXPORT_RECORD_BYTES_MAX', '4 * 1024 * 1024', 'a full block fits'],
  ['MQTT_PUBLISH_BYTES_MAX', '256 * 1024', 'a full message fits its packet'],
  ['BROKER_OUTGOING_BYTES_MAX', '256 * 1024', 'a full message may wait while another is sent'],
  ['BROKER_OUTGOING_SHARE_BYTES_MAX', '64 * 1024', 'all have a share'],
  ['BROKER_UNHEARD_BYTES_MAX', '256 * 1024', 'a full message may wait for the node behind another'],
  ['BROKER_THREAD_STOP_MS_MAX', '500', 'a broker that leaves late has closed its file'],
  ['HEALTH_LOOK_MS_MAX', '15_000', 'a slow sign is in time'],
  ['BROKER_QUEUE_BYTES_MAX', '256 * 1024', 'the queue of a client holds a full message'],
];

function load(folder: string, source: string): { readonly status: number | null; readonly stderr: string } {
  mkdirSync(folder, { recursive: true });
  cpSync(join(BASE, 'assert.ts'), join(folder, 'assert.ts'));
  writeFileSync(join(folder, 'limits.ts'), source);
  return spawnSync(process.execPath, [join(folder, 'limits.ts')], { encoding: 'utf8' });
}

t.test('the limits as they are load', async (t) => {
  t.match(load(t.testdir(), SOURCE), { status: 0, stderr: '' });
});

t.test('each relation, broken, keeps the program from starting', async (t) => {
  const folder = t.testdir();
  for (const [name, value, message] of BREAKS) {
    const line = new RegExp(`^export const ${name} = .*;$`, 'm');
    t.match(SOURCE, line, `${name} is there`);
    const { status, stderr } = load(join(folder, name), SOURCE.replace(line, `export const ${name} = ${value};`));
    t.not(status, 0, `${name} = ${value}`);
    t.ok(stderr.includes(`AssertionFailure: ${message}`), message);
  }
});

t.test('no relation stands without its test, no cap twice, and each is a positive integer', async (t) => {
  const messages = [...SOURCE.matchAll(/^assert\(.*, '(.*)'\);$/gm)].map((match) => match[1] ?? '');
  t.equal(SOURCE.match(/^assert\(/gm)?.length, BREAKS.length, 'each on a line of its own');
  t.strictSame(messages.sort(), BREAKS.map(([, , message]) => message).sort());
  const limits: Readonly<Record<string, unknown>> = await import('../../src/base/limits.ts');
  const names = [...SOURCE.matchAll(/^export const (\w+)/gm)].map((match) => match[1] ?? '');
  t.equal(new Set(names).size, names.length);
  for (const name of names) {
    t.match(name, /_(MAX|MIN|MS)$/, `${name} says its bound or unit`);
    t.ok(Number.isSafeInteger(limits[name]) && Number(limits[name]) > 0, `${name} is a positive integer`);
  }
});
