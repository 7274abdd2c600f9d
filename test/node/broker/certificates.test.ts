import { X509Certificate } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Clock, ClockQuality } from '../../../src/base/ports.ts';
import { caCertificate, serverCertificate } from '../../../src/node/broker/certificates.ts';
import type { KeyPair } from '../../../src/node/broker/openssl.ts';

const BOARD = { names: ['board', 'board.local', 'localhost'], addresses: ['127.0.0.1', '192.168.7.2', 'fd00::2:1'] };
const YEAR_MS = 365 * 24 * 60 * 60 * 1000;
const NOW_MS = Date.UTC(2026, 11, 1);

function clockAt(wallMs: number, quality: ClockQuality = 'synced'): Clock {
  return { now: () => ({ wallMs, quality }), monotonicMs: () => 0, after: () => () => {} };
}

function make(folder: string, wallMs: number, board = BOARD, quality: ClockQuality = 'synced'): Promise<KeyPair> {
  const { signal } = new AbortController();
  return serverCertificate({ folder, mesh: 'bafymesh', clock: clockAt(wallMs, quality), signal, board });
}

t.test('the certificate of a board: whose, for whom, from when and how long', async (t) => {
  const folder = t.testdir({ keys: {} });
  t.equal(caCertificate(folder), null);
  const { cert } = await make(folder, NOW_MS);
  const [server, ca] = [new X509Certificate(cert), new X509Certificate(caCertificate(folder) ?? '')];
  t.ok(ca.ca && !server.ca && server.checkIssued(ca) && server.verify(ca.publicKey), 'the CA signed it');
  for (const name of BOARD.names) t.equal(server.checkHost(name), name);
  for (const address of BOARD.addresses) t.equal(server.checkIP(address), address);
  t.equal(server.checkHost('elsewhere'), undefined);
  t.equal(server.validFromDate.getTime(), 0, 'a device that believes it is 1970 takes it');
  t.equal(ca.validFromDate.getTime(), 0);
  t.equal(server.validToDate.getTime(), NOW_MS + 10 * YEAR_MS);
  t.equal(ca.validToDate.getUTCFullYear(), 2099);
  t.strictSame(readdirSync(join(folder, 'keys')).sort(), ['mqtt-ca.json', 'mqtt-server.json'], 'nothing else is left');
  for (const name of readdirSync(join(folder, 'keys')))
    t.equal(statSync(join(folder, 'keys', name)).mode & 0o777, 0o600);
});

t.test('it is made anew when it lacks a name or an address, or nears its end, by the same CA', async (t) => {
  const folder = t.testdir({ keys: { '.openssl-left': { 'key.pem': 'of a kill' } } });
  const remake = async (wallMs: number, board = BOARD, quality: ClockQuality = 'synced') =>
    (await make(folder, wallMs, board, quality)).cert;
  const first = await remake(0, BOARD, 'unknown');
  t.ok(new X509Certificate(first).validToDate.getTime() > NOW_MS + 9 * YEAR_MS, 'a clock that was never set');
  t.notOk(readdirSync(join(folder, 'keys')).includes('.openssl-left'));
  const ca = caCertificate(folder);
  t.equal(await remake(NOW_MS), first, 'nothing has changed');
  t.equal(await remake(NOW_MS + 8 * YEAR_MS), first);
  t.equal(await remake(NOW_MS, { ...BOARD, addresses: ['127.0.0.1'] }), first, 'a cable that is out');
  t.equal(await remake(NOW_MS + 20 * YEAR_MS, BOARD, 'unknown'), first, 'a clock that nobody believes');
  const moved = await remake(NOW_MS, { ...BOARD, addresses: [...BOARD.addresses, '10.0.0.9'] });
  t.not(moved, first);
  t.equal(new X509Certificate(moved).checkIP('10.0.0.9'), '10.0.0.9');
  const late = await remake(NOW_MS + 9.5 * YEAR_MS);
  t.not(late, moved, 'it nears its end');
  t.ok(new X509Certificate(late).checkIssued(new X509Certificate(ca ?? '')));
  t.equal(caCertificate(folder), ca, 'the CA stays');
});

t.test('what stands in the way is told, with what to do', async (t) => {
  const folder = t.testdir({ keys: {} });
  const { PATH = '' } = process.env;
  process.env.PATH = folder;
  await t.rejects(make(folder, NOW_MS), {
    code: 'openssl_missing',
    advice: /apt-get install openssl/,
  });
  process.env.PATH = PATH;
  t.strictSame(readdirSync(join(folder, 'keys')), [], 'nothing half is left');
  const odd = { names: ['board\nCN = x'], addresses: ['nowhere'] };
  await t.rejects(make(folder, NOW_MS, odd), { code: 'openssl_failed' });
});
