import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { Program, untilFound } from '../node/program.ts';
import { newFolder } from '../store/open-store.ts';

const OBSERVER = join(import.meta.dirname, '../../image/rootfs/usr/lib/blockmesh/observer');
const PAGE = '<!doctype html><title>door</title><pre>works — é</pre>\n';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

t.test('the page, by the socket of systemd', async (t) => {
  const run = newFolder(t);
  mkdirSync(join(run, 'www'));
  writeFileSync(join(run, 'www/index.html'), PAGE);
  const port = await freePort();
  const words = ['--accept', '--inetd', '-l', `127.0.0.1:${port}`, '-E', `BM_RUN=${run}`, OBSERVER];
  const program = new Program(spawn('setpriv', ['--pdeathsig', 'KILL', 'systemd-socket-activate', ...words]));
  t.teardown(() => program.kill());
  const get = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);
  const first = await untilFound(() => get('/').catch(() => undefined), 'the socket');
  t.equal(first.status, 200);
  t.match(first.headers.get('content-type'), 'text/html');
  t.match(first.headers.get('content-security-policy'), "default-src 'none'");
  t.equal(await first.text(), PAGE);
  t.equal(await (await get('/../../etc/passwd')).text(), PAGE, 'whatever is asked for');
  const many = await Promise.all(Array.from({ length: 8 }, async () => (await get('/')).text()));
  t.ok(many.every((one) => one === PAGE));
  for (const request of ['\r\n', '\0'.repeat(100), 'x'.repeat(3_000)]) {
    const socket = connect(port, '127.0.0.1');
    socket.write(request);
    let answer = '';
    for await (const bytes of socket.setEncoding('utf8')) answer += bytes;
    t.ok(answer.endsWith(PAGE), 'whatever is sent');
  }
});
