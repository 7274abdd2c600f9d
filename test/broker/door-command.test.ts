import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { codeOf } from '../../src/base/errors.ts';
import { COMMAND_AHEAD_MS_MAX, NONCE_CHARS_MAX, NONCES_MAX } from '../../src/base/limits.ts';
import { openBrokerDatabase } from '../../src/broker/database.ts';
import { nonceTag, readCommand } from '../../src/broker/door-command.ts';
import { Nonces } from '../../src/broker/nonces.ts';
import { memoryLog } from '../contract/line-protocol.ts';

const MESH = 'bafyreigood';
const TAG = nonceTag(MESH, 'front-door');
const NOW = { wallMs: 1_800_000_000_000, quality: 'synced' } as const;
const GOOD = { action: 'open', nonce: `${TAG}-1`, expires: NOW.wallMs + 5_000 };

function outcome(payload: unknown, more: { readonly isRetained?: boolean; readonly now?: typeof NOW } = {}): unknown {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  const message = { payload: Buffer.from(text, 'latin1'), isRetained: more.isRetained ?? false };
  try {
    return readCommand(message, { tag: TAG, now: more.now ?? NOW });
  } catch (error) {
    return codeOf(error);
  }
}

t.test('a good command is read, for as long as it is meant', async (test) => {
  test.strictSame(outcome(GOOD), GOOD);
  test.strictSame(outcome({ ...GOOD, action: 'lock' }), { ...GOOD, action: 'lock' });
  const furthest = { ...GOOD, expires: NOW.wallMs + COMMAND_AHEAD_MS_MAX };
  test.strictSame(outcome(furthest), furthest);
  test.equal(outcome({ ...GOOD, expires: NOW.wallMs + COMMAND_AHEAD_MS_MAX + 1 }), 'command_too_far');
  test.strictSame(outcome({ ...GOOD, expires: NOW.wallMs + 1 }), { ...GOOD, expires: NOW.wallMs + 1 });
  test.equal(outcome({ ...GOOD, expires: NOW.wallMs }), 'command_expired');
  test.equal(outcome({ ...GOOD, expires: 0 }), 'command_expired');
});

t.test('what says nothing about now is refused, whatever it says', async (test) => {
  test.equal(outcome(GOOD, { isRetained: true }), 'command_retained');
  const unknown = { wallMs: NOW.wallMs, quality: 'unknown' } as unknown as typeof NOW;
  test.equal(outcome(GOOD, { now: unknown }), 'clock_unknown');
});

t.test('a nonce belongs to one door of one mesh', async (test) => {
  const others = [nonceTag(MESH, 'back-door'), nonceTag('bafyreiother', 'front-door'), TAG.slice(1), ''];
  for (const tag of others) test.equal(outcome({ ...GOOD, nonce: `${tag}-1` }), 'nonce_foreign', tag);
  for (const nonce of [TAG, `${TAG}-`, `${TAG}1`]) test.equal(outcome({ ...GOOD, nonce }), 'nonce_foreign', nonce);
});

t.test('what is no command is refused', async (test) => {
  const bad: readonly unknown[] = [
    ...['', 'open', 'OPEN', 'null', '[]', '"open"', '{', '\xff', `${JSON.stringify(GOOD)} `.repeat(2)],
    ...[{}, { action: 'open' }, { ...GOOD, more: 1 }, { ...GOOD, action: 'Open' }, { ...GOOD, action: ['open'] }],
    ...[
      { ...GOOD, nonce: 1 },
      { ...GOOD, nonce: '' },
      { ...GOOD, nonce: `${TAG}-ä` },
      { ...GOOD, nonce: `${TAG}- ` },
    ],
    ...[
      { ...GOOD, nonce: `${TAG}-${'1'.repeat(NONCE_CHARS_MAX)}` },
      { ...GOOD, expires: '5' },
    ],
    ...[
      { ...GOOD, expires: NOW.wallMs + 0.5 },
      { ...GOOD, expires: 1e300 },
      { ...GOOD, expires: null },
    ],
  ];
  for (const one of bad) test.equal(outcome(one), 'command_invalid', JSON.stringify(one));
  test.equal(outcome({ ...GOOD, nonce: 'x'.repeat(2_000) }), 'command_too_large');
});

t.test('a nonce is good once, also after a restart, and forgotten when its time is over', async (test) => {
  const path = join(mkdtempSync(join(test.testdir(), 'x')), 'broker.db');
  const log = memoryLog();
  const use = (nonces: Nonces, nonce: string, expires: number, nowMs: number): unknown =>
    nonces.use(nonce, expires, nowMs)?.code ?? 'used';
  const first = openBrokerDatabase(path, log);
  test.equal(use(new Nonces(first), 'a', 100, 50), 'used');
  test.equal(use(new Nonces(first), 'a', 100, 60), 'nonce_repeated');
  test.equal(use(new Nonces(first), 'b', 100, 60), 'used');
  first.close();
  const second = openBrokerDatabase(path, log);
  test.teardown(() => second.close());
  const nonces = new Nonces(second);
  test.equal(use(nonces, 'a', 100, 99), 'nonce_repeated', 'a restart forgets nothing');
  test.equal(use(nonces, 'c', 200, 100), 'used');
  const left = () => second.prepare('SELECT count(*) FROM nonce').pluck().get();
  test.equal(left(), 1, 'what has expired is gone');
  for (let at = 1; at < NONCES_MAX; at += 1) nonces.use(`f${at}`, 200, 150);
  test.equal(use(nonces, 'one more', 200, 150), 'command_busy');
  test.equal(use(nonces, 'later', 300, 200), 'used', 'a flood ends with its time');
});
